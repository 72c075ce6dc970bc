"""Bone lengths that fit the pictures of the whole take."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .body import INDEX, stature
from .detected import detected_places
from .directions import chain
from .evidence import AGREEMENT, Evidence, Fit
from .terms import UNSURE_PIXELS

Array = NDArray[np.float64]

BONES: Final = (
    *(("left_hip", "right_hip"), ("left_knee", "right_knee"), ("left_ankle", "right_ankle")),
    *(("left_foot_index", "right_foot_index"), ("spine", "thorax")),
    *(("left_shoulder", "right_shoulder"), ("left_elbow", "right_elbow"), ("left_wrist", "right_wrist")),
)
"""Bones that have a length together, by their lower joints."""

PIXEL_SIGMA: Final = 0.025
"""How far a keypoint may be off, in statures."""

PIXEL_OUTLIER: Final = 2.0
"""Sigmas from which a keypoint counts less and less (Cauchy's weights)."""

SHARED_SECONDS: Final = 1.0
"""Seconds for which keypoints are off in about the same way as far as lengths are concerned."""

SPACING: Final = 0.1
"""Seconds between the frames that are looked at."""

LIFTED_SIGMA: Final = 0.06
"""Logarithmic error of the lengths of lifted bones."""

LARGEST_STEP: Final = 0.05
"""Logarithmic change of a length in one iteration."""


class LengthEquations:
    """Normal equations of the logarithms of the lengths of ``BONES``, summed over frames whose roots are free."""

    def __init__(self) -> None:
        self.matrix = np.zeros((len(BONES), len(BONES)))
        self.gradient = np.zeros(len(BONES))

    def add(self, fit: Fit, evidence: Evidence) -> None:
        """Add what the keypoints of some frames say."""
        pixels, slope = evidence.view.project(detected_places(fit.joints, fit.directions))
        off = pixels - evidence.pixels
        metres = np.sqrt((PIXEL_SIGMA * evidence.height) ** 2 + (UNSURE_PIXELS * evidence.uncertainty) ** 2)
        sigma = metres * (evidence.view.focal_px / evidence.view.depth(fit.root))[:, None]
        far = np.linalg.norm(off, axis=-1) / sigma
        weight = evidence.trust * AGREEMENT / (1.0 + (far / PIXEL_OUTLIER) ** 2) / sigma**2
        by_length = slope @ _growth(fit)
        heavy = slope.swapaxes(-1, -2) * weight[..., None, None]
        by_root = (heavy @ slope).sum(1) + 1e-6 * np.eye(3)
        both = (heavy @ by_length).sum(1)
        pull = (heavy @ off[..., None]).sum(1)
        freed = _inverse(by_root) @ np.concatenate([both, pull], axis=-1)
        along = by_length.swapaxes(-1, -2) * weight[..., None, None]
        crossed = both.swapaxes(-1, -2)
        self.matrix += ((along @ by_length).sum(1) - crossed @ freed[..., :-1]).sum(0)
        self.gradient += ((along @ off[..., None]).sum(1) - crossed @ freed[..., -1:]).sum(0)[:, 0]


def _inverse(matrices: Array) -> Array:
    """Return the inverses of symmetric matrices (F,3,3), much faster than one by one."""
    first, second, third = matrices[:, 0], matrices[:, 1], matrices[:, 2]
    adjoint = np.stack([np.cross(second, third), np.cross(third, first), np.cross(first, second)], axis=-1)
    return adjoint / (first * adjoint[..., 0]).sum(-1)[:, None, None]


def _growth(fit: Fit) -> Array:
    """Return the derivative (F,22,3,G) of the joints by the logarithms of the lengths."""
    columns = []
    for names in BONES:
        alone = np.zeros_like(fit.lengths)
        alone[[INDEX[name] for name in names]] = fit.lengths[[INDEX[name] for name in names]]
        columns.append(chain(alone) @ fit.directions)
    return np.stack(columns, axis=-1)


def fitted_lengths(fit: Fit, evidence: Evidence, part: int) -> Array:
    """Return the lengths (22,) after one step towards pictures and lifted lengths; the stature stays.

    The frames are looked at in parts of ``part`` frames, to bound the memory.
    """
    every = max(1, round(SPACING / evidence.step))
    equations = LengthEquations()
    for start in range(0, evidence.frames, part):
        frames = slice(start, start + part, every)
        equations.add(fit.part(frames), evidence.part(frames))
    worth = min(every * evidence.step / SHARED_SECONDS, 1.0)
    lengths, lifted = fit.lengths, evidence.lengths
    firsts = [INDEX[names[0]] for names in BONES]
    gone = np.log(lengths[firsts] / lifted[firsts])
    matrix = worth * equations.matrix + np.eye(len(BONES)) / LIFTED_SIGMA**2
    change = np.linalg.solve(matrix, -(worth * equations.gradient + gone / LIFTED_SIGMA**2))
    factors = np.exp(np.clip(change, -LARGEST_STEP, LARGEST_STEP))
    result = lengths.copy()
    for names, factor in zip(BONES, factors, strict=True):
        result[[INDEX[name] for name in names]] *= factor
    return result * stature(lengths) / stature(result)
