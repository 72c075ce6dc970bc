"""Moments of a take that deserve a look: what happened when, as a sentence. numpy only, also for use in Blender."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from ..spans import runs
from .motion import PARTS, Motion

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Kind = Literal[
    "air",  # both feet off the floor, as in a jump
    "floating",
    "sinking",
    "sliding",
    "leap",  # of the whole body, from one frame to the next
    "joint",  # the same of a single joint
    "turn",
    "knee",
    "stretched",
    "unseen",
    "outside",
    "gap",
]

SEEN: Final = 0.3
"""Mean confidence of a part of the body below which it is hardly seen."""

UNSEEN_SECONDS: Final = 0.3
OUTSIDE_SECONDS: Final = 0.2
OUTSIDE_PIXELS: Final = 2.0
"""How long a part is unseen or outside the picture before it is worth a word, and by how many pixels."""

BRIDGED: Final = 0.25
SIGHT_BRIDGED: Final = 0.5
"""Seconds between two stretches of one kind that are told as one; of what is seen or not, which flickers more."""

TOGETHER: Final = 0.4
"""Seconds by which parts of the body may begin and end to be unseen, and are told in one sentence."""

AIR_HEIGHT: Final = 0.06
AIR_SECONDS: Final = 0.1
LONGEST_JUMP: Final = 1.0
"""Metres that all of both feet are over the floor in a jump, seconds that it lasts at least, and at most: a longer
one is not a jump."""

FLOATS: Final = 0.08
SINKS: Final = 0.05
SINK_SECONDS: Final = 0.1
"""Metres by which a planted foot is too high, and any foot too low."""

SLIDES: Final = 0.06
"""Metres that a foot wanders while it stands."""

LEAP_SPEED: Final = 7.0
JOINT_SPEED: Final = 15.0
"""Metres a second that a whole body, and a limb relative to it, hardly reach: a leap of the solution."""

OUT_OF_LINE: Final = 4.0
"""How many times faster than just before and after a leap is."""

TURN_SPEED: Final = 900.0
TURN_ANGLE: Final = 60.0
"""Degrees a second that hardly any dancer reaches, and degrees below which such a turn is a tremble."""

KNEE_BACK: Final = 12.0
KNEE_SECONDS: Final = 0.06
"""Degrees by which a knee is bent the wrong way, beyond what loose joints do."""

STRETCHED: Final = 0.10
STRETCH_SECONDS: Final = 0.1
"""Part of its median by which a bone is longer or shorter."""


@dataclass(frozen=True)
class Event:
    """Something that happens from ``start`` to ``end``, seconds of the footage."""

    kind: Kind
    start: float
    end: float
    sentence: str
    is_warning: bool = True  # False: worth knowing, nothing wrong

    @property
    def when(self) -> str:
        """The time in words: "3.2 to 3.9 s"."""
        if round(self.end, 1) - round(self.start, 1) < 0.05:
            return f"{self.start:.1f} s"
        return f"{self.start:.1f} to {self.end:.1f} s"

    @property
    def line(self) -> str:
        """Time and sentence."""
        return f"{self.when}: {self.sentence}"


def find_events(motion: Motion) -> list[Event]:
    """Return everything worth a look, in the order of time."""
    finders: tuple[Callable[[Motion], Iterator[Event]], ...] = (
        *(_unseen, _gaps, _air, _feet_heights, _sliding, _leaps, _joint_leaps, _turns, _knees, _stretched),
    )
    if motion.frames < 2:
        return []
    found = [event for finder in finders for event in finder(motion)]
    return sorted(found, key=lambda event: (event.start, event.end, event.kind))


def stretches(mask: Mask, times: Array, shortest: float = 0.0, bridged: float = BRIDGED) -> list[tuple[int, int]]:
    """Return (first, last) frames where a mask holds for at least ``shortest`` seconds, short breaks bridged."""
    step = float(np.median(np.diff(times)))
    bridged = max(bridged, 1.5 * step) if bridged > 0 else 0.0
    joined: list[tuple[int, int]] = []
    for start, stop in runs(mask):
        if joined and times[start] - times[joined[-1][1]] <= bridged:
            joined[-1] = (joined[-1][0], stop - 1)
        else:
            joined.append((start, stop - 1))
    return [(first, last) for first, last in joined if times[last] - times[first] + step >= shortest - 1e-9]


def _unseen(motion: Motion) -> Iterator[Event]:
    """Parts that lie outside the picture, and parts inside it that the detector hardly saw."""
    outside = _outside_masks(motion)
    hidden = {}
    for part in PARTS:
        confidence = motion.confidence(part)
        if confidence is not None:
            hidden[part] = ~(confidence >= SEEN)
    nobody = np.all(list(hidden.values()), axis=0) if hidden else np.zeros(motion.frames, bool)
    for first, last in stretches(nobody, motion.times, UNSEEN_SECONDS, SIGHT_BRIDGED):
        yield _event(motion, "unseen", first, last, "nobody is seen; the motion is filled in")
    inside = {part: mask & ~nobody & ~outside.get(part, nobody) for part, mask in hidden.items()}
    yield from _together(motion, "outside", outside, OUTSIDE_SECONDS, "outside the picture")
    yield from _together(motion, "unseen", inside, UNSEEN_SECONDS, "hardly seen, mostly guessed")


def _outside_masks(motion: Motion) -> dict[str, Mask]:
    """Return for each part of the body when one of its keypoints lies outside the picture."""
    take = motion.take
    if take.keypoints is None or take.image_size is None or not take.keypoint_names:
        return {}
    points = np.asarray(take.keypoints, np.float64)
    past = np.maximum(-points, points - np.asarray(take.image_size, np.float64)).max(-1)
    columns = {
        part: [take.keypoint_names.index(name) for name in joints if name in take.keypoint_names]
        for part, joints in PARTS.items()
    }
    return {part: (past[:, found] > OUTSIDE_PIXELS).any(1) for part, found in columns.items() if found}


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
        yield _event(motion, kind, first, last, f"{name_parts([one[4] for one in alike])} {told}")


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


def _gaps(motion: Motion) -> Iterator[Event]:
    """Frames in which joints have no place at all."""
    missing = ~np.isfinite(motion.joints).all(-1)
    for first, last in stretches(missing.any(1), motion.times):
        names = [name for name, gone in zip(motion.names, missing[first : last + 1].any(0), strict=True) if gone]
        what = f"{_words(names[0])} is" if len(names) == 1 else f"{len(names)} joints are"
        yield _event(
            motion, "gap", first, last, f"{'everything is' if len(names) == len(motion.names) else what} missing"
        )


def _lowest(motion: Motion) -> Array:
    """Return the height (F,) of the lowest point of the feet over where it would stand."""
    return np.min([motion.over_floor(name) for name in motion.feet], axis=0)


def _air(motion: Motion) -> Iterator[Event]:
    """Jumps, and stretches in which the person hangs in the air for too long."""
    if not motion.feet:
        return
    stands = [mask for name in motion.feet if (mask := motion.planted(name)) is not None]
    low = _lowest(motion)
    mask = (low > AIR_HEIGHT) & ~np.any(stands, axis=0) if stands else low > AIR_HEIGHT
    for first, last in stretches(mask, motion.times, AIR_SECONDS, bridged=0.05):
        top = 100 * float(np.nanmax(low[first : last + 1]))
        is_jump = motion.times[last] - motion.times[first] <= LONGEST_JUMP
        told = f"jump: both feet up to {top:.0f} cm off the floor"
        if not is_jump:
            told = f"both feet up to {top:.0f} cm off the floor, longer than a jump lasts"
        yield _event(motion, "air" if is_jump else "floating", first, last, told, is_warning=not is_jump)


def _feet_heights(motion: Motion) -> Iterator[Event]:
    """Feet that stand in the air or sink into the floor."""
    for side in ("left", "right"):
        names = [name for name in motion.feet if name.startswith(side)]
        if not names:
            continue
        over = np.stack([motion.over_floor(name) for name in names])
        stands = np.stack([np.zeros(motion.frames, bool) if (m := motion.planted(n)) is None else m for n in names])
        high = (stands & (over > FLOATS)).any(0)
        for first, last in stretches(high, motion.times, SINK_SECONDS):
            most = 100 * float(np.nanmax(np.where(stands, over, np.nan)[:, first : last + 1]))
            told = f"{side} foot stands {most:.0f} cm over the floor: a step, or floating"
            yield _event(motion, "floating", first, last, told)
        low = over.min(0)
        for first, last in stretches(low < -SINKS, motion.times, SINK_SECONDS):
            most = -100 * float(np.nanmin(low[first : last + 1]))
            yield _event(motion, "sinking", first, last, f"{side} foot sinks {most:.0f} cm into the floor")


def _sliding(motion: Motion) -> Iterator[Event]:
    """Contacts during which the foot wanders over the floor; heel and ball of one foot are told once."""
    for side in ("left", "right"):
        worst: dict[int, tuple[int, int, float]] = {}
        mask = np.zeros(motion.frames, bool)
        for name in (name for name in motion.feet if name.startswith(side)):
            stands = motion.planted(name)
            for start, stop in [] if stands is None else runs(stands):
                way = extent(motion.feet[name][start:stop, :2])
                if way > SLIDES:
                    mask[start:stop] = True
                    worst[start] = (start, stop - 1, way)
        for first, last in stretches(mask, motion.times, bridged=0.0):
            way = max(found for start, stop, found in worst.values() if start >= first and stop <= last)
            yield _event(motion, "sliding", first, last, f"{side} foot slides {100 * way:.0f} cm while it stands")


def extent(points: Array) -> float:
    """Return the greatest distance between points (N,2), within 2 %: their widest range in 16 directions."""
    known = points[np.isfinite(points).all(-1)]
    if not len(known):
        return 0.0
    angles = np.arange(16) * np.pi / 16
    return float(np.ptp(known @ np.stack([np.cos(angles), np.sin(angles)]), axis=0).max())


def _leaps(motion: Motion) -> Iterator[Event]:
    """Steps of the whole body from one frame to the next that nobody makes."""
    for frame, speed in _out_of_line(motion.root_speed[:-1], LEAP_SPEED):
        told = f"the whole body leaps by {speed / motion.fps:.1f} m from one frame to the next"
        yield _event(motion, "leap", frame, frame + 1, told)


def _joint_leaps(motion: Motion) -> Iterator[Event]:
    """Steps of single joints relative to the body that nobody makes, the fastest joint of each limb."""
    for part in PARTS:
        columns = motion.columns(part)
        if not columns:
            continue
        speeds = np.stack([motion.speed(motion.joints[:, column] - motion.root) for column in columns])
        fastest = np.nan_to_num(speeds).max(0)[:-1]
        mask = np.zeros(motion.frames, bool)
        for frame, _ in _out_of_line(fastest, JOINT_SPEED):
            mask[frame : frame + 2] = True
        for first, last in stretches(mask, motion.times):
            most = fastest[first : last + 1].max() / motion.fps
            yield _event(motion, "joint", first, last, f"{part} leaps by {most:.2f} m from one frame to the next")


def _out_of_line(speed: Array, limit: float) -> Iterator[tuple[int, float]]:
    """Yield the frames whose speed is over a limit and far over that of the frames around."""
    for frame in np.flatnonzero(np.nan_to_num(speed) > limit):
        around = np.concatenate([speed[max(0, frame - 4) : frame], speed[frame + 1 : frame + 5]])
        around = around[np.isfinite(around)]
        if not len(around) or speed[frame] > OUT_OF_LINE * np.median(around):
            yield int(frame), float(speed[frame])


def _turns(motion: Motion) -> Iterator[Event]:
    """Turns of the body that are too fast to be true."""
    if motion.facing is None:
        return
    angle = np.degrees(np.unwrap(np.arctan2(motion.facing[:, 1], motion.facing[:, 0])))
    speed = np.abs(np.diff(angle)) * motion.fps
    for first, last in stretches(np.append(speed > TURN_SPEED, False), motion.times, bridged=0.05):
        turned = abs(float(angle[last + 1] - angle[first]))
        if turned > TURN_ANGLE and _upright(motion, first, last + 1):
            told = f"the body turns by {turned:.0f} degrees at once: left and right may be confused"
            yield _event(motion, "turn", first, last + 1, told)


def _upright(motion: Motion, first: int, last: int) -> bool:
    """Tell whether hips or shoulders lie level enough for a heading to mean something."""
    part = "hip" if motion.has("left_hip", "right_hip") else "shoulder"
    across = motion.path(f"left_{part}")[first : last + 1] - motion.path(f"right_{part}")[first : last + 1]
    level = np.linalg.norm(across[:, :2], axis=-1) / np.maximum(np.linalg.norm(across, axis=-1), 1e-9)
    return bool(np.nanmin(level) > 0.5)


def _knees(motion: Motion) -> Iterator[Event]:
    """Knees that bend the wrong way: they lie behind the line from hip to ankle, seen along the foot."""
    for side in ("left", "right"):
        bend = knee_bend(motion, side)
        if bend is None:
            continue
        for first, last in stretches(bend < -KNEE_BACK, motion.times, KNEE_SECONDS):
            most = -float(np.nanmin(bend[first : last + 1]))
            yield _event(motion, "knee", first, last, f"{side} knee bends backwards by {most:.0f} degrees")


def knee_bend(motion: Motion, side: str) -> Array | None:
    """Return by how many degrees a knee is bent (F,), negative the wrong way; None without a joint of the leg."""
    parts = [f"{side}_{part}" for part in ("hip", "knee", "ankle", "foot_index")]
    if not motion.has(*parts):
        return None
    hip, knee, ankle, toe = (motion.path(name) for name in parts)
    thigh, shin, foot = knee - hip, ankle - knee, toe - ankle
    leg = ankle - hip
    along = leg / np.maximum(np.linalg.norm(leg, axis=-1, keepdims=True), 1e-9)
    off = thigh - (thigh * along).sum(-1, keepdims=True) * along
    ahead = foot - (foot * along).sum(-1, keepdims=True) * along
    lengths = np.linalg.norm(thigh, axis=-1) * np.linalg.norm(shin, axis=-1)
    bend = np.degrees(np.arccos(np.clip((thigh * shin).sum(-1) / np.maximum(lengths, 1e-9), -1.0, 1.0)))
    toward = (off * ahead).sum(-1) / np.maximum(
        np.linalg.norm(off, axis=-1) * np.linalg.norm(ahead, axis=-1), 1e-9
    )  # 1: the knee is where the toes point, -1: opposite
    return np.where(toward < 0, toward * bend, bend)


def _stretched(motion: Motion) -> Iterator[Event]:
    """Bones whose length changes."""
    for bone in motion.bones:
        sides = [("", bone.left)] if bone.right is None else [("left ", bone.left), ("right ", bone.right)]
        for side, lengths in sides:
            usual = float(np.nanmedian(lengths)) if np.isfinite(lengths).any() else 0.0
            if usual < 0.03:
                continue
            off = lengths / usual - 1.0
            for first, last in stretches(np.abs(off) > STRETCHED, motion.times, STRETCH_SECONDS):
                part = off[first : last + 1]
                most = float(part[np.nanargmax(np.abs(part))])
                told = f"{side}{bone.name} {abs(100 * most):.0f} % {'longer' if most > 0 else 'shorter'} than usual"
                yield _event(motion, "stretched", first, last, told)


def _words(name: str) -> str:
    return name.replace("foot_index", "ball of the foot").replace("_", " ")


def _event(motion: Motion, kind: Kind, first: int, last: int, sentence: str, is_warning: bool = True) -> Event:
    last = min(last, motion.frames - 1)
    return Event(kind, float(motion.times[first]), float(motion.times[last]), sentence, is_warning)
