"""BlazePose in plain torch: the person detector and the 33-point pose landmark network ("full").

The networks are those of Bazarevsky et al., "BlazePose: On-device Real-time Body Pose tracking", 2020, as published
with MediaPipe 0.10.14; ``posewright weights get blazepose`` converts them. Input of both: RGB, channels first.
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor
from torch.nn import functional

from ...errors import PosewrightError

FORMAT = "posewright-blazepose-1"
DETECTOR_SIZE = 224  # pixels
CROP_SIZE = 256  # pixels
HEATMAP_SIZE = 64  # cells
HEATMAP_KERNEL = 9  # cells; measured on MediaPipe 0.10.14 (its later sources say 7)
REFINE_FROM = 0.5  # a heatmap peak below this leaves the regressed point as it is


@dataclass(frozen=True)
class Detection:
    """One person in a letterboxed square image; coordinates are fractions of its side, origin top left."""

    score: float
    box: tuple[float, float, float, float]  # left, top, right, bottom of the face and shoulders
    hip_centre: tuple[float, float]
    scale_point: tuple[float, float]  # a circle around hip_centre through it holds the whole body


@dataclass(frozen=True)
class Landmarks:
    """What the landmark network says about N crops: 33 body points, then 6 auxiliary ones.

    Point 33 is the hip centre and 34 the scale point of the next crop.
    """

    points: Tensor  # (N,39,3) crop pixels (0..256), refined on the heatmap; z in the same scale, hips near 0
    flag: Tensor  # (N,) 0..1 that a person is in the crop
    confidence: Tensor  # (N,39) 0..1 highest heatmap value around the point, 0 for a point outside the crop
    visibility: Tensor  # (N,39) 0..1 the network's own guess that the point is not occluded
    heatmap: Tensor  # (N,39,64,64) logits
    world: Tensor  # (N,39,3) metres around the hip centre; x right, y down, z away


class Network:
    """Runs one converted graph; weights lie on the device in float32, channels last."""

    def __init__(self, graph: dict[str, Any], weights: dict[str, Tensor]) -> None:
        self.graph = graph
        self.weights = weights
        last_use = {number: index for index, step in enumerate(graph["steps"]) for number in step["in"]}
        kept = set(graph["outputs"].values())
        self.finished: list[list[int]] = [[] for _ in graph["steps"]]  # tensors that nobody needs after a step
        for number, index in last_use.items():
            if number not in kept:
                self.finished[index].append(number)

    def __call__(self, images: Tensor) -> dict[str, Tensor]:
        """Run a batch (N,3,H,W); return the outputs by name."""
        tensors = {self.graph["input"]: images.contiguous(memory_format=torch.channels_last)}
        for step, finished in zip(self.graph["steps"], self.finished, strict=True):
            tensors[step["out"]] = self._run(step, [tensors[number] for number in step["in"]])
            for number in finished:
                del tensors[number]
        return {name: tensors[number] for name, number in self.graph["outputs"].items()}

    def _run(self, step: dict[str, Any], inputs: list[Tensor]) -> Tensor:
        x = inputs[0]
        match step["op"]:
            case "conv":
                return self._convolve(step, x)
            case "add":
                total = x + inputs[1]
                return functional.relu6(total, inplace=True) if step["relu6"] else total
            case "resize":
                return functional.interpolate(x, size=step["size"], mode="bilinear", align_corners=False)
            case "max_pool":
                return functional.max_pool2d(x, step["size"], step["stride"])
            case "depth_to_space":
                return depth_to_space(x, step["block"])
            case "reshape":
                return x.permute(0, 2, 3, 1).reshape(len(x), *step["shape"])
            case "concat":
                return torch.cat(inputs, step["axis"])
            case "sigmoid":
                return torch.sigmoid(x)
        raise PosewrightError(f"The BlazePose file holds an unknown step '{step['op']}'. Fetch the weights again.")

    def _convolve(self, step: dict[str, Any], x: Tensor) -> Tensor:
        before, after = step["pad"]
        if before != after:  # "SAME" with a stride pads the far side only
            x, before = functional.pad(x, (before, after, before, after)), 0
        groups = x.shape[1] if step["depthwise"] else 1
        y = functional.conv2d(
            x, self.weights[step["weight"]], self.weights[step["bias"]], step["stride"], before, groups=groups
        )
        return functional.relu6(y, inplace=True) if step["relu6"] else y


class BlazePose:
    """Both networks on one device. See ``detect`` and ``landmarks``."""

    def __init__(self, detector: Network, landmark: Network, device: torch.device) -> None:
        self.detector = detector
        self.landmark = landmark
        self.device = device

    @classmethod
    def load(cls, path: Path | str, device: torch.device | str = "cpu") -> "BlazePose":
        """Load the converted weights (``weights.store.ensure("blazepose")``).

        Raises PosewrightError when the file is missing, damaged or something else.
        """
        path, device = Path(path), torch.device(device)
        graphs, weights = _read(path)
        on_device = {
            name: w.to(device, torch.float32).contiguous(memory_format=torch.channels_last)
            if w.ndim == 4
            else w.to(device, torch.float32)
            for name, w in weights.items()
        }
        return cls(Network(graphs["detector"], on_device), Network(graphs["landmark"], on_device), device)

    @torch.inference_mode()
    def detect(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Look for people in letterboxed images (N,3,224,224) in [-1,1].

        Returns the raw boxes (N,2254,12) in pixels relative to the anchors and the logits (N,2254);
        ``find_people`` makes detections of them.
        """
        out = self.detector(images.to(self.device))
        return out["boxes"], out["logits"].squeeze(-1)

    @torch.inference_mode()
    def landmarks(self, crops: Tensor) -> Landmarks:
        """Find the body points in crops (N,3,256,256) in [0,1] around one upright person each."""
        out = self.landmark(crops.to(self.device))
        raw = out["landmarks"].view(-1, 39, 5)
        points, confidence = refine(raw[..., :3], out["heatmap"])
        return Landmarks(
            points=points,
            flag=out["flag"].flatten(),
            confidence=confidence,
            visibility=torch.sigmoid(raw[..., 3]),
            heatmap=out["heatmap"],
            world=out["world"].view(-1, 39, 3),
        )


