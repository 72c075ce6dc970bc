"""The plots of a report by parts of the body: bars, strips, stick figures, and the line of events."""

from collections.abc import Sequence
from html import escape
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..skeleton import PARENTS
from ..spans import runs
from .drawing import Drawing, Panel
from .events import Event, Kind
from .motion import PARTS, Motion
from .plots import SECONDS, Figure, _time_range

Array = NDArray[np.float64]

MOMENTS: Final = 8
CELL: Final = (92.0, 138.0)  # width and height of one stick figure
HEAD_RADIUS: Final = 0.095  # metres

CELLS: Final = 240
LEVELS: Final = (0.2, 0.3, 0.5, 0.7, 0.85)
"""Cells of a strip of confidence, and where its shades begin."""

UNEVEN_SIDES: Final = 0.03
BREATHING: Final = 0.02
"""Parts of a bone's length from which a difference of the sides, and a change over time, is worth marking."""

KIND_NAMES: Final[dict[Kind, str]] = {
    "outside": "outside the picture",
    "unseen": "hardly seen",
    "gap": "missing",
    "air": "in the air",
    "floating": "floating",
    "sinking": "sinking",
    "sliding": "feet slide",
    "knee": "knee backwards",
    "turn": "sudden turn",
    "leap": "body leaps",
    "joint": "limb leaps",
    "stretched": "bone length",
}


def moments_figure(motion: Motion) -> Figure:
    """Draw stick figures at some moments, from the front and from the side."""
    title = "At a glance"
    bones = _drawn_bones(motion)
    chosen = np.unique(np.linspace(0, motion.frames - 1, MOMENTS).round().astype(int))
    places = motion.joints[chosen]
    if not bones or not np.isfinite(places).any():
        return Figure(title, "The take has no joints that are known here.")
    top = float(np.nanmax(places[..., 2])) - motion.floor
    scale = (CELL[1] - 26) / max(top, 1.2)
    drawing = Drawing(2 * CELL[1] + 34, "stick figures over time")
    has_camera = motion.take.world_from_camera is not None
    rows = ((0, 1.0, "from the camera" if has_camera else "from the front"), (1, 1.0, "from the side"))
    for row, (axis, sign, words) in enumerate(rows):
        floor = (row + 1) * CELL[1] - 2 + 8 * row
        drawing.text(0, floor - CELL[1] + 14, words, "label")
        drawing.segment((0, floor), (drawing.width, floor), "floor")
        for number, frame in enumerate(chosen):
            centre = (number + 0.5) * drawing.width / len(chosen)
            _stick_figure(drawing, motion, int(frame), axis, sign, (centre, floor), scale, bones)
    for number, frame in enumerate(chosen):
        centre = (number + 0.5) * drawing.width / len(chosen)
        drawing.text(centre, drawing.height - 6, f"{motion.times[frame]:.1f} s", anchor="middle")
    told = f"The person at {len(chosen)} moments, evenly spread, all at one scale; the line is the floor."
    return Figure(title, told, drawing.svg(), (("left", "left side of the person"), ("right", "right side")))


def _drawn_bones(motion: Motion) -> list[tuple[str, str]]:
    """Return the pairs of joints that are connected, past joints that the take lacks."""
    bones = []
    for lower in (name for name in PARENTS if name in motion.names and name != "nose"):
        upper = PARENTS[lower]
        while upper is not None and not motion.has(upper):
            upper = PARENTS[upper]
        if upper is not None:
            bones.append((upper, lower))
    return bones


