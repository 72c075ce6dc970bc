"""Apply: the take of the list, or the motion of another armature, on the character."""
# pyright: reportInvalidTypeForm=false

from typing import TYPE_CHECKING, Any

from bpy.props import StringProperty
from bpy.types import Context, Object, Operator

from ...errors import PosewrightError
from ...rigging.blender.mannequin import build_mannequin
from ...rigging.blender.sources import take_from_armature
from ...rigging.maps.mapping import NOT_FOUND
from .. import session
from ..character.choice import armatures_in, character_of, characters_of, find_character, named_character
from ..reports import reported
from ..scenes import require_own
from ..takes.camera import follow_character
from ..takes.store import Origin, add_take, current_take, need_take, remove_take, take_wanted
from .applying import apply_item, progress_shown, sentence, wearers
from .drawing import draw_choices
from .properties import CHOICES, for_operator

if TYPE_CHECKING:
    from ..takes.properties import PosewrightTake

    _Mixin = Operator
else:
    _Mixin = object  # what is an Operator here gets registered


class _Applies(_Mixin):
    """What the operators that apply share: the choices, as in the panel unless they are given."""

    bl_options = {"REGISTER", "UNDO"}
    __annotations__ = {
        **for_operator(),
        "character": StringProperty(
            name="Character",
            description="The armature, or an object that it moves; when empty, as the panel has it",
            options={"SKIP_SAVE"},
        ),
    }

    def draw(self, context: Context) -> None:
        """Draw the choices where the last operation is adjusted."""
        draw_choices(self.layout, self)

    @reported
    def execute(self, context: Context) -> set[str]:
        """Animate each character that is meant."""
        self._take_from_panel(context)
        done, failed, takes = [], [], len(context.scene.posewright.takes)
        require_own(context.scene)
        item, characters = self.prepared(context)
        is_first = not wearers(context.scene, item)
        for obj in characters:
            try:
                done.append(apply_item(context, obj, item, self.properties))
            except PosewrightError as error:
                failed.append(str(error))
        if not done:
            if len(context.scene.posewright.takes) > takes:
                remove_take(context.scene, takes)  # made for this
            self.report({"ERROR"}, failed[0])
            return {"CANCELLED"}
        for words in failed:
            self.report({"WARNING"}, words)
        if is_first:
            try:
                follow_character(context, item)
            except PosewrightError as error:
                self.report({"WARNING"}, str(error))
        context.scene.posewright.show_figure = False  # the character stands where it stood
        _remember(context, done, failed)
        self.report({"INFO"}, " ".join(sentence(result) for result in done))
        return {"FINISHED"}

    def prepared(self, context: Context) -> "tuple[PosewrightTake, list[Object]]":
        """Return the take and who gets it; PosewrightError when one of them cannot be."""
        raise NotImplementedError

    def _take_from_panel(self, context: Context) -> None:
        given, panel = self.properties, context.scene.posewright.apply
        if given.is_property_set("frame_start") and not given.is_property_set("start"):
            given.start = "frame"
        for name in CHOICES:
            if not given.is_property_set(name):
                setattr(given, name, getattr(panel, name))


class POSEWRIGHT_OT_apply(_Applies, Operator):
    """Put the chosen take on the character as keyframes; a scene without any armature gets the mannequin"""

    bl_idname = "posewright.apply"
    bl_label = "Apply"

    take: StringProperty(
        name="Take", description="A take of the list by its name; when empty, the chosen one", options={"SKIP_SAVE"}
    )

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Only when there is a take."""
        return take_wanted(cls, context)

    def prepared(self, context: Context) -> "tuple[PosewrightTake, list[Object]]":
        """Return the take of the list and the characters that are meant."""
        item = named_take(context, self.take)
        if self.character:
            return item, [named_character(context.scene, self.character)]
        if needs_mannequin(context):
            current_take(item)  # where the take is damaged nobody is added
            context.scene.posewright.character.armature = build_mannequin()
        return item, characters_of(context)


class POSEWRIGHT_OT_apply_from_armature(_Applies, Operator):
    """Put the motion of another armature of this scene on the character as keyframes, whatever moves it there"""

    bl_idname = "posewright.apply_from_armature"
    bl_label = "Apply Motion of Armature"

    source: StringProperty(
        name="From", description="The armature that moves; when empty, that of the panel", options={"SKIP_SAVE"}
    )

    def prepared(self, context: Context) -> "tuple[PosewrightTake, list[Object]]":
        """Read the armature's motion and keep it as a take."""
        scene = context.scene
        obj = named_character(scene, self.character) if self.character else character_of(context)
        source = named_character(scene, self.source) if self.source else scene.posewright.character.source
        if source is None:
            raise PosewrightError("Choose the armature whose motion the character is to have.")
        if obj == source:
            raise PosewrightError(f"{obj.name} is the character itself; choose another one, or another source.")
        if source.name not in scene.objects:
            raise PosewrightError(f"The source {source.name} is not in this scene any more; choose another one.")
        with progress_shown(context) as progress:
            take = take_from_armature(source, progress=progress)
        return add_take(scene, take, source.name, Origin()), [obj]


class POSEWRIGHT_OT_dismiss_notes(Operator):
    """Take the notes about the last result away"""

    bl_idname = "posewright.dismiss_notes"
    bl_label = "Dismiss Notes"
    bl_options = {"INTERNAL", "UNDO"}

    def execute(self, context: Context) -> set[str]:
        """Forget them."""
        context.scene.posewright.apply.notes = ""
        return {"FINISHED"}


def named_take(context: Context, name: str) -> "PosewrightTake":
    """Return the take of that name, or the chosen one; PosewrightError when there is none."""
    if not name:
        return need_take(context)
    found = context.scene.posewright.takes.get(name)
    if found is None:
        names = ", ".join(item.name for item in context.scene.posewright.takes)
        raise PosewrightError(f"There is no take {name} in this scene; its takes: {names}.")
    return found


def needs_mannequin(context: Context) -> bool:
    """Return whether Apply would add the mannequin: nobody is chosen, and there is no armature to mean."""
    is_object_mode = context.mode == "OBJECT"
    return is_object_mode and find_character(context) is None and not armatures_in(context.scene)


def _remember(context: Context, results: list[dict[str, Any]], failed: list[str]) -> None:
    """Keep what the user should know about the results, with the name of the character where there are several."""
    several = len(results) + len(failed) > 1
    notes = [
        f"{result['armature']}: {note}" if several and result["armature"] not in note else note
        for result in results
        for note in result["notes"]
        if not note.startswith(NOT_FOUND)  # which the character's panel shows
    ]
    context.scene.posewright.apply.notes = "\n".join([*failed, *notes])
    session.state.error = ""
