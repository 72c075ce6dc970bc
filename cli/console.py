"""How the command line talks: progress on stderr, results on stdout, and checks of outputs before the work."""

import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from ..errors import PosewrightError, UsageError

STAGES = {
    "weights": "Loading weights",
    "detect": "Finding the person",
    "lift": "Lifting to 3D",
    "world": "Placing in the world",
    "rig": "Animating the rig",
    "preview": "Drawing the preview",
    "train": "Training",
}


class ConsoleProgress:
    """Show progress on stderr: one line that is rewritten on a terminal, a line per stage step elsewhere."""

    def __init__(self, *, quiet: bool = False, prefix: str = "") -> None:
        self._quiet = quiet
        self._prefix = prefix
        self._live = sys.stderr.isatty()
        self._stage = ""
        self._shown = -1
        self._started = 0.0
        self._open_line = False

    def __call__(self, stage: str, done: float, note: str = "") -> None:
        """Show where the work stands (see ``progress.Progress``)."""
        if self._quiet:
            return
        if stage != self._stage:
            self.close()
            self._stage, self._shown, self._started = stage, -1, time.monotonic()
        step = int(done * 100) if self._live else int(done * 4) * 25
        if step == self._shown:
            return
        self._shown = step
        line = f"{self._prefix}{STAGES.get(stage, stage)}: {step} %{self._time_left(done)}{'  ' + note if note else ''}"
        if self._live:
            sys.stderr.write(f"\r\x1b[K{line}")
            self._open_line = True
        else:
            sys.stderr.write(line + "\n")
        sys.stderr.flush()

    def _time_left(self, done: float) -> str:
        spent = time.monotonic() - self._started
        if not 0.02 < done < 1 or spent < 3:
            return ""
        return f", about {spent * (1 - done) / done:.0f} s left"

    def close(self) -> None:
        """End the line that is being rewritten, if any."""
        if self._open_line:
            sys.stderr.write("\n")
            self._open_line = False


def say(message: str) -> None:
    """Tell the user something that is not the result."""
    print(message, file=sys.stderr, flush=True)


def emit(result: dict[str, Any], text: str, as_json: bool) -> None:
    """Print the result: a line for people, or one JSON object for programs."""
    print(json.dumps({"ok": True, **result}) if as_json else text, flush=True)


def check_outputs(paths: list[Path | None], *, overwrite: bool) -> None:
    """Refuse before the work starts what could not be written after it.

    Raises PosewrightError for an existing file without ``overwrite`` and for a folder that cannot be
    written; missing folders are made.
    """
    wanted = [path for path in paths if path is not None]
    if len({path.resolve() for path in wanted}) != len(wanted):
        raise UsageError("Two outputs have the same name; give each a name of its own.")
    for path in wanted:
        if path.is_dir():
            raise PosewrightError(f"{path} is a folder; give the name of a file in it.")
        if path.exists() and not overwrite:
            raise PosewrightError(f"{path} exists already; choose another name or add --overwrite.")
        ensure_folder(path.parent)


def ensure_folder(folder: Path) -> None:
    """Make the folder and prove that it can be written; PosewrightError when not."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise PosewrightError(f"The folder {folder} cannot be written ({reason}); choose another one.") from error
