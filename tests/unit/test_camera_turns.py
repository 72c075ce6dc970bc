"""A camera that turns and zooms: the model, its fit, and what is recovered from the background of real videos."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from posewright.core.camera.background import Shrink
from posewright.core.camera.panning import focal_from_turns, follow, look, travels
from posewright.core.camera.study import known_camera, study_camera
from posewright.core.camera.turn import STILL, Turn, fit_turn
from posewright.core.footage import open_footage, read_frames
from posewright.core.settings import TrackSettings
from posewright.core.values import Keypoints
from posewright.progress import silent
from scipy.spatial.transform import Rotation

Array = NDArray[np.float64]

WIDTH, HEIGHT, FOCAL, FPS = 480, 270, 400.0, 25.0
CENTRE = np.array([WIDTH, HEIGHT]) / 2


def texture(seed: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return a picture with detail of all sizes, as photographs have."""
    rng = np.random.default_rng(seed)
    width, height = size
    picture = np.zeros((height, width), np.float32)
    for grain in (4, 9, 20, 50, 120):
        coarse = rng.normal(size=(height // grain + 2, width // grain + 2)).astype(np.float32)
        picture += grain**0.5 * cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)
    return np.clip(120 + 38 * picture / picture.std(), 0, 255).astype(np.uint8)


def film(path: Path, turns: list[Turn], travel: float = 0.0, plain: bool = False, seed: int = 1) -> Keypoints:
    """Write what a turning camera sees of a wall of texture and a person who walks; return the person's keypoints.

    With ``travel`` pixels the camera moves sideways past a far and a near layer.
    """
    wall = np.full((3 * HEIGHT, 3 * WIDTH), 128, np.uint8) if plain else texture(seed, (3 * WIDTH, 3 * HEIGHT))
    near = texture(seed + 1, (3 * WIDTH, 3 * HEIGHT))
    patches = cv2.resize(np.random.default_rng(seed).random((9, 16)), near.shape[::-1], interpolation=cv2.INTER_NEAREST)
    body = texture(seed + 2, (60, 150))
    half = np.array([[1.0, 0.0, 0.5], [0.0, 1.0, 0.5], [0.0, 0.0, 1.0]])
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), FPS, (WIDTH, HEIGHT))  # pyright: ignore
    points = np.zeros((len(turns), 4, 2), np.float32)
    for index, turn in enumerate(turns):
        to_picture = STILL.homography(turn, FOCAL, CENTRE)
        done = index / max(len(turns) - 1, 1)

        def seen(layer: NDArray[np.uint8], shift: float, to: Array = to_picture) -> NDArray[np.uint8]:
            place = np.array([[1.0, 0.0, -WIDTH - shift], [0.0, 1.0, -HEIGHT], [0.0, 0.0, 1.0]])
            matrix = np.linalg.inv(half) @ to @ place @ half
            return np.asarray(cv2.warpPerspective(layer, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_AREA), np.uint8)

        scene = wall.copy()
        left = WIDTH + 60 + round(200 * done)
        scene[HEIGHT + 70 : HEIGHT + 220, left : left + 60] = body
        picture = seen(scene, travel * done)
        if travel:
            mask = seen((patches < 0.4).astype(np.uint8), 2.5 * travel * done)
            picture = np.where(mask > 0, seen(near, 2.5 * travel * done), picture)
        corners = np.array([[0, 70], [60, 70], [60, 220], [0, 220]], float)
        corners[:, 0] += left - WIDTH
        points[index] = cv2.perspectiveTransform(corners[None], to_picture)[0]
        writer.write(cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR))
    writer.release()
    times = np.arange(len(turns)) / FPS
    return Keypoints(points, np.ones((len(turns), 4), np.float32), ("a", "b", "c", "d"), times, (WIDTH, HEIGHT))


def turning(frames: int) -> list[Turn]:
    """Return a camera that turns 20 degrees to the side, 3 up, and zooms in by 1.3."""
    share = 0.5 - 0.5 * np.cos(np.linspace(0, np.pi, frames))
    return [STILL.turned(np.radians([-3 * s, 20 * s, 0.0]), 1.3**s) for s in share]


