"""Joints of any take as bones that hang on each other: directions can be changed while lengths stay."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..skeleton import PARENTS
from ..vectors import unit

Array = NDArray[np.float64]

RIGID: Final = 0.002
"""Metres (standard deviation) by which the distances within a foot, a hand or a head may change for it to be rigid."""

_FINGER: Final = re.compile(r"(left|right)_(thumb|index|middle|ring|pinky)(?:_(\d))?")
_HEAD: Final = re.compile(r"(left|right)_(ear|eye|eye_inner|eye_outer|mouth)")
_TOE: Final = re.compile(r"(left|right)_\w*toe\w*")


@dataclass(frozen=True)
class Chains:
    """How J joints hang on each other."""

    parents: tuple[int, ...]  # -1 for the root
    order: tuple[int, ...]  # parents before children; the root first

    @classmethod
    def of(cls, names: Sequence[str]) -> "Chains":
        """Return the chains of joints with these names: ours by the skeleton, fingers on wrists, others on the root."""
        index = {name: number for number, name in reversed(list(enumerate(names)))}
        root = index.get("pelvis", 0)
        parents = [-1 if number == root else _parent(name, index, root) for number, name in enumerate(names)]
        order, left = [root], [number for number in range(len(names)) if number != root]
        while left:
            ready = [number for number in left if parents[number] in order]
            if not ready:  # names that come twice
                parents[left[0]] = root
                continue
            order += ready
            left = [number for number in left if number not in ready]
        return cls(tuple(parents), tuple(order))

    @property
    def root(self) -> int:
        """The joint that all others hang on."""
        return self.order[0]

    def split(self, joints: Array) -> tuple[Array, Array, Array]:
        """Return the path (F,3) of the root, and direction (F,J,3) and length (F,J,1) of the bone to each joint."""
        bones = joints - joints[:, [max(parent, 0) for parent in self.parents]]
        bones[:, self.root] = 0.0
        return joints[:, self.root], unit(bones), np.linalg.norm(bones, axis=-1, keepdims=True)

    def joined(self, root: Array, directions: Array, lengths: Array) -> Array:
        """Return the joints (F,J,3) of what ``split`` returns."""
        joints = directions * lengths
        joints[:, self.root] = root
        for number in self.order[1:]:
            joints[:, number] += joints[:, self.parents[number]]
        return joints

    def stiffened(self, joints: Array, before: Array) -> Array:
        """Return the joints with feet, hands and head turned as a whole: in the shape that they had ``before``.

        Parts that were not rigid before stay as they are.
        """
        result = joints.copy()
        for mount in set(self.parents) - {-1, self.root}:
            members = [number for number, parent in enumerate(self.parents) if parent == mount]
            if len(members) < 2 or any(number in self.parents for number in members):
                continue
            shape = before[:, members] - before[:, [mount]]
            if _is_rigid(shape):
                result[:, members] = result[:, [mount]] + _turned(shape, result[:, members] - result[:, [mount]])
        return result


def _parent(name: str, index: dict[str, int], root: int) -> int:
    """Return the joint that one hangs on: the nearest one above it that is there."""
    above = PARENTS.get(name)
    if name not in PARENTS:
        above = _parent_of_extra(name, index)
    while above is not None and above not in index:
        above = PARENTS.get(above)
    return root if above is None else index[above]


def _parent_of_extra(name: str, index: dict[str, int]) -> str | None:
    if finger := _FINGER.fullmatch(name):
        side, digit, number = finger.groups()
        before = f"{side}_{digit}_{int(number or 1) - 1}"
        return before if before in index else f"{side}_wrist"
    if _HEAD.fullmatch(name):
        return "neck"
    if toe := _TOE.fullmatch(name):
        return f"{toe.group(1)}_ankle"
    return None


def _is_rigid(shape: Array) -> bool:
    """Return whether the points (F,K,3) and the origin keep their distances."""
    points = np.concatenate([np.zeros_like(shape[:, :1]), shape], axis=1)
    distances = np.linalg.norm(points[:, :, None] - points[:, None], axis=-1)
    return float(distances.std(axis=0).max()) < RIGID


def _turned(shape: Array, wanted: Array) -> Array:
    """Return the points (F,K,3) turned as near to others as can be (Kabsch 1976)."""
    left, _, right = np.linalg.svd(np.swapaxes(wanted, 1, 2) @ shape)
    left[:, :, 2] *= np.linalg.det(left @ right)[:, None]
    return shape @ np.swapaxes(left @ right, 1, 2)
