"""The third panel: the takes of the file."""

from bpy.types import Context, Menu, Panel, UILayout, UIList

from ..apply.applying import wearers
from ..notes import BUTTON_POINTS, draw_notes, is_narrow
from ..panels import SidebarPanel
from .camera import footage_of
from .properties import PosewrightTake
from .store import active_take

EMPTY = "Captures and imports come here."


class POSEWRIGHT_UL_takes(UIList):
    """Takes by name; double click renames."""

    def draw_item(
        self,
        context: Context,
        layout: UILayout,
        data: object,
        item: PosewrightTake,
        icon: int,
        active_data: object,
        active_property: str,
        index: int | None = 0,
        flt_flag: int | None = 0,
    ) -> None:
        """Draw name and length, whether it is new, and who has it."""
        row = layout.row(align=True)
        row.prop(item, "name", text="", emboss=False, icon="ACTION")
        worn = wearers(context.scene, item)
        if worn:
            row.operator("posewright.show_wearer", text="", icon="OUTLINER_OB_ARMATURE", emboss=False).take = item.name
        elif item.is_new:
            row.label(text="", icon="LAYER_ACTIVE")
        if is_narrow(context) and (worn or item.is_new):
            return
        length = row.row()
        length.alignment = "RIGHT"
        length.label(text=f"{item.frames / item.fps:.1f} s" if item.fps else "")


class POSEWRIGHT_MT_takes(Menu):
    """What is seldom done with takes."""

    bl_idname = "POSEWRIGHT_MT_takes"
    bl_label = "Takes"

    def draw(self, context: Context) -> None:
        """Draw the choices."""
        layout = self.layout
        layout.operator("posewright.import_take", text="Import...", icon="IMPORT")
        layout.operator("posewright.export_take", text="Export...", icon="EXPORT")
        layout.separator()
        layout.operator("posewright.recall_settings", icon="FILE_REFRESH")
        layout.separator()
        layout.operator("posewright.mark_moments", icon="MARKER")
        layout.operator("posewright.report", text="Report...", icon="FILE_TEXT")


class POSEWRIGHT_PT_takes(SidebarPanel, Panel):
    """The takes of this scene."""

    bl_idname = "POSEWRIGHT_PT_takes"
    bl_label = "Takes"
    bl_order = 3

    def draw(self, context: Context) -> None:
        """Draw the list and what can be done with the chosen take."""
        chosen = context.scene.posewright
        row = self.layout.row()
        row.template_list("POSEWRIGHT_UL_takes", "", chosen, "takes", chosen, "take_index", rows=3)
        aside = row.column(align=True)
        aside.operator("posewright.import_take", text="", icon="ADD")
        aside.operator("posewright.delete_take", text="", icon="REMOVE")
        aside.separator()
        aside.menu("POSEWRIGHT_MT_takes", text="", icon="DOWNARROW_HLT")
        aside.separator()
        aside.prop(chosen, "show_figure", text="", icon="HIDE_OFF" if chosen.show_figure else "HIDE_ON")
        item = active_take(context)
        if item is None:
            draw_notes(self.layout, [EMPTY], context)
            return
        self.layout.operator("posewright.add_camera", icon="VIEW_CAMERA")
        footage = footage_of(context.scene, item)
        if footage is not None:
            split = self.layout.split(factor=0.55, align=True)
            split.prop(footage, "alpha", text="" if is_narrow(context) else "Footage", slider=True)
            split.row(align=True).prop(footage, "display_depth", expand=True)
        if item.notes:
            row = self.layout.box().row()
            draw_notes(row.column(), item.notes.splitlines(), context, beside=BUTTON_POINTS)
            row.column().operator("posewright.dismiss_take_notes", text="", icon="X", emboss=False)