def shaking(frames: int) -> list[Turn]:
    """Return a camera held in the hand: about half a degree of trembling."""
    rng = np.random.default_rng(5)
    path = cv2.GaussianBlur(rng.normal(size=(frames + 40, 3)), (1, 0), sigmaX=0.1, sigmaY=4.0)[20 : 20 + frames]
    path = np.radians(0.5) * path / path.std(0)
    return [STILL.turned(vector - path[0]) for vector in path]


def off(found: NDArray[np.float64], turns: list[Turn]) -> Array:
    """Return by how many degrees rotations are off."""
    true = Rotation.from_matrix([turn.rotation for turn in turns])
    return np.degrees((true.inv() * Rotation.from_matrix(found)).magnitude())


def test_fit_finds_turn_and_zoom_among_strays() -> None:
    rng = np.random.default_rng(2)
    there = STILL.turned(np.radians([2.0, 8.0, 1.0]), 1.15)
    here = rng.uniform([-240, -135], [240, 135], (200, 2))
    rays = STILL.rays(here, FOCAL)
    pixels = there.pixels(rays, FOCAL) + rng.normal(0, 0.3, here.shape)
    pixels[:60] += rng.uniform(10, 30, (60, 2))
    fit = fit_turn(rays, pixels, FOCAL, STILL.turned(np.radians([1.0, 7.0, 0.0]), 1.1))
    assert off(fit.turn.rotation[None], [there])[0] < 0.03
    assert fit.turn.zoom == pytest.approx(there.zoom, rel=1e-3)
    assert fit.agree[60:].mean() > 0.98
    assert fit.agree[:60].sum() == 0


def test_homography_is_that_of_the_pixels() -> None:
    turn = STILL.turned(np.radians([3.0, -10.0, 2.0]), 1.2)
    pixels = np.array([[10.0, 20.0], [300.0, 200.0]])
    there = turn.pixels(STILL.rays(pixels - CENTRE, FOCAL), FOCAL) + CENTRE
    mapped = cv2.perspectiveTransform(pixels[None], STILL.homography(turn, FOCAL, CENTRE))[0]
    np.testing.assert_allclose(mapped, there, atol=1e-9)


@pytest.mark.parametrize("moves", [turning, shaking])
def test_turning_camera_is_followed(tmp_path: Path, moves: Callable[[int], list[Turn]]) -> None:
    turns = moves(36)
    keypoints = film(tmp_path / "clip.mp4", turns)
    usual = 0.9 * WIDTH  # 8 % too much
    seen = look(tmp_path / "clip.mp4", keypoints, usual, silent)
    assert seen.moved
    found = focal_from_turns(seen.pairs, usual)
    assert found is not None
    assert abs(np.log(found[0] / FOCAL)) < 0.03
    assert not travels(seen.pairs, found[0])
    panned = follow(tmp_path / "clip.mp4", keypoints, FOCAL, silent)
    assert panned.lost == 0
    assert panned.motion.kind == "pan"
    assert off(panned.motion.rotation, turns).max() < 0.05
    zoom = np.array([turn.zoom for turn in turns])
    assert np.abs(panned.motion.zoom / zoom - 1).max() < 0.002
    assert not panned.motion.position.any()


def test_standing_camera_is_recognised(tmp_path: Path) -> None:
    keypoints = film(tmp_path / "clip.mp4", [STILL] * 30)
    seen = look(tmp_path / "clip.mp4", keypoints, FOCAL, silent)
    assert seen.moved is False
    assert seen.shift < 0.0005
    assert focal_from_turns(seen.pairs, FOCAL) is None


def test_a_moment_is_enough_to_say_that_a_camera_stands_still(tmp_path: Path) -> None:
    keypoints = film(tmp_path / "clip.mp4", [STILL] * 2)
    assert look(tmp_path / "clip.mp4", keypoints, FOCAL, silent).moved is False


def test_one_small_push_is_no_motion(tmp_path: Path) -> None:
    pushed = STILL.turned(np.radians([0.0, 0.3, 0.0]))
    keypoints = film(tmp_path / "clip.mp4", [STILL] * 40 + [pushed] * 40)
    assert look(tmp_path / "clip.mp4", keypoints, FOCAL, silent).moved is False


def test_travelling_camera_is_told(tmp_path: Path) -> None:
    keypoints = film(tmp_path / "clip.mp4", [STILL] * 40, travel=60.0)
    seen = look(tmp_path / "clip.mp4", keypoints, FOCAL, silent)
    assert seen.moved
    assert travels(seen.pairs, FOCAL)


