"""What was not seen: parts of the body that were hidden or outside the picture, joints without a place."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from .moments import Event, Kind, Mask, event_of, stretches
from .motion import PARTS, Motion

SEEN: Final = 0.3
"""Mean confidence of a part of the body below which it is hardly seen."""

UNSEEN_SECONDS: Final = 0.3
OUTSIDE_SECONDS: Final = 0.2
"""How long a part is unseen or outside the picture before it is worth a word."""

SIGHT_BRIDGED: Final = 0.5
"""Seconds between two stretches that are told as one; what is seen and what is not flickers."""

TOGETHER: Final = 0.4
"""Seconds by which parts of the body may begin and end to be unseen, and are told in one sentence."""


def unseen(motion: Motion) -> Iterator[Event]:
    """Parts that lie outside the picture, and parts inside it that the detector hardly saw."""
    outside = motion.outside
    hidden = {}
    for part in PARTS:
        confidence = motion.confidence(part)
        if confidence is not None:
            hidden[part] = ~(confidence >= SEEN)
    nobody = np.all(list(hidden.values()), axis=0) if hidden else np.zeros(motion.frames, bool)
    for first, last in stretches(nobody, motion.times, UNSEEN_SECONDS, SIGHT_BRIDGED):
        yield event_of(motion, "unseen", first, last, "nobody is seen; the motion is filled in")
    inside = {part: mask & ~nobody & ~outside.get(part, nobody) for part, mask in hidden.items()}
    yield from _together(motion, "outside", outside, OUTSIDE_SECONDS, "outside the picture")
    yield from _together(motion, "unseen", inside, UNSEEN_SECONDS, "hardly seen, mostly guessed")


def guessed(motion: Motion, parts: tuple[str, ...], first: int, last: int) -> str:
    """Return words that say so where parts of the body were mostly not seen, empty where they were."""
    outside = motion.outside
    for part in parts:
        confidence = motion.confidence(part)
        hidden = np.zeros(motion.frames, bool) if confidence is None else ~(confidence >= SEEN)
        if (hidden | outside.get(part, False))[first : last + 1].mean() < 0.5:
            return ""
    return ", where it was not seen" if len(parts) == 1 else ", where they were not seen"


def _together(motion: Motion, kind: Kind, masks: dict[str, Mask], shortest: float, told: str) -> Iterator[Event]:
    """Yield one event for parts of the body that share a stretch of time."""
    found = [
        (motion.times[first], motion.times[last], first, last, part)
        for part, mask in masks.items()
        for first, last in stretches(mask, motion.times, shortest, SIGHT_BRIDGED)
    ]
    while found:
        start, end = found[0][:2]
        alike = [one for one in found if abs(one[0] - start) <= TOGETHER and abs(one[1] - end) <= TOGETHER]
        found = [one for one in found if one not in alike]
        first, last = min(one[2] for one in alike), max(one[3] for one in alike)
        yield event_of(motion, kind, first, last, f"{name_parts([one[4] for one in alike])} {told}")


def name_parts(parts: list[str]) -> str:
    """Return parts of the body in words: "head, both arms and left foot"."""
    words = []
    for part in parts:
        side, _, limb = part.partition(" ")
        if f"left {limb}" in parts and f"right {limb}" in parts:
            if side == "left":
                words.append(f"both {limb.replace('foot', 'feet') if limb == 'foot' else limb + 's'}")
        else:
            words.append(part)
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def gaps(motion: Motion) -> Iterator[Event]:
    """Frames in which joints have no place at all."""
    missing = ~np.isfinite(motion.joints).all(-1)
    for first, last in stretches(missing.any(1), motion.times):
        names = [name for name, gone in zip(motion.names, missing[first : last + 1].any(0), strict=True) if gone]
        what = f"{len(names)} joints are"
        if len(names) == len(motion.names):
            what = "everything is"
        elif len(names) == 1:
            what = f"{names[0].replace('foot_index', 'ball of the foot').replace('_', ' ')} is"
        yield event_of(motion, "gap", first, last, f"{what} missing")
