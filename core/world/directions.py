"""A body as bone directions: the unknowns of the refinement, from which joints follow without changing a bone's length.

The arrays of joints are (F,22,3) in the order of ``skeleton.JOINTS``; B directions move them: those of ``DIRECTIONS``.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..skeleton import JOINTS
from ..vectors import unit
from .body import INDEX, PARENT_INDEX, heel_of

Array = NDArray[np.float64]

SIDES: Final = ("left", "right")
DIRECTIONS: Final = (
    *("hips", "spine", "thorax", "head", "nose"),
    *(f"{side}_{part}" for part in ("shoulder", "elbow", "wrist", "knee", "ankle", "foot_index") for side in SIDES),
)
"""Each is the direction of the bone that ends at the joint of this name; ``hips`` points from the right to the left
hip, and ``head`` carries neck and top of the head."""

DIRECTION_INDEX: Final = {name: position for position, name in enumerate(DIRECTIONS)}
END_JOINT: Final = tuple(INDEX["left_hip" if name == "hips" else name] for name in DIRECTIONS)

HEEL_BACK: Final = 0.28
"""How far the heel moves against the ball when the foot turns, in foot lengths (``body.heel_of``)."""


def directions_of(joints: Array) -> Array:
    """Return the unit directions (F,B,3) of poses (F,22,3)."""
    start = joints[:, [max(PARENT_INDEX[end], 0) for end in END_JOINT]].copy()
    start[:, DIRECTION_INDEX["hips"]] = joints[:, INDEX["right_hip"]]
    start[:, DIRECTION_INDEX["head"]] = joints[:, INDEX["thorax"]]
    return unit(joints[:, list(END_JOINT)] - start)


def chain(lengths: Array) -> Array:
    """Return the matrix C (22,B) with ``joint - pelvis = C @ directions`` for bone lengths (22,).

    Heels count as moving with ankle and foot; ``joints_at`` puts them in their place.
    """
    matrix = np.zeros((len(JOINTS), len(DIRECTIONS)))
    for joint, name in enumerate(JOINTS):
        if PARENT_INDEX[joint] < 0:
            continue
        matrix[joint] = matrix[PARENT_INDEX[joint]]
        if name.endswith("_heel"):
            foot = name.replace("_heel", "_foot_index")
            matrix[joint, DIRECTION_INDEX[foot]] -= HEEL_BACK * lengths[INDEX[foot]]
        elif name.endswith("_hip"):
            matrix[joint, DIRECTION_INDEX["hips"]] = lengths[joint] if name == "left_hip" else -lengths[joint]
        else:
            matrix[joint, DIRECTION_INDEX["head" if name == "neck" else name]] += lengths[joint]
    return matrix


def joints_at(root: Array, directions: Array, lengths: Array) -> Array:
    """Return the joints (F,22,3) of a body at ``root`` (F,3) with these bone directions (F,B,3) and lengths (22,)."""
    joints = root[:, None] + chain(lengths) @ directions
    for side in SIDES:
        knee, ankle, ball = (joints[:, INDEX[f"{side}_{part}"]] for part in ("knee", "ankle", "foot_index"))
        joints[:, INDEX[f"{side}_heel"]] = heel_of(knee, ankle, ball)
    return joints


def tangents(directions: Array) -> Array:
    """Return two unit vectors square to each direction and to each other, as columns (...,3,2)."""
    helper = np.where(np.abs(directions[..., :1]) < 0.7, np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0]))
    first = unit(np.cross(directions, helper))
    return np.stack([first, np.cross(directions, first)], axis=-1)


def turned(directions: Array, basis: Array, step: Array) -> Array:
    """Return the directions moved by ``step`` (F,B,2) in their tangents, at most by ``LONGEST_STEP``."""
    move = (basis @ step[..., None])[..., 0]
    size = np.linalg.norm(move, axis=-1, keepdims=True)
    return unit(directions + move * np.minimum(1.0, LONGEST_STEP / np.maximum(size, 1e-9)))


LONGEST_STEP: Final = 0.5
"""Radians by which one iteration may turn a bone: beyond, its tangent says little."""
