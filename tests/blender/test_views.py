"""Pictures of an animated character: the right moments, the character in the middle, bones where there is no mesh."""

from pathlib import Path

import bpy
import numpy as np
import pytest
from blender.armatures import chain
from posewright.errors import PosewrightError, UsageError
from posewright.rigging.blender.job import run_job
from posewright.rigging.blender.views import render_views


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("result")
    joints = {
        **{"pelvis": (0, 0, 0.95), "thorax": (0, 0, 1.45), "head": (0, 0, 1.75), "nose": (0, -0.12, 1.6)},
        **{"left_hip": (0.1, 0, 0.93), "left_knee": (0.1, -0.02, 0.5), "left_ankle": (0.1, 0, 0.08)},
        **{"left_shoulder": (0.18, 0, 1.4), "left_elbow": (0.45, 0, 1.4), "left_wrist": (0.7, 0, 1.4)},
    }
    flip = np.array([-1, 1, 1])
    joints |= {n.replace("left", "right"): np.array(p) * flip for n, p in joints.items() if n.startswith("left")}
    still = np.array(list(joints.values()), np.float32)
    path = np.repeat(still[None], 40, 0)
    path[:, :, 0] += np.linspace(0, 4, 40)[:, None]  # four metres to its left
    np.savez(folder / "walk.npz", joints=path, joint_names=np.array(list(joints)), fps=20.0)
    for ending in (".blend", ".bvh"):
        run_job({"motion": str(folder / "walk.npz"), "rig": "mannequin", "out": str(folder / f"walk{ending}")})
    return folder / "walk.blend"


def rendered(result: Path, folder: Path, **changes) -> dict:
    request = {"result": str(result), "folder": str(folder), "views": ["front", "side"], "moments": 2, "size": [60, 84]}
    return render_views({**request, **changes})


def picture(path: str) -> np.ndarray:
    image = bpy.data.images.load(path)
    pixels = np.array(image.pixels[:]).reshape(image.size[1], image.size[0], 4)[::-1, :, :3]
    bpy.data.images.remove(image)
    return pixels


@pytest.mark.parametrize("ending", [".blend", ".bvh"])
def test_the_character_is_in_the_middle_of_every_picture(result: Path, tmp_path: Path, ending: str) -> None:
    made = rendered(result.with_suffix(ending), tmp_path)
    assert made["times"] == pytest.approx([0.5, 1.45], abs=0.06)
    for view in ("front", "side"):
        first, second = (picture(path) for path in made["pictures"][view])
        assert first.shape == (84, 60, 3)
        floor = np.median(first[20:50].reshape(-1, 3), axis=0)
        figure = np.abs(first - floor).sum(-1) > 0.15
        columns = np.nonzero(figure[20:50].any(0))[0]
        assert abs(columns.mean() - 30) < 8, view
        assert np.abs(first[20:50] - second[20:50]).mean() < 0.1, view  # it goes along with the character
    across = [
        np.nonzero((np.abs(picture(made["pictures"][v][0])[20:44] - floor).sum(-1) > 0.15).any(0))[0]
        for v in made["pictures"]
    ]
    assert np.ptp(across[0]) > 1.5 * np.ptp(across[1])  # arms spread: wide from the front, narrow from the side


def test_an_unknown_view_and_armature_get_sentences(result: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no view top"):
        rendered(result, tmp_path, views=["top"])
    with pytest.raises(PosewrightError, match="no armature Bob"):
        rendered(result, tmp_path, armature="Bob")


def test_nothing_to_be_shown_gets_a_sentence(tmp_path: Path) -> None:
    chain(0)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "empty.blend"), copy=True)
    with pytest.raises(PosewrightError, match=r"Chain in .* has neither meshes nor bones"):
        rendered(tmp_path / "empty.blend", tmp_path)
