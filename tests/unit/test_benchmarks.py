"""The data sets' protocols: scales, exclusions, means and quirks, on made-up data whose figures are known."""

from pathlib import Path

import numpy as np
import pytest
import torch
from posewright.core.evaluation.benchmarks import (
    auc_percent,
    centred_windows,
    correct_percent,
    full_clips,
    human36m_benchmark,
    human36m_errors,
    lift_clips,
    mpi_inf_3dhp_benchmark,
    mpi_inf_3dhp_errors,
    normalised,
)
from posewright.core.lifting.checkpoints import MPI_JOINTS, load_checkpoint
from posewright.core.lifting.conventions import OfficialConvention
from posewright.core.skeleton import H36M_JOINTS
from torch import Tensor, nn

DATA = Path(__file__).parent.parent / "data" / "parity"
WIDTH = 1000


def test_clips_are_whole_and_of_one_video() -> None:
    clips = full_clips(["a"] * 7 + ["b"] * 3 + ["c"] * 2, 3)
    np.testing.assert_array_equal(clips, [[0, 1, 2], [3, 4, 5], [7, 8, 9]])


def test_windows_stand_about_every_frame() -> None:
    np.testing.assert_array_equal(centred_windows(4, 3), [[0, 0, 1], [0, 1, 2], [1, 2, 3], [2, 3, 3]])


def test_pixels_are_divided_by_the_width_alone() -> None:
    corners = normalised(np.array([[0.0, 0.0], [1000.0, 1002.0], [500.0, 501.0]]), 1000, 1002)
    np.testing.assert_allclose(corners, [[-1, -1.002], [1, 1.002], [0, 0]], atol=1e-12)


def pixels(clips: int, frames: int) -> Tensor:
    """True joints in pixels, root anywhere."""
    rng = np.random.default_rng(0)
    return torch.from_numpy(rng.normal(0, 120, (clips, frames, 17, 3)) + rng.uniform(300, 700, (clips, 1, 1, 3)))


def outputs_for(truth: Tensor) -> Tensor:
    """What a perfect network says: root-relative, in halves of the picture's width."""
    return (truth - truth[..., :1, :]) * (2 / WIDTH)


def measured(outputs: Tensor, truth: Tensor, factors: Tensor, actions: list[str], sources: list[str]):
    return human36m_errors(outputs, truth, factors, torch.full((len(truth),), WIDTH), actions, sources)


def test_human36m_is_measured_in_millimetres_by_the_factor_of_each_frame() -> None:
    truth, factors = pixels(2, 5), torch.full((2, 5), 4.0)
    perfect = measured(outputs_for(truth), truth, factors, ["walk", "walk"], ["s_09_a", "s_11_b"])
    assert max(perfect.mpjpe_mm, perfect.pa_mpjpe_mm, perfect.acceleration_mm) < 1e-9
    outputs = outputs_for(truth)
    outputs[..., 5, 2] += 10 * 2 / WIDTH  # ten pixels in depth, of 17 joints
    factors[1] = 8.0
    found = measured(outputs, truth, factors, ["walk", "walk"], ["s_09_a", "s_11_b"])
    assert found.mpjpe_mm == pytest.approx((40 + 80) / 2 / 17)
    assert found.pa_mpjpe_mm > 1  # spread over the joints by the fit
    assert found.acceleration_mm < 1e-9  # a constant error has none
    moved = measured(outputs_for(truth) + 0.3, truth, factors, ["walk", "walk"], ["s_09_a", "s_11_b"])
    assert moved.mpjpe_mm < 1e-9  # the root is set to 0


def test_human36m_means_go_over_frames_then_actions_without_the_three_wrong_videos() -> None:
    truth, factors = pixels(4, 3), torch.ones(4, 3)
    outputs = outputs_for(truth)
    for clip, error in enumerate((17.0, 34.0, 51.0, 1e4)):
        outputs[clip, :, 5, 0] += error * 2 / WIDTH
    sources = ["s_11_act_02_x", "s_11_act_02_y", "s_11_act_03", "s_09_act_05_subact_02_ca_01"]
    found = measured(outputs, truth, factors, ["sit", "sit", "walk", "walk"], sources)
    assert found.actions == pytest.approx({"sit": 1.5, "walk": 3.0})
    assert found.mpjpe_mm == pytest.approx((1.5 + 3.0) / 2)


def test_the_last_two_frames_of_a_clip_count_as_free_of_acceleration() -> None:
    truth = pixels(1, 5)
    outputs = outputs_for(truth)
    outputs[0, 2, 5, 0] += 17 * 2 / WIDTH  # second differences 1, -2, 1 times 17 mm of one joint in 17
    found = measured(outputs, truth, torch.ones(1, 5), ["walk"], ["s_11"])
    assert found.acceleration_mm == pytest.approx((1 + 2 + 1) / 5)


