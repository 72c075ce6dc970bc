"""Feet that stay where they stand, on rigs whose legs and feet are built unlike the person's. numpy only.

While a heel or the ball of a foot stands, that point of the rig's foot is pinned to one place. The foot rolls over
its pins: heel, heel and ball, ball. The hips give way a little and smoothly, and two-bone legs do the rest.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..rotations import IDENTITY, about, across, between, multiply, norm, rotate, slerp, unit
from .anatomy import RigBody
from .feet import bent_up
from .hinges import rest_hinge, usual_leg
from .legs import FREE, bend_limb, soft_reach
from .smoothing import REFERENCE_FPS, median, smoothed
from .soles import RigLeg, Sole, sole_of
from .stances import POINTS, Point, Span, Stance, Standing

Array = NDArray[np.float64]
Turns = dict[str, Array]

EASE: Final = 0.08  # seconds in which a foot comes to its place and leaves it, and as many again
EASE_LENGTH: Final = 0.15  # for each of these shares of the leg that the place is away from where the leg has it
LONGEST_EASE: Final = 0.35  # seconds
FAR: Final = 0.4  # of the leg: so far from where the leg has it a foot is held fully,
LOST: Final = 0.6  # and from here on not at all: it cannot stand where its contact says
_REACH_CHANGE = 10.0  # how softly places come into reach, at 30 frames a second
_UP = np.array([0.0, 0.0, 1.0])
_SHARP = 1e-3  # a pin that holds weighs a thousand times a pin that is half let go
_HIPS_CHANGE = 30.0  # smoothness of the hips' way, at 30 frames a second
_HIPS_REST = 2.0  # pull of the hips to their own path
_DROP_SECONDS = 0.2  # in which the hips sink and rise again where a leg is too short
_TOE_CHANGE = 2.0  # how softly toes give way to the floor, at 30 frames a second: a fast foot reaches it in one frame
_MOST_LIFT = 0.1  # of the leg: how far a foot that sinks into the floor is lifted at most
_SINK = 0.015  # of the leg: how far a foot in the air may sink, which is less to see than a knee that bends for it


@dataclass
class _Pin:
    """A place (3,) for heel or ball, and how much (N,) it holds from frame ``start`` on."""

    point: Point
    place: Array
    start: int
    weight: Array

    @property
    def frames(self) -> slice:
        """The frames in which it holds, as an index."""
        return slice(self.start, self.start + len(self.weight))


@dataclass
class _Foot:
    """A planted foot: turn (F,4), path (F,3) of its ankle, and how much (F,) it is held there."""

    turn: Array
    ankle: Array
    hold: Array


def can_plant(rig: RigBody, turns: Turns, side: str) -> bool:
    """Return whether rig and motion have what a leg needs to be planted: thigh, shin and foot."""
    return all(rig.has(f"{side}_{part}") for part in ("thigh", "shin", "foot")) and f"{side}_shin" in turns


def plant_feet(
    rig: RigBody, legs: list[RigLeg], standing: dict[str, Standing], *, size: float, fps: float, lock: bool
) -> tuple[Turns, Array]:
    """Return the new turns of thighs, shins, feet and toes, and the shift (F,3) of the hips.

    ``size`` is the rig's to the person's. Without ``lock`` the feet are only kept from sinking into the floor.
    """
    soles = [sole_of(rig, leg.side) for leg in legs]
    pins = [
        _pins(leg, sole, standing[leg.side].stances, size, fps) if lock else []
        for leg, sole in zip(legs, soles, strict=True)
    ]
    placed = [_placed(leg, sole, own) for leg, sole, own in zip(legs, soles, pins, strict=True)]
    shift = _hips_shift(legs, placed, fps)
    shift[:, 2] -= _drop(legs, placed, shift, fps)
    turns: Turns = {}
    for leg, sole, foot in zip(legs, soles, placed, strict=True):
        side, lowest = leg.side, size * min(0.0, float(standing[leg.side].surface.min()))
        free = (1 - foot.hold)[:, None]
        ankle = foot.ankle + free * shift
        floor = size * _envelope(standing[side].surface, max(1, round(EASE * fps)))
        if not rig.has(f"{side}_toe"):
            foot.turn = _cleared(sole.ankle, sole, foot.turn, ankle, floor, fps, 1 - foot.hold)
        ankle = ankle + free * _lift(rig, sole, foot.turn, ankle, lowest)[:, None] * _UP
        turns[f"{side}_thigh"], turns[f"{side}_shin"] = _bent(rig, leg, ankle - leg.hip - shift)
        turns[f"{side}_foot"] = foot.turn
        if rig.has(f"{side}_toe"):
            ball = ankle + rotate(foot.turn, sole.offset("ball"))
            turns[f"{side}_toe"] = _cleared(sole.ball, sole, foot.turn, ball, floor, fps)
    return turns, shift


def _pins(leg: RigLeg, sole: Sole, stances: list[Stance], size: float, fps: float) -> list[list[_Pin]]:
    """Return the pins of each stance: every span of heel or ball at the place where it is, at the median, without."""
    paths = {point: leg.point(sole, point) for point in POINTS}
    heading = unit(across(paths["ball"] - paths["heel"], _UP))
    reach = float(np.linalg.norm((sole.ball - sole.heel)[:2]))
    pins = []
    for stance in stances:
        places: dict[Span, Array] = {}
        waiting = sorted(stance.spans, key=lambda span: -span.length)
        while waiting:
            span, known = _next(waiting, places)
            if known is None:
                place = median(paths[span.point][span.frames])
            else:  # a foot is rigid: its heel and its ball stand at its length from each other
                along = unit(heading[span.overlap(known)].sum(0))
                place = places[known] + (reach if span.point == "ball" else -reach) * along
            place[2] = sole.height(span.point) + size * stance.surface
            places[span] = place
            waiting.remove(span)
        pins.append([_pin(span, place, paths[span.point], leg.length, fps) for span, place in places.items()])
    return pins


def _next(waiting: list[Span], places: dict[Span, Array]) -> tuple[Span, Span | None]:
    """Return the longest span that overlaps with one that has its place, and that one; else the longest."""
    for span in waiting:
        for known in places:
            if known.point != span.point and len(range(*span.overlap(known).indices(1 << 40))):
                return span, known
    return waiting[0], None


def _pin(span: Span, place: Array, path: Array, leg: float, fps: float) -> _Pin:
    """Return a pin that holds fully in its span, and eases to nothing before and after.

    ``path`` (F,3) is where the point is without the pin: the further from its place, the slower it eases, and out of
    the reach of the leg it lets go.
    """
    most = int(LONGEST_EASE * fps) + 1
    start, stop = max(0, span.start - most), min(len(path), span.stop + most)
    frames = np.arange(start, stop)
    away = norm(path[start:stop] - place) / leg
    ends = away[span.start - start], away[span.stop - 1 - start]
    ease = [fps * min(LONGEST_EASE, EASE * (1 + end / EASE_LENGTH)) + 1 for end in ends]
    outside = np.maximum((span.start - frames) / ease[0], (frames - (span.stop - 1)) / ease[1])
    near = np.clip((LOST - away) / (LOST - FAR), 0, 1)
    if near.min() < 1:  # a fast foot comes into reach from one frame to the next
        near = smoothed(near, np.ones_like(near), _REACH_CHANGE * (fps / REFERENCE_FPS) ** 2)
    return _Pin(span.point, place, start, _soft_step(np.minimum(1.0 - outside, near)))


def _soft_step(x: Array) -> Array:
    x = np.clip(x, 0.0, 1.0)
    return x * x * (3 - 2 * x)


def _placed(leg: RigLeg, sole: Sole, pins: list[list[_Pin]]) -> _Foot:
    """Return the foot where the pins of its stances want it; between them it eases to where the leg has it."""
    frames = len(leg.hip)
    if not pins:
        return _Foot(leg.foot, leg.ankle, np.zeros(frames))
    along, both = np.zeros((frames, 3)), np.zeros(frames)
    for own in pins:  # heel and ball of one stance lie the foot's length apart, those of two stances do not
        window = slice(min(pin.frames.start for pin in own), max(pin.frames.stop for pin in own))
        heel, ball = (_held([pin for pin in own if pin.point == point], window) for point in ("heel", "ball"))
        share = np.minimum(heel.most, ball.most)
        along[window] += _stiff(share)[:, None] * unit(ball.place - heel.place)
        both[window] = np.maximum(both[window], share)
    now = unit(rotate(leg.foot, sole.ball - sole.heel))
    wanted = np.where(both[:, None] > 0, unit(along), now)
    foot = multiply(slerp(np.broadcast_to(IDENTITY, (frames, 4)), between(now, wanted), both), leg.foot)
    moved, total, hold = np.zeros((frames, 3)), np.full(frames, 1e-12), np.zeros(frames)
    for point in POINTS:
        held = _held([pin for own in pins for pin in own if pin.point == point], slice(0, frames))
        moved += held.weight[:, None] * (held.place - leg.ankle - rotate(foot, sole.offset(point)))
        total += held.weight
        hold = np.maximum(hold, held.most)
    return _Foot(foot, leg.ankle + (hold / total)[:, None] * moved, hold)


@dataclass
class _Held:
    """Where (F,3) some pins of one point want it, their weight (F,), and how much (F,) the firmest of them holds."""

    place: Array
    weight: Array
    most: Array


def _held(pins: list[_Pin], window: slice) -> _Held:
    """Return what pins want in a window of frames that holds them all."""
    count = window.stop - window.start
    place, weight, most = np.zeros((count, 3)), np.zeros(count), np.zeros(count)
    for pin in pins:
        stiff = _stiff(pin.weight)
        inside = slice(pin.frames.start - window.start, pin.frames.stop - window.start)
        place[inside] += stiff[:, None] * pin.place
        weight[inside] += stiff
        most[inside] = np.maximum(most[inside], pin.weight)
    return _Held(place / np.maximum(weight, 1e-12)[:, None], weight, most)


def _stiff(hold: Array) -> Array:
    return hold / (1 - hold + _SHARP)


def _lift(rig: RigBody, sole: Sole, foot: Array, ankle: Array, floor: float) -> Array:
    """Return how far (F,) a foot must rise for its heel and ball not to sink; ``floor`` counts from the rig's."""
    depth = [sole.height(point) + floor - (ankle + rotate(foot, sole.offset(point)))[:, 2] for point in POINTS]
    most = _MOST_LIFT * rig.leg_length
    return most * np.tanh(np.maximum(np.max(depth, axis=0) - _SINK * rig.leg_length, 0) / most)


