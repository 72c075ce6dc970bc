"""The private environment, made for real from an index on this machine whose wheels are tiny."""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from package_index import PackageIndex, make_wheel, make_wheels
from posewright.cli.runtime import bundle, configuration, download, pip
from posewright.cli.runtime.builds import builds, fingerprint, requirements, version_of
from posewright.cli.runtime.choice import Runtime
from posewright.cli.runtime.folder import RuntimeFolder
from posewright.cli.runtime.pythons import BasePython, find_base
from posewright.cli.runtime.setup import Request, set_up
from posewright.cli.worker_process import WorkerJob, WorkerProcess
from posewright.errors import Cancelled, PosewrightError
from posewright.progress import Progress, silent

VERSION = sys.version_info[:2]
MEGABYTES = 3.0


@pytest.fixture(scope="module")
def base() -> BasePython:
    found = find_base(VERSION)
    if not found.pip_wheel:
        pytest.skip("this Python has no ensurepip, whose pip the tests use")
    return found


@pytest.fixture(scope="module")
def wheels(base: BasePython, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheels")
    make_wheels(folder, requirements(VERSION), MEGABYTES)
    shutil.copy(base.pip_wheel, folder)
    return folder


@pytest.fixture
def index(wheels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PackageIndex]:
    """The index, pip's way to it, and a cache in which the detector's weights lie already."""
    detector = tmp_path / "home" / "detectors" / "blazepose" / "blazepose.safetensors"
    detector.parent.mkdir(parents=True)
    detector.write_bytes(b"")
    made = PackageIndex(wheels)
    with made.serve():
        for name, value in {**made.environment(), "POSEWRIGHT_HOME": str(tmp_path / "home")}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("POSEWRIGHT_PYTHON", raising=False)
        monkeypatch.setattr(download, "REST_SECONDS", 0.01)
        yield made


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "a folder with spaces" / "runtime"


def make(root: Path, progress=silent, offline: bool = False) -> dict:
    return set_up(Request(root, "cpu", offline), progress, print)


def sizes(index: PackageIndex) -> dict[str, int]:
    return {wheel.name: wheel.stat().st_size for wheel in index.files.iterdir()}


def test_lost_cancelled_continued_made_and_removed(
    index: PackageIndex, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One environment, with everything on its way that can happen to it; nothing is fetched twice."""
    folder = RuntimeFolder(root)
    index.breaks_after = 2_000_000
    with pytest.raises(PosewrightError, match=r"127\.0\.0\.1 cannot be reached.*what was fetched is kept"):
        make(root)
    assert 1_000_000 < sum(index.sent.values()) <= 2_000_000
    assert (folder.condition().ready, "stopped in the middle" in folder.condition().sentence) == (False, True)
    index.breaks_after = None

    with pytest.raises(Cancelled):
        make(root, cancel_in("fetch", 0.7))
    assert sorted(path.name for path in root.iterdir()) == ["fetched", "setup.lock"]
    assert list(folder.fetched.glob("torch-*.part"))

    seen: list[tuple[str, str]] = []
    made = make(root, lambda stage, done, note="": seen.append((stage, note)))
    assert (folder.condition().ready, folder.condition().sentence) == (True, made["sentence"])
    assert made["sentence"].startswith("Ready on ")
    assert list(dict.fromkeys(stage for stage, _ in seen)) == ["resolve", "fetch", "install", "verify"]
    assert any(re.search(r"of \d MB \(torch 3 of 3 MB\)", note) for stage, note in seen if stage == "fetch")
    assert fetched_once(index)
    assert sorted(path.name for path in root.iterdir()) == ["env", "setup.lock"]

    with pytest.raises(Cancelled):
        make(root, cancel_in("install", 0.0))
    assert folder.condition().ready  # the old one is still there
    assert not folder.new.exists()

    monkeypatch.setattr(Runtime, "root", root)
    monkeypatch.setattr(Runtime, "chosen", "")
    done = subprocess.run([str(Runtime.python()), "-c", "import torch, sys; print(sys.prefix)"], capture_output=True)
    assert Path(done.stdout.decode().strip()) == folder.environment  # it was renamed, and works
    (root / "notes of the user.txt").write_text("mine")
    assert folder.remove() > 3e6
    assert [path.name for path in root.iterdir()] == ["notes of the user.txt"]


def fetched_once(index: PackageIndex) -> bool:
    """Every file came, and each further request began where the file broke off."""
    again = [starts[1:] for starts in index.starts.values()]
    ordered = all(starts == sorted(starts) for starts in index.starts.values())
    return set(index.starts) == set(sizes(index)) and ordered and all(start > 0 for starts in again for start in starts)


def cancel_in(wanted: str, share: float) -> Progress:
    def progress(stage: str, done: float, note: str = "") -> None:
        if stage == wanted and done >= share:
            raise Cancelled

    return progress


def test_a_damaged_file_is_thrown_away(index: PackageIndex, tmp_path: Path) -> None:
    wheel = next(index.files.glob("torch-*"))
    file = download.RemoteFile(wheel.name, f"{index.address}/files/{wheel.name}", "0" * 64, wheel.stat().st_size)
    with pytest.raises(PosewrightError, match=r"torch-.*came damaged.*thrown away"):
        download.fetch(file, tmp_path, lambda done: None, download.Source())
    assert not list(tmp_path.glob("torch-*"))


def test_files_of_this_machine_are_fetched_too(wheels: Path, tmp_path: Path) -> None:
    wheel = next(wheels.glob("torch-*"))
    file = download.RemoteFile(wheel.name, wheel.as_uri(), "", download.Source().size(wheel.as_uri()))
    (tmp_path / f"{wheel.name}.part").write_bytes(wheel.read_bytes()[:1000])
    done = download.fetch(file, tmp_path, lambda done: None, download.Source())
    assert done.read_bytes() == wheel.read_bytes()


def test_without_network(index: PackageIndex, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PosewrightError, match="Blender may not use the network"):
        make(root, offline=True)
    assert not root.exists()
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("POSEWRIGHT_TORCH_INDEX", "http://127.0.0.1:9")
    monkeypatch.setenv("PIP_RETRIES", "0")
    with pytest.raises(PosewrightError, match=r"The package index cannot be reached. Check the network connection"):
        make(root)


def test_an_index_without_the_libraries(index: PackageIndex, root: Path, tmp_path: Path) -> None:
    index.files = tmp_path
    with pytest.raises(PosewrightError, match=r"The package index has no torch==.* for this system and Python"):
        make(root)


def test_a_full_disk(index: PackageIndex, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda place: usage._replace(free=20_000_000))
    with pytest.raises(PosewrightError, match=r"The disk is full: about \d\d MB are needed and 20 MB are free in"):
        make(root)
    assert index.sent == {}


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can make a small disk")
def test_a_disk_that_becomes_full(index: PackageIndex, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=80m", "tmpfs", str(small)], capture_output=True)
    if mount.returncode:
        pytest.skip("no small disk can be made here")

    def fill(stage: str, done: float, note: str = "") -> None:
        if stage == "fetch" and done > 0.5 and not (small / "filler").exists():
            with (small / "filler").open("wb") as stream, contextlib.suppress(OSError):
                while stream.write(bytes(1 << 20)):
                    stream.flush()

    try:
        with pytest.raises(PosewrightError, match=r"^The disk is full: .* Make room, then set up again; what was"):
            make(small / "runtime", fill)
        (small / "filler").unlink()
        with pytest.raises(Cancelled):
            make(small / "runtime", cancel_in("install", 0.0))
    finally:
        subprocess.run(["umount", str(small)], check=True)
    assert fetched_once(index)


def test_a_folder_that_cannot_be_written(index: PackageIndex, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("in the way")
    with pytest.raises(PosewrightError, match=r"The runtime cannot be written to .*file"):
        make(file / "runtime")


def test_one_at_a_time(index: PackageIndex, root: Path) -> None:
    with RuntimeFolder(root).locked(), pytest.raises(PosewrightError, match="Another Blender is setting up"):
        make(root)


def test_gigabytes_for_nvidia_are_never_fetched_unasked(
    index: PackageIndex, wheels: Path, root: Path, tmp_path: Path
) -> None:
    index.files = tmp_path / "nvidia"
    shutil.copytree(wheels, index.files)
    make_wheel(index.files, "nvidia-cublas", "13.1", {"nvidia.bin": bytes(500_000)})
    make_wheels(index.files, requirements(VERSION)[:1], MEGABYTES, needs=("nvidia-cublas",))
    with pytest.raises(PosewrightError, match=r"the package index has the build for NVIDIA, \d MB .* choose NVIDIA"):
        make(root)
    assert index.sent == {}


def test_as_a_job_of_a_worker(index: PackageIndex, root: Path) -> None:
    worker = WorkerProcess(Path(sys.executable))
    notes: list[str] = []

    def progress(stage: str, done: float, note: str = "") -> None:
        notes.append(note)
        if stage == "install":
            raise Cancelled

    try:
        with pytest.raises(Cancelled):
            WorkerJob(worker, "setup", folder=str(root), device="cpu", offline=False).wait(progress)
        assert any("MB" in note for note in notes)
        with pytest.raises(PosewrightError, match="may not use the network"):
            WorkerJob(worker, "setup", folder=str(root), device="cpu", offline=True).wait(silent)
        assert WorkerJob(worker, "remove", folder=str(root)).wait(silent)["bytes"] > 3e6
    finally:
        worker.close()
    assert not root.exists()
    assert index.sent == sizes(index)


def test_an_offline_zip_needs_no_network(
    wheels: Path, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("POSEWRIGHT_HOME", str(tmp_path / "home"))
    shutil.copytree(wheels, tmp_path / "bundled" / "wheels")
    build = builds("Linux")[0]
    brought = bundle.Bundle(
        tmp_path / "bundled", "linux-x64", VERSION, build, tuple(sorted(wheel.name for wheel in wheels.iterdir()))
    )
    monkeypatch.setattr(bundle, "find", lambda: brought)
    monkeypatch.setattr(Runtime, "root", root)
    monkeypatch.setattr(Runtime, "chosen", "")
    monkeypatch.delenv("POSEWRIGHT_PYTHON", raising=False)
    assert Runtime.must_unpack()
    assert Runtime.prepare(silent) == RuntimeFolder(root).python()
    assert not Runtime.must_unpack()


def test_what_a_zip_says_it_brings(tmp_path: Path) -> None:
    said = {"platform": "linux-x64", "python": ".".join(map(str, VERSION)), "build": "cpu", "files": ["torch.whl"]}
    (tmp_path / "bundle.json").write_text(json.dumps({**said, "libraries": fingerprint(VERSION)}))
    assert bundle.bundle_fits("linux-x64", "Linux", "x86_64")
    assert not bundle.bundle_fits("linux-x64", "Darwin", "arm64")
    assert bundle.bundle_fits("macos-arm64", "Darwin", "arm64")
    found = bundle.find(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    said |= {"python": "3.12" if VERSION == (3, 11) else "3.11"}
    (other / "bundle.json").write_text(json.dumps({**said, "libraries": fingerprint(version_of(said["python"]))}))
    assert bundle.find(other) is None
    if sys.platform == "linux":
        assert bundle.misfit(other).startswith(f"This offline zip is for a Blender with Python {said['python']}")
        assert found is not None
        with pytest.raises(PosewrightError, match=r"torch\.whl is missing in the installed offline zip"):
            found.wheels()
    assert bundle.find(tmp_path / "nothing") is None


def test_pip_itself_is_fetched_where_there_is_none(index: PackageIndex, tmp_path: Path) -> None:
    index.files = tmp_path / "pips"
    index.files.mkdir()
    for version in ("25.3", "26.10", "26.9"):
        make_wheel(index.files, "pip", version, {"pip/__init__.py": b""})
    bare = BasePython(Path(sys.executable), (*VERSION, 0), True, False, "")
    found = pip.get_pip(bare, Path(sys.executable), tmp_path, lambda: None)
    assert found.wheel == tmp_path / "pip-26.10-py3-none-any.whl"
    assert found.is_current


@pytest.mark.parametrize("place", ["address", "netrc"])
def test_an_index_with_a_password(
    index: PackageIndex, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """As studios keep them; pip reads the password from both places, and tells it to nobody."""
    index.login = "studio@home:it's/secret"
    if place == "address":
        monkeypatch.setenv("PIP_INDEX_URL", f"http://studio%40home:it%27s%2Fsecret@127.0.0.1:{index.port}/simple")
        assert configuration.package_index().startswith("http://127.0.0.1")
    else:
        netrc = tmp_path / "netrc"
        netrc.write_text("machine 127.0.0.1 login studio@home password it's/secret\n", "utf-8")
        monkeypatch.setenv("NETRC", str(netrc))
    make(root)
    said = "".join(path.read_text("utf-8", "replace") for path in root.rglob("*.json"))
    assert "secret" not in said
    bare = BasePython(Path(sys.executable), (*VERSION, 0), True, False, "")
    assert pip.get_pip(bare, Path(sys.executable), tmp_path, lambda: None).wheel is not None
    index.login = "somebody:else"
    with pytest.raises(PosewrightError, match=r"127\.0\.0\.1 .*password"):
        make(tmp_path / "other")
