"""The last panel: clean up."""

from bpy.types import Context, Panel

from ..panels import SidebarPanel


class POSEWRIGHT_PT_cleanup(SidebarPanel, Panel):
    """The take made better."""

    bl_idname = "POSEWRIGHT_PT_cleanup"
    bl_label = "Clean Up"
    bl_order = 6
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: Context) -> None:
        """Draw nothing: the parts lie below."""


class POSEWRIGHT_PT_contacts(SidebarPanel, Panel):
    """When the feet stand: change it, and apply the take again."""

    bl_idname = "POSEWRIGHT_PT_contacts"
    bl_parent_id = "POSEWRIGHT_PT_cleanup"
    bl_label = "Contacts"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: Context) -> None:
        """Draw the buttons for the dope sheet, and one for each foot on the ground and in the air."""
        layout = self.layout
        row = layout.row(align=True)
        row.operator("posewright.edit_contacts", icon="ACTION")
        row.operator("posewright.apply_contacts", icon="FILE_REFRESH")
        scene = context.scene
        if scene.use_preview_range:
            frames = f"Frames {scene.frame_preview_start} to {scene.frame_preview_end}"
        else:
            frames = f"Frame {scene.frame_current}"
        layout.label(text=frames, icon="PREVIEW_RANGE")
        for foot in ("left", "right"):
            row = layout.row(align=True)
            row.label(text=f"{foot.title()} Foot")
            row.operator("posewright.foot_stands", text="Stands").foot = foot
            row.operator("posewright.foot_in_air", text="In the Air").foot = foot
