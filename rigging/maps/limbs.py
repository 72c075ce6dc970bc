"""Arms and legs of a rig found by shape: mirrored pairs of bones with all below them, and their joints. numpy only."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..rotations import unit
from .parts import Parts
from .skeleton import Skeleton

Array = NDArray[np.float64]

SMALLEST = 0.12  # of the height: what reaches less far is no limb
MIRRORED = 0.35  # of the limb's reach: so far off the mirrored place
POSED = 0.25  # how alike limbs count that are built alike but rest in unlike poses
MIDFOOT = 0.45  # of the way from the ankle to the middle of the toes: toes begin beyond
LEVEL = np.array([1.0, 1.0, 0.0])


@dataclass(frozen=True)
class Pair:
    """Two bones that hang on the same bone and whose branches mirror each other."""

    meeting: int
    first: int
    second: int
    reach: float  # how far the branches reach from their first joints, metres
    mirror: float  # 1: exact mirror images, 0: hardly
    lateral: Array  # (3,) level unit vector from second to first


def limb_pairs(s: Skeleton) -> Iterator[Pair]:
    """Yield the mirrored pairs of branches that are long enough for limbs."""
    height = s.height
    for meeting in np.flatnonzero(s.body):
        long = [(c, *_far_point(s, c)) for c in s.children[meeting] if len(s.children[meeting]) > 1]
        long = [entry for entry in long if entry[1] > SMALLEST * height]
        for i, (a, reach_a, far_a) in enumerate(long):
            for b, reach_b, far_b in long[i + 1 :]:
                pair = _pair(s, int(meeting), (a, reach_a, far_a), (b, reach_b, far_b))
                if pair is not None:
                    yield pair


def _far_point(s: Skeleton, b: int) -> tuple[float, Array]:
    """Return how far a branch reaches from its first joint, and the place (3,) there."""
    below = s.below[b]
    points = np.concatenate([s.heads[below], [s.centre(other) for other in below]])
    apart = np.linalg.norm(points - s.heads[b], axis=-1)
    return float(apart.max()), points[int(apart.argmax())]


def _pair(s: Skeleton, meeting: int, a: tuple[int, float, Array], b: tuple[int, float, Array]) -> Pair | None:
    reach = (a[1] + b[1]) / 2
    if abs(a[1] - b[1]) > MIRRORED * reach:
        return None
    apart = (s.heads[a[0]] - s.heads[b[0]]) * LEVEL
    if np.linalg.norm(apart) < 0.1 * reach:  # they begin at one place: the ends tell the sides
        apart = apart + (a[2] - b[2]) * LEVEL
    if np.linalg.norm(apart) < 0.02 * reach:
        return None
    lateral = unit(apart)
    between = (s.heads[a[0]] + s.heads[b[0]]) / 2
    error = 0.0
    for point_a, point_b in ((s.heads[a[0]], s.heads[b[0]]), (a[2], b[2])):
        image = point_a - 2 * ((point_a - between) @ lateral) * lateral
        error = max(error, float(np.linalg.norm(image - point_b)))
    mirror = 1.0 - error / (MIRRORED * reach)
    if mirror > POSED:
        return Pair(meeting, a[0], b[0], reach, mirror, lateral)
    return _posed_pair(s, meeting, a[0], b[0], reach)


def _posed_pair(s: Skeleton, meeting: int, a: int, b: int, reach: float) -> Pair | None:
    """Return a pair that begins at mirrored places and is built alike, although it rests in unlike poses."""
    if not s.children[a] or not s.children[b]:
        return None
    apart = s.heads[a] - s.heads[b]
    if np.linalg.norm(apart * LEVEL) < 0.1 * reach:  # clavicles may begin at one place
        apart = apart + s.heads[s.children[a]].mean(axis=0) - s.heads[s.children[b]].mean(axis=0)
    if np.linalg.norm(apart * LEVEL) < max(0.05 * reach, 3 * abs(float(apart[2]))):
        return None
    lengths = [_inner_length(s, limb) for limb in (a, b)]
    counts = [len(s.below[limb]) for limb in (a, b)]
    if min(lengths) < 0.9 * max(lengths) or min(counts) < 0.8 * max(counts):
        return None
    return Pair(meeting, a, b, reach, POSED, unit(apart * LEVEL))


def _inner_length(s: Skeleton, limb: int) -> float:
    """Return the sum of the ways from joint to joint in a branch, which no pose changes."""
    below = s.below[limb][1:]
    return float(np.linalg.norm(s.heads[below] - s.heads[s.parents[below]], axis=-1).sum())


def leg_pair(s: Skeleton, pairs: list[Pair]) -> Pair | None:
    """Return the pair that is most like two legs: down to the floor from mid-height, heavy, ending in feet."""
    height, bottom = s.height, float(s.heads[s.body, 2].min())
    heaviest = max((_mass(s, pair) for pair in pairs), default=0.0)
    best: tuple[float, Pair | None] = (0.9, None)
    for pair in pairs:
        branches = [s.below[pair.first], s.below[pair.second]]
        low = max(float(min(s.heads[below, 2].min(), s.tails[below, 2].min())) for below in branches)
        top = float(s.heads[[pair.first, pair.second], 2].mean())
        drop, lift = (top - low) / height, (low - bottom) / height
        if drop < 0.12 or lift > 0.3:
            continue
        score = 2.0 - 2.0 * lift / 0.3 - (top - bottom) / height + min(1.0, drop / 0.3) + 0.5 * pair.mirror
        score += _mass(s, pair) / max(heaviest, 1e-9)
        score += 0.7 * float(np.mean([_foot_like(s, b) for b in (pair.first, pair.second)]))
        score -= 1.5 * float(drop > 0.68)  # from the shoulders: a cape
        score -= 0.5 * float(min(len(below) for below in branches) < 2)
        if score > best[0]:
            best = (score, pair)
    return best[1]


def _mass(s: Skeleton, pair: Pair) -> float:
    return float(s.mass[pair.first] + s.mass[pair.second])


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


def arm_chain(s: Skeleton, b: int) -> list[int]:
    """Return the bones from the first of an arm to its end: on with what goes straight on, far, and has more below."""
    reach, _ = _far_point(s, b)
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


def arm_pair(s: Skeleton, pairs: list[Pair], hips: int, legs: set[int], forward: Array) -> Pair | None:
    """Return the pair that is most like two arms; wings, hair, ears and skirts are not."""
    hip_height, lateral = float(s.heads[hips, 2]), np.cross([0.0, 0.0, 1.0], forward)
    leg = hip_height - float(s.heads[s.body, 2].min())
    top = max(float(s.heads[s.body, 2].max()), max(float(s.centre(int(b))[2]) for b in np.flatnonzero(s.body)))
    able = [p for p in pairs if s.meeting(hips, p.meeting) is not None and not {p.first, p.second} & legs]
    able = [p for p in able if abs(float(p.lateral @ lateral)) > 0.7]
    heaviest = max((_mass(s, pair) for pair in able), default=0.0)
    best: tuple[float, Pair | None] = (1.2, None)
    for pair in able:
        chains = [arm_chain(s, b) for b in (pair.first, pair.second)]
        size = pair.reach / max(leg, 1e-9)
        score = pair.mirror + 0.7 * _mass(s, pair) / max(heaviest, 1e-9)
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
