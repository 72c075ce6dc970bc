"""Where the travel of the body goes (hips, root bone, nowhere), and where it starts. numpy only."""

from dataclasses import dataclass, replace
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ...core.take import Take
from ...errors import PosewrightError
from ..rig import BoneMotion, RigRest
from ..rotations import about, conjugate, continuous, from_matrix, multiply, rotate, to_matrix
from .anatomy import RigBody
from .motion import body_joints, leg_length

Array = NDArray[np.float64]

RootMode = Literal["hips", "bone", "object", "in-place"]
"""What carries the body through the room: hips: the hips alone; bone: the topmost bone above them, on the floor and
turned to where the body faces (root motion of game engines), the hips on top of it; object: the armature object in the
same way, for rigs without such a bone; in-place: nothing, the body stays where it stands at rest and keeps its heights
and turns."""

ROOT_MODES: Final[tuple[RootMode, ...]] = get_args(RootMode)

Place = Literal["origin", "character"]
"""Where the motion starts: origin: as it lies in the take's world; character: where the rig stands and as it faces."""

PLACES: Final[tuple[Place, ...]] = get_args(Place)

HEADING_SECONDS: Final = 0.4  # a root turns with the body's way, not with every sway of the hips
_UP = np.array([0.0, 0.0, 1.0])


@dataclass(frozen=True)
class Travel:
    """How a body goes and turns over the floor: x -> turn(x) + shift in the world, since its rest."""

    turns: Array  # (F,4)
    shifts: Array  # (F,3) metres
    times: Array  # (F,) seconds


def start_at_character(take: Take, rig: RigBody) -> tuple[Take, Array]:
    """Return the take moved and turned so that it starts where the rig stands and faces, and the matrix (4,4) of that.

    The matrix maps places of the world after scaling about the origin (as the rig's size asks) to the new ones.
    """
    joints = body_joints(take)
    leg = leg_length(joints)
    size = rig.leg_length / leg if leg else 1.0
    line = joints["left_hip"] - joints["right_hip"]
    turn = _heading(rig.left[None])[0] - _heading(line[:1])[0]
    rotation = to_matrix(about(_UP, np.asarray(turn)))
    here = rotation @ (joints["pelvis"][0] * size)
    matrix = np.eye(4)
    matrix[:3, :3] = rotation
    matrix[:2, 3] = (rig.hip_middle - here)[:2]
    moved = take.joints.astype(np.float64) @ rotation.T + matrix[:3, 3] / size
    return replace(take, joints=moved.astype(np.float32)), matrix


def with_root_motion(rest: RigRest, motion: BoneMotion, hips: str, mode: RootMode) -> tuple[BoneMotion, Travel | None]:
    """Return the same motion with the travel of the body put elsewhere; ``hips`` is the rig's bone of that part.

    Where the body is does not change by ``bone`` and ``object``: what root bone or object do is taken from the bones
    below. The object's travel, by which its rest place is to be moved, comes as the second value. Raises
    PosewrightError when there is no bone above the hips for root motion.
    """
    if mode == "hips":
        return motion, None
    hips = _topmost_keyed(rest, motion, hips)
    root = None
    if mode == "bone":
        above = rest.ancestors(rest.index(hips))
        if not above:
            raise PosewrightError(
                f"The armature {rest.name} has no bone above {hips} for the root motion; "
                "choose object, which moves the armature object, or hips."
            )
        root = above[-1]
    travel = _travel(rest, motion, hips, fps=_rate(motion), turning=mode != "in-place")
    return _moved(rest, motion, travel, root), travel if mode == "object" else None


def _topmost_keyed(rest: RigRest, motion: BoneMotion, hips: str) -> str:
    """Return the bone that carries the whole body: the hips, or the highest keyed bone above them."""
    above = [rest.bones[b] for b in rest.ancestors(rest.index(hips))]
    return next((bone for bone in reversed(above) if bone in motion.bones), hips)


def _rate(motion: BoneMotion) -> float:
    return (
        (len(motion.times) - 1) / max(float(motion.times[-1] - motion.times[0]), 1e-9) if len(motion.times) > 1 else 1.0
    )


