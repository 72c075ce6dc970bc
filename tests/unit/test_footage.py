"""Video files are read upright, in order, with true times; bad files are named plainly."""

import struct
from pathlib import Path

import cv2
import numpy as np
import pytest
from posewright.core.footage import _next_time, frame_at, open_footage, read_frames
from posewright.errors import PosewrightError

FRAMES, FPS, WIDTH, HEIGHT = 40, 20.0, 320, 240


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A clip whose frames get brighter; its top left corner is red."""
    path = tmp_path / "clip.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), FPS, (WIDTH, HEIGHT))  # pyright: ignore
    assert writer.isOpened()
    for index in range(FRAMES):
        image = np.full((HEIGHT, WIDTH, 3), 5 * index, np.uint8)
        image[:60, :80] = (0, 0, 255)  # blue, green, red
        writer.write(image)
    writer.release()
    return path


def rotate_in_header(path: Path, matrix: tuple[int, ...]) -> None:
    """Write a phone's rotation into the track header (ISO 14496-12, 8.3.2)."""
    data = bytearray(path.read_bytes())
    place = data.index(b"tkhd") + 4 + 40
    struct.pack_into(">9i", data, place, *matrix)
    path.write_bytes(data)


def test_frames_come_in_order_with_their_times(clip: Path) -> None:
    frames = list(read_frames(clip))
    assert [frame.index for frame in frames] == list(range(FRAMES))
    assert np.allclose([frame.time for frame in frames], np.arange(FRAMES) / FPS, atol=1e-3)
    assert [round((float(frame.image[200, 200].mean()) + 1.5) / 5) for frame in frames] == list(range(FRAMES))


def test_pictures_are_rgb(clip: Path) -> None:
    corner = next(iter(read_frames(clip))).image[20, 20].astype(int)
    assert corner[0] > 200
    assert corner[2] < 50


def test_start_and_end_are_kept(clip: Path) -> None:
    frames = list(read_frames(clip, start=0.5, end=1.0))
    assert [frame.index for frame in frames] == list(range(10, 21))
    assert list(read_frames(clip, start=99.0)) == []


def test_frames_can_be_passed_over(clip: Path) -> None:
    assert [frame.index for frame in read_frames(clip, every=0.2)] == list(range(0, FRAMES, 4))
    assert [frame.index for frame in read_frames(clip, start=0.5, end=1.0, every=0.25)] == [10, 15, 20]


@pytest.mark.parametrize("wanted", [0.0, 0.31, 1.0, 1.5, 1.95, 60.0])
def test_one_frame_is_the_one_that_reading_in_order_gives(clip: Path, wanted: float) -> None:
    frames = list(read_frames(clip))
    later = [frame for frame in frames if frame.time >= wanted - 0.5 / FPS]
    expected = later[0] if later else frames[-1]
    found = frame_at(clip, wanted)
    assert found.time == pytest.approx(expected.time, abs=1e-6)
    assert np.array_equal(found.image, expected.image)


def test_description(clip: Path) -> None:
    info = open_footage(clip)
    assert (info.width, info.height, info.frame_count) == (WIDTH, HEIGHT, FRAMES)
    assert info.fps == pytest.approx(FPS)
    assert info.duration == pytest.approx(FRAMES / FPS)


@pytest.mark.parametrize(
    ("matrix", "corner"),
    [
        ((0, 1 << 16, 0, -(1 << 16), 0, 0, HEIGHT << 16, 0, 1 << 30), "right"),
        ((-(1 << 16), 0, 0, 0, -(1 << 16), 0, WIDTH << 16, HEIGHT << 16, 1 << 30), "bottom right"),
        ((0, -(1 << 16), 0, 1 << 16, 0, 0, 0, WIDTH << 16, 1 << 30), "bottom left"),
    ],
    ids=["90", "180", "270"],
)
def test_phone_rotation_is_undone(clip: Path, matrix: tuple[int, ...], corner: str) -> None:
    rotate_in_header(clip, matrix)
    info, image = open_footage(clip), next(iter(read_frames(clip))).image
    assert image.shape[:2] == (info.height, info.width)
    assert image.shape[:2] == ((HEIGHT, WIDTH) if corner == "bottom right" else (WIDTH, HEIGHT))
    place = image[-20 if "bottom" in corner else 20, -20 if "right" in corner else 20]
    assert place[0] > 200
    assert place[2] < 50


def test_missing_stamps_are_filled_with_the_frame_rate() -> None:
    times, time = [], -1 / FPS
    for index, stamp in enumerate([0.0, 0.04, 0.04, 0.0, float("nan"), 0.5]):
        time = _next_time(stamp, time, FPS, index)
        times.append(time)
    assert times == pytest.approx([0.0, 0.04, 0.09, 0.14, 0.19, 0.5])


@pytest.mark.parametrize("name", ["missing.mp4", "take:1.mp4"])
def test_missing_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(PosewrightError, match="There is no file"):
        open_footage(tmp_path / name)


def test_name_with_a_colon_is_no_protocol(clip: Path) -> None:
    odd = clip.rename(clip.with_name("take:1.mp4"))
    assert open_footage(odd).frame_count == FRAMES


def test_bad_files_are_named_plainly(tmp_path: Path, clip: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("This is no video.\n" * 50)
    (tmp_path / "cut.mp4").write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])
    for name, words in (("empty.mp4", "empty"), ("text.mp4", "cannot be read as a video"), ("cut.mp4", "incomplete")):
        with pytest.raises(PosewrightError, match=words) as error:
            open_footage(tmp_path / name)
        assert name in str(error.value)
    with pytest.raises(PosewrightError, match="is a folder"):
        open_footage(tmp_path)
