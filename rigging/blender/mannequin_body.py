"""The shape of the built-in character: its bones and the solids around them. numpy only, no bpy.

Metres, Z up, facing -Y, left side at +X, standing on z = 0 in an A pose, 1.75 m tall. The proportions are those
of an average adult. It is a jointed figure: light shells on each limb, dark balls in the joints, so that
nothing is squashed when a joint bends.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

SHELL, JOINT = 0, 1  # materials
ROUND = 24  # vertices around a solid
RINGS = 13  # rings along a solid


@dataclass(frozen=True)
class BodyBone:
    """One bone of the character."""

    name: str
    parent: str | None
    head: tuple[float, float, float]
    tail: tuple[float, float, float]
    connected: bool = False


@dataclass(frozen=True)
class Solid:
    """A closed surface with one material that moves with bones."""

    points: Array  # (N,3)
    faces: list[tuple[int, ...]]
    material: int
    weights: dict[str, Array]  # bone -> (N,) shares; for each point they add up to 1


_MIDDLE = (
    BodyBone("hips", None, (0.0, 0.01, 0.93), (0.0, 0.01, 1.04)),
    BodyBone("spine", "hips", (0.0, 0.01, 1.04), (0.0, 0.015, 1.19), True),
    BodyBone("chest", "spine", (0.0, 0.015, 1.19), (0.0, 0.02, 1.47), True),
    BodyBone("neck", "chest", (0.0, 0.02, 1.47), (0.0, 0.0, 1.57), True),
    BodyBone("head", "neck", (0.0, 0.0, 1.57), (0.0, 0.0, 1.75), True),
)
_LEFT = (
    BodyBone("clavicle", "chest", (0.025, 0.005, 1.425), (0.17, 0.015, 1.42)),
    BodyBone("upper_arm", "clavicle", (0.175, 0.015, 1.42), (0.384, 0.022, 1.219)),
    BodyBone("forearm", "upper_arm", (0.384, 0.022, 1.219), (0.566, 0.0, 1.041), True),
    BodyBone("hand", "forearm", (0.566, 0.0, 1.041), (0.636, -0.012, 0.972), True),
    BodyBone("thigh", "hips", (0.09, 0.01, 0.92), (0.098, 0.0, 0.495)),
    BodyBone("shin", "thigh", (0.098, 0.0, 0.495), (0.102, 0.022, 0.085), True),
    BodyBone("foot", "shin", (0.102, 0.022, 0.085), (0.118, -0.105, 0.022), True),
    BodyBone("toe", "foot", (0.118, -0.105, 0.022), (0.124, -0.175, 0.022), True),
)


def body_bones() -> list[BodyBone]:
    """Return all bones, parents first."""
    sides = [_on_side(bone, side) for side in ("L", "R") for bone in _LEFT]
    return [*_MIDDLE, *sides]


def body_solids() -> list[Solid]:
    """Return the solids of the whole body."""
    left = _arm() + _leg()
    return [*_trunk(), *_head(), *left, *(_mirrored(solid) for solid in left)]


def _on_side(bone: BodyBone, side: str) -> BodyBone:
    sign = 1 if side == "L" else -1
    parent = bone.parent if bone.parent in ("chest", "hips") else f"{bone.parent}.{side}"
    head, tail = ((sign * x, y, z) for x, y, z in (bone.head, bone.tail))
    return BodyBone(f"{bone.name}.{side}", parent, head, tail, bone.connected)


def _bone(name: str) -> tuple[Array, Array]:
    bone = next(bone for bone in (*_MIDDLE, *_LEFT) if bone.name == name)
    return np.array(bone.head), np.array(bone.tail)


def _trunk() -> list[Solid]:
    pelvis = [(0.845, 0.05, 0.055), (0.88, 0.115, 0.088), (0.94, 0.158, 0.108), (1.0, 0.15, 0.1), (1.045, 0.13, 0.085)]
    belly = [(0.98, 0.09, 0.065), (1.06, 0.122, 0.082), (1.12, 0.121, 0.082), (1.18, 0.125, 0.085), (1.25, 0.1, 0.07)]
    ribs = [(1.15, 0.105, 0.075), (1.2, 0.14, 0.102), (1.3, 0.158, 0.118), (1.38, 0.16, 0.112), (1.43, 0.13, 0.09)]
    neck = [(1.42, 0.05, 0.05), (1.48, 0.05, 0.05), (1.55, 0.047, 0.05), (1.62, 0.042, 0.045)]
    belly_points, belly_faces = _upright(belly, lean=0.012)
    return [
        _solid(_upright(pelvis, lean=0.015), SHELL, "hips"),
        Solid(
            belly_points, belly_faces, JOINT, _blend(belly_points[:, 2], ("hips", "spine", "chest"), (0.99, 1.1, 1.22))
        ),
        _solid(_upright([*ribs, (1.468, 0.075, 0.062)], lean=0.012), SHELL, "chest"),
        _solid(_upright(neck, lean=0.012), JOINT, "neck"),
    ]


def _head() -> list[Solid]:
    skull = [(1.515, 0.03, 0.035, -0.05), (1.54, 0.05, 0.06, -0.035), (1.58, 0.064, 0.082, -0.018)]
    skull += [(1.635, 0.075, 0.097, -0.004), (1.68, 0.074, 0.094, 0.002), (1.712, 0.062, 0.078, 0.005)]
    visor = [(1.612, 0.05, 0.03, -0.076), (1.63, 0.066, 0.046, -0.064), (1.655, 0.066, 0.046, -0.062)]
    nose = _lathe(np.array([0, -0.1, 1.612]), np.array([0, -0.112, 1.575]), [(0, 0.007, 0.01), (1, 0.013, 0.016)])
    return [
        _solid(_upright(skull), SHELL, "head"),
        _solid(_upright([*visor, (1.672, 0.05, 0.034, -0.066)]), JOINT, "head"),
        _solid(nose, SHELL, "head"),
    ]


def _arm() -> list[Solid]:
    shoulder, elbow = _bone("upper_arm")
    wrist = _bone("hand")[0]
    upper = [(0.1, 0.042, 0.046), (0.3, 0.05, 0.053), (0.6, 0.043, 0.046), (0.9, 0.034, 0.036)]
    lower = [(0.08, 0.037, 0.037), (0.28, 0.042, 0.043), (0.65, 0.033, 0.034), (0.94, 0.023, 0.028)]
    return [
        _solid(_ball(shoulder, 0.058), JOINT, "upper_arm"),
        _solid(_lathe(shoulder, elbow, upper), SHELL, "upper_arm"),
        _solid(_ball(elbow, 0.036), JOINT, "forearm"),
        _solid(_lathe(elbow, wrist, lower), SHELL, "forearm"),
        _solid(_ball(wrist, 0.026), JOINT, "hand"),
        *_hand(),
    ]


def _hand() -> list[Solid]:
    """Return palm, fingers and thumb; the palm faces the thigh."""
    wrist, knuckles = _bone("hand")
    along = (knuckles - wrist) / np.linalg.norm(knuckles - wrist)
    forward = np.array([0.0, -1.0, 0.0])
    forward -= (forward @ along) * along
    forward /= np.linalg.norm(forward)
    inward = np.cross(forward, along)
    if inward[0] > 0:
        inward = -inward
    palm = [(0.05, 0.026, 0.014), (0.4, 0.04, 0.018), (0.8, 0.043, 0.017), (1.02, 0.038, 0.012)]
    solids = [_solid(_lathe(wrist, knuckles, palm, front=inward), SHELL, "hand")]
    for place, length in ((0.031, 0.068), (0.0105, 0.078), (-0.0105, 0.074), (-0.031, 0.058)):
        base = knuckles + place * forward - 0.006 * along
        middle = base + length * 0.5 * along + 0.006 * inward
        tip = base + length * along + 0.024 * inward
        solids += _finger([base, middle, tip], 0.0095)
    root = wrist + 0.022 * along + 0.03 * forward
    solids += _finger([root, root + 0.028 * along + 0.022 * forward, root + 0.062 * along + 0.028 * forward], 0.0112)
    return solids


def _finger(path: list[Array], radius: float) -> list[Solid]:
    profile = [(-0.1, radius * 0.9, radius * 0.9), (0.5, radius, radius), (1.1, radius * 0.85, radius * 0.85)]
    return [_solid(_lathe(a, b, profile), SHELL, "hand") for a, b in pairwise(path)]


def _leg() -> list[Solid]:
    hip, knee = _bone("thigh")
    ankle = _bone("foot")[0]
    thigh = [(0.08, 0.07, 0.075), (0.22, 0.084, 0.09), (0.6, 0.068, 0.073), (0.92, 0.05, 0.053)]
    shin = [(0.07, 0.047, 0.05), (0.28, 0.053, 0.058, -0.012), (0.6, 0.042, 0.045, -0.006), (0.94, 0.03, 0.034)]
    return [
        _solid(_ball(hip - [0.0, 0.0, 0.005], 0.078), JOINT, "thigh"),
        _solid(_lathe(hip, knee, thigh), SHELL, "thigh"),
        _solid(_ball(knee, 0.05), JOINT, "shin"),
        _solid(_lathe(knee, ankle, shin), SHELL, "shin"),
        _solid(_ball(ankle - [0.0, 0.0, 0.005], 0.037), JOINT, "foot"),
        *_foot(),
    ]


def _foot() -> list[Solid]:
    ball, tip = _bone("toe")
    side = np.array([0.0, 0.0, 1.0])
    heel = np.array([0.1, 0.085, 0.03])
    middle = [(0.0, 0.028, 0.03), (0.25, 0.037, 0.046), (0.6, 0.041, 0.046), (0.85, 0.046, 0.034), (1.0, 0.046, 0.027)]
    toes = [(0.0, 0.046, 0.026), (0.5, 0.046, 0.022), (0.95, 0.036, 0.016)]
    sole_front = np.array([ball[0], ball[1], 0.024])
    solids = [
        _solid(_lathe(heel, sole_front, middle, front=side), SHELL, "foot"),
        _solid(_lathe(sole_front - [0.0, 0.004, 0.0], np.array([*tip[:2], 0.018]), toes, front=side), JOINT, "toe"),
    ]
    for solid in solids:
        np.maximum(solid.points[:, 2], 0.0, out=solid.points[:, 2])  # a flat sole on the floor
    return solids


def _solid(surface: tuple[Array, list[tuple[int, ...]]], material: int, bone: str) -> Solid:
    points, faces = surface
    name = bone if bone in {b.name for b in _MIDDLE} else f"{bone}.L"
    return Solid(points, faces, material, {name: np.ones(len(points))})


def _mirrored(solid: Solid) -> Solid:
    weights = {f"{name[:-2]}.R": share for name, share in solid.weights.items()}
    faces = [face[::-1] for face in solid.faces]
    return Solid(solid.points * [-1.0, 1.0, 1.0], faces, solid.material, weights)


def _blend(heights: Array, bones: tuple[str, ...], centres: tuple[float, ...]) -> dict[str, Array]:
    """Return shares that pass from bone to bone between their heights."""
    position = np.interp(heights, centres, np.arange(len(bones)))
    return {bone: np.clip(1.0 - np.abs(position - float(i)), 0.0, 1.0) for i, bone in enumerate(bones)}


def _ball(centre: Array, radius: float) -> tuple[Array, list[tuple[int, ...]]]:
    up = np.array([0.0, 0.0, radius])
    angles = np.linspace(0.12, np.pi - 0.12, RINGS)
    rings = np.column_stack([(1 - np.cos(angles)) / 2, radius * np.sin(angles), radius * np.sin(angles), 0 * angles])
    return _tube(centre - up, centre + up, rings, np.array([0.0, -1.0, 0.0]), flat=True)


def _upright(
    rings: list[tuple[float, float, float]] | list[tuple[float, float, float, float]], lean: float = 0.0
) -> tuple[Array, list[tuple[int, ...]]]:
    """Return a solid along the vertical: rings (height, half width, half depth[, y]), ``lean`` is the y of all."""
    low, high = rings[0][0], rings[-1][0]
    shares = [((r[0] - low) / (high - low), r[1], r[2], -(r[3] if len(r) > 3 else lean)) for r in rings]
    return _lathe(np.array([0, 0, low]), np.array([0, 0, high]), shares)


def _lathe(start: Array, end: Array, profile: list, front: Array | None = None) -> tuple[Array, list[tuple[int, ...]]]:
    """Return a rounded solid along a line.

    ``profile`` rows are (share of the line, half width, half depth[, shift to the front]); the depth is
    measured along ``front`` (default: -Y), the width across it.
    """
    table = np.array([(*row, 0.0)[:4] for row in profile])
    shares = np.linspace(table[0, 0], table[-1, 0], RINGS)
    smooth = np.column_stack([_spline(shares, table[:, 0], table[:, k]) for k in (1, 2, 3)])
    return _tube(start, end, np.column_stack([shares, smooth]), np.array([0.0, -1.0, 0.0]) if front is None else front)


def _spline(x: Array, knots: Array, values: Array) -> Array:
    """Return a cubic Hermite curve through the values, with slopes from the neighbours."""
    slopes = np.gradient(values, knots)
    i = np.clip(np.searchsorted(knots, x, "right") - 1, 0, len(knots) - 2)
    width = knots[i + 1] - knots[i]
    t = (x - knots[i]) / width
    from_values = values[i] * (2 * t**3 - 3 * t**2 + 1) + values[i + 1] * (3 * t**2 - 2 * t**3)
    from_slopes = slopes[i] * (t**3 - 2 * t**2 + t) + slopes[i + 1] * (t**3 - t**2)
    return from_values + width * from_slopes


def _tube(
    start: Array, end: Array, rings: Array, front: Array, *, flat: bool = False
) -> tuple[Array, list[tuple[int, ...]]]:
    """Return the surface through rings (share, half width, half depth, shift), with rounded ends unless ``flat``."""
    length = float(np.linalg.norm(end - start))
    along = (end - start) / length
    front = front - (front @ along) * along
    front = front / np.linalg.norm(front)
    side = np.cross(along, front)
    if not flat:
        rings = np.vstack([_cap(rings[0], -1.0, length)[::-1], rings, _cap(rings[-1], 1.0, length)])
    turn = np.linspace(0, 2 * np.pi, ROUND, endpoint=False)
    circle = np.stack([np.cos(turn), np.sin(turn)], 1)
    share, wide, deep, shift = (rings[:, k, None, None] for k in range(4))
    points = start + share * length * along + shift * front
    points = points + wide * circle[None, :, :1] * side + deep * circle[None, :, 1:] * front
    count = len(rings)
    faces: list[tuple[int, ...]] = [
        (r * ROUND + i, (r + 1) * ROUND + i, (r + 1) * ROUND + (i + 1) % ROUND, r * ROUND + (i + 1) % ROUND)
        for r in range(count - 1)
        for i in range(ROUND)
    ]
    faces.append(tuple(range(ROUND)))
    faces.append(tuple(reversed(range((count - 1) * ROUND, count * ROUND))))
    return points.reshape(-1, 3), faces


def _cap(ring: Array, direction: float, length: float) -> Array:
    """Return rings that round the end off like half an ellipsoid, from the given ring outwards."""
    angles = np.linspace(0, np.pi / 2, 7)[1:-1]
    angles = np.append(angles, np.pi / 2 - 0.08)
    reach = 0.6 * min(ring[1], ring[2]) / length
    rows = np.tile(ring, (len(angles), 1))
    rows[:, 0] += direction * reach * np.sin(angles)
    rows[:, 1:3] *= np.cos(angles)[:, None]
    return rows
