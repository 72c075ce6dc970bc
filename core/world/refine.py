"""A body of constant bones fitted to a whole take.

The unknowns are the place of the pelvis and the directions of the bones in every frame, and one set of bone lengths.
The fit minimises the sum of the terms ``settings.REFINE_TERMS`` by Gauss-Newton with iterated weights (Holland and
Welsch 1977) on a banded system, in parts of ``PART`` frames: time and memory are linear in the length of the take.
That poses may move as far as the lifter is unsure of them is an idea of UAO (Wang et al., TMM 2025), without its
network in the loop and with an estimated root.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from . import terms
from .banded import BandedSystem
from .directions import chain, tangents, turned
from .evidence import Evidence, Fit
from .lengths import fitted_lengths

Array = NDArray[np.float64]

PART: Final = 600
OVERLAP: Final = 60
"""Frames that are solved at once, and those on either side that only steady the others: more than a take remembers."""

DAMPING: Final = 1e-3


def refine(fit: Fit, evidence: Evidence, switched_on: frozenset[str], iterations: int) -> Fit:
    """Return the fit after some steps towards the minimum of the terms that are switched on."""
    for _ in range(iterations):
        fit = _step(fit, evidence, switched_on)
        if "lengths" in switched_on and "reprojection" in switched_on:
            fit = replace(fit, lengths=fitted_lengths(fit, evidence, PART))
    return fit


def _parts(frames: int) -> Iterator[tuple[slice, slice]]:
    """Yield the frames of each part, and those with the overlap on both sides."""
    for start in range(0, frames, PART):
        stop = min(start + PART, frames)
        yield slice(start, stop), slice(max(start - OVERLAP, 0), min(stop + OVERLAP, frames))


def _step(fit: Fit, evidence: Evidence, switched_on: frozenset[str]) -> Fit:
    basis = tangents(fit.directions)
    step = np.empty((evidence.frames, terms.UNKNOWNS))
    for solved, seen in _parts(evidence.frames):
        change = _solve(fit.part(seen), evidence.part(seen), basis[seen], switched_on)
        step[solved] = change[solved.start - seen.start : solved.stop - seen.start]
    moves = step[:, 3:].reshape(*fit.directions.shape[:2], 2)
    return replace(fit, root=fit.root + step[:, :3], directions=turned(fit.directions, basis, moves))


def _solve(fit: Fit, evidence: Evidence, basis: Array, switched_on: frozenset[str]) -> Array:
    """Return the Gauss-Newton step (F,UNKNOWNS) of some frames."""
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
    return system.solve(DAMPING)
