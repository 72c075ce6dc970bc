"""The plots of a report over time and space: each from a motion, with a title and a sentence for people."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..skeleton import CONTACT_JOINTS, STANDS
from ..spans import runs
from .drawing import AXIS_HEIGHT, LEFT, RIGHT, WIDTH, Drawing, Panel, limits
from .motion import Motion

Array = NDArray[np.float64]

SECONDS: Final = "seconds"
FACING_EVERY: Final = 0.5
FACING_LENGTH: Final = 0.2
"""Seconds between two marks of where the body faces, and their length in metres."""

MOST_MARKS: Final = 60
MOST_DOTS: Final = 400
SMALLEST_PLACE: Final = 1.0
"""Metres that the view from above shows at least."""

GOOD_SLIDE: Final = 0.15
"""Metres a second below which the sliding of a planted foot hardly shows: 5 mm a frame at 30 frames a second."""

SIDES: Final = (("left", "left"), ("right", "right"))

CUT: Final = 0.99
"""Part of the values that a plot's range is made for, where single ones would squeeze all others."""


@dataclass(frozen=True)
class Figure:
    """A plot with its words; without a picture the sentence says what is missing."""

    title: str
    sentence: str
    svg: str = ""
    legend: tuple[tuple[str, str], ...] = ()  # style and words
    extra: str = ""  # HTML below the plot, such as a table


