"""Put a take right: sides, poses, floor, heading, smoothing; and the list of what was done."""
# pyright: reportInvalidTypeForm=false

from collections.abc import Callable

from bpy.props import EnumProperty, FloatProperty, IntProperty
from bpy.types import Context, Operator

from ...core.edits.edit import Edit
from ...core.edits.replay import lowest_point
from ...errors import PosewrightError
from .. import session
from ..capture.properties import SMOOTHERS
from ..takes.properties import PosewrightTake
from ..takes.store import active_take, current_take, need_take, take_of, take_wanted
from .changing import Outcome, change, clock_of
from .edits import add_edit
from .frames import InRange, Mixin

PARTS = (
    ("body", "Whole Body", "Arms, legs and head"),
    ("arms", "Arms", "Only arms and hands"),
    ("legs", "Legs", "Only legs and hips"),
)
EASE_SECONDS = 0.25


def do(operator: Operator, context: Context, act: Callable[[PosewrightTake], str]) -> set[str]:
    """Change the chosen take by ``act``, which returns what to say, and report; errors become messages."""
    said = ""

    def change_it() -> None:
        nonlocal said
        said = act(item)

    try:
        item = need_take(context)
        outcome = change(context.scene, item, change_it)
    except PosewrightError as error:
        operator.report({"ERROR"}, str(error))
        return {"CANCELLED"}
    tell(context, outcome)
    operator.report({"INFO"}, f"{item.name}: {said}{outcome.words}.")
    return {"FINISHED"}


def tell(context: Context, outcome: Outcome) -> None:
    """Show what is to be known about characters that followed, and those that did not."""
    session.state.spared = ", ".join(outcome.spared)
    if outcome.applied:
        context.scene.posewright.apply.notes = "\n".join(dict.fromkeys(outcome.notes))


class _RangeEdit(InRange):
    """What edits of some frames share."""

    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Only when there is a take."""
        return take_wanted(cls, context)

    def add(self, context: Context, kind: str, words: str, **values: object) -> set[str]:
        """Add an edit of the frames."""

        def act(item: PosewrightTake) -> str:
            self.settle_range(context)
            clock = clock_of(context.scene, item)
            edit = Edit(kind, clock.seconds(self.start), clock.seconds(self.end), **values)  # type: ignore[arg-type]
            if not edit.frames_of(take_of(item)).any():
                length = (take_of(item).frames - 1) / take_of(item).fps
                first, last = clock.frame(0), clock.frame(length)
                raise PosewrightError(f"{item.name} lies in the frames {first} to {last}; choose some of those.")
            add_edit(item, edit)
            where = f"frames {self.start} to {self.end}" if self.end > self.start else f"frame {self.start}"
            return f"{words} in {where}"

        return do(self, context, act)


class POSEWRIGHT_OT_swap_sides(_RangeEdit, Operator):
    """Exchange left and right in the preview range, or at the current frame, where the capture confused them"""

    bl_idname = "posewright.swap_sides"
    bl_label = "Swap Left and Right"

    part: EnumProperty(name="Part", description="What changes sides", items=PARTS, default="body")

    def execute(self, context: Context) -> set[str]:
        """Add the edit."""
        return self.add(context, "swap", "left and right exchanged", part=self.part)


class POSEWRIGHT_OT_freeze(_RangeEdit, Operator):
    """Hold the pose of the first frame of the preview range until its last; the motion eases in and out"""

    bl_idname = "posewright.freeze"
    bl_label = "Freeze"

    ease: FloatProperty(
        name="Ease (s)",
        description="For how long the motion eases into the held pose before it, and out of it afterwards, in seconds",
        min=0.0,
        soft_max=2.0,
        default=EASE_SECONDS,
        precision=2,
    )

    def execute(self, context: Context) -> set[str]:
        """Add the edit."""
        return self.add(context, "freeze", "pose held", value=self.ease)


class _WholeEdit(Mixin):
    """What edits of the whole take share."""

    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Only when there is a take."""
        return take_wanted(cls, context)


class POSEWRIGHT_OT_offset_floor(_WholeEdit, Operator):
    """Raise or lower the whole take"""

    bl_idname = "posewright.offset_floor"
    bl_label = "Raise or Lower"

    height: FloatProperty(
        name="Raise (m)", description="Metres; a negative height lowers the take", soft_min=-1.0, soft_max=1.0
    )

    def execute(self, context: Context) -> set[str]:
        """Add the edit."""

        def act(item: PosewrightTake) -> str:
            add_edit(item, Edit("floor", value=self.height))
            return f"raised by {100 * self.height:.1f} cm"

        return do(self, context, act)


