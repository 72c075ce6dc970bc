"""What the user sets about the character."""
# pyright: reportInvalidTypeForm=false

from bpy.props import BoolProperty, CollectionProperty, PointerProperty, StringProperty
from bpy.types import Object, PropertyGroup

from .rows import PosewrightBones


def is_armature(group: PropertyGroup, obj: Object) -> bool:
    """Return whether an object can be chosen."""
    return obj.type == "ARMATURE"


class PosewrightOwnMap(PropertyGroup):
    """What somebody stated about the bones of one character."""

    armature: PointerProperty(type=Object, options={"HIDDEN"})
    parts: StringProperty(options={"HIDDEN"})  # JSON: part -> list of bones, empty: left alone


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
    bones: PointerProperty(type=PosewrightBones)  # of the present character: shows and changes its map
    own_maps: CollectionProperty(type=PosewrightOwnMap)  # of every character whose map was changed
    show_map: BoolProperty(
        name="Show Map",
        description="Draw the bones that Posewright takes for a part of the body in colours, with their parts beside "
        "them; it is not rendered, and nothing of the character changes",
        default=False,
        options=set(),
    )
    asked: StringProperty(options={"HIDDEN"})  # the part whose suggestions are shown, "" for none
    one_by_one: BoolProperty(options={"HIDDEN"})  # after an answer the next part is asked about
    show_fingers: BoolProperty(
        name="Fingers", description="Show the bones of the fingers, from the knuckle to the tip", options=set()
    )
    show_twists: BoolProperty(
        name="Twist Bones", description="Show the helpers beside the limbs that share their twist", options=set()
    )
