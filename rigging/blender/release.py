"""Constraints that hold keyed bones, switched off in the copy that a job saves; the rig's own file keeps them."""

from bpy.types import Object

from ..riders import riders
from ..rig import RigMap
from .armature import holding_constraints, rest_of


def release_bones(obj: Object, rig_map: RigMap) -> list[str]:
    """Mute what holds the mapped bones and the deforming bones below them; return sentences about it.

    Without this, keys on bones that are driven by controls (IK, copied transforms) would not show.
    """
    held = holding_constraints(obj)
    mapped = {name for names in rig_map.bones.values() for name in names} | set(riders(rest_of(obj), rig_map))
    follow = {
        bone.name
        for bone in obj.data.bones
        if bone.use_deform and any(parent.name in mapped for parent in bone.parent_recursive)
    }
    released = [name for name in held if name in mapped | follow]
    for name in released:
        for constraint in held[name]:
            constraint.mute = True
    if not released:
        return []
    return [
        f"Controls drove {len(released)} bones of {obj.name} (such as {released[0]}); in the result their constraints "
        "are muted, so that the bones follow the motion. The rig's own file is unchanged."
    ]
