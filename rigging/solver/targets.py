"""Where each part of the body should turn: world rotations from rest, from the joints of a motion. numpy only.

A turn D of a part maps its rest orientation in the world to the wanted one. It comes from two
orthonormal frames, one of the rig at rest and one of the person, built in the same way, so that rest
poses (T, A, any), bone rolls and axes do not matter.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..maps.parts import SIDES
from ..rotations import (
    between,
    conjugate,
    cross,
    frame,
    from_frames,
    limited,
    multiply,
    rotate,
    slerp,
    unit,
)
from .anatomy import RigBody
from .feet import foot_turns
from .hands import hand_turn
from .hinges import follow_hinge, rest_hinge, usual_arm, usual_leg
from .stances import Standing

Array = NDArray[np.float64]
Turns = dict[str, Array]

HEAD_POINTS: Final = {
    "head": (0.0, 0.276, 0.031),
    "nose": (0.0, 0.130, 0.168),
    "left_ear": (0.087, 0.149, 0.030),
    "right_ear": (-0.087, 0.149, 0.030),
    "left_eye": (0.031, 0.164, 0.118),
    "right_eye": (-0.031, 0.164, 0.118),
}
"""Metres left, up and forward of the base of the neck for an upright head (measured on a MakeHuman body)."""

WHOLE_TRUNK: Final = 0.2  # how much hips and chest follow the line hips to neck, against their own half of it
MOST_HEAD: Final = np.radians(80)
SPINE_SHARE: Final = 0.5  # the chest between square to the shoulders' line (0) and in line with the spine (1)
BENDS: Final = 4  # steps to the direction of the trunk; each leaves about a fifth of the error
MOST_BEND: Final = np.radians(20)
MOST_CLAVICLE: Final = np.radians(25)
FOOT_HINT: Final = 0.03  # how much a foot's direction tells about the knee, against the bend of the knee


def trunk_turns(rig: RigBody, joints: dict[str, Array]) -> Turns:
    """Return the turns (F,4) of hips, chest and head."""
    pelvis, thorax = joints["pelvis"], joints["thorax"]
    rest_trunk, trunk = unit(rig.neck_base - rig.hip_middle), unit(thorax - pelvis)
    rest_low, low, rest_high, high = rest_trunk, trunk, rest_trunk, trunk
    if "spine" in joints and rig.spine_heads:
        below = np.linalg.norm(joints["spine"] - pelvis, axis=-1)
        above = np.linalg.norm(thorax - joints["spine"], axis=-1)
        middle = rig.spine_point(float(np.clip(np.median(below / np.maximum(below + above, 1e-9)), 0.25, 0.75)))
        # partly the whole trunk: the lever of one part alone is short, its noise large
        rest_low = WHOLE_TRUNK * rest_trunk + unit(middle - rig.hip_middle)
        rest_high = WHOLE_TRUNK * rest_trunk + unit(rig.neck_base - middle)
        low = WHOLE_TRUNK * trunk + unit(joints["spine"] - pelvis)
        high = WHOLE_TRUNK * trunk + unit(thorax - joints["spine"])
    hip_line = joints["left_hip"] - joints["right_hip"]
    shoulder_line = joints["left_shoulder"] - joints["right_shoulder"]
    turns = {
        "hips": from_frames(frame(rig.left, rest_low), frame(hip_line, low)),
        "chest": _chest(rig, rest_high, shoulder_line, high),
    }
    turns["head"] = _head_turns(rig, joints, turns["chest"])
    return turns


def _chest(rig: RigBody, rest_up: Array, shoulder_line: Array, up: Array) -> Array:
    """Return the turns of the chest, half from the shoulders' line and half from the spine where they disagree."""
    by_line = from_frames(frame(rig.shoulder_line, rest_up), frame(shoulder_line, up))
    by_spine = from_frames(frame(rest_up, rig.shoulder_line), frame(up, shoulder_line))
    return slerp(by_line, by_spine, SPINE_SHARE)


