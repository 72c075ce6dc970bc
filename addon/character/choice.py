"""Which armature is meant, and what keeps it from being animated."""

from collections.abc import Iterable
from typing import Any

from bpy.types import Context, Object, Scene

from ...errors import PosewrightError
from ...rigging.blender.linked import check_editable, instances


def character_of(context: Context) -> Object:
    """Return the armature that is meant; PosewrightError when none or several could be, or when it cannot be keyed."""
    obj = find_character(context)
    if obj is None:
        raise PosewrightError(_nobody(context))
    require_ready(obj)
    return obj


def find_character(context: Context) -> Object | None:
    """Return the chosen armature, the selected one, or the only one in the scene; None when there is none of these.

    Of a rig that was generated and the meta-rig it was made from it is the generated one. Raises PosewrightError when
    the chosen one has left the scene.
    """
    chosen = context.scene.posewright.character.armature
    if chosen is not None and chosen.name not in context.scene.objects:
        raise PosewrightError(f"The character {chosen.name} is not in this scene any more; choose another one.")
    if chosen is not None:
        return chosen
    active = context.view_layer.objects.active
    meant = armature_behind(active) if active is not None else None
    if meant is not None:
        return animated_rig(meant, context.scene)
    armatures = {animated_rig(obj, context.scene) for obj in armatures_in(context.scene)}
    return armatures.pop() if len(armatures) == 1 else None


def has_character(context: Context) -> bool:
    """Return whether ``find_character`` finds one."""
    try:
        return find_character(context) is not None
    except PosewrightError:
        return False


def named_character(scene: Scene, name: str) -> Object:
    """Return the armature of a name, or the one that moves the object of that name; PosewrightError when none does."""
    obj = scene.objects.get(name)
    armature = armature_behind(obj) if obj is not None else None
    if armature is None:
        names = ", ".join(sorted(other.name for other in armatures_in(scene))) or "none"
        raise PosewrightError(f"There is no character {name} in this scene; its armatures: {names}.")
    require_ready(armature)
    return armature


def characters_of(context: Context) -> list[Object]:
    """Return all armatures that are meant: several when several are selected, and the chosen one, if any, is of them.

    Raises PosewrightError as ``character_of`` does.
    """
    several = selected_characters(context)
    if not several:
        return [character_of(context)]
    for obj in several:
        require_ready(obj)
    return several


def selected_characters(context: Context) -> list[Object]:
    """Return the armatures of the selected objects when they are several and mean what Apply is for; else nothing."""
    if len(armatures_in(context.scene)) < 2:  # looked at first: what is selected may be thousands of things
        return []
    chosen = context.scene.posewright.character.armature
    selected = context.view_layer.objects.selected
    found = [animated_rig(obj, context.scene) for obj in map(armature_behind, selected) if obj is not None]
    several = list(dict.fromkeys(found))
    return several if len(several) > 1 and (chosen is None or chosen in several) else []


def armatures_in(scene: Scene) -> list[Object]:
    """Return the armature objects of a scene."""
    return [obj for obj in scene.objects if obj.type == "ARMATURE"]


def armature_behind(obj: Object) -> Object | None:
    """Return the armature that an object is, or that moves it: by a modifier, or as something that hangs on it."""
    above: Object | None = obj
    while above is not None:
        if above.type == "ARMATURE":
            return above
        modified = next((m.object for m in above.modifiers if m.type == "ARMATURE" and m.object is not None), None)
        if modified is not None:
            return modified
        above = above.parent
    return None


def animated_rig(obj: Object, scene: Scene) -> Object:
    """Return the rig that Rigify generated from a meta-rig, where it is in the scene; any other armature itself."""
    target = _property(obj.data, "rigify_target_rig")
    if isinstance(target, Object) and scene.objects.get(str(target.name)) == target:
        return target
    if not isinstance(target, Object) and _is_meta_rig(obj):
        generated = [other for other in armatures_in(scene) if _property(other.data, "rig_id")]
        return generated[0] if len(generated) == 1 else obj
    return obj


def trouble_of(context: Context) -> str:
    """Return why the character cannot be animated as it is, and what to do, as a sentence; "" when it can."""
    try:
        obj = find_character(context)
        if obj is not None:
            require_ready(obj)
        elif instances(context.scene):
            return _nobody(context)
    except PosewrightError as error:
        return str(error)
    return ""


def require_ready(obj: Object) -> None:
    """Raise PosewrightError when an armature cannot be keyed as it is now: linked, or in Edit Mode."""
    check_editable(obj)
    if obj.mode == "EDIT":
        raise PosewrightError(f"{obj.name} is in Edit Mode; leave it first.")


def _nobody(context: Context) -> str:
    linked = instances(context.scene)
    if linked and not armatures_in(context.scene):
        return (
            f"The character of {linked[0].name} is an instance of a linked collection; select it and make a library "
            "override first (Object > Library Override > Make)."
        )
    return "Choose a character first: pick its armature, or add the mannequin."


def _is_meta_rig(obj: Object) -> bool:
    bones: Iterable[object] = obj.pose.bones if obj.pose is not None else ()
    return not _property(obj.data, "rig_id") and any(_property(bone, "rigify_type") for bone in bones)


def _property(owner: Any, name: str) -> Any:
    """Return a property of Rigify's, whether Rigify is switched on or has only left it in the file."""
    value = getattr(owner, name, None)
    return owner.get(name) if value is None and hasattr(owner, "get") else value
