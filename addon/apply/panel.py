"""The fifth panel: apply the take."""

from bpy.types import Context, Panel

from ...errors import PosewrightError
from ..character.choice import selected_characters, trouble_of
from ..notes import BUTTON_POINTS, draw_notes
from ..panels import SidebarPanel
from ..takes.store import active_take
from .drawing import draw_keys, draw_motion, draw_start
from .operators import needs_mannequin
from .slices import present

MOST_NOTES = 4
NO_TAKE = "Capture or import a take first."


class POSEWRIGHT_PT_apply(SidebarPanel, Panel):
    """The take on the character."""

    bl_idname = "POSEWRIGHT_PT_apply"
    bl_label = "Apply"
    bl_order = 5

    def draw(self, context: Context) -> None:
        """Draw the large button and what there is to say about the result."""
        chosen = context.scene.posewright.apply
        column = self.layout.column()
        start = column.column()
        start.use_property_split = True
        start.use_property_decorate = False
        draw_start(start, chosen)
        button = column.row()
        button.scale_y = 1.5
        button.enabled = not trouble_of(context)
        if active_take(context) is None:
            draw_notes(column, [NO_TAKE], context)
        several = len(selected_characters(context))
        work = present("apply")
        if work is not None:
            button.progress(factor=work.done, text=f"Applying {round(100 * work.done)} %")
            column.operator("posewright.cancel_apply", icon="CANCEL", text="Cancel")
        elif several:
            button.operator("posewright.apply", icon="PLAY", text=f"Apply to {several} Characters", translate=False)
        elif _is_for_mannequin(context):
            button.operator("posewright.apply", icon="PLAY", text="Apply to a New Mannequin")
        else:
            button.operator("posewright.apply", icon="PLAY", text="Apply")
        if chosen.notes:
            row = column.box().row()
            notes = chosen.notes.splitlines()
            draw_notes(row.column(), notes[:MOST_NOTES], context, beside=BUTTON_POINTS)
            aside = row.column()
            aside.operator("posewright.dismiss_notes", text="", icon="X", emboss=False)


class POSEWRIGHT_PT_apply_motion(SidebarPanel, Panel):
    """How the character follows."""

    bl_idname = "POSEWRIGHT_PT_apply_motion"
    bl_parent_id = "POSEWRIGHT_PT_apply"
    bl_label = "Motion"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: Context) -> None:
        """Draw the choices."""
        self.layout.use_property_split = True
        self.layout.use_property_decorate = False
        draw_motion(self.layout, context.scene.posewright.apply)


class POSEWRIGHT_PT_apply_keys(SidebarPanel, Panel):
    """What becomes of it."""

    bl_idname = "POSEWRIGHT_PT_apply_keys"
    bl_parent_id = "POSEWRIGHT_PT_apply"
    bl_label = "Keys"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: Context) -> None:
        """Draw the choices."""
        self.layout.use_property_split = True
        self.layout.use_property_decorate = False
        draw_keys(self.layout, context.scene.posewright.apply)


class POSEWRIGHT_PT_apply_from_armature(SidebarPanel, Panel):
    """Retargeting from rig to rig."""

    bl_idname = "POSEWRIGHT_PT_apply_from_armature"
    bl_parent_id = "POSEWRIGHT_PT_apply"
    bl_label = "From Another Armature"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: Context) -> None:
        """Draw the choice and the button."""
        column = self.layout.column(align=True)
        column.prop(context.scene.posewright.character, "source", text="", icon="ARMATURE_DATA")
        button = column.row()
        button.enabled = context.scene.posewright.character.source is not None
        button.operator("posewright.apply_from_armature", text="Apply Its Motion")


def _is_for_mannequin(context: Context) -> bool:
    try:
        return needs_mannequin(context)
    except PosewrightError:
        return False
