"""What the user sets about a capture."""
# pyright: reportInvalidTypeForm=false

from bpy.props import EnumProperty, FloatProperty
from bpy.types import PropertyGroup

from ...core.settings import DEFAULT_FILTER, FILTERS

QUALITIES = (
    ("fast", "Fast", "One look at each frame: for a first impression"),
    ("balanced", "Balanced", "Two looks at each frame: good for most videos"),
    ("best", "Best", "Four looks at each frame: takes about twice as long as Balanced"),
)
SMOOTHERS = tuple(
    (name, name.replace("savgol", "Savitzky-Golay").title(), f"{what[0].upper()}{what[1:]}")
    for name, what in FILTERS.items()
)
OWN_LENS = ("scene", "clip")
"""Cameras that tell their field of view themselves."""

CAMERAS = (
    ("auto", "Automatic", "The background tells whether the camera stood still or turned"),
    ("static", "Standing Still", "The camera stood on a tripod"),
    ("pan", "Panning", "The camera turned or zoomed on the spot, or was held in the hand"),
    ("scene", "Scene Camera", "The video was filmed by this scene's camera, which may move: solved, or placed by hand"),
    ("clip", "Solved Clip", "The camera motion that was solved in the clip editor for this video"),
)


TALLEST, SHORTEST = 3.0, 0.3  # metres


def _metres(capture: "PosewrightCapture") -> float:
    return capture.id_data.unit_settings.scale_length or 1.0


def _shown_height(capture: "PosewrightCapture") -> float:
    return capture.height / _metres(capture)


def _take_shown_height(capture: "PosewrightCapture", value: float) -> None:
    capture.height = min(max(value * _metres(capture), SHORTEST), TALLEST)


class PosewrightCapture(PropertyGroup):
    """The choices about a capture."""

    quality: EnumProperty(
        name="Quality", description="How carefully each frame is looked at", items=QUALITIES, default="balanced"
    )
    height: FloatProperty(
        name="Person's Height (m)",
        description="How tall the filmed person is, in metres; it sets the size of the steps",
        min=SHORTEST,
        max=TALLEST,
        default=1.7,
        precision=2,
        step=1,
    )
    height_shown: FloatProperty(
        name="Height",
        description="How tall the filmed person is; it sets the size of the steps",
        get=_shown_height,
        set=_take_shown_height,
        subtype="DISTANCE",
        unit="LENGTH",
        precision=2,
        step=1,
    )  # the same, as a length in the units of the scene
    smooth: FloatProperty(
        name="Smoothing",
        description="0 keeps every tremble, 1 is the smoothest; it can be changed later under Clean Up",
        min=0.0,
        max=1.0,
        default=0.5,
        subtype="FACTOR",
    )
    filter: EnumProperty(
        name="Filter",
        description="How the motion is smoothed; at one Smoothing all calm a person at rest equally much",
        items=SMOOTHERS,
        default=DEFAULT_FILTER,
    )
    camera: EnumProperty(name="Camera", description="How the camera of the video moved", items=CAMERAS, default="auto")
    fov: FloatProperty(
        name="Field of View (°)",
        description="The horizontal angle that the camera sees, in degrees (a phone held level: about 65); 0: unknown",
        min=0.0,
        max=170.0,
        default=0.0,
        precision=0,
    )
