"""Small rigs with controls, built as riggers build them: one body that deforms, and layers that drive it."""

import bpy
import numpy as np
from bpy.types import Constraint, Object
from posewright.rigging.blender.files import new_scene
from posewright.rigging.rig import RigMap

Point = tuple[float, float, float]

MIDDLE: dict[str, tuple[Point, Point, str | None]] = {
    "pelvis": ((0, 0, 1.0), (0, 0.01, 1.1), "root"),
    "spine_01": ((0, 0.01, 1.1), (0, 0.0, 1.22), "pelvis"),
    "spine_02": ((0, 0.0, 1.22), (0, 0.02, 1.34), "spine_01"),
    "spine_03": ((0, 0.02, 1.34), (0, 0.03, 1.5), "spine_02"),
    "neck": ((0, 0.03, 1.5), (0, 0.01, 1.6), "spine_03"),
    "head": ((0, 0.01, 1.6), (0, 0.0, 1.8), "neck"),
}
LEFT: dict[str, tuple[Point, Point, str]] = {
    "clavicle": ((0.02, 0.0, 1.45), (0.17, 0.03, 1.47), "spine_03"),
    "upperarm": ((0.17, 0.03, 1.47), (0.42, 0.05, 1.4), "clavicle"),
    "lowerarm": ((0.42, 0.05, 1.4), (0.66, 0.0, 1.35), "upperarm"),
    "hand": ((0.66, 0.0, 1.35), (0.76, -0.01, 1.33), "lowerarm"),
    "thigh": ((0.1, 0.0, 0.95), (0.11, -0.02, 0.52), "pelvis"),
    "calf": ((0.11, -0.02, 0.52), (0.11, 0.03, 0.09), "thigh"),
    "foot": ((0.11, 0.03, 0.09), (0.12, -0.1, 0.02), "calf"),
    "ball": ((0.12, -0.1, 0.02), (0.12, -0.17, 0.02), "foot"),
}
PARTS = {
    "clavicle": "clavicle",
    "upperarm": "upper_arm",
    "lowerarm": "forearm",
    "hand": "hand",
    "thigh": "thigh",
    "calf": "shin",
    "foot": "foot",
    "ball": "toe",
}
LIMBS = (("upperarm", "lowerarm", "hand"), ("thigh", "calf", "foot"))
SIDES = {"l": "left", "r": "right"}

Layer = dict[str, tuple[Point, Point, str | None]]


def body() -> Layer:
    """Return bone -> head, tail, parent of the body, parents first."""
    layer: Layer = {"root": ((0, 0, 0), (0, 0.2, 0), None)} | MIDDLE
    for side, sign in (("l", 1), ("r", -1)):
        for name, (head, tail, parent) in LEFT.items():
            above = parent if parent in MIDDLE else f"{parent}_{side}"
            layer[f"{name}_{side}"] = (_mirrored(head, sign), _mirrored(tail, sign), above)
    return layer


def body_map(prefix: str = "") -> RigMap:
    """Return the map of the body's bones."""
    bones: dict[str, tuple[str, ...]] = {
        part: (f"{prefix}{bone}",) for part, bone in (("hips", "pelvis"), ("neck", "neck"), ("head", "head"))
    }
    bones["spine"] = tuple(f"{prefix}spine_0{k}" for k in (1, 2, 3))
    for side, word in SIDES.items():
        bones |= {f"{word}_{part}": (f"{prefix}{name}_{side}",) for name, part in PARTS.items()}
    return RigMap(bones, "test")


def copied() -> Object:
    """A game rig: every deforming bone copies a control with a shape that hangs as it does; all bones are rolled."""
    obj = _armature({**_renamed("c_"), **body()}, roll=0.7)
    _show(obj, [f"c_{name}" for name in body()])
    for name in body():
        _constrain(obj, name, "COPY_TRANSFORMS", f"c_{name}")
    return obj


