"""What the user sets about the character."""
# pyright: reportInvalidTypeForm=false

from bpy.props import PointerProperty, StringProperty
from bpy.types import Object, PropertyGroup


def is_armature(group: PropertyGroup, obj: Object) -> bool:
    """Return whether an object can be chosen."""
    return obj.type == "ARMATURE"


class PosewrightCharacter(PropertyGroup):
    """Who gets the motion."""

    armature: PointerProperty(
        name="Character",
        description="The armature that receives the motion; when empty, the selected one",
        type=Object,
        poll=is_armature,
    )
    source: PointerProperty(
        name="From",
        description="An animated armature of this scene whose motion another character is to have",
        type=Object,
        poll=is_armature,
    )
    map_file: StringProperty(
        name="Bone Map",
        description="Your own map of the bones (.json), for a character whose bones are not recognised",
        subtype="FILE_PATH",
    )
