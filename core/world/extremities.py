"""Head and hands with their turns, from face and knuckle keypoints: points of a take that give a rig real twist.

A wrist or a neck is a point; how a hand or a head is turned shows in the points around it. In footage of a whole body
those lie few pixels apart, so what they say is weighed against how people usually hold hands and heads, and against
the frames before and after. Where nothing is seen a hand lies in line with its forearm, its palm half-way between up
and down as the elbow has it, and a head looks where the chest does.

The detector's own depth is not used: with it the errors on footage of known truth were no smaller.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..bvh_frames import STRAIGHT, aligned, limb, swung
from ..values import Camera, Keypoints
from ..vectors import unit
from .body import INDEX
from .extremity_model import HAND, HEAD, LIFTED_NOISE, MIRROR, MIRROR_TURN, SURENESS, Part
from .filters import gaussian
from .turning import Mount, Sight, about, fit_angles, turns
from .view import NEAREST

Array = NDArray[np.float64]

ERROR_SECONDS: Final = 0.6
"""For how long the detector's errors stay alike: frames nearer than that tell the same thing twice."""

SEEN: Final = 0.3
"""Confidence above which a keypoint belongs to the picture of the person."""

DETECTOR_PIXELS: Final = 200.0
"""Size of a person in the picture that the detector looks at."""

ROLL_SECONDS: Final = 0.3
"""Standard deviation of the smoothing of the forearm's roll, weighted by how far the elbow is bent."""

X, Y, _ = np.eye(3)


@dataclass(frozen=True)
class Extremities:
    """Joints beside the 22 of a take (E of them), and the 22 with the head as it is turned."""

    names: tuple[str, ...]
    positions: Array  # (F,E,3) metres, in the axes of the joints given
    confidence: Array  # (F,E) 0..1: mean confidence of the keypoints that tell the turn
    joints: Array  # (F,22,3) the joints given; nose and top of the head moved

    @property
    def all_joints(self) -> Array:
        """The 22 joints and the extra ones (F,22+E,3)."""
        return np.concatenate([self.joints, self.positions], 1)


def extremities(joints: Array, keypoints: Keypoints, camera: Camera, times: Array, stature: float) -> Extremities:
    """Return ears and knuckles of a person, at the places of an average body of this stature (metres).

    ``joints`` (F,22,3) are metres in the camera axes of each frame, in the order of ``skeleton.JOINTS``; ``keypoints``
    are the detector's in the same frames, NaN where not seen, and ``times`` (F,) their seconds. Parts whose keypoints
    the detector does not have are left out, so that a detector of body joints alone gives none.
    """
    person = _Person(np.asarray(joints, np.float64), keypoints, camera, np.asarray(times, np.float64), stature)
    moved = person.joints.copy()
    names: list[str] = []
    places = [np.zeros((len(moved), 0, 3))]
    sure = [np.zeros((len(moved), 0))]
    for part, side in ((HEAD, ""), (HAND, "left"), (HAND, "right")):
        if not person.shows(part, side):
            continue
        turn = person.turn(part, side)
        for place, vector in part.places.items():
            name = _sided(place, side)
            path = person.anchor(side) + stature * (turn @ (_mirror(side) @ vector))
            if name in INDEX:
                moved[:, INDEX[name]] = path
            else:
                names.append(name)
                places.append(path[:, None])
                sure.append(person.confidence(part, side)[:, None])
    return Extremities(tuple(names), np.concatenate(places, 1), np.concatenate(sure, 1), moved)


