"""2D keypoints to 3D poses in camera axes."""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

    from .lifter import Lifter


def load_lifter(name_or_path: str | os.PathLike[str] = "default", device: "str | torch.device" = "auto") -> "Lifter":
    """Load a lifter: "default" (the one that ships), an imported name, or a weights file.

    A file may be one of ours (``.safetensors``) or an official TCPFormer checkpoint (``.pth.tr``).
    Raises UsageError for an unknown name and PosewrightError for a missing or unsuitable file or device.
    """
    from .lifter import load

    return load(name_or_path, device)
