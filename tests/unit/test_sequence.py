"""Numbered pictures are footage: which files belong together, and what they show."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from posewright.cli.main import main
from posewright.core.footage import frame_at, open_footage, read_frames
from posewright.core.sequence import name_of, sequence_of, sequences_in, title_of
from posewright.errors import PosewrightError, UsageError

FRAMES, FPS, WIDTH, HEIGHT = 12, 24.0, 64, 48


def picture(index: int, size: tuple[int, int] = (WIDTH, HEIGHT)) -> np.ndarray:
    """Return a picture (H,W,3) in OpenCV's order, that gets brighter with its index; its top left corner is red."""
    image = np.full((size[1], size[0], 3), 20 * index, np.uint8)
    image[:20, :20] = (0, 0, 255)
    return image


def write(folder: Path, name: str, first: int = 1, count: int = FRAMES) -> Path:
    """Write pictures of such names (``walk_{:04}.png``) and return the first one."""
    folder.mkdir(exist_ok=True)
    for index in range(count):
        assert cv2.imwrite(str(folder / name.format(first + index)), picture(index))
    return folder / name.format(first)


def prefix_of(shown: str) -> str:
    return shown.partition("#")[0]


def brightness(image: np.ndarray) -> float:
    return float(image[30:, 30:].mean())


@pytest.mark.parametrize("meant", ["", "walk_####.png", "walk_%04d.png", "walk_0098.png"])
def test_a_sequence_is_read_in_order_at_its_rate(tmp_path: Path, meant: str) -> None:
    write(tmp_path, "walk_{:04}.png", first=98)
    info = open_footage(tmp_path / meant, FPS)
    assert (info.path, info.width, info.height) == (tmp_path / "walk_####.png", WIDTH, HEIGHT)
    assert (info.fps, info.frame_count, info.duration) == (FPS, FRAMES, FRAMES / FPS)
    frames = list(read_frames(info))
    assert [frame.index for frame in frames] == list(range(FRAMES))
    assert [frame.time for frame in frames] == pytest.approx(np.arange(FRAMES) / FPS)
    assert [brightness(frame.image) for frame in frames] == [20.0 * index for index in range(FRAMES)]
    assert frames[0].image[10, 10].tolist() == [255, 0, 0], "red, green, blue"
    part = list(read_frames(info, start=3 / FPS, end=7 / FPS, every=2 / FPS))
    assert [frame.index for frame in part] == [3, 5, 7]
    for seconds, index in ((-1.0, 0), (3.4 / FPS, 3), (3.6 / FPS, 4), (99.0, FRAMES - 1)):
        found = frame_at(info, seconds)
        assert brightness(found.image) == 20.0 * index and found.time == pytest.approx(index / FPS)


def test_it_begins_with_the_picture_that_is_named(tmp_path: Path) -> None:
    write(tmp_path, "walk_{:04}.png")
    sequence = sequence_of(tmp_path / "walk_0005.png")
    assert sequence is not None and (sequence.first, sequence.last) == (5, FRAMES)
    assert sequence.pictures[0] == tmp_path / "walk_0005.png"


@pytest.mark.parametrize(
    ("name", "shown", "title"),
    [
        ("{}.png", "#.png", "shot"),
        ("walk.{:03}.JPG", "walk.###.JPG", "walk"),
        ("take2_{:05}_beauty.tif", "take2_#####_beauty.tif", "take2__beauty"),
        ("Aufnahme ä {}.webp", "Aufnahme ä #.webp", "Aufnahme ä"),
    ],
)
def test_names_of_many_kinds(tmp_path: Path, name: str, shown: str, title: str) -> None:
    first = write(tmp_path / "shot", name, first=8)  # over 9 to 10, where numbers without zeros get longer
    found = sequence_of(first.parent)
    assert found is not None and found.path.name == shown
    assert name_of(first) == (shown if prefix_of(shown) else f"shot/{shown}")
    assert found.pictures == tuple(first.parent / name.format(8 + index) for index in range(FRAMES))
    assert title_of(first) == title_of(found.path) == title
    assert sequence_of(first) == sequence_of(found.path) == found
    assert (name_of(Path("take_01.mp4")), title_of(Path("take_01.mp4"))) == ("take_01.mp4", "take_01")


