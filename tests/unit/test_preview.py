"""The preview: the right frame beside the right pose, limbs where they belong, files whole or absent."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from posewright.core.preview import contact_sheet, render_preview
from posewright.core.preview.figure import LEFT, RIGHT, capsules
from posewright.core.preview.overlay import draw_keypoints
from posewright.core.preview.panels import Panels, Window
from posewright.core.preview.render import layout
from posewright.core.preview.scene import Stage, draw_person
from posewright.core.preview.timing import frames_at, nearest
from posewright.core.preview.view import footage_view, side_views, stature
from posewright.core.skeleton import BLAZEPOSE_KEYPOINTS, JOINTS
from posewright.core.take import Take
from posewright.errors import Cancelled, PosewrightError

FPS = 25.0
SIZE = (320, 240)
STANDING = {
    "pelvis": (0, 0, 0.95),
    "hip": (0.10, 0, 0.93),
    "knee": (0.12, -0.05, 0.5),
    "ankle": (0.12, 0, 0.08),
    "heel": (0.12, 0.05, 0.03),
    "foot_index": (0.12, -0.14, 0.02),
    "spine": (0, 0.02, 1.15),
    "thorax": (0, 0.03, 1.42),
    "neck": (0, 0.02, 1.50),
    "nose": (0, -0.1, 1.62),
    "head": (0, 0, 1.75),
    "shoulder": (0.19, 0.02, 1.40),
    "elbow": (0.45, 0.0, 1.38),
    "wrist": (0.68, -0.05, 1.40),
}


def standing(frames: int = 20) -> Take:
    """A person who faces -Y, towards a camera 4 m away, arms out, and walks sideways a little."""
    pose = []
    for name in JOINTS:
        side, _, part = name.partition("_")
        x, y, z = STANDING[part] if side in ("left", "right") else STANDING[name]
        pose.append((-x if side == "right" else x, y, z))
    joints = np.repeat(np.array(pose, np.float32)[None], frames, 0)
    joints[..., 0] += np.linspace(-0.2, 0.2, frames, dtype=np.float32)[:, None]
    camera = np.eye(4)
    camera[:3, :3] = [[1, 0, 0], [0, 0, 1], [0, -1, 0]]  # x right, y down, z along +Y
    camera[:3, 3] = [0, -4, 1]
    camera[:3, :3] = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]], float).T
    return Take(
        joints,
        JOINTS,
        FPS,
        contacts=np.ones((frames, 4), np.float32),
        focal_px=380.0,
        principal_point=(160.0, 120.0),
        image_size=SIZE,
        world_from_camera=camera,
    )


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One second of footage that grows brighter: frame i has the value 8 i + 20."""
    path = tmp_path_factory.mktemp("clip") / "ramp.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), FPS, SIZE)
    for index in range(25):
        writer.write(np.full((SIZE[1], SIZE[0], 3), 8 * index + 20, np.uint8))
    writer.release()
    return path


def read_all(path: Path) -> list[np.ndarray]:
    capture, frames = cv2.VideoCapture(str(path)), []
    while (found := capture.read())[0]:
        frames.append(found[1])
    return frames


def hue_at(picture: np.ndarray, place: np.ndarray) -> np.ndarray:
    x, y = np.round(place).astype(int)
    return picture[y - 1 : y + 2, x - 1 : x + 2].reshape(-1, 3).mean(0)


def test_every_moment_shows_its_own_frame(clip: Path, tmp_path: Path) -> None:
    take = standing(10)
    take.times = 0.4 + np.arange(10) / FPS  # the take begins in the middle of the clip
    render_preview(take, clip, tmp_path / "p.mp4")
    frames = read_all(tmp_path / "p.mp4")
    assert len(frames) == 10
    window, side = layout(*SIZE)
    assert frames[0].shape[1] == pytest.approx(2 * window.size[0] + side[0] + 8, abs=1)
    # two encodings shift all grey levels alike; neighbouring frames are 8 levels apart
    shown = np.array([frame[100, 20].mean() for frame in frames])
    source = np.array([frame[100, 20].mean() for frame in read_all(clip)])
    errors = [np.abs(shown - source[begin : begin + 10]).mean() for begin in range(16)]
    assert int(np.argmin(errors)) == 10
    assert sorted(path.name for path in tmp_path.iterdir()) == ["p.mp4"]


def test_uneven_times_play_in_real_time(clip: Path, tmp_path: Path) -> None:
    take = standing(3)
    take.times = np.array([0.0, 0.08, 0.8])
    render_preview(take, clip, tmp_path / "p.mp4")
    assert len(read_all(tmp_path / "p.mp4")) == 21  # 0.8 s at 25 frames/s, both ends