def _cleared(
    joint: Array, sole: Sole, turn: Array, path: Array, floor: Array, fps: float, share: Array | float = 1.0
) -> Array:
    """Return the turns (F,4) of toes, or of a foot without, bent up at a joint where they would sink into the floor.

    ``joint`` (3,) is its place at rest and ``path`` (F,3) while it moves; ``turn`` (F,4) is what carries it; ``floor``
    (F,) counts from the rig's; ``share`` is how much of it they bend.
    """
    if not len(sole.front):
        return turn
    angle = bent_up(turn, path, sole.front - joint, sole.forward, sole.front[:, 2].min() + floor)
    angle = smoothed(angle, np.ones_like(angle), _TOE_CHANGE * (fps / REFERENCE_FPS) ** 2)
    return multiply(turn, about(np.cross(_UP, sole.forward), -share * angle))


def _hips_shift(legs: list[RigLeg], feet: list[_Foot], fps: float) -> Array:
    """Return how the hips (F,3) go along with the feet, level and smoothly, so that the legs need to change little."""
    weight = np.sum([foot.hold**2 for foot in feet], axis=0)
    pairs = zip(legs, feet, strict=True)
    wanted = np.sum([foot.hold[:, None] ** 2 * (foot.ankle - leg.ankle) for leg, foot in pairs], axis=0)
    change = _HIPS_CHANGE * (fps / REFERENCE_FPS) ** 2
    shift = np.zeros_like(wanted)
    first = smoothed(wanted[:, :2], weight + _HIPS_REST, change)
    shift[:, :2] = smoothed(first, np.ones(len(first)), change / 4)
    return shift


