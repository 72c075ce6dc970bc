"""Where a motion takes single bones of a rig, without the poses of all others. numpy only."""

import numpy as np
from numpy.typing import NDArray

from ..rig import BoneMotion, RigRest
from ..rotations import IDENTITY, conjugate, from_matrix, in_axes, multiply, rotate

Array = NDArray[np.float64]


class BonePaths:
    """Turns and heads of bones over the F frames of a motion, in armature space, computed when asked for."""

    def __init__(self, rest: RigRest, motion: BoneMotion) -> None:
        self._rest = rest
        self._motion = motion
        self._frames = len(motion.times)
        self._index = {bone: b for b, bone in enumerate(rest.bones)}
        self._keyed = {self._index[bone]: k for k, bone in enumerate(motion.bones)}
        self._turns: dict[int, Array] = {}
        self._heads: dict[int, Array] = {}

    def turn(self, bone: str) -> Array:
        """Return how a bone is turned (F,4) from its rest."""
        return self._turn(self._index[bone])

    def turn_from(self, bone: str, rest: Array) -> Array:
        """Return how a bone is turned (F,4) from another rest matrix (4,4) than its own."""
        b = self._index[bone]
        own, other = (from_matrix(m[:3, :3] / np.linalg.norm(m[:3, :3], axis=0)) for m in (self._rest.rest[b], rest))
        between = multiply(own, conjugate(other))
        turn = self._turn(b)
        return turn if abs(between[0]) > 1 - 1e-9 else multiply(turn, between)

    def head(self, bone: str) -> Array:
        """Return the path (F,3) of a bone's head."""
        return self._head(self._index[bone])

    def _turn(self, b: int) -> Array:
        if b < 0:
            return np.broadcast_to(IDENTITY, (self._frames, 4))
        if b not in self._turns:
            base = self._base(b)
            if b in self._keyed:
                axes = self._rest.rest[b, :3, :3]
                base = multiply(base, in_axes(self._motion.rotations[:, self._keyed[b]], axes.T))
            self._turns[b] = base
        return self._turns[b]

    def _base(self, b: int) -> Array:
        return self._turn(int(self._rest.parents[b]) if self._rest.inherits(b) else -1)

    def _head(self, b: int) -> Array:
        if b in self._heads:
            return self._heads[b]
        parent, head = int(self._rest.parents[b]), self._rest.rest[b, :3, 3]
        while parent >= 0 and parent not in self._keyed and self._rest.inherits(parent):
            parent = int(self._rest.parents[parent])  # what is not keyed moves as one with what is above it
        if parent < 0:
            path = np.broadcast_to(head, (self._frames, 3))
        else:
            path = self._head(parent) + rotate(self._turn(parent), head - self._rest.rest[parent, :3, 3])
        bone = self._rest.bones[b]
        if bone in self._motion.locations and not self._rest.is_connected(b):
            way = self._motion.locations[bone] @ self._rest.location_axes(b).T
            path = path + rotate(self._turn(int(self._rest.parents[b])), way)
        self._heads[b] = path
        return path
