"""A motion onto a rig: world turns of the body parts become local channels of the bones. numpy only."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..core.take import Take
from .anatomy import SIDES, RigBody
from .hands import forearm_bones, twisted
from .hinges import smoothed
from .motion import body_joints, leg_length
from .planting import RigLeg, can_plant, plant_feet, rig_contacts
from .rig import BoneMotion, RigMap, RigRest
from .rotations import conjugate, continuous, from_matrix, multiply, rotate, to_matrix
from .stances import FeetMode, Standing, standing_feet
from .targets import limb_turns, neck_turns, spine_turns, still, trunk_turns

Array = NDArray[np.float64]

CHAIN = {
    "clavicle": "spine",
    "upper_arm": "clavicle",
    "forearm": "upper_arm",
    "hand": "forearm",
    "thigh": "hips",
    "shin": "thigh",
    "foot": "shin",
    "toe": "foot",
}
"""Part of a limb -> the part that carries it."""


def solve_rig(rest: RigRest, rig_map: RigMap, take: Take, feet: FeetMode = "auto") -> BoneMotion:
    """Return the local motion of the mapped bones that makes the rig move like the take.

    Arms and legs get the directions of the take's joints; the path of the hips is scaled by the length of
    the legs and keeps the feet on the rig's floor. ``feet`` says what holds them there (see ``FeetMode``):
    legs bend a little for it. Raises PosewrightError when the take lacks hips or shoulders, or the rig legs or arms.
    """
    joints = body_joints(take)
    rig = RigBody(rest, rig_map)
    standing = standing_feet(take, joints)
    turns = trunk_turns(rig, joints)
    spine = spine_turns(rig, joints, turns)
    turns |= limb_turns(rig, joints, turns, standing, take.fps)
    size = _size(rig, joints)
    pose = _Pose(rig, _bone_turns(rig, turns, spine, take.frames), take.frames)
    pose.place_hips(hips := _hips_path(rig, joints, standing, size))
    if feet == "always":
        found = rig_contacts(rig, _legs(rig, pose, turns), take.fps, size)
        standing = standing_feet(take, joints, found)
    hips[:, 2] += _floor_correction(rig, pose, standing, size)
    pose.place_hips(hips)
    legs = _legs(rig, pose, turns)
    if feet != "never" and legs:
        planted, shift = plant_feet(rig, legs, standing, size=size, fps=take.fps, lock=feet != "ground")
        turns |= planted
        pose = _Pose(rig, _bone_turns(rig, turns, spine, take.frames), take.frames)
        pose.place_hips(hips + shift)
    times = np.asarray(take.times, np.float64)
    return BoneMotion(*pose.channels(), times=times - times[0])


def moving_bone(rest: RigRest, rig_map: RigMap) -> str:
    """Return the bone that carries the whole body: the hips, or the nearest bone above hips, thighs and spine."""
    hips = rig_map.bones["hips"][0]
    carried = [rig_map.bones[part][0] for part in ("left_thigh", "right_thigh", "spine") if rig_map.bones.get(part)]
    above = [{rest.index(bone), *rest.ancestors(rest.index(bone))} for bone in carried]
    for bone in (rest.index(hips), *rest.ancestors(rest.index(hips))):
        if all(bone in ancestors for ancestors in above):
            return rest.bones[bone]
    return hips


def _bone_turns(rig: RigBody, turns: dict[str, Array], spine: list[Array], frames: int) -> dict[str, Array | None]:
    """Return the world turn (F,4) of each mapped bone; None where it stays at rest in its parent."""
    bones: dict[str, Array | None] = {}
    names = rig.map.bones
    bones[moving_bone(rig.rest, rig.map)] = turns["hips"]
    for bone in names.get("hips", ()):
        bones[bone] = turns["hips"]
    bones |= dict(zip(names.get("spine", ()), spine, strict=True))
    neck = names.get("neck", ())
    bones |= dict(zip(neck, neck_turns(len(neck), turns["chest"], turns["head"]), strict=True))
    bones |= dict.fromkeys(names.get("head", ()), turns["head"])
    for side in SIDES:
        for core in CHAIN:
            part = f"{side}_{core}"
            bones |= dict.fromkeys(names.get(part, ()), turns.get(part))
        forearm, hand = turns.get(f"{side}_forearm"), turns.get(f"{side}_hand")
        if forearm is not None and hand is not None and rig.has(f"{side}_forearm"):
            chain = forearm_bones(rig, side)
            bones |= dict(zip(chain, twisted(forearm, hand, rig.direction(f"{side}_forearm"), len(chain)), strict=True))
    return bones


def _size(rig: RigBody, joints: dict[str, Array]) -> float:
    """Return the length of the rig's legs over that of the person's."""
    leg = leg_length(joints)
    return rig.leg_length / leg if leg else 1.0


def _hips_path(rig: RigBody, joints: dict[str, Array], standing: dict[str, Standing], size: float) -> Array:
    """Return the wanted path (F,3) of the middle of the rig's hips in the world."""
    heights = [foot.ankle_height for foot in standing.values()]
    path = joints["pelvis"] * size
    if heights:
        path[:, 2] += rig.floor + rig.ankle_height - size * min(heights)
    return path


