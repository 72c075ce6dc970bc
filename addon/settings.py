"""What the user sets in the panel; it lives in the scene and is saved with the file."""
# pyright: reportInvalidTypeForm=false

from pathlib import Path

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, IntProperty, PointerProperty, StringProperty
from bpy.types import Context, Object, PropertyGroup

from ..core.settings import DEFAULT_FILTER, FILTERS, TrackSettings
from ..errors import PosewrightError
from ..rigging.keys.settings import KeySettings
from ..rigging.settings import RetargetSettings
from . import preferences

QUALITIES = (
    ("fast", "Fast", "One look at each frame: for a first impression"),
    ("balanced", "Balanced", "Two looks at each frame: good for most videos"),
    ("best", "Best", "Four looks at each frame: takes about twice as long as Balanced"),
)

SMOOTHERS = tuple(
    (name, name.replace("savgol", "Savitzky-Golay").title(), f"{what[0].upper()}{what[1:]}")
    for name, what in FILTERS.items()
)
FEET = (
    ("auto", "Stand by Contacts", "Feet stay where the contacts of the take say that they stand"),
    ("always", "Stand Always", "Also where the character's own feet are slow and low"),
    ("ground", "Keep above Floor", "Feet do not sink into the floor, but may slide"),
    ("never", "Follow Only", "Legs point exactly as the person's; nothing holds the feet"),
)

DRIVES = (
    ("auto", "Automatic", "Controls where the rig has them, turned (FK) rather than pulled (IK); else the bones"),
    ("fk", "FK Controls", "Turn the rig's FK controls, and switch its limbs to FK"),
    ("ik", "IK Controls", "Move the rig's hands and feet by their IK controls, and switch its limbs to IK"),
    ("deform", "Deforming Bones", "Key the bones that move the mesh, and mute what holds them"),
)
ROOTS = (
    ("hips", "On the Hips", "The hips carry the character through the scene"),
    ("bone", "On the Root Bone", "The topmost bone goes along on the floor, as game engines want root motion"),
    ("object", "On the Armature Object", "The same for characters without a root bone: the object goes along"),
    ("in-place", "In Place", "The character stays where it stands"),
)
STARTS = (
    ("origin", "At the World's Origin", "As the motion lies in its own world, beside the camera of the footage"),
    ("character", "At the Character", "Where the character stands, and as it faces"),
)
INTERPOLATIONS = (
    ("linear", "Linear", "Straight from key to key"),
    ("bezier", "Bézier", "Smooth curves, which are easy to edit after keys have been reduced"),
    ("constant", "Constant", "Hold each key until the next"),
)

CAMERAS = (
    ("auto", "Automatic", "The background tells whether the camera stood still or turned"),
    ("static", "Standing Still", "The camera stood on a tripod"),
    ("pan", "Panning", "The camera turned or zoomed on the spot, or was held in the hand"),
    ("scene", "Scene Camera", "The video was filmed by this scene's camera, which may move: solved, or placed by hand"),
)


def _is_armature(settings: "PosewrightSettings", obj: Object) -> bool:
    return obj.type == "ARMATURE"


