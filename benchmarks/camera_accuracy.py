"""How well the motion of a camera is recovered from the background, on clips that are filmed anew by a moving one.

    python benchmarks/camera_accuracy.py DATA [--clips NAME,...] [--kinds still,pan,follow,shake,whip,zoom]

DATA holds clips.json and videos of standing cameras. Each person is cut out, put before a wall of texture, and filmed
by a camera of the clip's focal length that turns and zooms: pan (20 degrees, 1.3 times), follow (the person stays in
the middle, the picture widens by a quarter), shake (half a degree, held in the hand), whip (35 degrees to and fro),
zoom (1.3 times). Columns: what auto decides; the focal length from the turn over the true one; mean and largest error
of rotation (degrees) and zoom (per cent) at the true focal length, and the mean rotation error at that found.
"""

import argparse
import json
import tempfile
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from posewright.core.camera.background import Shrink
from posewright.core.camera.focal import DEFAULT_FOCAL
from posewright.core.camera.panning import focal_from_turns, follow, look
from posewright.core.camera.turn import STILL, Turn
from posewright.core.footage import read_frames
from posewright.core.values import Keypoints
from posewright.progress import silent
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

Array = NDArray[np.float64]
Picture = NDArray[np.uint8]

KINDS = ("still", "pan", "follow", "shake", "whip", "zoom")
HEADINGS = ("auto", "focal", "rotation", "largest", "zoom %", "largest", "at found")
DIFFERS = 22  # levels by which a person's pixel differs from the empty scene
HALF = np.array([[1.0, 0.0, 0.5], [0.0, 1.0, 0.5], [0.0, 0.0, 1.0]])  # from opencv's pixels to ours


def camera_path(kind: str, times: Array, bearing: Array) -> list[Turn]:
    """Return where the camera looks; ``bearing`` (F,) radians is the person's."""
    rise = 0.5 - 0.5 * np.cos(np.pi * times / times[-1])
    turns, zoom = np.zeros((len(times), 3)), np.ones(len(times))
    if kind == "pan":
        turns[:, 0], turns[:, 1], zoom = np.radians(-3) * rise, np.radians(20) * rise, 1.3**rise
    elif kind == "follow":
        turns[:, 1], zoom = gaussian_filter1d(bearing, 8, mode="nearest"), 1 - 0.25 * rise
    elif kind == "shake":
        rng = np.random.default_rng(4)
        for frames, share in ((15, 1.0), (3, 0.35), (1, 0.1)):
            path = gaussian_filter1d(rng.normal(size=(len(times) + 200, 3)), frames, axis=0)[100 : 100 + len(times)]
            turns += np.radians(0.5) * share * path / path.std(0)
    elif kind == "whip":
        turns[:, 1] = np.radians(35) * np.sin(3 * np.pi * times / times[-1])
    elif kind == "zoom":
        zoom = 1.3**rise
    rotations = Rotation.from_rotvec(turns)
    return [Turn(m, float(z)) for m, z in zip((rotations[0].inv() * rotations).as_matrix(), zoom, strict=True)]