@dataclass(frozen=True)
class _Person:
    """Everything that is known about a person: joints, keypoints and the camera."""

    joints: Array
    keypoints: Keypoints
    camera: Camera
    times: Array
    stature: float

    def shows(self, part: Part, side: str) -> bool:
        """Return whether the detector has all keypoints of a part."""
        return set(self._points(part, side)) <= set(self.keypoints.names)

    def confidence(self, part: Part, side: str) -> Array:
        """Return the mean confidence (F,) of the keypoints of a part."""
        columns = [self.keypoints.index(name) for name in self._points(part, side)]
        return np.nan_to_num(self.keypoints.confidence[:, columns].astype(np.float64)).mean(1)

    def anchor(self, side: str) -> Array:
        """Return where the part is mounted (F,3)."""
        return _joint(self.joints, f"{side}_wrist" if side else "neck")

    def turn(self, part: Part, side: str) -> Array:
        """Return the axes (F,3,3) of a part."""
        mount = hand_mount(self.joints, side, self.times) if side else head_mount(self.joints)
        sights = [self.seen(part, side)] if side else [self.seen(part, side), self.lifted_head()]
        return turns(mount, fit_angles(mount, sights, self.times))

    def seen(self, part: Part, side: str) -> Sight:
        """Return what the keypoints say about the turn of a part, in parts of the stature."""
        anchor = self.anchor(side)
        depth = np.maximum(anchor[:, 2], NEAREST)
        rows = np.broadcast_to(np.eye(3)[:2], (len(anchor), 2, 3)).copy()
        rows[:, :, 2] = -anchor[:, :2] / depth[:, None]
        size = depth / (self.camera.focal_px * self.stature)
        pixel = size * self._detail()
        confidence = np.nan_to_num(self.keypoints.confidence)
        seen, weight = [], []
        for look in part.looks:
            columns = [self.keypoints.index(_sided(name, side)) for name in look.points]
            shares = np.array(list(look.points.values()))
            difference = shares @ self.keypoints.points[:, columns].astype(np.float64) * size[:, None]
            known = np.isfinite(difference).all(-1)
            sure = np.interp(confidence[:, columns].min(1), *SURENESS) * known * self._share()
            seen.append(np.where(known[:, None], difference, 0.0))
            weight.append(sure / (look.noise**2 + (look.blur * pixel) ** 2))
        vectors = np.array([look.vector for look in part.looks]) @ _mirror(side)
        return Sight(vectors, rows, np.stack(seen, -1), np.stack(weight, -1))

    def lifted_head(self) -> Sight:
        """Return what the lifted joints of the head say about its turn."""
        neck = self.anchor("")
        names = ("nose", "head")
        seen = np.stack([_joint(self.joints, name) - neck for name in names], -1) / self.stature
        rows = np.broadcast_to(np.eye(3), (len(neck), 3, 3))
        weight = np.repeat(self._share()[:, None] / LIFTED_NOISE**2, len(names), axis=1)
        return Sight(np.array([HEAD.places[name] for name in names]), rows, seen, weight)

    def _points(self, part: Part, side: str) -> list[str]:
        return [_sided(name, side) for name in dict.fromkeys(name for look in part.looks for name in look.points)]

    def _share(self) -> Array:
        """Return the part (F,) of what a frame shows that its neighbours do not show as well."""
        if len(self.times) < 2:
            return np.ones(len(self.times))
        return np.minimum(np.gradient(self.times) / (2.0 * ERROR_SECONDS), 1.0)

    def _detail(self) -> float:
        """Return how many pixels of the footage make one of the picture that the detector looks at."""
        seen = np.nan_to_num(self.keypoints.confidence) > SEEN
        several = seen.sum(1) > 1
        if not several.any():
            return 1.0
        points = np.where(seen[..., None], self.keypoints.points, np.nan)[several]
        extent = np.nanmax(points, axis=1) - np.nanmin(points, axis=1)
        return float(np.median(extent.max(-1))) / DETECTOR_PIXELS


def head_mount(joints: Array) -> Mount:
    """Return how the head sits on the chest."""
    return _mount(HEAD, chest_axes(joints), np.eye(3))


def hand_mount(joints: Array, side: str, times: Array) -> Mount:
    """Return how a hand sits on its forearm, whose roll is that of the elbow's hinge.

    An arm that is nearly straight does not show its hinge; there the roll about the forearm, against that of an arm
    that turned the shortest way from the chest, is that of the frames around.
    """
    sign = 1.0 if side == "left" else -1.0
    chest = chest_axes(joints)
    upper = _joint(joints, f"{side}_elbow") - _joint(joints, f"{side}_shoulder")
    lower = _joint(joints, f"{side}_wrist") - _joint(joints, f"{side}_elbow")
    _, hinged = limb(chest, sign * X, -sign * Y, upper, lower, times)
    shortest = swung(swung(chest, sign * X, upper), sign * X, lower)
    turn = np.swapaxes(shortest, 1, 2) @ hinged
    roll = np.unwrap(np.arctan2(turn[:, 2, 1], turn[:, 1, 1]))
    bend = np.cross(unit(upper), unit(lower))
    roll = gaussian(roll[:, None], times, ROLL_SECONDS, (bend**2).sum(-1) + STRAIGHT**2)
    return _mount(HAND, shortest @ about(roll * X), np.eye(3) if side == "left" else MIRROR_TURN)


def chest_axes(joints: Array) -> Array:
    """Return the axes (F,3,3) of the chest: y along the upper spine, x as near to the shoulders' line as can be."""
    spine = _joint(joints, "thorax") - _joint(joints, "spine")
    return aligned(spine, 1, _joint(joints, "left_shoulder") - _joint(joints, "right_shoulder"), 0)


def _mount(part: Part, carrier: Array, mirror: Array) -> Mount:
    axes = np.eye(3)[[part.twist, *part.swing]] @ mirror
    return Mount(carrier, axes, np.radians(part.spread), np.radians(part.limit), part.steadiness)


def _sided(name: str, side: str) -> str:
    return f"{side}_{name}" if side else name


def _mirror(side: str) -> Array:
    return MIRROR if side == "right" else np.eye(3)


def _joint(joints: Array, name: str) -> Array:
    return joints[:, INDEX[name]]
