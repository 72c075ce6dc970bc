"""Characters that lie or are tilted at rest, stood up before floors and soles are measured. numpy only."""

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..maps.parts import SIDES
from ..rig import RigMap, RigRest
from ..rotations import IDENTITY, between, to_matrix, unit
from .anatomy import RigBody

Array = NDArray[np.float64]

TILTED: Final = np.radians(30)
"""A body whose axis is nearer to the vertical than this is taken to stand, bent as it may be."""

_UP = np.array([0.0, 0.0, 1.0])


def stood_up(rest: RigRest, rig_map: RigMap) -> tuple[RigRest, Array]:
    """Return the rig as it stands upright, and the turn (4,) of the world, about its object's origin, that does it.

    Up is the axis of the armature that is nearest to the line from the ankles over the hips to the neck.
    """
    body = RigBody(rest, rig_map)
    ankles = np.mean([body.ankle(side) for side in SIDES], axis=0)
    along = unit(unit(body.neck_base - body.hip_middle) + unit(body.hip_middle - ankles))
    if along @ _UP > np.cos(TILTED):
        return rest, IDENTITY
    axes = rest.world_rotation().T
    nearest = max((*axes, *-axes), key=lambda axis: float(axis @ along))
    turn = between(nearest if nearest @ along > np.cos(TILTED) else along, _UP)
    world = rest.world.copy()
    world[:3, :3] = to_matrix(turn) @ world[:3, :3]
    return replace(rest, world=world), turn
