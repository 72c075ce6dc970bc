"""Video files and numbered pictures: upright RGB frames with their true times, read as a stream.

Frames are always read in order. Positions asked of the decoder by frame number are not trusted, and
neither is frame number divided by frame rate: phone video has a variable rate.
"""

import math
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ..errors import PosewrightError, UsageError
from .pictures import read_picture
from .sequence import sequence_of

if TYPE_CHECKING:
    import cv2

COMPLETE = 0.9
"""A clip that yields less than this part of its announced frames and duration is damaged."""


RUN_UP = 1.0
"""Seconds before a wanted frame at which the decoder is asked to begin."""


@dataclass(frozen=True)
class FootageInfo:
    """What a video file says about itself; ``fps``, ``frame_count`` and ``duration`` are estimates.

    Of numbered pictures ``fps`` is what was given.
    """

    path: Path  # with # for the digits of numbered pictures
    width: int  # pixels of the upright picture
    height: int
    fps: float
    frame_count: int
    duration: float  # seconds
    pictures: tuple[Path, ...] = ()  # the files of a sequence, in order; none of a video


Source = str | os.PathLike[str] | FootageInfo
"""Footage by its name, or as ``open_footage`` described it."""


Moment = tuple[float, int, Callable[[], NDArray[np.uint8]]]
"""Time, index, and what decodes the frame that is there."""


@dataclass(frozen=True)
class Frame:
    """One picture of a clip."""

    image: NDArray[np.uint8]  # (H,W,3) RGB, upright
    time: float  # seconds, from the container, or by the rate of a sequence
    index: int  # position in the file, from 0


def open_footage(source: Source, rate: float | None = None) -> FootageInfo:
    """Check that there is a video, or a sequence of numbered pictures, and describe it.

    A sequence is meant by its folder, by a pattern such as ``walk_####.png``, or by its first picture; it is filmed at
    ``rate`` frames a second, which a video tells itself. Raises PosewrightError for missing, empty, incomplete or
    undecodable files, UsageError for a sequence without a rate.
    """
    if isinstance(source, FootageInfo):
        return source
    path = Path(source)
    sequence = sequence_of(path)
    if sequence is not None:
        if rate is None:
            raise UsageError(
                f"{sequence.path} is a sequence of pictures, which tells no frame rate: say it, for example --fps 24."
            )
        height, width = read_picture(sequence.pictures[0]).shape[:2]
        seconds = sequence.frames / rate
        return FootageInfo(sequence.path, width, height, rate, sequence.frames, seconds, sequence.pictures)
    capture = _open(path)
    try:
        found, image = capture.read()
        if not found:
            raise PosewrightError(f"{path} holds no picture that can be decoded. Try to play or re-export it.")
        height, width = _upright(image, _turns(capture)).shape[:2]
        return _describe(path, capture, width, height)
    finally:
        capture.release()


def read_frames(
    source: Source, start: float | None = None, end: float | None = None, every: float = 0.0
) -> Iterator[Frame]:
    """Yield the frames whose time lies in ``start`` .. ``end`` (seconds, inclusive), in order.

    Frames that come less than ``every`` seconds after the last one are passed over, which is quicker. Only one frame is
    held at a time. Raises PosewrightError like ``open_footage``, at the end when the file breaks off clearly before
    its announced end, and when the pictures of a sequence differ in size.
    """
    info = open_footage(source)
    due = -np.inf
    for time, index, retrieve in _pictures(info) if info.pictures else _grabbed(info):
        if end is not None and time > end:
            return
        if (start is None or time >= start) and time >= due:
            due = time + every
            yield Frame(retrieve(), time, index)


def _pictures(info: FootageInfo) -> Iterator[Moment]:
    """Yield the moments of a sequence."""
    for index, path in enumerate(info.pictures):
        yield index / info.fps, index, partial(_picture, info, path)


def _picture(info: FootageInfo, path: Path) -> NDArray[np.uint8]:
    image = read_picture(path)
    height, width = image.shape[:2]
    if (width, height) != (info.width, info.height):
        raise PosewrightError(
            f"{path} has {width} x {height} pixels, but the first picture of the sequence has {info.width} x "
            f"{info.height}; all must have the same size."
        )
    return image


def _grabbed(info: FootageInfo) -> Iterator[Moment]:
    """Yield the moments of a video; PosewrightError at the end when it breaks off."""
    import cv2

    capture = _open(info.path)
    try:
        turns = _turns(capture)
        time, index = -1.0 / info.fps, -1
        while capture.grab():
            index += 1
            time = _next_time(capture.get(cv2.CAP_PROP_POS_MSEC) / 1000.0, time, info.fps, index)
            yield time, index, partial(_retrieve, capture, info, turns, time)
        _check_complete(info, index + 1, time)
    finally:
        capture.release()


def _retrieve(capture: "cv2.VideoCapture", info: FootageInfo, turns: int, time: float) -> NDArray[np.uint8]:
    """Decode the frame that was grabbed."""
    import cv2

    found, image = capture.retrieve()
    if not found:
        raise PosewrightError(f"{info.path} is damaged at {time:.2f} s. Re-export it and try again.")
    return np.asarray(cv2.cvtColor(_upright(image, turns), cv2.COLOR_BGR2RGB), np.uint8)


