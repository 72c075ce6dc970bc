"""Pick the character by clicking on it in the 3D view."""
# pyright: reportInvalidTypeForm=false, reportMissingImports=false

from typing import NamedTuple

import bpy
import numpy as np
from bpy.props import StringProperty
from bpy.types import Area, Context, Event, Object, Operator, Region, RegionView3D
from bpy_extras.view3d_utils import region_2d_to_origin_3d, region_2d_to_vector_3d
from numpy.typing import NDArray

from ...errors import PosewrightError
from ..reports import reported
from .choice import animated_rig, armature_behind, named_character

REACH = 20.0  # pixels, of the usual size, from the pointer to a bone
NOTHING_HIT = "Nothing there; click a character or its bones."

Array = NDArray[np.float64]


class Spot(NamedTuple):
    """A place in a 3D view."""

    region: Region
    view: RegionView3D
    at: tuple[float, float]  # pixels in the region


class POSEWRIGHT_OT_pick_character(Operator):
    """Click on a character in the 3D view, on its mesh or its bones; Esc leaves the choice as it is"""

    bl_idname = "posewright.pick_character"
    bl_label = "Pick Character"
    bl_options = {"REGISTER", "UNDO"}

    character: StringProperty(
        name="Character",
        description="The armature, or an object that it moves; when empty, what is selected",
        options={"SKIP_SAVE"},
    )

    _workspace = ""

    def invoke(self, context: Context, event: Event) -> set[str]:
        """Wait for the click."""
        if self.character:
            return self.execute(context)
        context.window.cursor_modal_set("EYEDROPPER")
        self._workspace = context.workspace.name
        context.workspace.status_text_set("Click: pick the character   Esc or right mouse button: leave")
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: Context, event: Event) -> set[str]:
        """Pick what is clicked; the view can be turned meanwhile."""
        if event.type in {"ESC", "RIGHTMOUSE"} and event.value == "PRESS":
            self._end(context)
            return {"CANCELLED"}
        if event.type != "LEFTMOUSE" or event.value != "PRESS":
            return {"PASS_THROUGH"}
        spot = spot_at(context, event.mouse_x, event.mouse_y)
        obj = object_at(context, spot) if spot is not None else None
        if obj is None:
            if spot is not None:
                self.report({"INFO"}, NOTHING_HIT)
            return {"RUNNING_MODAL"}
        armature = armature_behind(obj)
        if armature is None:
            self.report({"INFO"}, f"No armature moves {obj.name}; click a character or its bones.")
            return {"RUNNING_MODAL"}
        self._end(context)
        self.character = armature.name
        return self.execute(context)

    @reported
    def execute(self, context: Context) -> set[str]:
        """Choose the named character, or the one that is selected."""
        obj = named_character(context.scene, self.character) if self.character else _selected(context)
        chosen = animated_rig(obj, context.scene)
        context.scene.posewright.character.armature = chosen
        because = "" if chosen == obj else f", the rig that was generated from {obj.name}"
        self.report({"INFO"}, f"The character is {chosen.name}{because}.")
        return {"FINISHED"}

    def cancel(self, context: Context) -> None:
        """Clean up when Blender itself ends the operator."""
        self._end(context)

    def _end(self, context: Context) -> None:
        context.window.cursor_modal_restore()
        workspace = bpy.data.workspaces.get(self._workspace)  # not the present one, which may have changed meanwhile
        if workspace is not None:
            workspace.status_text_set(None)


class POSEWRIGHT_OT_use_selected_character(Operator):
    """Choose the character that is selected, by its armature or by a mesh that it moves"""

    bl_idname = "posewright.use_selected_character"
    bl_label = "Use Selected"
    bl_options = {"REGISTER", "UNDO"}

    @reported
    def execute(self, context: Context) -> set[str]:
        """Choose it."""
        obj = _selected(context)
        context.scene.posewright.character.armature = animated_rig(obj, context.scene)
        return {"FINISHED"}


