"""The network against recorded runs of the official one (tests/data/parity, and ../shared for full size)."""

import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from posewright.core.lifting.tcpformer import TCPFormer

DATA = Path(__file__).parent.parent / "data" / "parity"
TINY = {
    "tiny9": {"n_layers": 2, "dim_feat": 16, "dim_rep": 32, "num_heads": 4, "n_frames": 9},
    "tiny27": {
        "n_layers": 3,
        "dim_feat": 32,
        "dim_rep": 64,
        "num_heads": 8,
        "n_frames": 27,
        "layer_scale_init_value": 0.5,
    },
    "tiny10odd": {
        "n_layers": 2,
        "dim_feat": 24,
        "dim_rep": 40,
        "num_heads": 4,
        "n_frames": 13,
        "mlp_ratio": 2,
        "qkv_bias": True,
        "qkv_scale": 0.3,
        "layer_scale_init_value": 0.3,
    },
}
FULL = ("h36m243", "h36m81", "mpi27", "mpi9")
BLOCKS = {
    "att_spatial": "att_spatial",
    "att_temporal": "att_temporal",
    "graph_spatial": "graph_spatial",
    "graph_temporal": "graph_temporal",
    "fusion_logits": "fusion",
}
CROSS_INPUTS = {
    "proxy_after_pum_attn": "norm_1",
    "x_after_pim_attn": "norm_2",
    "x_after_pim_mlp": "norm_sa_self",
    "x_after_self_attn": "norm_mlp_self",
    "x_after_self_mlp": "norm_sa_1",
    "x_after_pam_attn": "norm_sa_2",
}
CROSS_OUTPUTS = {
    "pum_attn.out": "center_full",
    "pim_attn.out": "full_center",
    "self_attn_out": "map_sa_self",
    "pam_attn_out": "map_sum",
}
FRAME_MAJOR = ("att_spatial", "graph_temporal")


def build(name: str, dtype: torch.dtype) -> tuple[TCPFormer, Any]:
    model = TCPFormer(**TINY[name])
    with np.load(DATA / f"{name}_weights.npz") as weights:
        model.load_state_dict({key: torch.from_numpy(weights[key]) for key in weights.files}, strict=True)
    return model.eval().to(dtype), np.load(DATA / f"{name}_io.npz")


def record(model: TCPFormer, x: torch.Tensor) -> tuple[torch.Tensor, dict[str, np.ndarray]]:
    """Run the model and return every activation that the fixtures name, laid out as they are: (B,T,J,C)."""
    batch, frames, joints, _ = x.shape
    seen: dict[str, np.ndarray] = {}

    def keep(name: str, value: torch.Tensor) -> None:
        if value.ndim == 3 and name.split(".")[-1] in FRAME_MAJOR:
            value = value.unflatten(0, (batch, frames))
        elif value.ndim == 3 or name.endswith(".map"):
            value = value.unflatten(0, (batch, joints)).transpose(1, 2)
        seen[name] = value.detach().numpy()

    def before(module: torch.nn.Module, name: str) -> None:
        def hook(_: Any, args: Any) -> None:
            keep(name, args[0])

        module.register_forward_pre_hook(hook)

    def after(module: torch.nn.Module, name: str) -> None:
        def hook(_: Any, __: Any, out: Any) -> None:
            keep(name, out[0] if isinstance(out, tuple) else out)

        module.register_forward_hook(hook)

    def keep_map(module: Any, name: str) -> None:
        def hook(_: Any, __: Any, out: Any) -> None:
            q, k = out[1]
            keep(name, torch.softmax(q @ k.transpose(-1, -2) * module.scale, dim=-1))

        module.register_forward_hook(hook)

    for i, (encoder, temporal) in enumerate(zip(model.layers, model.temporal_layers, strict=True)):
        before(encoder, f"layer{i}.in")
        after(encoder, f"layer{i}.fused")
        for label, part in BLOCKS.items():
            after(encoder.get_submodule(part), f"layer{i}.{label}")
        cross = temporal.get_submodule("cross_temporal")
        before(cross, f"layer{i}.after_local")
        for label, part in CROSS_INPUTS.items():
            before(cross.get_submodule(part), f"layer{i}.{label}")
        for label, part in CROSS_OUTPUTS.items():
            after(cross.get_submodule(part), f"layer{i}.{label}")
        keep_map(cross.get_submodule("center_full"), f"layer{i}.pum_attn.map")
        keep_map(cross.get_submodule("full_center"), f"layer{i}.pim_attn.map")
        after(cross, f"layer{i}.out.x")
        cross.register_forward_hook(lambda _, __, out, i=i: keep(f"layer{i}.out.proxy", out[1]))
    after(model.norm, "final_norm")
    after(model.rep_logit, "rep")
    with torch.no_grad():
        return model(x), seen


