"""Pictures of a person on a floor, drawn with numpy and opencv: no window, no GPU.

Limbs are shaded as round, tapered sticks. Each is drawn flat between its projected ends, which is exact
enough for limbs that are thin against their distance, with a depth for every pixel.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from .figure import CONTACT, Capsule
from .view import View

Image = NDArray[np.uint8]
Array = NDArray[np.float64]

SKY: Final = np.array([[74, 82, 96], [40, 45, 54]], np.float32)  # RGB at the horizon and far above it
FLOOR: Final = np.array([78, 86, 100], np.float32)
LINE: Final = np.array([128, 139, 157], np.float32)
TILE: Final = 0.5  # metres between lines of the grid
LINE_WIDTH: Final = 0.006  # metres
HAZE: Final = 9.0  # metres over which the floor fades
SHADOW: Final = 0.5  # darkness under a foot
SHADOW_REACH: Final = 0.9  # metres of height over which a limb's shadow fades
LIGHT: Final = np.array([-0.45, -0.72, -0.53])  # towards the light, camera axes
CONTACT_RADIUS: Final = 0.05  # metres


class Stage:
    """The empty floor as one camera sees it, prepared once for all places of that camera at its height."""

    def __init__(self, view: View) -> None:
        width, height = view.size
        x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
        local = np.stack([(x - view.centre[0]) / view.focal, (y - view.centre[1]) / view.focal, np.ones_like(x)], -1)
        rays = local @ view.rotation
        fall = -rays[..., 2] / np.linalg.norm(rays, axis=-1)
        above = max(float(view.position[2]), 0.0)
        seen = (fall > 1e-4) & (above > 0.02)
        reach = np.where(seen, above / np.maximum(-rays[..., 2], 1e-4), 0.0)
        floor = np.clip(rays[..., :2] * reach[..., None], -500, 500)
        fade = np.exp(-np.linalg.norm(floor, axis=-1) / HAZE) * seen
        sky = SKY[0] + (SKY[1] - SKY[0]) * np.sqrt(np.clip(-fall / 0.5, 0, 1))[..., None]
        self._ground = (sky + fade[..., None] * (FLOOR - sky)).astype(np.float32)
        rows = np.flatnonzero(seen.any(axis=1))
        self._rows = slice(rows[0], rows[-1] + 1) if len(rows) else slice(0, 0)
        self._axes = [self._lines(floor[self._rows, :, axis], fade[self._rows]) for axis in (0, 1)]
        self._last: tuple[bytes, Image] | None = None

    @staticmethod
    def _lines(place: Array, fade: Array) -> tuple[NDArray[np.float32], ...]:
        """Return, for the lines across one axis: place in tiles, sharpness, and strength, of every pixel."""
        grain = np.maximum(*np.abs(np.gradient(place))) + 1e-4 if min(place.shape) > 1 else np.ones_like(place)
        sharpness = TILE / np.maximum(LINE_WIDTH, grain)
        strength = 0.8 * fade * np.clip(0.25 * TILE / grain, 0, 1)
        return tuple(np.asarray(part, np.float32) for part in (place / TILE, sharpness, strength))

    def draw(self, view: View) -> Image:
        """Return the floor with its grid, seen from the place of ``view``."""
        key = view.position[:2].tobytes()
        if self._last is None or self._last[0] != key:
            self._last = (key, self._draw(view))
        return self._last[1].copy()

    def _draw(self, view: View) -> Image:
        drawn = []
        for (place, sharpness, strength), start in zip(self._axes, view.position[:2] / TILE, strict=True):
            tiles = place + np.float32(start % 1.0)
            away = np.abs(tiles - np.rint(tiles))
            drawn.append(strength * np.clip(1.2 - away * sharpness, 0, 1))
        line = np.maximum(*drawn)[..., None]
        picture = self._ground.astype(np.uint8)
        ground = self._ground[self._rows]
        picture[self._rows] = (ground + line * (LINE - ground)).astype(np.uint8)
        return picture


def draw_person(image: Image, view: View, body: list[Capsule], contacts: list[Array]) -> None:
    """Draw shadow, contacts (places (3,) of feet that stand) and body into the picture."""
    _draw_shadow(image, view, body)
    for place in contacts:
        _draw_contact(image, view, place)
    depth = np.full(image.shape[:2], np.inf, np.float32)
    middles = [float(view.to_camera((part.start + part.end) / 2)[2]) for part in body]
    for index in np.argsort(middles)[::-1]:
        _draw_capsule(image, depth, view, body[int(index)])


def _draw_shadow(image: Image, view: View, body: list[Capsule]) -> None:
    """Darken the floor straight under the limbs, less under high ones."""
    mask = np.zeros(image.shape[:2], np.uint8)
    thickness = 2.0
    for part in sorted(body, key=lambda part: -min(part.start[2], part.end[2])):
        ends = view.project(np.stack([part.start, part.end]) * [1, 1, 0])
        if not np.isfinite(ends).all():
            continue
        height = max(min(float(part.start[2]), float(part.end[2])), 0.0)
        thickness = max(2.0, view.focal * (part.start_radius + part.end_radius) / float(ends[:, 2].mean()))
        _line(mask, ends, 255 * SHADOW * np.exp(-height / SHADOW_REACH), round(thickness))
    x, y, width, height = cv2.boundingRect(mask)
    if width == 0:
        return
    blur = 2 * round(min(thickness, 60) * 0.8) + 1
    window = (slice(max(y - blur, 0), y + height + blur), slice(max(x - blur, 0), x + width + blur))
    dark = cv2.GaussianBlur(mask[window], (blur, blur), 0)
    image[window] = cv2.multiply(image[window], cv2.merge([255 - dark] * 3), scale=1 / 255)


def _line(mask: Image, ends: Array, strength: float, thickness: int) -> None:
    limit = 4 * max(mask.shape)
    points = [tuple(int(v) for v in np.clip(end[:2], -limit, limit) * 16) for end in ends]
    cv2.line(mask, points[0], points[1], [strength], thickness, cv2.LINE_AA, 4)


def _draw_contact(image: Image, view: View, place: Array) -> None:
    """Mark where a foot stands by a bright disc on the floor."""
    angle = np.linspace(0, 2 * np.pi, 28, endpoint=False)
    ring = np.stack([np.cos(angle), np.sin(angle), 0 * angle], -1) * CONTACT_RADIUS + [place[0], place[1], 0.0]
    outline = view.project(ring)
    if not np.isfinite(outline).all() or np.abs(outline[:, :2]).max() > 4 * max(image.shape):
        return
    points = np.round(outline[:, :2] * 16).astype(np.int32)
    glow = image.copy()
    cv2.fillPoly(glow, [points], CONTACT, cv2.LINE_AA, 4)
    cv2.addWeighted(glow, 0.45, image, 0.55, 0, image)
    cv2.polylines(image, [points], True, CONTACT, 1, cv2.LINE_AA, 4)


def _draw_capsule(image: Image, depth: NDArray[np.float32], view: View, part: Capsule) -> None:
    ends = view.project(np.stack([part.start, part.end]))
    if not np.isfinite(ends).all():
        return
    radii = view.focal * np.array([part.start_radius, part.end_radius]) / ends[:, 2]
    radii = np.maximum(radii, 0.6)
    low = np.floor((ends[:, :2] - radii[:, None]).min(0) - 1)
    high = np.ceil((ends[:, :2] + radii[:, None]).max(0) + 2)
    x0, y0 = np.clip(low, 0, view.size).astype(int)
    x1, y1 = np.clip(high, 0, view.size).astype(int)
    if x1 <= x0 or y1 <= y0:
        return
    x = np.arange(x0, x1, dtype=np.float32)[None] + 0.5 - ends[0, 0]
    y = np.arange(y0, y1, dtype=np.float32)[:, None] + 0.5 - ends[0, 1]
    along = ends[1, :2] - ends[0, :2]
    t = np.clip((x * along[0] + y * along[1]) / max(float(along @ along), 1e-6), 0, 1)
    across_x, across_y = x - t * along[0], y - t * along[1]
    radius = radii[0] + t * (radii[1] - radii[0])
    distance = np.sqrt(across_x**2 + across_y**2)
    cover = np.clip(radius - distance + 0.5, 0, 1)
    normal_x, normal_y = across_x / radius, across_y / radius
    normal_z = np.sqrt(np.clip(1 - normal_x**2 - normal_y**2, 0, 1))  # towards the camera
    thick = part.start_radius + t * (part.end_radius - part.start_radius)
    here = ends[0, 2] + t * (ends[1, 2] - ends[0, 2]) - normal_z * thick
    window = (slice(y0, y1), slice(x0, x1))
    cover = np.where(here < depth[window], cover, 0)[..., None].astype(np.float32)
    depth[window] = np.where(cover[..., 0] > 0.5, here, depth[window])
    colour = _shade(normal_x, normal_y, normal_z, part.colour)
    image[window] = (image[window] * (1 - cover) + colour * cover).astype(np.uint8)


def _shade(x: Array, y: Array, z: Array, colour: tuple[int, int, int]) -> Array:
    """Return the colour of a matt, faintly glossy surface with unit normals (x, y, -z)."""
    lit = np.clip(x * LIGHT[0] + y * LIGHT[1] - z * LIGHT[2], 0, 1)[..., None]
    gloss = lit**24 * 60
    rim = (0.35 + 0.65 * z)[..., None]
    return np.clip(np.array(colour, np.float32) * (0.34 + 0.72 * lit) * (0.55 + 0.45 * rim) + gloss, 0, 255)
