"""Legs and soles of a rig: where heel and ball lie under an ankle, at rest and while it moves. numpy only."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..rotations import across, rotate, unit
from .anatomy import RigBody
from .stances import POINTS, Flags, Point, lowest, still_and_low

Array = NDArray[np.float64]

HEEL: Final = 0.35  # how far the heel lies behind the ankle, of the way from ankle to ball, where no skin shows it
FURTHEST_HEEL: Final = 1.0  # of that way: what lies further behind is no heel
BALL: Final = 0.65  # where the ball lies on the foot of a rig without toes: it reaches to their tips
_UP = np.array([0.0, 0.0, 1.0])


@dataclass(frozen=True)
class Sole:
    """Ankle, heel and ball (3,) of a rig's foot at rest, in the world.

    ``front`` (N,3) is what bends up where it would sink into the floor: the outermost points of the toes, or of a foot
    without toes.
    """

    ankle: Array
    heel: Array
    ball: Array
    front: Array
    forward: Array  # (3,) where the foot points, level

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


def ball_of(rig: RigBody, side: str) -> Array:
    """Return the ball of a rig's foot (3,) at rest: where its toes begin, or a share of the foot's bone."""
    ankle = rig.ankle(side)
    shortest = 0.1 * rig.leg_length
    if rig.has(f"{side}_toe"):
        ball = rig.joint(f"{side}_toe").copy()
    else:
        ball = ankle + BALL * (rig.tails[rig.rest.index(rig.map.bones[f"{side}_foot"][-1])] - ankle)
    forward = _forward(rig, side)
    if float((ball - ankle) @ forward) < shortest:
        ball = ankle + shortest * forward
        ball[2] = rig.floor
    return ball


def sole_of(rig: RigBody, side: str) -> Sole:
    """Return the sole of a rig at rest.

    The skin shows where the heel and the tips of the toes are; without any the heel, for which rigs have no bone, lies
    behind the ankle, and the toes end where their bone does.
    """
    ankle, ball, forward = rig.ankle(side), ball_of(rig, side), _forward(rig, side)
    foot, toes = _skin(rig, side)
    reach = float((ball - ankle) @ forward)
    if not rig.has(f"{side}_toe") and len(foot):
        toes, tip = foot, float(((foot - ankle) @ forward).max())
        ball = ankle + max(BALL * tip, reach) * forward
        ball[2] = foot[:, 2].min()
    elif not len(toes):
        toes = rig.tails[[rig.rest.index(bone) for bone in rig.map.bones.get(f"{side}_toe", ())]].reshape(-1, 3)
    heel = ankle - HEEL * reach * forward
    heel[2] = ball[2]
    if len(foot):
        seen = foot[(foot @ (-forward - _UP)).argmax()]
        if 0 < float((ankle - seen) @ forward) < FURTHEST_HEEL * reach:
            middle = across(ankle - seen, forward) * (1.0, 1.0, 0.0)
            heel = seen + middle
    joint = ball if rig.has(f"{side}_toe") else ankle
    return Sole(ankle, heel, ball, toes[(toes - joint) @ forward > 0], forward)


def _forward(rig: RigBody, side: str) -> Array:
    return unit(across(rig.foot_direction(side), _UP))


def _skin(rig: RigBody, side: str) -> tuple[Array, Array]:
    """Return the outermost points (N,3) of the skin of a foot and of its toes, with what hangs on their bones."""
    rest = rig.rest
    part_of = {rest.index(bone): part for part in ("foot", "toe") for bone in rig.map.bones.get(f"{side}_{part}", ())}
    below: dict[str, list[int]] = {"foot": [], "toe": []}
    for b in range(len(rest.bones)):
        part = next((part_of[above] for above in (b, *rest.ancestors(b)) if above in part_of), None)
        if part is not None:
            below[part].append(b)
    return rest.edges_of(below["foot"]), rest.edges_of(below["toe"])


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
