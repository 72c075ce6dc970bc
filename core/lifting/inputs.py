"""What our own lifter reads and gives: shared by lifting (real tracks) and training (synthetic ones).

Joints: ``LIFTER_JOINTS``, in 2D as a detector of surface keypoints gives them (``lifter_points``).
Channels: x, y, confidence, log of the half box, the detector's own depth and whether it gives one.
Perspective rotation (Hao et al., "PersPose", ICCV
2025, here applied to keypoints): in every frame a virtual camera of focal length 1 looks at the
smoothed pelvis; x and y are its image coordinates divided by a smoothed half box. So a pose looks
the same wherever in the picture, and however far away, the person is.
Output: joints relative to the pelvis in the axes of the virtual camera, of a size that depends on the
body alone; the network gives a correction to x and y of the input, and z.
"""

from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ..skeleton import H36M_JOINTS, mirror_order
from ..values import Camera, Keypoints

Array = TypeVar("Array", Tensor, NDArray[np.float64])

LIFTER_JOINTS: Final = (*H36M_JOINTS, "left_foot_index", "right_foot_index")
"""The joints of our own lifter, of its input and its output."""

LIFTER_MIRROR: Final = mirror_order(LIFTER_JOINTS)
PELVIS: Final = 0
CHANNELS: Final = ("x", "y", "confidence", "log_box", "depth", "depth_known")
"""The channels of the input; a network may read fewer of them, in this order."""

FEWEST_CHANNELS: Final = 4

HIPS: Final = tuple(LIFTER_JOINTS.index(name) for name in ("pelvis", "left_hip", "right_hip"))
KNEES: Final = tuple(LIFTER_JOINTS.index(f"{side}_knee") for side in ("left", "right"))
KNEES_SEEN: Final = 0.4
"""Mean confidence of the knees above which the legs count as seen."""

HINT_SIZE: Final = 0.63
"""Size in metres of the bodies in which the detector thinks: half of trunk plus leg."""

MIDPOINTS: Final = {
    "pelvis": ("left_hip", "right_hip"),
    "spine": ("left_hip", "right_hip", "left_shoulder", "right_shoulder"),
    "thorax": ("left_shoulder", "right_shoulder"),
    "head": ("left_ear", "right_ear"),
}
"""2D input joints that are means of the detector's keypoints; all others are taken as they come."""

CENTRE_SECONDS: Final = 0.1
BOX_SECONDS: Final = 0.5
"""Standard deviations of the smoothing of the pelvis and of the box."""

BOX_OF_SPREAD: Final = 1.6
"""Half box over root mean square distance of the joints from the pelvis; a standing person fills it."""

LOG_SPREAD: Final = (-5.0, 2.0)
"""Bounds of the logarithm of an expected error in body units."""

SMALLEST_BOX: Final = 1e-3
BLOCK: Final = 256


@dataclass(frozen=True)
class VirtualView(Generic[Array]):
    """A track as the virtual cameras see it; leading batch axes are left out here."""

    rotations: Array  # (F,3,3) camera axes to the axes of the virtual camera
    points: Array  # (F,J,2) image coordinates of the virtual camera in half boxes; gaps filled
    box: Array  # (F,) half box over focal length
    log_box: Array  # (F,)


