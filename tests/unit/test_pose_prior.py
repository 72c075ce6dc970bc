"""Our own lifter: what the prior hands to TCPFormer, and the expected error."""

from typing import Any

import pytest
import torch
from posewright.core.lifting.inputs import LOG_SPREAD, predict_pose, predict_with_spread
from posewright.core.lifting.pose_prior import START_SPREAD, PriorLifter

TCPFORMER = {
    "n_layers": 1,
    "dim_in": 6,
    "dim_feat": 16,
    "dim_rep": 24,
    "num_heads": 4,
    "num_joints": 19,
    "n_frames": 9,
    "layer_scale_init_value": 0.3,
}


def network(tcpformer: dict[str, Any] | None = None, **options: Any) -> PriorLifter:
    torch.manual_seed(0)
    model = PriorLifter(prior_width=32, prior_blocks=1, tcpformer={**TCPFORMER, **(tcpformer or {})}, **options)
    for part in (model.prior.head, model.tcpformer.head):
        torch.nn.init.normal_(part.weight, std=0.05)
    return model


def test_without_options_there_are_only_poses() -> None:
    x = torch.randn(2, 9, 19, 6)
    for part in (network(), network().prior):
        assert part(x).shape == (2, 9, 19, 3)
        poses, spread = predict_with_spread(part, x)
        assert spread is None
        assert poses[:, :, 0].abs().max() == 0


@pytest.mark.parametrize("frames", [1, 9, 14])
def test_expected_error_beside_the_poses(frames: int) -> None:
    model, x = network(uncertainty=True), torch.randn(2, frames, 19, 6)
    for part in (model, model.prior):
        assert part(x).shape == (2, frames, 19, 4)
        poses, spread = predict_with_spread(part, x)
        assert spread is not None
        assert spread.shape == (2, frames, 19)
        assert poses.shape == (2, frames, 19, 3)
        torch.testing.assert_close(predict_pose(part, x), poses)
    spread = predict_with_spread(model.prior, x)[1]
    assert spread is not None
    torch.testing.assert_close(spread.exp(), torch.full_like(spread, START_SPREAD))


def test_a_joint_that_is_always_exact_has_a_finite_expected_error() -> None:
    model = network(uncertainty=True)
    assert model.prior.spread is not None
    torch.nn.init.constant_(model.prior.spread.bias, -100.0)
    _, spread = predict_with_spread(model.prior, torch.randn(1, 3, 19, 6))
    assert spread is not None and (spread == LOG_SPREAD[0]).all()


def test_features_of_the_prior_start_without_effect_and_reach_the_network() -> None:
    plain, fed = network(), network(prior_features=3)
    missing = fed.load_state_dict(plain.state_dict(), strict=False).missing_keys
    assert missing and all(name.startswith("tcpformer.frame_features.") for name in missing)
    x = torch.randn(2, 9, 19, 6)
    with torch.no_grad():
        torch.testing.assert_close(fed(x), plain(x))
        assert fed.tcpformer.frame_features is not None
        torch.nn.init.normal_(fed.tcpformer.frame_features.embed.weight)
        assert (fed(x) - plain(x)).abs().max() > 1e-3


@pytest.mark.parametrize("through", [False, True])
def test_gradient_from_the_correction_into_the_prior(through: bool) -> None:
    model = network(prior_features=3, prior_gradient=through)
    x = torch.randn(2, 9, 19, 6)
    correction = model(x) - model.prior(x).detach()
    model.prior.head.requires_grad_(False)  # the guess itself is part of the sum and always learns
    correction.sum().backward()
    direct = [parameter.grad.clone() for parameter in model.prior.blocks.parameters() if parameter.grad is not None]
    model.zero_grad()
    model.prior(x).sum().backward()
    alone = [parameter.grad for parameter in model.prior.blocks.parameters() if parameter.grad is not None]
    assert len(direct) == len(alone) > 0
    same = all(torch.allclose(a, b, atol=1e-5) for a, b in zip(direct, alone, strict=True))
    assert same is not through


def test_times_reach_the_attention() -> None:
    model = network({"time_position": True, "time_gate": 1.0}).eval()
    x, times = torch.randn(2, 9, 19, 6), torch.rand(2, 9).cumsum(1)
    with torch.no_grad():
        assert (predict_pose(model, x, times) - predict_pose(model, x, 2 * times)).abs().max() > 1e-4
        torch.testing.assert_close(predict_pose(model.prior, x, times), predict_pose(model.prior, x))
