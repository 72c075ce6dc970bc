"""Arms of a rig found by shape: which branches they are, and their joints. numpy only."""

import numpy as np
from numpy.typing import NDArray

from ..rotations import unit
from .pairs import Pair, far_point, mass_of
from .parts import Parts
from .skeleton import Skeleton

Array = NDArray[np.float64]


def arm_pair(s: Skeleton, pairs: list[Pair], hips: int, legs: set[int], forward: Array) -> Pair | None:
    """Return the pair that is most like two arms; wings, hair, ears and skirts are not."""
    hip_height, lateral = float(s.heads[hips, 2]), np.cross([0.0, 0.0, 1.0], forward)
    leg = hip_height - float(s.heads[s.body, 2].min())
    top = max(float(s.heads[s.body, 2].max()), max(float(s.centre(int(b))[2]) for b in np.flatnonzero(s.body)))
    able = [p for p in pairs if s.meeting(hips, p.meeting) is not None and not {p.first, p.second} & legs]
    able = [p for p in able if abs(float(p.lateral @ lateral)) > 0.7]
    heaviest = max((mass_of(s, pair) for pair in able), default=0.0)
    best: tuple[float, Pair | None] = (1.2, None)
    for pair in able:
        chains = [arm_chain(s, b) for b in (pair.first, pair.second)]
        size = pair.reach / max(leg, 1e-9)
        score = pair.mirror + 0.7 * mass_of(s, pair) / max(heaviest, 1e-9)
        score += 1.0 - min(1.0, abs(np.log(size / 0.9)))
        score += 0.3 * min(3, min(len(chain) for chain in chains))
        score += 0.6 * float(all(_hand_by_fingers(s, chain) is not None for chain in chains))
        backward = [float((s.heads[chain[:3]].mean(axis=0) - s.heads[pair.meeting]) @ -forward) for chain in chains]
        score -= 5.0 * max(0.0, float(np.mean(backward)) / max(leg, 1e-9) - 0.08)
        score += 1.0 * float(_something_above(s, pair))
        rise = (float(s.heads[[pair.first, pair.second], 2].mean()) - hip_height) / max(top - hip_height, 1e-9)
        score -= 4.0 * max(0.0, rise - 0.8)
        score -= 1.5 * float(s.heads[[pair.first, pair.second], 2].mean() < hip_height + 0.15 * leg)
        if score > best[0]:
            best = (score, pair)
    return best[1]


def _something_above(s: Skeleton, pair: Pair) -> bool:
    """Return whether a head rises between two branches, from where they meet, over their first joints."""
    rest = [c for c in s.children[pair.meeting] if c not in (pair.first, pair.second)]
    height = float(s.heads[[pair.first, pair.second], 2].mean()) + 0.03 * s.height
    return any(max(float(max(s.heads[b, 2], s.centre(b)[2])) for b in s.below[c]) > height for c in rest)


def arm_chain(s: Skeleton, b: int) -> list[int]:
    """Return the bones from the first of an arm to its end: on with what goes straight on, far, and has more below."""
    reach, _ = far_point(s, b)
    chain = [b]
    while s.children[chain[-1]]:
        here = chain[-1]
        came = unit(s.heads[here] - s.heads[chain[-2]]) if len(chain) > 1 else None
        worth = []
        for child in s.children[here]:
            below = s.below[child]
            step = s.heads[child] - s.heads[here]
            far = float(np.linalg.norm(s.heads[below] - s.heads[b], axis=-1).max()) / max(reach, 1e-9)
            moved = float(np.linalg.norm(step)) / max(reach, 1e-9)
            straight = float(unit(step) @ came) if came is not None and moved > 0.02 else 0.0
            worth.append(2 * far + 0.5 * straight + 0.05 * min(len(below), 12) + moved)
        chain.append(s.children[here][int(np.argmax(worth))])
    return chain


def fingers_below(s: Skeleton, b: int) -> int:
    """Return how many branches below a bone are chains, like fingers, rather than mere leaves."""
    return sum(len(s.below[child]) >= 2 for child in s.children[b])


def arm_parts(s: Skeleton, side: str, b: int, aside: Array) -> Parts:
    """Return clavicle, upper arm, forearm and hand of the arm that starts at a bone.

    ``aside`` (B,) says how far bones are from the middle of the body.
    """
    chain = arm_chain(s, b)
    if len(chain) > 1 and aside[b] < min(0.05 * s.height, 0.5 * aside[chain[1]]):
        return {f"{side}_clavicle": (b,)} | _free_arm(s, side, chain[1:], clavicle=True)
    return _free_arm(s, side, chain, clavicle=False)


def _free_arm(s: Skeleton, side: str, chain: list[int], *, clavicle: bool) -> Parts:
    """Return the parts of an arm's chain, where a clavicle in the chain may have been found already."""
    places = s.heads[chain]
    fingers = _hand_by_fingers(s, chain)
    if fingers == 1 or len(chain) < 3:
        return _short_arm(s, side, chain)
    shoulder, elbow, hand = _arm_joints(places, fingers, clavicle=clavicle)
    palms = _palms(s, chain[hand - 1], places[hand])
    if len(palms) >= 2:
        chain = [*chain[:hand], _middle_of(s, palms)]
    hand = _heavier_hand(s, chain, elbow, hand)
    parts: Parts = {f"{side}_upper_arm": tuple(chain[shoulder:elbow])}
    if shoulder and not clavicle:
        parts[f"{side}_clavicle"] = tuple(chain[:shoulder])
    return parts | {f"{side}_forearm": tuple(chain[elbow:hand]), f"{side}_hand": (chain[hand],)}