def _stick_figure(
    drawing: Drawing,
    motion: Motion,
    frame: int,
    axis: int,
    sign: float,
    foot: tuple[float, float],
    scale: float,
    bones: Sequence[tuple[str, str]],
) -> None:
    """Draw one pose seen along the other level axis, the farthest bones first."""
    places = {name: motion.joints[frame, column] for column, name in enumerate(motion.names)}
    middle = motion.root[frame, axis]

    def at(name: str) -> tuple[float, float]:
        place = places[name]
        return foot[0] + sign * scale * (place[axis] - middle), foot[1] - scale * (place[2] - motion.floor)

    away = {0: 1.0, 1: -1.0}[axis]  # from the front +y is far; from the side, seen from +x, -x is far

    def depth(bone: tuple[str, str]) -> float:
        return -away * float(places[bone[0]][1 - axis] + places[bone[1]][1 - axis])

    known = [bone for bone in bones if np.isfinite([places[bone[0]], places[bone[1]]]).all()]
    for upper, lower in sorted(known, key=depth):
        side = lower.partition("_")[0]
        drawing.segment(at(upper), at(lower), f"stick {side if side in ('left', 'right') else 'middle'}")
    if motion.has("head", "neck") and np.isfinite([places["head"], places["neck"]]).all():
        (x0, y0), (x1, y1) = at("neck"), at("head")
        drawing.circle((x0 + 2 * x1) / 3, (y0 + 2 * y1) / 3, HEAD_RADIUS * scale, "skull")


def confidence_figure(motion: Motion) -> Figure:
    """Draw how surely each part of the body was seen, over time."""
    title = "How well it was seen"
    rows = {part: seen for part in PARTS if (seen := motion.confidence(part)) is not None}
    if not rows:
        return Figure(title, "The take does not tell how surely its joints were seen.")
    drawing = Drawing(16.0 + 20 * len(rows) + 42, "confidence of each part of the body over time")
    panel = Panel(drawing, 8, 20.0 * len(rows), _time_range(motion), (0, 1), left=84)
    panel.y_ticks = []
    panel.axes("", SECONDS)
    for number, (part, seen) in enumerate(rows.items()):
        drawing.text(panel.left - 8, panel.top + 20 * number + 14, part, anchor="end")
        _strip(panel, np.nan_to_num(seen), panel.top + 20 * number)
    worst = min(rows, key=lambda part: float(np.nanmean(rows[part])))
    told = f"Of the parts of the body the {worst} was seen least: {np.nanmean(rows[worst]):.2f} on average, of 1."
    shades = zip(("0", *map(str, LEVELS)), (*map(str, LEVELS), "1"), strict=True)
    return Figure(
        title, told, drawing.svg(), tuple((f"seen{i}", f"{low} to {high}") for i, (low, high) in enumerate(shades))
    )


def _strip(panel: Panel, values: Array, row: float) -> None:
    """Draw a strip of shades; the least of the frames that share a cell counts."""
    count = min(len(values), CELLS)
    edges = np.linspace(0, len(values), count + 1).astype(int)
    least = np.minimum.reduceat(values, edges[:-1])
    shade = np.searchsorted(LEVELS, least, side="right")
    width = panel.width / count
    for level in range(len(LEVELS) + 1):
        for start, stop in runs(shade == level):
            left = panel.left + start * width
            panel.drawing.rectangle(left, row + 1, (stop - start) * width + 0.3, 18, f"seen{level}")


def parts_figure(motion: Motion) -> Figure:
    """Draw the mean jitter of each part of the body before and after smoothing, as bars."""
    title = "Jitter of each part of the body"
    rows = []
    for part in PARTS:
        after, before = motion.jitter(part), motion.jitter(part, raw=True)
        if motion.columns(part) and after is not None and np.isfinite(after).any():
            rows.append((part, None if before is None else float(np.nanmean(before)), float(np.nanmean(after))))
    if not rows:
        return Figure(title, "Jitter needs three frames without gaps.")
    drawing = Drawing(30.0 * len(rows) + 8, "mean jitter of each part of the body")
    most = max(max(before or 0.0, after) for _, before, after in rows) or 1.0
    left, width = 84.0, drawing.width - 84 - 70
    for number, (part, before, after) in enumerate(rows):
        top = 30.0 * number + 4
        drawing.text(left - 8, top + 15, part, anchor="end")
        for row, value, style in ((top, before, "bar raw"), (top + 11, after, "bar main")):
            if value is not None:
                drawing.rectangle(left, row, width * value / most, 10, style)
                drawing.text(left + width * value / most + 5, row + 9, f"{value:.1f} mm", "small")
    noisiest = max(rows, key=lambda row: row[2])
    told = f"After smoothing the {noisiest[0]} changes its velocity most: by {noisiest[2]:.1f} mm a frame on average."
    legend = (("raw", "before"), ("main", "after")) if rows[0][1] is not None else (("main", "the motion"),)
    return Figure(title, told, drawing.svg(), legend)


