"""What the user sets about the footage."""
# pyright: reportInvalidTypeForm=false

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

from ...errors import PosewrightError
from .facts import Facts, read_facts
from .source import file_of
from .timeline import active_clip, active_strip, movie_strips

SOURCES = (
    ("FILE", "File", "A video file", "FILE_MOVIE", 0),
    ("CLIP", "Clip", "A movie clip of this file, as the clip editor shows it", "TRACKER", 1),
    ("STRIP", "Strip", "A movie strip of the video sequencer; the motion lands under it", "SEQUENCE", 2),
)
ANYBODY = "largest"
FILE_OPTIONS = {"ANIMATABLE"} | ({"PATH_SUPPORTS_BLEND_RELATIVE"} if bpy.app.version >= (4, 5, 0) else set())
"""So that a path may begin with //, the folder of the .blend; before 4.5 that needed no leave."""


def _changed(footage: "PosewrightFootage", context: Context) -> None:
    """Look up what Blender knows about the video that is chosen now; whom to follow was said of another one."""
    before, footage.facts_of = footage.facts_of, ""
    refresh(footage)
    if before and footage.facts_of != before:
        footage.person, footage.use_range = ANYBODY, False


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
    """Read the facts of the chosen video and keep them."""
    try:
        path = file_of(footage.id_data)
    except PosewrightError:
        path, facts = "", None
    else:
        facts = read_facts(path)
    footage.facts_of = str(path)
    known = facts or Facts()
    footage.size, footage.fps, footage.frames = (known.width, known.height), known.fps, known.frames


class PosewrightFootage(PropertyGroup):
    """The video, which part of it is captured, and who in it."""

    source: EnumProperty(
        name="Source", description="Where the footage comes from", items=SOURCES, update=_source_changed
    )
    clip: StringProperty(
        name="Video", description="A video of a person", subtype="FILE_PATH", options=FILE_OPTIONS, update=_changed
    )
    movie_clip: PointerProperty(
        name="Movie Clip", description="A movie clip of this file", type=bpy.types.MovieClip, update=_changed
    )
    strip: StringProperty(
        name="Strip", description="A movie strip of the video sequencer", update=_changed, search=_strips
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
