"""The animation of any skeleton as a Take: joints from its bones, and points for what bones tell beyond them.

Head, hands and feet of a skeleton turn, but joints alone do not tell how. So points that are rigid with these bones
(nose, ears, knuckles, heels) become joints of the take, where the retargeting expects them. numpy only.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ...core.bvh import LEG_PART, TALL, USUAL_HEIGHT
from ...core.skeleton import JOINTS
from ...core.take import Take
from ..maps.parts import FINGERS, SIDES
from ..rig import RigMap, RigRest
from ..rotations import across, dot, frame, unit
from ..solver.anatomy import RigBody
from ..solver.hands import INDEX_FINGER, LITTLE_FINGER, knuckle, palm
from ..solver.hinges import rest_hinge, usual_arm
from ..solver.motion import leg_length
from ..solver.pose import moving_bone
from ..solver.soles import HEEL, ball_of
from ..solver.targets import HEAD_POINTS, WHOLE_TRUNK

Array = NDArray[np.float64]

LIMB_JOINTS: Final = {
    "hip": "thigh",
    "knee": "shin",
    "shoulder": "upper_arm",
    "elbow": "forearm",
    "wrist": "hand",
}
"""Joint -> the part whose first bone begins there."""

FINGER_JOINTS: Final = 4  # knuckle to tip

KNUCKLE_REACH, KNUCKLE_HALF = 0.09, 0.03
"""Metres from the wrist to the knuckles, and half of index to little finger, of hands without fingers."""

HEEL_SLOPE: Final = np.tan(np.radians(4))  # of the way from the ball up to the heel joint when a foot stands flat
SPINE_SHARES: Final = (0.25, 0.75)  # where on the way from hips to neck the joint in the spine may lie
EVEN: Final = 1e-3  # a scale of the object that differs by less in all directions is even


def take_from_skeleton(
    rest: RigRest,
    rig_map: RigMap,
    poses: Array,
    fps: float,
    *,
    upright: bool = True,
    provenance: dict[str, Any] | None = None,
) -> Take:
    """Return the motion of a mapped skeleton.

    ``poses`` (F,B,4,4) are the matrices of its bones in the world (the object's matrix times the pose's), Z up. The
    take holds the body's joints, nose, ears and top of the head, heels and balls of the feet, knuckles, and the joints
    of fingers where the map has them; it has no contacts. ``upright`` says that the rest pose is that of a person who
    stands and looks ahead; otherwise the turns of hips, head and hands tell nothing and are left out. A skeleton whose
    legs are those of no person, in metres, is taken to be in centimetres, millimetres, or in a unit of its own, which
    ``provenance["source"]`` tells. Raises PosewrightError when the map lacks thighs or upper arms.
    """
    rest, poses = _even(rest, poses)
    rig = RigBody(rest, rig_map)
    body = _Body(rig, poses)
    joints: dict[str, Array] = {}
    _add_trunk(joints, body, upright=upright)
    for side in SIDES:
        _add_limbs(joints, body, side)
        _add_foot(joints, body, side, upright=upright)
        _add_hand(joints, body, side, upright=upright)
    unit_metres = metres_per_unit(leg_length(joints))
    names = [name for name in JOINTS if name in joints]
    names += [name for name in joints if name not in names]
    paths = np.stack([joints[name] for name in names], 1) * unit_metres
    source = {"skeleton": rest.name, "metres_per_unit": unit_metres, **(provenance or {})}
    return Take(paths.astype(np.float32), tuple(names), fps, provenance={"source": source})


def metres_per_unit(leg: float | None) -> float:
    """Return the unit of a skeleton from the length of its legs, judged as that of a BVH file."""
    if not leg:
        return 1.0
    stature = leg / LEG_PART
    for low, high, metres in TALL:
        if low <= stature <= high:
            return metres
    return USUAL_HEIGHT / stature


def _even(rest: RigRest, poses: Array) -> tuple[RigRest, Array]:
    """Return rest and poses in a world where the skeleton's object is scaled evenly."""
    sizes = np.linalg.svd(rest.world[:3, :3], compute_uv=False)
    if sizes[0] - sizes[-1] <= EVEN * sizes[0]:
        return rest, poses
    even, to_even = rest.unsheared()
    poses = poses.copy()
    poses[..., :3, :] = to_even @ poses[..., :3, :]
    return even, poses


