"""The fourth panel: the character."""

from bpy.types import Context, Panel

from ..panels import SidebarPanel


class POSEWRIGHT_PT_character(SidebarPanel, Panel):
    """Who gets the motion."""

    bl_idname = "POSEWRIGHT_PT_character"
    bl_label = "Character"
    bl_order = 4

    def draw(self, context: Context) -> None:
        """Draw the choice."""
        character = context.scene.posewright.character
        row = self.layout.row(align=True)
        row.prop(character, "armature", text="")
        row.operator("posewright.add_mannequin", text="", icon="ADD")
