"""Edits replayed on a captured take, in an order of their own: what they give does not hang on when they were made."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...errors import PosewrightError
from ..settings import TrackSettings
from ..skeleton import CONTACT_POINTS, JOINTS, STANDS
from ..spans import runs
from ..take import Take
from ..world.body import ANKLE_HEIGHT, BALL_HEIGHT, DEFAULT_HEIGHT, HEEL_HEIGHT, bone_lengths, stature
from .changes import CHANGES, swapped
from .edit import FEET, Edit, seconds_of
from .smoothing import NOTE, Smoothing, smoothed, smoothing_of

LATER: Final = ("freeze", "turn", "origin", "floor", "contact")
"""Kinds of edits in the order in which they follow the smoothing; sides are put right before it."""

EDITS: Final = "edits"
"""Entry of a take's provenance: the edits that made it what it is, as JSON."""

CLOSE: Final = 1e-4
"""Difference of strength that comes of how Blender stores numbers."""

_RESTS: Final = {"heel": HEEL_HEIGHT, "foot_index": BALL_HEIGHT, "ankle": ANKLE_HEIGHT}


def edited(take: Take, edits: Sequence[Edit] = (), smooth: float | None = None, filter: str | None = None) -> Take:
    """Return the captured take with edits, smoothed with a strength from 0 to 1 and a filter of ``settings.FILTERS``.

    ``None`` keeps strength or filter of the capture. First sides are exchanged in what was captured; then, unless
    neither sides nor smoothing changed, ``joints`` are smoothed anew; then poses are held, the whole take moves, and
    contacts are set. Edits of one kind follow in the order given. The provenance tells what was done. Without any
    change it is the take itself. Raises UsageError for an unknown filter.
    """
    captured = smoothing_of(take)
    wanted = Smoothing(captured.strength if smooth is None else smooth, filter or captured.filter)
    close = abs(wanted.strength - captured.strength) < CLOSE
    if close and (wanted.filter == captured.filter or captured.strength <= 0):  # no filter has no name
        wanted = captured
    result = take
    swaps = [edit for edit in edits if edit.kind == "swap"]
    for edit in swaps:
        result = swapped(result, edit)
    if wanted != captured or (swaps and take.joints_fitted is not None):
        result = smoothed(result, wanted)
    for kind in LATER:
        for edit in edits:
            if edit.kind == kind:
                result = CHANGES[kind](result, edit)
    return _noted(result, take, edits, wanted, captured)


def _noted(result: Take, take: Take, edits: Sequence[Edit], wanted: Smoothing, captured: Smoothing) -> Take:
    """Return the result with its history; what can be smoothed no more has no ``joints_fitted``."""
    notes = dict(take.provenance)
    if edits:
        notes[EDITS] = [*take.recorded(EDITS, list), *(edit.to_json() for edit in edits)]
    if wanted != captured:
        notes[NOTE] = asdict(wanted)
    if notes == take.provenance:
        return take
    held = any(edit.kind == "freeze" for edit in edits)
    return replace(result, provenance=notes, joints_fitted=None if held else result.joints_fitted)


def contact_edits(before: NDArray[np.floating] | None, after: NDArray[np.floating], take: Take) -> list[Edit]:
    """Return the edits that make the contacts (F,4) ``after`` of those ``before``, both feet's parts apart.

    Where ``before`` is None, all of ``after`` is told. Only whether a point stands counts.
    """
    stands = np.asarray(after) > STANDS
    known = np.zeros_like(stands) if before is None else np.asarray(before) > STANDS
    differs = np.ones_like(stands) if before is None else stands != known
    seconds = seconds_of(take)
    found: list[Edit] = []
    for foot, points in FEET.items():
        spans = [
            {
                (start, stop, value)
                for value in (False, True)
                for start, stop in runs(differs[:, column] & (stands[:, column] == value))
            }
            for column in (CONTACT_POINTS.index(point) for point in points)
        ]
        for part, own in zip(
            (foot, *points), (spans[0] & spans[1], spans[0] - spans[1], spans[1] - spans[0]), strict=True
        ):
            found += [
                Edit("contact", float(seconds[start]), float(seconds[stop - 1]), float(value), part)
                for start, stop, value in sorted(own)
            ]
    return found


def lowest_point(take: Take, seconds: float) -> float:
    """Return how high over the floor the person is at a moment, in metres, in seconds from the first frame.

    Ankles, heels and balls of the feet are joints: they lie over the sole of a standing foot. PosewrightError when no
    joint is known there.
    """
    frame = int(np.abs(seconds_of(take) - seconds).argmin())
    rests = np.array([_RESTS.get(name.split("_", 1)[-1], 0.0) for name in take.joint_names])
    heights = np.asarray(take.joints[frame, :, 2], np.float64) - tallness(take) * rests
    if not np.isfinite(heights).any():
        raise PosewrightError("The take knows no joint at this frame; go to another one.")
    return float(np.nanmin(heights))


def tallness(take: Take) -> float:
    """Return the person's height in metres: of its bones, or as given for the capture, or an average adult's."""
    if set(JOINTS) <= set(take.joint_names):
        joints = np.asarray(take.joints[:, [take.joint_names.index(name) for name in JOINTS]], np.float64)
        whole = joints[np.isfinite(joints).all((1, 2))]
        if len(whole):
            return stature(bone_lengths(whole))
    given = take.recorded("settings", dict).get("height", TrackSettings().height)
    return float(given) if isinstance(given, int | float) and 0 < given < np.inf else DEFAULT_HEIGHT
