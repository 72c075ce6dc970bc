"""Apply: the take of the list, or the motion of another armature, on the character."""
# pyright: reportInvalidTypeForm=false

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any

from bpy.props import StringProperty
from bpy.types import Context, Event, Object, Operator, Scene, Timer, WindowManager

from ...core.take import Take
from ...errors import PosewrightError
from ...progress import Work, finished, part_of_work
from ...rigging.blender.mannequin import build_mannequin
from ...rigging.blender.sources import reading_armature
from ...rigging.maps.mapping import NOT_FOUND
from .. import session
from ..character.choice import armatures_in, character_of, characters_of, find_character, named_character
from ..jobs.held import is_held
from ..jobs.queue import redraw
from ..reports import reported, reported_when_invoked
from ..scenes import require_own
from ..takes.camera import follow_character
from ..takes.store import Origin, add_take, current_take, find_take, need_take, remove_take, take_wanted
from .ahead import solve_ahead
from .applying import apply_item, sentence, wearers
from .drawing import draw_choices
from .properties import CHOICES, for_operator
from .settings import applied_as
from .slices import AT_ONCE_SECONDS, SLICE_SECONDS, Slices, begin, end, present

SOON = 0.01  # seconds
READING_SECONDS = 0.4
"""A piece of reading an armature: to begin one takes a tenth of a second, and the view is drawn between them."""

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

    first_share = 0.0  # of the work: finding out what is meant
    _meant: "_Meant | None" = None  # from when the button was pressed until the motion is keyed
    _needed: Sequence[Object] = ()
    _slices: Slices | None = None
    _timer: Timer | None = None
    _scene = 0  # session uid

    def draw(self, context: Context) -> None:
        """Draw the choices where the last operation is adjusted."""
        draw_choices(self.layout, self)

    @reported_when_invoked
    def invoke(self, context: Context, event: Event) -> set[str]:
        """Animate at once where that is quick; else solve the motion in slices, while Blender goes on, and key it then.

        Until then nothing has changed.
        """
        self._take_from_panel(context)
        require_own(context.scene)
        self._scene = context.scene.session_uid
        self._slices = begin("apply", self._solving_ahead(context))
        try:
            is_done = self._slices.go_on(AT_ONCE_SECONDS)
        except BaseException:
            end("apply")
            raise
        if is_done:
            end("apply")
            return self.execute(context)
        self._timer = context.window_manager.event_timer_add(SOON, window=context.window)
        context.window_manager.modal_handler_add(self)
        redraw()
        return {"RUNNING_MODAL"}

    @reported_when_invoked
    def modal(self, context: Context, event: Event) -> set[str]:
        """Solve another slice, or take the motion over when all are done; Esc gives it up."""
        assert self._slices is not None
        playing = context.screen is not None and context.screen.is_animation_playing
        if event.type == "ESC" and event.value == "PRESS" and not playing:
            self._slices.give_up()
        if self._slices.is_given_up:
            self._end(context.window_manager)
            self.report({"INFO"}, "Cancelled; nothing was changed.")
            return {"CANCELLED"}
        if event.type != "TIMER" or is_held(context.window):
            return {"PASS_THROUGH"}
        try:
            is_done = self._go_on(context)
        except BaseException:
            self._end(context.window_manager)
            raise
        if not is_done:
            return {"PASS_THROUGH"}
        self._end(context.window_manager)
        return self.execute(context)

    def cancel(self, context: Context) -> None:
        """Clean up when Blender itself ends the operator."""
        self._end(context.window_manager)

    def _go_on(self, context: Context) -> bool:
        assert self._slices is not None
        if context.scene.session_uid != self._scene:
            raise PosewrightError("Another scene is shown now; nothing was applied. Press Apply again.")
        check_there(context.scene, self._needed)
        before = round(100 * self._slices.done)
        is_done = self._slices.go_on(SLICE_SECONDS)
        if round(100 * self._slices.done) != before:
            redraw()
        return is_done

    def _end(self, manager: WindowManager) -> None:
        if self._timer is not None:
            manager.event_timer_remove(self._timer)
            self._timer = None
        if self._slices is not None and present("apply") is self._slices:
            end("apply")
        redraw()

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
        meant, self._meant = self._meant, None  # when it is adjusted and done again, all may be something else
        meant = meant or finished(self.meaning(context, inf))
        check_there(context.scene, meant.characters)
        item = meant.item(context.scene)
        if not meant.characters:
            meant.characters.append(build_mannequin())
            context.scene.posewright.character.armature = meant.characters[0]
        return item, meant.characters

    def meaning(self, context: Context, seconds: float) -> "Work[_Meant]":
        """Find out, in pieces of about so many seconds, what is to be put on whom; nothing is changed by it."""
        raise NotImplementedError

    def _solving_ahead(self, context: Context) -> Work[None]:
        scene = context.scene
        first = self.first_share
        self._meant = meant = yield from part_of_work(self.meaning(context, READING_SECONDS), 0.0, first)
        self._needed = meant.characters
        share = (1.0 - first) / max(1, len(meant.characters))
        for number, obj in enumerate(meant.characters):
            try:
                applied, _ = applied_as(scene, obj, meant.take, meant.begins, self.properties)
                work = solve_ahead(obj, meant.take, applied.settings)
                yield from part_of_work(work, first + share * number, first + share * (number + 1))
            except PosewrightError:  # whoever keys it meets the same, and says so
                continue

    def _take_from_panel(self, context: Context) -> None:
        given, panel = self.properties, context.scene.posewright.apply
        if given.is_property_set("frame_start") and not given.is_property_set("start"):
            given.start = "frame"
        for name in CHOICES:
            if not given.is_property_set(name):
                setattr(given, name, getattr(panel, name))