def _travel(rest: RigRest, motion: BoneMotion, hips: str, *, fps: float, turning: bool) -> Travel:
    """Return how the body goes over the floor, and with ``turning`` turns."""
    b = rest.index(hips)
    axes = rest.world_rotation() @ rest.rest[b, :3, :3]
    k = motion.bones.index(hips)
    path = _world_path(rest, motion, hips)
    turns = np.tile([1.0, 0.0, 0.0, 0.0], (len(path), 1))
    if turning:
        in_world = multiply(multiply(from_matrix(axes), motion.rotations[:, k]), conjugate(from_matrix(axes)))
        turns = about(_UP, _smooth(_twist(in_world), HEADING_SECONDS * fps))
    start = rest.heads()[b] * [1.0, 1.0, 0.0]
    shifts = path * [1.0, 1.0, 0.0] - rotate(turns, np.broadcast_to(start, path.shape))
    return Travel(turns, shifts, motion.times)


def _world_path(rest: RigRest, motion: BoneMotion, bone: str) -> Array:
    """Return the path (F,3) of the head of a bone that no keyed bone carries."""
    b = rest.index(bone)
    local = motion.locations.get(bone, np.zeros((len(motion.times), 3)))
    armature = local @ rest.location_axes(b).T + rest.rest[b, :3, 3]
    return armature @ rest.world[:3, :3].T + rest.world[:3, 3]


def _moved(rest: RigRest, motion: BoneMotion, travel: Travel, root: int | None) -> BoneMotion:
    """Return the motion whose topmost bones have the travel taken away; ``root`` makes it instead of them."""
    turns, shifts = _in_armature(rest, travel.turns, travel.shifts)
    rotations = motion.rotations.copy()
    locations = dict(motion.locations)
    keyed = {rest.index(bone) for bone in motion.bones}
    back = conjugate(turns)
    for k, bone in enumerate(motion.bones):
        b = rest.index(bone)
        above = set(rest.ancestors(b))
        if keyed & above or (root is not None and root not in above):  # some hang on bones of the rig's controls
            continue
        if not rest.inherits(b) and root is not None:
            raise PosewrightError(
                f"The bone {bone} of {rest.name} does not turn with the bones above it; choose hips or in-place."
            )
        axes, channels = from_matrix(rest.rest[b, :3, :3]), rest.location_axes(b)
        place = rest.rest[b, :3, 3] + locations.get(bone, np.zeros_like(shifts)) @ channels.T
        locations[bone] = (rotate(back, place - shifts) - rest.rest[b, :3, 3]) @ np.linalg.inv(channels).T
        rotations[:, k] = multiply(conjugate(axes), multiply(back, multiply(axes, rotations[:, k])))
    if root is None:
        return replace(motion, rotations=continuous(rotations), locations=locations)
    name = rest.bones[root]
    axes = from_matrix(rest.rest[root, :3, :3])
    head = np.broadcast_to(rest.rest[root, :3, 3], shifts.shape)
    locations[name] = (rotate(turns, head) + shifts - head) @ np.linalg.inv(rest.location_axes(root)).T
    turn = multiply(conjugate(axes), multiply(turns, axes))
    rotations = np.concatenate([turn[:, None], rotations], 1)
    return replace(motion, bones=(name, *motion.bones), rotations=continuous(rotations), locations=locations)


def _in_armature(rest: RigRest, turns: Array, shifts: Array) -> tuple[Array, Array]:
    """Return world motions x -> turn(x) + shift in the axes and the unit of the armature."""
    axes = rest.world_rotation()
    inside = from_matrix(axes.T @ to_matrix(turns) @ axes)
    origin = rest.world[:3, 3]
    moved = rotate(turns, np.broadcast_to(origin, shifts.shape)) + shifts - origin
    return inside, moved @ np.linalg.inv(rest.world[:3, :3]).T


def _heading(left: Array) -> Array:
    """Return the angle (F,) about the vertical of what points to the left."""
    return np.arctan2(left[:, 1], left[:, 0])


def _twist(turns: Array) -> Array:
    """Return the angle (F,) about the vertical of turns (F,4), without jumps."""
    return np.unwrap(2 * np.arctan2(turns[:, 3], turns[:, 0]))


def _smooth(values: Array, width: float) -> Array:
    """Return values (F,) averaged over a bell of about ``width`` frames to each side."""
    reach = max(1, round(width))
    bell = np.hanning(2 * reach + 3)[1:-1]
    return np.convolve(np.pad(values, reach, mode="edge"), bell / bell.sum(), mode="valid")
