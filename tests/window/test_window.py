"""The add-on in a real Blender with a window; POSEWRIGHT_BLENDER names the program.

Skipped without that variable, and without a display (or xvfb-run, which makes one).
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).with_name("in_window.py")
BLENDER = os.environ.get("POSEWRIGHT_BLENDER", "")
LIMIT_SECONDS = 600


@pytest.fixture(scope="module")
def display() -> list[str]:
    """What to put before a command so that it has a display."""
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or sys.platform in ("win32", "darwin"):
        return []
    if shutil.which("xvfb-run"):
        return ["xvfb-run", "-a", "-s", "-screen 0 1600x900x24"]
    pytest.skip("no display and no xvfb-run")


@pytest.fixture(scope="module")
def blender(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A Blender into which the built extension was installed: the environment to start it with."""
    if not BLENDER:
        pytest.skip("no Blender with a window was named in POSEWRIGHT_BLENDER")
    folder = tmp_path_factory.mktemp("blender")
    environment = os.environ | {
        "BLENDER_USER_RESOURCES": str(folder / "user"),
        "POSEWRIGHT_PYTHON": sys.executable,
    }
    subprocess.run([sys.executable, str(checkout / "build_addon.py"), "-o", str(folder)], check=True)
    archive = next(folder.glob("*.zip"))
    install = [BLENDER, "--command", "extension", "install-file", "-r", "user_default", "-e", str(archive)]
    subprocess.run(install, env=environment, check=True, timeout=LIMIT_SECONDS)
    return environment


@pytest.fixture(scope="module")
def seen(
    blender: dict[str, str], display: list[str], checkout: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """What happened in a window: a capture cancelled, one with other choices, its contacts changed."""
    folder = tmp_path_factory.mktemp("window")
    result_file, log = folder / "result.json", folder / "output.txt"
    clip = checkout / "examples" / "dance.mp4"
    command = [*display, BLENDER, "--online-mode", "--python", str(SCRIPT), "--", str(result_file), str(clip)]
    with log.open("wb") as stream:
        subprocess.run(command, env=blender, stdout=stream, stderr=subprocess.STDOUT, timeout=LIMIT_SECONDS)
    output = log.read_text("utf-8", errors="replace")
    assert result_file.is_file(), output[-4000:]
    seen = json.loads(result_file.read_text("utf-8"))
    assert "error" not in seen, seen["error"]
    assert "Traceback" not in output, output[-4000:]  # a panel that cannot be drawn says so there
    assert seen["done"]
    return seen


def test_capture_in_the_window(seen: dict[str, Any]) -> None:
    assert seen["category"] == "Posewright"
    assert seen["modal"] and not seen["keys_while_running"] and not seen["keys_after_cancel"]
    assert seen["keys_after_capture"] and seen["take_frames"] >= 10
    assert seen["longest_gap"] < seen["running_seconds"] / 3, "Blender stood still"  # most of it: writing keyframes


def test_choices_reach_the_capture(seen: dict[str, Any]) -> None:
    assert seen["drawn"] == ["POSEWRIGHT_PT_options", "POSEWRIGHT_PT_character", "POSEWRIGHT_PT_contacts"]
    assert seen["take_settings"]["camera"] == "static" and seen["take_settings"]["filter"] == "gaussian"
    assert seen["feet"] == "always"


def test_contacts_are_changed_in_the_window(seen: dict[str, Any]) -> None:
    assert seen["contacts_active"]
    assert seen["contacts_before"][0] == 1, "the dancer begins with both feet on the floor"
    assert seen["contacts_in_air"] == [0, 0, *seen["contacts_before"][2:]] == seen["take_contacts"]
    assert seen["contacts_after_undo"] == seen["contacts_before"]


def test_command_in_a_real_blender(blender: dict[str, str], checkout: Path, tmp_path: Path) -> None:
    take, out = tmp_path / "take.npz", tmp_path / "dance.blend"
    clip = checkout / "examples" / "dance.mp4"
    command = [BLENDER, "-b", "--online-mode", "--command", "posewright"]
    words = ["animate", str(clip), "--rig", "mannequin", "-o", str(out), "--take", str(take), "--end", "0.5", "--json"]
    done = subprocess.run([*command, *words], env=blender, capture_output=True, text=True, timeout=LIMIT_SECONDS)
    assert done.returncode == 0, done.stderr
    result = json.loads(next(line for line in done.stdout.splitlines() if line.startswith("{")))
    assert result["bones_keyed"] >= 15 and out.stat().st_size > 100_000 and take.is_file()
    wrong = [*command, "retarget", str(tmp_path / "none.npz"), "--rig", "mannequin", "-o", str(tmp_path / "x.glb")]
    done = subprocess.run(wrong, env=blender, capture_output=True, text=True, timeout=LIMIT_SECONDS)
    assert done.returncode == 1
    assert "There is no file" in done.stderr and "Traceback" not in done.stderr
