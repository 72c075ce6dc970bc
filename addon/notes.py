"""Sentences in a panel, broken into lines that fit."""

from collections.abc import Sequence

import blf  # pyright: ignore[reportMissingImports]
from bpy.app.translations import pgettext_iface  # pyright: ignore[reportMissingImports]
from bpy.types import Context, UILayout

MARGIN_POINTS = 92.0  # of the width of the side bar that are not text: tabs, borders, a box, the icon
FEWEST_POINTS = 110.0
USUAL_POINTS = 300.0  # of a side bar, where none is drawn
BUTTON_POINTS = 26.0  # that a small button takes


def draw_notes(
    layout: UILayout, notes: Sequence[str], context: Context, icon: str = "INFO", *, beside: float = 0.0
) -> None:
    """Draw each sentence with an icon before its first line; ``beside`` points of the width are something else's."""
    scale = context.preferences.system.ui_scale
    width = context.region.width / scale if context.region is not None else USUAL_POINTS
    points = max(FEWEST_POINTS, width - MARGIN_POINTS - beside)
    column = layout.column(align=True)
    for note in notes:
        for number, line in enumerate(lines_of(pgettext_iface(note), points * scale, _size(context))):
            column.label(text=line, icon=icon if number == 0 else "BLANK1", translate=False)


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


def _size(context: Context) -> float:
    """Return the size of the letters of labels, pixels."""
    return context.preferences.ui_styles[0].widget.points * context.preferences.system.ui_scale
