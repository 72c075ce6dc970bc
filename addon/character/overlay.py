"""The bone map drawn over the character in the 3D view: colours and names at the bones. The file stays as it is."""

# pyright: reportMissingImports=false

from itertools import pairwise
from typing import Any

import blf
import bpy
import gpu
import numpy as np
from bpy.types import Context, Object, SpaceView3D
from bpy_extras.view3d_utils import location_3d_to_region_2d
from gpu_extras.batch import batch_for_shader
from mathutils import Vector
from numpy.typing import NDArray

from ...core.preview.part_colours import part_colour
from ...errors import PosewrightError
from ...rigging.maps.judgement import DOUBTFUL
from ...rigging.maps.parts import EXTRA_PARTS, LIMBS, SIDES, in_words
from ...rigging.rig import RigMap
from .asking import asked_part
from .choice import find_character
from .status import Status, recent_status

RED = (0.9, 0.15, 0.2, 1.0)
LIGHTER = 0.3  # of the way to white: the view is darker than paper
WIDTHS = {"body": 5.0, "extra": 2.5, "rim": 3.0}  # pixels of the usual size
LETTERS = 11.0  # height, pixels of the usual size
ASIDE = 9.0  # pixels of the usual size from a bone to its name
CHAINS = (
    ("hips", "spine", "neck", "head"),
    *(tuple(f"{side}_{part}" for part in limb) for side in SIDES for limb in (LIMBS[:4], LIMBS[4:])),
)

Array = NDArray[np.float64]
Segment = tuple[str, Vector, Vector]  # part, from, to in the world


class _Handlers:
    """What Blender gave for the drawing functions, while they are registered."""

    handles: tuple[Any, ...] = ()


def register() -> None:
    """Have the map drawn in every 3D view, when it is asked for."""
    _Handlers.handles = (
        SpaceView3D.draw_handler_add(_draw_bones, (), "WINDOW", "POST_VIEW"),
        SpaceView3D.draw_handler_add(_draw_names, (), "WINDOW", "POST_PIXEL"),
    )


def unregister() -> None:
    """Stop drawing."""
    for handle in _Handlers.handles:
        SpaceView3D.draw_handler_remove(handle, "WINDOW")
    _Handlers.handles = ()


def segments(obj: Object, rig_map: RigMap) -> list[Segment]:
    """Return a line for each mapped bone, as it is posed now: to the next bone of the limb, else to its own tail."""
    ends = {}
    for chain in CHAINS:
        bones = [bone for part in chain for bone in rig_map.bones.get(part, ())]
        ends |= dict(pairwise(bones))
    world, pose = obj.matrix_world, obj.pose.bones
    found = []
    for part, bones in rig_map.bones.items():
        for bone in bones:
            if bone in pose:
                after = pose.get(ends.get(bone, ""))
                end = after.head if after is not None else pose[bone].tail
                found.append((part, world @ pose[bone].head, world @ end))
    return found


def colour_of(part: str, status: Status) -> tuple[float, float, float, float]:
    """Return the colour (RGBA) of a part: red where it is doubtful."""
    if status.map.confidence.get(part, 1.0) < DOUBTFUL:
        return RED
    r, g, b = (channel / 255 + LIGHTER * (1 - channel / 255) for channel in part_colour(part))
    return r, g, b, 1.0


def drawable_character(context: Context) -> tuple[Object, Status] | None:
    """Return the character, where a 3D view shows it and what is drawn over it."""
    space = context.space_data
    if space is None or not space.overlay.show_overlays:
        return None
    try:
        obj = find_character(context)
        if obj is None or obj.mode == "EDIT" or not obj.visible_get(view_layer=context.view_layer):
            return None
        return obj, recent_status(context.scene, obj)
    except PosewrightError:
        return None  # said in the panel


def _shown(context: Context) -> tuple[Object, Status] | None:
    """Return the character whose map is to be drawn."""
    return drawable_character(context) if context.scene.posewright.character.show_map else None


def _draw_bones() -> None:
    context = bpy.context
    shown = _shown(context)
    if shown is None:
        return
    obj, status = shown
    lines = segments(obj, status.map)
    scale = context.preferences.system.ui_scale
    gpu.state.depth_test_set("NONE")
    gpu.state.blend_set("ALPHA")
    try:
        for extra in (True, False):
            some = [line for line in lines if (line[0] in EXTRA_PARTS) == extra]
            width = WIDTHS["extra" if extra else "body"]
            _draw_lines(some, [(1.0, 1.0, 1.0, 0.85)] * len(some), (width + WIDTHS["rim"]) * scale)
            _draw_lines(some, [colour_of(part, status) for part, _, _ in some], width * scale)
    finally:
        gpu.state.blend_set("NONE")
        gpu.state.depth_test_set("NONE")


def _draw_lines(lines: list[Segment], colours: list[tuple[float, ...]], width: float) -> None:
    if not lines:
        return
    shader = gpu.shader.from_builtin("POLYLINE_SMOOTH_COLOR")
    points = [point for _, start, end in lines for point in (start, end)]
    batch = batch_for_shader(
        shader, "LINES", {"pos": points, "color": [colour for colour in colours for _ in range(2)]}
    )
    shader.uniform_float("viewportSize", gpu.state.viewport_get()[2:])
    shader.uniform_float("lineWidth", width)
    batch.draw(shader)


def _draw_names() -> None:
    context = bpy.context
    shown = _shown(context)
    if shown is None or asked_part(context.scene):  # whose suggestions have words of their own there
        return
    obj, status = shown
    blf.size(0, LETTERS * context.preferences.system.ui_scale)
    blf.enable(0, blf.SHADOW)
    blf.shadow(0, 5, 0.0, 0.0, 0.0, 0.9)
    named, lines = set(), segments(obj, status.map)
    middle = _middle(context, lines)
    try:
        for part, start, end in lines:
            if part in EXTRA_PARTS or part in named:
                continue
            named.add(part)
            place = _place_of(context, start, end, in_words(part), middle)
            if place is not None:
                red, green, blue, alpha = colour_of(part, status)
                blf.color(0, *(0.65 + 0.35 * channel for channel in (red, green, blue)), alpha)
                blf.position(0, *place, 0)
                blf.draw(0, in_words(part))
    finally:
        blf.disable(0, blf.SHADOW)


def _place_of(
    context: Context, start: Vector, end: Vector, words: str, middle: float | None
) -> tuple[float, float] | None:
    """Return where the name of a bone begins, pixels: above a level bone, else beside it, off the body."""
    a, b = (location_3d_to_region_2d(context.region, context.region_data, point) for point in (start, end))
    if a is None or b is None:
        return None
    scale = context.preferences.system.ui_scale
    width, centre = blf.dimensions(0, words)[0], (a + b) / 2
    if abs(b.x - a.x) > max(abs(b.y - a.y), 0.8 * width):
        return centre.x - width / 2, centre.y + 0.7 * ASIDE * scale
    low = centre.y - 0.35 * LETTERS * scale
    if middle is not None and centre.x < middle - ASIDE * scale:
        return centre.x - ASIDE * scale - width, low
    return centre.x + ASIDE * scale, low


def _middle(context: Context, lines: list[Segment]) -> float | None:
    """Return where the middle of the body is across the region, pixels."""
    trunk = [start for part, start, _ in lines if part == "hips"]
    place = location_3d_to_region_2d(context.region, context.region_data, trunk[0]) if trunk else None
    return None if place is None else place.x
