"""What the network promises beyond the recorded runs."""

import pytest
import torch
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
