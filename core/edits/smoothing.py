"""Smooth a take anew, from what was captured before its filter ran."""

from dataclasses import dataclass, replace
from math import isfinite
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..settings import DEFAULT_FILTER, FILTERS
from ..take import Take
from ..world.smoothing import METRES_PER_DIRECTION, fill_gaps, smooth
from .chains import Chains
from .edit import seconds_of

Array = NDArray[np.float64]

NOTE: Final = "smoothing"
"""Entry of a take's provenance, for takes that were smoothed after the capture."""

STEADY: Final = 1e-4  # metres by which a bone may change its length and count as constant


@dataclass(frozen=True)
class Smoothing:
    """How a motion is smoothed over time."""

    strength: float  # 0 (nothing) .. 1 (strong)
    filter: str = DEFAULT_FILTER


def smoothing_of(take: Take) -> Smoothing:
    """Return how the take's ``joints`` were smoothed from its ``joints_fitted``; strength 0 when it has none."""
    if take.joints_fitted is None:
        return Smoothing(0.0)
    noted = take.recorded(NOTE, dict)
    captured = take.recorded("settings", dict)
    strength = noted.get("strength", captured.get("smooth", 0.5))
    name = noted.get("filter", captured.get("filter", DEFAULT_FILTER))
    usable = isinstance(strength, int | float) and isfinite(strength) and name in FILTERS
    return Smoothing(float(strength), name) if usable else Smoothing(0.5)


def smoothed(take: Take, wanted: Smoothing) -> Take:
    """Return the take with ``joints`` filtered from ``joints_fitted``, or from themselves where that is missing.

    As in the capture the directions of bones and the path of the pelvis are filtered, so that bones keep their
    lengths; contacts stay. Raises UsageError for an unknown filter.
    """
    source = take.joints if take.joints_fitted is None else take.joints_fitted
    joints, missing = fill_gaps(source, seconds_of(take))
    joints[~np.isfinite(joints)] = 0.0  # a joint that was never seen: it stays so below
    result = smoothed_joints(joints, take.joint_names, seconds_of(take), wanted)
    result[missing] = np.nan
    return replace(take, joints=result.astype(np.float32))


def smoothed_joints(joints: Array, names: tuple[str, ...], times: Array, wanted: Smoothing) -> Array:
    """Return joints (F,J,3) without gaps filtered at times (F,) in seconds."""
    chains = Chains.of(names)
    root, directions, lengths = chains.split(joints)
    bones = list(chains.order[1:])
    changing = [bone for bone in bones if np.ptp(lengths[:, bone]) > STEADY]
    paths = [root[:, None], METRES_PER_DIRECTION * directions[:, bones], np.repeat(lengths[:, changing], 3, axis=2)]
    filtered = smooth(np.concatenate(paths, axis=1), times, wanted.strength, wanted.filter)
    ends = np.cumsum([path.shape[1] for path in paths])
    turned = filtered[:, 1 : ends[1]]
    size = np.linalg.norm(turned, axis=-1, keepdims=True)
    directions[:, bones] = np.where(size > 1e-6, turned / np.maximum(size, 1e-12), directions[:, bones])
    lengths[:, changing] = filtered[:, ends[1] :, :1]
    return chains.stiffened(chains.joined(filtered[:, 0], directions, lengths), joints)
