"""The bone map: find, set a part, mirror, check, save, load, remember."""
# pyright: reportInvalidTypeForm=false

import bpy
from bpy.props import BoolProperty, EnumProperty, StringProperty
from bpy.types import Context, Event, Object, Operator, OperatorProperties

from ...errors import PosewrightError
from ...rigging.maps.mirroring import mirrored
from ...rigging.maps.parts import in_words
from ...rigging.maps.user_maps import forget_map, parts_stated, read_entries, save_map, write_map
from ..files import chosen_file
from . import lighting
from .asking import go_on
from .base import OfCharacter, require_part
from .choice import find_character
from .own_maps import keep_own_map, own_map
from .rows import release, state, state_first
from .status import Status, forget, recent_status, status_of
from .words import about_part

SIDES = (
    ("left", "Left to Right", "The right side gets the counterparts of the left side's bones"),
    ("right", "Right to Left", "The left side gets the counterparts of the right side's bones"),
)


class POSEWRIGHT_OT_find_bones(OfCharacter, Operator):
    """Find by names and shape which bone is which part of the body; what was set by hand is given up"""

    bl_idname = "posewright.find_bones"
    bl_label = "Find Bones"
    bl_options = {"REGISTER", "UNDO"}

    def work(self, context: Context, obj: Object) -> str:
        """Forget what was stated, and look again."""
        keep_own_map(context.scene, obj, {})
        forget(obj)
        status = status_of(context.scene, obj)
        return status.trouble or f"{obj.name}: {len(status.map.bones)} parts were found."


class POSEWRIGHT_OT_set_bone(OfCharacter, Operator):
    """Take the active bone, or a named one, for this part of the body"""

    bl_idname = "posewright.set_bone"
    bl_label = "Set Bone"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}  # needs a part: not for the search

    part: StringProperty(name="Part", description="The part of the body, such as left_hand", options={"SKIP_SAVE"})
    bone: StringProperty(name="Bone", description="When empty, the active bone", options={"SKIP_SAVE"})

    @classmethod
    def description(cls, context: Context, properties: OperatorProperties) -> str:
        """Name the part in the tooltip, and light the bone up in the view, which the mouse is over."""
        if not properties.bone:
            return f"Use the bone that is active in the 3D view as {in_words(properties.part)}"
        lighting.look_at(context, properties.bone)
        return f"Use {properties.bone} as {in_words(properties.part)}.\n{_because(context, properties)}"

    def work(self, context: Context, obj: Object) -> str:
        """State the part."""
        require_part(self.part)
        active = obj.data.bones.active
        bone = self.bone or (active.name if active is not None else "")
        if not bone:
            raise PosewrightError(f"Select the bone of {obj.name} first, in Pose Mode.")
        state_first(context.scene, obj, self.part, bone)
        go_on(context.scene, obj, self.part)
        return f"{obj.name}: {bone} is the {in_words(self.part)}."


class POSEWRIGHT_OT_clear_bone(OfCharacter, Operator):
    """Leave this part of the body alone"""

    bl_idname = "posewright.clear_bone"
    bl_label = "Leave Alone"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}  # needs a part: not for the search

    part: StringProperty(name="Part", description="The part of the body, such as left_hand", options={"SKIP_SAVE"})

    def work(self, context: Context, obj: Object) -> str:
        """State that the part has no bone."""
        require_part(self.part)
        state(context.scene, obj, self.part, [])
        go_on(context.scene, obj, self.part)
        return ""


class POSEWRIGHT_OT_pin_bone(OfCharacter, Operator):
    """Keep what was found, or let it be found by itself again"""

    bl_idname = "posewright.pin_bone"
    bl_label = "Keep or Find Again"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}  # needs a part: not for the search

    part: StringProperty(name="Part", description="The part of the body, such as left_hand", options={"SKIP_SAVE"})

    @classmethod
    def description(cls, context: Context, properties: OperatorProperties) -> str:
        """Say how sure the part is, and what a click does."""
        try:
            obj = find_character(context)
            status = status_of(context.scene, obj) if obj is not None else None
        except PosewrightError:
            return ""  # said in the panel
        if obj is None or status is None:
            return ""
        is_stated = properties.part in own_map(context.scene, obj)
        about = about_part(status, properties.part, is_stated)
        return f"{about}.\nClick to have it found by itself again" if is_stated else f"{about}.\nClick to keep it so"

    def work(self, context: Context, obj: Object) -> str:
        """State what was found, or give up what was stated."""
        require_part(self.part)
        if self.part in own_map(context.scene, obj):
            release(context.scene, obj, self.part)
        else:
            found = status_of(context.scene, obj).map.bones.get(self.part, ())
            state(context.scene, obj, self.part, list(found))
        return ""


