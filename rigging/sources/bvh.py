"""BVH files of any hierarchy as Takes: their skeleton is understood as that of a rig. numpy only.

What counts as its rest pose is the pose of the offsets alone, or the first frame, or that in which it stands tallest:
whichever looks most like a person who stands.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...core.bvh import NEEDED, Z_UP_FROM, read_bvh, take_from_bvh, to_z_up
from ...core.bvh_format import END, Bvh
from ...core.bvh_names import joint_map
from ...core.take import Take
from ...errors import PosewrightError
from ..maps.mapping import map_rig
from ..maps.parts import SIDES
from ..rig import RigRest
from ..rotations import any_normal, unit
from ..solver.anatomy import RigBody
from .skeletons import LIMB_JOINTS, take_from_skeleton

Array = NDArray[np.float64]

USUAL_HEIGHT: Final = 1.7  # metres; the skeleton is made so tall while its parts are looked for
SHORTEST: Final = 1e-4  # of the skeleton's size: bones without length
AT_REST, IN_MOTION = np.radians(25), np.radians(10)
"""How far trunk, legs and arms may be off those of a person who stands: in the pose without angles, which is made to be
one, and in a pose of the motion, which must be meant as one."""
HANGING: Final = -0.2  # how far arms may point to the other side (sine): they may hang straight down
TIP: Final = 0.3  # length of a bone without End Site, of its parent's


def take_from_any_bvh(path: str | os.PathLike[str], map_file: Path | None = None) -> Take:
    """Read anybody's BVH as a take: by the names of its joints, and by the shape of its skeleton.

    Where the skeleton rests like a person who stands, the turns of its hips, head, hands and feet come along.
    ``map_file`` (JSON, see ``map_rig``) says which joints are which parts. Raises PosewrightError when the file is no
    BVH or shows no human body.
    """
    bvh = read_bvh(path)
    found = joint_map(bvh.names)
    named = all(name in found for name in NEEDED) and map_file is None
    if named and {"thorax", "left_hip", "nose"} <= set(bvh.names):  # our own files hold the joints themselves
        return take_from_bvh(path)
    try:
        skeleton = _understood(bvh, Path(path).name, map_file)
    except PosewrightError:
        if named:
            return take_from_bvh(path)
        raise
    if named and not (skeleton.stands and _agree(skeleton.rig, found)):
        return take_from_bvh(path)
    poses = bvh.poses()[:, skeleton.joints]
    rest, parts = skeleton.rig.rest, skeleton.rig.map.bones
    ends = [poses[:, rest.index(_lowest(skeleton.rig, side)), :3, 3] for side in SIDES]
    tops = [poses[:, rest.index(parts[f"{side}_upper_arm"][0]), :3, 3] for side in SIDES]
    turn = np.eye(4)
    turn[:3, :3] = to_z_up(np.mean(ends, 0), np.mean(tops, 0))
    return take_from_skeleton(
        rest,
        skeleton.rig.map,
        turn @ poses @ skeleton.axes,
        1.0 / bvh.frame_time,
        upright=skeleton.stands,
        provenance={"name": Path(path).name},
    )


@dataclass(frozen=True)
class _Skeleton:
    """The joints of a file (B of them) understood as a rig."""

    rig: RigBody
    joints: list[int]  # index of each bone's joint in the file
    axes: Array  # (B,4,4) of the bone, Y along it, in those of its joint
    stands: bool  # in its rest pose, as a person does


def _understood(bvh: Bvh, name: str, map_file: Path | None) -> _Skeleton:
    """Return the skeleton of a file in the first rest pose in which it stands, else in one that is understood."""
    best: _Skeleton | None = None
    reason: PosewrightError | None = None
    for pose, within in _rest_poses(bvh):
        for turn in Z_UP_FROM.values():
            skeleton = _Tree(bvh, pose, turn, name)
            try:
                rig = RigBody(skeleton.rest, map_rig(skeleton.rest, map_file))
            except PosewrightError as error:
                reason = reason or error
                continue
            found = _Skeleton(rig, skeleton.joints, skeleton.axes, _stands(rig, within))
            if found.stands:
                return found
            best = best or (found if _is_upright(rig) else None)
    if best is None:
        raise PosewrightError(f"The skeleton of {name} is not understood: {reason}") from reason
    return best


def _rest_poses(bvh: Bvh) -> Iterator[tuple[Array, float]]:
    """Yield poses (J,4,4) that may be the skeleton's rest, and how exactly they must look so.

    They are the pose without any angles, the first, and the tallest.
    """
    if np.ptp(bvh.offsets[1:], axis=0).max(initial=0.0) > 0:
        channels = tuple(() for _ in bvh.channels)
        yield replace(bvh, frames=np.zeros((1, 0)), channels=channels).poses()[0], AT_REST
    poses = bvh.poses()
    yield poses[0], IN_MOTION
    heights = np.ptp(poses[..., :3, 3], axis=1)
    yield poses[int(heights[:, int(np.median(heights, axis=0).argmax())].argmax())], IN_MOTION


class _Tree:
    """The joints of a file as the bones of a rig in a rest pose (J,4,4)."""

    def __init__(self, bvh: Bvh, pose: Array, turn: Array, name: str) -> None:
        """``turn`` (3,3) brings the file's axes upright."""
        self.joints = [joint for joint in range(len(bvh.names)) if not _is_end(bvh, joint)]
        place = {joint: b for b, joint in enumerate(self.joints)}
        heads = pose[:, :3, 3]
        size = float(np.ptp(heads, axis=0).max()) or 1.0
        tails = np.stack([_tail(bvh, heads, joint, size) for joint in self.joints])
        along = tails - heads[self.joints]
        lengths = np.maximum(np.linalg.norm(along, axis=-1), SHORTEST * size)
        self.axes = np.tile(np.eye(4), (len(self.joints), 1, 1))
        local = np.einsum("bji,bj->bi", pose[self.joints, :3, :3], unit(along))
        side = any_normal(local)
        self.axes[:, :3, :3] = np.stack([side, local, np.cross(side, local)], -1)
        world = np.eye(4)
        world[:3, :3] = USUAL_HEIGHT / size * turn
        self.rest = RigRest(
            name=name,
            bones=tuple(bvh.names[joint] for joint in self.joints),
            parents=np.array([place.get(bvh.parents[joint], -1) for joint in self.joints], np.int64),
            rest=pose[self.joints] @ self.axes,
            lengths=lengths,
            world=world,
        )
        self.rest.world[2, 3] = -float((self.rest.heads()[:, 2]).min())