class PosewrightSettings(PropertyGroup):
    """The choices in the panel."""

    clip: StringProperty(
        name="Video",
        description="A video of one person",
        subtype="FILE_PATH",
    )
    armature: PointerProperty(
        name="Character",
        description="The armature that receives the motion; when empty, the selected one",
        type=Object,
        poll=_is_armature,
    )
    source: PointerProperty(
        name="From",
        description="An animated armature of this scene whose motion another character is to have",
        type=Object,
        poll=_is_armature,
    )
    quality: EnumProperty(
        name="Quality", description="How carefully each frame is looked at", items=QUALITIES, default="balanced"
    )
    height: FloatProperty(
        name="Person's Height (m)",
        description="How tall the filmed person is, in metres; it sets the size of the steps",
        min=0.3,
        max=3.0,
        default=1.7,
        precision=2,
        step=1,
    )
    use_range: BoolProperty(name="Only a Part", description="Use only a part of the video", default=False)
    start: FloatProperty(name="From (s)", description="Begin at this second of the video", min=0.0, precision=2)
    end: FloatProperty(name="To (s)", description="Stop at this second of the video", min=0.0, precision=2, default=10)
    smooth: FloatProperty(
        name="Smoothing",
        description="0 keeps every tremble, 1 is the smoothest",
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
    frame_start: IntProperty(
        name="Start Frame", description="The frame on which the motion begins in the timeline", default=1
    )
    feet: EnumProperty(
        name="Feet", description="What holds the character's feet on the floor", items=FEET, default="auto"
    )
    drive: EnumProperty(
        name="Keys on", description="Which bones of a rig with controls get the keys", items=DRIVES, default="auto"
    )
    root: EnumProperty(name="Travel", description="What carries the character", items=ROOTS, default="hips")
    place: EnumProperty(name="Starts", description="Where the motion starts", items=STARTS, default="origin")
    hands_meet: BoolProperty(
        name="Hands Meet",
        description="Hands that meet in the motion meet on the character too; else arms point exactly as the person's",
        default=True,
    )
    fingers: BoolProperty(name="Fingers", description="Turn fingers where the motion tells about them", default=True)
    nla: BoolProperty(
        name="New NLA Strip",
        description="Put the motion into a strip on a track of its own, above the character's own animation",
        default=False,
    )
    reduce: FloatProperty(
        name="Reduce Keys (°)",
        description="Leave out keys as long as no bone turns off its motion by more than this; 0: a key on every frame",
        min=0.0,
        max=45.0,
        default=0.0,
        precision=2,
    )
    interpolation: EnumProperty(
        name="Interpolation", description="Between two keys", items=INTERPOLATIONS, default="linear"
    )
    map_file: StringProperty(
        name="Bone Map",
        description="Your own map of the bones (.json), for a character whose bones are not recognised",
        subtype="FILE_PATH",
    )


def clip_of(settings: PosewrightSettings) -> Path:
    """Return the chosen video; PosewrightError when there is none."""
    if not settings.clip:
        raise PosewrightError("Choose a video first.")
    clip = Path(bpy.path.abspath(settings.clip))
    if not clip.is_file():
        raise PosewrightError(f"There is no video {clip}.")
    return clip


def map_file_of(settings: PosewrightSettings) -> Path | None:
    """Return the chosen bone map, or None."""
    return Path(bpy.path.abspath(settings.map_file)) if settings.map_file else None


def retarget_settings(settings: PosewrightSettings) -> RetargetSettings:
    """Return how a take is put on the character."""
    return RetargetSettings(
        map_file=map_file_of(settings),
        feet=settings.feet,
        drive=settings.drive,
        root=settings.root,
        place=settings.place,
        hands="contacts" if settings.hands_meet else "directions",
        fingers=settings.fingers,
        keys=KeySettings(
            nla=settings.nla, reduce_degrees=settings.reduce or None, interpolation=settings.interpolation
        ),
    )


def character_of(context: Context) -> Object:
    """Return the armature that is meant: the chosen one, the selected one, or the only one in the scene.

    Raises PosewrightError when none or several could be meant, or when it cannot be keyed now.
    """
    chosen = context.scene.posewright.armature
    if chosen is not None and chosen.name not in context.scene.objects:
        raise PosewrightError(f"The character {chosen.name} is not in this scene any more; choose another one.")
    obj = chosen or _selected(context)
    if obj is None:
        raise PosewrightError("Choose a character first: pick its armature, or add the mannequin.")
    if obj.mode == "EDIT":
        raise PosewrightError(f"{obj.name} is in Edit Mode; leave it first.")
    return obj


def _selected(context: Context) -> Object | None:
    active = context.view_layer.objects.active
    if active is not None and active.type == "ARMATURE":
        return active
    armatures = [obj for obj in context.scene.objects if obj.type == "ARMATURE"]
    return armatures[0] if len(armatures) == 1 else None


def track_settings(settings: PosewrightSettings) -> TrackSettings:
    """Return the settings of the capture; the network is used only if Blender's preferences allow it.

    Raises PosewrightError when they contradict each other.
    """
    if 0 < settings.fov < 1:
        raise PosewrightError("The field of view must be at least 1 degree, or 0 when it is not known.")
    if settings.use_range and settings.end <= settings.start:
        raise PosewrightError("The part of the video must end later than it begins.")
    return TrackSettings(
        device=preferences.device(),
        quality=settings.quality,
        height=settings.height,
        start=settings.start if settings.use_range else None,
        end=settings.end if settings.use_range else None,
        smooth=settings.smooth,
        filter=settings.filter,
        fov=None if settings.camera == "scene" else settings.fov or None,
        camera=settings.camera,
        offline=not bpy.app.online_access,
    )
