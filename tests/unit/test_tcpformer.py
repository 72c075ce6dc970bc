"""What the network promises beyond the recorded runs."""

import math
from typing import Any

import pytest
import torch
from posewright.core.lifting.graph_prior import REACH, TrajectoryPrior
from posewright.core.lifting.position import PERIODS, TimeRotation
from posewright.core.lifting.tcpformer import TCPFormer

SMALL = {"n_layers": 2, "dim_feat": 16, "dim_rep": 24, "num_heads": 4, "n_frames": 27, "layer_scale_init_value": 0.3}


@pytest.mark.parametrize("frames", [1, 2, 3, 4, 5, 10, 40])
def test_any_clip_length_and_joint_count(frames: int) -> None:
    torch.manual_seed(0)
    model = TCPFormer(**SMALL, dim_in=4, num_joints=19).eval()
    with torch.no_grad():
        out = model(torch.randn(2, frames, 19, 4))
    assert out.shape == (2, frames, 19, 3)
    assert torch.isfinite(out).all()


def test_clips_of_a_batch_do_not_mix() -> None:
    torch.manual_seed(0)
    model = TCPFormer(**SMALL).eval()
    x = torch.randn(3, 7, 17, 3)
    with torch.no_grad():
        together, alone = model(x), model(x[1:2])
    torch.testing.assert_close(together[1:2], alone, rtol=0, atol=1e-5)


def test_without_the_local_branch_the_order_of_frames_does_not_matter() -> None:
    torch.manual_seed(0)
    model = TCPFormer(**SMALL).eval()
    x, order = torch.randn(1, 12, 17, 3), torch.randperm(12)
    with torch.no_grad():
        assert (model(x)[:, order] - model(x[:, order])).abs().max() > 1e-3
        model.local_branch = False
        torch.testing.assert_close(model(x)[:, order], model(x[:, order]), rtol=0, atol=1e-5)


def test_representation_is_what_the_head_reads() -> None:
    torch.manual_seed(0)
    model = TCPFormer(**SMALL).eval()
    x = torch.randn(1, 5, 17, 3)
    with torch.no_grad():
        rep = model(x, return_rep=True)
        assert rep.shape == (1, 5, 17, 24)
        torch.testing.assert_close(model.head(rep), model(x))


def test_options() -> None:
    TCPFormer(**SMALL, hierarchical=False, use_tcn=False, neighbour_num=2)
    with pytest.raises(TypeError, match="n_layer"):
        TCPFormer(n_layer=3)
    with pytest.raises(ValueError, match="adaptive fusion"):
        TCPFormer(**SMALL, use_adaptive_fusion=False)
    with pytest.raises(ValueError, match="multiple"):
        TCPFormer(dim_feat=20, num_heads=8)


OWN = {**SMALL, "dim_in": 5, "num_joints": 19, "stride_seconds": 0.1}
OPTIONS = {
    "time": {"time_position": True},
    "trajectory": {"trajectory_prior": True},
    "features": {"frame_features": (12, 3)},
}


@pytest.mark.parametrize("option", OPTIONS.values(), ids=OPTIONS)
def test_an_option_starts_without_effect_and_then_has_one(option: dict[str, Any]) -> None:
    torch.manual_seed(0)
    plain, extended = TCPFormer(**OWN).eval(), TCPFormer(**OWN, **option).eval()
    lacking = extended.load_state_dict(plain.state_dict(), strict=False)
    assert lacking.missing_keys and not lacking.unexpected_keys
    x, features = torch.randn(2, 9, 19, 5), torch.randn(2, 9, 12)
    with torch.no_grad():
        expected = plain(x)
        torch.testing.assert_close(extended(x, features=features), expected, rtol=0, atol=2e-6)
        new = [parameter for name, parameter in extended.named_parameters() if name in lacking.missing_keys]
        for parameter in new:
            parameter.add_(0.3 * torch.randn_like(parameter))
        assert (extended(x, features=features) - expected).abs().max() > 1e-3
    extended(x, features=features).square().sum().backward()
    assert all(parameter.grad is not None and parameter.grad.abs().sum() > 0 for parameter in new)


def timed() -> TCPFormer:
    torch.manual_seed(0)
    return TCPFormer(**OWN, time_position=True, time_gate=1.0, local_branch=False).eval()


def test_time_counts_and_not_the_order_of_the_frames() -> None:
    model = timed()
    x, times = torch.randn(2, 9, 19, 5), torch.rand(2, 9).cumsum(1)
    order = torch.randperm(9)
    with torch.no_grad():
        out = model(x, times)
        torch.testing.assert_close(model(x[:, order], times[:, order]), out[:, order], rtol=0, atol=1e-5)
        assert (model(x, times.flip(1)) - out).abs().max() > 1e-3
        assert (model(x, 2 * times) - out).abs().max() > 1e-3


def test_only_time_between_frames_counts() -> None:
    model = timed()
    x, times = torch.randn(2, 9, 19, 5), torch.rand(2, 9, dtype=torch.float64).cumsum(1)
    with torch.no_grad():
        out = model(x, times)
        torch.testing.assert_close(model(x, times + 3600.0), out, rtol=0, atol=1e-5)
        steady = torch.arange(9).expand(2, 9) * 0.1
        torch.testing.assert_close(model(x), model(x, steady), rtol=0, atol=1e-5)
        torch.testing.assert_close(model(x[1:], times[1:]), out[1:], rtol=0, atol=1e-5)


def test_a_rotation_follows_the_difference_of_times() -> None:
    """The product of a turned query and key is the cosine of rate times the time between them."""
    rotation = TimeRotation(1, 2, 1.0)
    times = torch.tensor([[0.0, 0.05, 0.3]])
    turned = rotation(torch.tensor([1.0, 0.0]).expand(1, 3, 1, 1, 2), times)[0, :, 0, 0]
    expected = torch.cos(2 * math.pi / PERIODS[0] * (times[0][:, None] - times[0][None]))
    torch.testing.assert_close(turned @ turned.T, expected.float(), rtol=0, atol=1e-5)


def test_the_trajectory_prior_sees_neighbours_in_time_only() -> None:
    torch.manual_seed(0)
    prior = TrajectoryPrior(8)
    torch.nn.init.ones_(prior.gate)
    x = torch.randn(1, 30, 3, 8)
    moved = x.clone()
    moved[:, 15, 1] += 1
    with torch.no_grad():
        changed = (prior(moved) - prior(x)).abs().amax(-1)[0]
    assert changed[:, [0, 2]].max() == 0
    assert changed[: 15 - 2 * REACH, 1].max() == 0 and changed[16 + 2 * REACH :, 1].max() == 0
    assert (changed[15 - REACH : 16 + REACH, 1] > 0).all()
    assert prior(x[:, :1]).shape == (1, 1, 3, 8)