class _Body:
    """A mapped skeleton at rest, and its bones in motion."""

    def __init__(self, rig: RigBody, poses: Array) -> None:
        self.rig, self.poses = rig, poses
        self.rest = rig.rest.world @ rig.rest.rest

    def bone(self, part: str, place: int = 0) -> int:
        """Return the index of a part's bone."""
        return self.rig.rest.index(self.rig.map.bones[part][place])

    def head(self, part: str) -> Array:
        """Return where (F,3) a part begins."""
        return self.poses[:, self.bone(part), :3, 3]

    def tail(self, part: str) -> Array:
        """Return where (F,3) the last bone of a part ends."""
        return self.carried(part, self.rig.tails[self.bone(part, -1)], place=-1)

    def carried(self, part: str, point: Array, place: int = 0) -> Array:
        """Return the path (F,3) of a point (3,) of the world at rest that is rigid with a part's bone."""
        b = self.bone(part, place)
        local = np.linalg.inv(self.rest[b]) @ np.append(point, 1.0)
        return (self.poses[:, b] @ local)[:, :3]


def _add_trunk(joints: dict[str, Array], body: _Body, *, upright: bool) -> None:
    rig = body.rig
    hips = [body.head(f"{side}_thigh") for side in SIDES]
    joints["pelvis"] = (hips[0] + hips[1]) / 2
    above = next((part for part in ("neck", "head") if rig.has(part)), None)
    shoulders = [body.head(f"{side}_upper_arm") for side in SIDES]
    joints["thorax"] = (shoulders[0] + shoulders[1]) / 2 if above is None else body.head(above)
    waist = _waist(rig)
    if upright:
        joints["spine"] = _lower_spine(joints, body)
    elif waist is not None:
        joints["spine"] = body.poses[:, rig.rest.index(waist), :3, 3]
    if rig.has("neck") and rig.has("head"):
        joints["neck"] = body.head("head")
    if not rig.has("head") or not upright:
        return
    axes = np.stack([rig.left, rig.up, rig.forward])
    size = rig.leg_length / (LEG_PART * USUAL_HEIGHT)  # of the points, measured on a person
    for name in ("head", "nose", "left_ear", "right_ear"):
        joints[name] = body.carried("head", rig.neck_base + size * np.array(HEAD_POINTS[name]) @ axes)


def _lower_spine(joints: dict[str, Array], body: _Body) -> Array:
    """Return a point (F,3) over the hips from which the retargeting finds their turn again.

    It takes hips to turn with the way from the pelvis to this point, and a little with the whole trunk.
    """
    rig = body.rig
    mover = rig.rest.index(moving_bone(rig.rest, rig.map))
    to_middle = rig.spine_point(0.5) - rig.hip_middle
    length = float(np.linalg.norm(to_middle))
    rest_low = WHOLE_TRUNK * unit(rig.neck_base - rig.hip_middle) + to_middle / max(length, 1e-9)
    turn = body.poses[:, mover, :3, :3] @ np.linalg.inv(body.rest[mover, :3, :3])
    wanted = unit(np.einsum("fab,b->fa", turn, rest_low))
    trunk = WHOLE_TRUNK * unit(joints["thorax"] - joints["pelvis"])
    along = dot(wanted, trunk)  # |t wanted - trunk| = 1
    t = along + np.sqrt(along**2 + 1.0 - WHOLE_TRUNK**2)
    return joints["pelvis"] + length * unit(t * wanted - trunk)


def _waist(rig: RigBody) -> str | None:
    """Return the bone of the spine that begins nearest to the middle of the trunk."""
    bones = rig.map.bones.get("spine", ())
    points = np.stack([rig.hip_middle, *rig.spine_heads, rig.neck_base])
    along = np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=-1))
    shares = along[:-1] / max(float(along[-1]), 1e-12)
    found = [(abs(share - 0.5), bone) for share, bone in zip(shares, bones, strict=True)]
    low, high = SPINE_SHARES
    inside = [pair for pair, share in zip(found, shares, strict=True) if low <= share <= high]
    return min(inside)[1] if inside else None


