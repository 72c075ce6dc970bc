"""Fingers and twist bones: what hangs below the hands and beside the limbs, by names and by shape. numpy only."""

import re
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..rotations import unit
from .names import digits_apart
from .naming import names_of, preset
from .parts import FINGERS, SIDES, Parts
from .skeleton import Skeleton
from .structure import facing_of

Array = NDArray[np.float64]

_IN_THE_PALM: Final = re.compile(r"metacarpal|carpal|palm|inhand|base$")
_AN_END: Final = re.compile(r"(?:end|tip|nub|leaf|null|site)\d*$")
_NO_TWIST: Final = re.compile(
    r"share|correct|twistcor|muscle|bicep|knee|elbow|ik|pole|pad|slide|bulge|rope|weapon|twistb?root"
)
_TWIST: Final = re.compile(r"twist|roll")
_SEGMENTS: Final = (("upper_arm", "forearm"), ("forearm", "hand"), ("thigh", "shin"), ("shin", "foot"))
_BY_COUNT: Final = {
    1: ("index",),
    2: ("index", "middle"),
    3: ("index", "middle", "ring"),
    4: ("index", "middle", "ring", "pinky"),
}


def finger_parts(body: Skeleton, found: Parts, preset_name: str) -> tuple[Parts, set[str]]:
    """Return the fingers below the hands of a map: by their names where at least two have one, else by their places.

    The second value holds the parts that were found by their names.
    """
    parts: Parts = {}
    by_name: set[str] = set()
    cores = [name.core for name in names_of(body.rest)]
    forward = facing_of(body, found)
    for side in SIDES:
        if not found.get(f"{side}_hand"):
            continue
        chains = _chains(body, found[f"{side}_hand"][0], cores)
        hand = found[f"{side}_hand"][0]
        named = _by_name(body, hand, chains, preset_name, cores)
        fingers = named if len(named) >= 2 or len(chains) < 2 else _by_place(body, hand, chains, forward)
        parts |= {f"{side}_{finger}": tuple(chain) for finger, chain in fingers.items()}
        by_name |= {f"{side}_{finger}" for finger in fingers if fingers is named}
    return parts, by_name


def finger_from(body: Skeleton, first: int) -> list[int]:
    """Return the bones of a finger from a bone on to the tip, a mere end left out."""
    chain = [first]
    while body.children[chain[-1]]:
        chain.append(max(body.children[chain[-1]], key=lambda c: len(body.below[c])))
    is_end = _AN_END.search(names_of(body.rest)[chain[-1]].core)
    moves = body.rest.skin is None or body.rest.skin[chain[-1]] > 0
    return chain[:-1] if len(chain) > 1 and (is_end or not moves) else chain


def _chains(body: Skeleton, hand: int, cores: list[str]) -> list[list[int]]:
    """Return the fingers' bones below a hand, each from the palm to its tip, mere ends left out."""
    chains: list[list[int]] = []
    waiting = [[c] for c in (*body.children[hand], *_palms_beside(body, hand))]
    while waiting:
        chain = waiting.pop(0)
        below = list(body.children[chain[-1]])
        if len(below) > 1:
            waiting.extend([*chain, c] if _is_main(body, chain, c) else [c] for c in below)
        elif below:
            waiting.append([*chain, below[0]])
        else:
            chains.append(chain)
    return [chain for chain in (_without_end(body, chain, cores) for chain in chains) if chain]


def _palms_beside(body: Skeleton, hand: int) -> list[int]:
    """Return bones that begin where the hand does and carry fingers too: palms and thumbs on the forearm."""
    parent = int(body.parents[hand])
    if parent < 0:
        return []
    reach = max((float(np.linalg.norm(body.heads[b] - body.heads[hand])) for b in body.below[hand]), default=0.0)
    beside = [c for c in body.children[parent] if c != hand and len(body.below[c]) > 1]
    return [c for c in beside if np.linalg.norm(body.heads[c] - body.heads[hand]) < 0.6 * reach]


