"""What the user sets about the footage."""
# pyright: reportInvalidTypeForm=false

from pathlib import Path

import bpy
from bpy.props import (
    BoolProperty,
    EnumProperty,
    FloatProperty,
    IntProperty,
    IntVectorProperty,
    PointerProperty,
    StringProperty,
)
from bpy.types import Context, PropertyGroup

from ...core.sequence import file_of as file_of_sequence
from ...core.sequence import is_picture
from ...errors import PosewrightError
from ...rigging.blender.cameras import scene_rate
from ..files import FILE_OPTIONS, absolute, relative
from .facts import Facts, read_facts
from .source import file_of
from .strips import active_strip, movie_strips
from .timeline import active_clip

SOURCES = (
    ("FILE", "File", "A video file, or numbered pictures", "FILE_MOVIE", 0),
    ("CLIP", "Clip", "A movie clip of this file, as the clip editor shows it", "TRACKER", 1),
    ("STRIP", "Strip", "A strip of the video sequencer; the motion lands under it", "SEQUENCE", 2),
)
ANYBODY = "largest"


def _changed(footage: "PosewrightFootage", context: Context) -> None:
    """Look up what Blender knows about the video that is chosen now; whom to follow was said of another one."""
    if footage.source == "FILE" and _name_first_picture(footage):
        return  # this was called again, with that
    before, footage.facts_of = footage.facts_of, ""
    refresh(footage)
    if footage.facts_of == before:
        return
    if before:
        footage.person, footage.use_range = ANYBODY, False
    if is_picture(Path(footage.facts_of)):
        footage.rate = scene_rate(footage.id_data)


def _name_first_picture(footage: "PosewrightFootage") -> bool:
    """Put the first picture in the place of a folder or a pattern such as walk_####.png; returns whether it did."""
    path = absolute(footage.clip, footage.id_data) if footage.clip else Path()
    try:
        first = file_of_sequence(path) if footage.clip and not path.is_file() else path
    except PosewrightError:
        return False  # it is told where the footage is used
    if first == path:
        return False
    footage.clip = relative(first, bpy.data.filepath) if footage.clip.startswith("//") else str(first)
    return True


def _rate_changed(footage: "PosewrightFootage", context: Context) -> None:
    refresh(footage)


def _source_changed(footage: "PosewrightFootage", context: Context) -> None:
    """Choose what is active there, when nothing is chosen yet."""
    if footage.source == "CLIP" and footage.movie_clip is None:
        footage.movie_clip = active_clip(context)
    if footage.source == "STRIP" and not footage.strip:
        strip = active_strip(footage.id_data)
        footage.strip = strip.name if strip is not None else ""
    _changed(footage, context)


def _part_wanted(footage: "PosewrightFootage", context: Context) -> None:
    """Begin with a part that is one: not beyond the end of the video."""
    length = footage.frames / footage.fps if footage.fps > 0 else 0.0
    if footage.use_range and length > 0:
        if footage.start >= length:
            footage.start = 0.0
        if not footage.start < footage.end <= length:
            footage.end = length


def _strips(footage: "PosewrightFootage", context: Context, text: str) -> list[str]:
    return [strip.name for strip in movie_strips(footage.id_data)]


def refresh(footage: "PosewrightFootage") -> None:
    """Read the facts of the chosen video and keep them, and what keeps it from being used."""
    path, facts, footage.problem = "", None, ""
    try:
        path = file_of(footage.id_data)
    except PosewrightError:
        pass  # nothing is chosen
    else:
        try:
            facts = read_facts(path, footage.rate)
        except PosewrightError as error:
            footage.problem = str(error)
    footage.facts_of = str(path)
    known = facts or Facts()
    footage.size, footage.fps, footage.frames = (known.width, known.height), known.fps, known.frames


class PosewrightFootage(PropertyGroup):
    """The video, which part of it is captured, and who in it."""

    source: EnumProperty(
        name="Source", description="Where the footage comes from", items=SOURCES, update=_source_changed
    )
    clip: StringProperty(
        name="Video",
        description="A video of a person, or the first of numbered pictures",
        subtype="FILE_PATH",
        options=FILE_OPTIONS,
        update=_changed,
    )
    rate: FloatProperty(
        name="Frame Rate",
        description="How many of the pictures were taken in a second",
        min=1.0,
        max=1000.0,
        soft_max=240.0,
        default=24.0,
        precision=3,
        step=100,
        update=_rate_changed,
    )
    movie_clip: PointerProperty(
        name="Movie Clip", description="A movie clip of this file", type=bpy.types.MovieClip, update=_changed
    )
    strip: StringProperty(
        name="Strip",
        description="A strip of the video sequencer with a video or with pictures",
        update=_changed,
        search=_strips,
    )
    use_range: BoolProperty(
        name="Only a Part", description="Capture only a part of the video", default=False, update=_part_wanted
    )
    start: FloatProperty(
        name="In",
        description="Begin at this second of the video",
        min=0.0,
        precision=2,
        subtype="TIME_ABSOLUTE",
        unit="TIME_ABSOLUTE",
    )
    end: FloatProperty(
        name="Out",
        description="Stop at this second of the video",
        min=0.0,
        precision=2,
        default=10.0,
        subtype="TIME_ABSOLUTE",
        unit="TIME_ABSOLUTE",
    )
    person: StringProperty(
        name="Person",
        description=(
            "Whom to follow: largest, a number from 1 by size, X,Y in pixels of the first frame used, "
            "or X,Y@SECONDS for another moment of the video"
        ),
        default=ANYBODY,
    )
    facts_of: StringProperty(options={"HIDDEN"})  # the file that the following was read of, "" when none was
    size: IntVectorProperty(size=2, options={"HIDDEN"})  # pixels
    fps: FloatProperty(options={"HIDDEN"}, precision=6)
    frames: IntProperty(options={"HIDDEN"})  # 0: Blender cannot read the video
    problem: StringProperty(options={"HIDDEN"})  # why the file cannot be used, "" when it can