def bones_figure(motion: Motion) -> Figure:
    """Draw the lengths of the bones, left and right, and how much they change."""
    title = "Bone lengths"
    bones = [bone for bone in motion.bones if np.isfinite(bone.left).any()]
    if not bones:
        return Figure(title, "The take has no bones that are known here.")
    drawing = Drawing(26.0 * len(bones) + 8, "lengths of the bones")
    left, width = 116.0, drawing.width - 116 - 66
    most = max(float(np.nanmax(side)) for bone in bones for side in (bone.left, bone.right) if side is not None)
    rows = []
    for number, bone in enumerate(bones):
        top = 26.0 * number + 4
        drawing.text(left - 8, top + 14, bone.name, anchor="end")
        sides = [(top + 4, bone.left, "middle")]
        if bone.right is not None:
            sides = [(top, bone.left, "left"), (top + 10, bone.right, "right")]
        for row, lengths, style in sides:
            usual, spread = float(np.nanmedian(lengths)), float(np.nanstd(lengths))
            end = left + width * usual / most
            drawing.rectangle(left, row, end - left, 9, f"bar {style}")
            reach = width * spread / most
            drawing.segment((end - reach, row + 4.5), (end + reach, row + 4.5), "whisker")
            drawing.text(end + reach + 5, row + 8.5, f"{100 * usual:.1f} cm", "small")
        rows.append(_bone_row(bone.name, bone.left, bone.right, bone.difference, bone.spread))
    worst = max(bones, key=lambda bone: bone.spread)
    told = "A body's bones keep their lengths, and both sides are about equal. "
    if worst.spread < 0.001:
        told += "They do: no bone changes by more than a thousandth."
    else:
        told += f"The {worst.name} changes most: by {100 * worst.spread:.1f} % (standard deviation)."
    heads = "".join(f"<th>{head}</th>" for head in ("bone", "left, cm", "right, cm", "left longer by", "changes by"))
    table = f"<table><thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    return Figure(title, told, drawing.svg(), (("left", "left"), ("right", "right"), ("middle", "middle")), table)


def _bone_row(name: str, left: Array, right: Array | None, difference: float | None, spread: float) -> str:
    """Return a row of the table, with what is out of the ordinary marked."""
    cells = [escape(name), f"{100 * np.nanmedian(left):.1f}"]
    cells.append("" if right is None else f"{100 * np.nanmedian(right):.1f}")
    cells.append("" if difference is None else f"{100 * difference:+.1f} %")
    cells.append(f"{100 * spread:.1f} %")
    marked = {3: difference is not None and abs(difference) > UNEVEN_SIDES, 4: spread > BREATHING}
    parts = [f'<td class="odd">{cell}</td>' if marked.get(i) else f"<td>{cell}</td>" for i, cell in enumerate(cells)]
    return f"<tr>{''.join(parts)}</tr>"


def events_figure(motion: Motion, events: Sequence[Event]) -> Figure:
    """Draw when what happens, one row for each kind."""
    title = "When to look"
    kinds: list[Kind] = [kind for kind in KIND_NAMES if any(event.kind == kind for event in events)]
    if not kinds:
        return Figure(title, "Nothing in this take stands out.")
    drawing = Drawing(22.0 * len(kinds) + 52, "moments that deserve a look")
    panel = Panel(drawing, 8, 22.0 * len(kinds), _time_range(motion), (0, 1), left=126)
    panel.y_ticks = []
    panel.axes("", SECONDS)
    for number, kind in enumerate(kinds):
        drawing.text(panel.left - 8, panel.top + 22 * number + 15, KIND_NAMES[kind], anchor="end")
        for event in (event for event in events if event.kind == kind):
            style = "bar warning" if event.is_warning else "bar note"
            panel.span(event.start, event.end, style, panel.top + 22 * number + 4, 14, event.line)
    count = sum(event.is_warning for event in events)
    words = {0: "Nothing is wrong as far as can be told", 1: "One moment deserves a look"}
    told = f"{words.get(count, f'{count} moments deserve a look')}; the list says what was found."
    return Figure(title, told, drawing.svg())
