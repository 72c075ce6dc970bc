"""Turns of a rigid part over time, fitted to what is seen of it: twist and swing from a frame that carries the part.

A part (a head on its chest, a hand on its forearm) has three angles in each frame: the twist about the axis that it is
mounted on, and a swing about the two other axes. All frames are solved together by Gauss-Newton steps on a banded
normal matrix, so time and memory grow linearly with the length of the clip.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solveh_banded

Array = NDArray[np.float64]

STEPS: Final = 15
CLOSE: Final = 2e-3  # radians: a smaller step is the last
LONGEST_STEP: Final = 0.5  # radians of one angle in one Gauss-Newton step
OUTLIER: Final = 2.0
"""Standard deviations from which an observation loses weight (Geman and McClure 1985)."""

BEYOND: Final = np.radians(5)
"""Standard deviation of how far a joint goes beyond its limits."""

NUDGE: Final = 1e-4  # radians, for the derivatives


@dataclass(frozen=True)
class Mount:
    """How a part sits on the part that carries it."""

    carrier: Array  # (F,3,3) axes of the carrying part, which are those of the part when all angles are 0
    axes: Array  # (3,3) rows: axis of the twist, axes of the swing, in the carrier's axes
    spread: Array  # (3,) standard deviation of each angle, radians
    limit: Array  # (3,) how far each angle may go, radians
    steadiness: float  # seconds for which an angle usually stays alike


@dataclass(frozen=True)
class Sight:
    """Observations of K vectors fixed in the part: ``rows[t] @ turn[t] @ vectors[k]`` should be ``seen[t,:,k]``."""

    vectors: Array  # (K,3) in the part's axes
    rows: Array  # (F,N,3)
    seen: Array  # (F,N,K); what is not seen may hold anything finite
    weight: Array  # (F,K) 1 / variance, 0 where not seen


def turns(mount: Mount, angles: Array) -> Array:
    """Return the axes (F,3,3) of the part at angles (F,3)."""
    twist = about(mount.axes[0] * angles[:, :1])
    swing = about(angles[:, 1:] @ mount.axes[1:])
    return mount.carrier @ twist @ swing


def fit_angles(mount: Mount, sights: list[Sight], times: Array) -> Array:
    """Return the angles (F,3) that explain the sights best, radians.

    Beside the observations there is a stationary prior with exponential memory (Ornstein and Uhlenbeck 1930): every
    angle stays near 0 with its spread and forgets itself within ``steadiness``, at any frame rate. Where nothing is
    seen the angles run from the last ones seen to 0 and to the next ones seen. Outliers lose their weight.
    """
    count = len(times)
    angles = np.zeros((count, 3))
    pull, tie = _memory(mount, times)
    for _ in range(STEPS):
        gradient, normal = _evidence(mount, sights, angles)
        over = np.sign(angles) * np.maximum(np.abs(angles) - mount.limit, 0.0)
        gradient += pull * angles + over / BEYOND**2
        steps = np.diff(angles, axis=0) * tie
        gradient[:-1] -= steps
        gradient[1:] += steps
        normal[:, [0, 1, 2], [0, 1, 2]] += pull + (over != 0) / BEYOND**2
        change = -_solve(normal, tie, gradient)
        angles = angles + np.clip(change, -LONGEST_STEP, LONGEST_STEP)
        if np.abs(change).max() < CLOSE:
            break
    return angles


def _memory(mount: Mount, times: Array) -> tuple[Array, Array]:
    """Return the weights of the prior: of each angle (F,3) and of each change to the next frame (F-1,3)."""
    gaps = np.maximum(np.diff(times), 1e-3)
    kept = np.exp(-gaps / mount.steadiness)[:, None]
    ties = kept / (1.0 - kept**2)
    pull = np.zeros((len(times), 1))
    pull[:-1] += (1.0 - kept) / (1.0 - kept**2)
    pull[1:] += (1.0 - kept) / (1.0 - kept**2)
    pull[1:-1] -= 1.0
    precision = 1.0 / mount.spread**2
    return np.maximum(pull, 1e-9) * precision, ties * precision


def _evidence(mount: Mount, sights: list[Sight], angles: Array) -> tuple[Array, Array]:
    """Return gradient (F,3) and Gauss-Newton matrix (F,3,3) of the observations."""
    here = turns(mount, angles)
    slopes = []
    for axis in range(3):
        nudged = angles.copy()
        nudged[:, axis] += NUDGE
        slopes.append((turns(mount, nudged) - here) / NUDGE)
    count = len(angles)
    gradient = np.zeros((count, 3, 1))
    normal = np.zeros((count, 3, 3))
    for sight in sights:
        vectors = sight.vectors.T
        residual = sight.rows @ here @ vectors - sight.seen
        far = (residual**2).mean(1) * sight.weight / OUTLIER**2
        root = np.sqrt(sight.weight) / (1.0 + far)
        scaled = (residual * root[:, None]).reshape(count, -1, 1)
        jacobian = np.stack([(sight.rows @ slope @ vectors * root[:, None]).reshape(count, -1) for slope in slopes], 1)
        gradient += jacobian @ scaled
        normal += jacobian @ np.swapaxes(jacobian, 1, 2)
    return gradient[..., 0], normal


def _solve(blocks: Array, tie: Array, right: Array) -> Array:
    """Solve the system whose diagonal blocks are (F,3,3), with the ties (F-1,3) between neighbours."""
    count = len(blocks)
    blocks = blocks.copy()
    diagonal = np.zeros((count, 3))
    diagonal[:-1] += tie
    diagonal[1:] += tie
    blocks[:, [0, 1, 2], [0, 1, 2]] += diagonal
    banded = np.zeros((4, 3 * count))
    banded[0] = blocks[:, [0, 1, 2], [0, 1, 2]].ravel()
    banded[1].reshape(count, 3)[:, :2] = blocks[:, [1, 2], [0, 1]]
    banded[2].reshape(count, 3)[:, 0] = blocks[:, 2, 0]
    banded[3].reshape(count, 3)[:-1] = -tie
    return solveh_banded(banded, right.ravel(), lower=True).reshape(count, 3)


def about(vectors: Array) -> Array:
    """Return the rotation matrices (F,3,3) of rotation vectors (F,3) (Rodrigues)."""
    angle = np.linalg.norm(vectors, axis=-1)[:, None, None]
    x, y, z = vectors.T
    zero = np.zeros_like(x)
    skew = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], -1).reshape(-1, 3, 3)
    sine = np.sinc(angle / np.pi)
    versine = 0.5 * np.sinc(0.5 * angle / np.pi) ** 2
    return np.eye(3) + sine * skew + versine * (skew @ skew)
