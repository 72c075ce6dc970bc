"""Which armature is meant."""

from bpy.types import Context, Object

from ...errors import PosewrightError


def character_of(context: Context) -> Object:
    """Return the armature that is meant; PosewrightError when none or several could be, or when it cannot be keyed."""
    obj = find_character(context)
    if obj is None:
        raise PosewrightError("Choose a character first: pick its armature, or add the mannequin.")
    if obj.mode == "EDIT":
        raise PosewrightError(f"{obj.name} is in Edit Mode; leave it first.")
    return obj


def find_character(context: Context) -> Object | None:
    """Return the chosen armature, the selected one, or the only one in the scene; None when there is none of these.

    Raises PosewrightError when the chosen one has left the scene.
    """
    chosen = context.scene.posewright.character.armature
    if chosen is not None and chosen.name not in context.scene.objects:
        raise PosewrightError(f"The character {chosen.name} is not in this scene any more; choose another one.")
    return chosen or _selected(context)


def _selected(context: Context) -> Object | None:
    active = context.view_layer.objects.active
    if active is not None and active.type == "ARMATURE":
        return active
    armatures = [obj for obj in context.scene.objects if obj.type == "ARMATURE"]
    return armatures[0] if len(armatures) == 1 else None