def limb_turns(
    rig: RigBody, joints: dict[str, Array], trunk: Turns, standing: dict[str, Standing], fps: float
) -> Turns:
    """Return the turns (F,4) of clavicles, arms, legs and feet, for the parts that the motion tells about."""
    turns: Turns = {}
    for side in SIDES:
        clavicle = _clavicle_turns(rig, joints, trunk["chest"], side)
        if clavicle is not None:
            turns[f"{side}_clavicle"] = clavicle
        _arm_turns(turns, rig, joints, trunk["chest"], side, fps)
        _leg_turns(turns, rig, joints, trunk["hips"], side, fps, standing.get(side))
    return turns


def _head_turns(rig: RigBody, joints: dict[str, Array], chest: Array) -> Array:
    axes = np.stack([rig.left, rig.up, rig.forward])
    rest = {name: unit(np.array(point) @ axes) for name, point in HEAD_POINTS.items()}
    seen = {name: unit(joints[name] - joints["thorax"]) for name in rest if name in joints}
    pair = next((p for p in ("ear", "eye") if f"left_{p}" in seen and f"right_{p}" in seen), None)
    middle = [name for name in ("head", "nose") if name in seen]
    if not middle:
        return chest
    rest_axis, axis = np.sum([rest[name] for name in middle], 0), np.sum([seen[name] for name in middle], 0)
    if pair is not None:
        if pair == "ear" and len(middle) == 2:  # the head tells all by itself, however the neck bends
            rest_axis, axis = (
                _from_ears({name: np.array(point) @ axes for name, point in HEAD_POINTS.items()}),
                _from_ears(joints),
            )
        line = joints[f"left_{pair}"] - joints[f"right_{pair}"]
        head = from_frames(frame(rig.left, rest_axis), frame(line, axis))
    elif len(middle) == 2:
        rest_side, side = rest["nose"] - rest["head"], seen["nose"] - seen["head"]
        head = from_frames(frame(rest_axis, rest_side), frame(axis, side))
    else:
        carried = rotate(chest, rest_axis)
        head = multiply(between(carried, unit(axis)), chest)
    return multiply(chest, limited(multiply(conjugate(chest), head), MOST_HEAD))


def _from_ears(points: dict[str, Array]) -> Array:
    """Return the middle (...,3) between the directions from the ears to the nose and to the top of the head."""
    ears = (points["left_ear"] + points["right_ear"]) / 2
    return unit(points["nose"] - ears) + unit(points["head"] - ears)


def _clavicle_turns(rig: RigBody, joints: dict[str, Array], chest: Array, side: str) -> Array | None:
    """Return the turns of a clavicle: with the line of the shoulders, and with a shrug, limited.

    A shrug is how far the shoulder moves from its usual place, the median of the take, since necks and
    shoulders of people and rigs are built differently.
    """
    if not rig.has(f"{side}_clavicle"):
        return None
    line = unit(joints["left_shoulder"] - joints["right_shoulder"])
    tilt = between(rotate(chest, rig.shoulder_line), line)
    girdle = multiply(limited(tilt, MOST_CLAVICLE), chest)
    place = unit(rotate(conjugate(girdle), joints[f"{side}_shoulder"] - joints["thorax"]))
    usual = unit(np.median(place, axis=0))
    return multiply(girdle, limited(between(usual, place), MOST_CLAVICLE))


