"""The parts of a body found by shape: hierarchy, symmetry, rest pose and skin. numpy only.

Used for rigs whose names say nothing, for what names leave open, and to judge what names say.
"""

import numpy as np
from numpy.typing import NDArray

from ..rotations import unit
from .arms import arm_pair, arm_parts
from .legs import leg_pair, leg_parts
from .pairs import LEVEL, Pair, limb_pairs
from .parts import SIDES, Parts
from .skeleton import Skeleton

Array = NDArray[np.float64]

HEAVY_HIPS = 0.08  # of the skin
HEAD_RISE = 0.42  # of the way from the shoulders to the top: where heads turn


def parts_by_shape(s: Skeleton) -> Parts:
    """Return canonical part -> bones for a two-legged, upright rig, or an empty dict when it does not look like one."""
    if s.body.sum() < 5:
        return {}
    pairs = list(limb_pairs(s))
    legs = leg_pair(s, pairs)
    if legs is None:
        return {}
    forward = _forward(s, legs)
    left_leg, right_leg = _sides(s, legs, forward)
    lateral = np.cross([0.0, 0.0, 1.0], forward)
    parts: Parts = {}
    for side, b, outward in zip(SIDES, (left_leg, right_leg), (lateral, -lateral), strict=True):
        parts |= leg_parts(s, side, b, outward)
    leg_bones = {*s.below[left_leg], *s.below[right_leg]}
    arms = arm_pair(s, pairs, legs.meeting, leg_bones, forward)
    if arms is None:
        return parts | {"hips": (legs.meeting,)}
    left_arm, right_arm = _sides(s, arms, forward)
    middle = (s.heads[left_arm] + s.heads[right_arm]) / 2
    aside = np.abs((s.heads - middle) @ arms.lateral)
    parts |= arm_parts(s, "left", left_arm, aside) | arm_parts(s, "right", right_arm, aside)
    return parts | _trunk(s, legs.meeting, arms, parts)


def facing(heads: Array, parts: Parts, tails: Array) -> Array | None:
    """Return where the feet point (3,), level, of length up to 1 (1 = both feet the same, level way), or None."""
    directions = []
    for side in SIDES:
        foot, toe = parts.get(f"{side}_foot"), parts.get(f"{side}_toe")
        if foot:
            end = heads[toe[0]] if toe else tails[foot[-1]]
            directions.append(unit(end - heads[foot[0]]))
    if not directions:
        return None
    return np.mean(directions, axis=0) * LEVEL


def facing_of(s: Skeleton, parts: Parts) -> Array | None:
    """Return where the body looks (3,), level, by its feet: their toes, and the skin that they move; None without feet.

    The length is up to 1 and small when the signs are.
    """
    found = []
    for side in SIDES:
        foot, toe = parts.get(f"{side}_foot"), parts.get(f"{side}_toe")
        if not foot:
            continue
        ankle = s.heads[foot[0]]
        ends = [s.heads[toe[0]]] if toe else []
        centres = s.rest.skin_centres
        ends += [
            s.centre(b) for b in (*foot[:1], *(toe or ())) if centres is not None and np.isfinite(centres[b]).all()
        ]
        ends = ends or [s.tails[foot[-1]]]
        found.append(np.mean([unit(end - ankle) for end in ends], axis=0))
    return None if not found else np.mean(found, axis=0) * LEVEL


def left_of(s: Skeleton, parts: Parts) -> Array | None:
    """Return the unit vector (3,) to the body's left, by its feet, or None when they do not tell."""
    forward = facing_of(s, parts)
    if forward is None or np.linalg.norm(forward) < 0.3:
        return None
    return np.cross([0.0, 0.0, 1.0], forward) / np.linalg.norm(forward)


def _forward(s: Skeleton, legs: Pair) -> Array:
    """Return where the body looks (3,): level, square to the line of the legs; by feet, then knees, else -Y."""
    parts: Parts = {}
    for side, b in zip(SIDES, (legs.first, legs.second), strict=True):
        parts |= leg_parts(s, side, b, legs.lateral * (1 if side == "left" else -1))
    across = np.cross(legs.lateral, [0.0, 0.0, 1.0])
    signs = 0.05 * float(across @ [0.0, -1.0, 0.0])
    feet = facing_of(s, parts)
    if feet is not None:
        signs += float(across @ feet)
    for side in SIDES:
        thigh, shin, foot = (parts.get(f"{side}_{part}") for part in ("thigh", "shin", "foot"))
        if thigh and shin and foot:
            hip, knee, ankle = (s.heads[bones[0]] for bones in (thigh, shin, foot))
            share = (hip[2] - knee[2]) / max(float(hip[2] - ankle[2]), 1e-9)
            bend = knee - hip - share * (ankle - hip)
            signs += 1.5 * float(across @ bend) / max(float(hip[2] - ankle[2]), 1e-9)
    return across if signs >= 0 else -across


def _sides(s: Skeleton, pair: Pair, forward: Array) -> tuple[int, int]:
    """Return the left and the right bone of a pair."""
    left = np.cross([0.0, 0.0, 1.0], forward)
    return (pair.first, pair.second) if float(pair.lateral @ left) > 0 else (pair.second, pair.first)


