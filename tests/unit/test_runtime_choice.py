"""Which build of PyTorch a machine gets, which Python makes the environment, and what is said about it."""

import json
import re
import sys
from dataclasses import asdict
from pathlib import Path

import pytest
from posewright.cli.runtime import folder as folder_module
from posewright.cli.runtime import pythons, trouble
from posewright.cli.runtime.builds import builds, choose, fingerprint, requirements, table
from posewright.cli.runtime.configuration import pip_setting
from posewright.cli.runtime.folder import Marker, RuntimeFolder, program_in
from posewright.cli.runtime.graphics import Graphics, read_graphics
from posewright.errors import PosewrightError

SUMMARY = """
Sat Nov 21 10:00:00 2026
+-----------------------------------------------------------------------------------------+
| NVIDIA-SMI 580.95.05              Driver Version: 580.95.05      CUDA Version: 13.0     |
|-----------------------------------------+------------------------+----------------------+
| GPU  Name                 Persistence-M | Bus-Id          Disp.A | Volatile Uncorr. ECC |
|   0  NVIDIA GeForce RTX 4090        Off |   00000000:01:00.0  On |                  Off |
+-----------------------------------------------------------------------------------------+
"""
NEWER = "| NVIDIA-SMI 595.10   KMD Version: 595.10   CUDA UMD Version: 13.2 |"
FAILED = "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver."


@pytest.mark.parametrize(
    ("summary", "cards", "expected"),
    [
        (SUMMARY, "NVIDIA GeForce RTX 4090, 8.9\n", Graphics("NVIDIA GeForce RTX 4090", (13, 0), (8, 9))),
        (NEWER, "NVIDIA H200, 9.0\nNVIDIA T400, 7.5\n", Graphics("NVIDIA H200", (13, 2), (9, 0))),
        (SUMMARY.replace("13.0", "11.4"), "Tesla K80, [N/A]\n", Graphics("Tesla K80", (11, 4), None)),
        (FAILED, "", None),
        (SUMMARY, "No devices were found\n", None),
    ],
)
def test_what_nvidia_smi_prints(summary: str, cards: str, expected: Graphics | None) -> None:
    assert read_graphics(summary, cards) == expected


RTX = Graphics("RTX 4090", (13, 0), (8, 9))
OLD_DRIVER = Graphics("RTX 3060", (12, 4), (8, 6))
PASCAL = Graphics("GTX 1080", (13, 0), (6, 1))
ANCIENT = Graphics("GTX 1080", (11, 4), (6, 1))


@pytest.mark.parametrize(
    ("device", "graphics", "system", "build"),
    [
        ("auto", None, "Linux", "cpu"),
        ("auto", RTX, "Linux", "cu130"),
        ("auto", RTX, "Windows", "cu130"),
        ("auto", OLD_DRIVER, "Windows", "cu126"),
        ("auto", PASCAL, "Linux", "cu126"),
        ("cpu", RTX, "Linux", "cpu"),
        ("cuda", None, "Linux", "cu130"),
        ("auto", None, "Darwin", "cpu"),
    ],
)
def test_the_build_for_a_machine(device, graphics: Graphics | None, system: str, build: str) -> None:
    machine = "arm64" if system == "Darwin" else "x86_64"
    assert choose(device, graphics, system, machine).build.name == build


def test_an_old_driver_is_told_not_hidden() -> None:
    choice = choose("auto", ANCIENT, "Linux", "x86_64")
    assert choice.build.device == "cpu"
    assert "The driver of GTX 1080 (CUDA 11.4) is older than PyTorch needs (CUDA 12.0)" in choice.because
    with pytest.raises(PosewrightError, match="update the NVIDIA driver"):
        choose("cuda", ANCIENT, "Linux", "x86_64")


def test_machines_without_pytorch() -> None:
    for system, machine in (("Darwin", "x86_64"), ("FreeBSD", "amd64")):
        with pytest.raises(PosewrightError, match=f"There is no PyTorch for {system}"):
            choose("auto", None, system, machine)
    with pytest.raises(PosewrightError, match="choose Automatic"):
        choose("cuda", None, "Darwin", "arm64")