def _read(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    try:
        with safe_open(path, "pt") as file:
            description = json.loads((file.metadata() or {}).get("posewright", "{}"))
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
    except FileNotFoundError as error:
        raise PosewrightError(f"{path} does not exist. Run: posewright weights get blazepose") from error
    except (SafetensorError, OSError, ValueError) as error:
        raise PosewrightError(f"{path.name} is damaged. Run: posewright weights get blazepose") from error
    if description.get("format") != FORMAT:
        raise PosewrightError(
            f"{path.name} does not hold the BlazePose networks. Run: posewright weights get blazepose"
        )
    return description["graphs"], weights


def depth_to_space(x: Tensor, block: int) -> Tensor:
    """Turn channels into pixels in TensorFlow's order (row, column, channel), unlike ``torch.pixel_shuffle``."""
    n, channels, height, width = x.shape
    x = x.reshape(n, block, block, channels // block**2, height, width).permute(0, 3, 4, 1, 5, 2)
    return x.reshape(n, channels // block**2, height * block, width * block)


def refine(points: Tensor, heatmap: Tensor) -> tuple[Tensor, Tensor]:
    """Move points (N,J,3) to the centre of mass of the heatmap (N,J,64,64 logits) around them.

    Returns the points and the highest heatmap value 0..1 (N,J) in the window around each: how sure the network is.
    """
    n, joints, height, width = heatmap.shape
    cells = torch.tensor((width, height), device=points.device) / CROP_SIZE
    centre = (points[..., :2] * cells).to(torch.int64)  # towards zero, as MediaPipe does
    offsets = torch.arange(HEATMAP_KERNEL, device=points.device) - HEATMAP_KERNEL // 2
    columns, rows = centre[..., :1] + offsets, centre[..., 1:] + offsets  # (N,J,9) each
    inside = ((rows >= 0) & (rows < height))[..., :, None] & ((columns >= 0) & (columns < width))[..., None, :]
    index = rows.clamp(0, height - 1)[..., :, None] * width + columns.clamp(0, width - 1)[..., None, :]
    logits = heatmap.reshape(n, joints, -1).gather(2, index.flatten(2)).view_as(inside)
    values = torch.where(inside, torch.sigmoid(logits), 0.0)
    in_crop = ((centre >= 0) & (centre < HEATMAP_SIZE)).all(-1)
    peak = torch.where(in_crop, values.amax((-2, -1)), 0.0)
    total = values.sum((-2, -1)).clamp_min(1e-9)
    mean = torch.stack(((values.sum(-2) * columns).sum(-1), (values.sum(-1) * rows).sum(-1)), -1) / total[..., None]
    moved = torch.where((peak >= REFINE_FROM)[..., None], mean / cells, points[..., :2])
    return torch.cat((moved, points[..., 2:]), -1), peak


@lru_cache(maxsize=1)
def anchors() -> Tensor:
    """Return the centres (2254,2) that the detector's boxes are relative to, as fractions of the image."""
    centres = []
    for grid, per_cell in ((28, 2), (14, 2), (7, 6)):
        axis = (torch.arange(grid) + 0.5) / grid
        y, x = torch.meshgrid(axis, axis, indexing="ij")
        centres.append(torch.stack((x, y), -1).reshape(-1, 2).repeat_interleave(per_cell, 0))
    return torch.cat(centres)


def find_people(boxes: Tensor, logits: Tensor, threshold: float = 0.5, overlap: float = 0.3) -> list[list[Detection]]:
    """Return the people in each image of ``BlazePose.detect``, best first.

    Boxes that overlap by more than ``overlap`` (intersection over union) become one: their score-weighted mean.
    """
    scores = torch.sigmoid(logits.clamp(-100, 100)).cpu()
    found = []
    for image_boxes, image_scores in zip(boxes.cpu(), scores, strict=True):
        kept = torch.nonzero(image_scores >= threshold).flatten()
        centres = anchors()[kept]
        raw = image_boxes[kept].view(-1, 6, 2) / DETECTOR_SIZE  # centre, size, then four key points
        middle, size = raw[:, 0] + centres, raw[:, 1]
        corners = torch.cat((middle - size / 2, middle + size / 2), -1)
        values = torch.cat((corners, (raw[:, 2:4] + centres[:, None]).flatten(1)), -1)
        found.append(_merge(values, image_scores[kept], overlap))
    return found


def _merge(values: Tensor, scores: Tensor, overlap: float) -> list[Detection]:
    """Weighted non-maximum suppression of candidates (K,8: box, hip centre, scale point)."""
    order = scores.argsort(descending=True)
    values, scores = values[order], scores[order]
    people = []
    while len(values):
        same = _overlaps(values[0, :4], values[:, :4]) > overlap
        same[0] = True
        weights = scores[same] / scores[same].sum()
        left, top, right, bottom, *points = (values[same] * weights[:, None]).sum(0).tolist()
        people.append(
            Detection(float(scores[0]), (left, top, right, bottom), (points[0], points[1]), (points[2], points[3]))
        )
        values, scores = values[~same], scores[~same]
    return people


def _overlaps(box: Tensor, boxes: Tensor) -> Tensor:
    """Return intersection over union of one box (4) with others (K,4)."""
    sides = (torch.minimum(box[2:], boxes[:, 2:]) - torch.maximum(box[:2], boxes[:, :2])).clamp_min(0)
    common = sides.prod(-1)
    areas = (boxes[:, 2:] - boxes[:, :2]).clamp_min(0).prod(-1)
    return common / ((box[2:] - box[:2]).prod() + areas - common).clamp_min(1e-9)
