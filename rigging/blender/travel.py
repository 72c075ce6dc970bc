"""Root motion on the armature object itself: its keys, and the place to which it returns."""

import numpy as np
from bpy.types import Action, Object
from mathutils import Matrix
from numpy.typing import NDArray

from ..keys.channels import rotation_channels
from ..rig import BoneMotion
from ..rotations import from_matrix, to_matrix
from ..solver.roots import Travel

Array = NDArray[np.float64]

HOME = "posewright_home"
"""Custom property of an action that moves the object: the object's transform, where it stands without the action."""

_OBJECT = ""  # the name of the only "bone" in a motion of the object


def home_of(obj: Object) -> Matrix:
    """Return where the object's own channels (``matrix_basis``) put it when no travel of ours moves it."""
    noted = _noted_home(obj)
    return obj.matrix_basis.copy() if noted is None else noted


def go_home(obj: Object) -> None:
    """Put an object back from which travel of ours moved it; any other stays as it is, to the last digit."""
    noted = _noted_home(obj)
    if noted is not None:
        obj.matrix_basis = noted


def world_at_home(obj: Object) -> Array:
    """Return the object's matrix (4,4) in the world when it is at home."""
    return np.array(_above(obj) @ home_of(obj), np.float64)


def object_motion(obj: Object, travel: Travel) -> BoneMotion:
    """Return the channels of the object that make it travel from its home, as a motion of one thing without a name."""
    above = np.array(_above(obj), np.float64)
    moves = np.tile(np.eye(4), (len(travel.times), 1, 1))
    moves[:, :3, :3], moves[:, :3, 3] = to_matrix(travel.turns), travel.shifts
    basis = np.linalg.inv(above) @ moves @ above @ np.array(home_of(obj), np.float64)
    axes = basis[:, :3, :3] / np.linalg.norm(basis[:, :3, :3], axis=1, keepdims=True)
    axes *= np.sign(np.linalg.det(axes))[:, None, None]  # a mirrored object keeps its negative scale
    return BoneMotion((_OBJECT,), from_matrix(axes)[:, None], {_OBJECT: basis[:, :3, 3]}, travel.times)


def object_channels(obj: Object, motion: BoneMotion) -> list[tuple[str, Array]]:
    """Return the object's properties and their values (F,n), in its rotation mode."""
    turn = rotation_channels(obj.rotation_mode, motion.rotations[:, 0])
    return [("location", motion.locations[_OBJECT]), turn]


def travels(obj: Object) -> bool:
    """Return whether travel of ours moves the object."""
    return _noted_home(obj) is not None


def remember_home(action: Action, home: Matrix) -> None:
    """Note on an action that moves the object where the object stands without it."""
    action[HOME] = [value for row in home for value in row]


def _above(obj: Object) -> Matrix:
    """Return what parents make of the object's own channels."""
    return obj.matrix_world @ obj.matrix_basis.inverted_safe()


def _noted_home(obj: Object) -> Matrix | None:
    action = obj.animation_data.action if obj.animation_data is not None else None
    stored = action.get(HOME) if action is not None else None
    return None if stored is None else Matrix(np.array(stored).reshape(4, 4).tolist())