def _is_end(bvh: Bvh, joint: int) -> bool:
    return bvh.names[joint].endswith(END) and not bvh.channels[joint]


def _tail(bvh: Bvh, heads: Array, joint: int, size: float) -> Array:
    """Return where a joint's bone ends: in the middle of its children, or going on as its parent's does.

    Where it lies in the middle of them itself, as hips may, it ends at the first.
    """
    children = [child for child, parent in enumerate(bvh.parents) if parent == joint]
    away = [heads[child] for child in children if np.linalg.norm(heads[child] - heads[joint]) > SHORTEST * size]
    for end in [np.mean(away, axis=0), away[0]] if away else ():
        if np.linalg.norm(end - heads[joint]) > SHORTEST * size:
            return end
    above = bvh.parents[joint]
    while above >= 0:
        step = heads[joint] - heads[above]
        if np.linalg.norm(step) > SHORTEST * size:
            return heads[joint] + TIP * step
        above = bvh.parents[above]
    return heads[joint] + np.array([0.0, SHORTEST * size, 0.0])


def _lowest(rig: RigBody, side: str) -> str:
    """Return the bone that begins lowest on a leg."""
    parts = (f"{side}_{part}" for part in ("foot", "shin", "thigh"))
    return next(rig.map.bones[part][0] for part in parts if rig.has(part))


def _is_upright(rig: RigBody) -> bool:
    legs = [rig.joint(f"{side}_thigh")[2] - rig.ankle(side)[2] for side in SIDES]
    return min(legs) > 0 and rig.neck_base[2] > rig.hip_middle[2]


def _stands(rig: RigBody, within: float) -> bool:
    """Return whether the rest pose is that of a person who stands: trunk and legs upright, arms alike on both sides."""
    straight = np.cos(within)
    up = np.array([0.0, 0.0, 1.0])
    if not unit(rig.neck_base - rig.hip_middle) @ up > straight:
        return False
    if any(unit(rig.joint(f"{side}_thigh") - rig.ankle(side)) @ up < straight for side in SIDES):
        return False
    mirror = np.eye(3) - 2 * np.outer(rig.left, rig.left)
    arms = [rig.direction(f"{side}_upper_arm") for side in SIDES]
    return bool(arms[0] @ (mirror @ arms[1]) > straight and arms[0] @ rig.left > HANGING)


def _agree(rig: RigBody, found: dict[str, str]) -> bool:
    """Return whether shape and names mean the same joints."""
    pairs = [(f"{side}_{joint}", f"{side}_{part}") for side in SIDES for joint, part in LIMB_JOINTS.items()]
    return all(rig.map.first(part) == found[joint] for joint, part in pairs)
