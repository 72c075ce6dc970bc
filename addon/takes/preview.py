"""The chosen take as a figure in the 3D view, before any character has it.

It is drawn, not made of objects: nothing is added to the file, and nothing is rendered.
"""

# pyright: reportMissingImports=false

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any

import bpy
import gpu
import numpy as np
from bpy.types import Context, Scene, SpaceView3D
from gpu_extras.batch import batch_for_shader
from numpy.typing import NDArray

from ...core.preview.figure import CONTACT, capsules
from ...core.preview.solid import Solid, solid_of
from ...core.skeleton import CONTACT_JOINTS, STANDS
from ...core.take import Take
from ...errors import PosewrightError
from ...rigging.blender.cameras import scene_rate
from . import warming
from .camera import figure_placement
from .store import active_take, current_take

RING_RADIUS = 0.07  # metres, around a heel or toe that stands
RING_SEGMENTS = 24
RING_WIDTH = 2.5  # pixels
PATH_COLOUR = (0.89, 0.9, 0.92, 0.55)
SOFT = 0.28  # opacity of what lies behind a thing of the scene
SOLIDS, LINES = "SMOOTH_COLOR", "POLYLINE_UNIFORM_COLOR"  # names of Blender's shaders
LIFT = 0.004  # metres that lines on the floor lie above it, so that the grid does not hide them

Array = NDArray[np.float64]
DrawnAs = Callable[[], AbstractContextManager[None]]
"""Sets how things are drawn, and sets it back."""


class _Handler:
    """What Blender gave for the drawing function, while it is registered."""

    handle: Any = None


def register() -> None:
    """Have the figure drawn in every 3D view."""
    _Handler.handle = SpaceView3D.draw_handler_add(_draw, (), "WINDOW", "POST_VIEW")
    warming.expect(
        *(partial(_warm_solids, drawn_as) for drawn_as in (_behind_things, _as_solids)),
        *(partial(_warm_lines, drawn_as) for drawn_as in (_behind_things, _as_lines)),
    )


def unregister() -> None:
    """Stop drawing."""
    if _Handler.handle is not None:
        SpaceView3D.draw_handler_remove(_Handler.handle, "WINDOW")
        _Handler.handle = None
    warming.forget()


def seconds_at(scene: Scene, take: Take, frame_start: float) -> float:
    """Return the time of a take, in its seconds, that the present frame of the scene shows."""
    times = np.asarray(take.times)
    since = (scene.frame_current_final - frame_start) / scene_rate(scene)
    return float(np.clip(times[0] + since, times[0], times[-1]))


def joints_at(take: Take, seconds: float) -> tuple[Array, NDArray[np.bool_]]:
    """Return the joints (J,3) between the two frames around a time, and which heels and toes (4,) stand."""
    times = np.asarray(take.times)
    after = int(np.clip(np.searchsorted(times, seconds), 1, max(1, take.frames - 1)))
    before = after - 1
    if take.frames == 1:
        return take.joints[0].astype(np.float64), _stands(take, 0)
    share = float(np.clip((seconds - times[before]) / (times[after] - times[before]), 0, 1))
    joints = (1 - share) * take.joints[before] + share * take.joints[after]
    return joints.astype(np.float64), _stands(take, after if share > 0.5 else before)


def _stands(take: Take, frame: int) -> NDArray[np.bool_]:
    if take.contacts is None:
        return np.zeros(len(CONTACT_JOINTS), bool)
    return np.asarray(take.contacts[frame] > STANDS)


def _draw() -> None:
    context = bpy.context
    if not _is_shown(context):
        return
    item = active_take(context)
    if item is None:
        warming.warm_up()
        return
    warming.forget()
    try:
        take = current_take(item)
    except PosewrightError:
        return  # whoever uses the take is told
    scene = context.scene
    placement = figure_placement(scene, item)
    joints, stands = joints_at(take, seconds_at(scene, take, placement.frame_start))
    scale = placement.size_ratio
    solid = solid_of(capsules(take.joint_names, joints, float(np.nanmax(np.ptp(take.joints, axis=1)[:, 2]))))
    for drawn_as, opacity in ((_behind_things, SOFT), (_as_solids, 1.0)):
        with drawn_as():
            _draw_body(solid, scale, opacity)
    for drawn_as, opacity in ((_behind_things, SOFT), (_as_lines, 1.0)):
        with drawn_as():
            _draw_path(take, scale, opacity)
            _draw_rings(take, joints, stands, scale, opacity)