def _arm_turns(turns: Turns, rig: RigBody, joints: dict[str, Array], chest: Array, side: str, fps: float) -> None:
    names = [f"{side}_{joint}" for joint in ("shoulder", "elbow", "wrist")]
    if any(name not in joints for name in names[:2]):
        return
    usual = usual_arm(side, rig.shoulder_line, rig.up, rig.forward)
    upper = unit(joints[names[1]] - joints[names[0]])
    lower = unit(joints[names[2]] - joints[names[1]]) if names[2] in joints else upper
    if not rig.has(f"{side}_forearm"):  # one bone from shoulder to hand
        upper = lower = unit(joints.get(names[2], joints[names[1]]) - joints[names[0]])
    rest_upper = rig.direction(f"{side}_upper_arm")
    rest_lower = rig.direction(f"{side}_forearm") if rig.has(f"{side}_forearm") else rest_upper
    rest_axis = rest_hinge(usual, rest_upper, rest_lower)
    axis = follow_hinge(usual, upper, lower, chest, fps)
    turns[f"{side}_upper_arm"] = from_frames(frame(rest_upper, rest_axis), frame(upper, axis))
    if names[2] in joints:
        turns[f"{side}_forearm"] = from_frames(frame(rest_lower, rest_axis), frame(lower, axis))
        hand = hand_turn(rig, joints, side, rest_axis)
        if hand is not None:
            turns[f"{side}_hand"] = hand


def _leg_turns(
    turns: Turns,
    rig: RigBody,
    joints: dict[str, Array],
    hips: Array,
    side: str,
    fps: float,
    standing: Standing | None,
) -> None:
    names = [f"{side}_{joint}" for joint in ("hip", "knee", "ankle", "foot_index")]
    if any(name not in joints for name in names[:2]):
        return
    usual = usual_leg(rig.up, rig.forward)
    upper = unit(joints[names[1]] - joints[names[0]])
    lower = unit(joints[names[2]] - joints[names[1]]) if names[2] in joints else upper
    if not rig.has(f"{side}_shin"):
        upper = lower = unit(joints.get(names[2], joints[names[1]]) - joints[names[0]])
    hint = None
    if names[2] in joints and names[3] in joints:
        hint = np.sqrt(FOOT_HINT) * cross(unit(joints[names[3]] - joints[names[2]]), lower)
    rest_upper = rig.direction(f"{side}_thigh")
    rest_lower = rig.direction(f"{side}_shin") if rig.has(f"{side}_shin") else rest_upper
    rest_axis = rest_hinge(usual, rest_upper, rest_lower)
    axis = follow_hinge(usual, upper, lower, hips, fps, hint)
    turns[f"{side}_thigh"] = from_frames(frame(rest_upper, rest_axis), frame(upper, axis))
    if names[2] not in joints:
        return
    turns[f"{side}_shin"] = from_frames(frame(rest_lower, rest_axis), frame(lower, axis))
    if names[3] in joints and rig.has(f"{side}_foot") and standing is not None:
        foot, toe = foot_turns(rig, side, joints, standing, lower, axis)
        turns[f"{side}_foot"], turns[f"{side}_toe"] = foot, toe


def spine_shares(count: int) -> list[float]:
    """Return how much of the way from hips to chest each of the spine's bones turns."""
    return [(k + 1) / count for k in range(count)]


def spine_turns(rig: RigBody, joints: dict[str, Array], trunk: Turns) -> list[Array]:
    """Return the turns (F,4) of the spine's bones: from the hips to the chest, so that the trunk points right.

    The chain of bones is bent until hips -> neck has the direction of the motion; ``trunk["chest"]``
    becomes the turn of the chest that was needed for it.
    """
    heads = rig.spine_heads
    if not heads:
        return []
    points = np.stack([rig.hip_middle, *heads, rig.neck_base])
    segments = np.diff(points, axis=0)
    wanted = unit(joints["thorax"] - joints["pelvis"])
    chest = trunk["chest"]
    for _ in range(BENDS):
        turns = [slerp(trunk["hips"], chest, share) for share in spine_shares(len(heads))]
        parts = [rotate(turn, segment) for turn, segment in zip([trunk["hips"], *turns], segments, strict=True)]
        correction = limited(between(unit(np.sum(parts, 0)), wanted), MOST_BEND)
        chest = multiply(correction, chest)
    trunk["chest"] = chest
    return [slerp(trunk["hips"], chest, share) for share in spine_shares(len(heads))]


def neck_turns(count: int, chest: Array, head: Array) -> list[Array]:
    """Return the turns (F,4) of the neck's bones, evenly from chest to head."""
    return [slerp(chest, head, (k + 1) / (count + 1)) for k in range(count)]
