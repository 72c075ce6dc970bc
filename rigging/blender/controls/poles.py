"""Which controls elbows and knees point to, found by moving them while the limbs are bent."""

import numpy as np
from numpy.typing import NDArray

from ...controls.responses import Responses
from ...controls.segments import Limb, Segment
from ...rotations import across, norm, unit
from .probing import Probe, move_of

Array = NDArray[np.float64]

_STILL = 0.03  # of the limb: the ends of a limb that follows a pole move less
_MOVES = 0.03  # and its middle moves more
_AGREE = np.radians(15.0)  # between the directions of pole and joint, with the pole in two places


def find_poles(
    probe: Probe, responses: Responses, segments: list[Segment], goals: list[tuple[str, Limb]]
) -> dict[Limb, tuple[str, float]]:
    """Return limb -> its pole and the angle in radians, about the limb, from the pole to where the limb bends."""
    candidates = {limb: _candidates(probe, responses, segments, limb, goal) for goal, limb in goals}
    bent = {goal: move_of(responses, goal, segments, [limb]) for goal, limb in goals}
    if not any(candidates.values()):
        return {}
    base = probe.pose(responses.bones, bent)
    found: dict[Limb, str] = {}
    for k in range(max(len(names) for names in candidates.values())):
        tried = {limb: names[k] for limb, names in candidates.items() if k < len(names) and limb not in found}
        basis = bent | {name: _aside(responses, segments, limb, name) for limb, name in tried.items()}
        posed = probe.pose(responses.bones, basis)
        for limb, name in tried.items():
            if _follows(responses, segments, limb, name, (base, posed)):
                found[limb] = name
    return {limb: (name, _angle(responses, segments, limb, name, base)) for limb, name in found.items()}


def _candidates(probe: Probe, responses: Responses, segments: list[Segment], limb: Limb, goal: str) -> list[str]:
    """Return what may be the pole of a limb: it leaves both ends of the limb where they are."""
    middle = segments[limb.lower].bones[0]
    above = probe.dependencies().above([middle])
    start, _, end = _bones(segments, limb)
    length = float(norm(responses.head(end) - responses.head(start)))
    return [
        name
        for name in responses.moved
        if name != goal
        and name in above
        and not responses.moves_along(name, [middle])
        and all(float(norm(responses.shift(name, bone))) < _STILL * length for bone in (start, end))
    ]


def _aside(responses: Responses, segments: list[Segment], limb: Limb, name: str) -> Array:
    """Return the channels (4,4) that move a pole a quarter around its limb."""
    start, _, end = (responses.head(bone) for bone in _bones(segments, limb))
    axis = unit(end - start)
    offset = across(responses.head(name) - start, axis)
    return _channels(responses, name, np.cross(axis, offset) - 0.3 * offset)


def _channels(responses: Responses, name: str, step: Array) -> Array:
    """Return the channels (4,4) that move a control by a step (3,)."""
    basis = np.eye(4)
    basis[:3, 3] = np.linalg.solve(responses.location_axes[responses.row[name]], step)
    return basis


def _follows(responses: Responses, segments: list[Segment], limb: Limb, name: str, poses: tuple[Array, Array]) -> bool:
    """Return whether a limb bends where a control is: its ends stay, its middle turns around them."""
    before, after = ([responses.head(bone, posed) for bone in _bones(segments, limb)] for posed in poses)
    length = float(norm(before[1] - before[0]))
    moved = [float(norm(b - a)) / length for a, b in zip(before, after, strict=True)]
    kept = [abs(float(norm(after[1] - after[k]) - norm(before[1] - before[k]))) < _STILL * length for k in (0, 2)]
    if moved[0] > _STILL or moved[2] > _STILL or moved[1] < _MOVES or not all(kept):
        return False
    first, second = (_angle(responses, segments, limb, name, posed) for posed in poses)
    return abs((second - first + np.pi) % (2 * np.pi) - np.pi) < _AGREE


def _angle(responses: Responses, segments: list[Segment], limb: Limb, name: str, posed: Array) -> float:
    """Return the angle, about the way from the limb's root to its end, from the pole to where the limb bends."""
    start, middle, end = (responses.head(bone, posed) for bone in _bones(segments, limb))
    axis = unit(end - start)
    pole, bend = (across(point - start, axis) for point in (responses.head(name, posed), middle))
    return float(np.arctan2(np.cross(pole, bend) @ axis, pole @ bend))


def _bones(segments: list[Segment], limb: Limb) -> list[str]:
    return [segments[i].bones[0] for i in (limb.upper, limb.lower, limb.end)]
