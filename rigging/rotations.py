"""Rotations as arrays: quaternions (...,4) wxyz, rotation matrices (...,3,3), vectors (...,3). numpy only."""

import numpy as np
from numpy.typing import NDArray

from ..core.vectors import unit

Array = NDArray[np.float64]

IDENTITY = np.array([1.0, 0.0, 0.0, 0.0])


def dot(a: Array, b: Array) -> Array:
    """Return the scalar products along the last axis, which is kept with size 1."""
    return (a * b).sum(-1, keepdims=True)


def across(vectors: Array, axis: Array) -> Array:
    """Return the part of the vectors at right angles to a unit axis."""
    return vectors - dot(vectors, axis) * axis


def multiply(a: Array, b: Array) -> Array:
    """Return the quaternions that turn by ``b`` first, then by ``a``."""
    aw, av, bw, bv = a[..., :1], a[..., 1:], b[..., :1], b[..., 1:]
    return np.concatenate([aw * bw - dot(av, bv), aw * bv + bw * av + np.cross(av, bv)], -1)


def conjugate(q: Array) -> Array:
    """Return the inverse of unit quaternions."""
    return q * np.array([1.0, -1.0, -1.0, -1.0])


def rotate(q: Array, vectors: Array) -> Array:
    """Return the vectors turned by unit quaternions."""
    t = 2.0 * np.cross(q[..., 1:], vectors)
    return vectors + q[..., :1] * t + np.cross(q[..., 1:], t)


def about(axis: Array, angle: Array) -> Array:
    """Return the turn by ``angle`` (...,) radians about unit axes (...,3)."""
    return _about(axis, 0.5 * np.asarray(angle, float)[..., None])


def between(a: Array, b: Array) -> Array:
    """Return the shortest turn from unit vectors ``a`` to unit vectors ``b``."""
    a, b = np.broadcast_arrays(a, b)
    w = 1.0 + dot(a, b)
    q = np.concatenate([w, np.cross(a, b)], -1)
    opposite = w[..., 0] < 1e-8
    if opposite.any():
        q[opposite] = np.concatenate([np.zeros((opposite.sum(), 1)), any_normal(a[opposite])], -1)
    return unit(q)


def any_normal(vectors: Array) -> Array:
    """Return some unit vector at right angles to each vector."""
    helper = np.zeros_like(vectors)
    np.put_along_axis(helper, np.abs(vectors).argmin(-1)[..., None], 1.0, -1)
    return unit(np.cross(vectors, helper))


def frame(primary: Array, secondary: Array) -> Array:
    """Return rotation matrices (...,3,3) whose columns are primary, the rest of secondary, and their normal.

    ``primary`` is kept exactly; ``secondary`` is made perpendicular to it.
    """
    x = unit(primary)
    y = unit(across(secondary, x))
    return np.stack([x, y, np.cross(x, y)], -1)


def from_frames(rest: Array, posed: Array) -> Array:
    """Return the quaternions that turn the rest frames (...,3,3) into the posed ones."""
    return from_matrix(posed @ np.swapaxes(rest, -1, -2))


def from_matrix(m: Array) -> Array:
    """Return unit quaternions of rotation matrices (Shepperd's choice of the largest component)."""
    xx, yy, zz = m[..., 0, 0], m[..., 1, 1], m[..., 2, 2]
    squares = np.stack([1 + xx + yy + zz, 1 + xx - yy - zz, 1 - xx + yy - zz, 1 - xx - yy + zz], -1)
    a, b, c = m[..., 2, 1] - m[..., 1, 2], m[..., 0, 2] - m[..., 2, 0], m[..., 1, 0] - m[..., 0, 1]
    d, e, f = m[..., 0, 1] + m[..., 1, 0], m[..., 0, 2] + m[..., 2, 0], m[..., 1, 2] + m[..., 2, 1]
    rows = np.stack(
        [
            np.stack([squares[..., 0], a, b, c], -1),
            np.stack([a, squares[..., 1], d, e], -1),
            np.stack([b, d, squares[..., 2], f], -1),
            np.stack([c, e, f, squares[..., 3]], -1),
        ],
        -2,
    )
    best = squares.argmax(-1)[..., None, None]
    return unit(np.take_along_axis(rows, best, -2)[..., 0, :])


def to_matrix(q: Array) -> Array:
    """Return the rotation matrices (...,3,3) of unit quaternions."""
    return np.stack([rotate(q, axis) for axis in np.eye(3)], -1)


def slerp(a: Array, b: Array, share: float | Array) -> Array:
    """Return the turns on the shortest way from ``a`` to ``b``; share 0 gives a, 1 gives b."""
    turn = multiply(conjugate(a), b)
    turn = np.where(turn[..., :1] < 0, -turn, turn)
    return multiply(a, power(turn, share))


def power(q: Array, share: float | Array) -> Array:
    """Return the turns with their angle times ``share`` (scalar or (...,))."""
    half = np.arctan2(np.linalg.norm(q[..., 1:], axis=-1), q[..., 0])
    return _about(unit(q[..., 1:]), (half * share)[..., None])


def limited(q: Array, most: float) -> Array:
    """Return the turns with angles bent smoothly to stay under ``most`` radians; up to 3/4 of that they are kept."""
    q = np.where(q[..., :1] < 0, -q, q)
    angle = 2 * np.arctan2(np.linalg.norm(q[..., 1:], axis=-1), q[..., 0])
    kept, rest = 0.75 * most, 0.25 * most
    wanted = np.where(angle <= kept, angle, kept + rest * np.tanh((angle - kept) / rest))
    return power(q, np.where(angle > kept, wanted / np.maximum(angle, kept), 1.0))


def continuous(q: Array) -> Array:
    """Return quaternions (F,...,4) with signs chosen so that neighbouring frames are close."""
    flips = np.where((q[1:] * q[:-1]).sum(-1) < 0, -1.0, 1.0)
    signs = np.concatenate([np.ones_like(flips[:1]), np.cumprod(flips, 0)]) if len(q) > 1 else np.ones(q.shape[:-1])
    return q * signs[..., None]


def _about(axis: Array, half: Array) -> Array:
    axis, half = np.broadcast_arrays(axis, half)
    return np.concatenate([np.cos(half[..., :1]), np.sin(half) * axis], -1)
