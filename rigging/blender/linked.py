"""Characters that a file links from another one: what can be keyed, and library overrides of what cannot."""

import bpy
from bpy.types import Collection, Object, Scene

from ...errors import PosewrightError


def check_editable(obj: Object) -> None:
    """Refuse an armature that Blender does not let us key, with a sentence that says what to do."""
    if obj.library is not None:
        raise PosewrightError(
            f"The armature {obj.name} is linked from {obj.library.name}; make a library override of it first "
            "(Object > Library Override > Make)."
        )


def make_ready(obj: Object) -> list[str]:
    """Make an armature show its animation: overrides editable, pose instead of rest position, no edit mode.

    Returns a sentence for each thing that was changed or that the user should know. Raises PosewrightError when the
    armature is linked.
    """
    check_editable(obj)
    if obj.pose is None:
        bpy.context.view_layer.update()
    if obj.pose is None:
        raise PosewrightError(f"{obj.name} has no pose yet; show it in this view layer once, and try again.")
    notes: list[str] = []
    override = obj.override_library
    if override is not None and override.is_system_override:
        override.is_system_override = False  # or the keys are lost when the file is opened again
    if obj.mode == "EDIT":
        leave_edit_mode(obj)
        notes.append(f"{obj.name} was in edit mode, in which nothing moves; it was left.")
    if obj.data.pose_position == "REST":
        notes.append(_show_pose(obj))
    if obj.name not in bpy.context.view_layer.objects:
        notes.append(f"{obj.name} is in no collection of this view layer; show one to see it move.")
    return notes


def override_linked(scene: Scene) -> list[str]:
    """Make library overrides of the characters that a scene only links or instances from other files.

    For jobs, whose result is a copy: it keeps its link to the other file, which is not changed. An empty that shows a
    linked collection is replaced by the overridden collection in the same place. Returns a sentence for each.
    """
    notes = []
    for empty in instances(scene):
        collection = empty.instance_collection
        place = empty.matrix_world.copy()
        place.translation -= place.to_3x3() @ collection.instance_offset
        made = collection.override_hierarchy_create(
            scene, bpy.context.view_layer, reference=empty, do_fully_editable=True
        )
        _require(made, collection.name)
        bpy.context.view_layer.update()
        for obj in made.all_objects:
            if obj.parent is None:
                obj.matrix_world = place @ obj.matrix_world
        bpy.data.objects.remove(empty)
        notes.append(_made(collection))
    for collection in [child for child in scene.collection.children_recursive if _holds_armature(child)]:
        made = collection.override_hierarchy_create(scene, bpy.context.view_layer, do_fully_editable=True)
        _require(made, collection.name)
        for parent in [scene.collection, *scene.collection.children_recursive]:
            if collection.name in parent.children and parent.library is None:
                _unlink(parent, collection)
        notes.append(_made(collection))
    bpy.context.view_layer.update()
    return notes


def instances(scene: Scene) -> list[Object]:
    """Return the empties of a scene that show a linked collection with an armature in it."""
    return [
        obj
        for obj in scene.objects
        if obj.instance_type == "COLLECTION"
        and obj.instance_collection is not None
        and _holds_armature(obj.instance_collection)
    ]


def _holds_armature(collection: Collection) -> bool:
    return collection.library is not None and any(obj.type == "ARMATURE" for obj in collection.all_objects)


def _unlink(parent: Collection, collection: Collection) -> None:
    for child in parent.children:
        if child == collection:
            parent.children.unlink(child)
            return


def _require(made: Collection | None, name: str) -> None:
    if made is None:
        raise PosewrightError(
            f"Blender cannot override the linked collection {name}; make a library override of it in the file first "
            "(Object > Library Override > Make)."
        )


def _made(collection: Collection) -> str:
    return (
        f"{collection.name} is linked from {collection.library.name}; the result holds a library override of it and "
        "stays linked to that file."
    )


def leave_edit_mode(obj: Object) -> None:
    """Leave edit mode of an armature, in which nothing moves."""
    active = bpy.context.view_layer.objects.active
    bpy.context.view_layer.objects.active = obj
    bpy.ops.object.mode_set(mode="OBJECT")
    bpy.context.view_layer.objects.active = active


def _show_pose(obj: Object) -> str:
    if obj.data.library is not None and obj.data.override_library is None:
        return (
            f"The skeleton of {obj.name} is linked and shown in its rest position; "
            "set it to Pose Position in its own file, or nothing moves."
        )
    obj.data.pose_position = "POSE"
    return f"{obj.name} was shown in its rest position, in which nothing moves; it is now in pose position."
