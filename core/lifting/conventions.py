"""How keypoints go into a lifter and poses come out of it: ours, and those of the official checkpoints.

All of them look through the virtual cameras of ``inputs.virtual_view`` (PersPose's perspective rotation),
and give poses in their axes. The official networks saw people who fill about half of a square picture;
the virtual view is scaled to that.
"""

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ..skeleton import H36M_JOINTS, mirror_order
from ..values import Camera, Keypoints
from .checkpoints import MPI_JOINTS
from .inputs import (
    LIFTER_JOINTS,
    lifter_depths,
    lifter_points,
    mirrored,
    network_input,
    predict_with_spread,
    virtual_view,
)

Array = NDArray[np.float64]

OFFICIAL_FILL: Final = 0.55
"""Half box of a person over half the picture, in the pictures that the official networks know."""

BODY_UNITS: Final = 6.4
"""Summed lengths of the 16 bones of Human3.6M in the unit of our own lifter (half of trunk plus leg)."""

H36M_BONES: Final = (
    *((0, 1), (1, 2), (2, 3), (0, 4), (4, 5), (5, 6), (0, 7), (7, 8), (8, 9), (9, 10)),
    *((8, 11), (11, 12), (12, 13), (8, 14), (14, 15), (15, 16)),
)


@dataclass(frozen=True)
class Track:
    """One person's clip, ready for a network (F frames, J joints of the network)."""

    inputs: Tensor  # (F,J,C) float32
    confidence: Array  # (F,J)
    rotations: Array  # (F,3,3) camera axes to the axes of the virtual camera
    box: Array  # (F,) half box over focal length


class Convention(Protocol):
    """What ``Lifter`` needs to know about a kind of network."""

    joints: tuple[str, ...]

    def track(self, keypoints: Keypoints, camera: Camera) -> Track:
        """Turn keypoints into the network's input."""
        ...

    def predict(self, model: nn.Module, inputs: Tensor, times: Tensor) -> tuple[Tensor, Tensor | None]:
        """Run the network on (B,T,J,C) at ``times`` (B,T): root-relative (B,T,J,3), log expected error (B,T,J)."""
        ...

    def mirrored(self, values: Tensor) -> Tensor:
        """Exchange left and right of inputs or outputs (...,J,C)."""
        ...

    def poses(self, track: Track, outputs: Array) -> Array:
        """Turn the network's outputs (F,J,3) into poses of constant size in virtual camera axes."""
        ...


class OwnConvention:
    """The lifter that Posewright trains."""

    joints: tuple[str, ...] = LIFTER_JOINTS

    def track(self, keypoints: Keypoints, camera: Camera) -> Track:
        """Turn keypoints into the channels of ``inputs``."""
        points, confidence = lifter_points(keypoints)
        view = virtual_view(points, confidence, camera, keypoints.times)
        depths = lifter_depths(keypoints)
        parts = (view.points, confidence, view.log_box, depths, np.isfinite(depths))
        inputs = network_input(*(torch.from_numpy(part) for part in parts))
        return Track(inputs.float(), confidence, view.rotations, view.box)

    def predict(self, model: nn.Module, inputs: Tensor, times: Tensor) -> tuple[Tensor, Tensor | None]:
        """Run the network."""
        return predict_with_spread(model, inputs, times)

    def mirrored(self, values: Tensor) -> Tensor:
        """Exchange left and right."""
        return mirrored(values)

    def poses(self, track: Track, outputs: Array) -> Array:
        """Return the outputs: they are poses already."""
        return outputs


