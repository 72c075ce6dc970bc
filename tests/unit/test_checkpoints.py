"""Weights files: official checkpoints in both forms, our own files, and files that are neither."""

from pathlib import Path

import numpy as np
import pytest
import torch
from posewright.core.lifting.checkpoints import MPI_JOINTS, load_checkpoint, save_weights
from posewright.core.lifting.inputs import CHANNELS, LIFTER_JOINTS
from posewright.core.lifting.pose_prior import PriorLifter
from posewright.errors import PosewrightError

DATA = Path(__file__).parent.parent / "data" / "parity"
SMALL_PRIOR = {
    "prior_width": 48,
    "prior_blocks": 1,
    "tcpformer": {"n_layers": 1, "dim_in": 4, "dim_feat": 16, "dim_rep": 24, "num_heads": 4, "num_joints": 19},
}
META = {
    "architecture": "prior_tcpformer",
    "config": SMALL_PRIOR,
    "joints": list(LIFTER_JOINTS),
    "channels": list(CHANNELS),
    "frames": 27,
    "stride_seconds": 0.1,
    "licence": "GPL-3.0-or-later",
    "training": {"steps": 3},
}


@pytest.mark.parametrize(("form", "convention"), [("h36m", "human36m"), ("mpi", "mpi_inf_3dhp")])
def test_official_checkpoints_load_and_compute_the_same(form: str, convention: str) -> None:
    checkpoint = load_checkpoint(DATA / f"tiny9_ckpt_{form}_style.pth.tr", num_heads=4)
    assert checkpoint.convention == convention
    assert checkpoint.frames == 9
    assert checkpoint.config["n_layers"] == 2
    assert "research only" in checkpoint.licence
    assert checkpoint.metadata["figures"]["epoch"] == 61
    with np.load(DATA / "tiny9_io.npz") as io, torch.no_grad():
        output = checkpoint.build()(torch.from_numpy(io["input"]))
        np.testing.assert_allclose(output.numpy(), io["output"], rtol=0, atol=5e-5)


def test_imported_checkpoint_survives_our_own_format(tmp_path: Path) -> None:
    official = load_checkpoint(DATA / "tiny9_ckpt_mpi_style.pth.tr", num_heads=4)
    save_weights(tmp_path / "imported.safetensors", official.state, official.meta())
    again = load_checkpoint(tmp_path / "imported.safetensors")
    assert (again.convention, again.joints, again.config) == ("mpi_inf_3dhp", MPI_JOINTS, official.config)
    assert again.licence == official.licence
    assert again.metadata["source"] == "tiny9_ckpt_mpi_style.pth.tr"
    for name, value in official.state.items():
        torch.testing.assert_close(again.state[name], value, rtol=1e-3, atol=1e-4)


def test_own_weights_keep_small_tensors_exactly(tmp_path: Path) -> None:
    model = PriorLifter(**SMALL_PRIOR)
    torch.nn.init.normal_(model.tcpformer.head.bias)
    save_weights(tmp_path / "own.safetensors", model.state_dict(), META)
    checkpoint = load_checkpoint(tmp_path / "own.safetensors")
    assert checkpoint.convention == "virtual_view"
    assert checkpoint.metadata["training"] == {"steps": 3}
    built = checkpoint.build().state_dict()
    for name, value in model.state_dict().items():
        if value.numel() < 4096:
            assert torch.equal(built[name], value), name
    assert list(tmp_path.iterdir()) == [tmp_path / "own.safetensors"]


def test_large_matrices_take_half_the_room(tmp_path: Path) -> None:
    state = {"matrix": torch.randn(300, 100), "huge": torch.full((100, 100), 1e6)}
    save_weights(tmp_path / "half.safetensors", state, META)
    from safetensors.torch import load_file

    stored = load_file(tmp_path / "half.safetensors")
    assert stored["matrix"].dtype == torch.float16
    assert stored["huge"].dtype == torch.float32


def broken_files(folder: Path) -> dict[str, bytes]:
    official = (DATA / "tiny9_ckpt_mpi_style.pth.tr").read_bytes()
    save_weights(folder / "whole", PriorLifter(**SMALL_PRIOR).state_dict(), META)
    torch.save({"model": {"fc.weight": torch.zeros(3, 3)}}, folder / "other")
    torch.save([1, 2, 3], folder / "list")
    partial = PriorLifter(**SMALL_PRIOR).state_dict()
    partial.pop("tcpformer.pos_embed")
    save_weights(folder / "partial", partial, META)
    save_weights(folder / "stranger", partial, {**META, "joints": ["pelvis"]})
    save_weights(
        folder / "odd", {"head.bias": torch.zeros(1)}, {**META, "architecture": "tcpformer", "config": {"a": 1}}
    )
    made = {name: (folder / name).read_bytes() for name in ("other", "list", "partial", "stranger", "odd")}
    return {
        **made,
        "empty": b"",
        "text": b"these are no weights at all",
        "cut official": official[: len(official) // 2],
        "cut own": (folder / "whole").read_bytes()[:4000],
    }


def test_wrong_files_give_one_sentence(tmp_path: Path) -> None:
    for name, data in broken_files(tmp_path).items():
        file = tmp_path / "wrong.pth"
        file.write_bytes(data)
        with pytest.raises(PosewrightError) as caught:
            load_checkpoint(file)
        message = str(caught.value)
        assert "wrong.pth" in message, name
        assert message.endswith(".") and len(message) < 250 and "\n" not in message, (name, message)
    with pytest.raises(PosewrightError, match="no weights file"):
        load_checkpoint(tmp_path / "missing.safetensors")


def test_no_code_in_a_pickle_is_run(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[Path]]:
            return Path.touch, (tmp_path / "sprung",)

    torch.save({"model": Trap()}, tmp_path / "trap.pth")
    with pytest.raises(PosewrightError):
        load_checkpoint(tmp_path / "trap.pth")
    assert not (tmp_path / "sprung").exists()
