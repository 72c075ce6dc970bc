"""An edit in the list of a take."""
# pyright: reportInvalidTypeForm=false

from bpy.props import BoolProperty, EnumProperty, FloatProperty, StringProperty
from bpy.types import PropertyGroup

KINDS = (
    ("swap", "Swap Sides", "Left and right change places", "ARROW_LEFTRIGHT", 0),
    ("freeze", "Freeze", "Pose and place are held", "FREEZE", 1),
    ("floor", "Raise", "The whole take is raised or lowered", "IMPORT", 2),
    ("turn", "Turn", "The whole take turns to the left", "ORIENTATION_GIMBAL", 3),
    ("origin", "Start at the Origin", "The person starts over the world's origin", "OBJECT_ORIGIN", 4),
)
"""The kinds of edits in the list; contacts are kept beside it (``PosewrightTake.contacts``)."""


class PosewrightEdit(PropertyGroup):
    """One edit; see ``core.edits.edit.Edit``."""

    kind: EnumProperty(name="Kind", description="What the edit does", items=KINDS, options={"HIDDEN"})
    first: FloatProperty(options={"HIDDEN"})  # seconds from the take's first frame
    last: FloatProperty(options={"HIDDEN"})
    value: FloatProperty(options={"HIDDEN"})
    part: StringProperty(options={"HIDDEN"})
    enabled: BoolProperty(default=True, options={"HIDDEN"})