def _floor_correction(rig: RigBody, pose: "_Pose", standing: dict[str, Standing], size: float) -> Array:
    """Return how much (F,) to lift the rig so that standing feet stand: its legs are built unlike the person's."""
    weight = np.zeros(pose.frames)
    error = np.zeros(pose.frames)
    for side, foot in standing.items():
        for part, stands in ((f"{side}_foot", foot.heel), (f"{side}_toe", foot.ball)):
            if not rig.has(part):
                continue
            bone = rig.rest.index(rig.map.bones[part][0])
            height = pose.world_head(bone)[:, 2] - rig.heads[bone, 2] - size * foot.surface
            weight += stands**2
            error += stands**2 * height
    return -smoothed(error, weight + 1e-3, 4.0)


def _legs(rig: RigBody, pose: "_Pose", turns: dict[str, Array]) -> list[RigLeg]:
    """Return the legs that can be planted, as they are in a pose."""
    legs = []
    for side in SIDES:
        if not can_plant(rig, turns, side):
            continue
        hip, ankle = (pose.world_head(rig.rest.index(rig.map.bones[f"{side}_{part}"][0])) for part in ("thigh", "foot"))
        thigh, shin = turns[f"{side}_thigh"], turns[f"{side}_shin"]
        legs.append(RigLeg(side, hip, ankle, thigh, shin, turns.get(f"{side}_foot", shin), sum(rig.leg_pieces(side))))
    return legs