def isolated() -> Object:
    """As ``copied``, but arms and head do not turn with what carries them, and a space carries the pelvis."""
    obj = copied()
    for name in ("c_upperarm_l", "c_upperarm_r", "c_head"):
        obj.data.bones[name].use_inherit_rotation = False
    bpy.ops.object.mode_set(mode="EDIT")
    obj.data.edit_bones["c_pelvis"].parent = None
    bpy.ops.object.mode_set(mode="OBJECT")
    _follow(obj, "c_pelvis", "c_root")
    return obj


def pulled() -> Object:
    """IK arms and legs with poles and no FK; goals and poles hang on the root."""
    limbs = {f"c_{name}_{side}" for limb in LIMBS for name in (*limb, "ball") for side in SIDES}
    layers = {name: value for name, value in {**_renamed("c_"), **_ik_layer()}.items() if name not in limbs}
    obj = _armature({**layers, **body()})
    for side in SIDES:
        for upper, lower, end in LIMBS:
            _pull(obj, lower, end, side)
            for name in (upper, lower):
                _constrain(obj, f"{name}_{side}", "COPY_TRANSFORMS", f"ik_{name}_{side}")
            _constrain(obj, f"{end}_{side}", "COPY_ROTATION", f"goal_{end}_{side}")
        _constrain(obj, f"ball_{side}", "COPY_ROTATION", f"toe_{side}")
        _constrain(obj, f"clavicle_{side}", "COPY_TRANSFORMS", f"c_clavicle_{side}")
    for name in ("root", *MIDDLE):
        _constrain(obj, name, "COPY_TRANSFORMS", f"c_{name}")
    return obj


def switched(name: str = "ik_fk_switch", *, on_object: bool = False, fk: float = 1.0) -> Object:
    """FK and IK limbs with a property that switches: ``fk`` is its value for FK, it is at the other end."""
    obj = _armature({**_renamed("c_"), **_ik_layer(), **body()})
    if on_object:
        _property(obj, name, 1.0 - fk)
    for side in SIDES:
        for upper, lower, end in LIMBS:
            owner = obj if on_object else obj.pose.bones[f"goal_{end}_{side}"]
            if not on_object:
                _property(owner, name, 1.0 - fk)
            path = f'["{name}"]' if on_object else owner.path_from_id() + f'["{name}"]'
            _pull(obj, lower, end, side)
            pairs = [(upper, f"ik_{upper}"), (lower, f"ik_{lower}"), (end, f"goal_{end}")]
            for bone, follows in [*pairs, *([("ball", "toe")] if end == "foot" else [])]:
                _constrain(obj, f"{bone}_{side}", "COPY_TRANSFORMS", f"c_{bone}_{side}")
                blend = _constrain(obj, f"{bone}_{side}", "COPY_TRANSFORMS", f"{follows}_{side}")
                _drive(obj, blend, path, "1 - value" if fk == 1.0 else "value")
        _constrain(obj, f"clavicle_{side}", "COPY_TRANSFORMS", f"c_clavicle_{side}")
    for bone in ("root", *MIDDLE):
        _constrain(obj, bone, "COPY_TRANSFORMS", f"c_{bone}")
    return obj


def _ik_layer() -> Layer:
    """Return the bones that IK bends, its goals and poles, and toes on the feet's goals."""
    layer: Layer = _renamed("ik_", only=LIMBS)
    for upper, lower, end in LIMBS:
        for side in SIDES:
            layer[f"goal_{end}_{side}"] = (*body()[f"{end}_{side}"][:2], "c_root")
            x, y, z = body()[f"{lower}_{side}"][0]
            y += 0.5 if upper == "upperarm" else -0.5
            layer[f"pole_{end}_{side}"] = ((x, y, z), (x, y, z + 0.1), "c_root")
    for side in SIDES:
        layer[f"toe_{side}"] = (*body()[f"ball_{side}"][:2], f"goal_foot_{side}")
    return layer


