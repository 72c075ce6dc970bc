"""Lifter weights on disk: our own ``.safetensors`` files, and checkpoints of the official TCPFormer.

Our file keeps its matrices in half precision and a description as JSON under the key ``posewright`` of
the header. An official checkpoint is a ``torch.save`` dict with the network under ``model``; its sizes
are read off the tensors. It is opened without running any pickled code.
"""

import json
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import torch
from torch import Tensor, nn

from ...errors import PosewrightError
from ..outputs import write_whole
from ..skeleton import H36M_JOINTS
from .inputs import CHANNELS, FEWEST_CHANNELS, LIFTER_JOINTS

Architecture = Literal["prior_tcpformer", "tcpformer"]
Convention = Literal["virtual_view", "human36m", "mpi_inf_3dhp"]

HEADER_KEY: Final = "posewright"
FORMAT: Final = 1
OFFICIAL_HEADS: Final = 8
OFFICIAL_CHANNELS: Final = ("x", "y", "confidence")
SMALL_TENSOR: Final = 4096
"""Norms, scales and biases below this many numbers stay single precision: they are a hundredth of the file."""

MPI_JOINTS: Final = tuple(H36M_JOINTS[index] for index in (10, 8, 14, 15, 16, 11, 12, 13, 1, 2, 3, 4, 5, 6, 0, 7, 9))
"""The 17 joints of lifters trained on MPI-INF-3DHP, by the names of the nearest Human3.6M joints."""

OFFICIAL_TERMS: Final = {
    "human36m": "trained on Human3.6M, which is for academic research only",
    "mpi_inf_3dhp": "trained on MPI-INF-3DHP, which is for non-commercial research only",
}


@dataclass(frozen=True)
class Checkpoint:
    """A lifter's weights and what is needed to use them."""

    state: dict[str, Tensor]  # float32, on the CPU
    architecture: Architecture
    config: dict[str, Any]  # keywords of the network's class
    convention: Convention  # how keypoints go in and poses come out
    joints: tuple[str, ...]
    channels: tuple[str, ...]
    frames: int  # length of the clips that it was trained on
    stride_seconds: float  # time between two frames of such a clip
    licence: str
    metadata: dict[str, Any] = field(default_factory=dict)  # the whole header, or what an official file tells

    def build(self) -> nn.Module:
        """Return the network in evaluation mode; PosewrightError when tensors are missing, left over or misshapen."""
        try:
            network = self._network()
            network.load_state_dict(self.state, strict=True)
        except (RuntimeError, TypeError, ValueError, KeyError) as error:
            raise PosewrightError(
                "The lifter's weights do not fit their own description; fetch or import the file again."
            ) from error
        return network.eval()

    def _network(self) -> nn.Module:
        if self.architecture == "tcpformer":
            from .tcpformer import TCPFormer

            return TCPFormer(**self.config)
        from .pose_prior import PriorLifter

        return PriorLifter(**self.config)

    def meta(self) -> dict[str, Any]:
        """Return the description with which ``save_weights`` keeps this checkpoint."""
        described = {
            "architecture": self.architecture,
            "config": self.config,
            "convention": self.convention,
            "joints": list(self.joints),
            "channels": list(self.channels),
            "frames": self.frames,
            "stride_seconds": self.stride_seconds,
            "licence": self.licence,
        }
        return {**self.metadata, **described}


def save_weights(
    path: str | os.PathLike[str], model_state: Mapping[str, Tensor], meta: Mapping[str, Any], half: bool = True
) -> None:
    """Write a lifter's weights and their description as safetensors; the file appears complete or not at all.

    ``meta`` has the keys of ``Checkpoint.meta``; ``training``, ``figures``, ``acknowledgement`` and others may
    be added. ``half`` keeps large matrices in 16 bits. Raises PosewrightError when the disk refuses.
    """
    from safetensors.torch import save

    target = Path(path)
    missing = [key for key in ("architecture", "config", "joints", "channels", "frames", "licence") if key not in meta]
    if missing:
        raise ValueError(f"the description of the weights lacks {', '.join(missing)}")
    header = {**meta, "format": FORMAT, "kind": "lifter"}
    tensors = {name: _stored(value, half) for name, value in model_state.items()}
    write_whole(target, save(tensors, {HEADER_KEY: json.dumps(header)}))


