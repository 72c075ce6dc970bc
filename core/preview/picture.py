"""Pictures as files."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ...errors import PosewrightError
from ..outputs import write_whole

Image = NDArray[np.uint8]

PICTURE_ENDINGS = (".png", ".jpg", ".jpeg")


def write_picture(target: Path, page: Image) -> None:
    """Write an RGB picture by its ending; it appears complete or not at all. PosewrightError when that fails."""
    ending = target.suffix.lower()
    if ending not in PICTURE_ENDINGS:
        raise PosewrightError(f"A picture cannot be written as {target.name}; name it with the ending .png.")
    made, data = cv2.imencode(ending, cv2.cvtColor(page, cv2.COLOR_RGB2BGR))
    if not made:
        raise PosewrightError(f"The picture {target} could not be encoded; name it with the ending .png.")
    write_whole(target, data.tobytes())
