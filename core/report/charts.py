"""The plots of a report by parts of the body: bars, strips, and the line of events."""

from collections.abc import Sequence
from html import escape
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..spans import runs
from .drawing import AXIS_HEIGHT, Drawing, Panel
from .moments import Event, Kind
from .motion import PARTS, Motion
from .plots import SECONDS, Figure, _time_range

Array = NDArray[np.float64]

BONE_ROW: Final = 30.0

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
    "hips": "hips too fast",
    "leap": "body leaps",
    "joint": "limb leaps",
    "stretched": "bone length",
}


def confidence_figure(motion: Motion) -> Figure:
    """Draw how surely each part of the body was seen, over time."""
    title = "How well it was seen"
    rows = {part: np.nan_to_num(seen) for part in PARTS if (seen := motion.confidence(part)) is not None}
    if not rows:
        return Figure(title, "The take does not tell how surely its joints were seen.")
    drawing = Drawing(8 + 20.0 * len(rows) + AXIS_HEIGHT, "confidence of each part of the body over time")
    panel = Panel(drawing, 8, 20.0 * len(rows), _time_range(motion), (0, 1), left=84)
    panel.y_ticks = []
    panel.axes("", SECONDS)
    for number, (part, seen) in enumerate(rows.items()):
        drawing.text(panel.left - 8, panel.top + 20 * number + 14, part, anchor="end")
        _strip(panel, seen, panel.top + 20 * number)
    worst = min(rows, key=lambda part: float(rows[part].mean()))
    told = f"Of the parts of the body the {worst} was seen least: {rows[worst].mean():.2f} on average, of 1."
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
        after, before = _mean(motion.jitter(part)), _mean(motion.jitter(part, raw=True))
        if after is not None:
            rows.append((part, before, after))
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
    legend = (("bar raw", "before"), ("bar main", "after")) if rows[0][1] is not None else ()
    return Figure(title, told, drawing.svg(), legend)


def _mean(values: Array | None) -> float | None:
    """Return the mean of what is known, None where nothing is."""
    return float(np.nanmean(values)) if values is not None and np.isfinite(values).any() else None


def bones_figure(motion: Motion) -> Figure:
    """Draw the lengths of the bones, left and right, and how much they change."""
    title = "Bone lengths"
    bones = [bone for bone in motion.bones if np.isfinite(bone.left).any()]
    if not bones:
        return Figure(title, "The take has no bones that are known here.")
    drawing = Drawing(BONE_ROW * len(bones) + 4, "lengths of the bones")
    left, width = 116.0, drawing.width - 116 - 66
    most = max(float(np.nanmax(side)) for bone in bones for side in (bone.left, bone.right) if side is not None)
    most = max(most, 1e-6)
    rows = []
    for number, bone in enumerate(bones):
        top = BONE_ROW * number + 4
        drawing.text(left - 8, top + 15, bone.name, anchor="end")
        sides = [(top + 6, bone.left, "middle")]
        if bone.right is not None:
            sides = [(top, bone.left, "left"), (top + 12, bone.right, "right")]
        for row, lengths, style in sides:
            usual, spread = float(np.nanmedian(lengths)), float(np.nanstd(lengths))
            end = left + width * usual / most
            drawing.rectangle(left, row, end - left, 10, f"bar {style}")
            reach = width * spread / most
            drawing.segment((end - reach, row + 5), (end + reach, row + 5), "whisker")
            drawing.text(end + reach + 5, row + 9, f"{100 * usual:.1f} cm", "small")
        rows.append(_bone_row(bone.name, bone.left, bone.right, bone.difference, bone.spread))
    worst = max(bones, key=lambda bone: bone.spread)
    told = "A body's bones keep their lengths, and both sides are about equal. "
    if worst.spread < 0.001:
        told += "They do: no bone changes by more than a thousandth."
    else:
        told += f"The {worst.name} changes most: by {100 * worst.spread:.1f} % (standard deviation)."
    heads = "".join(f"<th>{head}</th>" for head in ("bone", "left, cm", "right, cm", "left longer by", "changes by"))
    table = f"<table><thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    return Figure(
        title,
        told,
        drawing.svg(),
        (("bar left", "left"), ("bar right", "right"), ("bar middle", "in the middle")),
        table,
    )


def _bone_row(name: str, left: Array, right: Array | None, difference: float | None, spread: float) -> str:
    """Return a row of the table, with what is out of the ordinary marked."""
    cells = [escape(name), f"{100 * np.nanmedian(left):.1f}"]
    cells.append("" if right is None else f"{100 * np.nanmedian(right):.1f}")
    cells.append("" if difference is None else _signed(100 * difference))
    cells.append(f"{100 * spread:.1f} %")
    marked = {3: difference is not None and abs(difference) > UNEVEN_SIDES, 4: spread > BREATHING}
    parts = [f'<td class="odd">{cell}</td>' if marked.get(i) else f"<td>{cell}</td>" for i, cell in enumerate(cells)]
    return f"<tr>{''.join(parts)}</tr>"


def _signed(percent: float) -> str:
    """Return a percentage with its sign, without the sign of a rounded 0."""
    return "0.0 %" if abs(percent) < 0.05 else f"{percent:+.1f} %"


def events_figure(motion: Motion, events: Sequence[Event]) -> Figure:
    """Draw when what happens, one row for each kind."""
    title = "When to look"
    kinds: list[Kind] = [kind for kind in KIND_NAMES if any(event.kind == kind for event in events)]
    if not kinds:
        return Figure(title, "Nothing in this take stands out.")
    drawing = Drawing(8 + 22.0 * len(kinds) + AXIS_HEIGHT, "moments that deserve a look")
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
