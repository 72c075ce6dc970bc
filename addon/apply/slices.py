"""Work in slices: Blender draws and listens between them, and the work can be given up.

It must not leave anything changed where it rests, and must not hold on there to what Blender may move in memory: to
objects, yes, to items of a collection, no.
"""

import time
from typing import Literal

import bpy
from bpy.app.handlers import persistent

from ...progress import Work
from . import ahead

AT_ONCE_SECONDS = 0.15
"""Work that takes no longer is done at once."""

SLICE_SECONDS = 0.04


class Slices:
    """Work that is done in slices."""

    def __init__(self, work: Work[None]) -> None:
        self._work = work
        self.done = 0.0  # 0 to 1
        self.is_given_up = False

    def go_on(self, seconds: float) -> bool:
        """Work for so long, a little more where a piece cannot be divided; returns whether the work is done."""
        end = time.monotonic() + seconds
        while not self.is_given_up:
            try:
                self.done = next(self._work)
            except StopIteration:
                return True
            if time.monotonic() >= end:
                break
        return False

    def give_up(self) -> None:
        """Stop it."""
        self.is_given_up = True
        self._work.close()


Kind = Literal["apply", "follow"]
"""What is pressed, and what characters do by themselves after a take was changed; one of each at a time."""

_running: dict[Kind, Slices] = {}


def present(kind: Kind) -> Slices | None:
    """Return the work that is being done, for panels and buttons."""
    return _running.get(kind)


def begin(kind: Kind, work: Work[None]) -> Slices:
    """Begin work, in the place of what there was."""
    end(kind)
    _running[kind] = Slices(work)
    return _running[kind]


def end(kind: Kind) -> None:
    """Give up what is not done yet."""
    slices = _running.pop(kind, None)
    if slices is not None:
        slices.give_up()


@persistent
def _things_change(*_: object) -> None:
    """Give everything up: after undo, or in another file, what the work is about may be something else."""
    for slices in _running.values():
        slices.give_up()  # whoever began it sees that, and says so
    ahead.forget()


def _handlers() -> tuple[list, ...]:
    handlers = bpy.app.handlers
    return handlers.undo_pre, handlers.redo_pre, handlers.load_pre


def register() -> None:
    """Notice undo, and another file."""
    for handlers in _handlers():
        handlers.append(_things_change)


def unregister() -> None:
    """Do so no more."""
    end("apply")
    end("follow")
    ahead.forget()
    for handlers in _handlers():
        handlers.remove(_things_change)
