"""Suggestions for the bones of a character: show them for a part, and go through what is missing."""
# pyright: reportInvalidTypeForm=false

from bpy.props import StringProperty
from bpy.types import Context, Object, Operator, OperatorProperties

from ...rigging.maps.parts import in_words
from . import lighting
from .asking import ask, asked_part, next_question, open_questions
from .base import OfCharacter, require_part
from .status import status_of


class POSEWRIGHT_OT_suggest_bones(OfCharacter, Operator):
    """Show the likeliest bones for this part, best first, here and with numbers in the 3D view"""

    bl_idname = "posewright.suggest_bones"
    bl_label = "Suggestions"
    bl_options = {"INTERNAL", "UNDO"}  # needs a part: not for the search

    part: StringProperty(
        name="Part",
        description="The part of the body, such as left_hand; that whose suggestions are shown, or none: they go away",
        options={"SKIP_SAVE"},
    )

    @classmethod
    def description(cls, context: Context, properties: OperatorProperties) -> str:
        """Name the part in the tooltip."""
        if properties.part in ("", asked_part(context.scene)):
            return "Put the suggestions away"
        return (
            f"Show the likeliest bones for the {in_words(properties.part)}, best first, here and with numbers in the "
            "3D view"
        )

    def work(self, context: Context, obj: Object) -> str:
        """Show them, or put them away."""
        if self.part:
            require_part(self.part)
        lighting.look_at(context, "")
        ask(context.scene, "" if self.part == asked_part(context.scene) else self.part)
        return ""


class POSEWRIGHT_OT_choose_missing(OfCharacter, Operator):
    """Go through the parts of the body that are missing or doubtful, needed ones first, with the likeliest bones"""

    bl_idname = "posewright.choose_missing"
    bl_label = "Choose Missing Bones"
    bl_options = {"REGISTER", "UNDO"}

    after: StringProperty(
        name="After", description="The part after which to go on; when empty, the first", options={"SKIP_SAVE"}
    )

    @classmethod
    def description(cls, context: Context, properties: OperatorProperties) -> str:
        """Say where the button with a part goes on."""
        return "Leave this part for later and go on to the next" if properties.after else cls.__doc__ or ""

    def work(self, context: Context, obj: Object) -> str:
        """Ask about the next part."""
        status = status_of(context.scene, obj)
        waiting = open_questions(status)
        part = next_question(status, self.after) if self.after else waiting[0] if waiting else ""
        ask(context.scene, part or (self.after if self.after in waiting else ""), one_by_one=True)
        return "" if waiting else f"{obj.name}: all parts that are needed are known."
