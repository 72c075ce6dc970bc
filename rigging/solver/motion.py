"""The joints of anybody's motion, as the retargeting solver wants them: canonical names, no gaps. numpy only."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...core.skeleton import JOINTS
from ...core.take import Take
from ...errors import PosewrightError
from ..maps.parts import FINGERS, SIDES

Array = NDArray[np.float64]

NEEDED: Final = ("left_hip", "right_hip", "left_shoulder", "right_shoulder")
"""Without these there is no trunk, and nothing can be retargeted."""

SYNONYMS: Final = {
    "head": ("head_top", "top_of_head", "headtop"),
    "spine": ("spine_mid", "spine1", "torso", "belly"),
    "thorax": ("neck", "chest", "spine_up"),
    "foot_index": ("toe_base", "big_toe", "toe", "ball"),
    "wrist": ("hand",),
    "ankle": ("foot",),
}
"""Canonical joint (without its side) -> names that other people's motion has for it, best first."""

PREFERRED: Final = {"head": ("head_top",)}
"""Where a file has both, its canonical name means something else (``head`` = the joint under the skull)."""

SMALLEST: Final = 1e-3
"""Metres; no body has shorter legs or a shorter trunk."""

FINGER_POINTS: Final = 4
FINGER_JOINTS: Final = tuple(f"{s}_{f}_{k + 1}" for s in SIDES for f in FINGERS for k in range(FINGER_POINTS))
"""Joints of fingers from the knuckle to the tip; a motion may have any of them."""

EXTRAS: Final = ("left_eye", "right_eye", "left_ear", "right_ear", *FINGER_JOINTS)
"""Joints outside the canonical ones that make the result better where a motion has them."""


def body_joints(take: Take) -> dict[str, Array]:
    """Return the path (F,3) in metres of every canonical joint that the motion has or that follows from others.

    Gaps (NaN) are filled in a straight line and held at the ends; a joint that is never there is left
    out. Pelvis and thorax always exist. Raises PosewrightError when hips or shoulders are missing, or
    when everything lies in one point.
    """
    given = {name: _filled(take.joints[:, i].astype(np.float64)) for i, name in enumerate(take.joint_names)}
    known = {name: path for name, path in given.items() if path is not None}
    found: dict[str, Array] = {}
    for name in (*JOINTS, *EXTRAS):
        source = next((option for option in _options(name) if option in known), None)
        if source is not None:
            found[name] = known[source]
    missing = [name for name in NEEDED if name not in found]
    if missing:
        raise PosewrightError(
            f"This motion has no {' and no '.join(missing)}: retargeting needs at least both hips and both shoulders."
        )
    found["pelvis"] = (found["left_hip"] + found["right_hip"]) / 2
    if "thorax" not in found:
        found["thorax"] = (found["left_shoulder"] + found["right_shoulder"]) / 2
    leg = leg_length(found)
    trunk = float(np.median(np.linalg.norm(found["thorax"] - found["pelvis"], axis=-1)))
    if trunk < SMALLEST or (leg is not None and leg < SMALLEST):
        raise PosewrightError("The joints of this motion lie in one point; it holds no body to retarget.")
    return found


def leg_length(joints: dict[str, Array]) -> float | None:
    """Return the length of thigh and shin in metres (median over frames and sides), or None without legs."""
    lengths = [
        np.linalg.norm(joints[f"{side}_{a}"] - joints[f"{side}_{b}"], axis=-1)
        for side in ("left", "right")
        for a, b in (("hip", "knee"), ("knee", "ankle"))
        if f"{side}_{a}" in joints and f"{side}_{b}" in joints
    ]
    if not lengths:
        return None
    return float(2 * np.mean([np.median(length) for length in lengths]))


def _options(name: str) -> tuple[str, ...]:
    side, core = name.split("_", 1) if name.startswith(("left_", "right_")) else ("", name)
    prefix = f"{side}_" if side else ""
    first = tuple(prefix + option for option in PREFERRED.get(core, ()))
    return (*first, name, *(prefix + option for option in SYNONYMS.get(core, ())))


def _filled(path: Array) -> Array | None:
    """Return the path (F,3) with its gaps filled, or None when it holds nothing."""
    good = np.isfinite(path).all(-1)
    if not good.any():
        return None
    if good.all():
        return path
    frames = np.arange(len(path))
    return np.stack([np.interp(frames, frames[good], path[good, k]) for k in range(3)], -1)