def _stored(value: Tensor, half: bool) -> Tensor:
    value = value.detach().to("cpu", torch.float32).contiguous()
    if half and value.numel() >= SMALL_TENSOR and value.abs().max() < torch.finfo(torch.float16).max:
        return value.half()
    return value.clone()


def load_checkpoint(
    path: str | os.PathLike[str], num_heads: int = OFFICIAL_HEADS, convention: Convention | None = None
) -> Checkpoint:
    """Read our own weights or an official TCPFormer checkpoint and check that the network takes them.

    ``num_heads`` and ``convention`` are for files without a description only: tensors do not tell the number of
    heads, and a file that holds nothing but them does not tell the data set. Raises PosewrightError with one
    sentence for anything else.
    """
    source = Path(path)
    if not source.is_file():
        raise PosewrightError(f"There is no weights file {source}.")
    if _is_safetensors(source):
        checkpoint = _from_safetensors(source, num_heads, convention)
    else:
        checkpoint = _from_official(source, _load_pickle(source), num_heads, convention)
    try:
        with torch.device("meta"):
            expected = checkpoint._network().state_dict()
    except (TypeError, ValueError, KeyError, RuntimeError) as error:
        raise PosewrightError(f"{source.name} describes a network that this version does not know.") from error
    _check_tensors(source, checkpoint.state, expected)
    return checkpoint


