"""The parts of a body found by shape: symmetry, chains and heights of the rest pose. numpy only.

Used for rigs whose names say nothing, and to check what names say.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .rig import RigRest
from .rotations import unit

Array = NDArray[np.float64]

_LOW = 0.15  # of the rig's height: what ends below may be a foot


@dataclass
class Skeleton:
    """A rig as a tree of bones with places in the world."""

    rest: RigRest
    children: list[list[int]]
    heads: Array  # (B,3)
    tails: Array  # (B,3)

    @classmethod
    def of(cls, rest: RigRest) -> "Skeleton":
        """Return the tree of a rig."""
        children: list[list[int]] = [[] for _ in rest.bones]
        for b, parent in enumerate(rest.parents):
            if parent >= 0:
                children[parent].append(b)
        return cls(rest, children, rest.heads(), rest.tails())

    def path_up(self, b: int) -> list[int]:
        """Return the bone and those above it, up to the root."""
        return [b, *self.rest.ancestors(b)]

    def path(self, above: int, below: int) -> list[int] | None:
        """Return the bones from ``above`` to ``below``, both included, or None when it does not lie above."""
        up = self.path_up(below)
        return up[: up.index(above) + 1][::-1] if above in up else None

    def meeting(self, a: int, b: int) -> int | None:
        """Return the nearest bone above both (or one of them)."""
        above = set(self.path_up(b))
        return next((bone for bone in self.path_up(a) if bone in above), None)

    def leaves(self) -> list[int]:
        """Return the bones without children."""
        return [b for b, below in enumerate(self.children) if not below]


def parts_by_shape(skeleton: Skeleton) -> dict[str, tuple[int, ...]]:
    """Return canonical part -> bones for a two-legged, upright rig, or an empty dict when it does not look like one."""
    legs = _legs(skeleton)
    if legs is None:
        return {}
    hips, first, second = legs
    left_first = _is_left(skeleton, first, second)
    parts: dict[str, tuple[int, ...]] = {"hips": (hips,)}
    left, right = (first, second) if left_first else (second, first)
    for side, chain in (("left", left), ("right", right)):
        parts |= _leg_parts(skeleton, side, chain)
    lateral = unit(skeleton.heads[left[1]] - skeleton.heads[right[1]])
    return parts | _upper_parts(skeleton, hips, {*left, *right}, lateral)


def facing(heads: Array, parts: dict[str, tuple[int, ...]], tails: Array) -> Array | None:
    """Return where the feet point (3,), level, of length up to 1 (1 = both feet the same, level way), or None."""
    directions = []
    for side in ("left", "right"):
        foot, toe = parts.get(f"{side}_foot"), parts.get(f"{side}_toe")
        if foot:
            end = heads[toe[0]] if toe else tails[foot[-1]]
            directions.append(unit(end - heads[foot[0]]))
    if not directions:
        return None
    return np.mean(directions, axis=0) * np.array([1.0, 1.0, 0.0])


def _legs(skeleton: Skeleton) -> tuple[int, list[int], list[int]] | None:
    """Return the hips bone and the two chains of bones from it down to the floor."""
    ends = np.concatenate([skeleton.heads, skeleton.tails])
    bottom, height = ends[:, 2].min(), np.ptp(ends[:, 2])
    low = [b for b in skeleton.leaves() if skeleton.heads[b, 2] < bottom + _LOW * height]
    best: tuple[float, int, list[int], list[int]] | None = None
    for i, a in enumerate(low):
        for b in low[i + 1 :]:
            hips = skeleton.meeting(a, b)
            if hips is None or hips in (a, b):
                continue
            chains = [_down(skeleton, hips, leaf) for leaf in (a, b)]
            tops = [skeleton.heads[chain[0], 2] - bottom for chain in chains]
            apart = np.linalg.norm(skeleton.heads[a, :2] - skeleton.heads[b, :2])
            mirrored = len(chains[0]) == len(chains[1]) and abs(tops[0] - tops[1]) < 0.05 * height
            if (
                min(tops) > 0.15 * height
                and min(len(chain) for chain in chains) >= 2
                and mirrored
                and apart > 0.02 * height
            ):
                score = sum(len(chain) for chain in chains) + min(tops) / height
                if best is None or score > best[0]:
                    best = (float(score), hips, chains[0], chains[1])
    return None if best is None else best[1:]


def _down(skeleton: Skeleton, above: int, leaf: int) -> list[int]:
    chain = skeleton.path(above, leaf)
    return [] if chain is None else chain[1:]


def _leg_parts(skeleton: Skeleton, side: str, chain: list[int]) -> dict[str, tuple[int, ...]]:
    """Split a chain from the hips to the floor into thigh, shin, foot and toe by the heights of its joints."""
    heads = skeleton.heads[chain]
    if len(chain) > 2 and np.linalg.norm(heads[0] - heads[1]) < 1e-3 + 0.2 * np.ptp(heads[:, 2]) and len(chain) > 4:
        chain, heads = chain[1:], heads[1:]  # a bone from the middle to the hip joint
    if len(chain) == 2:
        return {f"{side}_thigh": (chain[0],), f"{side}_shin": (chain[1],)}
    top, bottom = heads[0, 2], heads[:, 2].min()
    ankle = next(i for i in range(1, len(chain)) if heads[i, 2] < bottom + 0.3 * (top - bottom) or i == len(chain) - 1)
    ankle = max(ankle, 2)
    middle = (heads[0, 2] + heads[ankle, 2]) / 2
    knee = 1 + int(np.abs(heads[1:ankle, 2] - middle).argmin())
    parts = {f"{side}_thigh": (chain[0],), f"{side}_shin": (chain[knee],), f"{side}_foot": (chain[ankle],)}
    if ankle + 1 < len(chain):
        parts[f"{side}_toe"] = (chain[ankle + 1],)
    return parts


def _upper_parts(skeleton: Skeleton, hips: int, legs: set[int], lateral: Array) -> dict[str, tuple[int, ...]]:
    """Return spine, neck, head and arms: the arms end farthest to the sides, the head highest between them."""
    leaves = [b for b in skeleton.leaves() if hips in skeleton.path_up(b) and b not in legs]
    if len(leaves) < 2:
        return {}
    reach = (skeleton.heads[leaves] - skeleton.heads[hips]) @ lateral
    ends = (leaves[int(reach.argmax())], leaves[int(reach.argmin())])
    chest = skeleton.meeting(*ends)
    if chest is None or hips not in skeleton.path_up(chest) or chest in ends:
        return {}
    parts: dict[str, tuple[int, ...]] = {}
    for side, end in zip(("left", "right"), ends, strict=True):
        parts |= _arm_parts(skeleton, side, _down(skeleton, chest, end))
    spine = _down(skeleton, hips, chest)
    if spine:
        parts["spine"] = tuple(spine)
    arms = {b for end in ends for b in _down(skeleton, chest, end)[:1]}
    upper = [b for b in leaves if chest in skeleton.path_up(b) and not arms & set(skeleton.path_up(b))]
    if upper:
        middle = np.abs((skeleton.heads[upper] - skeleton.heads[hips]) @ lateral)
        top = upper[int((skeleton.tails[upper, 2] - middle).argmax())]
        chain = _down(skeleton, chest, top)
        places = np.stack([*skeleton.heads[chain], skeleton.tails[chain[-1]]])
        lengths = np.linalg.norm(np.diff(places, axis=0), axis=-1)
        head = max(range(len(chain)), key=lambda i: (i > 0, lengths[i] > 0.9 * lengths[1:].max(initial=0), -i))
        parts["head"] = (chain[head],)
        if head:
            parts["neck"] = tuple(chain[:head])
    return parts


def _arm_parts(skeleton: Skeleton, side: str, chain: list[int]) -> dict[str, tuple[int, ...]]:
    """Split a chain from the chest to the fingers: two long pieces of like length, up to where fingers branch off."""
    if len(chain) < 3:
        return dict(zip((f"{side}_upper_arm", f"{side}_hand"), ((b,) for b in chain), strict=False))
    branch = next((i for i, b in enumerate(chain) if i >= 2 and len(skeleton.children[b]) >= 2), None)
    heads = skeleton.heads[chain]
    best = (-np.inf, 0, 1, 2)
    for hand in range(2, len(chain)) if branch is None else (branch,):
        for elbow in range(1, hand):
            for shoulder in range(elbow):
                upper = float(np.linalg.norm(heads[elbow] - heads[shoulder]))
                lower = float(np.linalg.norm(heads[hand] - heads[elbow]))
                best = max(best, (min(upper, lower) - abs(upper - lower), shoulder, elbow, hand))
    _, shoulder, elbow, hand = best
    parts = {
        f"{side}_upper_arm": (chain[shoulder],),
        f"{side}_forearm": (chain[elbow],),
        f"{side}_hand": (chain[hand],),
    }
    if shoulder > 0:
        parts[f"{side}_clavicle"] = (chain[shoulder - 1],)
    return parts


def _is_left(skeleton: Skeleton, first: list[int], second: list[int]) -> bool:
    """Return whether the first leg is the rig's left one: feet point forward, left = up x forward."""
    across = skeleton.heads[first[1]] - skeleton.heads[second[1]]
    parts = _leg_parts(skeleton, "left", first) | _leg_parts(skeleton, "right", second)
    forward = facing(skeleton.heads, parts, skeleton.tails)
    if forward is None or np.linalg.norm(forward) < 0.1:
        forward = np.array([0.0, -1.0, 0.0])  # Blender's custom: characters face -Y
    left = np.cross([0.0, 0.0, 1.0], forward)
    return float(across @ left) > 0