def _is_main(body: Skeleton, chain: list[int], child: int) -> bool:
    """Return whether a branch goes on with a chain: the longest of the branches of the last bone."""
    below = body.children[chain[-1]]
    longest = max(below, key=lambda c: len(body.below[c]))
    fingers = sum(len(body.below[c]) > 1 for c in below)
    return child == longest and fingers < 2


def _without_end(body: Skeleton, chain: list[int], named: list[str]) -> list[int]:
    """Return a finger's bones without a mere end at its tip, and without those whose names say that they are palm."""
    cores = [named[b] for b in chain]
    moves = body.rest.skin is None or body.rest.skin[chain[-1]] > 0
    stop = len(chain) - 1 if _AN_END.search(cores[-1]) or not moves else len(chain)
    start = next((i for i in range(stop) if not _IN_THE_PALM.search(cores[i])), max(stop - 1, 0))
    if start and stop <= 3 and "thumb" in cores[start]:
        start = 0  # a thumb begins with the bone that lies in the palm
    return chain[start:stop]


def _by_name(
    body: Skeleton, hand: int, chains: list[list[int]], preset_name: str, cores: list[str]
) -> dict[str, list[int]]:
    """Return finger -> bones, from the names of the bones."""
    found: dict[str, list[int]] = {}
    for chain in chains:
        finger, first = None, 0
        for i, b in enumerate(chain):
            finger = _finger_of(cores[b], preset_name)
            if finger is not None:
                first = i
                break
        if finger is None:
            continue
        bones = chain[first:]
        if len(bones) >= 4:
            bones = _from_knuckle(body, hand, bones) if finger != "thumb" else _three_of_thumb(bones, cores)
        if finger not in found or len(bones) > len(found[finger]):
            found[finger] = bones
    rest = [chain for chain in chains if len(chain) > 1 and cores[chain[0]].startswith("finger")]
    unnamed = [chain for chain in rest if all(not set(chain) & set(bones) for bones in found.values())]
    if "thumb" in found and len(unnamed) == 1:  # what stands for all other fingers
        found["middle" if "index" in found else "index"] = unnamed[0]
    return found


def _three_of_thumb(bones: list[int], cores: list[str]) -> list[int]:
    """Return a thumb without the bone in the palm, numbered 0, or without its end."""
    stem, number = digits_apart(cores[bones[0]])
    return bones[1:4] if number == 0 and stem != cores[bones[0]] else bones[:3]


def _finger_of(core: str, preset_name: str) -> str | None:
    if preset_name in ("names", "shape"):
        preset_name = "generic"
    for stems in (preset(preset_name)["fingers"], preset("generic")["fingers"]):
        for finger in FINGERS:
            if any(re.match(rf"(?:f|hand|finger|c)?{stem}", core) for stem in stems[finger]):
                return finger
    words = preset("generic")["fingers"]
    for finger in ("thumb", "index", "pinky", "ring", "middle"):
        if any(stem in core for stem in words[finger]):
            return finger
    return None


def _by_place(body: Skeleton, hand: int, chains: list[list[int]], forward: Array | None) -> dict[str, list[int]]:
    """Return finger -> bones: the thumb starts nearest to the wrist and points away, the others along the knuckles.

    Without a thumb, the index finger is on the side to which the body looks, ``forward`` (3,).
    """
    chains = [_from_knuckle(body, hand, chain) for chain in chains if len(chain) >= 2]
    if len(chains) < 2:
        return {}
    starts = np.array([body.heads[chain[0]] for chain in chains]) - body.heads[hand]
    along = np.array([unit(_end(body, chain) - body.heads[chain[0]]) for chain in chains])
    main = unit(np.median(along, axis=0))
    thumb = _thumb(starts, along, main)
    others = [i for i in range(len(chains)) if i != thumb]
    middle = starts[others].mean(axis=0)
    toward = _middle_of(body, chains[thumb]) - body.heads[hand] - middle if thumb is not None else forward
    if toward is None:
        return {}
    spread = starts[others] - middle
    line = np.linalg.svd(spread - np.outer(spread @ main, main))[2][0] if len(others) > 1 else np.zeros(3)
    line *= np.sign(line @ toward) or 1.0
    others.sort(key=lambda i: -float(starts[i] @ line))
    found = {} if thumb is None else {"thumb": chains[thumb]}
    return found | {name: chains[i] for name, i in zip(_BY_COUNT[min(len(others), 4)], others, strict=False)}


