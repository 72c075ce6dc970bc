"""The fifth panel: apply the take."""

from bpy.types import Context, Panel

from ...errors import PosewrightError
from ..notes import draw_notes
from ..panels import SidebarPanel
from .operators import needs_mannequin


class POSEWRIGHT_PT_apply(SidebarPanel, Panel):
    """The take on the character."""

    bl_idname = "POSEWRIGHT_PT_apply"
    bl_label = "Apply"
    bl_order = 5

    def draw(self, context: Context) -> None:
        """Draw the large button and what there is to say about the result."""
        chosen = context.scene.posewright.apply
        column = self.layout.column()
        column.prop(chosen, "frame_start")
        button = column.row()
        button.scale_y = 1.5
        button.operator("posewright.apply", icon="PLAY", text=_words(context))
        if chosen.notes:
            draw_notes(column.box(), chosen.notes.splitlines(), context)


class POSEWRIGHT_PT_apply_options(SidebarPanel, Panel):
    """What is seldom changed."""

    bl_idname = "POSEWRIGHT_PT_apply_options"
    bl_parent_id = "POSEWRIGHT_PT_apply"
    bl_label = "Options"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: Context) -> None:
        """Draw the choices."""
        chosen = context.scene.posewright.apply
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        for name in ("drive", "feet", "hands_meet", "fingers", "root", "place"):
            layout.prop(chosen, name)
        layout.separator()
        for name in ("nla", "reduce", "interpolation"):
            layout.prop(chosen, name)


class POSEWRIGHT_PT_apply_from_armature(SidebarPanel, Panel):
    """Retargeting from rig to rig."""

    bl_idname = "POSEWRIGHT_PT_apply_from_armature"
    bl_parent_id = "POSEWRIGHT_PT_apply"
    bl_label = "From Another Armature"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: Context) -> None:
        """Draw the choice and the button."""
        row = self.layout.row(align=True)
        row.prop(context.scene.posewright.character, "source", text="", icon="ARMATURE_DATA")
        row.operator("posewright.apply_from_armature", text="Apply Its Motion")


def _words(context: Context) -> str:
    try:
        return "Apply to a New Mannequin" if needs_mannequin(context) else "Apply"
    except PosewrightError:
        return "Apply"
