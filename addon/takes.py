"""Takes in Blender: put one on a character, save one, add the mannequin."""
# pyright: reportInvalidTypeForm=false

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import bpy
from bpy.props import StringProperty
from bpy.types import Context, Event, Object, Operator

from ..cli.capture import TAKE_ENDINGS, write_take
from ..core.take import Take
from ..errors import PosewrightError
from ..progress import Progress
from ..rigging.blender.applied import Applied, apply_take, take_id
from ..rigging.blender.job import load_motion
from ..rigging.blender.mannequin import build_mannequin
from ..rigging.blender.sources import take_from_armature
from . import session
from .settings import character_of, retarget_settings


def animate(context: Context, obj: Object, take: Take, name: str) -> dict[str, Any]:
    """Key the take onto the armature at the chosen frame; the scene grows so that all of it plays."""
    settings, render = context.scene.posewright, context.scene.render
    applied = Applied(
        take_id(take), float(settings.frame_start), render.fps / render.fps_base, retarget_settings(settings)
    )
    with progress_shown(context) as progress:
        result = apply_take(obj, take, applied, name=name, progress=progress)
    context.scene.frame_end = max(context.scene.frame_end, round(result["frame_end"]))
    return result


@contextmanager
def progress_shown(context: Context) -> Iterator[Progress]:
    """Show progress at the mouse pointer while a block runs."""
    manager = context.window_manager
    manager.progress_begin(0, 100)
    try:
        yield lambda stage, done, note="": manager.progress_update(round(done * 100))
    finally:
        manager.progress_end()


def say_done(operator: Operator, result: dict[str, Any]) -> None:
    """Tell the user what was keyed."""
    frames = f"{result['frame_start']:g} to {result['frame_end']:g}"
    operator.report({"INFO"}, f"{result['armature']}: {result['bones_keyed']} bones keyed, frames {frames}.")


class POSEWRIGHT_OT_apply_take(Operator):
    """Put a saved take (.npz) or a .bvh file on the character as keyframes"""

    bl_idname = "posewright.apply_take"
    bl_label = "Apply Take from File"
    bl_options = {"REGISTER", "UNDO"}

    filepath: StringProperty(subtype="FILE_PATH", options={"HIDDEN", "SKIP_SAVE"})
    filter_glob: StringProperty(default="*.npz;*.bvh", options={"HIDDEN"})

    def invoke(self, context: Context, event: Event) -> set[str]:
        """Let the user choose the file."""
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: Context) -> set[str]:
        """Read the file and animate the character."""
        try:
            obj = character_of(context)
            path = Path(bpy.path.abspath(self.filepath))
            take = load_motion(path)
            return _apply(self, context, obj, take, path.stem)
        except PosewrightError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}


class POSEWRIGHT_OT_apply_last_take(Operator):
    """Put the last take on the character as keyframes"""

    bl_idname = "posewright.apply_last_take"
    bl_label = "Apply Take"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Only when there is a take."""
        return session.state.take is not None

    def execute(self, context: Context) -> set[str]:
        """Animate the character."""
        try:
            take = _last_take()
            return _apply(self, context, character_of(context), take, session.state.take_name)
        except PosewrightError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}


class POSEWRIGHT_OT_apply_from_armature(Operator):
    """Put the motion of another armature of this scene on the character as keyframes, whatever moves it there"""

    bl_idname = "posewright.apply_from_armature"
    bl_label = "Apply Motion of Armature"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Only when an armature is chosen."""
        return context.scene.posewright.source is not None

    def execute(self, context: Context) -> set[str]:
        """Read the armature's motion and animate the character."""
        try:
            obj, source = character_of(context), context.scene.posewright.source
            if obj == source:
                raise PosewrightError(f"{obj.name} is the character itself; choose another one, or another source.")
            if source.name not in context.scene.objects:
                raise PosewrightError(f"The source {source.name} is not in this scene any more; choose another one.")
            with progress_shown(context) as progress:
                take = take_from_armature(source, progress=progress)
            return _apply(self, context, obj, take, source.name)
        except PosewrightError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}


class POSEWRIGHT_OT_save_take(Operator):
    """Save the last take: .npz keeps everything, .bvh is for other programs"""

    bl_idname = "posewright.save_take"
    bl_label = "Save Take"

    filepath: StringProperty(subtype="FILE_PATH", options={"HIDDEN", "SKIP_SAVE"})
    filter_glob: StringProperty(default="*.npz;*.bvh", options={"HIDDEN"})
    check_existing: bpy.props.BoolProperty(default=True, options={"HIDDEN"})

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Only when there is a take."""
        return session.state.take is not None

    def invoke(self, context: Context, event: Event) -> set[str]:
        """Let the user choose the name."""
        self.filepath = f"{session.state.take_name}.npz"
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: Context) -> set[str]:
        """Write the file."""
        path = Path(bpy.path.abspath(self.filepath))
        if path.suffix.lower() not in TAKE_ENDINGS:
            path = path.with_name(path.name + ".npz")
        try:
            write_take(_last_take(), path)
        except PosewrightError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.report({"INFO"}, f"Saved {path}.")
        return {"FINISHED"}


class POSEWRIGHT_OT_add_mannequin(Operator):
    """Add Posewright's own character to the scene and choose it"""

    bl_idname = "posewright.add_mannequin"
    bl_label = "Add Mannequin"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Objects can be added in Object Mode only."""
        return context.mode == "OBJECT"

    def execute(self, context: Context) -> set[str]:
        """Build the mannequin."""
        context.scene.posewright.armature = build_mannequin()
        return {"FINISHED"}


def _apply(operator: Operator, context: Context, obj: Object, take: Take, name: str) -> set[str]:
    result = animate(context, obj, take, name)
    session.keep_take(take, name)
    session.state.notes = list(result["notes"])
    say_done(operator, result)
    return {"FINISHED"}


def _last_take() -> Take:
    if session.state.take is None:
        raise PosewrightError("There is no take yet; animate from a video, or apply a saved take.")
    return session.state.take