def spot_at(context: Context, x: int, y: int) -> Spot | None:
    """Return the place in a 3D view of the window under a point of it, None where there is none."""
    for area in context.window.screen.areas:
        if area.type == "VIEW_3D" and _holds(area, x, y):
            over = [region for region in area.regions if region.type != "WINDOW" and _holds(region, x, y)]
            region = next(region for region in area.regions if region.type == "WINDOW")
            view = area.spaces.active.region_3d
            if view is not None and not any(region.width > 1 and region.height > 1 for region in over):
                return Spot(region, view, (x - region.x, y - region.y))
    return None


def object_at(context: Context, spot: Spot) -> Object | None:
    """Return the armature whose bones, or the mesh whose faces, lie under a spot; bones, which are thin, first."""
    scale = context.preferences.system.ui_scale
    armature, apart = _nearest_armature(context, spot)
    if armature is not None and apart < 0.3 * REACH * scale:
        return armature
    origin = region_2d_to_origin_3d(spot.region, spot.view, spot.at)
    direction = region_2d_to_vector_3d(spot.region, spot.view, spot.at)
    hit, _, _, _, obj, _ = context.scene.ray_cast(context.evaluated_depsgraph_get(), origin, direction)
    if hit:
        return obj.original if obj.original is not None else obj
    return armature if apart < REACH * scale else None


def _nearest_armature(context: Context, spot: Spot) -> tuple[Object | None, float]:
    """Return the visible armature of which a bone is nearest to the spot, and how far away that is in pixels."""
    best, least = None, np.inf
    for obj in context.view_layer.objects:
        if obj.type == "ARMATURE" and obj.pose is not None and obj.visible_get():
            apart = float(bones_apart(obj, spot)[1].min(initial=np.inf))
            if apart < least:
                best, least = obj, apart
    return best, least


def bones_apart(obj: Object, spot: Spot) -> tuple[list[str], Array]:
    """Return the bones of an armature before the viewer, and how far (N,) they are from a spot, pixels."""
    bones = [bone for bone in obj.pose.bones if not bone.bone.hide]
    if not bones:
        return [], np.zeros(0)
    world = np.array(obj.matrix_world, np.float64)
    ends = np.array([end for bone in bones for end in (bone.head, bone.tail)], np.float64)
    places, before = _on_screen(ends @ world[:3, :3].T + world[:3, 3], spot)
    both = before.reshape(-1, 2).all(1)
    names = [bone.name for bone, is_before in zip(bones, both, strict=True) if is_before]
    return names, _from_lines(np.array(spot.at, np.float64), places[0::2][both], places[1::2][both])


def _on_screen(points: Array, spot: Spot) -> tuple[Array, NDArray[np.bool_]]:
    """Return where points (N,3) are in the region, pixels (N,2), and which (N,) lie before the viewer."""
    matrix = np.array(spot.view.perspective_matrix, np.float64)
    clip = np.concatenate([points, np.ones((len(points), 1))], 1) @ matrix.T
    before = clip[:, 3] > 1e-6
    flat = clip[:, :2] / np.where(before, clip[:, 3], 1.0)[:, None]
    return (flat + 1.0) / 2.0 * np.array([spot.region.width, spot.region.height]), before


def _from_lines(point: Array, starts: Array, stops: Array) -> Array:
    """Return how far a point (2,) is from lines (N,) between two ends (N,2)."""
    span = stops - starts
    share = np.clip(np.sum((point - starts) * span, 1) / np.maximum(np.sum(span**2, 1), 1e-9), 0.0, 1.0)
    return np.linalg.norm(point - starts - share[:, None] * span, axis=1)


def _holds(part: Area | Region, x: int, y: int) -> bool:
    return part.x <= x < part.x + part.width and part.y <= y < part.y + part.height


def _selected(context: Context) -> Object:
    active = context.view_layer.objects.active
    armature = armature_behind(active) if active is not None else None
    if armature is None:
        raise PosewrightError("Select a character first, by its armature or its mesh.")
    return armature
