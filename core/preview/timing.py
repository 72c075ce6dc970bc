"""Which frame of the footage and which of the take belong to a moment."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ...errors import PosewrightError
from ..footage import Frame, Source, open_footage, read_frames
from ..take import Take


def nearest(times: NDArray[np.float64], moment: float) -> int:
    """Return the index of the ascending time (F,) that is nearest to a moment."""
    after = int(np.searchsorted(times, moment))
    if after == 0 or (after < len(times) and times[after] - moment < moment - times[after - 1]):
        return after
    return after - 1


def take_times(take: Take) -> NDArray[np.float64]:
    """Return the time in the footage of every frame of the take."""
    return np.arange(take.frames) / take.fps if take.times is None else np.asarray(take.times, np.float64)


def frames_at(clip: Source, moments: NDArray[np.float64]) -> Iterator[tuple[float, Frame]]:
    """Yield each of the ascending moments (seconds) with the footage's frame nearest to it, in one reading.

    After the end of the footage its last frame stays.
    """
    info = open_footage(clip)
    frames = read_frames(info, end=float(moments[-1]) + 1.0)
    current = next(frames, None)
    if current is None:
        raise PosewrightError(f"{info.path} holds no picture at the time of the take, so nothing can be drawn.")
    following = next(frames, None)
    for moment in moments:
        while following is not None and abs(following.time - moment) <= abs(current.time - moment):
            current, following = following, next(frames, None)
        yield float(moment), current
