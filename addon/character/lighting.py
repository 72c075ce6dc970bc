"""The suggestions for a part shown at their bones in the 3D view: lines with the numbers of the list."""

# pyright: reportMissingImports=false

from typing import Any

import blf
import bpy
import gpu
from bpy.types import Context, Object, SpaceView3D
from bpy_extras.view3d_utils import location_3d_to_region_2d
from gpu_extras.batch import batch_for_shader
from mathutils import Vector

from .asking import asked_part
from .overlay import drawable_character
from .status import Status

RIM = (0.05, 0.05, 0.05, 0.8)
LIT = (1.0, 0.85, 0.2, 1.0)  # the bone that the mouse is over in the list, or that was taken
FAINT = (1.0, 0.85, 0.2, 0.55)
WIDTHS = {"rim": 3.0, "faint": 4.0, "lit": 8.0}  # pixels of the usual size
LETTERS = 13.0  # height, pixels of the usual size
ASIDE = 8.0  # pixels of the usual size from a bone to its number


class _State:
    """What Blender gave for the drawing functions, and the bone of the list that the mouse was last over."""

    handles: tuple[Any, ...] = ()
    looked_at: tuple[str, str] = ("", "")  # part, bone
    pointed_at: str = ""  # the bone that the mouse is over in the view, while one is picked


def register() -> None:
    """Have suggestions drawn in every 3D view, while there are any."""
    _State.handles = (
        SpaceView3D.draw_handler_add(_draw_bones, (), "WINDOW", "POST_VIEW"),
        SpaceView3D.draw_handler_add(_draw_numbers, (), "WINDOW", "POST_PIXEL"),
    )


def unregister() -> None:
    """Stop drawing."""
    for handle in _State.handles:
        SpaceView3D.draw_handler_remove(handle, "WINDOW")
    _State.handles = ()
    _State.looked_at, _State.pointed_at = ("", ""), ""


def look_at(context: Context, bone: str) -> None:
    """Light up one bone of the suggestions: a tooltip calls this when the mouse rests on its button."""
    _State.looked_at = (asked_part(context.scene), bone)
    _redraw(context)


def point_at(context: Context, bone: str) -> None:
    """Light up a bone under the mouse while one is picked in the view, "" for none."""
    if bone != _State.pointed_at:
        _State.pointed_at = bone
        _redraw(context)


def _redraw(context: Context) -> None:
    for area in context.screen.areas if context.screen is not None else ():
        if area.type == "VIEW_3D":
            for region in area.regions:
                if region.type == "WINDOW":
                    region.tag_redraw()


def lit_bone(part: str, status: Status) -> str:
    """Return the bone that is lit: the one under the mouse, else looked at last, else the present one, "" for none."""
    if _State.pointed_at:
        return _State.pointed_at
    if _State.looked_at[0] == part and _State.looked_at[1] in {s.bone for s in status.suggestions(part)}:
        return _State.looked_at[1]
    return status.map.first(part) or ""


def shown_bones(obj: Object, status: Status, part: str) -> list[tuple[int, str, Vector, Vector]]:
    """Return number, bone, and both its ends in the world as it is posed now, for each suggestion.

    A bone under the mouse that is none of them comes last, with the number 0.
    """
    world, pose = obj.matrix_world, obj.pose.bones
    numbers = {found.bone: number for number, found in enumerate(status.suggestions(part), 1)}
    if _State.pointed_at:
        numbers.setdefault(_State.pointed_at, 0)
    return [
        (number, bone, world @ pose[bone].head, world @ pose[bone].tail)
        for bone, number in numbers.items()
        if bone in pose
    ]


def _shown(context: Context) -> tuple[Object, Status, str] | None:
    """Return the character and the part whose suggestions are to be drawn."""
    part = asked_part(context.scene)
    found = drawable_character(context) if part else None
    return (*found, part) if found is not None else None


def _draw_bones() -> None:
    context = bpy.context
    shown = _shown(context)
    if shown is None:
        return
    obj, status, part = shown
    lit, scale = lit_bone(part, status), context.preferences.system.ui_scale
    gpu.state.depth_test_set("NONE")
    gpu.state.blend_set("ALPHA")
    try:
        for _, bone, start, end in reversed(shown_bones(obj, status, part)):  # the best is drawn last, on top
            width = WIDTHS["lit" if bone == lit else "faint"]
            _draw_line(start, end, RIM, (width + WIDTHS["rim"]) * scale)
            _draw_line(start, end, LIT if bone == lit else FAINT, width * scale)
    finally:
        gpu.state.blend_set("NONE")


def _draw_line(start: Vector, end: Vector, colour: tuple[float, ...], width: float) -> None:
    shader = gpu.shader.from_builtin("POLYLINE_UNIFORM_COLOR")
    shader.uniform_float("viewportSize", gpu.state.viewport_get()[2:])
    shader.uniform_float("lineWidth", width)
    shader.uniform_float("color", colour)
    batch_for_shader(shader, "LINES", {"pos": [start, end]}).draw(shader)


def _draw_numbers() -> None:
    context = bpy.context
    shown = _shown(context)
    if shown is None:
        return
    obj, status, part = shown
    lit, scale, prefix = lit_bone(part, status), context.preferences.system.ui_scale, status.prefix
    blf.size(0, LETTERS * scale)
    blf.enable(0, blf.SHADOW)
    blf.shadow(0, 5, 0.0, 0.0, 0.0, 1.0)
    try:
        for number, bone, start, end in shown_bones(obj, status, part):
            place = location_3d_to_region_2d(context.region, context.region_data, (start + end) / 2)
            if place is None:
                continue
            blf.color(0, *(LIT if bone == lit else (1.0, 1.0, 1.0, 0.9)))
            blf.position(0, place.x + ASIDE * scale, place.y - 0.35 * LETTERS * scale, 0)
            words = [str(number) if number else "", bone.removeprefix(prefix) if bone == lit else ""]
            blf.draw(0, "  ".join(filter(None, words)))
    finally:
        blf.disable(0, blf.SHADOW)
