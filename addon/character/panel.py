"""The fourth panel: the character, and what is known about its bones."""

from bpy.types import Context, Object, Panel, UILayout

from ...errors import PosewrightError
from ..notes import draw_notes
from ..panels import SidebarPanel
from .asking import asked_part, open_questions
from .choice import animated_rig, armature_behind, armatures_in, find_character, selected_characters, trouble_of
from .status import Status, status_of
from .suggestions import draw_question
from .words import doubts, extras, lacks, missing, summary, system, trouble

NOBODY = "None yet: Apply adds a mannequin."
MOST_CONFLICTS = 3  # told one by one
SEVERAL = "Select the character that is meant, or click on it with the arrow."


class POSEWRIGHT_PT_character(SidebarPanel, Panel):
    """Who gets the motion."""

    bl_idname = "POSEWRIGHT_PT_character"
    bl_label = "Character"
    bl_order = 4

    def draw(self, context: Context) -> None:
        """Draw the choice, and how well the character is understood."""
        character = context.scene.posewright.character
        column = self.layout.column()
        row = column.row(align=True)
        row.prop(character, "armature", text="", placeholder="Selected Character")
        row.operator("posewright.pick_character", text="", icon="RESTRICT_SELECT_OFF")
        row.operator("posewright.add_mannequin", text="", icon="ADD")
        other = _selected_other(context)
        if other is not None:
            column.operator("posewright.use_selected_character", icon="FORWARD")
        refused = trouble_of(context)
        if refused:
            draw_notes(column, [refused], context, icon="ERROR")
            return
        found = selected_characters(context) or _only(find_character(context))
        if not found:
            draw_notes(column, [SEVERAL if armatures_in(context.scene) else NOBODY], context)
        for obj in found:
            draw_status(column, obj, context)


def draw_status(layout: UILayout, obj: Object, context: Context) -> None:
    """Draw how many parts were found, what the character is taken for, and what is missing or doubtful."""
    column = layout.column(align=True)
    try:
        status = status_of(context.scene, obj)
    except PosewrightError as error:
        draw_notes(column, [str(error)], context, icon="ERROR")
        return
    words, icon = summary(status)
    if context.scene.posewright.character.armature != obj:
        column.label(text=obj.name, icon="ARMATURE_DATA", translate=False)
    column.label(text=words, icon=icon)
    draw_notes(column, [line for line in (trouble(status),) if line], context, icon="BLANK1")
    if obj == find_character(context):
        _draw_way_out(layout, status, context)
    column = layout.column(align=True)
    lines = [system(status), extras(status), lacks(status), *doubts(status)]
    draw_notes(column, [line for line in lines if line], context, icon="BLANK1")
    more = len(status.conflicts) - MOST_CONFLICTS
    draw_notes(column, status.conflicts[:MOST_CONFLICTS], context, icon="ERROR")
    if more > 0:
        draw_notes(column, [f"{more} more: Check under Bone Map"], context, icon="BLANK1")


def _draw_way_out(layout: UILayout, status: Status, context: Context) -> None:
    """Draw what helps: the next question, or the button that begins to ask; else where things can be corrected."""
    part, waiting = asked_part(context.scene), open_questions(status)
    if part and context.scene.posewright.character.one_by_one:
        draw_question(layout, part, status, context)
    elif waiting:
        button = layout.row()
        button.scale_y = 1.2
        is_missing = any(other in missing(status) for other in waiting)
        words = "Choose Missing Bones" if is_missing else "Look at Doubtful Bones"
        button.operator("posewright.choose_missing", text=words, icon="LIGHT")
    elif status.trouble:
        layout.label(text="Correct it under Bone Map", icon="DOWNARROW_HLT")


def _only(obj: Object | None) -> list[Object]:
    return [] if obj is None else [obj]


def _selected_other(context: Context) -> Object | None:
    """Return the character behind the active object when another one is chosen."""
    active, chosen = context.view_layer.objects.active, context.scene.posewright.character.armature
    meant = armature_behind(active) if active is not None and chosen is not None else None
    meant = animated_rig(meant, context.scene) if meant is not None else None
    return meant if meant != chosen else None
