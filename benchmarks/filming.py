"""What mistakes in filming cost: the clips with truth, made worse in one way after the other, and captured again.

    python benchmarks/filming.py CLIPS [--ways NAME,...] [--keep DIR] [--picture FILE.jpg]

CLIPS holds videos, truth and clips.json, as ``posewright evaluate --clips`` wants them, with the joints in the picture
in truth/NAME_full.npz. Errors are means over the clips.
"""

import argparse
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from cv2.typing import MatLike
from posewright.core.evaluation.clips import Clip, measure_clips, read_clips
from posewright.core.footage import frame_at, open_footage, read_frames
from posewright.core.lifting import load_lifter
from posewright.core.settings import TrackSettings

MOMENT = 70 / 30  # seconds
WIDTH, HEIGHT = 640, 360  # pixels of the pictured clip
CELL = 320
WHITE, GREY = (255, 255, 255), (40, 40, 40)
PICTURED = ("as it was", "a third as large", "dark and noisy", "out of focus", "compressed", "without shins")
Picture = MatLike
Change = Callable[[Picture, Clip, np.random.Generator], Picture]


def scaled(part: float) -> Change:
    """Film from farther away: the person gets smaller."""
    return lambda image, clip, rng: cv2.resize(image, None, fx=part, fy=part, interpolation=cv2.INTER_AREA)


def dark(image: Picture, clip: Clip, rng: np.random.Generator) -> Picture:
    """A dim room: a tenth of the light, brightened by the phone with all its noise."""
    noisy = image * 0.1 + rng.normal(0.0, 2.5, image.shape)
    return np.clip(np.round(noisy) * 7.0, 0, 255).astype(np.uint8)


def blurred(image: Picture, clip: Clip, rng: np.random.Generator) -> Picture:
    """Out of focus."""
    return cv2.GaussianBlur(image, (0, 0), image.shape[0] / 150)


def compressed(image: Picture, clip: Clip, rng: np.random.Generator) -> Picture:
    """As messengers send it."""
    _, packed = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 8])
    return cv2.imdecode(packed, cv2.IMREAD_COLOR)


def cut_off(image: Picture, clip: Clip, rng: np.random.Generator) -> Picture:
    """Hold the camera too high: from the knees on the legs are below the picture."""
    with np.load(clip.truth.with_name(f"{clip.name}_full.npz")) as truth:
        knees = [list(truth["joint_names"]).index(f"{side}_knee") for side in ("left", "right")]
        row = int(np.median(truth["joints2d"][:, knees, 1]))
    return image[: row // 2 * 2]


def plain(image: Picture, clip: Clip, rng: np.random.Generator) -> Picture:
    """Write it again and nothing else: what the others are compared with."""
    return image


WAYS: dict[str, tuple[Change, int]] = {
    "as it was": (plain, 1),
    "half as large": (scaled(0.5), 1),
    "a third as large": (scaled(1 / 3), 1),
    "15 frames a second": (plain, 2),
    "10 frames a second": (plain, 3),
    "dark and noisy": (dark, 1),
    "out of focus": (blurred, 1),
    "compressed": (compressed, 1),
    "without shins": (cut_off, 1),
}
"""What is done to each picture, and which of them are taken: every first, second or third."""


def filmed(clip: Clip, way: str, folder: Path) -> Clip:
    """Write a clip anew as it would have been filmed."""
    change, every = WAYS[way]
    target, rng, writer = folder / f"{clip.name} {way}.mp4", np.random.default_rng(7), None
    rate = open_footage(clip.video).fps / every
    for frame in read_frames(clip.video):
        if frame.index % every:
            continue
        image = change(cv2.cvtColor(frame.image, cv2.COLOR_RGB2BGR), clip, rng)
        size = (image.shape[1] // 2 * 2, image.shape[0] // 2 * 2)
        if writer is None:
            writer = cv2.VideoWriter(str(target), cv2.VideoWriter.fourcc(*"mp4v"), rate, size)
        writer.write(np.ascontiguousarray(image[: size[1], : size[0]]))
    if writer is not None:
        writer.release()
    return replace(clip, video=target)


def person_height(clip: Clip) -> float:
    """Return how tall the person is in the picture, in pixels: the median over the frames."""
    with np.load(clip.truth.with_name(f"{clip.name}_full.npz")) as truth:
        rows = truth["joints2d"][..., 1]
    return float(np.median(rows.max(1) - rows.min(1)))


def draw(seen: dict[str, tuple[Path, float]], target: Path) -> None:
    """Write a picture of one moment, filmed in each way, with the error; ``seen`` has video and millimetres by way."""
    cells = []
    for way, (video, error) in seen.items():
        frame = frame_at(video, MOMENT).image[..., ::-1]
        if frame.shape[1] < WIDTH:  # show its pixels
            frame = cv2.resize(frame, (WIDTH, HEIGHT), interpolation=cv2.INTER_NEAREST)
        left = (frame.shape[1] - CELL) // 2 - 10
        below = max(HEIGHT - frame.shape[0], 0)
        frame = cv2.copyMakeBorder(
            frame[:HEIGHT, left : left + CELL], 34, 4 + below, 4, 4, cv2.BORDER_CONSTANT, value=WHITE
        )
        words = f"{way}: {error:.0f} mm"
        cells.append(cv2.putText(frame, words, (6, 23), cv2.FONT_HERSHEY_SIMPLEX, 0.6, GREY, 1, cv2.LINE_AA))
    rows = [np.hstack(cells[at : at + 3]) for at in range(0, len(cells) - len(cells) % 3, 3)]
    cv2.imwrite(str(target), np.vstack(rows), [cv2.IMWRITE_JPEG_QUALITY, 82])


def main() -> None:
    """Print a row for each way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", type=Path)
    parser.add_argument("--ways", default=",".join(WAYS))
    parser.add_argument("--keep", type=Path, help="keep the videos in this folder")
    parser.add_argument("--picture", type=Path, help="write a picture of the second clip, filmed in each way")
    words = parser.parse_args()
    clips, lifter = read_clips(words.clips), load_lifter()
    print("people in pixels:", *(f"{clip.name} {person_height(clip):.0f}" for clip in clips))
    print(f"{'way':20}{'PA mm':>8}{'bones °':>9}{'accel mm':>10}{'frames %':>10}   PA by clip, mm")
    seen: dict[str, tuple[Path, float]] = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = words.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for way in words.ways.split(","):
            worse = [filmed(clip, way, folder) for clip in clips]
            found = measure_clips(worse, {"lifter": lifter}, TrackSettings())["lifter"]
            errors = [figures.errors for figures in found if figures.errors]
            lost = [figures.problem for figures in found if not figures.errors]
            names = ("pa_mpjpe_mm", "bone_degrees", "acceleration_mm", "coverage_percent")
            means = [float(np.mean([getattr(error, name) for error in errors])) for name in names]
            cells = "".join(f"{mean:{width}.1f}" for mean, width in zip(means, (8, 9, 10, 10), strict=True))
            seen[way] = worse[1].video, means[0]
            print(f"{way:20}{cells}  ", *(f"{error.pa_mpjpe_mm:.0f}" for error in errors), *lost, flush=True)
        if words.picture:
            draw({way: seen[way] for way in PICTURED if way in seen}, words.picture)


if __name__ == "__main__":
    main()
