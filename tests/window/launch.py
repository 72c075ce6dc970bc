"""Start Blender with the extension: without a window, or with one to play a story in."""

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
PLAY = Path(__file__).with_name("play.py")
LIMIT_SECONDS = 580  # many times what any of it takes: nothing here may fail because a computer is slow
Seen = dict[str, Any]

PUBLISHED = "POSEWRIGHT_PICTURES"  # names the folder of the documentation's pictures, where they are to be renewed
NO_WINDOW = ("Unable to open a display", "failed to open a display", "GHOST: unable")


@dataclass(frozen=True)
class Blender:
    """A Blender into which the built extension was installed."""

    program: str
    environment: dict[str, str]
    archive: Path

    def command(self, *words: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run it without a window."""
        options = {"capture_output": True, "text": True, "timeout": LIMIT_SECONDS} | options
        return subprocess.run([self.program, *words], env=self.environment, **options)

    def start(self, words: list[str], log: Path) -> subprocess.Popen[bytes]:
        """Start it with its window, as the leader of a process group."""
        with log.open("wb") as stream:
            return subprocess.Popen(
                [*_display(), self.program, *words],
                env=self.environment,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def play(self, story: str, folder: Path, *words: str, before: tuple[str, ...] = (), **variables: str) -> Seen:
        """Play a story in the window and return what was seen.

        ``before`` comes before the story: options, a file. ``variables`` are set in Blender's environment.
        """
        folder.mkdir(parents=True, exist_ok=True)
        log = folder / "output.txt"
        story_words = [story, str(folder), str(LIMIT_SECONDS - 60), *words]
        blender = replace(self, environment=self.environment | variables)
        process = blender.start([*before, "--online-mode", "--python", str(PLAY), "--", *story_words], log)
        try:
            process.wait(LIMIT_SECONDS)
        finally:
            end(process)
        output = log.read_text("utf-8", errors="replace")
        if any(words in output for words in NO_WINDOW):
            pytest.skip("no window can be opened here: set DISPLAY, or install xvfb-run")
        assert (folder / "seen.json").is_file(), output[-4000:]
        seen = json.loads((folder / "seen.json").read_text("utf-8"))
        if "missing" in seen:
            pytest.skip(f"there is no {' and no '.join(seen['missing'])} for mouse, keyboard and pictures")
        assert "error" not in seen, f"{seen['error']}\npictures: {folder}\n{output[-2000:]}"
        assert "Traceback" not in output, output[-4000:]  # a panel that cannot be drawn says so there
        return seen


def _display() -> list[str]:
    """Return what to put before a command so that it has a display; nothing where the program makes its own."""
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or not shutil.which("xvfb-run"):
        return []
    return ["xvfb-run", "-a", "-s", "-screen 0 1280x960x24"]


def end(process: subprocess.Popen[bytes]) -> None:
    """End what is left of a process and of all that it started."""
    try:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(10)
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def installed(program: str, folder: Path) -> Blender:
    """Build the extension into a folder and install it by Blender's own command, for a user who has nothing else."""
    subprocess.run([sys.executable, str(CHECKOUT / "build_addon.py"), "-o", str(folder)], check=True)
    environment = os.environ | {
        "BLENDER_USER_RESOURCES": str(folder / "user"),
        "POSEWRIGHT_PYTHON": os.environ.get("POSEWRIGHT_PYTHON") or sys.executable,
    }
    if environment.get(PUBLISHED):
        environment[PUBLISHED] = str(CHECKOUT / environment[PUBLISHED])
    blender = Blender(program, environment, next(folder.glob("*.zip")))
    words = ("--command", "extension", "install-file", "-r", "user_default", "-e", str(blender.archive))
    done = blender.command(*words)
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
    return blender
