"""Choose a character, or add one."""

from bpy.types import Context, Operator

from ...rigging.blender.mannequin import build_mannequin
from ..reports import reported
from ..scenes import require_own


class POSEWRIGHT_OT_add_mannequin(Operator):
    """Add Posewright's own character to the scene and choose it"""

    bl_idname = "posewright.add_mannequin"
    bl_label = "Add Mannequin"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Objects can be added in Object Mode only."""
        return context.mode == "OBJECT"

    @reported
    def execute(self, context: Context) -> set[str]:
        """Build the mannequin."""
        require_own(context.scene)
        context.scene.posewright.character.armature = build_mannequin()
        return {"FINISHED"}