def _drop(legs: list[RigLeg], feet: list[_Foot], shift: Array, fps: float) -> Array:
    """Return how far (F,) the hips must sink for standing legs not to be stretched, smoothly in time."""
    needed = np.zeros(len(shift))
    for leg, foot in zip(legs, feet, strict=True):
        way = foot.ankle - leg.hip - shift
        most = np.maximum(FREE * leg.length, norm(leg.ankle - leg.hip))
        level = norm(way[:, :2])
        height = np.sqrt(np.maximum(most**2 - level**2, 0))
        upright = way[:, 2] < -0.5 * norm(way)
        needed = np.maximum(needed, np.where(upright, foot.hold * np.maximum(-way[:, 2] - height, 0), 0))
    reach = max(1, round(_DROP_SECONDS * fps))
    return _envelope(needed, reach)


def _envelope(values: Array, reach: int) -> Array:
    """Return a smooth curve (F,) that lies nowhere under the values and follows ``reach`` frames around them."""
    padded = np.pad(values, 2 * reach, mode="edge")
    highest = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1).max(-1)
    bell = np.hanning(2 * reach + 3)[1:-1]
    return np.convolve(highest, bell / bell.sum(), mode="valid")


def _bent(rig: RigBody, leg: RigLeg, target: Array) -> tuple[Array, Array]:
    """Return the turns of thigh and shin with which the ankle reaches the target, as far as the leg is long."""
    rest_upper, rest_lower = rig.direction(f"{leg.side}_thigh"), rig.direction(f"{leg.side}_shin")
    pieces = rig.leg_pieces(leg.side)
    upper, lower = rotate(leg.thigh, rest_upper), rotate(leg.shin, rest_lower)
    hinge = rotate(leg.thigh, rest_hinge(usual_leg(rig.up, rig.forward), rest_upper, rest_lower))
    length = norm(target)
    own = norm(leg.ankle - leg.hip)
    target = unit(target) * soft_reach(length, own, sum(pieces))[:, None]
    thigh, shin = bend_limb(upper, lower, unit(across(hinge, upper)), pieces, target)
    return multiply(thigh, leg.thigh), multiply(shin, leg.shin)
