"""Fingers of a rig that bend as those of a motion do. numpy only.

Each bone of a finger points where the person's finger points at the same share of its length. It turns from where its
parent has it by the shortest way, so that it does not twist, and beyond the knuckle only about the finger's hinge.
"""

from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..maps.parts import FINGERS
from ..rotations import across, between, limited, multiply, norm, rotate, unit
from .anatomy import RigBody
from .hands import palm
from .motion import FINGER_POINTS

Array = NDArray[np.float64]

MOST_BEND: Final = np.radians(120)
PHALANGES: Final = 3  # a fourth bone of a finger marks its tip


def finger_turns(rig: RigBody, joints: dict[str, Array], hands: dict[str, Array]) -> dict[str, Array]:
    """Return bone -> world turn (F,4) from rest for fingers that the motion has; ``hands``: side -> the hand's turn."""
    found: dict[str, Array] = {}
    for side, hand in hands.items():
        rest_palm = palm(rig, side)
        for finger in FINGERS:
            names = [f"{side}_{finger}_{k}" for k in range(1, FINGER_POINTS + 1)]
            points = [joints[name] for name in names if name in joints]
            bones = rig.map.bones.get(f"{side}_{finger}", ())
            if bones and len(points) > 1:
                hinge = None if finger == "thumb" or rest_palm is None else rest_palm[:, 1]
                found |= _turned(rig, bones, np.stack(points, 1), hand, hinge)
    return found


def _turned(rig: RigBody, bones: tuple[str, ...], points: Array, hand: Array, hinge: Array | None) -> dict[str, Array]:
    """Return the turns of one finger's bones; ``points`` (F,N,3) are the person's, ``hinge`` (3,) the rig's at rest."""
    rest = _rest_points(rig, bones)
    parent, found = hand, {}
    axis = None if hinge is None else unit(across(hinge, unit(rest[1] - rest[0])))
    for k, wanted in enumerate(_directions(points, rest)):
        rest_way = unit(rest[k + 1] - rest[k])
        if k and axis is not None:
            turned = rotate(parent, axis)
            sideways = (wanted * turned).sum(-1, keepdims=True)
            own = rotate(parent, rest_way)
            wanted = unit(wanted - (sideways - (own * turned).sum(-1, keepdims=True)) * turned)
        parent = multiply(limited(between(rotate(parent, rest_way), wanted), MOST_BEND), parent)
        found[bones[k]] = parent
    return found | dict.fromkeys(bones[len(found) :], parent)


def _rest_points(rig: RigBody, bones: tuple[str, ...]) -> Array:
    """Return the joints (N+1,3) of a rig's finger of N bones that turn."""
    indices = [rig.rest.index(bone) for bone in bones]
    if len(bones) > PHALANGES:
        return rig.heads[indices[: PHALANGES + 1]]
    return np.concatenate([rig.heads[indices], rig.tails[indices[-1:]]])


def _directions(points: Array, rest: Array) -> list[Array]:
    """Return where (F,3) each of the rig's bones should point.

    Where person and rig have the same number of bones, each has its own; else the person's finger is cut at the same
    shares of its length as the rig's.
    """
    if points.shape[1] == len(rest):
        return [unit(points[:, k + 1] - points[:, k]) for k in range(len(rest) - 1)]
    own = np.concatenate([[0.0], np.cumsum(np.median(norm(np.diff(points, axis=1)), axis=0))])
    cuts = np.concatenate([[0.0], np.cumsum(norm(np.diff(rest, axis=0)))])
    places = [_at(points, own, cut * own[-1] / cuts[-1]) for cut in cuts]
    return [unit(b - a) for a, b in pairwise(places)]


def _at(points: Array, lengths: Array, length: float) -> Array:
    """Return the places (F,3) at a length along the person's finger."""
    k = int(np.clip(np.searchsorted(lengths, length, side="right") - 1, 0, len(lengths) - 2))
    share = (length - lengths[k]) / max(lengths[k + 1] - lengths[k], 1e-9)
    return points[:, k] + share * (points[:, k + 1] - points[:, k])