@contextmanager
def _as_solids() -> Iterator[None]:
    gpu.state.depth_test_set("LESS_EQUAL")
    gpu.state.depth_mask_set(True)
    yield
    gpu.state.depth_mask_set(False)
    gpu.state.depth_test_set("NONE")


@contextmanager
def _behind_things() -> Iterator[None]:
    """Have everything drawn, also what a thing of the scene covers; of solids the sides that face the viewer."""
    gpu.state.depth_test_set("NONE")
    gpu.state.blend_set("ALPHA")
    gpu.state.face_culling_set("BACK")
    yield
    gpu.state.face_culling_set("NONE")
    gpu.state.blend_set("NONE")


@contextmanager
def _as_lines() -> Iterator[None]:
    with _as_solids():
        gpu.state.blend_set("ALPHA")
        yield
        gpu.state.blend_set("NONE")


def _is_shown(context: Context) -> bool:
    space = context.space_data
    return context.scene.posewright.show_figure and isinstance(space, SpaceView3D) and space.overlay.show_overlays


def _draw_body(solid: Solid, scale: float, opacity: float) -> None:
    if len(solid.triangles):
        _solid(solid.points * scale, solid.colours * [1.0, 1.0, 1.0, opacity], solid.triangles)


def _draw_path(take: Take, scale: float, opacity: float) -> None:
    """Draw where the body goes, on the floor."""
    if "pelvis" not in take.joint_names or take.frames < 2:
        return
    path = take.joint("pelvis") * scale
    path = np.column_stack([path[:, :2], np.full(len(path), LIFT * scale)])
    _lines("LINE_STRIP", path, (*PATH_COLOUR[:3], PATH_COLOUR[3] * opacity), 1.5)


def _draw_rings(take: Take, joints: Array, stands: NDArray[np.bool_], scale: float, opacity: float) -> None:
    """Draw a ring on the floor around each heel and toe that stands."""
    turn = np.linspace(0, 2 * np.pi, RING_SEGMENTS + 1)
    circle = RING_RADIUS * np.stack([np.cos(turn), np.sin(turn)], 1)
    for name, standing in zip(CONTACT_JOINTS, stands, strict=True):
        if standing and name in take.joint_names:
            place = joints[take.joint_names.index(name)]
            ring = np.column_stack([place[:2] + circle, np.full(len(circle), LIFT)])
            _lines("LINE_STRIP", ring * scale, (*(part / 255 for part in CONTACT), opacity), RING_WIDTH)


def _solid(points: NDArray[np.floating], colours: NDArray[np.floating], triangles: NDArray[np.integer]) -> None:
    shader = gpu.shader.from_builtin(SOLIDS)
    content = {"pos": points.astype(np.float32), "color": colours.astype(np.float32)}
    batch_for_shader(shader, "TRIS", content, indices=triangles).draw(shader)


def _lines(kind: str, points: NDArray[np.floating], colour: tuple[float, ...], width: float) -> None:
    shader = gpu.shader.from_builtin(LINES)
    shader.uniform_float("viewportSize", gpu.state.viewport_get()[2:])
    shader.uniform_float("lineWidth", width)
    shader.uniform_float("color", colour)
    batch_for_shader(shader, kind, {"pos": points.astype(np.float32)}).draw(shader)


def _warm_solids(drawn_as: DrawnAs) -> None:
    """Draw a triangle without an area."""
    with drawn_as():
        _solid(np.zeros((3, 3), np.float32), np.zeros((3, 4), np.float32), np.arange(3, dtype=np.int32)[None])


def _warm_lines(drawn_as: DrawnAs) -> None:
    """Draw a line without a length."""
    with drawn_as():
        _lines("LINE_STRIP", np.zeros((2, 3)), (0.0, 0.0, 0.0, 0.0), RING_WIDTH)