def _pull(obj: Object, lower: str, end: str, side: str) -> None:
    ik = _constrain(obj, f"ik_{lower}_{side}", "IK", f"goal_{end}_{side}")
    ik.chain_count, ik.use_stretch = 2, False
    ik.pole_target, ik.pole_subtarget = obj, f"pole_{end}_{side}"
    ik.pole_angle = np.radians(-90)


def shared_bend() -> Object:
    """One control bends the whole spine: each of its bones turns a third of it, and carries neck and shoulders."""
    layers = {name: value for name, value in _renamed("c_").items() if not name.startswith("c_spine")}
    layers["c_chest"] = (*body()["spine_01"][:2], "c_pelvis")
    layers["m_chest"] = (*body()["spine_03"][:2], "c_root")
    hanging = {name: (*layers.pop(name)[:2], "m_chest") for name in ("c_neck", "c_clavicle_l", "c_clavicle_r")}
    layers |= hanging
    obj = _armature({**layers, **body()})
    for name in body():
        if not name.startswith("spine"):
            _constrain(obj, name, "COPY_TRANSFORMS", f"c_{name}")
    for k in (1, 2, 3):
        copy = _constrain(obj, f"spine_0{k}", "COPY_ROTATION", "c_chest")
        copy.influence = 1 / 3
        copy.target_space = copy.owner_space = "LOCAL"
    _constrain(obj, "m_chest", "COPY_TRANSFORMS", "spine_03")
    return obj


def carried(*, beside: float = 0.0) -> Object:
    """Deforming bones without parents, carried by Armature constraints; arms that are children of two spaces.

    Controls begin ``beside`` metres behind the joints, with other axes.
    """
    layer = _renamed("c_")
    if beside:
        layer = {name: (*_behind(head, beside), parent) for name, (head, _, parent) in layer.items()}
    arms = [f"c_upperarm_{side}" for side in SIDES]
    loose = {name: (head, tail, None) for name, (head, tail, _) in body().items()}
    obj = _armature({**layer, **{name: (*layer[name][:2], None) for name in arms}, **loose})
    for name in body():
        _follow(obj, name, f"c_{name}")
    for side in SIDES:
        for target, influence in ((f"c_clavicle_{side}", 1.0), ("c_root", 0.0)):
            child = _constrain(obj, f"c_upperarm_{side}", "CHILD_OF", target)
            child.influence = influence
            child.inverse_matrix = obj.data.bones[target].matrix_local.inverted()
    return obj


def _behind(head: Point, way: float) -> tuple[Point, Point]:
    x, y, z = head
    return (x, y + way, z), (x, y + way, z + 0.1)


def awkward() -> Object:
    """As ``switched`` with a choice of three, under a scaled parent, turned, posed, animated, in a hidden collection.

    Controls have rotation modes of all kinds and locked channels.
    """
    obj = switched("Mode")
    for k, bone in enumerate(obj.pose.bones):
        if "Mode" in bone:
            bone["Mode"] = 0
            bone.id_properties_ui("Mode").update(min=0, max=2)
        bone.location = (0.1, 0.2, -0.1)
        bone.scale = (1.0, 1.1, 1.0)
        bone.rotation_mode = ("XYZ", "ZXY", "AXIS_ANGLE", "QUATERNION")[k % 4]
        bone.rotation_euler = (0.3, 0.2, 0.1)
        bone.lock_scale = (True, True, True)
        bone.lock_location = (bone.name.startswith("c_") and k % 3 == 0,) * 3
    for curve in obj.animation_data.drivers:
        curve.driver.expression = "value != 2"
    obj.animation_data.action = bpy.data.actions.new("mine")
    obj.animation_data.nla_tracks.new().strips.new("before", 1, bpy.data.actions.new("before"))
    parent = bpy.data.objects.new("Parent", None)
    hidden = bpy.data.collections.new("Hidden")
    bpy.context.scene.collection.children.link(hidden)
    hidden.objects.link(parent)
    hidden.objects.link(obj)
    bpy.context.scene.collection.objects.unlink(obj)
    parent.scale, obj.scale = (100.0,) * 3, (0.01,) * 3
    obj.parent, obj.rotation_euler = parent, (1.5, 0.0, 0.4)
    bpy.context.view_layer.update()
    bpy.context.view_layer.layer_collection.children["Hidden"].exclude = True
    return obj


