"""What the user sets about the footage."""
# pyright: reportInvalidTypeForm=false

from bpy.props import BoolProperty, FloatProperty, StringProperty
from bpy.types import PropertyGroup


class PosewrightFootage(PropertyGroup):
    """The video, which part of it is captured, and who in it."""

    clip: StringProperty(name="Video", description="A video of a person", subtype="FILE_PATH")
    use_range: BoolProperty(name="Only a Part", description="Capture only a part of the video", default=False)
    start: FloatProperty(name="In (s)", description="Begin at this second of the video", min=0.0, precision=2)
    end: FloatProperty(name="Out (s)", description="Stop at this second of the video", min=0.0, precision=2, default=10)
    person: StringProperty(
        name="Person",
        description="Whom to follow: largest, a number from 1 by size, or X,Y in pixels of the first frame used",
        default="largest",
    )