def test_frames_at_reads_once_and_holds_the_last(clip: Path) -> None:
    moments = np.array([0.0, 0.05, 0.49, 0.51, 5.0])
    indices = [frame.index for _, frame in frames_at(clip, moments)]
    assert indices == [0, 1, 12, 13, 24]
    with pytest.raises(PosewrightError, match="no file"):
        next(frames_at("missing.mp4", moments))


def test_nearest() -> None:
    times = np.array([0.0, 1.0, 3.0])
    assert [nearest(times, m) for m in (-5, 0.4, 0.6, 1.9, 2.1, 9)] == [0, 0, 1, 1, 2, 2]


def test_limbs_are_drawn_where_the_camera_sees_them() -> None:
    take = standing()
    panels = Panels(take, SIZE[0], (200, 240))
    picture = panels.same_view(0, Window(0, 0, *SIZE, SIZE))
    twice = panels.same_view(0, Window(80, 60, 160, 120, SIZE))  # a part, enlarged
    for side, colour in (("left", LEFT), ("right", RIGHT)):
        shin = (take.joint(f"{side}_knee")[0] + take.joint(f"{side}_ankle")[0]) / 2
        forearm = (take.joint(f"{side}_elbow")[0] + take.joint(f"{side}_wrist")[0]) / 2
        for point in (shin, forearm):
            x, y, _ = panels.camera.project(point)
            for image, place in ((picture, (x, y)), (twice, ((x - 80) * 2, (y - 60) * 2))):
                if 2 < place[0] < SIZE[0] - 2 and 2 < place[1] < SIZE[1] - 2:
                    seen = hue_at(image, np.array(place))
                    assert seen @ colour / np.linalg.norm(seen) / np.linalg.norm(colour) > 0.97
    # the person's left is at the right of the picture of a camera in front of it
    assert panels.camera.project(take.joint("left_wrist")[0])[0] > SIZE[0] / 2


def test_a_turning_camera_is_gone_along_with() -> None:
    take = standing(3)
    assert take.world_from_camera is not None
    take.camera_path = np.tile(take.world_from_camera, (3, 1, 1))
    for index, angle in enumerate(np.radians([0.0, 6.0, 12.0])):
        c, s = np.cos(angle), np.sin(angle)
        take.camera_path[index, :3, :3] = take.world_from_camera[:3, :3] @ [[c, 0, s], [0, 1, 0], [-s, 0, c]]
    take.focal_path = np.array([380.0, 400.0, 420.0])
    panels = Panels(take, SIZE[0], (200, 240))
    moved = np.linalg.inv(take.camera_path[2]) @ [*take.joint("left_knee")[2], 1.0]
    expected = take.focal_path[2] * moved[:2] / moved[2] + take.principal_point
    np.testing.assert_allclose(footage_view(take, 2).project(take.joint("left_knee")[2])[:2], expected, atol=1e-6)
    shin = (take.joint("left_knee")[2] + take.joint("left_ankle")[2]) / 2
    seen = hue_at(panels.same_view(2, Window(0, 0, *SIZE, SIZE)), footage_view(take, 2).project(shin)[:2])
    assert seen @ LEFT / np.linalg.norm(seen) / np.linalg.norm(LEFT) > 0.97
    boxes = [panels.person_box(index) for index in (0, 2)]
    assert boxes[0] is not None and boxes[1] is not None
    assert boxes[1][0] < boxes[0][0] - 50, "the camera turned to the right"


def test_nearer_limb_hides_the_farther_one() -> None:
    take = standing()
    for forward, expected in ((-0.4, LEFT), (0.4, RIGHT)):
        joints = take.joints[0].copy()
        centre = (joints[JOINTS.index("left_knee")] + joints[JOINTS.index("right_knee")]) / 2
        for side, y in (("left", forward), ("right", -forward)):
            joints[JOINTS.index(f"{side}_knee")] = centre + np.array([0, y, 0.2])
            joints[JOINTS.index(f"{side}_ankle")] = centre + np.array([0, y, -0.2])
        view = footage_view(take)
        picture = Stage(view).draw(view)
        draw_person(picture, view, capsules(JOINTS, joints, 1.7), [])
        seen = hue_at(picture, view.project(centre)[:2])
        assert seen @ expected / np.linalg.norm(seen) / np.linalg.norm(expected) > 0.97