def test_linear_light_is_shown_as_a_screen_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENCV_IO_ENABLE_OPENEXR", "1")
    light = np.zeros((HEIGHT, WIDTH, 3), np.float32)
    light[:, :20], light[:, 20:40], light[:, 40:] = (0.0, 0.0, 1.0), 0.2140411, 7.5
    for number in range(2):
        assert cv2.imwrite(str(tmp_path / f"light.{number:04}.exr"), light)
    image = next(read_frames(open_footage(tmp_path, FPS))).image
    shown = image[5, [5, 25, 50]].astype(int)
    assert np.abs(shown - [[255, 0, 0], [128, 128, 128], [255, 255, 255]]).max() <= 1


def test_what_is_wrong_is_said_in_a_sentence(tmp_path: Path) -> None:
    first = write(tmp_path / "gap", "walk_{:04}.png")
    for number in (4, 5):
        (tmp_path / "gap" / f"walk_{number:04}.png").unlink()
    write(tmp_path / "two", "walk_{:04}.png")
    write(tmp_path / "two", "run_{:04}.png")
    still = write(tmp_path / "still", "photo.jpg", count=1)
    alone = write(tmp_path / "alone", "photo_7.jpg", count=1)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "walk_0001.dpx").write_bytes(b"SDPX")
    for path, words in (
        (first, "walk_0004.png and 1 more are missing"),
        (tmp_path / "gap", "walk_0004.png and 1 more are missing"),
        (tmp_path / "two", r"several sequences of pictures \(run_####.png, walk_####.png\); name one"),
        (still, "is a single picture; give a video, or a sequence"),
        (alone, "is a single picture"),
        (tmp_path / "gap" / "run_####.png", "There are no pictures"),
        (tmp_path / "gap" / "walk_0099.png", "There is no file"),
        (tmp_path / "other" / "walk_0001.dpx", "not read .*convert"),
        (tmp_path / "other", "folder without numbered pictures"),
    ):
        with pytest.raises(PosewrightError, match=words):
            open_footage(path, FPS)
    with pytest.raises(UsageError, match="--fps 24"):
        open_footage(tmp_path / "two" / "walk_0001.png")


def test_pictures_that_do_not_fit_are_named(tmp_path: Path) -> None:
    write(tmp_path, "walk_{:04}.png")
    cv2.imwrite(str(tmp_path / "walk_0003.png"), picture(0, (WIDTH, HEIGHT // 2)))
    with pytest.raises(PosewrightError, match=r"walk_0003.png has 64 x 24 pixels.* 64 x 48; all must"):
        list(read_frames(open_footage(tmp_path, FPS)))
    (tmp_path / "walk_0003.png").write_text("no picture")
    with pytest.raises(PosewrightError, match=r"walk_0003.png cannot be read as a picture"):
        list(read_frames(open_footage(tmp_path, FPS)))


def test_sequences_of_a_folder(tmp_path: Path) -> None:
    write(tmp_path, "walk_{:04}.png")
    write(tmp_path, "run_{:04}.jpg", count=3)
    write(tmp_path, "photo_{}.jpg", first=7, count=1)
    (tmp_path / "._walk_0001.png").touch()
    assert [(one.path.name, one.frames) for one in sequences_in(tmp_path)] == [
        ("run_####.jpg", 3),
        ("walk_####.png", 12),
    ]


def test_the_command_asks_for_the_rate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "shot", "walk_{:04}.png")
    assert main(["track", str(tmp_path / "shot"), "-o", str(tmp_path / "take.npz"), "-q"]) == 2
    assert "say it, for example --fps 24" in capsys.readouterr().err
    assert not (tmp_path / "take.npz").exists()