@pytest.mark.parametrize("name", TINY)
def test_small_models_agree_in_float32_with_every_activation(name: str) -> None:
    model, io = build(name, torch.float32)
    output, seen = record(model, torch.from_numpy(io["input"]))
    np.testing.assert_allclose(output.numpy(), io["output"], rtol=0, atol=5e-5)
    named = [key.removeprefix("act/") for key in io.files if key.startswith("act/")]
    assert len(named) >= 40
    for key in named:
        np.testing.assert_allclose(seen[key], io[f"act/{key}"], rtol=1e-5, atol=5e-5, err_msg=key)


@pytest.mark.parametrize("name", TINY)
def test_small_models_agree_in_float64(name: str) -> None:
    model, io = build(name, torch.float64)
    with torch.no_grad():
        output = model(torch.from_numpy(io["input"]).double())
    np.testing.assert_allclose(output.numpy(), io["output_f64"], rtol=0, atol=1e-9)


def seeded(seed: int, key: str, shape: tuple[int, ...]) -> np.ndarray:
    """Weights of the full-size fixtures, after the recipe of their manifest."""
    z = np.random.default_rng(zlib.crc32(f"{seed}:{key}".encode())).standard_normal(shape)
    parts = key.split(".")
    last = parts[-1]
    if last.startswith("layer_scale_"):
        return 0.4 + 0.1 * z
    if last in ("att_weight", "center_pose"):
        return z
    if last in ("pos_embed", "center_pos_embed"):
        return 0.3 * z
    if last == "weight" and any("norm" in part for part in parts):
        return 1 + 0.2 * z
    if last == "bias":
        return 0.1 * z
    gain = 2 if any(part in ("qkv", "wq", "wk", "wv") for part in parts[:-1]) else 1
    return gain * z / np.sqrt(shape[1])


@pytest.fixture(scope="module", params=FULL)
def full_size(request: pytest.FixtureRequest, shared: Path) -> tuple[TCPFormer, Any, dict[str, Any]]:
    manifest = json.loads((shared / "parity" / "manifest.json").read_text())
    entry = next(fixture for fixture in manifest["fixtures"] if fixture["name"] == request.param)
    model = TCPFormer(**entry["config"]).eval()
    weights = {
        key: torch.from_numpy(seeded(entry["seed"], key, tuple(value.shape)).astype(np.float32))
        for key, value in model.state_dict().items()
    }
    model.load_state_dict(weights, strict=True)
    assert sum(value.numel() for value in weights.values()) == entry["n_params"]
    return model, np.load(shared / "parity" / entry["io"]), entry


def test_full_size_models_agree(full_size: tuple[TCPFormer, Any, dict[str, Any]]) -> None:
    model, io, entry = full_size
    output, seen = record(model, torch.from_numpy(io["input"]))
    np.testing.assert_allclose(output.numpy(), io["output"], rtol=0, atol=5e-5)
    sliced = [key.removeprefix("slice/") for key in io.files if key.startswith("slice/")]
    assert f"layer{entry['config']['n_layers'] - 1}.out.x" in sliced
    for key in sliced:
        np.testing.assert_allclose(seen[key][0, :3, :, :8], io[f"slice/{key}"], rtol=1e-4, atol=5e-4, err_msg=key)
    if "output_f64" in io.files:
        double = model.double()
        with torch.no_grad():
            output = double(torch.from_numpy(io["input"]).double())
        np.testing.assert_allclose(output.numpy(), io["output_f64"], rtol=0, atol=1e-9)


def test_state_dict_has_the_official_keys(shared: Path) -> None:
    listed = json.loads((shared / "docs" / "tcpformer_keys.json").read_text())
    expected = {key.replace("{i}", str(i)) for key in listed["templates"] for i in range(16)}
    model = TCPFormer()
    assert set(model.state_dict()) == expected
    assert len(expected) == listed["n_tensors"]
    for template, shape in listed["templates"].items():
        actual = list(model.state_dict()[template.replace("{i}", "7")].shape)
        assert actual[1:] == shape[1:], template
