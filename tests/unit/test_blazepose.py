"""BlazePose in torch against recorded answers of the original networks (tests/data/blazepose_golden.md)."""

from pathlib import Path

import numpy as np
import pytest
import torch
from posewright.core.detection.blazepose import (
    CROP_SIZE,
    BlazePose,
    anchors,
    depth_to_space,
    find_people,
    refine,
)
from posewright.errors import PosewrightError
from posewright.weights import store
from torch import Tensor

DATA = Path(__file__).parent.parent / "data" / "blazepose_golden.npz"
TRUE_POINTS = [0, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28]  # numbers of the golden file's true_points


@pytest.fixture(scope="module")
def golden() -> dict[str, Tensor]:
    with np.load(DATA) as file:
        return {name: torch.from_numpy(file[name]) for name in file.files}


@pytest.fixture(scope="module")
def model() -> BlazePose:
    try:
        path = store.ensure("blazepose")
    except PosewrightError as error:
        pytest.skip(f"the weights are not here and cannot be fetched: {error}")
    return BlazePose.load(path)


@pytest.fixture(scope="module")
def detector_input(golden: dict[str, Tensor]) -> Tensor:
    return golden["detector_images"].permute(0, 3, 1, 2).float() / 127.5 - 1


@pytest.fixture(scope="module")
def landmark_input(golden: dict[str, Tensor]) -> Tensor:
    return golden["landmark_images"].permute(0, 3, 1, 2).float() / 255


def error(found: Tensor, expected: Tensor) -> float:
    return (found.reshape(expected.shape) - expected).abs().max().item()


def test_detector_answers_as_the_original(model: BlazePose, golden: dict[str, Tensor], detector_input: Tensor) -> None:
    boxes, logits = model.detect(detector_input)
    assert error(boxes, golden["boxes"]) < 1e-2  # of 800
    assert error(logits, golden["logits"]) < 5e-3  # of 630


def test_landmarks_answer_as_the_original(model: BlazePose, golden: dict[str, Tensor], landmark_input: Tensor) -> None:
    found = model.landmarks(landmark_input)
    expected = golden["landmarks"]
    assert error(found.flag, golden["flag"]) < 1e-5
    assert error(found.world, golden["world"]) < 1e-4  # metres
    assert error(found.heatmap[:, ::8], golden["heatmap"]) < 5e-3  # of 100
    assert error(found.visibility, torch.sigmoid(expected[..., 3])) < 1e-4
    assert error(found.points[..., 2], expected[..., 2]) < 5e-3  # of 270
    with torch.inference_mode():
        assert error(model.landmark(landmark_input)["landmarks"], expected) < 5e-3


def test_a_batch_answers_like_single_pictures(model: BlazePose, landmark_input: Tensor) -> None:
    together = model.landmarks(landmark_input)
    for index in range(len(landmark_input)):
        alone = model.landmarks(landmark_input[index : index + 1])
        assert error(alone.points[0], together.points[index]) < 5e-3
        assert error(alone.confidence[0], together.confidence[index]) < 1e-3


def test_finds_the_one_person(model: BlazePose, golden: dict[str, Tensor], detector_input: Tensor) -> None:
    people = find_people(*model.detect(detector_input))
    assert [len(found) for found in people] == [1, 1, 1]
    for (person,), true_hips in zip(people, golden["true_hip_centres"], strict=True):
        assert person.score > 0.9
        assert torch.dist(torch.tensor(person.hip_centre), true_hips) < 0.05  # measured 0.018, 0.027, 0.040


def test_points_lie_on_the_rendered_joints(model: BlazePose, golden: dict[str, Tensor], landmark_input: Tensor) -> None:
    found = model.landmarks(landmark_input)
    off = (found.points[:, TRUE_POINTS, :2] - golden["true_points"]).norm(dim=-1)
    unrefined = (golden["landmarks"][:, TRUE_POINTS, :2] - golden["true_points"]).norm(dim=-1)
    assert off[0].mean() < 4.0  # pixels of the crop; measured 3.4, 7.0 and, bent over, 16.0
    assert off[1].mean() < 8.0
    assert (off.mean(1) < unrefined.mean(1)).all()  # the heatmap makes every picture better
    assert found.confidence[0, TRUE_POINTS].mean() > found.confidence[2, TRUE_POINTS].mean() + 0.2


