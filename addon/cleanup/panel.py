"""The last panel: clean up."""

from bpy.types import Context, Menu, Panel, UILayout, UIList

from ...core.edits.edit import WHOLE
from ...core.relift import can_lift_again
from ...errors import PosewrightError
from .. import session
from ..jobs.drawing import draw_jobs
from ..notes import draw_notes
from ..panels import SidebarPanel
from ..takes.properties import PosewrightTake
from ..takes.store import active_take, take_of
from .changing import Clock, clock_of
from .edits import contact_edits_of
from .frames import range_words
from .live import chosen_edit
from .properties import PosewrightEdit

VALUES = {"floor": "height", "turn": "angle", "freeze": "ease"}
"""Kind of edit -> the slider of its value."""

AFTER_SWAP = (
    "Lift Again finds the motion anew from the keypoints, which have changed sides too: better than a swap alone."
)
"""Measured: docs/cleanup.md."""

PARTS = {"arms": "arms", "legs": "legs"}


class POSEWRIGHT_UL_edits(UIList):
    """What was changed, with a switch and a button to take it away."""

    clock: Clock | None = None  # of the take whose list is drawn: found once, for it looks at all objects of the scene

    def draw_item(
        self,
        context: Context,
        layout: UILayout,
        data: PosewrightTake,
        item: PosewrightEdit,
        icon: int,
        active_data: object,
        active_property: str,
        index: int = 0,
        flt_flag: int = 0,
    ) -> None:
        """Draw kind, frames, switch and button."""
        row = layout.row(align=True)
        words = row.row()
        words.active = item.enabled
        kind = item.bl_rna.properties["kind"].enum_items[item.kind]
        words.label(text=kind.name, icon=kind.icon)
        aside = words.row()
        aside.alignment = "RIGHT"
        aside.label(text=_where(item, POSEWRIGHT_UL_edits.clock), translate=False)
        mark = "CHECKBOX_HLT" if item.enabled else "CHECKBOX_DEHLT"
        row.operator("posewright.toggle_edit", text="", icon=mark, emboss=False).index = index
        row.operator("posewright.remove_edit", text="", icon="X", emboss=False).index = index


def _where(edit: PosewrightEdit, clock: Clock | None) -> str:
    """Return the frames of an edit, or its amount."""
    if edit.kind == "floor":
        return f"{100 * edit.value:+.1f} cm"
    if edit.kind == "turn":
        return f"{edit.value:+.0f}°"
    if edit.kind in WHOLE or clock is None:
        return ""
    first, last = clock.frame(edit.first), clock.frame(edit.last)
    frames = f"{first} - {last}" if last > first else str(first)
    return f"{PARTS[edit.part]}, {frames}" if edit.part in PARTS else frames


class POSEWRIGHT_MT_whole_take(Menu):
    """Where the whole take lies."""

    bl_idname = "POSEWRIGHT_MT_whole_take"
    bl_label = "Whole Take"

    def draw(self, context: Context) -> None:
        """Draw the choices."""
        layout = self.layout
        layout.operator("posewright.offset_floor", icon="IMPORT")
        layout.operator("posewright.turn_take", icon="ORIENTATION_GIMBAL")
        layout.operator("posewright.start_at_origin", icon="OBJECT_ORIGIN")


class POSEWRIGHT_PT_cleanup(SidebarPanel, Panel):
    """The take made better."""

    bl_idname = "POSEWRIGHT_PT_cleanup"
    bl_label = "Clean Up"
    bl_order = 6
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: Context) -> None:
        """Draw smoothing, what can be done, and what was done."""
        layout, item = self.layout, active_take(context)
        if item is None:
            layout.label(text="No take yet", icon="INFO")
            return
        _draw_smoothing(layout, context)
        _draw_buttons(layout, context)
        _draw_edits(layout, context, item)
        _draw_spared(layout, context)
        draw_jobs(layout, "relift")


def _draw_smoothing(layout: UILayout, context: Context) -> None:
    sliders = context.window_manager.posewright
    column = layout.column(align=True)
    column.prop(sliders, "smooth", slider=True)
    kind = column.row()
    kind.active = sliders.smooth > 0
    kind.prop(sliders, "filter", text="")


def _draw_buttons(layout: UILayout, context: Context) -> None:
    column = layout.column(align=True)
    column.label(text=range_words(context.scene), icon="PREVIEW_RANGE")
    split = column.split(factor=0.37, align=True)
    split.label(text="Swap Sides")
    row = split.row(align=True)
    for part, name in (("body", "Body"), ("arms", "Arms"), ("legs", "Legs")):
        row.operator("posewright.swap_sides", text=name).part = part
    column.operator("posewright.freeze", icon="FREEZE")
    row = layout.row(align=True)
    row.operator("posewright.floor_here", icon="IMPORT")
    row.menu("POSEWRIGHT_MT_whole_take", text="", icon="DOWNARROW_HLT")


def _draw_edits(layout: UILayout, context: Context, item: PosewrightTake) -> None:
    if not len(item.edits):
        return
    POSEWRIGHT_UL_edits.clock = _clock(context, item)
    column = layout.column()
    column.template_list("POSEWRIGHT_UL_edits", "", item, "edits", item, "edit_index", rows=2, maxrows=6)
    edit = chosen_edit(item)
    if edit is not None and edit.kind in VALUES:
        column.prop(context.window_manager.posewright, VALUES[edit.kind])
    if any(edit.kind == "swap" and edit.enabled for edit in item.edits) and _can_lift_again(item):
        box = column.box()
        draw_notes(box, [AFTER_SWAP], context)
        box.operator("posewright.relift", icon="FILE_REFRESH")


def _clock(context: Context, item: PosewrightTake) -> Clock | None:
    try:
        return clock_of(context.scene, item)
    except PosewrightError:
        return None


def _can_lift_again(item: PosewrightTake) -> bool:
    try:
        return can_lift_again(take_of(item))
    except PosewrightError:
        return False


def _draw_spared(layout: UILayout, context: Context) -> None:
    if not session.state.spared:
        return
    box = layout.box()
    what = "was changed by hand, so it did not follow. Apply Again keeps that action in the file, and makes another."
    draw_notes(box, [f"The motion of {session.state.spared} {what}"], context, icon="ERROR")
    box.operator("posewright.follow_edits", text="Apply Again", icon="FILE_REFRESH").spare = False


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
        layout.label(text=range_words(context.scene), icon="PREVIEW_RANGE")
        for foot, name in (("left", "Left Foot"), ("right", "Right Foot")):
            row = layout.row(align=True)
            row.label(text=name)
            row.operator("posewright.foot_stands", text="Stands").foot = foot
            row.operator("posewright.foot_in_air", text="In the Air").foot = foot
        item = active_take(context)
        if item is not None and item.contacts:
            row = layout.row()
            count = len(contact_edits_of(item))
            row.label(text=f"{count} changes" if count != 1 else "1 change")
            row.operator("posewright.reset_contacts", text="", icon="LOOP_BACK")