def frame_at(source: Source, seconds: float) -> Frame:
    """Return the first frame from a time on, or the last one when there is none; its index is -1, nobody has counted.

    The decoder is asked for a place a little earlier; when the true time stamps say that it went too far, the video is
    read from its start. Raises PosewrightError like ``open_footage``.
    """
    info = open_footage(source)
    if info.pictures:
        index = min(max(math.ceil(seconds * info.fps - 0.5), 0), info.frame_count - 1)
        return Frame(_picture(info, info.pictures[index]), index / info.fps, -1)
    wanted = min(seconds, max(info.duration - 1.0 / info.fps, 0.0))
    for begin in (wanted - RUN_UP, 0.0):
        found = _first_from(info, max(begin, 0.0), seconds)
        if found is not None and (found.time <= seconds + 1.5 / info.fps or begin <= 0.0):
            return found
    raise PosewrightError(f"{info.path} holds no picture that can be decoded. Try to play or re-export it.")


def _first_from(info: FootageInfo, begin: float, seconds: float) -> Frame | None:
    import cv2

    capture = _open(info.path)
    try:
        if begin > 0:
            capture.set(cv2.CAP_PROP_POS_MSEC, begin * 1000.0)
        image, time = None, 0.0
        while capture.grab():
            time = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000.0
            enough = time >= seconds - 0.5 / info.fps
            if enough or time >= info.duration - 2.0 / info.fps:
                image = capture.retrieve()[1]
            if enough:
                break
        if image is None:
            return None
        return Frame(np.asarray(cv2.cvtColor(_upright(image, _turns(capture)), cv2.COLOR_BGR2RGB), np.uint8), time, -1)
    finally:
        capture.release()


def _open(source: Path) -> "cv2.VideoCapture":
    _check_file(source)
    # The decoder writes its complaints to stderr past Python; users get one sentence from us instead.
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
    import cv2

    # An absolute path, because ffmpeg would read "take:1.mp4" as a protocol named "take".
    capture = cv2.VideoCapture(str(source.absolute()), cv2.CAP_FFMPEG)
    if not capture.isOpened():
        raise PosewrightError(f"{source} cannot be read as a video. It may be damaged or of an unsupported format.")
    # Whether the decoder turns pictures by itself differs between its versions, so we do it.
    capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 0)
    return capture


def _turns(capture: "cv2.VideoCapture") -> int:
    """Return by how many quarters, clockwise, the pictures of a phone held sideways must be turned."""
    import cv2

    degrees = capture.get(cv2.CAP_PROP_ORIENTATION_META)
    return round(degrees / 90.0) % 4 if np.isfinite(degrees) else 0


def _upright(image: "cv2.typing.MatLike", turns: int) -> "cv2.typing.MatLike":
    import cv2

    if turns == 0:
        return image
    return cv2.rotate(image, (cv2.ROTATE_90_CLOCKWISE, cv2.ROTATE_180, cv2.ROTATE_90_COUNTERCLOCKWISE)[turns - 1])


def _check_file(source: Path) -> None:
    if source.is_dir():
        raise PosewrightError(
            f"{source} is a folder without numbered pictures. Give a video file, or a folder of numbered pictures."
        )
    if not source.is_file():
        raise PosewrightError(f"There is no file {source}.")
    try:
        size = source.stat().st_size
        if size == 0:
            raise PosewrightError(f"{source} is empty. Copy or export the video again.")
        with source.open("rb") as stream:
            broken_off = _breaks_off(stream, size)
    except OSError as error:
        raise PosewrightError(f"{source} cannot be read: {error.strerror}.") from error
    if broken_off:
        raise PosewrightError(f"{source} is incomplete: the file breaks off early. Copy or download it again.")


def _breaks_off(stream: BinaryIO, size: int) -> bool:
    """Tell whether an MP4/MOV file ends inside one of its top-level boxes (ISO 14496-12); False for other formats."""
    position = 0
    while position + 8 <= size:
        stream.seek(position)
        header = stream.read(16)
        if position == 0 and header[4:8] != b"ftyp":
            return False
        length = int.from_bytes(header[:4], "big")
        if length == 0:  # the box reaches to the end of the file
            return False
        if length == 1:  # a 64-bit length follows
            length = int.from_bytes(header[8:16], "big")
        if length < 8:  # padding, not a box: let the decoder judge
            return False
        position += length
    return position > size


def _describe(source: Path, capture: "cv2.VideoCapture", width: int, height: int) -> FootageInfo:
    import cv2

    fps = float(capture.get(cv2.CAP_PROP_FPS))
    if not np.isfinite(fps) or fps <= 0:
        fps = 30.0
    count = capture.get(cv2.CAP_PROP_FRAME_COUNT)
    frames = int(count) if np.isfinite(count) and count > 0 else 0
    return FootageInfo(source, width, height, fps, frames, frames / fps)


def _next_time(stamp: float, previous: float, fps: float, index: int) -> float:
    """Return the container's stamp, or one frame after the previous where stamps are missing or go back."""
    if np.isfinite(stamp) and (index == 0 or stamp > previous):
        return max(stamp, 0.0) if index == 0 else stamp
    return previous + 1.0 / fps


def _check_complete(info: FootageInfo, frames: int, last_time: float) -> None:
    """Raise when both the count and the time of the frames fall clearly short of what the file announced.

    Either alone is no proof: counts are guessed in containers without an index, rates in clips of variable rate.
    """
    too_few = frames < COMPLETE * info.frame_count - 5
    too_short = last_time + 1.0 / info.fps < COMPLETE * info.duration
    if too_few and too_short:
        raise PosewrightError(
            f"{info.path} breaks off after {frames} of {info.frame_count} frames. Copy or export the video again."
        )
