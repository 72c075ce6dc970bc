"""The drawn person as triangles, for programs that draw with a GPU. numpy only."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .figure import Capsule

SEGMENTS: Final = 10  # around a limb
LATITUDES: Final = np.deg2rad([-90.0, -45.0, 0.0, 0.0, 45.0, 90.0])  # of the rings, of the lower and the upper cap
UPPER: Final = np.array([0, 0, 0, 1, 1, 1])  # 1 for the rings about a limb's end
LIGHT: Final = np.array([-0.40, -0.60, 0.69])  # towards the light, world axes
AMBIENT: Final = 0.45


@dataclass(frozen=True)
class Solid:
    """Triangles with a colour at each corner."""

    points: NDArray[np.float32]  # (V,3) metres
    colours: NDArray[np.float32]  # (V,4) RGBA, 0..1, with the light in them
    triangles: NDArray[np.int32]  # (T,3)


def solid_of(body: list[Capsule]) -> Solid:
    """Return the surface of capsules; an empty one for none."""
    if not body:
        return Solid(np.zeros((0, 3), np.float32), np.zeros((0, 4), np.float32), np.zeros((0, 3), np.int32))
    starts, ends = (np.array([getattr(limb, name) for limb in body]) for name in ("start", "end"))
    radii = np.array([(limb.start_radius, limb.end_radius) for limb in body])[:, UPPER]  # (C,R)
    along = ends - starts
    length = np.linalg.norm(along, axis=1, keepdims=True)
    along = np.where(length > 1e-9, along / np.maximum(length, 1e-9), [0.0, 0.0, 1.0])
    aside = np.cross(along, np.where(np.abs(along[:, 2:]) < 0.9, [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]))
    aside /= np.linalg.norm(aside, axis=1, keepdims=True)
    round_ = np.linspace(0, 2 * np.pi, SEGMENTS, endpoint=False)
    spokes = np.cos(round_)[:, None] * aside[:, None] + np.sin(round_)[:, None] * np.cross(along, aside)[:, None]
    normals = (
        np.cos(LATITUDES)[None, :, None, None] * spokes[:, None]
        + np.sin(LATITUDES)[None, :, None, None] * along[:, None, None]
    )  # (C,R,S,3)
    centres = np.where(UPPER[None, :, None] == 1, ends[:, None], starts[:, None])
    points = centres[:, :, None] + radii[:, :, None, None] * normals
    bright = AMBIENT + (1 - AMBIENT) * np.clip(normals @ LIGHT, 0, 1)
    colours = np.ones((*bright.shape, 4))
    colours[..., :3] = bright[..., None] * (np.array([limb.colour for limb in body]) / 255.0)[:, None, None]
    return Solid(
        points.reshape(-1, 3).astype(np.float32),
        colours.reshape(-1, 4).astype(np.float32),
        _triangles(len(body)),
    )


def _triangles(count: int) -> NDArray[np.int32]:
    """Return the corners (T,3) of all triangles, outward sides in front."""
    ring, spoke = np.meshgrid(np.arange(len(LATITUDES) - 1), np.arange(SEGMENTS), indexing="ij")
    low, high = ring * SEGMENTS, (ring + 1) * SEGMENTS
    after = (spoke + 1) % SEGMENTS
    first = np.stack([low + spoke, low + after, high + after], -1)
    second = np.stack([low + spoke, high + after, high + spoke], -1)
    one = np.concatenate([first.reshape(-1, 3), second.reshape(-1, 3)])
    offsets = np.arange(count)[:, None, None] * (len(LATITUDES) * SEGMENTS)
    return (one[None] + offsets).reshape(-1, 3).astype(np.int32)
