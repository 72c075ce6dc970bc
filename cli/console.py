"""How the command line talks: progress on stderr, results on stdout."""

import json
import sys
import time
from typing import Any

STAGES = {
    "resolve": "Choosing the libraries",
    "fetch": "Fetching",
    "install": "Installing",
    "verify": "Checking the runtime",
    "weights": "Loading weights",
    "detect": "Finding the person",
    "camera": "Following the camera",
    "lift": "Lifting to 3D",
    "world": "Placing in the world",
    "map": "Looking at the rig",
    "rig": "Animating the rig",
    "preview": "Drawing the preview",
    "train": "Training",
}


SECONDS_BETWEEN = {True: 1.0, False: 60.0}
"""Seconds after which a note is shown although the per cent stand still: on a terminal, and elsewhere."""


class ConsoleProgress:
    """Show progress on stderr: one line that is rewritten on a terminal, elsewhere a line a quarter or a minute."""

    def __init__(self, *, quiet: bool = False, prefix: str = "") -> None:
        self._quiet = quiet
        self._prefix = prefix
        self._live = sys.stderr.isatty()
        self._stage = ""
        self._shown = -1
        self._shown_at = 0.0
        self._started, self._from = 0.0, 0.0
        self._open_line = False

    def __call__(self, stage: str, done: float, note: str = "") -> None:
        """Show where the work stands (see ``progress.Progress``)."""
        if self._quiet:
            return
        if stage != self._stage:
            self.close()
            self._stage, self._shown, self._started, self._from = stage, -1, time.monotonic(), done
        step = int(done * 100) if self._live else int(done * 4) * 25
        late = time.monotonic() - self._shown_at > SECONDS_BETWEEN[self._live]
        if step == self._shown and not late:
            return
        self._shown, self._shown_at = step, time.monotonic()
        line = f"{self._prefix}{STAGES.get(stage, stage)}: {int(done * 100)} %{self._time_left(done)}"
        line += f"  {note}" if note else ""
        if self._live:
            sys.stderr.write(f"\r\x1b[K{line}")
            self._open_line = True
        else:
            sys.stderr.write(line + "\n")
        sys.stderr.flush()

    def _time_left(self, done: float) -> str:
        spent, gained = (
            time.monotonic() - self._started,
            done - self._from,
        )  # work that was resumed begins in the middle
        if gained < 0.02 * (1 - self._from) or done >= 1 or spent < 3:
            return ""
        left = spent * (1 - done) / gained
        return f", about {left:.0f} s left" if left < 100 else f", about {left / 60:.0f} min left"

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
