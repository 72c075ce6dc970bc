"""Legs and soles of a rig: where heel and ball lie under an ankle, at rest and while it moves. numpy only."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..rotations import across, rotate, unit
from .anatomy import RigBody
from .stances import POINTS, Flags, Point, lowest, still_and_low

Array = NDArray[np.float64]

HEEL: Final = 0.35  # how far the heel lies behind the ankle, of the way from ankle to ball
BALL: Final = 0.65  # where the ball lies on the foot bone of a rig without toes: it reaches to their tips
_UP = np.array([0.0, 0.0, 1.0])


@dataclass(frozen=True)
class Sole:
    """Ankle, heel and ball (3,) of a rig's foot at rest, in the world."""

    ankle: Array
    heel: Array
    ball: Array

    def offset(self, point: Point) -> Array:
        """Return the way (3,) from the ankle to heel or ball."""
        return (self.heel if point == "heel" else self.ball) - self.ankle

    def height(self, point: Point) -> float:
        """Return the height of heel or ball."""
        return float((self.heel if point == "heel" else self.ball)[2])


@dataclass
class RigLeg:
    """A leg of the rig while it moves: hip and ankle (F,3) in the world, turns (F,4) of thigh, shin and foot."""

    side: str
    hip: Array
    ankle: Array
    thigh: Array
    shin: Array
    foot: Array
    length: float  # of thigh and shin

    def point(self, sole: Sole, point: Point) -> Array:
        """Return the path (F,3) of heel or ball."""
        return self.ankle + rotate(self.foot, sole.offset(point))


def sole_of(rig: RigBody, side: str) -> Sole:
    """Return the sole of a rig at rest; the heel, for which rigs have no bone, lies behind the ankle."""
    ankle = rig.ankle(side)
    shortest = 0.1 * rig.leg_length
    if rig.has(f"{side}_toe"):
        ball = rig.joint(f"{side}_toe")
    else:
        ball = ankle + BALL * (rig.tails[rig.rest.index(rig.map.bones[f"{side}_foot"][-1])] - ankle)
    forward = unit(across(rig.foot_direction(side), _UP))
    reach = max(float((ball - ankle) @ forward), shortest)
    if float((ball - ankle) @ forward) < shortest:
        ball = ankle + reach * forward
        ball[2] = rig.floor
    heel = ankle - HEEL * reach * forward
    heel[2] = ball[2]
    return Sole(ankle, heel, ball)


def rig_contacts(rig: RigBody, legs: list[RigLeg], fps: float, size: float) -> dict[str, dict[Point, Flags]]:
    """Return where heel and ball (F,) of the rig's own feet are slow and low; ``size`` is the rig's to the person's."""
    paths: dict[str, dict[Point, Array]] = {}
    for leg in legs:
        sole = sole_of(rig, leg.side)
        paths[leg.side] = {point: leg.point(sole, point) for point in POINTS}
    low: dict[Point, float] = {point: lowest(*(path[point] for path in paths.values())) for point in POINTS}
    found: dict[str, dict[Point, Flags]] = {}
    for side, path in paths.items():
        found[side] = {point: still_and_low(path[point], fps, low[point], size) for point in POINTS}
    return found