def test_the_study_of_a_clip(tmp_path: Path) -> None:
    """What users get: the kind that auto found, a focal length nearer to the truth, facts, no needless warning."""
    clip = tmp_path / "clip.mp4"
    keypoints = film(clip, turning(36))
    info = open_footage(clip)
    studied = study_camera(known_camera(TrackSettings(), info), info, keypoints)
    assert studied.motion is not None
    assert studied.warnings == []
    assert studied.facts["kind"] == "pan"
    assert studied.facts["focal_source"] == "background"
    assert 2 < studied.facts["focal_sigma_percent"] < 8
    assert studied.focal.px == pytest.approx(FOCAL, rel=0.03)
    assert studied.motion.zoom.min() == 1.0
    assert studied.camera.focal_px * studied.motion.zoom[0] == pytest.approx(studied.focal.px)
    given = study_camera(known_camera(TrackSettings(focal_px=410.0), info), info, keypoints)
    assert (given.focal.px, given.focal.source) == (410.0, "--focal-px")
    still = study_camera(known_camera(TrackSettings(camera="static"), info), info, keypoints)
    assert still.motion is None


def test_the_study_warns_of_travel_and_of_frames_without_background(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    keypoints = film(clip, [STILL] * 40, travel=60.0)
    info = open_footage(clip)
    keypoints.points[10:15] = [[-50, -50], [WIDTH + 50, -50], [WIDTH + 50, HEIGHT + 50], [-50, HEIGHT + 50]]
    studied = study_camera(known_camera(TrackSettings(), info), info, keypoints)
    assert studied.facts["travels"]
    assert any("travelled" in warning for warning in studied.warnings)
    assert any("background could not be followed" in warning for warning in studied.warnings)


def test_plain_background_tells_nothing(tmp_path: Path) -> None:
    keypoints = film(tmp_path / "clip.mp4", [STILL] * 20, plain=True)
    assert look(tmp_path / "clip.mp4", keypoints, FOCAL, silent).moved is None
    info = open_footage(tmp_path / "clip.mp4")
    studied = study_camera(known_camera(TrackSettings(), info), info, keypoints)
    assert studied.motion is None
    assert any("too plain" in warning for warning in studied.warnings)
    panned = follow(tmp_path / "clip.mp4", keypoints, FOCAL, silent)
    assert panned.lost == 1.0
    np.testing.assert_array_equal(panned.motion.rotation, np.tile(np.eye(3), (20, 1, 1)))


def test_frames_without_background_are_bridged(tmp_path: Path) -> None:
    turns = turning(45)
    keypoints = film(tmp_path / "clip.mp4", turns)
    keypoints.points[20:26] = [[-50, -50], [WIDTH + 50, -50], [WIDTH + 50, HEIGHT + 50], [-50, HEIGHT + 50]]
    panned = follow(tmp_path / "clip.mp4", keypoints, FOCAL, silent)
    assert panned.lost == pytest.approx(6 / 45)
    assert off(panned.motion.rotation, turns).max() < 0.3


def test_person_is_left_out_of_the_background() -> None:
    box = np.array([[[100, 50], [160, 50], [160, 200], [100, 200]]], np.float32)
    keypoints = Keypoints(box, np.ones((1, 4), np.float32), ("a", "b", "c", "d"), np.zeros(1), (1280, 720))
    picture = Shrink(keypoints)(np.zeros((720, 1280, 3), np.uint8), 0.0)
    assert picture.grey.shape == (360, 640)
    assert picture.allowed[25:100, 50:80].max() == 0
    assert picture.allowed[:, 150:].min() == 255


def test_shared_clips_were_filmed_by_standing_cameras(shared: Path) -> None:
    """No keypoints here: the people count as background, and are outvoted."""
    for name in ("synthetic/videos/s3_jump_angle", "multiview/videos/cal_cam0", "real/caliscope_rot90"):
        clip = shared / "clips" / f"{name}.mp4"
        times = np.array([frame.time for frame in read_frames(clip)])
        size = (854, 480) if "synthetic" in name else (1280, 720)
        empty = np.full((len(times), 1, 2), np.nan, np.float32)
        nobody = Keypoints(empty, np.zeros((len(times), 1), np.float32), ("nose",), times, size)
        assert look(clip, nobody, 0.9 * max(size), silent).moved is False, name