def beside() -> Object:
    """As ``carried``, with controls that begin behind the joints."""
    return carried(beside=0.15)


def plain_with_twists() -> Object:
    """The bare body in a space of its own; beside the forearms lie twist bones, the right one held."""
    layer = body() | {"space": ((0.0, 0.0, 0.0), (0.0, 0.1, 0.0), None)}
    for side in SIDES:
        head, tail, _ = layer[f"lowerarm_{side}"]
        layer[f"twist_{side}"] = (_halfway(head, tail), tail, f"lowerarm_{side}")
    obj = _armature(layer)
    _follow(obj, "root", "space")
    copy = _constrain(obj, "twist_r", "COPY_ROTATION", "hand_r")
    copy.influence = 0.5
    return obj


def _halfway(a: Point, b: Point) -> Point:
    return (a[0] + b[0]) / 2, (a[1] + b[1]) / 2, (a[2] + b[2]) / 2


def _mirrored(point: Point, sign: int) -> Point:
    return sign * point[0], point[1], point[2]


def _renamed(prefix: str, only: tuple[tuple[str, ...], ...] = (), without: tuple[str, ...] = ()) -> Layer:
    """Return the body under other names; of ``only`` some limbs their upper two bones, on the body's controls."""
    limbs = {f"{name}_{side}" for limb in only for name in limb[:2] for side in SIDES}
    layer: Layer = {}
    for name, (head, tail, parent) in body().items():
        if (only and name not in limbs) or name.split("_")[0] in without:
            continue
        own = prefix if not only or parent in limbs else "c_"
        layer[f"{prefix}{name}"] = (head, tail, None if parent is None else f"{own}{parent}")
    return layer


def _armature(bones: Layer, roll: float = 0.0) -> Object:
    new_scene()
    data = bpy.data.armatures.new("Rig")
    obj = bpy.data.objects.new("Rig", data)
    bpy.context.scene.collection.objects.link(obj)
    bpy.context.view_layer.objects.active = obj
    bpy.ops.object.mode_set(mode="EDIT")
    for name, (head, tail, _) in bones.items():
        bone = data.edit_bones.new(name)
        bone.head, bone.tail, bone.roll = head, tail, roll
        bone.use_deform = name in body()
    for name, (_, _, parent) in bones.items():
        if parent is not None:
            data.edit_bones[name].parent = data.edit_bones[parent]
    bpy.ops.object.mode_set(mode="OBJECT")
    return obj


def _constrain(obj: Object, bone: str, kind: str, target: str) -> Constraint:
    constraint = obj.pose.bones[bone].constraints.new(kind)
    constraint.target, constraint.subtarget = obj, target
    return constraint


def _follow(obj: Object, bone: str, target: str) -> None:
    """Make a bone move as if it were the child of another one."""
    entry = obj.pose.bones[bone].constraints.new("ARMATURE").targets.new()
    entry.target, entry.subtarget = obj, target


def _property(owner: object, name: str, value: float) -> None:
    owner[name] = value  # type: ignore[index]
    owner.id_properties_ui(name).update(min=0.0, max=1.0)  # type: ignore[attr-defined]


def _drive(obj: Object, constraint: Constraint, path: str, expression: str) -> None:
    driver = constraint.driver_add("influence").driver
    variable = driver.variables.new()
    variable.name = "value"
    variable.targets[0].id, variable.targets[0].data_path = obj, path
    driver.expression = expression


def _show(obj: Object, names: list[str]) -> None:
    shape = bpy.data.objects.new("Shape", None)
    for name in names:
        obj.pose.bones[name].custom_shape = shape
