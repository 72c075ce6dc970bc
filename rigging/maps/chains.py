"""The bones of a part when somebody names its first bone, or its first and last. numpy only."""

from ..rig import RigMap, RigRest
from .extras import finger_from
from .parts import FINGERS, LIMBS, core_of
from .skeleton import Skeleton

NEXT = {"spine": ("neck", "head"), "neck": ("head",)}
"""Part of the middle -> the parts before which it ends, the first that there is."""

ARM, LEG = LIMBS[:4], LIMBS[4:]


def chain_of(rest: RigRest, rig_map: RigMap | None, part: str, first: str, last: str = "") -> list[str]:
    """Return the bones of a part from its first one on.

    Up to ``last`` where that hangs on it, else both alone. Without ``last`` a finger goes on to its tip, and what has
    a next part in ``rig_map`` goes on to there. ValueError for bones that the rig lacks.
    """
    whole, body = Skeleton.of(rest), Skeleton.body_of(rest)
    start = rest.index(first)
    if last:
        path = _path(whole, body, start, rest.index(last))
        return [rest.bones[b] for b in path] if path else list(dict.fromkeys([first, last]))
    core = core_of(part)
    if core in FINGERS:
        return [rest.bones[b] for b in finger_from(body, start)]
    for after in _parts_after(part, core):
        beyond = rig_map.first(after) if rig_map is not None else None
        path = _path(whole, body, start, rest.index(beyond)) if beyond else None
        if path:
            return [first, *(rest.bones[b] for b in path[1:-1] if body.body[b])]
    return [first]


def _path(whole: Skeleton, body: Skeleton, above: int, below: int) -> list[int] | None:
    return body.path(above, below) or whole.path(above, below)


def _parts_after(part: str, core: str) -> tuple[str, ...]:
    for limb in (ARM, LEG):
        if core in limb[:-1]:
            return (part.replace(core, limb[limb.index(core) + 1]),)
    return NEXT.get(part, ())