def test_the_table_pins_what_was_tested(checkout: Path) -> None:
    pinned = {}
    for line in (checkout / "constraints.txt").read_text("utf-8").splitlines():
        if found := re.match(r'([a-z-]+)==([\w.]+)(?:; python_version (..?) "(\d\.\d+)")?', line):
            pinned.setdefault(found[1], []).append((found[2], found[3], found[4]))
    for version in table()["pythons"]:
        older = tuple(map(int, version.split("."))) < (3, 12)
        wanted = dict(line.split("==") for line in requirements(tuple(map(int, version.split(".")))))
        numpy = next(text for text, sign, _ in pinned["numpy"] if (sign == "<") == older)
        assert wanted["numpy"] == numpy
        for name in ("torch", "scipy", "safetensors"):
            assert wanted[name] == pinned[name][0][0]
        assert wanted["opencv-python-headless"] == pinned["opencv-python"][0][0]
    for system in ("Linux", "Windows", "Darwin"):
        assert next(build.name for build in builds(system)) == "cpu"
        assert all(build.fetch_mb < build.disk_mb for build in builds(system))


def test_no_python_that_can(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    own = ".".join(map(str, sys.version_info[:2]))
    with pytest.raises(PosewrightError, match=rf"There is no Python here .*is Python {own}.* Install Python 3\.99"):
        pythons.find_base((3, 99))


def test_settings_of_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "pip.conf"
    file.write_text("[global]\nindex-url = https://mirror.example/simple\nproxy = http://proxy.example:3128\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(file))
    monkeypatch.delenv("PIP_PROXY", raising=False)
    monkeypatch.setenv("PIP_INDEX_URL", "https://other.example/simple")
    assert pip_setting("proxy") == "http://proxy.example:3128"
    assert pip_setting("index-url") == "https://other.example/simple"


@pytest.fixture
def made(tmp_path: Path) -> RuntimeFolder:
    """An environment that is complete, as its marker says."""
    folder = RuntimeFolder(tmp_path / "runtime")
    program = program_in(folder.environment)
    program.parent.mkdir(parents=True)
    program.write_bytes(b"")
    base = tmp_path / "blender" / "python"
    base.parent.mkdir()
    base.write_bytes(b"")
    version = sys.version_info[:2]
    text = ".".join(map(str, version))
    marker = Marker(fingerprint(version), text, str(base), "2.13.0", "cuda", "NVIDIA RTX 4090", 5000, "0.1.0")
    (folder.environment / folder_module.MARKER).write_text(json.dumps(asdict(marker)))
    return folder


def change(folder: RuntimeFolder, **values: str) -> None:
    file = folder.environment / folder_module.MARKER
    file.write_text(json.dumps(json.loads(file.read_text()) | values))


def test_conditions_in_words(made: RuntimeFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert made.condition().sentence == "Ready on NVIDIA RTX 4090"
    base = tmp_path / "blender" / "python"
    monkeypatch.setattr(folder_module, "own_program", lambda: base)
    assert made.condition().ready
    change(made, python="3.9")
    assert made.condition().sentence.startswith("Not ready: it was made with Python 3.9 and Blender now has ")
    change(made, python=".".join(map(str, sys.version_info[:2])), libraries="older")
    assert (
        made.condition().sentence == "Not ready: this Posewright needs newer libraries than were set up. Set Up again."
    )
    base.unlink()
    assert "Blender was updated or moved: Set Up again" in made.condition().sentence
    (made.environment / folder_module.MARKER).write_text("{")
    assert made.condition().sentence.startswith("Not set up: ")


def test_what_pip_says_becomes_a_sentence(tmp_path: Path) -> None:
    for said, sentence in (
        (
            "WARNING: Retrying after NewConnectionError('...')\nERROR: No matching",
            "The package index cannot be reached",
        ),
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "The disk is full"),
        ("ERROR: No matching distribution found for torch==2.13.0", "has no torch==2.13.0 for this system and Python"),
        ("ERROR: Something odd.", "pip could not do its part: Something odd."),
        ("", "it gave no reason"),
    ):
        assert sentence in str(trouble.of_pip(said, tmp_path))
