"""Pictures that let a person judge a take: footage beside result, as a video or as one sheet."""

import os

from ...progress import Progress, silent
from ..take import Take


def render_preview(
    take: Take, clip: str | os.PathLike[str], out: str | os.PathLike[str], progress: Progress = silent
) -> None:
    """Write a video of three panels: footage with keypoints, the result seen from there, and from the side.

    Raises PosewrightError when the footage cannot be read or the video cannot be written.
    """
    from .render import render

    render(take, clip, out, progress)


def contact_sheet(
    take: Take, clip: str | os.PathLike[str], out: str | os.PathLike[str], progress: Progress = silent
) -> None:
    """Write one picture with eight moments of the take, each as the three panels of the preview.

    Raises PosewrightError when the footage cannot be read or the picture cannot be written.
    """
    from .sheet import draw_sheet

    draw_sheet(take, clip, out, progress)
