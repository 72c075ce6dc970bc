"""A body of constant bones fitted to a whole take.

The unknowns are the place of the pelvis and the directions of the bones in every frame, and one set of bone lengths.
The fit minimises the sum of the terms ``settings.REFINE_TERMS`` by Gauss-Newton with iterated weights (Holland and
Welsch 1977) on a banded system, in parts of ``PART`` seconds that overlap (Schwarz's alternating method): time is
linear in the length of the take, and the memory bounded.
That poses may move as far as the lifter is unsure of them is an idea of UAO (Wang et al., TMM 2025), without its
network in the loop and with an estimated root.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from . import terms
from .banded import REACH, BandedSystem
from .directions import chain, tangents, turned
from .evidence import Evidence, Fit
from .lengths import fitted_lengths

Array = NDArray[np.float64]

PART: Final = 12.0
OVERLAP: Final = 1.2
"""Seconds that are solved at once, and those on either side that only steady the others. A body that is not seen
remembers for longer, so every other iteration divides the take elsewhere."""

MOST: Final = 2400
"""Frames of a part at most, in clips of very many frames a second: it bounds the memory."""

DAMPING: Final = 1e-3


def refine(fit: Fit, evidence: Evidence, switched_on: frozenset[str], iterations: int) -> Fit:
    """Return the fit after some steps towards the minimum of the terms that are switched on."""
    length = min(max(round(PART / evidence.step), 2), MOST)
    overlap = max(round(OVERLAP / evidence.step), REACH)
    for iteration in range(iterations):
        parts = _parts(evidence.frames, length, overlap, shift=length // 2 if iteration % 2 else 0)
        fit = _step(fit, evidence, switched_on, parts)
        if "lengths" in switched_on and "reprojection" in switched_on:
            fit = replace(fit, lengths=fitted_lengths(fit, evidence, length))
    return fit


def _parts(frames: int, length: int, overlap: int, shift: int) -> Iterator[tuple[slice, slice]]:
    """Yield the frames of each part, and those with the overlap on both sides; ``shift`` frames are the first part."""
    edges = [0, *range(shift or length, frames, length), frames]
    for start, stop in pairwise(edges):
        yield slice(start, stop), slice(max(start - overlap, 0), min(stop + overlap, frames))


def _step(fit: Fit, evidence: Evidence, switched_on: frozenset[str], parts: Iterable[tuple[slice, slice]]) -> Fit:
    basis = tangents(fit.directions)
    step = np.empty((evidence.frames, terms.UNKNOWNS))
    for solved, seen in parts:
        held = np.zeros(seen.stop - seen.start, bool)
        held[: REACH if seen.start > 0 else 0] = True
        held[len(held) - (REACH if seen.stop < evidence.frames else 0) :] = True
        change = _solve(fit.part(seen), evidence.part(seen), basis[seen], switched_on, held)
        step[solved] = change[solved.start - seen.start : solved.stop - seen.start]
    moves = step[:, 3:].reshape(*fit.directions.shape[:2], 2)
    return replace(fit, root=fit.root + step[:, :3], directions=turned(fit.directions, basis, moves))


def _solve(fit: Fit, evidence: Evidence, basis: Array, switched_on: frozenset[str], held: NDArray[np.bool_]) -> Array:
    """Return the Gauss-Newton step (F,UNKNOWNS) of some frames, those ``held`` (F,) where they are."""
    system = BandedSystem(evidence.frames, terms.UNKNOWNS)
    points = terms.PointTerms(fit.joints, chain(fit.lengths), basis)
    if "reprojection" in switched_on:
        terms.add_reprojection(points, fit, evidence)
    if "contacts" in switched_on:
        terms.add_contacts(points, system, evidence)
    points.add_to(system)
    if "lifted" in switched_on:
        terms.add_lifted(system, fit, evidence, basis)
    if "acceleration" in switched_on:
        terms.add_acceleration(system, fit, evidence, basis)
    if "stillness" in switched_on:
        terms.add_stillness(system, fit, evidence, basis)
    if "limits" in switched_on:
        terms.add_limits(system, fit, evidence, basis)
    return system.solve(DAMPING, held)