def wall(width: int, height: int) -> Picture:
    """Return a picture with detail of all sizes."""
    rng, picture = np.random.default_rng(0), np.zeros((height, width, 3), np.float32)
    for grain in (3, 6, 12, 25, 60, 150):
        coarse = rng.normal(size=(height // grain + 2, width // grain + 2, 3)).astype(np.float32)
        picture += grain**0.5 * cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(118 + 38 * picture / picture.std(), 0, 255).astype(np.uint8)


def film(video: Path, pixels: Array, focal: float, kind: str, out: Path) -> tuple[Keypoints, list[Turn]]:
    """Write the clip that a moving camera would have filmed; return the person's points in it and the camera."""
    frames = list(read_frames(video))[: len(pixels)]
    height, width = frames[0].image.shape[:2]
    centre, times = np.array([width, height]) / 2, np.array([frame.time for frame in frames])
    turns = camera_path(kind, times, np.arctan((pixels[:, :, 0].mean(1) - centre[0]) / focal))
    empty = np.median([frame.image for frame in frames[::5]], axis=0).astype(int)
    around = wall(3 * width, 3 * height)
    place = np.array([[1.0, 0.0, -width], [0.0, 1.0, -height], [0.0, 0.0, 1.0]])
    writer = cv2.VideoWriter(str(out), cv2.VideoWriter.fourcc(*"mp4v"), 1 / np.diff(times).mean(), (width, height))
    seen = np.empty_like(pixels)
    for index, (frame, turn) in enumerate(zip(frames, turns, strict=True)):
        person = (np.abs(frame.image - empty).max(-1) > DIFFERS).astype(np.uint8)
        person = cv2.dilate(cv2.morphologyEx(person, cv2.MORPH_OPEN, np.ones((3, 3))), np.ones((5, 5)))
        scene = around.copy()
        scene[height : 2 * height, width : 2 * width][person > 0] = frame.image[person > 0]
        to_picture = STILL.homography(turn, focal, centre)
        matrix = np.linalg.inv(HALF) @ to_picture @ place @ HALF
        picture = cv2.warpPerspective(scene, matrix, (width, height), flags=cv2.INTER_AREA)
        writer.write(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
        seen[index] = cv2.perspectiveTransform(pixels[index][None], to_picture)[0]
    writer.release()
    names = tuple(f"point_{number}" for number in range(pixels.shape[1]))
    confidence = np.ones(seen.shape[:2], np.float32)
    return Keypoints(seen.astype(np.float32), confidence, names, times, (width, height)), turns


def figures(clip: Path, keypoints: Keypoints, turns: list[Turn], focal: float) -> list[str]:
    """Return one text for each of ``HEADINGS``."""
    usual, scale = DEFAULT_FOCAL * max(keypoints.image_size), Shrink(keypoints).scale
    glance = look(clip, keypoints, usual, silent)
    found = focal_from_turns(glance.pairs, usual * scale)
    rotation, zoom = errors(clip, keypoints, turns, focal)
    texts = ["moves" if glance.moved else "still", f"{found[0] / scale / focal:.3f}" if found else "-"]
    texts += [f"{rotation.mean():.3f}", f"{rotation.max():.3f}", f"{zoom.mean():.2f}", f"{zoom.max():.2f}"]
    own = errors(clip, keypoints, turns, found[0] / scale)[0].mean() if found else np.nan
    return [*texts, f"{own:.3f}"]


def errors(clip: Path, keypoints: Keypoints, turns: list[Turn], focal: float) -> tuple[Array, Array]:
    """Return the errors (F,) of the rotation in degrees and of the zoom in per cent at a focal length."""
    motion = follow(clip, keypoints, focal, silent).motion
    true = Rotation.from_matrix([turn.rotation for turn in turns])
    off = np.degrees((true.inv() * Rotation.from_matrix(motion.rotation)).magnitude())
    return off, 100 * np.abs(motion.zoom / [turn.zoom for turn in turns] - 1)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--clips", help="names, separated by commas; all by default")
    parser.add_argument("--kinds", default=",".join(KINDS), help="kinds of motion, separated by commas")
    args = parser.parse_args()
    clips = json.loads((args.data / "clips.json").read_text("utf-8"))
    print(f"{'clip':16}{'motion':8}" + "".join(f"{heading:>10}" for heading in HEADINGS))
    for name in args.clips.split(",") if args.clips else clips:
        with np.load(args.data / clips[name]["full_truth"]) as stored:
            pixels, focal = stored["joints2d"].astype(np.float64), float(stored["K"][0, 0])
        for kind in args.kinds.split(","):
            with tempfile.TemporaryDirectory() as folder:
                clip = Path(folder) / "clip.mp4"
                keypoints, turns = film(args.data / clips[name]["video"], pixels, focal, kind, clip)
                row = figures(clip, keypoints, turns, focal)
            print(f"{name:16}{kind:8}" + "".join(f"{text:>10}" for text in row), flush=True)


if __name__ == "__main__":
    main()
