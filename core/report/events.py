"""Moments of a take that deserve a look: what happened when, as a sentence. numpy only, also for use in Blender."""

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from ..spans import runs
from ..vectors import unit
from .moments import Array, Event, Kind, event_of, stretches
from .motion import PARTS, Motion
from .sight import gaps, guessed, unseen

__all__ = ["Event", "Kind", "find_events", "knee_bend"]

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

HIPS_SPEED: Final = 1.2
HIPS_SECONDS: Final = 0.1
"""Metres a second over the floor that hips hardly reach while both feet stand."""

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


def find_events(motion: Motion) -> list[Event]:
    """Return everything worth a look, in the order of time."""
    finders: tuple[Callable[[Motion], Iterator[Event]], ...] = (
        *(unseen, gaps, _air, _feet_heights, _sliding, _hips, _leaps, _joint_leaps, _turns, _knees, _stretched),
    )
    if motion.frames < 2:
        return []
    found = [event for finder in finders for event in finder(motion)]
    return sorted(found, key=lambda event: (event.start, event.end, event.kind))


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
        unsure = guessed(motion, ("left foot", "right foot"), first, last)
        is_jump = motion.times[last] - motion.times[first] <= LONGEST_JUMP and not unsure
        told = f"{'jump: ' if is_jump else ''}both feet up to {top:.0f} cm off the floor{unsure}"
        if not is_jump and not unsure:
            told += ", longer than a jump lasts"
        yield event_of(motion, "air" if is_jump else "floating", first, last, told, is_warning=not is_jump)


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
            told += guessed(motion, (f"{side} foot",), first, last)
            yield event_of(motion, "floating", first, last, told)
        low = over.min(0)
        for first, last in stretches(low < -SINKS, motion.times, SINK_SECONDS):
            most = -100 * float(np.nanmin(low[first : last + 1]))
            told = f"{side} foot sinks {most:.0f} cm into the floor"
            told += guessed(motion, (f"{side} foot",), first, last)
            yield event_of(motion, "sinking", first, last, told)


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
            told = f"{side} foot slides {100 * way:.0f} cm while it stands"
            told += guessed(motion, (f"{side} foot",), first, last)
            yield event_of(motion, "sliding", first, last, told)


def extent(points: Array) -> float:
    """Return the greatest distance between points (N,2), within 2 %: their widest range in 16 directions."""
    known = points[np.isfinite(points).all(-1)]
    if not len(known):
        return 0.0
    angles = np.arange(16) * np.pi / 16
    return float(np.ptp(known @ np.stack([np.cos(angles), np.sin(angles)]), axis=0).max())


def _hips(motion: Motion) -> Iterator[Event]:
    """Hips that are carried off while both feet stand."""
    stands = {name: mask for name in motion.feet if (mask := motion.planted(name)) is not None}
    sides = [[mask for name, mask in stands.items() if name.startswith(side)] for side in ("left", "right")]
    if not all(sides):
        return
    both = [np.any(side, axis=0) for side in sides]
    level = motion.speed(motion.root[:, :2])
    for first, last in stretches(both[0] & both[1] & (level > HIPS_SPEED), motion.times, HIPS_SECONDS):
        most = float(level[first : last + 1].max())
        told = f"the hips go sideways or in depth with {most:.1f} m/s while both feet stand"
        yield event_of(motion, "hips", first, last, told)


def _leaps(motion: Motion) -> Iterator[Event]:
    """Steps of the whole body from one frame to the next that nobody makes."""
    for frame, speed in _out_of_line(motion.root_speed[:-1], LEAP_SPEED):
        told = f"the whole body leaps by {speed / motion.fps:.1f} m from one frame to the next"
        yield event_of(motion, "leap", frame, frame + 1, told)


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
            yield event_of(motion, "joint", first, last, f"{part} leaps by {most:.2f} m from one frame to the next")


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
            yield event_of(motion, "turn", first, last + 1, told)


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
            yield event_of(motion, "knee", first, last, f"{side} knee bends backwards by {most:.0f} degrees")


def knee_bend(motion: Motion, side: str) -> Array | None:
    """Return by how many degrees a knee is bent (F,), negative the wrong way; None without a joint of the leg."""
    parts = [f"{side}_{part}" for part in ("hip", "knee", "ankle", "foot_index")]
    if not motion.has(*parts):
        return None
    hip, knee, ankle, toe = (motion.path(name) for name in parts)
    thigh, shin, foot = knee - hip, ankle - knee, toe - ankle
    leg = ankle - hip
    along = unit(leg)
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
                yield event_of(motion, "stretched", first, last, told)