def _middle_of(body: Skeleton, chain: list[int]) -> Array:
    return body.heads[chain].mean(axis=0)


def _thumb(starts: Array, along: Array, main: Array) -> int | None:
    """Return which finger is the thumb: it starts well before the others, or points well away from them."""
    ahead = starts @ main
    away = np.arccos(np.clip(along @ main, -1.0, 1.0))
    most = int((away - 1.2 * ahead / max(float(np.abs(ahead).max()), 1e-9)).argmax())
    others = np.delete(ahead, most)
    stands_out = ahead[most] < 0.7 * np.median(others) or away[most] > np.radians(30)
    return most if stands_out or len(starts) == 5 else None


def _from_knuckle(body: Skeleton, hand: int, chain: list[int]) -> list[int]:
    """Return a finger without the bone that lies in the palm, which begins at the wrist, and without a fourth bone."""
    apart = np.linalg.norm(body.heads[chain] - body.heads[hand], axis=-1)
    if len(chain) >= 3 and apart[0] < (0.65 if len(chain) >= 4 else 0.2) * apart[1]:
        chain = chain[1:]
    return chain[:3]


def _end(body: Skeleton, chain: list[int]) -> Array:
    last = body.heads[chain[-1]]
    centre = body.centre(chain[-1])
    return centre if np.linalg.norm(centre - last) > 1e-9 else last


def twist_parts(body: Skeleton, found: Parts) -> Parts:
    """Return the twist bones beside upper arms, forearms, thighs and shins, root end first."""
    used = {b for bones in found.values() for b in bones}
    parts: Parts = {}
    for side in SIDES:
        for part, after in _SEGMENTS:
            here, beyond = found.get(f"{side}_{part}"), found.get(f"{side}_{after}")
            if not here or not beyond:
                continue
            start, end = body.heads[here[0]], body.heads[beyond[0]]
            above = int(body.parents[here[0]])
            near = [c for b in {*here, *([above] if above >= 0 else [])} for c in _leaves_below(body, b, used)]
            places = {c: _place(body, c, start, end) for c in near}
            twists = sorted((place, c) for c, place in places.items() if place is not None)
            if twists:
                parts[f"{side}_{part}_twist"] = tuple(c for _, c in twists)
                used |= {c for _, c in twists}
    return parts


def _leaves_below(body: Skeleton, b: int, used: set[int]) -> list[int]:
    """Return the bones on side branches of a bone that hold no mapped bone."""
    free = [c for c in body.children[b] if not set(body.below[c]) & used]
    return [other for c in free for other in body.below[c]]


def _place(body: Skeleton, b: int, start: Array, end: Array) -> float | None:
    """Return where along a limb's segment (0..1) a twist bone begins, or None when the bone is none."""
    name = body.rest.bones[b].lower()
    if _NO_TWIST.search(name):
        return None
    span = end - start
    length = float(np.linalg.norm(span))
    share = float((body.heads[b] - start) @ span) / max(length**2, 1e-12)
    aside = float(np.linalg.norm(body.heads[b] - start - share * span))
    if not -0.05 <= share <= 1.05 or aside > 0.15 * length:
        return None
    if _TWIST.search(name):
        return share
    along = unit(body.tails[b] - body.heads[b])
    lies_in = abs(float(along @ span)) > 0.95 * length and aside < 0.02 * length
    moves = body.rest.skin is not None and body.rest.skin[b] > 0
    return share if lies_in and moves and not body.children[b] and share < 0.95 else None
