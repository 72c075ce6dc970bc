"""Control rigs: in the copy that a job saves, the deforming bones are freed from their controls.

The keys lie on the bones that move the mesh. Where controls drive those bones (IK, copied transforms), the
keys would not show; so what holds them is switched off. The rig's own file keeps everything.
"""

import numpy as np
from bpy.types import Bone, Object

from ...rig import RigMap
from ..armature import holding_constraints

SAME_PLACE = 1e-3  # of the rig's height: the heads of a bone and of its twin among the controls
SAME_WAY = 0.99  # cosine between the two


def release_bones(obj: Object, rig_map: RigMap) -> list[str]:
    """Mute what holds the mapped bones and the deforming bones that go with them; return sentences about it."""
    held = holding_constraints(obj)
    mapped = [name for names in rig_map.bones.values() for name in names]
    if not any(name in held for name in mapped):
        return []
    carriers = _loose_bones(obj, mapped)
    below = [bone.name for bone in obj.data.bones if bone.use_deform and _is_below(bone, {*mapped, *carriers})]
    released = [name for name in dict.fromkeys([*mapped, *carriers, *below]) if name in held]
    for name in released:
        for constraint in held[name]:
            constraint.mute = True
    for name, carrier in carriers.items():
        _carry(obj, name, carrier)
    return [
        f"Controls drove {len(released)} bones of {obj.name} (such as {released[0]}); in the result their constraints "
        "are muted, so that the bones follow the motion. The rig's own file is unchanged."
    ]


def _is_below(bone: Bone, names: set[str]) -> bool:
    return any(parent.name in names for parent in bone.parent_recursive)


def _loose_bones(obj: Object, mapped: list[str]) -> dict[str, str]:
    """Return the deforming bones that hang on controls (a breast, the face) -> the mapped bone they belong to.

    That is the twin of the nearest bone above them that has one: a mapped bone in the same place.
    """
    bones = obj.data.bones
    size = SAME_PLACE * max((bone.head_local.length for bone in bones), default=1.0)

    def twin(control: Bone) -> str | None:
        for name in mapped:
            bone = bones[name]
            if (bone.head_local - control.head_local).length < size and bone.vector.length > 0:
                directions = [np.array(b.matrix_local)[:3, 1] for b in (bone, control)]
                if directions[0] @ directions[1] > SAME_WAY:
                    return name
        return None

    found: dict[str, str] = {}
    for bone in bones:
        if not bone.use_deform or bone.name in mapped or _is_below(bone, {*mapped, *found}):
            continue
        carrier = next((name for parent in bone.parent_recursive if (name := twin(parent))), None)
        if carrier is not None:
            found[bone.name] = carrier
    return found


def _carry(obj: Object, name: str, carrier: str) -> None:
    """Make a bone follow another one as if it were its child."""
    constraint = obj.pose.bones[name].constraints.new("ARMATURE")
    constraint.name = "Posewright"
    target = constraint.targets.new()
    target.target, target.subtarget = obj, carrier
