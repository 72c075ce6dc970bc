"""Writing a video file that appears complete or not at all."""

import os
from pathlib import Path
from types import TracebackType
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ...errors import PosewrightError

ENDINGS: Final = (".mp4", ".mov", ".mkv", ".avi")
CODECS: Final = ("avc1", "mp4v")
"""H.264 where this build of opencv has an encoder for it, else MPEG-4, which every player knows."""


class VideoFile:
    """A video being written; leaving the ``with`` block without an error puts it in its place."""

    def __init__(self, path: str | os.PathLike[str], fps: float, size: tuple[int, int]) -> None:
        self._target = Path(path)
        if self._target.suffix.lower() not in ENDINGS:
            raise PosewrightError(f"A preview cannot be written as {self._target.name}; name it with the ending .mp4.")
        self._partial = self._target.with_name(f"{self._target.stem}.{os.getpid()}.part{self._target.suffix}")
        self._size = size
        self._frames = 0
        self._writer = self._open(fps)

    def _open(self, fps: float) -> cv2.VideoWriter:
        before = cv2.getLogLevel()
        cv2.setLogLevel(0)
        try:
            for codec in CODECS:
                code = cv2.VideoWriter.fourcc(*codec)
                writer = cv2.VideoWriter(str(self._partial.absolute()), cv2.CAP_FFMPEG, code, fps, self._size)
                if writer.isOpened():
                    return writer
                writer.release()
        finally:
            cv2.setLogLevel(before)
        self._partial.unlink(missing_ok=True)
        raise PosewrightError(
            f"The preview {self._target} could not be started: its folder cannot be written, or this opencv has no "
            "video encoder; leave --preview out, or ask for a --sheet."
        )

    def add(self, picture: NDArray[np.uint8]) -> None:
        """Append an RGB picture (H,W,3) of the size of the video."""
        self._writer.write(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
        self._frames += 1

    def __enter__(self) -> "VideoFile":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.release()
        try:
            if kind is None:
                self._finish()
        finally:
            self._partial.unlink(missing_ok=True)

    def _finish(self) -> None:
        """Check that the encoder wrote all of it (it does not report a full disk), and rename."""
        written = cv2.VideoCapture(str(self._partial.absolute()), cv2.CAP_FFMPEG)
        complete = written.isOpened() and int(written.get(cv2.CAP_PROP_FRAME_COUNT)) >= self._frames
        written.release()
        if not complete:
            raise PosewrightError(
                f"The preview {self._target} is incomplete, probably because the disk is full; make room and try again."
            )
        try:
            self._partial.replace(self._target)
        except OSError as error:
            raise PosewrightError(f"The preview could not be written to {self._target}: {error.strerror}.") from error