def lifter_points(keypoints: Keypoints) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Pick the lifter's 2D joints out of a detector's: points (F,19,2) pixels, confidence (F,19).

    A joint of which a source is missing or unseen has NaN coordinates and confidence 0. So has one outside the
    picture, where a detector can only guess; hips alone stay, as without them there is no person to turn to.
    """
    frames = len(keypoints.points)
    points = np.full((frames, len(LIFTER_JOINTS), 2), np.nan)
    confidence = np.zeros((frames, len(LIFTER_JOINTS)))
    for column, name in enumerate(LIFTER_JOINTS):
        sources = MIDPOINTS.get(name, (name,))
        if not set(sources) <= set(keypoints.names):
            sources = (name,)
        if not set(sources) <= set(keypoints.names):
            continue
        picked = [keypoints.index(source) for source in sources]
        points[:, column] = keypoints.points[:, picked].mean(axis=1)
        confidence[:, column] = keypoints.confidence[:, picked].min(axis=1)
    confidence[np.isnan(points).any(axis=-1)] = 0.0
    outside = ((points < 0) | (points > keypoints.image_size)).any(axis=-1)
    outside[:, list(HIPS)] = False
    confidence[outside] = 0.0
    points[confidence <= 0] = np.nan
    return points, confidence


def virtual_view(
    points: NDArray[Any], confidence: NDArray[Any], camera: Camera, times: NDArray[np.float64]
) -> VirtualView[NDArray[np.float64]]:
    """Look at one track from its virtual cameras.

    ``points`` (F,J,2) pixels with the pelvis first, ``confidence`` (F,J), ``times`` (F,) seconds. Points
    of confidence 0 count as unseen and may be NaN.
    """
    rays = (np.asarray(points, np.float64) - camera.principal_point) / camera.focal_px
    view = virtual_views(
        torch.from_numpy(rays)[None],
        torch.from_numpy(np.asarray(confidence) > 0)[None],
        torch.from_numpy(np.asarray(times, np.float64))[None],
    )
    return VirtualView(view.rotations[0].numpy(), view.points[0].numpy(), view.box[0].numpy(), view.log_box[0].numpy())


def virtual_views(rays: Tensor, seen: Tensor, times: Tensor) -> VirtualView[Tensor]:
    """Look at a batch of tracks from their virtual cameras.

    ``rays`` (B,F,J,2): (pixel - principal point) / focal length, the pelvis first; NaN is allowed where
    ``seen`` (B,F,J) is False. ``times`` (B,F) seconds, ascending. A joint that is never seen lies at the
    centre; one that is seen at times is interpolated relative to the pelvis.
    """
    rays = torch.where(seen[..., None], rays, 0.0)
    raw_centre = _centre(rays, seen, times)
    offsets, known = _fill_gaps((rays - raw_centre[:, :, None]).transpose(1, 2), seen.transpose(1, 2), times[:, None])
    filled = offsets.transpose(1, 2) + raw_centre[:, :, None]
    centre = _smooth(raw_centre, times, CENTRE_SECONDS)
    rotations = _look_at(centre)
    turned = torch.cat((filled, torch.ones_like(filled[..., :1])), dim=-1) @ rotations.transpose(-1, -2)
    points = turned[..., :2] / turned[..., 2:].clamp(min=0.05)
    points = torch.where(known[:, None], points, 0.0)
    spread = points.square().sum(dim=(-1, -2)) / known.sum(dim=(1, 2))[:, None].clamp(min=1)
    log_box = torch.log((BOX_OF_SPREAD * spread.sqrt()).clamp(min=SMALLEST_BOX))
    log_box = _smooth(log_box[..., None], times, BOX_SECONDS)[..., 0]
    box = log_box.exp()
    return VirtualView(rotations, points / box[..., None, None], box, log_box)


def lifter_depths(keypoints: Keypoints) -> NDArray[np.float64]:
    """Return the detector's own depth (F,19) of the lifter's joints behind the pelvis, in body sizes; NaN if unknown.

    The detector reads a picture that is centred on the person, so its depth is that of the virtual view already.
    """
    depths = np.full((len(keypoints.points), len(LIFTER_JOINTS)), np.nan)
    if keypoints.depth_hint is None:
        return depths
    for column, name in enumerate(LIFTER_JOINTS):
        sources = MIDPOINTS.get(name, (name,))
        if set(sources) <= set(keypoints.names):
            picked = [keypoints.index(source) for source in sources]
            depths[:, column] = keypoints.depth_hint[:, picked, 2].mean(axis=1)
    return (depths - depths[:, PELVIS : PELVIS + 1]) / HINT_SIZE


def network_input(points: Tensor, confidence: Tensor, log_box: Tensor, depth: Tensor, known: Tensor) -> Tensor:
    """Stack the channels (...,F,J,6).

    View points are (...,F,J,2), the log box (...,F), the others (...,F,J); depth counts where it is ``known``, of
    joints that are seen, in frames that show the legs: without them the detector makes up its whole body.
    """
    size = log_box[..., None].expand(confidence.shape)
    legs_seen = confidence[..., list(KNEES)].mean(dim=-1, keepdim=True) > KNEES_SEEN
    known = known & (confidence > 0) & legs_seen
    depth = torch.where(known, depth, 0.0)
    return torch.cat((points, torch.stack((confidence, size, depth, known.to(points.dtype)), dim=-1)), dim=-1)


def mirrored(poses: Tensor) -> Tensor:
    """Mirror inputs or outputs (...,J,C): x is negated, left and right change places."""
    swapped = poses[..., LIFTER_MIRROR, :]
    return torch.cat((-swapped[..., :1], swapped[..., 1:]), dim=-1)


def predict_pose(model: nn.Module, inputs: Tensor, times: Tensor | None = None) -> Tensor:
    """Run the network on (B,T,J,C): joints (B,T,J,3) relative to the pelvis, in virtual camera axes."""
    return predict_with_spread(model, inputs, times)[0]


def predict_with_spread(model: nn.Module, inputs: Tensor, times: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
    """Run the network on (B,T,J,C): joints as ``predict_pose`` and the log of their expected error (B,T,J), or None.

    ``times`` (B,T) are the seconds of the frames, for networks that use them. The expected error is in the
    unit of the joints and bounded by ``LOG_SPREAD``: the pelvis, always exact, would have minus infinity.
    """
    out = model(inputs, times)
    spread = out[..., 3].clamp(*LOG_SPREAD) if out.shape[-1] > 3 else None
    out = torch.cat((out[..., :2] + inputs[..., :2], out[..., 2:3]), dim=-1)
    return out - out[..., PELVIS : PELVIS + 1, :], spread


def _centre(rays: Tensor, seen: Tensor, times: Tensor) -> Tensor:
    """Return (B,F,2): the pelvis, or the mean of the seen joints in a clip that never shows it."""
    count = seen.sum(dim=-1)
    mean = rays.sum(dim=2) / count[..., None].clamp(min=1)
    pelvis, pelvis_seen = rays[:, :, PELVIS], seen[:, :, PELVIS]
    ever = pelvis_seen.any(dim=1, keepdim=True)
    values = torch.where(ever[..., None], pelvis, mean)
    filled, _ = _fill_gaps(values, torch.where(ever, pelvis_seen, count > 0), times)
    return filled


def _fill_gaps(values: Tensor, seen: Tensor, times: Tensor) -> tuple[Tensor, Tensor]:
    """Interpolate values (...,F,K) in time where not ``seen`` (...,F), holding the ends.

    Returns the values (0 where nothing was ever seen) and whether anything was seen (...,1).
    """
    frames = seen.shape[-1]
    index = torch.arange(frames, device=seen.device).expand(seen.shape)
    before = torch.where(seen, index, -1).cummax(dim=-1).values
    after = frames - 1 - torch.where(seen, frames - 1 - index, -1).flip(-1).cummax(dim=-1).values.flip(-1)
    known = seen.any(dim=-1, keepdim=True)
    first, last = torch.where(before < 0, after, before), torch.where(after >= frames, before, after)
    first, last = first.clamp(0, frames - 1), last.clamp(0, frames - 1)
    times = times.expand(seen.shape)
    start, span = times.gather(-1, first), times.gather(-1, last) - times.gather(-1, first)
    weight = torch.where(span > 0, (times - start) / span.clamp(min=1e-9), 0.0)[..., None]
    shape = values.shape
    low = values.gather(-2, first[..., None].expand(shape))
    high = values.gather(-2, last[..., None].expand(shape))
    return torch.where(known[..., None], low + weight * (high - low), 0.0), known


def _smooth(values: Tensor, times: Tensor, sigma: float) -> Tensor:
    """Smooth values (B,F,K) by a Gaussian of ``sigma`` seconds at true times (B,F), cut at 3 sigma.

    Blocks of frames bound the memory of long clips.
    """
    frames, reach = times.shape[1], 3 * sigma
    wide = 1.01 * reach  # the reach alone, not rounding, decides about a frame at its very edge
    smoothed = []
    for begin in range(0, frames, BLOCK):
        end, low, high = min(begin + BLOCK, frames), 0, frames
        if frames > BLOCK:
            low = int(torch.searchsorted(times, times[:, begin : begin + 1] - wide).min())
            high = int(torch.searchsorted(times, times[:, end - 1 : end] + wide, right=True).max())
        apart = times[:, begin:end, None] - times[:, None, low:high]
        weights = torch.where(apart.abs() <= reach, torch.exp(-0.5 * (apart / sigma).square()), 0.0)
        smoothed.append((weights @ values[:, low:high]) / weights.sum(dim=-1, keepdim=True))
    return torch.cat(smoothed, dim=1)


def _look_at(centre: Tensor) -> Tensor:
    """Return the smallest rotations (...,3,3) that turn the rays (x, y, 1) of ``centre`` (...,2) to the axis z."""
    ray = torch.cat((centre, torch.ones_like(centre[..., :1])), dim=-1)
    x, y, z = (ray / ray.norm(dim=-1, keepdim=True)).unbind(-1)
    k = 1 / (1 + z)
    rows = (1 - k * x * x, -k * x * y, -x, -k * x * y, 1 - k * y * y, -y, x, y, z)
    return torch.stack(rows, dim=-1).unflatten(-1, (3, 3))
