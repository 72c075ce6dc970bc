"""The bones of a character as fields that can be changed: they show its map, and what is set there is stated."""
# pyright: reportInvalidTypeForm=false

from collections.abc import Callable

import bpy
from bpy.props import StringProperty
from bpy.types import Context, Object, PropertyGroup, Scene

from ...errors import PosewrightError
from ...rigging.maps.chains import chain_of
from ...rigging.maps.parts import ALL_PARTS, in_words
from .choice import find_character
from .own_maps import keep_own_map, own_map
from .status import Status, recent_status

END, SHORT = "_end", "_short"
"""What the names of the fields end in of a part's last bone, and of a bone without what all names begin with."""

Act = Callable[[Scene, Object, str, str], None]
"""What sets a part of an armature in a scene to a bone."""


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


def _known(group: PropertyGroup) -> Status | None:
    obj = _character(group)
    try:
        return recent_status(group.id_data, obj) if obj is not None else None
    except PosewrightError:
        return None


def _shown(group: PropertyGroup, part: str, position: int) -> str:
    status = _known(group)
    bones = status.map.bones.get(part, ()) if status is not None else ()
    return bones[position] if bones else ""


def _set(group: PropertyGroup, part: str, bone: str, act: Act) -> None:
    obj = _character(group)
    if obj is not None:
        try:
            act(group.id_data, obj, part, bone)
        except PosewrightError:
            return  # a field may hold what is no bone only while somebody types


def _without_prefix(group: PropertyGroup, bone: str) -> str:
    status = _known(group)
    return bone.removeprefix(status.prefix) if status is not None else bone


def _with_prefix(group: PropertyGroup, bone: str) -> str:
    status = _known(group)
    whole = f"{status.prefix}{bone}" if status is not None and bone else bone
    return whole if status is not None and whole in status.rest.bones else bone


def _search(part: str) -> Callable[[PropertyGroup, Context, str], list[str]]:
    """Return what finds bones for a field while somebody types: the likeliest first; all, before anything is typed."""

    def found(group: PropertyGroup, context: Context, typed: str) -> list[str]:
        status = _known(group)
        if status is None:
            return []
        bones = dict.fromkeys([*(s.bone for s in status.suggestions(part)), *status.rest.bones])
        shown = [_without_prefix(group, bone) for bone in bones]
        present = _without_prefix(group, _shown(group, part, 0))
        return shown if typed == present else [bone for bone in shown if typed.lower() in bone.lower()]

    return found


def _fields_of(part: str, name: str, words: str, position: int, act: Act) -> dict[str, object]:
    """Return the field with the whole name of a bone, and one without what all names begin with."""
    label = in_words(part).title()
    return {
        name: StringProperty(
            name=label,
            description=words,
            get=lambda group: _shown(group, part, position),
            set=lambda group, bone: _set(group, part, bone, act),
            options=set(),
        ),
        name + SHORT: StringProperty(
            name=label,
            description=f"{words}; without what the names of all bones begin with",
            get=lambda group: _without_prefix(group, _shown(group, part, position)),
            set=lambda group, bone: _set(group, part, _with_prefix(group, bone), act),
            search=_search(part),
            options=set(),
        ),
    }


def _fields() -> dict[str, object]:
    fields: dict[str, object] = {}
    for part in ALL_PARTS:
        first = f"The bone that is the {in_words(part)}, the first where it has several"
        last = f"The last bone of the {in_words(part)}, where it has several"
        fields |= _fields_of(part, part, first, 0, state_first)
        fields |= _fields_of(part, part + END, last, -1, state_last)
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
