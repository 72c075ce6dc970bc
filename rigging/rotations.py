"""Rotations as arrays: quaternions (...,4) wxyz, rotation matrices (...,3,3), vectors (...,3). numpy only."""

import numpy as np
from numpy.typing import NDArray

from ..core.vectors import TINY

Array = NDArray[np.float64]

IDENTITY = np.array([1.0, 0.0, 0.0, 0.0])


def dot(a: Array, b: Array) -> Array:
    """Return the scalar products along the last axis, which is kept with size 1."""
    return np.einsum("...i,...i->...", a, b)[..., None]


def norm(vectors: Array) -> Array:
    """Return the lengths along the last axis."""
    return np.sqrt(np.einsum("...i,...i->...", vectors, vectors))


def unit(vectors: Array) -> Array:
    """Return the vectors at length 1; zero vectors stay zero."""
    return vectors / np.maximum(norm(vectors), TINY)[..., None]


def across(vectors: Array, axis: Array) -> Array:
    """Return the part of the vectors at right angles to a unit axis."""
    return vectors - dot(vectors, axis) * axis


def cross(a: Array, b: Array) -> Array:
    """Return the vector products along the last axis; much quicker than ``np.cross``."""
    (ax, ay, az), (bx, by, bz) = _components(a), _components(b)
    return np.stack([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx], -1)


def multiply(a: Array, b: Array) -> Array:
    """Return the quaternions that turn by ``b`` first, then by ``a``."""
    (aw, ax, ay, az), (bw, bx, by, bz) = _components(a), _components(b)
    return np.stack(
        [
            aw * bw - ax * bx - ay * by - az * bz,
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by + ay * bw + az * bx - ax * bz,
            aw * bz + az * bw + ax * by - ay * bx,
        ],
        -1,
    )


def running_product(q: Array) -> Array:
    """Return (F,4) what has been turned up to each frame by the steps (F,4), later ones on the left.

    Products of pairs, their running product, and the frames between (a prefix sum: Ladner and Fischer 1980).
    """
    if len(q) < 2:
        return q.copy()
    result = np.empty_like(q)
    even = len(q) // 2
    result[1::2] = running_product(multiply(q[1::2], q[: 2 * even : 2]))
    result[0] = q[0]
    result[2::2] = multiply(q[2::2], result[1 : len(q) - 1 : 2])
    return unit(result)


def conjugate(q: Array) -> Array:
    """Return the inverse of unit quaternions."""
    return q * np.array([1.0, -1.0, -1.0, -1.0])


def rotate(q: Array, vectors: Array) -> Array:
    """Return the vectors turned by unit quaternions."""
    (w, x, y, z), (a, b, c) = _components(q), _components(vectors)
    ta, tb, tc = 2 * (y * c - z * b), 2 * (z * a - x * c), 2 * (x * b - y * a)
    return np.stack(
        [a + w * ta + y * tc - z * tb, b + w * tb + z * ta - x * tc, c + w * tc + x * tb - y * ta],
        -1,
    )


def in_axes(q: Array, axes: Array) -> Array:
    """Return the same turns as seen in other axes (3,3), whose columns may also be mirrored."""
    vector = np.copysign(1.0, np.linalg.det(axes)) * (q[..., 1:] @ axes)
    return np.concatenate([q[..., :1], vector], -1)


def about(axis: Array, angle: Array) -> Array:
    """Return the turn by ``angle`` (...,) radians about unit axes (...,3)."""
    return _about(axis, 0.5 * np.asarray(angle, float)[..., None])


def between(a: Array, b: Array) -> Array:
    """Return the shortest turn from unit vectors ``a`` to unit vectors ``b``."""
    a, b = np.broadcast_arrays(a, b)
    w = 1.0 + dot(a, b)
    q = np.concatenate([w, cross(a, b)], -1)
    opposite = w[..., 0] < 1e-8
    if opposite.any():
        q[opposite] = np.concatenate([np.zeros((opposite.sum(), 1)), any_normal(a[opposite])], -1)
    return unit(q)


def any_normal(vectors: Array) -> Array:
    """Return some unit vector at right angles to each vector."""
    helper = np.zeros_like(vectors)
    np.put_along_axis(helper, np.abs(vectors).argmin(-1)[..., None], 1.0, -1)
    return unit(cross(vectors, helper))


def frame(primary: Array, secondary: Array) -> Array:
    """Return rotation matrices (...,3,3) whose columns are primary, the rest of secondary, and their normal.

    ``primary`` is kept exactly; ``secondary`` is made perpendicular to it.
    """
    x = unit(primary)
    y = unit(across(secondary, x))
    return np.stack(np.broadcast_arrays(x, y, cross(x, y)), -1)


def from_frames(rest: Array, posed: Array) -> Array:
    """Return the quaternions that turn the rest frames (...,3,3) into the posed ones."""
    return from_matrix(posed @ np.swapaxes(rest, -1, -2))


def from_matrix(m: Array) -> Array:
    """Return unit quaternions of rotation matrices (Shepperd's choice of the largest component)."""
    xx, yy, zz = m[..., 0, 0], m[..., 1, 1], m[..., 2, 2]
    squares = np.stack([1 + xx + yy + zz, 1 + xx - yy - zz, 1 - xx + yy - zz, 1 - xx - yy + zz], -1)
    a, b, c = m[..., 2, 1] - m[..., 1, 2], m[..., 0, 2] - m[..., 2, 0], m[..., 1, 0] - m[..., 0, 1]
    d, e, f = m[..., 0, 1] + m[..., 1, 0], m[..., 0, 2] + m[..., 2, 0], m[..., 1, 2] + m[..., 2, 1]
    w, x, y, z = (squares[..., k] for k in range(4))
    rows = ((w, a, b, c), (a, x, d, e), (b, d, y, f), (c, e, f, z))
    best = squares.argmax(-1)
    return unit(np.stack([np.choose(best, column) for column in rows], -1))


def to_matrix(q: Array) -> Array:
    """Return the rotation matrices (...,3,3) of unit quaternions."""
    w, x, y, z = _components(q)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return np.stack([np.stack(row, -1) for row in rows], -2)


def slerp(a: Array, b: Array, share: float | Array) -> Array:
    """Return the turns on the shortest way from ``a`` to ``b``; share 0 gives a, 1 gives b."""
    turn = multiply(conjugate(a), b)
    turn = np.where(turn[..., :1] < 0, -turn, turn)
    return multiply(a, power(turn, share))


def power(q: Array, share: float | Array) -> Array:
    """Return the turns with their angle times ``share`` (scalar or (...,))."""
    length = norm(q[..., 1:])
    half = np.arctan2(length, q[..., 0]) * share
    return np.concatenate(
        [np.cos(half)[..., None], (np.sin(half) / np.maximum(length, TINY))[..., None] * q[..., 1:]], -1
    )


def limited(q: Array, most: float) -> Array:
    """Return the turns with angles bent smoothly to stay under ``most`` radians; up to 3/4 of that they are kept."""
    q = np.where(q[..., :1] < 0, -q, q)
    angle = 2 * np.arctan2(norm(q[..., 1:]), q[..., 0])
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
    return np.concatenate([np.cos(half[..., :1]), np.sin(half[..., :1]) * axis], -1)


def _components(a: Array) -> list[Array]:
    return [a[..., k] for k in range(a.shape[-1])]