class _Pose:
    """The rig while it moves: turns and heads of its mapped bones and their ancestors, in armature space."""

    def __init__(self, rig: RigBody, turns: dict[str, Array | None], frames: int) -> None:
        self.rig = rig
        self.rest = rig.rest
        self.frames = frames
        self.keyed = {self.rest.index(bone) for bone in turns}
        self.carriers = self._carriers()
        self.order = self._order()
        self.mover = self.rest.index(moving_bone(self.rest, rig.map))
        while self.rest.is_connected(self.mover):  # Blender ignores the location of a connected bone
            self.mover = int(self.rest.parents[self.mover])
        self.turns = self._armature_turns(turns)
        self.heads: dict[int, Array] = {}
        self.locations: dict[int, Array] = {}

    def place_hips(self, path: Array) -> None:
        """Move the rig so that the middle of its hips follows a path (F,3) in the world."""
        self._forward(np.zeros((self.frames, 3)))
        rest = self.rest
        to_armature = np.linalg.inv(rest.world)
        wanted = path @ to_armature[:3, :3].T + to_armature[:3, 3]
        middle = to_armature[:3, :3] @ self.rig.hip_middle + to_armature[:3, 3]
        hips = rest.index(moving_bone(rest, self.rig.map))
        now = self.heads[hips] + rotate(self.turns[hips], middle - rest.rest[hips, :3, 3])
        self._forward(wanted - now)

    def world_head(self, bone: int) -> Array:
        """Return the path (F,3) of a bone's head in the world."""
        return self.heads[bone] @ self.rest.world[:3, :3].T + self.rest.world[:3, 3]

    def channels(self) -> tuple[tuple[str, ...], Array, dict[str, Array]]:
        """Return the bones with their local rotations (F,K,4) and locations."""
        keyed = [b for b in self.order if b in self.keyed or b in self.locations]
        rotations = np.stack([self._basis(b) for b in keyed], 1)
        locations = {self.rest.bones[b]: location for b, location in self.locations.items()}
        return tuple(self.rest.bones[b] for b in keyed), continuous(rotations), locations

    def _order(self) -> list[int]:
        """Return the keyed bones and all above them, each after its parent and its carrier."""
        found: dict[int, None] = {}

        def visit(b: int) -> None:
            if b < 0 or b in found:
                return
            visit(int(self.rest.parents[b]))
            visit(self.carriers.get(b, -1))
            found[b] = None

        for b in sorted(self.keyed):
            visit(b)
        return list(found)

    def _forward(self, shift: Array) -> None:
        """Compute all heads; ``shift`` (F,3) moves the moving bone, in armature axes."""
        rest = self.rest
        for b in self.order:
            head = self._carried_head(b, int(rest.parents[b]))
            if b == self.mover:
                self._locate(b, shift)
                head = head + shift
            elif b in self.carriers:
                wanted = self._carried_head(b, self.carriers[b])
                self._locate(b, wanted - head)
                head = wanted
            self.heads[b] = head

    def _carried_head(self, b: int, carrier: int) -> Array:
        at_rest = self.rest.rest[b, :3, 3]
        if carrier < 0:
            return np.broadcast_to(at_rest, (self.frames, 3))
        return self.heads[carrier] + rotate(self.turns[carrier], at_rest - self.rest.rest[carrier, :3, 3])

    def _locate(self, b: int, shift: Array) -> None:
        axes = from_matrix(self.rest.rest[b, :3, :3])
        self.locations[b] = rotate(conjugate(axes), rotate(conjugate(self._parent_turn(b)), shift))

    def _parent_turn(self, b: int) -> Array:
        parent = int(self.rest.parents[b])
        return self.turns[parent] if parent >= 0 and self.rest.inherits(b) else still(self.frames)

    def _basis(self, b: int) -> Array:
        axes = from_matrix(self.rest.rest[b, :3, :3])
        local = multiply(conjugate(self._parent_turn(b)), self.turns[b])
        return multiply(conjugate(axes), multiply(local, axes))

    def _armature_turns(self, turns: dict[str, Array | None]) -> dict[int, Array]:
        """Return the turn of every bone on the way in armature axes; bones without one move with their carrier."""
        axes = self.rest.world_rotation()
        found: dict[int, Array] = {}
        for b in self.order:
            turn = turns.get(self.rest.bones[b])
            parent = self.carriers.get(b, int(self.rest.parents[b]))
            if turn is not None:
                found[b] = from_matrix(axes.T @ to_matrix(turn) @ axes)
            elif parent >= 0 and (self.rest.inherits(b) or b in self.keyed):
                found[b] = found[parent]
            else:
                found[b] = still(self.frames)
        return found

    def _carriers(self) -> dict[int, int]:
        """Return bone -> bone of the part that carries it, for bones that are not below that one in the rig."""
        names, rest = self.rig.map.bones, self.rest
        loose: dict[int, int] = {}
        chains = [["hips", "spine", "neck", "head"]]
        for side in SIDES:
            chains += [
                ["spine", *(f"{side}_{part}" for part in ("clavicle", "upper_arm", "forearm", "hand"))],
                ["hips", *(f"{side}_{part}" for part in ("thigh", "shin", "foot", "toe"))],
            ]
        mover = moving_bone(rest, self.rig.map)
        for chain in chains:
            bones = [mover if part == "hips" else bone for part in chain for bone in names.get(part, ())]
            for above, below in pairwise(bones):
                b, carrier = rest.index(below), rest.index(above)
                if b != carrier and carrier not in rest.ancestors(b) and not rest.is_connected(b):
                    loose[b] = carrier
        return loose
