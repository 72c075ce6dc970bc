"""The terms of the refinement as weighted squares, linear in the unknowns of one step.

The unknowns of a frame are the move of the root (3) and of each direction in its tangents (2 for each of B).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..skeleton import CONTACT_JOINTS, STANDS
from .banded import BandedSystem
from .body import INDEX
from .detected import detected_places
from .directions import DIRECTION_INDEX, DIRECTIONS, SIDES
from .evidence import AGREEMENT, Evidence, Fit

Array = NDArray[np.float64]

UNKNOWNS: Final = 3 + 2 * len(DIRECTIONS)

PIXEL_SIGMA: Final = 0.04
UNSURE_PIXELS: Final = 0.5
"""How far a keypoint may be off, in statures, and what the lifter's uncertainty of the joint adds to it. Keypoints err
by half as much, but steadily, and the lifted pose knows them already."""

PIXEL_OUTLIER: Final = 0.8
"""Sigmas from which a keypoint counts less and less (Cauchy's weights)."""

BONE_ACCELERATION: Final = 500.0  # per second squared, of a direction
ROOT_ACCELERATION: Final = 20.0  # metres per second squared
"""Accelerations by which changes of speed are held down, at 30 frames a second: a jump has 10 to 20, a wave of the hand
100 to 300."""

SUDDEN: Final = 1.0
"""Sigmas from which an acceleration counts less and less."""

REFERENCE_STEP: Final = 1.0 / 30.0

HIDDEN_SPREAD: Final = 0.6
"""Radians by which a lifted bone may be off whose end the picture does not show."""

HIDDEN_TURN: Final = 0.15  # radians a second of a bone that is not seen
HIDDEN_DRIFT: Final = 0.1  # metres a second to or from the camera of a body whose legs are not seen

SLIDE_SIGMA: Final = 0.1  # metres a second of a foot that stands
LEVEL_SIGMA: Final = 0.10  # metres of a standing foot over the height that it stands on

LIMIT_SIGMA: Final = 0.05
KNEE_BACK: Final = 0.02
"""Sine by which a knee may bend backwards, seen along the line of the hips: short of it the limit is silent."""

MOST_BENT: Final = {"elbow": ("elbow", "wrist", -0.87), "knee": ("knee", "ankle", -0.87)}
"""The two bones of a hinge and the least cosine between them: 150 degrees of bend."""

FEET: Final = [INDEX[name] for name in CONTACT_JOINTS]


def unknowns_of(name: str) -> slice:
    """Return the places of a direction among the unknowns of a frame."""
    first = 3 + 2 * DIRECTION_INDEX[name]
    return slice(first, first + 2)


class PointTerms:
    """Squares that hold joints to places: a matrix (3,3) and a gradient (3,) for each joint of each frame."""

    def __init__(self, joints: Array, chain: Array, basis: Array) -> None:
        self.joints, self.chain, self.basis = joints, chain, basis
        self.matrix = np.zeros((*joints.shape, 3))
        self.gradient = np.zeros(joints.shape)

    def add_to(self, system: BandedSystem) -> None:
        """Put the sums into the system, by the chain from root and directions to the joints."""
        frames, count = self.joints.shape[:2]
        blocks = system.blocks[0]
        flat = self.matrix.reshape(frames, count, 9)
        blocks[:, :3, :3] += flat.sum(1).reshape(frames, 3, 3)
        turned = self.basis.swapaxes(-1, -2)
        with_root = (self.chain.T @ flat).reshape(frames, -1, 3, 3)
        blocks[:, 3:, :3] += (turned @ with_root).reshape(frames, -1, 3)
        for one, other in coupled(self.chain):
            shared = (self.chain[:, one] * self.chain[:, other]) @ flat
            block = turned[:, one] @ shared.reshape(frames, 3, 3) @ self.basis[:, other]
            blocks[:, 3 + 2 * one : 5 + 2 * one, 3 + 2 * other : 5 + 2 * other] += block
        system.gradient[:, :3] += self.gradient.sum(1)
        along = self.chain.T @ self.gradient
        system.gradient[:, 3:] += (turned @ along[..., None]).reshape(frames, -1)


def coupled(chain: Array) -> list[tuple[int, int]]:
    """Return the pairs of directions, the later one first, that move a joint together."""
    moves = chain != 0
    count = chain.shape[1]
    return [(a, b) for a in range(count) for b in range(a + 1) if (moves[:, a] & moves[:, b]).any()]


def add_reprojection(points: PointTerms, fit: Fit, evidence: Evidence) -> None:
    """Hold the joints, where the detector sees them, to the keypoints."""
    pixels, slope = evidence.view.project(detected_places(points.joints, fit.directions))
    off = pixels - evidence.pixels
    metres = np.sqrt((PIXEL_SIGMA * evidence.height) ** 2 + (UNSURE_PIXELS * evidence.uncertainty) ** 2)
    sigma = metres * (evidence.view.focal_px / evidence.view.depth(fit.root))[:, None]
    far = np.linalg.norm(off, axis=-1) / sigma
    weight = evidence.worth * evidence.trust * AGREEMENT / (1.0 + (far / PIXEL_OUTLIER) ** 2) / sigma**2
    weighted = slope.swapaxes(-1, -2) * weight[..., None, None]
    points.matrix += weighted @ slope
    points.gradient += (weighted @ off[..., None])[..., 0]


def add_contacts(points: PointTerms, system: BandedSystem, evidence: Evidence) -> None:
    """Hold standing feet in their place from frame to frame, and at the height of what they stand on."""
    stands = np.where(evidence.stands > STANDS, evidence.stands, 0.0)
    feet = points.joints[:, FEET]
    level = stands * evidence.worth / LEVEL_SIGMA**2
    points.matrix[:, FEET] += level[..., None, None] * np.outer(evidence.up, evidence.up)
    points.gradient[:, FEET] += (level * (feet @ evidence.up - evidence.levels))[..., None] * evidence.up

    held = np.minimum(stands[1:], stands[:-1]) / (SLIDE_SIGMA * np.diff(evidence.times)[:, None]) ** 2
    for place, joint in enumerate(FEET):
        weight = held[:, place]
        pull = weight[:, None] * (feet[1:, place] - feet[:-1, place])
        points.matrix[1:, joint] += weight[:, None, None] * np.eye(3)
        points.matrix[:-1, joint] += weight[:, None, None] * np.eye(3)
        points.gradient[1:, joint] += pull
        points.gradient[:-1, joint] -= pull
    _hold_together(system.blocks[1, :-1], points, held)


def _hold_together(blocks: Array, points: PointTerms, held: Array) -> None:
    """Add to the blocks (F-1,N,N) how the feet of each frame are tied to those of the frame before."""
    chain = points.chain[FEET]
    later, earlier = points.basis[1:].swapaxes(-1, -2), points.basis[:-1]
    blocks[:, :3, :3] -= held.sum(1)[:, None, None] * np.eye(3)
    moving = np.flatnonzero((chain != 0).any(0))
    for one in moving:
        rows = slice(3 + 2 * one, 5 + 2 * one)
        alone = (held @ chain[:, one])[:, None, None]
        blocks[:, rows, :3] -= alone * later[:, one]
        blocks[:, :3, rows] -= alone * earlier[:, one]
        for other in moving:
            shared = held @ (chain[:, one] * chain[:, other])
            if shared.any():
                columns = slice(3 + 2 * other, 5 + 2 * other)
                blocks[:, rows, columns] -= shared[:, None, None] * (later[:, one] @ earlier[:, other])


def add_lifted(system: BandedSystem, fit: Fit, evidence: Evidence, basis: Array) -> None:
    """Hold the bones to the directions that the lifter gave them."""
    weight = evidence.worth / (evidence.spread**2 + (HIDDEN_SPREAD * evidence.hidden) ** 2)
    places = np.arange(3, UNKNOWNS)
    system.blocks[0][:, places, places] += np.repeat(weight, 2, axis=1)  # the tangents are orthonormal
    pull = weight[..., None] * (fit.directions - evidence.directions)
    system.gradient[:, 3:] += (pull[..., None, :] @ basis).reshape(evidence.frames, -1)


def add_acceleration(system: BandedSystem, fit: Fit, evidence: Evidence, basis: Array) -> None:
    """Hold down the acceleration of the root and of every direction, at true time stamps."""
    frames = evidence.frames
    if frames < 3:
        return
    factors = _second_difference(evidence.times) * np.sqrt(evidence.step / REFERENCE_STEP)
    parts = [slice(shift, frames - 2 + shift) for shift in range(3)]
    of_root = (factors[..., None] * np.stack([fit.root[part] for part in parts], axis=1)).sum(1)
    of_bones = (factors[..., None, None] * np.stack([fit.directions[part] for part in parts], axis=1)).sum(1)
    root, bone = (
        _cauchy(values, sigma) for values, sigma in ((of_root, ROOT_ACCELERATION), (of_bones, BONE_ACCELERATION))
    )
    for i, part in enumerate(parts):
        system.gradient[part, :3] += root[:, None] * factors[:, [i]] * of_root
        along = bone[..., None] * (of_bones[..., None, :] @ basis[part])[..., 0, :]
        system.gradient[part, 3:] += factors[:, [i]] * along.reshape(frames - 2, -1)
    for ahead in range(3):
        for earlier in range(3 - ahead):
            product = factors[:, earlier] * factors[:, earlier + ahead]
            _add_difference(system.blocks[ahead], basis, earlier, ahead, root * product, bone * product[:, None])


def _cauchy(accelerations: Array, sigma: float) -> Array:
    """Return the weights (F,...) of accelerations (F,...,3): people hit and catch, and that is no noise."""
    size = np.linalg.norm(accelerations, axis=-1) / (SUDDEN * sigma)
    return 1.0 / (sigma**2 * (1.0 + size**2))


def _second_difference(times: Array) -> Array:
    """Return the factors (F-2,3) of three frames in the second derivative at the middle one."""
    before, after = times[1:-1] - times[:-2], times[2:] - times[1:-1]
    both = before + after
    return np.stack([2.0 / (before * both), -2.0 / (before * after), 2.0 / (after * both)], axis=1)


def _add_difference(blocks: Array, basis: Array, earlier: int, ahead: int, root: Array, bone: Array) -> None:
    """Add products of the second differences for frames ``earlier`` and ``earlier + ahead`` of each three."""
    count = len(root)
    target = blocks[earlier : earlier + count]
    target[:, [0, 1, 2], [0, 1, 2]] += root[:, None]
    rows = basis[earlier + ahead : earlier + ahead + count].swapaxes(-1, -2)
    product = bone[..., None, None] * (rows @ basis[earlier : earlier + count])
    first = 3 + 2 * np.arange(len(DIRECTIONS))
    for a in range(2):
        for b in range(2):
            target[:, first + a, first + b] += product[..., a, b]


def add_stillness(system: BandedSystem, fit: Fit, evidence: Evidence, basis: Array) -> None:
    """Hold still what is not seen: hidden bones, and the way to and from the camera of a body without legs."""
    steps = np.diff(evidence.times)[:, None]
    weight = evidence.worth * np.minimum(evidence.hidden[1:], evidence.hidden[:-1]) / (HIDDEN_TURN * steps) ** 2
    legs = weight[:, [DIRECTION_INDEX[f"{side}_{part}"] for side in SIDES for part in ("knee", "ankle")]].min(1)
    drift = legs * (HIDDEN_TURN / HIDDEN_DRIFT) ** 2
    sight = fit.root - evidence.view.position
    sight = sight / np.linalg.norm(sight, axis=-1, keepdims=True)
    along = drift[:, None, None] * sight[1:, :, None] * sight[1:, None, :]
    _tie(system, slice(0, 3), along, np.diff(fit.root, axis=0), np.eye(3), np.eye(3))
    for bone in np.flatnonzero(weight.any(0)):
        place, pull = slice(3 + 2 * bone, 5 + 2 * bone), weight[:, bone, None, None] * np.eye(3)
        moved = np.diff(fit.directions[:, bone], axis=0)
        _tie(system, place, pull, moved, basis[1:, bone], basis[:-1, bone])


def _tie(system: BandedSystem, place: slice, weight: Array, moved: Array, later: Array, earlier: Array) -> None:
    """Add the squares of ``moved`` (F-1,3), a vector of each frame less that of the frame before.

    ``weight`` (F-1,3,3); ``later`` and ``earlier`` (F-1,3,K) are its derivatives by the unknowns at ``place``.
    """
    at_later, at_earlier = np.swapaxes(later, -1, -2) @ weight, np.swapaxes(earlier, -1, -2) @ weight
    system.blocks[0, 1:, place, place] += at_later @ later
    system.blocks[0, :-1, place, place] += at_earlier @ earlier
    system.blocks[1, :-1, place, place] -= at_later @ earlier
    system.gradient[1:, place] += (at_later @ moved[..., None])[..., 0]
    system.gradient[:-1, place] -= (at_earlier @ moved[..., None])[..., 0]


def add_limits(system: BandedSystem, fit: Fit, evidence: Evidence, basis: Array) -> None:
    """Push knees that bend backwards, and knees and elbows that bend too far, back within what a body can do."""
    hips = fit.directions[:, DIRECTION_INDEX["hips"]]
    weight = evidence.worth / LIMIT_SIGMA**2
    for side in SIDES:
        thigh, shin = (fit.directions[:, DIRECTION_INDEX[f"{side}_{part}"]] for part in ("knee", "ankle"))
        # about the axis to the left a knee bends forwards
        over = (np.cross(thigh, shin) * hips).sum(-1) + KNEE_BACK
        slopes = {f"{side}_knee": np.cross(shin, hips), f"{side}_ankle": np.cross(hips, thigh)}
        _add_one_sided(system, basis, weight, over, slopes)
        for upper, lower, least in MOST_BENT.values():
            first, second = (fit.directions[:, DIRECTION_INDEX[f"{side}_{part}"]] for part in (upper, lower))
            over = (first * second).sum(-1) - least
            _add_one_sided(system, basis, weight, over, {f"{side}_{upper}": second, f"{side}_{lower}": first})


def _add_one_sided(system: BandedSystem, basis: Array, weight: float, over: Array, slopes: dict[str, Array]) -> None:
    """Add the square of ``over`` (F,) where it is negative; ``slopes`` are its derivatives (F,3) by directions."""
    active = np.flatnonzero(over < 0)
    if not len(active):
        return
    row = np.zeros((len(over), UNKNOWNS))
    for name, slope in slopes.items():
        row[:, unknowns_of(name)] = (slope[:, None] @ basis[:, DIRECTION_INDEX[name]])[:, 0]
    row *= (over < 0)[:, None]
    system.blocks[0] += weight * row[:, :, None] * row[:, None, :]
    system.gradient += (weight * over)[:, None] * row
