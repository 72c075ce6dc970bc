"""Whether captures can run, in plain words: cheap enough to be asked at every redraw."""

import os
import time
from pathlib import Path

from ...cli.runtime import bundle
from ...cli.runtime.choice import VARIABLE, Runtime, python_in
from ...errors import PosewrightError
from .. import choices, session

FRESH_SECONDS = 1.0  # for which an answer is given again

Answer = tuple[bool, str]

_last: tuple[float, str, Answer] | None = None


def state() -> Answer:
    """Return whether captures can run, and a sentence: on what they run, or why not and what to do."""
    global _last
    choices.choose_runtime()
    key = f"{Runtime.named()} {Runtime.root}"
    now = time.monotonic()
    if _last is None or _last[1] != key or now - _last[0] > FRESH_SECONDS:
        _last = (now, key, _look())
    return _last[2]


def forget() -> None:
    """Have the next question looked into anew."""
    global _last
    _last = None


def _look() -> Answer:
    named = Runtime.named()
    if named:
        return _named(named)
    condition = Runtime.folder().condition()
    if not condition.ready and bundle.find() is not None:
        return True, "Ready: this zip brings all libraries; the first capture unpacks them, once, without network"
    if not condition.ready and (why := bundle.misfit()):
        return False, f"Not set up: {why} Set Up fetches the libraries for it."
    return condition.ready, condition.sentence


def _named(named: str) -> Answer:
    try:
        program = python_in(Path(named).expanduser())
    except PosewrightError as error:
        return False, f"Not ready: {error}"
    missing = [found for found in session.state.findings or [] if found["state"] == "missing"]
    if missing:
        says = missing[0]["says"] if missing[0]["what"] == "python" else f"{missing[0]['what']} is {missing[0]['says']}"
        return False, f"Not ready: {says}"
    whose = f"named by {VARIABLE}" if os.environ.get(VARIABLE) else "of your own"
    return True, f"Uses the Python {whose}: {program}"
