"""Which way is up, for a camera that does not say: from people who keep their balance and feet that stand.

Every guess comes with its standard deviation for pitch (to and from the camera) and roll (sideways), and their weighted
mean is the answer. Those of people come from motion capture that went through a simulated camera and detector and the
lifter, widened for real footage; those of cameras are how people hold them. The guesses are made before the path is put
on any floor: afterwards standing feet confirm whatever was believed before.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..skeleton import CONTACT_JOINTS, STANDS
from ..vectors import unit
from .body import INDEX
from .evidence import shown_feet
from .ground import REST_HEIGHTS
from .smoothing import runs

Array = NDArray[np.float64]

PITCH_SIGMA: Final = 12.0
ROLL_SIGMA: Final = 3.0
"""Degrees by which cameras are expected to look up or down, and to lean sideways."""

CAMERA_HEIGHT: Final = 1.4
CAMERA_HEIGHT_SIGMA: Final = 0.6
CAMERA_HEIGHT_PITCH: Final = 3.0
"""Metres over the floor at which people hold cameras, and what that is worth in degrees at best."""

BALANCE_SIGMA: Final = (3.0, 2.5)
TRUNK_SIGMA: Final = (8.0, 6.0)
"""Degrees of pitch and roll by which the balance and the trunk of a steady person, as lifted, are off the vertical."""

ALIKE_SECONDS: Final = 1.0
"""Seconds for which a posture that is off the vertical usually stays so."""

BENT_KNEE: Final = 75.0
FOLDED: Final = 45.0
"""Degrees by which a knee alone, and both knee and hip of a leg are bent from which something else than this foot may
carry the person: a seat, a knee, a hand."""

LYING: Final = 65.0
STOOPING: Final = 45.0
"""Degrees from the up axis of a level camera beyond which a body lies rather than stands, and a trunk is bent rather
than held upright."""

STRAY: Final = 10.0
"""Degrees from the others beyond which the posture of a frame counts for little."""

PLANE_SIGMA: Final = 2.5
FOOT_SIGMA: Final = 0.04
FOOT_DEPTH: Final = 0.01
FOOT_STRAY: Final = 0.05
"""What the plane through standing feet is worth: degrees at best, metres by which a foot is lifted too high or low,
the part of its distance by which a foot is placed too near or far, metres beyond which a foot counts for little."""

FEWEST_PLACES: Final = 2
LONG_STAND: Final = 0.5  # seconds

_LEGS: Final = [INDEX[f"{side}_{part}"] for side in ("left", "right") for part in ("knee", "ankle", "foot_index")]


@dataclass(frozen=True)
class Guess:
    """A unit up axis (3,) in camera axes, with its standard deviations in degrees."""

    up: Array
    pitch_sigma: float
    roll_sigma: float


def mean_up(guesses: list[Guess]) -> Array:
    """Return the unit up axis (3,) of guesses, averaged by their certainty."""
    pitch = _mean([(_pitch(guess.up), guess.pitch_sigma) for guess in guesses])
    roll = _mean([(_roll(guess.up), guess.roll_sigma) for guess in guesses])
    return unit(np.array([np.tan(roll), -1.0, -np.tan(pitch)]))


def posture_guesses(joints: Array, trust: Array, seen: Array, times: Array) -> list[Guess]:
    """Return what cameras and people usually do: a guess for each that tells anything.

    ``joints`` (F,22,3) are absolute, in camera axes and metres; ``trust`` (F,) says how well each frame was seen,
    ``seen`` (F,22) is the confidence of the keypoints.
    """
    guesses = [Guess(_looking(0.0), PITCH_SIGMA, ROLL_SIGMA)]
    trust = trust + 1e-9
    shown = trust * shown_feet(seen, times).mean(1)
    carried = shown / (1.0 + _folding(joints) ** 8)
    share = float(shown.sum() / trust.sum())
    stands = float(carried.sum() / trust.sum())
    clear = carried * (seen[:, _LEGS].min(1) ** 2 + 1e-6)
    guesses += _axis(joints, _BALANCE, clear, times, BALANCE_SIGMA, stands, LYING)
    guesses += _axis(joints, _TRUNK, trust, times, TRUNK_SIGMA, (1.0 - stands) ** 2, STOOPING)
    if share > 1e-3:
        guesses.append(_camera_height(joints, shown, share))
    return guesses


def feet_plane(joints: Array, contacts: Array, height: float, up: Array, times: Array) -> list[Guess]:
    """Return the normal of the plane through the places where feet stand, as sure as these are apart.

    ``joints`` (F,22,3) on a path that no floor has changed; ``contacts`` (F,4) of feet on the floor; ``height`` of the
    person; ``up`` what is believed so far. Each time a heel or ball stands is one place. Feet that seem too near or
    too far lie on the same ray, so that such an error matters as far as the ray leans against the floor.
    """
    soles = joints[:, [INDEX[name] for name in CONTACT_JOINTS]] - height * np.array(REST_HEIGHTS)[:, None] * up
    stands = [(start, stop, c) for c in range(len(CONTACT_JOINTS)) for start, stop in runs(contacts[:, c] > STANDS)]
    if len(stands) < FEWEST_PLACES:
        return []
    places = np.array([soles[start:stop, c].mean(0) for start, stop, c in stands])
    drift = np.array([soles[start:stop, c, 2].var() for start, stop, c in stands])
    seconds = np.array([times[stop - 1] - times[start] for start, stop, _ in stands]) + float(np.median(np.diff(times)))
    weight = np.minimum(seconds / LONG_STAND, 1.0)
    middle = np.average(places, axis=0, weights=weight)
    across, down = (places - middle)[:, [0, 2]], places[:, 1] - middle[1]
    robust, slope, normal = weight, np.zeros(2), np.eye(2)
    for _ in range(10):
        normal = (across * robust[:, None]).T @ across / robust.sum() + 1e-5 * np.eye(2)
        slope = np.linalg.solve(normal, (across * robust[:, None]).T @ down / robust.sum())
        robust = weight / (1.0 + ((down - across @ slope) / FOOT_STRAY) ** 2)
    lean = -up[2] / up[1] - middle[1] / middle[2]
    depth = (FOOT_DEPTH * middle[2]) ** 2 + float(np.average(drift, weights=seconds))
    feet = max(weight.sum() / len(CONTACT_JOINTS), 0.25)
    noise = np.sqrt((lean**2 * depth + FOOT_SIGMA**2) / feet * np.diag(np.linalg.inv(normal)))
    roll, pitch = np.hypot(np.degrees(np.arctan(noise)), PLANE_SIGMA)
    return [Guess(unit(np.array([slope[0], -1.0, slope[1]])), float(pitch), float(roll))]


def _mass_over_feet() -> Array:
    """Return the weights (22,) of joints that give the centre of mass as seen from the middle of the feet.

    Masses of the segments, and how far down they are centred, after de Leva (J. Biomechanics 1996), the means of
    women and men; forearms are with hands. On motion capture of 5 seconds this axis leans by 1.9 degrees from the
    vertical in the median (from 2.3 that of legs and trunk together, 3.5 that of the trunk), also of people who bend.
    """
    segments = [("head", "thorax", 0.068, 0.5), ("thorax", "pelvis", 0.430, 0.44)]
    for side in ("left", "right"):
        segments += [
            (f"{side}_shoulder", f"{side}_elbow", 0.026, 0.58),
            (f"{side}_elbow", f"{side}_wrist", 0.021, 0.60),
            (f"{side}_hip", f"{side}_knee", 0.145, 0.39),
            (f"{side}_knee", f"{side}_ankle", 0.046, 0.44),
            (f"{side}_ankle", f"{side}_foot_index", 0.013, 0.42),
        ]
    weights = np.zeros(len(INDEX))
    for upper, lower, mass, share in segments:
        weights[INDEX[upper]] += mass * (1.0 - share)
        weights[INDEX[lower]] += mass * share
    weights /= weights.sum()
    weights[[INDEX[f"{side}_{part}"] for side in ("left", "right") for part in ("ankle", "foot_index")]] -= 0.25
    return weights


def _trunk() -> Array:
    weights = np.zeros(len(INDEX))
    weights[INDEX["thorax"]], weights[INDEX["pelvis"]] = 1.0, -1.0
    return weights


_BALANCE: Final = _mass_over_feet()
_TRUNK: Final = _trunk()


def _axis(
    joints: Array,
    of_joints: Array,
    weight: Array,
    times: Array,
    sigma: tuple[float, float],
    share: float,
    farthest: float,
) -> list[Guess]:
    """Return the mean direction of a vector of the body, unless it is ``farthest`` degrees off a level camera's up.

    The less of the certainty ``share`` (0..1) is left, and the more the direction swings, the less sure is the guess.
    """
    if share < 1e-3:
        return []
    vectors = of_joints @ joints
    mean = _robust_direction(vectors, weight)
    if -mean[1] < np.cos(np.radians(farthest)):
        return []
    directions, weight = unit(vectors), weight / weight.sum()
    swing = np.degrees(
        [_swing(_pitch(directions) - _pitch(mean), weight), _swing(_roll(directions) - _roll(mean), weight)]
    )
    alike = ALIKE_SECONDS / max(float(times[-1] - times[0]), 1e-3)
    pitch, roll = np.sqrt((np.square(sigma) + alike * swing**2) / share)
    return [Guess(mean, float(pitch), float(roll))]


def _swing(angles: Array, weight: Array) -> float:
    return float(np.sqrt(weight @ ((angles + np.pi) % (2.0 * np.pi) - np.pi) ** 2))


def _robust_direction(vectors: Array, weight: Array) -> Array:
    """Return the unit mean of vectors (F,3) from those nearest to the up axis of a level camera on (IRLS)."""
    directions = unit(vectors)
    upright = np.exp(-0.5 * (np.arccos(np.clip(-directions[:, 1], -1, 1)) / np.radians(45.0)) ** 2)
    mean = unit(((weight * upright)[:, None] * vectors).sum(0))
    for _ in range(10):
        off = np.degrees(np.arccos(np.clip(directions @ mean, -1, 1)))
        mean = unit((weight / (1.0 + (off / STRAY) ** 2)) @ vectors)
    return mean


def _folding(joints: Array) -> Array:
    """Return how far (F,) the straighter leg is bent; 1 where it may carry nobody."""
    trunk = joints[:, INDEX["thorax"]] - joints[:, INDEX["pelvis"]]
    folding = []
    for side in ("left", "right"):
        hip, knee, ankle = (joints[:, INDEX[f"{side}_{part}"]] for part in ("hip", "knee", "ankle"))
        bent = _angle(hip - knee, knee - ankle)
        folding.append(np.maximum(bent / BENT_KNEE, np.minimum(bent, _angle(trunk, hip - knee)) / FOLDED))
    return np.min(folding, axis=0)


def _angle(a: Array, b: Array) -> Array:
    return np.degrees(np.arccos(np.clip((unit(a) * unit(b)).sum(-1), -1, 1)))


def _camera_height(joints: Array, weight: Array, share: float) -> Guess:
    """Return the pitch at which the feet are as far below the camera as is usual; nothing of the roll."""
    feet = joints[:, [INDEX[name] for name in CONTACT_JOINTS]]
    lower = feet[np.arange(len(feet)), feet[..., 1].argmax(1)]
    down, away = np.average(lower[:, 1:], axis=0, weights=weight)
    far = max(float(np.hypot(down, away)), CAMERA_HEIGHT + 0.1)
    pitch = float(np.arctan2(away, down) - np.arccos(CAMERA_HEIGHT / far))
    sigma = float(np.hypot(np.degrees(CAMERA_HEIGHT_SIGMA / far), CAMERA_HEIGHT_PITCH))
    return Guess(_looking(pitch), sigma / share**0.5, 1e3)


def _looking(pitch: float) -> Array:
    """Return the up axis (3,) of a camera that looks down by ``pitch`` radians."""
    return np.array([0.0, -np.cos(pitch), -np.sin(pitch)])


def _pitch(up: Array) -> Array:
    return np.arctan2(-up[..., 2], -up[..., 1])


def _roll(up: Array) -> Array:
    return np.arctan2(up[..., 0], -up[..., 1])


def _mean(guesses: list[tuple[Array, float]]) -> float:
    weight = np.array([1.0 / sigma**2 for _, sigma in guesses])
    return float(np.clip(np.dot(weight, [value for value, _ in guesses]) / weight.sum(), -1.2, 1.2))
