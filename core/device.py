"""Where the networks run: CUDA, Apple's MPS or the CPU."""

import platform
from typing import TYPE_CHECKING

from ..errors import PosewrightError
from .settings import Device

if TYPE_CHECKING:
    import torch


def resolve_device(name: Device = "auto") -> "torch.device":
    """Return the device to compute on; ``auto`` takes cuda, then mps, then cpu.

    An explicit device that this machine lacks raises PosewrightError rather than falling back silently.
    """
    import torch

    available = _available()
    if name == "auto":
        return torch.device(available[0])
    if name in available:
        return torch.device(name)
    if name == "cuda":
        built = "this PyTorch was built without CUDA" if torch.version.cuda is None else "no NVIDIA GPU was found"
        raise PosewrightError(f"The device cuda is not available: {built}. Use --device auto or cpu.")
    if name == "mps":
        raise PosewrightError("The device mps is not available: it needs an Apple GPU. Use --device auto or cpu.")
    raise PosewrightError(f"There is no device {name}. Use auto, cpu, cuda or mps.")


def describe_devices() -> list[dict[str, str | int]]:
    """List the usable devices, fastest first: ``device``, ``name`` and ``memory`` (bytes, 0 when not known)."""
    import torch

    described: list[dict[str, str | int]] = []
    for kind in _available():
        if kind == "cuda":
            for index in range(torch.cuda.device_count()):
                properties = torch.cuda.get_device_properties(index)
                described.append(
                    {"device": f"cuda:{index}", "name": properties.name, "memory": properties.total_memory}
                )
        else:
            name = platform.processor() or platform.machine() if kind == "cpu" else "Apple GPU"
            described.append({"device": kind, "name": name, "memory": 0})
    return described


def _available() -> list[str]:
    import torch

    kinds = []
    if torch.cuda.is_available():
        kinds.append("cuda")
    if torch.backends.mps.is_available():
        kinds.append("mps")
    return [*kinds, "cpu"]
