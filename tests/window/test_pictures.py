"""The pictures of the documentation are made anew: ``POSEWRIGHT_PICTURES=docs/pictures python tests/run.py window``."""

import os
import shutil
from pathlib import Path

import pytest
from window.launch import PUBLISHED, Blender

pytestmark = pytest.mark.skipif(not os.environ.get(PUBLISHED), reason=f"no folder for pictures named in {PUBLISHED}")
LARGEST = 250_000  # bytes


@pytest.fixture(scope="module")
def published(checkout: Path) -> Path:
    """The folder of the pictures, for Blender too."""
    return checkout / os.environ[PUBLISHED]


def test_pictures_of_the_way(blender: Blender, checkout: Path, pictures: Path, saved: Path, published: Path) -> None:
    clip = shutil.copy(checkout / "examples" / "dance.mp4", saved)
    seen = blender.play("pictures", pictures / "pictures", str(clip))
    assert seen["camera"] and seen["queue"]
    for name in ("footage", "capture", "panel", "applied", "overlay"):
        assert 3000 < (published / f"addon_{name}.png").stat().st_size < LARGEST, name


def test_picture_of_a_map(blender: Blender, shared: Path, pictures: Path, published: Path) -> None:
    knight = shared / "rigs" / "kaykit_knight.glb"
    blender.play("map", pictures / "map", str(knight))
    assert 3000 < (published / "addon_map.png").stat().st_size < LARGEST
