"""Sentences in a panel, broken into lines that fit."""

import textwrap
from collections.abc import Sequence

from bpy.types import Context, UILayout

POINTS_PER_LETTER = 7.0  # of the usual font
MARGIN_LETTERS = 9
FEWEST_LETTERS = 16
BUTTON_LETTERS = 5  # that a small button takes


def draw_notes(
    layout: UILayout, notes: Sequence[str], context: Context, icon: str = "INFO", *, beside: int = 0
) -> None:
    """Draw each sentence with an icon before its first line; ``beside`` letters of each line are something else's."""
    width = context.region.width / context.preferences.system.ui_scale if context.region is not None else 300
    column = layout.column(align=True)
    for note in notes:
        letters = max(FEWEST_LETTERS, int(width / POINTS_PER_LETTER) - MARGIN_LETTERS - beside)
        for number, line in enumerate(textwrap.wrap(note, letters)):
            column.label(text=line, icon=icon if number == 0 else "BLANK1")