def path_figure(motion: Motion) -> Figure:
    """Draw the way of the pelvis from above, where the body faces, and where feet stood."""
    title = "The path from above"
    path = motion.root[:, :2]
    spots = footprints(motion)
    points = np.concatenate([path, *(place[None] for _, place in spots)])
    points = points[np.isfinite(points).all(-1)]
    if not len(points):
        return Figure(title, "The take has no places.")
    middle, span = (points.min(0) + points.max(0)) / 2, np.ptp(points, axis=0) + 2 * FACING_LENGTH
    span = np.maximum(span, SMALLEST_PLACE)
    drawing, panel = _level_panel(middle, span)
    panel.axes("metres away from the camera" if motion.take.world_from_camera is not None else "metres", "metres")
    for joint, place in spots:
        x, y = panel.place(place)
        drawing.circle(x, y, 3.0 if joint.endswith("heel") else 2.2, f"dot {_side(joint)}")
    panel.line(path[:, 0], path[:, 1], "line main")
    if motion.facing is not None:
        step = max(1, round(FACING_EVERY * motion.fps), -(-motion.frames // MOST_MARKS))
        for frame in range(0, motion.frames, step):
            ends = panel.place(np.stack([path[frame], path[frame] + FACING_LENGTH * motion.facing[frame]]))
            if np.isfinite(ends).all():
                drawing.segment((ends[0, 0], ends[0, 1]), (ends[1, 0], ends[1, 1]), "tickmark")
    known = path[np.isfinite(path).all(-1)]
    (x0, y0), (x1, y1) = panel.place(known[[0, -1]])
    drawing.circle(x0, y0, 5, "start")
    drawing.circle(x1, y1, 5, "end")
    way = float(np.linalg.norm(np.diff(known, axis=0), axis=-1).sum())
    apart = float(np.linalg.norm(known[-1] - known[0]))
    told = f"The pelvis goes {way:.1f} m over the floor and ends {apart:.1f} m from where it began."
    marks = (("start", "start"), ("end", "end"), ("tickmark", "where the body faces"))
    feet = (("dot left", "left foot stood"), ("dot right", "right foot stood")) if spots else ()
    return Figure(title, told, drawing.svg(), (*marks, *feet))


def _level_panel(middle: Array, span: Array) -> tuple[Drawing, Panel]:
    """Return a picture whose metres are equally long in both directions."""
    width = WIDTH - LEFT - RIGHT
    height = float(np.clip(width * span[1] / span[0], 170.0, 420.0))
    deep = max(span[1], span[0] * height / width)  # metres from the lower to the upper edge
    drawing = Drawing(26 + height + AXIS_HEIGHT, "the path from above")
    low, high = middle - deep / 2, middle + deep / 2
    panel = Panel(drawing, 26, height, (low[0], high[0]), (low[1], high[1]))
    metres = (panel.y[1] - panel.y[0]) * width / height
    panel.x = (middle[0] - metres / 2, middle[0] + metres / 2)
    return drawing, panel


def footprints(motion: Motion) -> list[tuple[str, Array]]:
    """Return joint and place (2,) of every contact, at most ``MOST_DOTS``."""
    spots = []
    for joint, path in motion.feet.items():
        stands = motion.planted(joint)
        for start, stop in [] if stands is None else runs(stands & np.isfinite(path).all(-1)):
            spots.append((joint, np.median(path[start:stop, :2], axis=0)))
    return spots[:: max(1, -(-len(spots) // MOST_DOTS))]


def feet_figure(motion: Motion) -> Figure:
    """Draw how high heels and toes are, and when they stand."""
    title = "Feet over the floor"
    if not motion.feet:
        return Figure(title, "The take has no heels or toes.")
    heights = {joint: 100 * motion.over_floor(joint) for joint in motion.feet}
    low, high = limits(list(heights.values()), least=10.0)
    rows = 0.0 if motion.take.contacts is None else 34.0
    drawing = Drawing(2 * (26 + 120 + rows) + 18 + AXIS_HEIGHT, "height of heels and toes over time")
    for number, side in enumerate(("left", "right")):
        panel = Panel(drawing, 26 + (120 + rows + 44) * number, 120, _time_range(motion), (low, high))
        panel.axes(f"{side} foot, cm over where it stands", SECONDS if number else "", rows)
        for joint in (joint for joint in heights if joint.startswith(side)):
            part = "heel" if joint.endswith("heel") else "toe"
            panel.line(motion.times, heights[joint], f"line {side} {part}")
            stands = motion.planted(joint)
            if stands is not None:
                row = panel.top + panel.height + (20 if part == "toe" else 7)
                _contact_bars(panel, motion, stands, row, f"bar {side}", part)
    told = "Heights are of the joints over where those of a standing foot are. "
    if motion.take.contacts is None:
        told += "The take has no contacts; the floor is taken to be where the feet are lowest."
    else:
        share = 100 * float((np.asarray(motion.take.contacts) > STANDS).any(1).mean())
        told += f"Bars show when heel and toe stand: at least one of them in {share:.0f} % of the time."
    legend = (("main", "heel"), ("main toe", "toe"), ("bar left", "left stands"), ("bar right", "right stands"))
    return Figure(title, told, drawing.svg(), legend)


def _contact_bars(panel: Panel, motion: Motion, stands: NDArray[np.bool_], row: float, style: str, part: str) -> None:
    """Draw one bar for each contact, and the name of the row."""
    panel.drawing.text(panel.left - 7, row + 9, part, anchor="end")
    half = 0.5 / motion.fps
    for start, stop in runs(stands):
        panel.span(motion.times[start] - half, motion.times[stop - 1] + half, style, row, 10)


def root_figure(motion: Motion) -> Figure:
    """Draw height and speed of the pelvis."""
    height = motion.root[:, 2] - motion.floor
    speed = motion.root_speed
    if not np.isfinite(height).any():
        return Figure("Height and speed of the body", "The take has no places.")
    drawing = Drawing(26 + 105 + 40 + 105 + AXIS_HEIGHT, "height and speed of the pelvis over time")
    upper = Panel(drawing, 26, 105, _time_range(motion), _around(height, 0.2))
    upper.axes("height of the pelvis, metres")
    upper.line(motion.times, height, "line main")
    lower = Panel(drawing, 171, 105, _time_range(motion), limits([speed], least=0.5))
    lower.axes("speed of the pelvis, metres a second", SECONDS)
    lower.line(motion.times, speed, "line main")
    top = int(np.nanargmax(speed))
    told = (
        f"The pelvis is {np.nanmin(height):.2f} to {np.nanmax(height):.2f} m over the floor and at its fastest at "
        f"{motion.times[top]:.1f} s, with {speed[top]:.1f} m/s."
    )
    return Figure("Height and speed of the body", told, drawing.svg())


def jitter_figure(motion: Motion) -> Figure:
    """Draw how much the joints tremble over time, before and after smoothing."""
    title = "Jitter"
    after, before = motion.jitter(), motion.jitter(raw=True)
    if after is None or not np.isfinite(after).any():
        return Figure(title, "Jitter needs three frames without gaps.")
    lines = [after] if before is None else [before, after]
    drawing = Drawing(26 + 150 + AXIS_HEIGHT, "jitter over time")
    panel = Panel(drawing, 26, 150, _time_range(motion), limits(lines, CUT))
    panel.axes("mean change of velocity from frame to frame, mm", SECONDS)
    if before is not None:
        panel.line(motion.times, before, "line raw")
    panel.line(motion.times, after, "line main")
    told = "Fast motion counts as well as trembling; what refinement and smoothing take away is mostly trembling. "
    if before is None:
        told += "The take does not hold the motion as it was lifted."
        return Figure(title, told, drawing.svg())
    told += f"Mean {np.nanmean(before):.1f} mm as it was lifted, {np.nanmean(after):.1f} mm in the end."
    return Figure(title, told, drawing.svg(), (("raw", "as lifted"), ("main", "in the end")))


def slide_figure(motion: Motion) -> Figure:
    """Draw how fast feet move while they stand."""
    title = "Feet that stand should not move"
    if motion.take.contacts is None or motion.slide is None:
        return Figure(title, "The take has no contacts of the feet, so it is not known when they stand.")
    speeds = {
        joint: 1000 * speed / motion.fps
        for joint in CONTACT_JOINTS
        if motion.has(joint) and (speed := motion.planted_speed(joint)) is not None
    }
    good = hardly_shows(motion)
    drawing = Drawing(26 + 140 + AXIS_HEIGHT, "speed of standing feet over time")
    panel = Panel(drawing, 26, 140, _time_range(motion), limits(list(speeds.values()), CUT, 2 * good))
    panel.axes("way of a standing heel or toe, mm a frame", SECONDS)
    for joint, speed in speeds.items():
        panel.line(motion.times, speed, f"line {_side(joint)} {'heel' if joint.endswith('heel') else 'toe'}")
    row = panel.place(np.array([motion.times[0], good]))[1]
    drawing.segment((panel.left, row), (panel.left + panel.width, row), "limit")
    told = f"Mean {motion.slide:.1f} mm a frame; below {good:.0f} (the dashed line) it hardly shows."
    return Figure(title, told, drawing.svg(), (*SIDES, ("main", "heel"), ("main toe", "toe")))


def hardly_shows(motion: Motion) -> float:
    """Return the sliding in millimetres a frame below which it hardly shows at the take's frame rate."""
    return 1000.0 * GOOD_SLIDE / motion.fps


def _side(joint: str) -> str:
    return joint.partition("_")[0]


def _time_range(motion: Motion) -> tuple[float, float]:
    return float(motion.times[0]), float(max(motion.times[-1], motion.times[0] + 1.0 / motion.fps))


def _around(values: Array, least: float) -> tuple[float, float]:
    """Return the range of the values, at least this wide."""
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    spare = max(least - (high - low), 0.0) / 2
    return low - spare, high + spare
