"""The person is picked by a click in a picture of the video, in a real window."""

import shutil
from pathlib import Path

from window.launch import Blender


def test_the_person_is_picked_in_a_picture(blender: Blender, checkout: Path, pictures: Path, tmp_path: Path) -> None:
    clip = Path(shutil.copy(checkout / "examples" / "dance.mp4", tmp_path))
    seen = blender.play("picking", pictures / "picking", str(clip))
    assert seen["done"]
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
