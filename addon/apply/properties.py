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
STARTS = (
    ("origin", "At the World's Origin", "As the motion lies in its own world, beside the camera of the footage"),
    ("character", "At the Character", "Where the character stands, and as it faces"),
)
INTERPOLATIONS = (
    ("linear", "Linear", "Straight from key to key"),
    ("bezier", "Bézier", "Smooth curves, which are easy to edit after keys have been reduced"),
    ("constant", "Constant", "Hold each key until the next"),
)


class PosewrightApply(PropertyGroup):
    """The choices about the result."""

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
    notes: StringProperty(options={"HIDDEN"})  # about the last result, one sentence a line
