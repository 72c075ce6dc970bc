"""What the user sets about putting a take on a character."""
# pyright: reportInvalidTypeForm=false

from bpy.props import BoolProperty, EnumProperty, FloatProperty, IntProperty, StringProperty
from bpy.types import PropertyGroup

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
PLACES = (
    ("origin", "At the World's Origin", "As the motion lies in its own world, beside the camera of the footage"),
    ("character", "At the Character", "Where the character stands, and as it faces"),
)
STARTS = (
    ("frame", "At Frame", "The motion begins at the frame that is set"),
    ("current", "Current Frame", "The motion begins at the frame that the timeline shows"),
    ("footage", "With the Footage", "The motion begins where it began when it was captured or imported"),
)
RESULTS = (
    (
        "update",
        "Update Action",
        "An action that was made of the same take, and not changed by hand, is made anew; any other stays in the file",
    ),
    ("new", "New Action", "Each result is an action of its own; the former one stays in the file"),
    ("nla", "NLA Strip", "A strip on a track of its own, above the character's own animation"),
)
RANGES = (
    ("take", "Whole Take", "All of the motion; the scene's end grows so that it plays"),
    ("scene", "Scene Range", "Only what lies between the scene's first and last frame, or in its preview range"),
)
INTERPOLATIONS = (
    ("linear", "Linear", "Straight from key to key"),
    ("bezier", "Bézier", "Smooth curves, which are easy to edit after keys have been reduced"),
    ("constant", "Constant", "Hold each key until the next"),
)

CHOICES = {
    "start": EnumProperty(name="Start", description="Where the motion begins", items=STARTS, default="frame"),
    "frame_start": IntProperty(
        name="Frame", description="The frame on which the motion begins in the timeline", default=1
    ),
    "drive": EnumProperty(
        name="Keys on", description="Which bones of a rig with controls get the keys", items=DRIVES, default="auto"
    ),
    "root": EnumProperty(name="Travel", description="What carries the character", items=ROOTS, default="hips"),
    "place": EnumProperty(name="Place", description="Where the motion lies", items=PLACES, default="origin"),
    "feet": EnumProperty(
        name="Feet", description="What holds the character's feet on the floor", items=FEET, default="auto"
    ),
    "hands_meet": BoolProperty(
        name="Hands Meet",
        description="Hands that meet in the motion meet on the character too; else arms point exactly as the person's",
        default=True,
    ),
    "fingers": BoolProperty(name="Fingers", description="Turn fingers where the motion tells about them", default=True),
    "result": EnumProperty(name="Result", description="What gets the keys", items=RESULTS, default="update"),
    "range": EnumProperty(name="Range", description="How much of the take", items=RANGES, default="take"),
    "key_every": IntProperty(
        name="Key Every",
        description="How many frames of the scene apart keys lie; 1: a key for every frame of the footage",
        min=1,
        max=100,
        default=1,
    ),
    "reduce": FloatProperty(
        name="Reduce Keys (°)",
        description="Leave out keys as long as no bone turns off its motion by more than this; 0: a key on every frame",
        min=0.0,
        max=45.0,
        default=0.0,
        precision=2,
    ),
    "interpolation": EnumProperty(
        name="Interpolation", description="Between two keys", items=INTERPOLATIONS, default="linear"
    ),
}
"""The choices of the panel and, by the same names, of the operators."""


def for_operator() -> dict[str, object]:
    """Return the choices as properties of an operator: each time anew as the panel has them, unless they are given."""
    return {name: made.function(**{**made.keywords, "options": {"SKIP_SAVE"}}) for name, made in CHOICES.items()}


class PosewrightApply(PropertyGroup):
    """The choices about the result."""

    __annotations__ = {**CHOICES, "notes": StringProperty(options={"HIDDEN"})}  # about the last result, one a line
