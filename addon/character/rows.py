"""The bones of a character as fields that can be changed: they show its map, and what is set there is stated."""
# pyright: reportInvalidTypeForm=false

from collections.abc import Callable

import bpy
from bpy.props import StringProperty
from bpy.types import Object, PropertyGroup, Scene

from ...errors import PosewrightError
from ...rigging.maps.chains import chain_of
from ...rigging.maps.parts import ALL_PARTS, in_words
from .choice import find_character
from .own_maps import keep_own_map, own_map
from .status import recent_status

END = "_end"
"""What the name of the field of a part's last bone ends in."""


def state(scene: Scene, obj: Object, part: str, bones: list[str]) -> None:
    """Set the bones of a part; an empty list leaves it alone."""
    keep_own_map(scene, obj, own_map(scene, obj) | {part: bones})


def state_first(scene: Scene, obj: Object, part: str, bone: str) -> None:
    """Set the first bone of a part; the others follow from the rig. PosewrightError for a bone that it lacks."""
    if not bone:
        state(scene, obj, part, [])
        return
    status = recent_status(scene, obj)
    if bone not in status.rest.bones:
        raise PosewrightError(f"{obj.name} has no bone {bone}.")
    state(scene, obj, part, chain_of(status.rest, status.map, part, bone))


def state_last(scene: Scene, obj: Object, part: str, bone: str) -> None:
    """Set the last bone of a part that has a first; without a bone the first one alone is left."""
    status = recent_status(scene, obj)
    first = status.map.first(part)
    if first is None:
        return
    if bone and bone not in status.rest.bones:
        raise PosewrightError(f"{obj.name} has no bone {bone}.")
    state(scene, obj, part, chain_of(status.rest, status.map, part, first, bone) if bone else [first])


def release(scene: Scene, obj: Object, part: str) -> None:
    """Let a part be found by itself again."""
    keep_own_map(scene, obj, {other: bones for other, bones in own_map(scene, obj).items() if other != part})


def _character(group: PropertyGroup) -> Object | None:
    scene, context = group.id_data, bpy.context
    try:
        return find_character(context) if context.scene == scene else scene.posewright.character.armature
    except PosewrightError:
        return None


def _shown(group: PropertyGroup, part: str, position: int) -> str:
    obj = _character(group)
    try:
        bones = recent_status(group.id_data, obj).map.bones.get(part, ()) if obj is not None else ()
    except PosewrightError:
        return ""
    return bones[position] if bones else ""


def _set(group: PropertyGroup, part: str, bone: str, act: Callable[[Scene, Object, str, str], None]) -> None:
    obj = _character(group)
    if obj is not None:
        try:
            act(group.id_data, obj, part, bone)
        except PosewrightError:
            return  # a field may hold what is no bone only while somebody types


def _field(part: str, words: str, position: int, act: Callable[[Scene, Object, str, str], None]) -> object:
    return StringProperty(
        name=in_words(part).title(),
        description=words,
        get=lambda group: _shown(group, part, position),
        set=lambda group, bone: _set(group, part, bone, act),
        options=set(),
    )


def _fields() -> dict[str, object]:
    fields: dict[str, object] = {}
    for part in ALL_PARTS:
        fields[part] = _field(
            part, f"The bone that is the {in_words(part)}, the first where it has several", 0, state_first
        )
        fields[part + END] = _field(
            part, f"The last bone of the {in_words(part)}, where it has several", -1, state_last
        )
    return fields


PosewrightBones = type(
    "PosewrightBones",
    (PropertyGroup,),
    {
        "__doc__": "The bones of the present character, by the parts of a body.",
        "__module__": __name__,
        "__annotations__": _fields(),
    },
)
