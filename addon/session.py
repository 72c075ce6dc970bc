"""What the add-on remembers while Blender runs, beside the queue of jobs: what to tell the user."""

from dataclasses import dataclass
from typing import Any


@dataclass
class Session:
    """The state; there is one, ``state``, for there is one user."""

    error: str = ""  # what went wrong last, until it is dismissed or something works
    log: str = ""  # of the worker that failed
    findings: list[dict[str, Any]] | None = None  # of the last check
    spared: str = ""  # characters that did not follow the chosen take, since somebody changed their motion by hand


state = Session()


def forget() -> None:
    """Forget everything, when the add-on is switched off or another file is opened."""
    state.error = state.log = state.spared = ""
    state.findings = None
