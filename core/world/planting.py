"""A path of the person on which standing feet stay where they stand, on the floor.

A single camera tells depth badly, and an error of depth moves the whole person. While a foot stands, more is
known: the path is the way of the pelvis as seen from that foot, and the foot is on the floor.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import spsolve

from ..skeleton import CONTACT_JOINTS, STANDS
from .body import INDEX
from .feet import Contacts
from .ground import REST_HEIGHTS

Array = NDArray[np.float64]

ACROSS_SIGMA: Final = 0.03
ALONG_SIGMA: Final = 0.20
"""Metres by which the path may be changed, across the line of sight to the person and along it."""

SLIDE_SIGMA: Final = 0.08
"""Metres per second by which a standing foot of a lifted pose seems to move."""

FLOOR_SIGMA: Final = 0.05
"""Metres by which a standing foot of a lifted pose seems to float or sink."""

FORCE_SIGMA: Final = 2.0
"""Metres per second squared by which the change may speed up."""


def plant_path(
    root: Array,
    pose: Array,
    contacts: Contacts,
    sight: Array,
    up: Array,
    floor: float,
    stature: float,
    times: Array,
    pressed: bool = True,
) -> Array:
    """Return the (F,3) path of the pelvis on which standing feet move as little as the pictures allow.

    ``root`` (F,3) and ``pose`` (F,22,3), relative to the pelvis, are in reference axes and metres; ``sight`` (F,3)
    points from the camera to the pelvis; ``up`` (3,) and ``floor`` say that the floor is where ``up @ x == floor``. The
    change minimises the squares of itself, of the speed and height of standing feet over what they stand on, and of
    its own second difference, each over its sigma: a sparse linear system. Without ``pressed`` the heights do
    not count.
    """
    frames = len(root)
    if frames < 3:
        return root.copy()
    steps = np.diff(times)
    # along the line of sight to the person a change does not show in the picture
    sight = sight / np.linalg.norm(sight, axis=1, keepdims=True)
    feet = root[:, None] + pose[:, [INDEX[name] for name in CONTACT_JOINTS]]
    stands = np.where(contacts.chance > STANDS, contacts.chance, 0.0)
    held = np.minimum(stands[1:], stands[:-1])
    moved = (held[..., None] * np.diff(feet, axis=0)).sum(1) / np.maximum(held.sum(1), 1e-9)[:, None]
    height = feet @ up - floor - stature * np.array(REST_HEIGHTS) - contacts.level
    above = (stands * height).sum(1) / np.maximum(stands.sum(1), 1e-9)

    first = sparse.eye(frames - 1, frames, k=1) - sparse.eye(frames - 1, frames)
    second = sparse.eye(frames - 2, frames, k=2) - 2.0 * sparse.eye(frames - 2, frames, k=1)
    second = second + sparse.eye(frames - 2, frames)
    one = sparse.eye(3)
    hold = np.sqrt(held.sum(1)) / (SLIDE_SIGMA * steps)
    across, along = 1.0 / ACROSS_SIGMA, 1.0 / ALONG_SIGMA
    place = across * np.eye(3) + (along - across) * sight[:, :, None] * sight[:, None, :]
    press = float(pressed) * np.sqrt(stands.sum(1)) / FLOOR_SIGMA
    rows = [
        sparse.block_diag(list(place)),
        sparse.kron(sparse.diags(hold) @ first, one),
        sparse.kron(second / (FORCE_SIGMA * float(np.median(steps)) ** 2), one),
        sparse.kron(sparse.diags(press), sparse.coo_matrix(up[None])),
    ]
    wanted = [np.zeros(3 * frames), -(hold[:, None] * moved).ravel(), np.zeros(3 * (frames - 2)), -press * above]
    matrix = sparse.vstack(rows).tocsc()
    change = spsolve((matrix.T @ matrix).tocsc(), matrix.T @ np.concatenate(wanted))
    return root + change.reshape(frames, 3)