class POSEWRIGHT_OT_floor_here(_WholeEdit, Operator):
    """Move the whole take up or down so that the lowest point of the person at the current frame is on the floor"""

    bl_idname = "posewright.floor_here"
    bl_label = "Floor from Here"

    def execute(self, context: Context) -> set[str]:
        """Look how high the person is, and add the edit."""

        def act(item: PosewrightTake) -> str:
            seconds = clock_of(context.scene, item).seconds(context.scene.frame_current_final)
            height = -lowest_point(current_take(item), seconds)
            add_edit(item, Edit("floor", value=height))
            return f"raised by {100 * height:.1f} cm"

        return do(self, context, act)


class POSEWRIGHT_OT_turn_take(_WholeEdit, Operator):
    """Turn the whole take about where the person starts"""

    bl_idname = "posewright.turn_take"
    bl_label = "Turn"

    angle: FloatProperty(
        name="Turn (°)", description="Degrees to the left", soft_min=-180.0, soft_max=180.0, default=90.0
    )

    def execute(self, context: Context) -> set[str]:
        """Add the edit."""

        def act(item: PosewrightTake) -> str:
            add_edit(item, Edit("turn", value=self.angle))
            return f"turned by {self.angle:g} degrees"

        return do(self, context, act)


class POSEWRIGHT_OT_start_at_origin(_WholeEdit, Operator):
    """Move the whole take so that the person starts over the world's origin"""

    bl_idname = "posewright.start_at_origin"
    bl_label = "Start at the Origin"

    def execute(self, context: Context) -> set[str]:
        """Add the edit."""

        def act(item: PosewrightTake) -> str:
            add_edit(item, Edit("origin"))
            return "starts at the origin"

        return do(self, context, act)


class POSEWRIGHT_OT_smooth_take(_WholeEdit, Operator):
    """Smooth the captured motion anew"""

    bl_idname = "posewright.smooth_take"
    bl_label = "Smooth"

    strength: FloatProperty(
        name="Smoothing", description="0 keeps every tremble, 1 is the smoothest", min=0.0, max=1.0, default=0.5
    )
    filter: EnumProperty(name="Filter", description="How the motion is smoothed", items=SMOOTHERS)

    def execute(self, context: Context) -> set[str]:
        """Note strength and filter."""

        def act(item: PosewrightTake) -> str:
            item.smooth = self.strength
            if self.properties.is_property_set("filter") or not item.filter:
                item.filter = self.filter
            return f"smoothed with a strength of {self.strength:.2f}"

        return do(self, context, act)


class _ListEdit(_WholeEdit):
    """What the buttons of the list share."""

    bl_options = {"INTERNAL", "UNDO"}

    index: IntProperty(name="Index", description="Which edit of the list; -1: the chosen one", default=-1)

    def place(self, item: PosewrightTake) -> int:
        """Return the place of the edit in the list; PosewrightError when there is none."""
        index = item.edit_index if self.index < 0 else self.index
        if not 0 <= index < len(item.edits):
            raise PosewrightError(f"{item.name} has no such edit.")
        return index


class POSEWRIGHT_OT_remove_edit(_ListEdit, Operator):
    """Take this edit away; the motion is as it was without it"""

    bl_idname = "posewright.remove_edit"
    bl_label = "Remove Edit"

    def execute(self, context: Context) -> set[str]:
        """Remove it."""

        def act(item: PosewrightTake) -> str:
            item.edits.remove(self.place(item))
            item.edit_index = max(0, min(item.edit_index, len(item.edits) - 1))
            return "an edit less"

        return do(self, context, act)


class POSEWRIGHT_OT_toggle_edit(_ListEdit, Operator):
    """Switch this edit on or off"""

    bl_idname = "posewright.toggle_edit"
    bl_label = "Switch Edit On or Off"

    def execute(self, context: Context) -> set[str]:
        """Switch it."""

        def act(item: PosewrightTake) -> str:
            edit = item.edits[self.place(item)]
            edit.enabled = not edit.enabled
            return "an edit switched on" if edit.enabled else "an edit switched off"

        return do(self, context, act)


class POSEWRIGHT_OT_reset_contacts(_WholeEdit, Operator):
    """Forget all changes of contacts: heels and toes stand as the capture found"""

    bl_idname = "posewright.reset_contacts"
    bl_label = "Contacts as Captured"

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Only when some were changed."""
        item = active_take(context)
        return item is not None and bool(item.contacts)

    def execute(self, context: Context) -> set[str]:
        """Forget them."""

        def act(item: PosewrightTake) -> str:
            item.contacts = ""
            return "contacts as captured"

        return do(self, context, act)