def _check_tensors(source: Path, state: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> None:
    missing, extra = expected.keys() - state.keys(), state.keys() - expected.keys()
    if missing or extra:
        what = f"lacks {min(missing)}" if missing else f"has {min(extra)} which no TCPFormer has"
        raise PosewrightError(f"{source.name} is no complete set of lifter weights: it {what}.")
    for name, tensor in expected.items():
        if state[name].shape != tensor.shape:
            raise PosewrightError(
                f"{source.name} does not fit the network: {name} is {tuple(state[name].shape)}, "
                f"not {tuple(tensor.shape)}."
            )


def _is_safetensors(source: Path) -> bool:
    """Tell by the first bytes: the length of a JSON header that starts with a brace."""
    try:
        with source.open("rb") as stream:
            start = stream.read(9)
    except OSError as error:
        raise PosewrightError(f"{source} cannot be read: {error.strerror}.") from error
    return start[8:9] == b"{"


def _from_safetensors(source: Path, num_heads: int, convention: Convention | None) -> Checkpoint:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(source, framework="pt", device="cpu") as stored:
            header = json.loads((stored.metadata() or {}).get(HEADER_KEY, "{}"))
            state = {name: stored.get_tensor(name).float() for name in stored.keys()}  # noqa: SIM118
    except (SafetensorError, ValueError, OSError) as error:
        raise PosewrightError(f"{source} is damaged; fetch or copy it again.") from error
    if not header:
        return _from_official(source, state, num_heads, convention)
    if header.get("kind") != "lifter":
        raise PosewrightError(f"{source.name} holds weights of a {header.get('kind')}, not of a lifter.")
    if header.get("format") != FORMAT:
        raise PosewrightError(f"{source.name} was made by a newer Posewright; update this one to use it.")
    joints, channels = tuple(header["joints"]), tuple(header["channels"])
    ours = joints == LIFTER_JOINTS and channels in [CHANNELS[:n] for n in range(FEWEST_CHANNELS, len(CHANNELS) + 1)]
    kind = header.get("convention", "virtual_view" if ours else None)
    if kind is None:
        raise PosewrightError(f"{source.name} was trained for other joints or inputs than this version has.")
    return Checkpoint(
        state=state,
        architecture=header["architecture"],
        config=header["config"],
        convention=kind,
        joints=joints,
        channels=channels,
        frames=int(header["frames"]),
        stride_seconds=float(header.get("stride_seconds") or 0.0),
        licence=header["licence"],
        metadata=header,
    )


def _load_pickle(source: Path) -> dict[str, Any]:
    """Open a ``torch.save`` file; only tensors and plain values are ever made from it."""
    # Human3.6M checkpoints hold their best error as a numpy number, under the module name of numpy 1.
    rebuild = np.float64(0).__reduce__()[0]
    allowed = [(rebuild, "numpy.core.multiarray.scalar"), np.dtype, type(np.dtype(np.float64))]
    try:
        with torch.serialization.safe_globals(allowed):  # pyright: ignore[reportArgumentType]
            found = torch.load(source, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(source))
    except Exception as error:  # an unpickler given bytes of another format fails in any way
        raise PosewrightError(
            f"{source} holds no weights that can be read: a TCPFormer checkpoint (.pth.tr) or a .safetensors "
            "file is needed, complete and unchanged."
        ) from error
    if not isinstance(found, dict):
        raise PosewrightError(f"{source} is no TCPFormer checkpoint: it holds no table of weights.")
    return found


def _from_official(source: Path, found: Mapping[str, Any], num_heads: int, convention: Convention | None) -> Checkpoint:
    stored = found.get("model", found.get("state_dict", found))
    if not isinstance(stored, Mapping):
        raise PosewrightError(f"{source} is no TCPFormer checkpoint: it holds no table of weights.")
    state = {str(k).removeprefix("module."): v.float() for k, v in stored.items() if isinstance(v, Tensor)}
    config = _infer_config(source, state, num_heads)
    kind = convention or _data_set(found, config["n_frames"])
    facts = {key: found[key] for key in ("epoch", "min_mpjpe") if isinstance(found.get(key), int | float)}
    return Checkpoint(
        state=state,
        architecture="tcpformer",
        config=config,
        convention=kind,
        joints=MPI_JOINTS if kind == "mpi_inf_3dhp" else H36M_JOINTS,
        channels=OFFICIAL_CHANNELS,
        frames=config["n_frames"],
        stride_seconds=0.02 if kind == "human36m" else 0.04,  # the frame rates of the data sets
        licence=OFFICIAL_TERMS[kind],
        metadata={"source": source.name, "figures": {k: float(v) if k == "min_mpjpe" else v for k, v in facts.items()}},
    )


def _infer_config(source: Path, state: Mapping[str, Tensor], num_heads: int) -> dict[str, Any]:
    """Read the keywords of ``TCPFormer`` off its tensors; the number of heads is no part of any shape."""
    try:
        dim_feat, dim_in = state["joints_embed.weight"].shape
        proxies, joints, _ = state["center_pose"].shape
        hidden = state["layers.0.att_spatial.mlp.fc1.weight"].shape[0]
        dim_out, dim_rep = state["head.weight"].shape
    except (KeyError, ValueError) as error:
        raise PosewrightError(f"{source} holds weights, but not those of a TCPFormer.") from error
    if dim_in != len(OFFICIAL_CHANNELS) or dim_out != 3 or joints != len(H36M_JOINTS) or dim_feat % num_heads:
        raise PosewrightError(
            f"{source.name} is a TCPFormer of another kind: {joints} joints, {dim_in} inputs and {dim_feat} "
            "features; the official networks have 17 joints and 3 inputs."
        )
    layers = {int(name.split(".")[1]) for name in state if name.startswith("layers.")}
    return {
        "n_layers": len(layers),
        "dim_in": dim_in,
        "dim_feat": dim_feat,
        "dim_rep": dim_rep,
        "dim_out": dim_out,
        "num_heads": num_heads,
        "n_frames": 3 * proxies,
        "num_joints": joints,
        "mlp_ratio": hidden / dim_feat,
        "qkv_bias": "layers.0.att_spatial.mixer.qkv.bias" in state,
        "layer_scale_init_value": 1e-5,
    }


def _data_set(found: Mapping[str, Any], frames: int) -> Literal["human36m", "mpi_inf_3dhp"]:
    """Tell the training data: only the 3DHP models have short clips, and only they used amsgrad."""
    groups = found.get("optimizer", {}).get("param_groups", []) if isinstance(found.get("optimizer"), dict) else []
    if frames < 81 and "min_mpjpe" not in found:
        return "mpi_inf_3dhp"
    if any(group.get("amsgrad") for group in groups) or type(found.get("min_mpjpe")) is float:
        return "mpi_inf_3dhp"
    return "human36m"
