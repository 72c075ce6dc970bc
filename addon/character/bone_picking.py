"""Pick the bone of a part by clicking on it in the 3D view."""
# pyright: reportInvalidTypeForm=false

import bpy
import numpy as np
from bpy.props import StringProperty
from bpy.types import Context, Event, Object, Operator, OperatorProperties

from ...errors import PosewrightError
from ...rigging.maps.parts import in_words
from . import lighting
from .asking import go_on
from .base import OfCharacter, require_part
from .choice import find_character
from .picking import REACH, Spot, bones_apart, spot_at
from .rows import state_first

NO_BONE = "No bone there; click on one, or press Esc."


class POSEWRIGHT_OT_pick_bone(OfCharacter, Operator):
    """Click on the bone in the 3D view; Esc leaves the part as it is"""

    bl_idname = "posewright.pick_bone"
    bl_label = "Pick Bone"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}  # needs a part: not for the search

    part: StringProperty(name="Part", description="The part of the body, such as left_hand", options={"SKIP_SAVE"})
    bone: StringProperty(
        name="Bone", description="The bone; when empty, the one that is clicked", options={"SKIP_SAVE"}
    )

    _workspace = ""

    @classmethod
    def description(cls, context: Context, properties: OperatorProperties) -> str:
        """Name the part in the tooltip."""
        return f"Click on the {in_words(properties.part)} in the 3D view; Esc leaves it as it is"

    def invoke(self, context: Context, event: Event) -> set[str]:
        """Wait for the click."""
        if self.bone:
            return self.execute(context)
        context.window.cursor_modal_set("EYEDROPPER")
        self._workspace = context.workspace.name
        context.workspace.status_text_set(
            f"Click: pick the {in_words(self.part)}   Esc or right mouse button: leave it as it is"
        )
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: Context, event: Event) -> set[str]:
        """Light up the bone under the mouse, and take the one that is clicked; the view can be turned meanwhile."""
        obj = _character(context)
        if obj is None or (event.type in {"ESC", "RIGHTMOUSE"} and event.value == "PRESS"):
            self._end(context)
            return {"CANCELLED"}
        if event.type == "MOUSEMOVE":
            lighting.point_at(context, _bone_under(context, event, obj) or "")
        if event.type != "LEFTMOUSE" or event.value != "PRESS":
            return {"PASS_THROUGH"}
        bone = _bone_under(context, event, obj)
        if not bone:
            if bone is not None:
                self.report({"INFO"}, NO_BONE)
            return {"RUNNING_MODAL"}
        self._end(context)
        self.bone = bone
        return self.execute(context)

    def work(self, context: Context, obj: Object) -> str:
        """State the part."""
        require_part(self.part)
        if not self.bone:
            raise PosewrightError("Name the bone, or call this in a window to click on it.")
        state_first(context.scene, obj, self.part, self.bone)
        go_on(context.scene, obj, self.part)
        return f"{obj.name}: {self.bone} is the {in_words(self.part)}."

    def cancel(self, context: Context) -> None:
        """Clean up when Blender itself ends the operator."""
        self._end(context)

    def _end(self, context: Context) -> None:
        context.window.cursor_modal_restore()
        lighting.point_at(context, "")
        workspace = bpy.data.workspaces.get(self._workspace)  # not the present one, which may have changed meanwhile
        if workspace is not None:
            workspace.status_text_set(None)


def bone_at(obj: Object, spot: Spot, reach: float) -> str:
    """Return the bone of an armature that is nearest to a spot of a 3D view, "" when none is within so many pixels."""
    names, apart = bones_apart(obj, spot)
    near = int(np.argmin(apart)) if len(apart) else -1
    return names[near] if near >= 0 and apart[near] < reach else ""


def _bone_under(context: Context, event: Event, obj: Object) -> str | None:
    """Return the bone under the mouse, "" for none there, None outside of the 3D views."""
    spot = spot_at(context, event.mouse_x, event.mouse_y)
    return None if spot is None else bone_at(obj, spot, REACH * context.preferences.system.ui_scale)


def _character(context: Context) -> Object | None:
    try:
        return find_character(context)
    except PosewrightError:
        return None  # it was deleted meanwhile
