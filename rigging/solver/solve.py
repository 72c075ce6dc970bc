"""A motion onto a rig: world turns of the body parts become local channels of the bones. numpy only."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...core.take import Take
from ...progress import Work, finished
from ..maps.parts import SIDES
from ..rig import BoneMotion, RigMap, RigRest
from ..rotations import rotate
from .anatomy import RigBody
from .fingers import finger_turns
from .hands import palms_beside
from .motion import body_joints, leg_length
from .planting import can_plant, plant_feet
from .pose import Pose, moving_bone
from .reaching import HandMode, RigArm, can_reach, hands_together
from .smoothing import REFERENCE_FPS, smoothed
from .soles import RigLeg, rig_contacts, sole_of
from .stances import POINTS, FeetMode, Standing, standing_feet
from .targets import limb_turns, neck_turns, spine_turns, trunk_turns
from .twists import shared_twists
from .upright import stood_up

Array = NDArray[np.float64]
Turns = dict[str, Array]

ARM: Final = ("clavicle", "upper_arm", "forearm", "hand")
LEG: Final = ("thigh", "shin", "foot", "toe")

FLOOR_REST: Final = 0.5  # pull of the hips to their own height, against feet that stand
FLOOR_CHANGE: Final = 400.0  # smoothness of the hips' height at 30 frames a second, where legs bend for the rest,
FLOOR_CHANGE_OF_STIFF_LEGS: Final = 4.0  # and where they do not


def solve_rig(
    rest: RigRest,
    rig_map: RigMap,
    take: Take,
    feet: FeetMode = "auto",
    *,
    hands: HandMode = "contacts",
    fingers: bool = True,
) -> BoneMotion:
    """Return the local motion of the mapped bones that makes the rig move like the take.

    Arms and legs get the directions of the take's joints; the path of the hips is scaled by the length of
    the legs and keeps the feet on the rig's floor. ``feet`` says what holds them there (see ``FeetMode``):
    legs bend a little for it; ``hands`` whether hands that meet do so on the rig (see ``HandMode``); ``fingers``
    whether they follow a motion that has them. Raises PosewrightError when the take lacks hips or shoulders,
    or the rig legs or arms.
    """
    return finished(solving_rig(rest, rig_map, take, feet, hands=hands, fingers=fingers))


def solving_rig(
    rest: RigRest, rig_map: RigMap, take: Take, feet: FeetMode, *, hands: HandMode, fingers: bool
) -> Work[BoneMotion]:
    """Do what ``solve_rig`` does in pieces: a fifth of a second for ten minutes of motion at 30 frames a second."""
    rest, to_even = rest.unsheared()
    joints = {name: path @ to_even.T for name, path in body_joints(take).items()}
    standing_rest, stood = stood_up(rest, rig_map)
    rig = RigBody(standing_rest, rig_map)
    standing = standing_feet(take, joints)
    turns = trunk_turns(rig, joints)
    spine = spine_turns(rig, joints, turns)
    yield 0.2
    turns |= limb_turns(rig, joints, turns, standing, take.fps)
    yield 0.4
    size = _size(rig, joints)
    body = _body_turns(rig, turns, spine)
    if fingers:
        body |= finger_turns(rig, joints, {side: turns[f"{side}_hand"] for side in SIDES if f"{side}_hand" in turns})
    bones = body | _limb_bones(rig, turns, ARM) | _limb_bones(rig, turns, LEG)
    pose = Pose(RigBody(rest, rig_map), bones, take.frames, stood)
    yield 0.5
    if hands == "contacts" and can_reach(rig, turns):
        turns |= hands_together(rig, _arms(rig, pose, turns), joints)
        pose = pose.turned(_limb_bones(rig, turns, ARM))
    yield 0.6
    pose.place_hips(hips := _hips_path(rig, joints, standing, size))
    if feet == "always" and (legs := _legs(rig, pose, turns)):
        found = rig_contacts(rig, legs, take.fps, size)
        standing = standing_feet(take, joints, found)
    legs = [] if feet == "never" else _legs(rig, pose, turns)
    change = (FLOOR_CHANGE if legs else FLOOR_CHANGE_OF_STIFF_LEGS) * (take.fps / REFERENCE_FPS) ** 2
    hips[:, 2] += _floor_correction(rig, pose, turns, standing, size=size, change=change)
    pose.place_hips(hips)
    yield 0.7
    if legs:
        legs = _legs(rig, pose, turns)
        planted, shift = plant_feet(rig, legs, standing, size=size, fps=take.fps, lock=feet != "ground")
        turns |= planted
        yield 0.8
        pose = pose.turned(_limb_bones(rig, turns, LEG))
        pose.place_hips(hips + shift)
        yield 0.9
    times = np.asarray(take.times, np.float64)
    return BoneMotion(*pose.channels(), times=times - times[0])


def _body_turns(rig: RigBody, turns: Turns, spine: list[Array]) -> Turns:
    """Return the world turn (F,4) of each mapped bone of trunk and head."""
    names = rig.map.bones
    bones = dict.fromkeys((moving_bone(rig.rest, rig.map), *names.get("hips", ())), turns["hips"])
    bones |= dict(zip(names.get("spine", ()), spine, strict=True))
    neck = names.get("neck", ())
    bones |= dict(zip(neck, neck_turns(len(neck), turns["chest"], turns["head"]), strict=True))
    return bones | dict.fromkeys(names.get("head", ()), turns["head"])


def _limb_bones(rig: RigBody, turns: Turns, cores: tuple[str, ...]) -> dict[str, Array | None]:
    """Return the world turn (F,4) of each mapped bone of arms or legs; None where it stays at rest in its parent."""
    bones: dict[str, Array | None] = {}
    for part in (f"{side}_{core}" for side in SIDES for core in cores):
        bones |= dict.fromkeys(rig.map.bones.get(part, ()), turns.get(part))
    for side in SIDES if "hand" in cores else ():
        if f"{side}_hand" in turns:
            bones |= dict.fromkeys(palms_beside(rig, side), turns[f"{side}_hand"])
    return bones | shared_twists(rig, turns, cores)


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


def _floor_correction(
    rig: RigBody, pose: Pose, turns: Turns, standing: dict[str, Standing], *, size: float, change: float
) -> Array:
    """Return how much (F,) to lift the rig so that standing feet stand: its legs are built unlike the person's."""
    weight = np.zeros(pose.frames)
    error = np.zeros(pose.frames)
    for side, foot in standing.items():
        turn = next((turns[f"{side}_{part}"] for part in ("foot", "shin", "thigh") if f"{side}_{part}" in turns), None)
        if turn is None or not rig.has(f"{side}_foot"):
            continue
        sole = sole_of(rig, side)
        ankle = pose.world_head(rig.index(f"{side}_foot"))
        for point in POINTS:
            stands = foot.stands(point)
            height = (ankle + rotate(turn, sole.offset(point)))[:, 2] - sole.height(point) - size * foot.surface
            weight += stands**2
            error += stands**2 * height
    return -smoothed(error, weight + FLOOR_REST, change)


def _legs(rig: RigBody, pose: Pose, turns: Turns) -> list[RigLeg]:
    """Return the legs that can be planted, as they are in a pose."""
    legs = []
    for side in SIDES:
        if not can_plant(rig, turns, side):
            continue
        hip, ankle = (pose.world_head(rig.index(f"{side}_{part}")) for part in ("thigh", "foot"))
        thigh, shin = turns[f"{side}_thigh"], turns[f"{side}_shin"]
        legs.append(RigLeg(side, hip, ankle, thigh, shin, turns.get(f"{side}_foot", shin), sum(rig.leg_pieces(side))))
    return legs


def _arms(rig: RigBody, pose: Pose, turns: Turns) -> tuple[RigArm, RigArm]:
    """Return both arms, as they are in a pose."""

    def arm(side: str) -> RigArm:
        shoulder, wrist = (pose.world_head(rig.index(f"{side}_{part}")) for part in ("upper_arm", "hand"))
        return RigArm(side, shoulder, wrist, turns[f"{side}_upper_arm"], turns[f"{side}_forearm"])

    return arm("left"), arm("right")
