"""Legs of a rig found by shape: which branches they are, and their joints. numpy only."""

import numpy as np
from numpy.typing import NDArray

from ..rotations import unit
from .pairs import LEVEL, Pair, mass_of
from .parts import Parts
from .skeleton import Skeleton

Array = NDArray[np.float64]

MIDFOOT = 0.45  # of the way from the ankle to the middle of the toes: toes begin beyond


def leg_pair(s: Skeleton, pairs: list[Pair]) -> Pair | None:
    """Return the pair that is most like two legs: down to the floor from mid-height, heavy, ending in feet."""
    height, bottom = s.height, float(s.heads[s.body, 2].min())
    heaviest = max((mass_of(s, pair) for pair in pairs), default=0.0)
    best: tuple[float, Pair | None] = (0.9, None)
    for pair in pairs:
        branches = [s.below[pair.first], s.below[pair.second]]
        low = max(float(min(s.heads[below, 2].min(), s.tails[below, 2].min())) for below in branches)
        top = float(s.heads[[pair.first, pair.second], 2].mean())
        drop, lift = (top - low) / height, (low - bottom) / height
        if drop < 0.12 or lift > 0.3:
            continue
        score = 2.0 - 2.0 * lift / 0.3 - (top - bottom) / height + min(1.0, drop / 0.3) + 0.5 * pair.mirror
        score += mass_of(s, pair) / max(heaviest, 1e-9)
        score += 0.7 * float(np.mean([_foot_like(s, b) for b in (pair.first, pair.second)]))
        score -= 1.5 * float(drop > 0.68)  # from the shoulders: a cape
        score -= 0.5 * float(min(len(below) for below in branches) < 2)
        if score > best[0]:
            best = (score, pair)
    return best[1]


def _foot_like(s: Skeleton, b: int) -> float:
    """Return how level (0..1) a branch ends: a foot lies, a tail or the seam of a skirt hangs."""
    chain = leg_chain(s, b)
    end = s.centre(chain[-1])
    start = s.heads[chain[-1]] if len(chain) < 3 else s.heads[chain[-2]]
    step = end - start
    return float(np.linalg.norm(step * LEVEL) / max(float(np.linalg.norm(step)), 1e-9))


def leg_chain(s: Skeleton, b: int) -> list[int]:
    """Return the bones from the top of a leg to its end: always on with the branch that goes lowest, or is heaviest."""
    height = s.height
    chain = [b]
    while s.children[chain[-1]]:
        children = s.children[chain[-1]]
        lowest = [min(float(s.heads[other, 2]) for other in s.below[child]) for child in children]
        worth = [-low / height + 0.5 * float(s.mass[child]) for low, child in zip(lowest, children, strict=True)]
        chain.append(children[int(np.argmax(worth))])
    return chain


def leg_parts(s: Skeleton, side: str, b: int, lateral: Array) -> Parts:
    """Return thigh, shin, foot and toe of the leg that starts at a bone; ``lateral`` (3,) points out of the body."""
    chain = leg_chain(s, b)
    bottom, height = float(s.heads[s.below[b], 2].min()), s.height
    while len(chain) >= 3:  # bones from the middle to the hip joint
        step = s.heads[chain[1]] - s.heads[chain[0]]
        if -step[2] > 0.6 * np.linalg.norm(step) or s.heads[chain[1], 2] < s.heads[chain[0], 2] - 0.25 * height:
            break
        chain = chain[1:]
    ankle = _ankle(s, chain, bottom)
    parts: Parts = {}
    above = chain[:ankle] if ankle is not None else chain
    knee = _knee(s, chain, len(above))
    parts[f"{side}_thigh"] = tuple(above[: knee or len(above)])
    if knee is not None:
        parts[f"{side}_shin"] = tuple(above[knee:])
    if ankle is not None:
        parts[f"{side}_foot"] = (chain[ankle],)
        toe = _toe(s, chain[ankle], lateral)
        if toe is not None:
            parts[f"{side}_toe"] = (toe,)
    return parts


def _ankle(s: Skeleton, chain: list[int], bottom: float) -> int | None:
    """Return where in the chain the foot begins: low, and lying rather than standing."""
    top = float(s.heads[chain[0], 2])
    rise = (s.heads[chain, 2] - bottom) / max(top - bottom, 1e-9)
    for i in range(1, len(chain)):
        end = s.heads[chain[i + 1]] if i + 1 < len(chain) else s.centre(chain[i])
        step = end - s.heads[chain[i]]
        level = np.linalg.norm(step * LEVEL) / max(float(np.linalg.norm(step)), 1e-9)
        if rise[i] < 0.42 and (level > 0.5 or (i >= 2 and rise[i] < 0.15)):
            return i
    return len(chain) - 1 if len(chain) > 2 and rise[-1] < 0.3 else None


def _knee(s: Skeleton, chain: list[int], ankle: int) -> int | None:
    """Return where in the chain the shin begins: near the middle of the leg, best where it bends."""
    places = s.heads[chain[: ankle + 1]] if ankle < len(chain) else np.stack([*s.heads[chain], s.tails[chain[-1]]])
    steps = np.diff(places, axis=0)
    lengths = np.linalg.norm(steps, axis=-1)
    along = np.concatenate([[0.0], np.cumsum(lengths)])
    best: tuple[float, int | None] = (-np.inf, None)
    for i in range(1, ankle):
        bend = float(np.arccos(np.clip(unit(steps[i - 1]) @ unit(steps[i]), -1, 1)))
        best = max(best, (-abs(along[i] / max(along[-1], 1e-9) - 0.5) + 0.3 * min(bend, 0.5), i), key=lambda x: x[0])
    return best[1]


def _toe(s: Skeleton, foot: int, lateral: Array) -> int | None:
    """Return the toe of a foot: where it goes on beyond its middle; of five toes the inner one."""
    ahead = {b: float(np.linalg.norm((s.heads[b] - s.heads[foot]) * LEVEL)) for b in s.below[foot]}
    reach = max(float(np.linalg.norm((s.centre(b) - s.heads[foot]) * LEVEL)) for b in s.below[foot])
    toe = _next_toe(s, foot, foot, lateral, ahead)
    while toe is not None and ahead[toe] < MIDFOOT * reach:  # a bone of the midfoot
        further = _next_toe(s, toe, foot, lateral, ahead)
        if further is None or ahead[further] < ahead[toe]:
            break
        toe = further
    return toe


def _next_toe(s: Skeleton, b: int, foot: int, lateral: Array, ahead: dict[int, float]) -> int | None:
    """Return the bone below a bone of a foot that begins farthest ahead of the ankle, of several the inner one."""
    children = [c for c in s.children[b] if s.heads[c, 2] < s.heads[foot, 2] + 0.02 * s.height]
    farthest = max((ahead[c] for c in children), default=0.0)
    drop = {c: float(s.heads[foot, 2] - s.heads[c, 2]) for c in children}
    far = [c for c in children if ahead[c] > 0.65 * farthest and (ahead[c] > 0.3 * drop[c] or len(s.below[c]) > 1)]
    aside = {c: round(float(s.heads[c] @ lateral) / (0.002 * s.height)) for c in far}
    return min(far, key=lambda c: (aside[c], -len(s.below[c]), -float(s.mass[c])), default=None)