class Echo(nn.Module):
    """Says the first channels of what it sees, and a depth that favours one side."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat((x[..., :2], x[..., :1] + 1.0), dim=-1)


def test_both_views_are_averaged() -> None:
    convention = OfficialConvention(H36M_JOINTS, metric=False)
    clips = torch.randn(20, 3, 17, 3)
    said = lift_clips(Echo(), clips, convention)
    torch.testing.assert_close(said[..., :2], clips[..., :2] - clips[..., :1, :2])
    assert said[..., 2].abs().max() < 1e-6  # what is said of a side in one view is taken back in the other


def test_human36m_from_the_prepared_arrays(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network that repeats x and y, on flat people: every error is one of preparing the arrays."""
    rng = np.random.default_rng(1)
    flat = rng.uniform(200, 800, (13, 17, 2))
    data = {
        "joint_2d": flat,
        "confidence": np.ones((13, 17)),
        "joints_2.5d_image": np.concatenate([flat, np.zeros((13, 17, 1))], axis=-1),
        "2.5d_factor": rng.uniform(3, 5, 13),
        "camera_name": np.array(["54138969"] * 7 + ["58860488"] * 6),
        "action": np.array(["sit"] * 7 + ["walk"] * 6),
        "source": np.array(["s_11_act_09"] * 7 + ["s_11_act_16"] * 6),
    }
    found = human36m_benchmark(Echo(), data, 3)
    assert found.mpjpe_mm < 0.01 and set(found.actions) == {"sit", "walk"}
    data["joints_2.5d_image"][3, 4, 2] += 17.0
    data["2.5d_factor"][:] = 2.0
    assert human36m_benchmark(Echo(), data, 3).actions["sit"] == pytest.approx(17 * 2 / 17 / 6, rel=1e-3)


def test_3dhp_has_a_unit_of_its_own_outdoors() -> None:
    outputs = torch.zeros(2, 17, 3)
    outputs[:, 3, 2] = 0.1
    errors = mpi_inf_3dhp_errors(outputs + 0.5, torch.full((2, 17, 3), 77.0), ["TS1", "TS5"])
    assert errors[:, 3].tolist() == pytest.approx([102.4, 96.0], rel=1e-5)
    assert errors[:, [0, 14]].abs().max() < 1e-6


def test_3dhp_measures_valid_frames_in_the_middle_of_their_windows() -> None:
    rng = np.random.default_rng(2)
    points = rng.uniform(0, 2048, (6, 17, 2))
    root = points[:, [MPI_JOINTS.index("pelvis")]]
    joints = np.concatenate([points - root, np.zeros((6, 17, 1))], axis=-1)  # 2048 pixels wide: a pixel is a millimetre
    valid = np.array([1, 1, 0, 1, 1, 1])
    joints[2] += 1000 * rng.normal(size=(17, 3))
    data = {"TS1": {"points": points, "joints": joints, "valid": valid, "image_size": (2048, 2048)}}
    found = mpi_inf_3dhp_benchmark(Echo(), data, 3)
    assert found["mpjpe_mm"] < 0.01
    assert found["pck_percent"] == 100
    data["TS1"]["valid"][2] = 1
    assert mpi_inf_3dhp_benchmark(Echo(), data, 3)["mpjpe_mm"] > 100


def test_shares_of_correct_joints() -> None:
    errors = torch.tensor([10.0, 149.0, 151.0, 400.0])
    assert correct_percent(errors) == 50
    assert auc_percent(torch.tensor([1e-3])) == pytest.approx(100 * 30 / 31)  # nothing is nearer than 0
    assert auc_percent(torch.tensor([500.0])) == 0


def test_an_official_checkpoint_goes_through_the_protocol() -> None:
    network = load_checkpoint(DATA / "tiny9_ckpt_h36m_style.pth.tr", num_heads=4).build()
    clips = torch.randn(2, 9, 17, 3, generator=torch.Generator().manual_seed(0))
    truth = pixels(2, 9)
    outputs = lift_clips(network, clips, OfficialConvention(H36M_JOINTS, metric=False))
    found = measured(outputs, truth, torch.full((2, 9), 4.0), ["a", "b"], ["s_11_a", "s_11_b"])
    assert np.isfinite([found.mpjpe_mm, found.pa_mpjpe_mm, found.acceleration_mm]).all()
    assert found.pa_mpjpe_mm > 0
