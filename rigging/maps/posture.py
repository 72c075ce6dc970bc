"""How a mapped body is posed at rest: whether it stands on two legs, or on four. numpy only."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..rotations import unit
from .parts import SIDES, Parts
from .skeleton import Skeleton

Array = NDArray[np.float64]

LEVEL_TRUNK: Final = 0.6  # cosine between trunk and legs; a person's who stands is 1, who sits on a chair 0.7
ARMS_AS_LEGS: Final = 0.7  # cosine between arms and legs
SAME_FLOOR: Final = 0.35  # of the legs: so far apart are the floors of hands and feet at most


def stands_on_four(s: Skeleton, found: Parts) -> bool:
    """Return whether arms are front legs: the trunk lies across legs and arms, which end on the same floor."""
    hips, feet = _ends(s, found, ("thigh", "shin", "foot"))
    shoulders, hands = _ends(s, found, ("upper_arm", "forearm", "hand"))
    legs, arms, trunk = feet - hips, hands - shoulders, shoulders - hips
    down = unit(legs)
    level = float(unit(trunk) @ -down) < LEVEL_TRUNK
    apart = abs(float((hands - feet) @ down)) / max(float(np.linalg.norm(legs)), 1e-9)
    return level and float(unit(arms) @ down) > ARMS_AS_LEGS and apart < SAME_FLOOR


def _ends(s: Skeleton, found: Parts, chain: tuple[str, ...]) -> tuple[Array, Array]:
    """Return where a pair of limbs begins and where it ends (3,), in the middle of both sides."""
    begins, ends = [], []
    for side in SIDES:
        parts = [f"{side}_{part}" for part in chain if found.get(f"{side}_{part}")]
        begins.append(s.heads[found[parts[0]][0]])
        last = found[parts[-1]]
        ends.append(s.heads[last[0]] if parts[-1].endswith(chain[-1]) else s.tails[last[-1]])
    return np.mean(begins, axis=0), np.mean(ends, axis=0)
