"""Choose footage, and which part of it is used."""
# pyright: reportInvalidTypeForm=false

import bpy
from bpy.props import EnumProperty, StringProperty
from bpy.types import Context, Event, Operator

from ...core.sequence import PICTURE_ENDINGS, file_of, name_of
from ...errors import PosewrightError
from ..files import chosen_file
from ..reports import reported
from .properties import ANYBODY
from .source import facts_of, footage_of, shown_of
from .strips import active_strip
from .timeline import Shown, active_clip

VIDEO_ENDINGS = (".mp4", ".mov", ".mkv", ".avi", ".webm", ".m4v", ".mpg", ".mpeg", ".mts", ".m2ts", ".wmv", ".ogv")
RANGES = (
    ("IN", "In from Frame", "Begin with what the present frame shows of the video"),
    ("OUT", "Out from Frame", "Stop at what the present frame shows of the video"),
    ("PREVIEW", "From Preview Range", "Use what the preview range of the timeline shows of the video"),
    ("WHOLE", "Whole Video", "Use all of the video"),
)
NTSC = 1.001


class POSEWRIGHT_OT_use_footage(Operator):
    """Choose the video that is captured, or the first of numbered pictures"""

    bl_idname = "posewright.use_footage"
    bl_label = "Posewright: Capture a Person"  # as it reads in the menu of what can be done with a dropped file
    bl_options = {"REGISTER", "UNDO"}

    filepath: StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE"})
    filter_glob: StringProperty(
        default=";".join(f"*{ending}" for ending in (*VIDEO_ENDINGS, *PICTURE_ENDINGS)), options={"HIDDEN"}
    )

    def invoke(self, context: Context, event: Event) -> set[str]:
        """Take what was dropped, else let the user choose."""
        if self.filepath:
            return self.execute(context)
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    @reported
    def execute(self, context: Context) -> set[str]:
        """Choose the file."""
        path = file_of(chosen_file(self.filepath, "video"))
        if not path.is_file():
            raise PosewrightError(f"There is no video {path}.")
        footage = context.scene.posewright.footage
        footage.source, footage.clip = "FILE", str(path)
        footage.person = ANYBODY
        self.report({"INFO"}, f"{name_of(path)}: press Capture in the Posewright tab.")
        return {"FINISHED"}


class POSEWRIGHT_OT_use_clip(Operator):
    """Capture the person in the clip of the clip editor: choose it as the footage of Posewright"""

    bl_idname = "posewright.use_clip"
    bl_label = "Capture with Posewright"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Only where there is a clip."""
        return getattr(context, "edit_movieclip", None) is not None or active_clip(context) is not None

    @reported
    def execute(self, context: Context) -> set[str]:
        """Choose the clip."""
        clip = getattr(context, "edit_movieclip", None) or active_clip(context)
        if clip is None:
            raise PosewrightError("There is no movie clip; open one in the clip editor.")
        footage = context.scene.posewright.footage
        footage.movie_clip = clip
        footage.source = "CLIP"
        self.report({"INFO"}, f"{clip.name}: press Capture in the Posewright tab of the 3D view.")
        return {"FINISHED"}


class POSEWRIGHT_OT_use_strip(Operator):
    """Capture the person in the active strip: choose it as the footage of Posewright"""

    bl_idname = "posewright.use_strip"
    bl_label = "Capture with Posewright"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Only where there is a movie strip to mean."""
        return active_strip(_sequencer_scene(context)) is not None

    @reported
    def execute(self, context: Context) -> set[str]:
        """Choose the strip."""
        scene = _sequencer_scene(context)
        if scene != context.scene:
            raise PosewrightError(f"The strip lies in the scene {scene.name}: open that scene to capture it.")
        strip = active_strip(scene)
        if strip is None:
            raise PosewrightError("There is no active strip with a video; select one in the sequencer.")
        footage = scene.posewright.footage
        footage.strip = strip.name
        footage.source = "STRIP"
        self.report({"INFO"}, f"{strip.name}: press Capture in the Posewright tab of the 3D view.")
        return {"FINISHED"}


class POSEWRIGHT_OT_footage_range(Operator):
    """Use a part of the video, as the timeline shows it"""

    bl_idname = "posewright.footage_range"
    bl_label = "Use a Part"
    bl_options = {"REGISTER", "UNDO"}

    part: EnumProperty(name="Part", description="Which part", items=RANGES, default="WHOLE")

    @classmethod
    def description(cls, context: Context, properties: "POSEWRIGHT_OT_footage_range") -> str:
        """Return what this button does."""
        return next(text for name, _, text in RANGES if name == properties.part)

    @reported
    def execute(self, context: Context) -> set[str]:
        """Set In and Out."""
        scene = context.scene
        footage = scene.posewright.footage
        if self.part == "WHOLE":
            footage.use_range = False
            return {"FINISHED"}
        shown = _need_shown(context)
        if self.part == "PREVIEW" and not scene.use_preview_range:
            raise PosewrightError("There is no preview range: set one in the timeline with P.")
        first, last = scene.frame_current_final, scene.frame_current_final + 1
        if self.part == "PREVIEW":
            first, last = scene.frame_preview_start, scene.frame_preview_end + 1
        start, end = (min(max(shown.seconds_at(frame), shown.start), shown.end) for frame in (first, last))
        if not footage.use_range:
            footage.start, footage.end = shown.start, shown.end
            footage.use_range = True
        if self.part != "OUT":
            footage.start = start
        if self.part != "IN":
            footage.end = end
        return {"FINISHED"}


class POSEWRIGHT_OT_match_frame_rate(Operator):
    """Let the scene play at the frame rate of the video, so that each of its frames has a frame of its own"""

    bl_idname = "posewright.match_frame_rate"
    bl_label = "Match Frame Rate"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Only when the rate is known."""
        return facts_of(context.scene) is not None

    def execute(self, context: Context) -> set[str]:
        """Set the scene's rate; 29.97 is 30 / 1.001, as Blender writes it."""
        facts = facts_of(context.scene)
        assert facts is not None
        base = min((1.0, NTSC), key=lambda base: abs(round(facts.fps * base) / base - facts.fps))
        render = context.scene.render
        render.fps, render.fps_base = max(1, round(facts.fps * base)), base
        return {"FINISHED"}


def _sequencer_scene(context: Context) -> bpy.types.Scene:
    """Return the scene whose strips are edited; since Blender 5.0 it may be another one than the window's."""
    return getattr(context, "sequencer_scene", None) or context.scene


def _need_shown(context: Context) -> Shown:
    footage_of(context.scene)
    shown = shown_of(context.scene)
    if shown is None:
        raise PosewrightError("A file does not lie in the timeline; choose a movie clip or a strip as the source.")
    return shown