def test_side_view_looks_across_and_follows() -> None:
    take = standing(60)
    take.joints[..., 0] += np.linspace(0, 6, 60, dtype=np.float32)[:, None]
    camera = footage_view(take)
    views = side_views(take, camera, (200, 240))
    assert abs(float(views[0].rotation[2] @ camera.rotation[2])) < 0.2
    for index in (0, 30, 59):
        x, y = views[index].project(take.joint("pelvis")[index])[:2]
        assert 40 < x < 160 and 60 < y < 180
        drawn = views[index].project(take.joints[index])
        assert drawn[..., 1].min() > 0 and drawn[..., 1].max() < 240
    # seen from the left hand of somebody who faces the camera: the face points to the left of the picture
    assert views[0].project(take.joint("nose")[0])[0] < views[0].project(take.joint("head")[0])[0]


def test_keypoints_are_drawn_and_unseen_ones_left_out() -> None:
    points = np.full((33, 2), np.nan)
    points[BLAZEPOSE_KEYPOINTS.index("left_knee")] = (100.5, 100.5)
    points[BLAZEPOSE_KEYPOINTS.index("left_ankle")] = (100.5, 200.5)
    points[BLAZEPOSE_KEYPOINTS.index("right_knee")] = (50.5, 100.5)
    picture = np.zeros((240, 320, 3), np.uint8)
    draw_keypoints(picture, BLAZEPOSE_KEYPOINTS, points)
    assert tuple(picture[150, 100]) == LEFT
    assert picture[:, :80].max() == 0


def test_limbs_that_were_guessed_are_thin_and_grey() -> None:
    points = np.full((33, 2), np.nan, np.float32)
    points[BLAZEPOSE_KEYPOINTS.index("left_hip")] = (100, 120)
    points[BLAZEPOSE_KEYPOINTS.index("left_knee")] = (100, 180)
    confidence = np.ones(33, np.float32)
    confidence[BLAZEPOSE_KEYPOINTS.index("left_knee")] = 0.1
    picture = np.zeros((240, 320, 3), np.uint8)
    draw_keypoints(picture, BLAZEPOSE_KEYPOINTS, points, confidence)
    assert len(set(picture[150, 100].tolist())) == 1  # grey
    assert picture[150, 100].max() > 100
    assert (picture[150].max(-1) > 0).sum() <= 3


def test_stature_and_incomplete_takes(clip: Path, tmp_path: Path) -> None:
    take = standing()
    assert stature(take) == pytest.approx(1.8, abs=0.1)
    bare = Take(take.joints.copy(), take.joint_names, FPS)
    bare.joints[3] = np.nan
    bare.joints[5, 4] = np.nan
    render_preview(bare, clip, tmp_path / "bare.mp4")
    assert len(read_all(tmp_path / "bare.mp4")) == 20
    few = [JOINTS.index(name) for name in ("left_hip", "left_knee", "neck")]
    contact_sheet(Take(take.joints[:2, few], ("left_hip", "left_knee", "neck"), FPS), clip, tmp_path / "few.png")
    assert cv2.imread(str(tmp_path / "few.png")) is not None


def test_contact_sheet(clip: Path, tmp_path: Path) -> None:
    take = replace(standing(), keypoints=np.full((20, 33, 2), 90, np.float32), keypoint_names=BLAZEPOSE_KEYPOINTS)
    reports = []
    contact_sheet(take, clip, tmp_path / "s.png", lambda stage, done, note="": reports.append((stage, done)))
    sheet = cv2.imread(str(tmp_path / "s.png"))
    assert sheet is not None and sheet.shape[1] > 2000 and sheet.shape[0] > 1000
    assert reports[-1] == ("preview", 1.0)
    first, last = sheet[60, 20].mean(), sheet[60, -20].mean()
    assert last > first + 80  # the moments go on in time


def test_failures_give_a_sentence_and_leave_nothing(clip: Path, tmp_path: Path) -> None:
    take = standing()
    text = tmp_path / "text.mp4"
    text.write_text("no video")
    for footage, out in (
        (clip, tmp_path / "missing folder" / "p.mp4"),
        (clip, tmp_path / "p.gif"),
        (text, tmp_path / "p.mp4"),
    ):
        with pytest.raises(PosewrightError, match=r"\.$"):
            render_preview(take, footage, out)
        with pytest.raises(PosewrightError, match=r"\.$"):
            contact_sheet(take, footage, out.with_suffix(".png" if footage == text else out.suffix))

    def stop(stage: str, done: float, note: str = "") -> None:
        if done > 0.4:
            raise Cancelled

    with pytest.raises(Cancelled):
        render_preview(take, clip, tmp_path / "p.mp4", stop)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["text.mp4"]
