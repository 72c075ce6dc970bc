"""Which armature of an opened file is meant: the named one, the only one, or the one that is most of a human."""

from collections.abc import Callable
from pathlib import Path

from bpy.types import Object, Scene

from ...errors import PosewrightError
from ..maps.mapping import map_rig
from .armature import armatures_of, named_armature, rest_of


def character_in(
    scene: Scene,
    name: str | None,
    *,
    source: str,
    option: str,
    map_file: Path | None = None,
    rather: Callable[[Object], bool] = lambda obj: False,
) -> Object:
    """Return the armature of that name, or the one on which most parts of a body are found.

    Of several with as many, it is the one that ``rather`` is true for. Raises PosewrightError, naming ``source`` and
    the command line's ``option`` that chooses, when there is none or several could be meant.
    """
    if name is not None:
        return named_armature(scene, name, source=source)
    armatures = armatures_of(scene, source=source)
    if len(armatures) == 1:
        return armatures[0]
    found = [(_parts(obj, map_file), rather(obj), obj) for obj in armatures]
    most = max(entry[:2] for entry in found)
    best = [obj for *worth, obj in found if tuple(worth) == most and most[0] > 0]
    if len(best) == 1:
        return best[0]
    names = ", ".join(sorted(obj.name for obj in best or armatures))
    which = "that could be meant" if best else "and none looks like a human body"
    raise PosewrightError(f"There are several armatures in {source} {which}: {names}. Name one with {option}.")


def _parts(obj: Object, map_file: Path | None) -> int:
    """Return how many parts of a body are found on an armature; 0 when it is no body."""
    try:
        return len(map_rig(rest_of(obj), map_file).bones)
    except PosewrightError:
        return 0
