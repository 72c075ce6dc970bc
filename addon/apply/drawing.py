"""The choices about a result, grouped as animators think of them: in the panel, and where an operation is adjusted."""

from typing import Any

from bpy.types import UILayout

MOTION = ("drive", "root", "place", "feet")
SWITCHES = ("hands_meet", "fingers")
KEYS = ("result", "range", "key_every", "reduce", "interpolation")


def draw_choices(layout: UILayout, chosen: Any) -> None:
    """Draw all of them."""
    layout.use_property_split = True
    layout.use_property_decorate = False
    draw_start(layout, chosen)
    draw_motion(layout, chosen)
    layout.separator()
    draw_keys(layout, chosen)


def draw_start(layout: UILayout, chosen: Any) -> None:
    """Draw where the motion begins."""
    column = layout.column()
    column.prop(chosen, "start")
    if chosen.start == "frame":
        column.prop(chosen, "frame_start")


def draw_motion(layout: UILayout, chosen: Any) -> None:
    """Draw what is done with the motion."""
    column = layout.column()
    for name in MOTION:
        column.prop(chosen, name)
    column = layout.column()
    for name in SWITCHES:
        column.prop(chosen, name)


def draw_keys(layout: UILayout, chosen: Any) -> None:
    """Draw what becomes of it."""
    column = layout.column()
    for name in KEYS:
        column.prop(chosen, name)