def test_half_precision_is_close(model: BlazePose, landmark_input: Tensor) -> None:
    """What a GPU or --quality fast may use; the points move by about a pixel of the crop."""
    exact = model.landmarks(landmark_input).points[..., :2]
    with torch.autocast("cpu", torch.bfloat16):
        rough = model.landmarks(landmark_input).points[..., :2]
    assert (rough - exact).norm(dim=-1).median() < 1.0


def peak_at(column: float, row: float, width: float = 1.0) -> Tensor:
    """Return logits (1,1,64,64) of a peak at a place in cells."""
    y, x = torch.meshgrid(torch.arange(64.0), torch.arange(64.0), indexing="ij")
    value = 0.95 * torch.exp(-((x - column) ** 2 + (y - row) ** 2) / (2 * width**2))
    return torch.logit(value.clamp(1e-6, 1 - 1e-6))[None, None]


def test_refinement_moves_to_the_peak() -> None:
    cell = CROP_SIZE / 64
    start = torch.tensor([[[20.4 * cell, 30.6 * cell, 7.0]]])
    point, confidence = refine(start, peak_at(22.0, 29.0))
    assert torch.dist(point[0, 0, :2], torch.tensor([22.0, 29.0]) * cell) < 0.5 * cell
    assert point[0, 0, 2] == 7.0
    assert 0.9 < confidence.item() < 0.96


@pytest.mark.parametrize(
    ("peak", "why"),
    [((40.0, 30.0), "the peak is outside the 9 x 9 window"), ((-9.0, -9.0), "there is no peak at all")],
)
def test_refinement_leaves_the_point_without_a_peak(peak: tuple[float, float], why: str) -> None:
    start = torch.tensor([[[80.0, 120.0, 0.0]]])
    point, confidence = refine(start, peak_at(*peak))
    assert torch.equal(point, start), why
    assert confidence.item() < 0.5


def test_refinement_outside_the_crop() -> None:
    start = torch.tensor([[[-40.0, 300.0, 0.0]]])
    point, confidence = refine(start, peak_at(0.0, 63.0))
    assert torch.equal(point, start)
    assert confidence.item() == 0.0


def test_depth_to_space_keeps_tensorflows_order() -> None:
    x = torch.arange(8.0).reshape(1, 8, 1, 1)  # channel = (row * 2 + column) * 2 + channel of the result
    assert depth_to_space(x, 2)[0].tolist() == [[[0, 2], [4, 6]], [[1, 3], [5, 7]]]


def test_anchors_cover_the_picture_evenly() -> None:
    centres = anchors()
    assert centres.shape == (2254, 2)
    assert torch.allclose(centres.mean(0), torch.tensor([0.5, 0.5]))
    assert torch.allclose(centres[:4], torch.tensor([[1 / 56, 1 / 56]] * 2 + [[3 / 56, 1 / 56]] * 2))


def raw_answer(people: list[tuple[int, float, float]]) -> tuple[Tensor, Tensor]:
    """Return boxes and logits of one picture with boxes of 100 pixels at anchors: (number, x offset, logit)."""
    boxes, logits = torch.zeros(1, 2254, 12), torch.full((1, 2254), -20.0)
    for number, offset, logit in people:
        boxes[0, number, :4] = torch.tensor([offset, 0.0, 100.0, 100.0])
        logits[0, number] = logit
    return boxes, logits


def test_overlapping_boxes_become_one() -> None:
    cell = 224 / 28
    (people,) = find_people(*raw_answer([(0, 112.0, 2.0), (1, 112.0 + cell, 2.0), (40, 400.0, 1.0), (90, 0.0, -0.1)]))
    assert [round(person.score, 3) for person in people] == [0.881, 0.731]
    centre = (people[0].box[0] + people[0].box[2]) / 2 * 224
    assert centre == pytest.approx(112.0 + cell / 2 + cell / 2)  # between the two, from the anchor's own place


def test_no_person_gives_an_empty_list() -> None:
    assert find_people(*raw_answer([])) == [[]]


@pytest.mark.parametrize("content", [b"", b"not weights at all", b"\x08\0\0\0\0\0\0\0{}      "])
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "blazepose.safetensors"
    path.write_bytes(content)
    with pytest.raises(PosewrightError, match="posewright weights get blazepose"):
        BlazePose.load(path)


def test_missing_weights_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(PosewrightError, match="posewright weights get blazepose"):
        BlazePose.load(tmp_path / "none.safetensors")
