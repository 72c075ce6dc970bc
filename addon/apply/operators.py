"""Apply: the take of the list, or the motion of another armature, on the character."""

from bpy.types import Context, Operator

from ...errors import PosewrightError
from ...rigging.blender.mannequin import build_mannequin
from ...rigging.blender.sources import take_from_armature
from .. import session
from ..character.choice import character_of, find_character
from ..takes.store import Origin, active_take, add_take, need_take
from .applying import apply_item, progress_shown, say_done


class POSEWRIGHT_OT_apply(Operator):
    """Put the chosen take on the character as keyframes; a scene without any armature gets the mannequin"""

    bl_idname = "posewright.apply"
    bl_label = "Apply"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Only when there is a take."""
        return active_take(context) is not None

    def execute(self, context: Context) -> set[str]:
        """Animate the character."""
        try:
            item = need_take(context)
            if needs_mannequin(context):
                context.scene.posewright.character.armature = build_mannequin()
            result = apply_item(context, character_of(context), item)
        except PosewrightError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        context.scene.posewright.apply.notes = "\n".join(result["notes"])
        session.state.error = ""
        say_done(self, result)
        return {"FINISHED"}


class POSEWRIGHT_OT_apply_from_armature(Operator):
    """Put the motion of another armature of this scene on the character as keyframes, whatever moves it there"""

    bl_idname = "posewright.apply_from_armature"
    bl_label = "Apply Motion of Armature"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Only when an armature is chosen."""
        return context.scene.posewright.character.source is not None

    def execute(self, context: Context) -> set[str]:
        """Read the armature's motion, keep it as a take, and animate the character."""
        try:
            obj, source = character_of(context), context.scene.posewright.character.source
            if obj == source:
                raise PosewrightError(f"{obj.name} is the character itself; choose another one, or another source.")
            if source.name not in context.scene.objects:
                raise PosewrightError(f"The source {source.name} is not in this scene any more; choose another one.")
            with progress_shown(context) as progress:
                take = take_from_armature(source, progress=progress)
            item = add_take(context.scene, take, source.name, Origin())
            result = apply_item(context, obj, item)
        except PosewrightError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        context.scene.posewright.apply.notes = "\n".join(result["notes"])
        say_done(self, result)
        return {"FINISHED"}


def needs_mannequin(context: Context) -> bool:
    """Return whether Apply would add the mannequin: nobody is chosen, and there is no armature to mean."""
    is_object_mode = context.mode == "OBJECT"
    return is_object_mode and find_character(context) is None and not _armatures(context)


def _armatures(context: Context) -> bool:
    return any(obj.type == "ARMATURE" for obj in context.scene.objects)
