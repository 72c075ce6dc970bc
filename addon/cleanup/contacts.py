"""Contacts in Blender: when heels and toes stand, as keys that an animator changes and puts on the character again."""
# pyright: reportInvalidTypeForm=false

from dataclasses import replace

import numpy as np
from bpy.props import EnumProperty
from bpy.types import Context, Object, Operator
from numpy.typing import NDArray

from ...core.skeleton import CONTACT_POINTS, STANDS
from ...errors import PosewrightError
from ...rigging.blender import contacts
from ...rigging.blender.applied import Applied, applied_to, apply_again, kept_take
from ..apply.applying import made_of, progress_shown
from ..character.choice import character_of
from ..reports import reported
from ..takes.store import find_take, take_of
from .changing import change
from .edits import keep_contacts
from .frames import InRange

FEET = (("left", "Left Foot", "The person's own left foot"), ("right", "Right Foot", "The person's own right foot"))
PARTS = (
    ("both", "Whole Foot", "Heel and toe"),
    ("heel", "Heel", "Only the heel"),
    ("toe", "Toe", "Only the ball of the foot with the toes"),
)
BLIND = ("never", "ground")
"""Ways to hold the feet that take no notice of contacts."""


class POSEWRIGHT_OT_edit_contacts(Operator):
    """Show when heels and toes stand, as keys of an object beside the character that you can move in the Dope Sheet"""

    bl_idname = "posewright.edit_contacts"
    bl_label = "Edit Contacts"
    bl_options = {"REGISTER", "UNDO"}

    @reported
    def execute(self, context: Context) -> set[str]:
        """Add the object with the contacts, or choose the one that is there."""
        obj = _character(context)
        empty, is_new = _contacts(obj)
        _select(context, empty)
        if is_new:
            self.report({"INFO"}, f"{empty.name}: change its keys in the Dope Sheet, then press Apply Contacts.")
        else:
            self.report({"INFO"}, f"{empty.name} was there already; its keys are as you left them.")
        return {"FINISHED"}


class POSEWRIGHT_OT_apply_contacts(Operator):
    """Put the take on the character again, with the contacts as they are now; it replaces the motion made before"""

    bl_idname = "posewright.apply_contacts"
    bl_label = "Apply Contacts"
    bl_options = {"REGISTER", "UNDO"}

    @reported
    def execute(self, context: Context) -> set[str]:
        """Read the keys and animate the character."""
        obj = _character(context)
        empty = contacts.find_contacts(obj)
        if empty is None:
            raise PosewrightError(f"{obj.name} has no contacts in this file; press Edit Contacts first.")
        return _apply(self, context, obj, empty, applied_to(obj))


class _SetsContact(InRange):
    """What the two operators that set a foot share: which foot, which part, from which frame to which."""

    bl_options = {"REGISTER", "UNDO"}
    stands: bool

    foot: EnumProperty(name="Foot", description="Which foot", items=FEET, default="left")
    part: EnumProperty(name="Part", description="Which part of the foot", items=PARTS, default="both")

    @reported
    def execute(self, context: Context) -> set[str]:
        """Set the contact and put the take on the character again."""
        self.settle_range(context)
        obj = _character(context)
        applied = _with_contacts(obj)
        empty, _ = _contacts(obj)
        parts = ("heel", "toe") if self.part == "both" else (self.part,)
        points = [point for point in CONTACT_POINTS if point in [f"{self.foot}_{part}" for part in parts]]
        contacts.set_contact(empty, points, self.start, self.end, stands=self.stands)
        return _apply(self, context, obj, empty, applied)


class POSEWRIGHT_OT_foot_stands(_SetsContact, Operator):
    """Let the foot stand still in the preview range, or at the current frame when there is none"""

    bl_idname = "posewright.foot_stands"
    bl_label = "Foot Stands Here"
    stands = True


class POSEWRIGHT_OT_foot_in_air(_SetsContact, Operator):
    """Let the foot go in the preview range, or at the current frame when there is none"""

    bl_idname = "posewright.foot_in_air"
    bl_label = "Foot in the Air"
    stands = False


def _character(context: Context) -> Object:
    """Return the armature that is meant: that of the contacts that are selected, or the character of the panel."""
    return contacts.character_of_contacts(context.view_layer.objects.active) or character_of(context)


def _contacts(obj: Object) -> tuple[Object, bool]:
    """Return the object with the contacts of the motion on an armature, and whether it had to be made."""
    applied = applied_to(obj)
    empty = contacts.find_contacts(obj)
    if empty is not None and contacts.belongs(empty, applied):
        return empty, False
    return contacts.add_contacts(obj, kept_take(obj), applied), True


def _with_contacts(obj: Object) -> Applied:
    """Return what was applied to an armature; PosewrightError when contacts would change nothing."""
    applied = applied_to(obj)
    if applied.settings.feet in BLIND:
        raise PosewrightError(
            f"The feet of {obj.name} take no notice of contacts; choose Stand by Contacts under Feet, and apply the "
            "take again."
        )
    return applied


def _apply(operator: Operator, context: Context, obj: Object, empty: Object, applied: Applied) -> set[str]:
    _with_contacts(obj)
    kept = kept_take(obj)
    changed = contacts.read_contacts(empty, kept, applied)
    item = find_take(context.scene, made_of(obj))
    if item is not None:
        captured = take_of(item)
        notes = list(change(context.scene, item, lambda: keep_contacts(item, captured, changed)).notes)
    else:  # made by the command line, or its take was taken out of the list
        take = replace(kept, contacts=changed, provenance={**kept.provenance, "contacts": "edited in Blender"})
        with progress_shown(context) as progress:
            notes = apply_again(obj, take, applied, progress)["notes"]
    context.scene.posewright.apply.notes = "\n".join(notes)
    operator.report({"INFO"}, f"{obj.name}: the take was applied again, {_count(kept.contacts, changed)}.")
    return {"FINISHED"}


def _count(before: NDArray[np.float32] | None, after: NDArray[np.float32]) -> str:
    """Return how many frames of contacts differ, in words."""
    if before is None:
        return "with contacts of its own"
    count = int(((before > STANDS) != (after > STANDS)).any(1).sum())
    return f"with other contacts in {count} frame{'' if count == 1 else 's'}" if count else "with the same contacts"


def _select(context: Context, empty: Object) -> None:
    """Make the contacts the active object, so that the Dope Sheet shows them."""
    if context.mode == "OBJECT":
        for obj in context.view_layer.objects.selected:
            obj.select_set(False)
    if empty.name in context.view_layer.objects:
        empty.select_set(True)
        if context.mode == "OBJECT":
            context.view_layer.objects.active = empty
