"""Stick figures of some moments of a take, from the front and from the side."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..skeleton import PARENTS
from .drawing import WIDTH, Drawing
from .motion import Motion
from .plots import Figure

Array = NDArray[np.float64]

MOMENTS: Final = 8
ROW: Final = 160.0  # height of a row of figures
HEAD_RADIUS: Final = 0.095  # metres
KNUCKLES: Final = {
    f"{side}_{finger}_1": f"{side}_wrist" for side in ("left", "right") for finger in ("thumb", "index", "pinky")
}
"""Joints of hands, where a take has them, and what they are drawn from."""

SMALLEST: Final = 1.2
"""Metres of height that a row shows at least, so that children and close-ups of sitting people keep their size."""


def moments_figure(motion: Motion) -> Figure:
    """Draw the person at some moments; figures stand in the middle of their cells, wherever they are in the world."""
    title = "At a glance"
    bones = drawn_bones(motion)
    frames = np.unique(np.linspace(0, motion.frames - 1, MOMENTS).round().astype(int))
    places = motion.joints[frames] - [0.0, 0.0, motion.floor]
    if not bones or not np.isfinite(places).any():
        return Figure(title, "The take has no joints that are known here.")
    cell = WIDTH / len(frames)
    scale = (ROW - 26) / max(float(np.nanmax(places[..., 2])), SMALLEST)
    widest = max(float(np.ptp(pose[np.isfinite(pose).all(-1), :2], axis=0).max()) for pose in places if _known(pose))
    scale = min(scale, 1.2 * cell / max(widest, 1e-6))  # neighbours may overlap a little
    drawing = Drawing(2 * ROW + 34, "stick figures over time")
    first = "from the camera" if motion.take.world_from_camera is not None else "from the front"
    for row, (axis, words) in enumerate(((0, first), (1, "from the side"))):
        floor = (row + 1) * ROW - 2 + 8 * row
        drawing.text(0, floor - ROW + 14, words, "label")
        drawing.segment((0, floor), (WIDTH, floor), "floor")
        for number, pose in enumerate(places):
            _stick_figure(drawing, motion, pose, axis, ((number + 0.5) * cell, floor), scale, bones)
    for number, frame in enumerate(frames):
        drawing.text((number + 0.5) * cell, drawing.height - 6, f"{motion.times[frame]:.1f} s", anchor="middle")
    told = f"The person at {len(frames)} moments, evenly spread, all at one scale; the line is the floor."
    return Figure(title, told, drawing.svg(), (("left", "left side of the person"), ("right", "right side")))


def drawn_bones(motion: Motion) -> list[tuple[str, str]]:
    """Return the pairs of joints that are connected, past joints that the take lacks."""
    bones = []
    for lower in (name for name in motion.names if name != "nose"):
        upper = PARENTS.get(lower) or KNUCKLES.get(lower)
        while upper is not None and not motion.has(upper):
            upper = PARENTS[upper]
        if upper is not None:
            bones.append((upper, lower))
    return bones


def _stick_figure(
    drawing: Drawing,
    motion: Motion,
    pose: Array,
    axis: int,
    foot: tuple[float, float],
    scale: float,
    bones: list[tuple[str, str]],
) -> None:
    """Draw a pose (J,3) with one level axis to the right, seen along the other one, the farthest bones first."""
    known = np.isfinite(pose).all(-1)
    if not _known(pose):
        return
    middle = (pose[known, axis].min() + pose[known, axis].max()) / 2
    flat = np.stack([foot[0] + scale * (pose[:, axis] - middle), foot[1] - scale * pose[:, 2]], axis=-1)
    nearness = -pose[:, 1] if axis == 0 else pose[:, 0]  # from the front the viewer is at -y, from the side at +x
    pairs = [(motion.names.index(upper), motion.names.index(lower)) for upper, lower in bones]
    for upper, lower in sorted(
        (pair for pair in pairs if known[list(pair)].all()), key=lambda pair: nearness[list(pair)].sum()
    ):
        side = motion.names[lower].partition("_")[0]
        style = f"stick {side if side in ('left', 'right') else 'middle'}"
        if motion.names[lower] in KNUCKLES:
            style += " thin"
        drawing.segment((flat[upper, 0], flat[upper, 1]), (flat[lower, 0], flat[lower, 1]), style)
    if motion.has("head", "neck"):
        neck, head = (flat[motion.names.index(name)] for name in ("neck", "head"))
        if np.isfinite([neck, head]).all():
            x, y = (neck + 2 * head) / 3
            drawing.circle(x, y, HEAD_RADIUS * scale, "skull")


def _known(pose: Array) -> bool:
    return bool(np.isfinite(pose).all(-1).any())
