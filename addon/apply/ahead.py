"""Motions that are solved before they are keyed: in slices, for which Blender does not stand still.

Nothing in the file changes by it. What keys a take looks whether its motion is here already, and whether it still fits.
"""

import zlib
from dataclasses import dataclass, replace

from bpy.types import Object

from ...core.take import Take
from ...progress import Work
from ...rigging.blender.applied import take_id
from ...rigging.blender.apply import Solved, solving, still_fits
from ...rigging.blender.packing import as_text, find_packed
from ...rigging.keys.settings import KeySettings
from ...rigging.settings import RetargetSettings

PIECE_SECONDS = 0.1
"""About how long a piece of the work may take that evaluates the character."""


@dataclass(frozen=True)
class _Ahead:
    take: str
    settings: RetargetSettings
    solved: Solved


_ahead: dict[int, _Ahead] = {}  # by session uid of the armature


def solve_ahead(obj: Object, take: Take, settings: RetargetSettings, *, trusting: bool = False) -> Work[None]:
    """Solve a take for an armature and keep the motion; ``trusting`` and what is raised are those of ``solving``."""
    _ahead.pop(obj.session_uid, None)
    solved = yield from solving(obj, take, settings, PIECE_SECONDS, trusting=trusting)
    if find_packed(take, take_id(take)) is None:
        yield 1.0
        solved = replace(solved, written=as_text(take))
    _ahead[obj.session_uid] = _Ahead(_name(take), _without_keys(settings), solved)


def solved_ahead(obj: Object, take: Take, settings: RetargetSettings) -> Solved | None:
    """Return the motion that was solved ahead, once; None when there is none, or when something changed since."""
    found = _ahead.pop(obj.session_uid, None)
    if found is None or (found.take, found.settings) != (_name(take), _without_keys(settings)):
        return None
    return found.solved if still_fits(obj, found.solved) else None


def forget() -> None:
    """Let go of all."""
    _ahead.clear()


def _name(take: Take) -> str:
    """Return what tells takes apart, their contacts included."""
    return f"{take_id(take)} {0 if take.contacts is None else zlib.crc32(take.contacts.tobytes())}"


def _without_keys(settings: RetargetSettings) -> RetargetSettings:
    """Return the settings without how keys are written, which the motion does not depend on."""
    return replace(settings, keys=KeySettings(start=settings.keys.start, end=settings.keys.end))
