"""Single pictures as a screen shows them: RGB, eight bits, upright."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import PosewrightError

if TYPE_CHECKING:
    import cv2

HIGH_RANGE = ".exr"  # linear light, in floating point


def read_picture(path: Path) -> NDArray[np.uint8]:
    """Return a picture (H,W,3); one of linear light is shown as sRGB, and what is brighter than white is white.

    Raises PosewrightError when it is missing or cannot be decoded.
    """
    os.environ.setdefault("OPENCV_IO_ENABLE_OPENEXR", "1")  # asked when the first EXR is read
    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
    import cv2

    is_linear = path.suffix.lower() == HIGH_RANGE
    try:
        data = np.fromfile(path, np.uint8)  # by ourselves: names of other alphabets fail in OpenCV on Windows
    except OSError as error:
        raise PosewrightError(f"{path} cannot be read: {error.strerror}.") from error
    image = _decoded(data, cv2.IMREAD_COLOR | (cv2.IMREAD_ANYDEPTH if is_linear else 0))
    if image is None:
        raise PosewrightError(f"{path} cannot be read as a picture; it may be damaged, so render or export it again.")
    return np.asarray(cv2.cvtColor(_shown(image) if is_linear else image, cv2.COLOR_BGR2RGB), np.uint8)


def _decoded(data: NDArray[np.uint8], flags: int) -> "cv2.typing.MatLike | None":
    import cv2

    try:
        return cv2.imdecode(data, flags) if len(data) else None
    except cv2.error:
        return None


def _shown(linear: Any) -> NDArray[np.uint8]:
    """Return linear light as sRGB (IEC 61966-2-1)."""
    light = np.clip(np.nan_to_num(np.asarray(linear, np.float32), posinf=1.0, neginf=0.0), 0.0, 1.0)
    shown = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.round(shown * 255.0).astype(np.uint8)
