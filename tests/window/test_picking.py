"""The person is picked by a click in a picture of the video, in a real window."""

import shutil
from pathlib import Path

import cv2
import numpy as np
from posewright.core.footage import frame_at
from window.launch import Blender

PATCH = 6  # pixels to each side


def test_the_person_is_picked_in_a_picture(blender: Blender, checkout: Path, pictures: Path, tmp_path: Path) -> None:
    clip = Path(shutil.copy(checkout / "examples" / "dance.mp4", tmp_path))
    seen = blender.play("picking", pictures / "picking", str(clip))
    assert seen["done"]
    assert_true_colours(clip, pictures / "picking" / "01_picking.png", seen["middle"])
    assert seen["after_escape"] == seen["after_right_click"] == "largest"
    assert seen["panel_works"], "what happens beside the view is for the panel"
    before, after = seen["objects"]
    assert after == before, "X deletes nothing behind the picture"
    place, seconds = seen["person"].split("@")
    x, y = (int(word) for word in place.split(","))
    assert float(seconds) == 1.5 and 200 < x < 440 and 100 < y < 260, "the dancer, 1.5 s after the beginning"
    assert seen["after_undo"] == "largest" and not seen["modal"]
    images, clips = seen["blocks"]
    assert clips == 0 and images <= 2, "no data-block is left behind but those of the renderer"


def assert_true_colours(clip: Path, screen: Path, middle: list[float]) -> None:
    """What is shown of the person in the lit box has the colours of the video."""
    shown = cv2.imread(str(screen))
    assert shown is not None
    x, y, own_x, own_y = (round(value) for value in middle)
    y += 3 * PATCH  # below the mouse
    own_y += 2 * PATCH
    patches = shown[y - PATCH : y + PATCH, x - PATCH : x + PATCH, ::-1], frame_at(clip, 0.0).image
    own = patches[1][own_y - PATCH : own_y + PATCH, own_x - PATCH : own_x + PATCH]
    np.testing.assert_allclose(patches[0].mean((0, 1)), own.mean((0, 1)), atol=25)
