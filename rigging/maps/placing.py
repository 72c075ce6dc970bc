"""Where the parts of a body usually begin in a rest pose, and how near to that bones are. numpy only."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .parts import FINGERS, SIDES, TWISTS, Parts, core_of
from .skeleton import Skeleton
from .structure import left_of

Array = NDArray[np.float64]

USUAL: Final = {
    "hips": (0.0, 0.53),
    "spine": (0.0, 0.58),
    "neck": (0.0, 0.82),
    "head": (0.0, 0.87),
    "clavicle": (0.02, 0.8),
    "upper_arm": (0.105, 0.8),
    "forearm": (0.27, 0.8),
    "hand": (0.42, 0.8),
    "thigh": (0.055, 0.52),
    "shin": (0.055, 0.28),
    "foot": (0.055, 0.05),
    "toe": (0.055, 0.012),
    "thumb": (0.44, 0.8),
    **dict.fromkeys(FINGERS[1:], (0.475, 0.8)),
    "upper_arm_twist": (0.18, 0.8),
    "forearm_twist": (0.34, 0.8),
    "thigh_twist": (0.055, 0.4),
    "shin_twist": (0.055, 0.16),
}
"""Part -> where it begins on a person with level arms: aside from the middle and above the floor, of the height."""

ANY_WAY: Final = ("forearm", "hand", *FINGERS, *TWISTS[:2])
"""Parts of which only the way from the chest counts: arms rest in any pose."""

TOP: Final = 0.93  # of the height: where the middle of what the head moves is
WIDE: Final = 0.09  # of the height: so far from its usual place a part may be
FOLD: Final = 0.5  # so much longer or shorter, as a logarithm, the way between two joints may be
SHORT: Final = 0.03  # of the height: ways that say nothing
OVER: Final = 0.02  # of the height: nearer to the middle a bone is on both sides
LEVEL: Final = np.array([1.0, 1.0, 0.0])


@dataclass(frozen=True)
class Frame:
    """A body's own measures: where bones are beside its middle and above its floor, all of its height."""

    heads: Array  # (B,3) world
    height: float  # metres
    left: Array  # (3,) level unit vector to the body's left
    middle: Array  # (3,) world, between the hip joints or shoulders
    high: Array  # (B,)
    aside: Array  # (B,) to the left
    reach: Array  # (B,) from the chest

    @classmethod
    def of(cls, body: Skeleton, whole: Skeleton, known: Parts) -> "Frame":
        """Return the frame of a body of which some parts may be known."""
        bones = np.flatnonzero(body.body)
        places = np.concatenate([body.heads[bones], [body.centre(int(b)) for b in bones]])
        floor, height = float(places[:, 2].min()), max(float(np.ptp(places[:, 2])) / TOP, 1e-9)
        pairs = [
            [body.heads[known[f"{side}_{core}"][0]] for side in SIDES]
            for core in ("thigh", "upper_arm")
            if all(known.get(f"{side}_{core}") for side in SIDES)
        ]
        step = sum(((a - b) * LEVEL for a, b in pairs), np.zeros(3))
        length = float(np.linalg.norm(step))
        by_feet = left_of(body, known) if not length else None
        left = step / length if length else np.array([1.0, 0.0, 0.0]) if by_feet is None else by_feet
        middle = np.mean(pairs, axis=(0, 1)) if pairs else np.median(places, axis=0)
        shoulders = [body.heads[known[f"{side}_upper_arm"][0], 2] for side in SIDES if known.get(f"{side}_upper_arm")]
        chest = np.array([*middle[:2], np.mean(shoulders) if shoulders else floor + USUAL["upper_arm"][1] * height])
        heads = whole.heads
        return cls(
            heads,
            height,
            left,
            middle,
            (heads[:, 2] - floor) / height,
            (heads - middle) @ left / height,
            np.linalg.norm(heads - chest, axis=-1) / height,
        )

    def placed(self, part: str) -> Array:
        """Judge (B,) how near bones are to the usual place of a part, 0 to 1."""
        aside, high = USUAL[core_of(part)]
        if core_of(part) in ANY_WAY:
            away = self.reach - aside
        else:
            away = np.hypot(np.abs(self.aside) - aside, self.high - high)
        return np.exp(-((away / WIDE) ** 2))

    def spaced(self, part: str, others: dict[str, int]) -> Array:
        """Judge (B,) how well the ways to the joints of other parts (part -> bone) fit a person's, 0 to 1."""
        values = []
        for other, bone in others.items():
            expected = float(np.hypot(*np.subtract(USUAL[core_of(part)], USUAL[core_of(other)])))
            if expected > SHORT:
                way = np.linalg.norm(self.heads - self.heads[bone], axis=-1) / self.height
                values.append(np.exp(-((np.log(np.maximum(way, 1e-9) / expected) / FOLD) ** 2)))
        return np.mean(values, axis=0) if values else np.zeros(len(self.heads))

    def opposite(self, bone: int) -> Array:
        """Judge (B,) how near bones are to where a bone's mirror image would be, 0 to 1."""
        image = self.heads[bone] - 2 * float((self.heads[bone] - self.middle) @ self.left) * self.left
        away = np.linalg.norm(self.heads - image, axis=-1) / self.height
        return np.exp(-((away / (0.5 * WIDE)) ** 2))

    def off_side(self, part: str) -> Array:
        """Judge (B,) how far bones lie on the wrong side, or for parts of the middle beside it: 0 to 1."""
        if core_of(part) == part:
            return np.clip((np.abs(self.aside) - OVER) / WIDE, 0.0, 1.0)
        sign = 1.0 if part.startswith(SIDES[0]) else -1.0
        nearest = -OVER if core_of(part) == "clavicle" else OVER
        return np.clip((nearest - sign * self.aside) / (0.5 * WIDE), 0.0, 1.0)