@dataclass
class _Meant:
    """What is put on whom."""

    take: Take
    uid: str  # of the take in the list; "": it becomes one
    name: str
    begins: float  # the frame at which it began when it was captured
    characters: list[Object]  # none: a new mannequin

    def item(self, scene: Scene) -> "PosewrightTake":
        """Return the take in the list; one that comes from elsewhere is put there now."""
        if not self.uid:
            return add_take(scene, self.take, self.name, Origin())
        found = find_take(scene, self.uid)
        if found is None:
            raise PosewrightError(f"The take {self.name} was deleted; nothing was applied.")
        return found


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

    def meaning(self, context: Context, seconds: float) -> Work[_Meant]:
        """Find the take of the list and the characters that are meant."""
        item = named_take(context, self.take)
        if self.character:
            characters = [named_character(context.scene, self.character)]
        else:
            characters = [] if needs_mannequin(context) else characters_of(context)
        yield from ()  # that is quick
        return _Meant(current_take(item), item.uid, item.name, item.frame_start, characters)


class POSEWRIGHT_OT_apply_from_armature(_Applies, Operator):
    """Put the motion of another armature of this scene on the character as keyframes, whatever moves it there"""

    bl_idname = "posewright.apply_from_armature"
    bl_label = "Apply Motion of Armature"
    first_share = 0.8

    source: StringProperty(
        name="From", description="The armature that moves; when empty, that of the panel", options={"SKIP_SAVE"}
    )

    def meaning(self, context: Context, seconds: float) -> Work[_Meant]:
        """Read the armature's motion."""
        scene = context.scene
        obj = named_character(scene, self.character) if self.character else character_of(context)
        source = named_character(scene, self.source) if self.source else scene.posewright.character.source
        if source is None:
            raise PosewrightError("Choose the armature whose motion the character is to have.")
        if obj == source:
            raise PosewrightError(f"{obj.name} is the character itself; choose another one, or another source.")
        if source.name not in scene.objects:
            raise PosewrightError(f"The source {source.name} is not in this scene any more; choose another one.")
        self._needed = [obj, source]
        take = yield from reading_armature(source, seconds=seconds)
        return _Meant(take, "", source.name, Origin().frame_start, [obj])


class POSEWRIGHT_OT_cancel_apply(Operator):
    """Stop putting the take on the character; nothing has changed yet"""

    bl_idname = "posewright.cancel_apply"
    bl_label = "Cancel"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Only while that goes on."""
        return present("apply") is not None

    def execute(self, context: Context) -> set[str]:
        """Give it up."""
        end("apply")
        return {"FINISHED"}


class POSEWRIGHT_OT_dismiss_notes(Operator):
    """Take the notes about the last result away"""

    bl_idname = "posewright.dismiss_notes"
    bl_label = "Dismiss Notes"
    bl_options = {"INTERNAL", "UNDO"}

    def execute(self, context: Context) -> set[str]:
        """Forget them."""
        context.scene.posewright.apply.notes = ""
        return {"FINISHED"}


def check_there(scene: Scene, objects: Iterable[Object]) -> None:
    """Raise PosewrightError when an object was deleted."""
    try:
        is_there = all(scene.objects.get(obj.name) == obj for obj in objects)
    except ReferenceError:  # Blender's own memory of it is gone
        is_there = False
    if not is_there:
        raise PosewrightError("A character was deleted in the meantime; nothing was applied.")


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