class OfficialConvention:
    """Checkpoints of the official TCPFormer; ``metric`` ones were trained on MPI-INF-3DHP."""

    def __init__(self, joints: tuple[str, ...], metric: bool) -> None:
        self.joints = joints
        self.metric = metric
        self._mirror = mirror_order(joints)
        self._from_h36m = [H36M_JOINTS.index(name) for name in joints]
        self._root = joints.index("pelvis")

    def track(self, keypoints: Keypoints, camera: Camera) -> Track:
        """Turn keypoints into x, y and confidence; unseen joints are all 0, as in training."""
        points, confidence = h36m_points(keypoints)
        view = virtual_view(points, confidence, camera, keypoints.times)
        seen = confidence > 0
        flat = np.where(seen[..., None], OFFICIAL_FILL * view.points, 0.0)
        inputs = np.concatenate([flat, confidence[..., None]], axis=-1)[:, self._from_h36m]
        return Track(torch.from_numpy(inputs).float(), confidence[:, self._from_h36m], view.rotations, view.box)

    def predict(self, model: nn.Module, inputs: Tensor, times: Tensor) -> tuple[Tensor, Tensor | None]:
        """Run the network, which knows neither times nor its own error."""
        out = model(inputs)
        return out - out[..., self._root : self._root + 1, :], None

    def mirrored(self, values: Tensor) -> Tensor:
        """Exchange left and right."""
        swapped = values[..., self._mirror, :]
        return torch.cat((-swapped[..., :1], swapped[..., 1:]), dim=-1)

    def poses(self, track: Track, outputs: Array) -> Array:
        """Return poses; those of Human3.6M networks are image coordinates with a depth and are unprojected.

        With the root at distance 1, image units are half a picture over the focal length. The size that is
        left open in every frame is set by the sum of the bone lengths.
        """
        if self.metric:
            return outputs * (1024.0 / 650.0)  # 1024 mm a unit; our own unit is about 650 mm
        half_picture = (track.box / OFFICIAL_FILL)[:, None, None]
        root = track.inputs[:, self._root : self._root + 1, :2].double().numpy()
        depth = np.maximum(1.0 + outputs[..., 2:] * half_picture, 0.1)
        places = np.concatenate([(outputs[..., :2] + root) * half_picture * depth, depth], axis=-1)
        poses = places - places[:, self._root : self._root + 1]
        ends, starts = np.array(H36M_BONES).T
        lengths = np.linalg.norm(poses[:, ends] - poses[:, starts], axis=-1).sum(axis=1)
        return poses * (BODY_UNITS / np.maximum(lengths, 1e-9))[:, None, None]


def convention_of(name: str) -> Convention:
    """Return the convention that a checkpoint names."""
    if name == "virtual_view":
        return OwnConvention()
    if name == "mpi_inf_3dhp":
        return OfficialConvention(MPI_JOINTS, metric=True)
    return OfficialConvention(H36M_JOINTS, metric=False)


def h36m_points(keypoints: Keypoints) -> tuple[Array, Array]:
    """Place the 17 joints of Human3.6M among BlazePose's keypoints: points (F,17,2) pixels, confidence (F,17).

    The offsets were fitted on four pictures of that data set; its hips lie higher and wider, its shoulders
    closer together, and its nose at the mouth. A joint with an unseen source is NaN with confidence 0.
    """

    def at(*names: str) -> Array:
        return np.mean([keypoints.points[:, keypoints.index(name)] for name in names], axis=0, dtype=np.float64)

    def sure(*names: str) -> Array:
        return np.min([keypoints.confidence[:, keypoints.index(name)] for name in names], axis=0)

    hips, shoulders = at("left_hip", "right_hip"), at("left_shoulder", "right_shoulder")
    ears, eyes = at("left_ear", "right_ear"), at("left_eye", "right_eye")
    mouth = at("left_mouth", "right_mouth")
    up = shoulders - hips
    places = {
        "pelvis": hips + 0.16 * up,
        "spine": hips + 0.63 * up,
        "thorax": shoulders + 0.13 * up,
        "nose": mouth + 0.30 * (ears - mouth),
        "head": ears + 0.96 * (eyes - mouth),
    }
    trunk = ("left_hip", "right_hip", "left_shoulder", "right_shoulder")
    face = ("left_ear", "right_ear", "left_eye", "right_eye", "left_mouth", "right_mouth")
    sources = {"pelvis": trunk, "spine": trunk, "thorax": trunk, "nose": face, "head": face}
    for side in ("left", "right"):
        places[f"{side}_hip"] = places["pelvis"] + 1.40 * (at(f"{side}_hip") - hips)
        places[f"{side}_shoulder"] = at(f"{side}_shoulder") + 0.15 * (shoulders - at(f"{side}_shoulder"))
        sources[f"{side}_hip"] = trunk
    points = np.stack([places[name] if name in places else at(name) for name in H36M_JOINTS], axis=1)
    confidence = np.stack([sure(*sources.get(name, (name,))) for name in H36M_JOINTS], axis=1).astype(np.float64)
    confidence[np.isnan(points).any(axis=-1)] = 0.0
    points[confidence <= 0] = np.nan
    return points, confidence
