"""Sentences in a panel, broken into lines that fit."""

from collections.abc import Sequence

import blf  # pyright: ignore[reportMissingImports]
from bpy.app.translations import pgettext_iface  # pyright: ignore[reportMissingImports]
from bpy.types import Context, UILayout

MARGIN_POINTS = 92.0  # of the width of the side bar that are not text: tabs, borders, a box, the icon
FEWEST_POINTS = 60.0
USUAL_POINTS = 300.0  # of a side bar, where none is drawn
NARROW_POINTS = 240.0  # a side bar of less leaves out what can be done without
BUTTON_POINTS = 26.0  # that a small button takes


def draw_notes(
    layout: UILayout, notes: Sequence[str], context: Context, icon: str = "INFO", *, beside: float = 0.0
) -> None:
    """Draw each sentence with an icon before its first line; ``beside`` points of the width are something else's."""
    points = max(FEWEST_POINTS, _width(context) - MARGIN_POINTS - beside)
    scale = context.preferences.system.ui_scale
    column = layout.column(align=True)
    for note in notes:
        for number, line in enumerate(lines_of(pgettext_iface(note), points * scale, _size(context))):
            column.label(text=line, icon=icon if number == 0 else "BLANK1", translate=False)


def is_narrow(context: Context) -> bool:
    """Return whether the side bar has been made narrow."""
    return _width(context) < NARROW_POINTS


def lines_of(sentence: str, width: float, size: float) -> list[str]:
    """Return a sentence in lines no wider than so many pixels, in Blender's font of a size; words stay whole."""
    blf.size(0, size)
    lines: list[str] = []
    for word in sentence.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and blf.dimensions(0, longer)[0] <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _width(context: Context) -> float:
    """Return the width of the region, points of the usual size."""
    return context.region.width / context.preferences.system.ui_scale if context.region is not None else USUAL_POINTS


def _size(context: Context) -> float:
    """Return the size of the letters of labels, pixels."""
    return context.preferences.ui_styles[0].widget.points * context.preferences.system.ui_scale