def _add_limbs(joints: dict[str, Array], body: _Body, side: str) -> None:
    rig = body.rig
    for joint, part in LIMB_JOINTS.items():
        if rig.has(f"{side}_{part}"):
            joints[f"{side}_{joint}"] = body.head(f"{side}_{part}")
    if not rig.has(f"{side}_hand") and rig.has(f"{side}_forearm"):
        joints[f"{side}_wrist"] = body.tail(f"{side}_forearm")
    last = next(part for part in ("foot", "shin", "thigh") if rig.has(f"{side}_{part}"))
    joints[f"{side}_ankle"] = body.head(f"{side}_foot") if last == "foot" else body.tail(f"{side}_{last}")
    chains = (("hip", "knee", "ankle"), ("shoulder", "elbow", "wrist"))
    for top, middle, end in chains:  # a limb of one bone: its joint lies half-way
        if f"{side}_{middle}" not in joints and f"{side}_{end}" in joints:
            joints[f"{side}_{middle}"] = (joints[f"{side}_{top}"] + joints[f"{side}_{end}"]) / 2


def _add_foot(joints: dict[str, Array], body: _Body, side: str, *, upright: bool) -> None:
    """Add the ball and a heel from which a foot that stands as at rest stands flat."""
    rig, foot = body.rig, f"{side}_foot"
    if not rig.has(foot):
        return
    ankle, ball = rig.ankle(side), ball_of(rig, side)
    forward = unit(across(rig.foot_direction(side), np.array([0.0, 0.0, 1.0])))
    reach = float((ball - ankle) @ forward)
    heel = ankle - HEEL * reach * forward
    heel[2] = ball[2] + HEEL_SLOPE * (1 + HEEL) * reach
    has_toe = rig.has(f"{side}_toe")
    joints[f"{side}_foot_index"] = body.head(f"{side}_toe") if has_toe else body.carried(foot, ball, -1)
    if upright:
        joints[f"{side}_heel"] = body.carried(foot, heel)


def _add_hand(joints: dict[str, Array], body: _Body, side: str, *, upright: bool) -> None:
    rig = body.rig
    if not rig.has(f"{side}_hand"):
        return
    for finger in FINGERS:
        bones = rig.map.bones.get(f"{side}_{finger}", ())
        for k, bone in enumerate(bones[:FINGER_JOINTS]):
            joints[f"{side}_{finger}_{k + 1}"] = body.poses[:, rig.rest.index(bone), :3, 3]
        if bones and len(bones) < FINGER_JOINTS:
            joints[f"{side}_{finger}_{len(bones) + 1}"] = body.tail(f"{side}_{finger}")
    found = [knuckle(rig, side, *finger) for finger in (("index", INDEX_FINGER), ("pinky", LITTLE_FINGER))]
    if palm(rig, side) is None:  # the retargeting then takes the palm to rest as hands usually do
        found = [*_usual_knuckles(rig, side)] if upright else []
    for finger, point in zip(("index", "pinky"), found, strict=False):
        if point is not None:
            _move_finger(joints, f"{side}_{finger}", body.carried(f"{side}_hand", point))


def _move_finger(joints: dict[str, Array], finger: str, start: Array) -> None:
    """Let a finger begin on a path (F,3), pointing as before."""
    shift = start - joints.get(f"{finger}_1", start)
    joints.setdefault(f"{finger}_1", start)
    for k in range(1, FINGER_JOINTS + 1):
        if f"{finger}_{k}" in joints:
            joints[f"{finger}_{k}"] = joints[f"{finger}_{k}"] + shift


def _usual_knuckles(rig: RigBody, side: str) -> tuple[Array, Array]:
    """Return the knuckles (3,) of a hand without fingers: its palm half-way between up and down, as elsewhere."""
    rest_upper = rig.direction(f"{side}_upper_arm")
    arm = rig.direction(f"{side}_forearm") if rig.has(f"{side}_forearm") else rest_upper
    hinge = rest_hinge(usual_arm(side, rig.shoulder_line, rig.up, rig.forward), rest_upper, arm)
    axes = frame(arm, np.cross(hinge, arm))
    size = rig.leg_length / (LEG_PART * USUAL_HEIGHT)
    middle = rig.joint(f"{side}_hand") + size * KNUCKLE_REACH * axes[:, 0]
    return middle + size * KNUCKLE_HALF * axes[:, 1], middle - size * KNUCKLE_HALF * axes[:, 1]
