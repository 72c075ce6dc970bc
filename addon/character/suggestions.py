"""The likeliest bones for a part, drawn as buttons of which a click takes one."""

from bpy.types import Context, UILayout

from .asking import open_questions
from .rows import SHORT
from .status import Status
from .words import title


def draw_suggestions(layout: UILayout, part: str, status: Status) -> None:
    """Draw the suggestions for a part, best first; the present bone is pressed."""
    prefix = status.prefix
    column = layout.column(align=True)
    for number, suggestion in enumerate(status.suggestions(part), 1):
        is_present = suggestion.bone == status.map.first(part)
        button = column.operator(
            "posewright.set_bone",
            text=f"{number}   {suggestion.bone.removeprefix(prefix)}",
            translate=False,
            depress=is_present,
        )
        button.part, button.bone = part, suggestion.bone
    column.operator("posewright.pick_bone", text="Pick in View", icon="EYEDROPPER").part = part


def draw_question(layout: UILayout, part: str, status: Status, context: Context) -> None:
    """Draw the part that is asked about, with its suggestions, and what else can be done about it."""
    character = context.scene.posewright.character
    box = layout.box().column()
    head = box.row(align=True)
    head.label(text=title(part), icon="QUESTION")
    left = len([other for other in open_questions(status) if other != part])
    if left:
        count = head.row()
        count.alignment = "RIGHT"
        count.label(text=f"{left} more", translate=False)
    head.operator("posewright.suggest_bones", text="", icon="X", emboss=False)
    draw_suggestions(box, part, status)
    other = box.row(align=True)
    other.prop(character.bones, part + SHORT, text="", placeholder="Another Bone")
    if context.mode == "POSE":
        other.operator("posewright.set_bone", text="", icon="RESTRICT_SELECT_OFF").part = part
    row = box.row(align=True)
    row.operator("posewright.clear_bone", text="Has None").part = part
    row.operator("posewright.choose_missing", text="Later", icon="FORWARD").after = part
