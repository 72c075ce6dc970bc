"""The contact sheet of animated characters: columns are moments, footage above, one row for each view."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from posewright.core.pictures import read_picture
from posewright.core.preview.picture import write_picture
from posewright.core.preview.strips import BAR_HEIGHT, GAP, Strip, draw_strips
from posewright.errors import PosewrightError

CELL = (40, 56)


def strip(folder: Path, title: str, shade: int, times: tuple[float, ...] = (0.5, 1.5, 2.5)) -> Strip:
    paths = []
    for i in range(len(times)):
        path = folder / f"{title}{i}.png"
        write_picture(path, np.full((CELL[1], CELL[0], 3), shade + 10 * i, np.uint8))
        paths.append(path)
    return Strip(title, times, (("front", tuple(paths)),))


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 10, (64, 48))
    for i in range(40):
        writer.write(np.full((48, 64, 3), 6 * i, np.uint8))
    writer.release()
    return path


def test_rows_are_footage_times_and_characters(tmp_path: Path, clip: Path) -> None:
    out = tmp_path / "sheet.png"
    draw_strips([strip(tmp_path, "a", 100), strip(tmp_path, "b", 180)], out, clip, clip_start=0.5)
    page = read_picture(out)
    footage = round(CELL[0] * 48 / 64)
    assert page.shape[:2] == (4 * BAR_HEIGHT + footage + 2 * CELL[1], 3 * (CELL[0] + GAP) - GAP)
    middle = BAR_HEIGHT + footage // 2
    shown = [float(page[middle, k * (CELL[0] + GAP) + 20].mean()) for k in range(3)]
    assert shown == pytest.approx([60, 120, 180], abs=9)  # frames 10, 20 and 30
    row = 3 * BAR_HEIGHT + footage + CELL[1] // 2
    assert [int(page[row, k * (CELL[0] + GAP) + 20, 0]) for k in range(3)] == [100, 110, 120]
    assert int(page[row + BAR_HEIGHT + CELL[1], 20, 0]) == 180


def test_other_moments_get_a_heading_of_their_own(tmp_path: Path) -> None:
    out = tmp_path / "sheet.png"
    others = [strip(tmp_path, name, 180, times) for name, times in (("b", (0.1, 0.2)), ("c", (0.12, 0.21)))]
    draw_strips([strip(tmp_path, "a", 100), *others], out, None)
    assert read_picture(out).shape[0] == 5 * BAR_HEIGHT + 3 * CELL[1]


def test_a_wrong_ending_gets_a_sentence_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(PosewrightError, match=r"ending \.png"):
        draw_strips([strip(tmp_path, "a", 100)], tmp_path / "sheet.gif", None)
    assert not list(tmp_path.glob("sheet*"))