def _trunk(s: Skeleton, hips: int, arms: Pair, limbs: Parts) -> Parts:
    """Return hips, spine, neck and head: the bones from where the legs meet over where the arms meet to the top."""
    up = _from_hips_to_chest(s, hips, arms.meeting)
    taken = {b for bones in limbs.values() for b in bones}
    above = _central_chain(s, arms, taken)
    shoulders = [limbs[f"{side}_upper_arm"][0] for side in SIDES if f"{side}_upper_arm" in limbs]
    height = float(s.heads[shoulders, 2].min()) if shoulders else np.inf
    while len(above) > 2 and s.heads[above[1], 2] < height:
        up.append(above.pop(0))  # still below the shoulders: chest
    if len(up) > 1 and _is_hollow(s, up[0]) and s.skin[up[1]] > HEAVY_HIPS:
        drop = s.heads[up[1], 2] - s.heads[up[0], 2]
        up = up[1:] if drop < 0.1 * s.height else up  # the real pelvis hangs on a mere carrier
    parts: Parts = {"hips": (up[0],)}
    if up[1:]:
        parts["spine"] = tuple(up[1:])
    if above:
        head = _head_in(s, above, height if shoulders else float(s.heads[arms.meeting, 2]))
        parts["head"] = (above[head],)
        if head:
            parts["neck"] = tuple(above[:head])
    return parts


def _from_hips_to_chest(s: Skeleton, pelvis: int, chest: int) -> list[int]:
    """Return the bones from the hips to where the arms meet, both included.

    The hips are what carries both legs and spine; where that is a root far from the hip joints, where the legs meet.
    """
    common = s.meeting(pelvis, chest)
    path = None if common is None else s.path(common, chest)
    if common is None or path is None:
        return [pelvis]
    near = abs(float(s.heads[common, 2] - s.heads[pelvis, 2])) < 0.12 * s.height
    return path if near else [pelvis, *path[1:]]


def _is_hollow(s: Skeleton, b: int) -> bool:
    return s.rest.skin is not None and float(s.skin[b]) == 0.0


def _central_chain(s: Skeleton, arms: Pair, taken: set[int]) -> list[int]:
    """Return the bones from the chest up to the top of the head, as long as one goes on in the middle."""
    chain: list[int] = []
    here, height = arms.meeting, s.height
    middle = (s.heads[arms.first] + s.heads[arms.second]) / 2
    while True:
        able = [c for c in s.children[here] if c not in taken and not set(s.below[c]) & taken]
        able = [c for c in able if abs(float((s.heads[c] - middle) @ arms.lateral)) < 0.05 * height]
        able = [c for c in able if not _has_mirror_image(s, c, here, middle, arms.lateral)]
        able = [c for c in able if s.heads[c, 2] > s.heads[here, 2] - 0.02 * height]
        if not able or (chain and len(s.children[here]) >= 3):
            return chain
        aside = np.linalg.norm((s.heads[able] - s.heads[here]) * LEVEL, axis=-1) / height
        worth = [float(s.mass[c]) + 0.5 * _rise(s, c, here) / height - 2 * a for c, a in zip(able, aside, strict=True)]
        here = able[int(np.argmax(worth))]
        chain.append(here)


def _has_mirror_image(s: Skeleton, b: int, parent: int, middle: Array, lateral: Array) -> bool:
    """Return whether a bone is one of a pair: wings and ears are no heads."""
    aside = float((s.heads[b] - middle) @ lateral)
    image = s.heads[b] - 2 * aside * lateral
    others = [c for c in s.children[parent] if c != b]
    if abs(aside) < 0.012 * s.height or not others:
        return False
    return bool((np.linalg.norm(s.heads[others] - image, axis=-1) < 0.02 * s.height).any())


def _sits_on_top(s: Skeleton, b: int) -> bool:
    """Return whether a bone without children lies above all that it moves: the end of the head, not the head."""
    return not s.children[b] and s.rest.skin is not None and float(s.centre(b)[2]) < float(s.heads[b, 2])


def _rise(s: Skeleton, b: int, below: int) -> float:
    """Return how far a branch rises over a bone."""
    return max(float(max(s.heads[c, 2], s.centre(c)[2])) for c in s.below[b]) - float(s.heads[below, 2])


def _head_in(s: Skeleton, chain: list[int], shoulders: float) -> int:
    """Return which bone of the chain from the chest up is the head.

    It moves much of what is above ``shoulders`` (height, metres) and sits not quite half-way from there to the top.
    """
    while len(chain) > 1 and _sits_on_top(s, chain[-1]):
        chain = chain[:-1]
    if s.rest.skin is None:
        if len(s.children[chain[-1]]) >= 3:
            return len(chain) - 1
        places = np.stack([*s.heads[chain], s.tails[chain[-1]]])
        lengths = np.linalg.norm(np.diff(places, axis=0), axis=-1)
        return max(range(len(chain)), key=lambda i: (i > 0, lengths[i] > 0.9 * lengths[1:].max(initial=0), -i))
    beyond = [float(s.mass[b]) for b in chain[1:]] + [0.0]
    own = np.array([float(s.mass[b]) - after for b, after in zip(chain, beyond, strict=True)])
    top = max(float(max(s.heads[b, 2], s.tails[b, 2], s.centre(b)[2])) for b in s.below[chain[0]])
    rise = (s.heads[chain, 2] - shoulders) / max(top - shoulders, 1e-9)
    able = own >= 0.25 * own.max()
    return int(np.where(able, np.abs(rise - HEAD_RISE) - 0.1 * own / own.max(), np.inf).argmin())