class POSEWRIGHT_OT_mirror_map(OfCharacter, Operator):
    """Give one side of the body the counterparts of the other side's bones"""

    bl_idname = "posewright.mirror_map"
    bl_label = "Mirror Left to Right"
    bl_options = {"REGISTER", "UNDO"}

    source: EnumProperty(name="Direction", description="Which side is right", items=SIDES, default="left")

    def work(self, context: Context, obj: Object) -> str:
        """State the parts of the other side."""
        status = status_of(context.scene, obj)
        found = mirrored(status.rest, status.map, self.source)
        changed = {part: bones for part, bones in found.items() if tuple(bones) != status.map.bones.get(part, ())}
        keep_own_map(context.scene, obj, own_map(context.scene, obj) | changed)
        return f"{len(changed)} part{'' if len(changed) == 1 else 's'} changed." if changed else "Nothing to change."


class POSEWRIGHT_OT_check_map(OfCharacter, Operator):
    """Look for bones that are two parts, limbs upside down, and sides that are exchanged"""

    bl_idname = "posewright.check_map"
    bl_label = "Check Map"
    bl_options = {"REGISTER"}

    def execute(self, context: Context) -> set[str]:
        """Report each finding."""
        obj = find_character(context)
        try:
            if obj is None:
                return {"CANCELLED"}
            forget(obj)
            said = findings(status_of(context.scene, obj))
        except PosewrightError as error:
            said = [str(error)]
        for sentence in said:
            self.report({"WARNING"}, sentence)
        if not said:
            self.report({"INFO"}, "The map has no conflicts.")
        return {"FINISHED"}


class POSEWRIGHT_OT_save_map(OfCharacter, Operator):
    """Write the map to a file (.json), to share it or for the command line"""

    bl_idname = "posewright.save_map"
    bl_label = "Save Map"
    bl_options = {"REGISTER"}

    filepath: StringProperty(subtype="FILE_PATH", options={"HIDDEN", "SKIP_SAVE"})
    filter_glob: StringProperty(default="*.json", options={"HIDDEN"})
    check_existing: BoolProperty(default=True, options={"HIDDEN"})

    def invoke(self, context: Context, event: Event) -> set[str]:
        """Let the user choose the name."""
        obj = find_character(context)
        self.filepath = f"{bpy.path.clean_name(obj.name if obj is not None else 'map')}.json"
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def work(self, context: Context, obj: Object) -> str:
        """Write the file."""
        path = chosen_file(self.filepath, "map")
        status = status_of(context.scene, obj)
        if path.suffix.lower() != ".json":
            path = path.with_name(path.name + ".json")
        write_map(path, status.rest, status.map)
        return f"Saved {path}."


class POSEWRIGHT_OT_load_map(OfCharacter, Operator):
    """Read a map (.json) for this character, as this editor and the command line write it"""

    bl_idname = "posewright.load_map"
    bl_label = "Load Map"
    bl_options = {"REGISTER", "UNDO"}

    filepath: StringProperty(subtype="FILE_PATH", options={"HIDDEN", "SKIP_SAVE"})
    filter_glob: StringProperty(default="*.json", options={"HIDDEN"})

    def invoke(self, context: Context, event: Event) -> set[str]:
        """Let the user choose the file."""
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def work(self, context: Context, obj: Object) -> str:
        """State all that the file says."""
        path = chosen_file(self.filepath, "map")
        rest = status_of(context.scene, obj).rest
        parts = parts_stated(rest, read_entries(path), f"The map {path}")
        keep_own_map(context.scene, obj, {part: [rest.bones[b] for b in bones] for part, bones in parts.items()})
        return f"{obj.name}: {len(parts)} parts from {path.name}."


class POSEWRIGHT_OT_remember_map(OfCharacter, Operator):
    """Use this map from now on, in every file, for rigs that have the same bones"""

    bl_idname = "posewright.remember_map"
    bl_label = "Remember for Rigs Like This"
    bl_options = {"REGISTER"}

    def work(self, context: Context, obj: Object) -> str:
        """Write the map to the user's folder."""
        status = status_of(context.scene, obj)
        if status.trouble:
            raise PosewrightError(status.trouble)
        path = save_map(status.rest, status.map)
        forget()
        return f"Remembered for every rig with these bones ({path})."


class POSEWRIGHT_OT_forget_map(OfCharacter, Operator):
    """Do not use the remembered map for rigs like this any more"""

    bl_idname = "posewright.forget_map"
    bl_label = "Forget Remembered Map"
    bl_options = {"REGISTER"}

    def work(self, context: Context, obj: Object) -> str:
        """Delete the map from the user's folder."""
        was_there = forget_map(status_of(context.scene, obj).rest)
        forget()
        return "Forgotten; bones are found by themselves again." if was_there else "No map was remembered for this rig."


def findings(status: Status) -> list[str]:
    """Return what does not fit together in a map, and why nothing can be put on the character."""
    return [*([status.trouble] if status.trouble else []), *status.conflicts]


def _because(context: Context, properties: OperatorProperties) -> str:
    """Return what speaks for a suggested bone, as a sentence for a tooltip."""
    try:
        obj = find_character(context)
        found = recent_status(context.scene, obj).suggestions(properties.part) if obj is not None else []
    except PosewrightError:
        return ""  # said in the panel
    reasons = next((suggestion.reasons for suggestion in found if suggestion.bone == properties.bone), ())
    return f"For it: {', '.join(reasons)}" if reasons else "Little speaks for it"
