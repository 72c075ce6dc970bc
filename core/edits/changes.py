"""The changes that edits make to a take, one function for each kind; each returns a new take."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..detection.sides import ARMS, LEGS
from ..skeleton import CONTACT_JOINTS, CONTACT_POINTS, mirror_name
from ..take import Take
from ..vectors import unit
from .chains import Chains
from .edit import CONTACT_PARTS, Edit, seconds_of

Array = NDArray[np.float64]

MOVED: Final = 0.02
"""Metres: a foot that a freeze moves by more while it eases in or out does not stand then."""


def swapped(take: Take, edit: Edit) -> Take:
    """Return the take with left and right exchanged, by the names of joints and keypoints, in everything captured."""
    inside = edit.frames_of(take)
    points = [CONTACT_POINTS.index(name) for name in (*CONTACT_PARTS["right_foot"], *CONTACT_PARTS["left_foot"])]
    joints = _exchange(take.joint_names, edit.part)
    keypoints = _exchange(take.keypoint_names, edit.part)
    orders: dict[str, list[int]] = {
        **dict.fromkeys(("joints", "joints_fitted", "joints_raw", "confidence"), joints),
        **(
            dict.fromkeys(("keypoints", "keypoint_confidence", "keypoint_depth"), keypoints)
            if take.keypoint_names
            else {}
        ),
        **({} if edit.part == "arms" else {"contacts": points}),
    }
    changed: dict[str, Any] = {}
    for name, order in orders.items():
        values = getattr(take, name)
        if values is not None:
            changed[name] = values.copy()
            changed[name][inside] = values[inside][:, order]
    return replace(take, **changed)


def _exchange(names: Sequence[str], part: str) -> list[int]:
    """Return for each name the index of the one that takes its place."""
    words = {"arms": ARMS, "legs": LEGS}.get(part, ("",))
    index = {name: number for number, name in enumerate(names)}
    moving = [name for name in names if name.partition("_")[2].startswith(words)]
    other = {name: mirror_name(name) for name in moving if mirror_name(name) in index}
    return [index[other.get(name, name)] for name in names]


def frozen(take: Take, edit: Edit) -> Take:
    """Return the take with pose and place held as at the first frame of the edit.

    Within ``edit.value`` seconds before and after it the motion eases in and out: directions of bones and the path
    are blended. Contacts are those of the held frame; feet that ease from place to place do not stand meanwhile.
    """
    inside = edit.frames_of(take)
    if not inside.any():
        return take
    at, seconds = int(np.argmax(inside)), seconds_of(take)
    outside = np.maximum(seconds[at] - seconds, seconds - seconds[inside][-1])
    share = np.clip(1.0 - outside / max(edit.value, 1e-9), 0.0, 1.0)
    share = np.where(inside, 1.0, share * share * (3.0 - 2.0 * share))
    live = np.asarray(take.joints, np.float64)
    joints = _blended(live, at, share, take.joint_names)
    easing = (share > 0) & ~inside
    contacts = take.contacts
    if contacts is not None:
        contacts = contacts.copy()
        contacts[inside] = contacts[at]
        for column, name in enumerate(CONTACT_JOINTS):
            if name in take.joint_names:
                foot = live[:, take.joint_names.index(name)]
                contacts[easing & (np.linalg.norm(foot - foot[at], axis=-1) > MOVED), column] = 0.0
    return replace(take, joints=joints.astype(np.float32), contacts=contacts)


def _blended(joints: Array, at: int, share: Array, names: tuple[str, ...]) -> Array:
    """Return the joints (F,J,3) led by ``share`` (F,) to the pose and place of the frame ``at``."""
    chains = Chains.of(names)
    kept, given = 1.0 - share[:, None, None], share[:, None, None]
    root, directions, lengths = chains.split(joints)
    turned = unit(kept * directions + given * directions[at])
    blend = chains.joined(kept[:, 0] * root + given[:, 0] * root[at], turned, kept * lengths + given * lengths[at])
    blend = chains.stiffened(blend, joints)
    return np.where(given == 0.0, joints, np.where(given == 1.0, joints[at], blend))


def with_contact(take: Take, edit: Edit) -> Take:
    """Return the take with heels and toes that stand, or do not; a take without contacts gets them."""
    contacts = np.zeros((take.frames, len(CONTACT_POINTS)), np.float32) if take.contacts is None else take.contacts
    contacts, inside = contacts.copy(), edit.frames_of(take)
    for point in CONTACT_PARTS[edit.part or "feet"]:
        contacts[inside, CONTACT_POINTS.index(point)] = edit.value
    return replace(take, contacts=contacts)


def raised(take: Take, edit: Edit) -> Take:
    """Return the take moved up by ``edit.value`` metres, its camera with it."""
    return moved(take, np.eye(3), np.array([0.0, 0.0, edit.value]))


def turned(take: Take, edit: Edit) -> Take:
    """Return the take turned to the left by ``edit.value`` degrees about where the person starts, with its camera."""
    cosine, sine = np.cos(np.radians(edit.value)), np.sin(np.radians(edit.value))
    turn = np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])
    start = start_of(take)
    return moved(take, turn, start - turn @ start)


def at_origin(take: Take, edit: Edit) -> Take:
    """Return the take moved so that the person starts over the world's origin, its camera with it."""
    return moved(take, np.eye(3), -start_of(take))


def start_of(take: Take) -> Array:
    """Return the place (3,) on the floor under the person at the first frame."""
    root = np.asarray(take.joints[:, Chains.of(take.joint_names).root], np.float64)
    known = root[np.isfinite(root).all(1)]
    return np.array([*known[0][:2], 0.0]) if len(known) else np.zeros(3)


def moved(take: Take, turn: Array, shift: Array) -> Take:
    """Return the take, and its camera, after the rigid motion x -> turn @ x + shift."""
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = turn, shift
    changed: dict[str, Any] = {}
    for name in ("joints", "joints_fitted", "joints_raw"):
        values = getattr(take, name)
        if values is not None:
            changed[name] = (values.astype(np.float64) @ turn.T + shift).astype(np.float32)
    for name in ("world_from_camera", "camera_path"):
        values = getattr(take, name)
        if values is not None:
            changed[name] = matrix @ values
    return replace(take, **changed)


CHANGES: Final[dict[str, Callable[[Take, Edit], Take]]] = {
    "swap": swapped,
    "freeze": frozen,
    "contact": with_contact,
    "floor": raised,
    "turn": turned,
    "origin": at_origin,
}
"""Kind of edit -> the function that makes the change."""