def _short_arm(s: Skeleton, side: str, chain: list[int]) -> Parts:
    """Return the parts of an arm of one or two bones: the second is a hand when it is short, else a forearm."""
    parts: Parts = {f"{side}_upper_arm": (chain[0],)}
    if len(chain) < 2:
        return parts
    upper = float(np.linalg.norm(s.heads[chain[1]] - s.heads[chain[0]]))
    after = 2 * float(np.linalg.norm(s.centre(chain[1]) - s.heads[chain[1]]))
    is_hand = len(s.children[chain[1]]) >= 2 or after < 0.6 * upper
    return parts | {f"{side}_{'hand' if is_hand else 'forearm'}": (chain[1],)}


def _hand_by_fingers(s: Skeleton, chain: list[int]) -> int | None:
    """Return where in the chain at least two fingers branch off, beyond shoulder and elbow."""
    for i in range(1, len(chain)):
        if i == 1 and fingers_below(s, chain[i]) < 3:
            continue
        if fingers_below(s, chain[i]) >= 2 or _branches_ahead(s, chain, i) >= 3:
            return min(i + 1, len(chain) - 1) if _is_forearm(s, chain, i) else i
    return None


def _branches_ahead(s: Skeleton, chain: list[int], i: int) -> int:
    """Return how many branches of a bone begin beyond it, helpers beside the way to the next bone left out."""
    if i + 1 >= len(chain):
        return 0
    start, step = s.heads[chain[i]], s.heads[chain[i + 1]] - s.heads[chain[i]]
    shares = (s.heads[s.children[chain[i]]] - start) @ step / max(float(step @ step), 1e-12)
    return int((shares > 0.75).sum())


def _is_forearm(s: Skeleton, chain: list[int], i: int) -> bool:
    """Return whether palms and fingers that hang on a bone start so far from it that it is the forearm."""
    so_far = float(np.linalg.norm(s.heads[chain[i]] - s.heads[chain[0]]))
    ahead = np.linalg.norm(s.heads[s.children[chain[i]]] - s.heads[chain[i]], axis=-1)
    return float(ahead.mean()) > 0.4 * so_far


def _palms(s: Skeleton, forearm: int, wrist: Array) -> list[int]:
    """Return the chains that hang on a forearm and begin near the wrist: palms, but no helpers of the elbow."""
    reach = float(np.linalg.norm(wrist - s.heads[forearm]))
    chains = [c for c in s.children[forearm] if len(s.below[c]) > 1]
    return [c for c in chains if np.linalg.norm(s.heads[c] - wrist) < 0.5 * reach]


def _middle_of(s: Skeleton, palms: list[int]) -> int:
    """Return of several palms the middle one."""
    ends = np.array([s.heads[s.below[c]].mean(axis=0) for c in palms])
    return palms[int(np.linalg.norm(ends - np.median(ends, axis=0), axis=-1).argmin())]


def _arm_joints(places: Array, hand: int | None, *, clavicle: bool) -> tuple[int, int, int]:
    """Return where shoulder, elbow and wrist are in a chain: two pieces of like length that make most of it."""
    whole = float(np.linalg.norm(places[-1 if hand is None else hand] - places[0])) or 1.0
    best: tuple[float, tuple[int, int, int]] = (-np.inf, (0, 1, 2))
    for wrist in range(2, len(places)) if hand is None else (hand,):
        for elbow in range(1, wrist):
            for shoulder in range(elbow):
                one, two = places[elbow] - places[shoulder], places[wrist] - places[elbow]
                upper, lower = float(np.linalg.norm(one)), float(np.linalg.norm(two))
                if min(upper, lower) < 1e-6 * whole:
                    continue
                bend = float(np.arccos(np.clip(one @ two / (upper * lower), -1.0, 1.0)))
                before = float(np.linalg.norm(places[shoulder] - places[0]))
                score = (upper + lower) / whole - min(abs(np.log(upper / lower)), 1.0) + 0.3 * min(bend, 1.0)
                if not clavicle:
                    score += 0.5 * float(0 < before < 0.9 * upper)  # a clavicle before it
                best = max(best, (score, (shoulder, elbow, wrist)))
    return best[1]


def _heavier_hand(s: Skeleton, chain: list[int], elbow: int, hand: int) -> int:
    """Step from a mere wrist joint on to the bone that moves the hand."""
    if s.rest.skin is None or hand + 1 >= len(chain) or len(s.children[chain[hand]]) != 1:
        return hand
    wrist, after = s.heads[chain[hand]], s.heads[chain[hand + 1]]
    near = np.linalg.norm(after - wrist) < 0.35 * np.linalg.norm(wrist - s.heads[chain[elbow]])
    return hand + 1 if near and s.skin[chain[hand + 1]] > 2 * s.skin[chain[hand]] else hand
