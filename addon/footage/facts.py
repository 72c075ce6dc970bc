"""What Blender knows about footage: its length, its size and its frame rate."""

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import bpy

from ...core.sequence import sequence_of

MINUTE = 60.0


@dataclass(frozen=True)
class Facts:
    """A video as Blender reads it; rate and count are estimates where the rate varies."""

    width: int = 0  # pixels
    height: int = 0
    fps: float = 0.0
    frames: int = 0

    @property
    def seconds(self) -> float:
        """Return the length, 0 when it is not known."""
        return self.frames / self.fps if self.fps > 0 else 0.0


def read_facts(path: Path, rate: float) -> Facts | None:
    """Return the facts of a video, or of pictures of which ``rate`` are a second; None when Blender cannot read it.

    No data-block is left. Not while drawing. Raises PosewrightError for pictures that are no sequence.
    """
    sequence = sequence_of(path)
    if sequence is None and not path.is_file():
        return None
    status = path.stat()
    facts = _read(path, status.st_mtime_ns, status.st_size)
    if facts is not None and sequence is not None:
        return replace(facts, fps=rate, frames=sequence.frames)
    return facts if facts is not None and facts.seconds > 0 else None


@lru_cache(maxsize=16)
def _read(path: Path, changed: int, size: int) -> Facts | None:
    """Read a file once as long as it stays as it is: for every clip that comes and goes Blender draws all views."""
    try:
        clip = bpy.data.movieclips.load(str(path))
    except RuntimeError:
        return None
    try:
        return Facts(int(clip.size[0]), int(clip.size[1]), float(clip.fps), int(clip.frame_duration))
    finally:
        bpy.data.movieclips.remove(clip)


def facts_words(facts: Facts) -> list[str]:
    """Return the facts as people say them, for example 1:05 min, 1920 x 1080, 29.97 fps."""
    rate = f"{facts.fps:.2f}".rstrip("0").rstrip(".")
    return [span_words(facts.seconds), f"{facts.width} x {facts.height}", f"{rate} fps"]


def span_words(seconds: float) -> str:
    """Return a length of time: 5.4 s, 1:05 min, 1:02:09 h."""
    if seconds < MINUTE:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60 * MINUTE:
        return f"{whole // 60}:{whole % 60:02} min"
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02} h"
