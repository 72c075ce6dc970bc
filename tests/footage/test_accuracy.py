"""Footage to Take, measured against the truth of a rendered clip.

Bounds are a little above what was measured; a plain MediaPipe pose has a PA-MPJPE of 89 mm on this clip.
"""

from pathlib import Path

import numpy as np
import pytest
from posewright.core.bvh import take_from_bvh, write_bvh
from posewright.core.pipeline import Tracker
from posewright.core.settings import TrackSettings
from posewright.core.skeleton import JOINTS
from posewright.core.take import Take
from posewright.errors import PosewrightError, UsageError
from posewright.weights import store

CLIP = "s1_walk_side"
MAIN = tuple(
    f"{side}_{part}" for part in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle") for side in ("left", "right")
)
BONES = (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))


@pytest.fixture(scope="module")
def truth(shared: Path) -> dict[str, np.ndarray]:
    with np.load(shared / "clips" / "synthetic" / "truth" / f"{CLIP}_full.npz") as stored:
        return {name: stored[name] for name in stored.files}


@pytest.fixture(scope="module")
def take(shared: Path, truth: dict[str, np.ndarray]) -> Take:
    try:
        store.ensure("blazepose")
        store.ensure("default", offline=True)
    except (PosewrightError, UsageError) as error:
        pytest.skip(f"weights are not to be had: {error}")
    settings = TrackSettings(height=float(truth["stature"]), device="cpu")
    return Tracker(settings).track(shared / "clips" / "synthetic" / "videos" / f"{CLIP}.mp4")


def path(truth: dict[str, np.ndarray], name: str) -> np.ndarray:
    return truth["joints3d"][:, [str(n) for n in truth["joint_names"]].index(name)].astype(float)


def both(take: Take, truth: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return the main joints (F,12,3) of the take and of the truth."""
    found = np.stack([take.joint(name).astype(float) for name in MAIN], axis=1)
    return found, np.stack([path(truth, name) for name in MAIN], axis=1)


def similarity(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the points a (N,3) moved, turned and scaled so that they fit b best (Umeyama)."""
    from_a, from_b = a - a.mean(0), b - b.mean(0)
    u, s, vt = np.linalg.svd(from_b.T @ from_a)
    sign = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    scale = (s * sign).sum() / (from_a**2).sum()
    return scale * from_a @ (u * sign @ vt).T + b.mean(0)


def test_every_frame_is_there(take: Take, truth: dict[str, np.ndarray]) -> None:
    assert take.joint_names == JOINTS
    assert take.joints.shape == (len(truth["joints3d"]), len(JOINTS), 3)
    assert take.fps == 30.0
    assert np.isfinite(take.joints).all()


def test_poses_are_accurate(take: Take, truth: dict[str, np.ndarray]) -> None:
    found, wanted = both(take, truth)
    error = [np.linalg.norm(similarity(a, b) - b, axis=-1).mean() for a, b in zip(found, wanted, strict=True)]
    assert np.mean(error) < 0.055  # metres; measured 0.041


def test_path_of_the_person(take: Take, truth: dict[str, np.ndarray]) -> None:
    found, wanted = both(take, truth)
    moved = similarity(found.reshape(-1, 3), wanted.reshape(-1, 3)).reshape(found.shape)
    hips = [MAIN.index("left_hip"), MAIN.index("right_hip")]
    error = np.linalg.norm(moved[:, hips].mean(1) - wanted[:, hips].mean(1), axis=-1)
    assert error.mean() < 0.06  # metres; measured 0.033


def test_size_and_constant_bones(take: Take, truth: dict[str, np.ndarray]) -> None:
    for upper, lower in BONES:
        bone = np.linalg.norm(take.joint(f"left_{lower}") - take.joint(f"left_{upper}"), axis=-1)
        assert bone.std() < 1e-4
    leg = sum(np.linalg.norm(path(truth, f"left_{a}") - path(truth, f"left_{b}"), axis=-1).mean() for a, b in BONES[2:])
    found = sum(np.linalg.norm(take.joint(f"left_{a}") - take.joint(f"left_{b}"), axis=-1).mean() for a, b in BONES[2:])
    assert found == pytest.approx(leg, rel=0.06)


def test_motion_is_calm_and_feet_stand(take: Take, truth: dict[str, np.ndarray]) -> None:
    found, wanted = both(take, truth)
    calm = np.linalg.norm(np.diff(found, 2, axis=0), axis=-1).mean()
    true = np.linalg.norm(np.diff(wanted, 2, axis=0), axis=-1).mean()
    assert calm < 1.5 * true
    low = np.min([take.joint(f"{side}_foot_index")[:, 2] for side in ("left", "right")], axis=0)
    assert abs(np.median(low) - 0.03) < 0.04
    assert take.contacts is not None
    assert (take.contacts > 0.5).any(1).mean() > 0.5


def test_provenance_names_clip_and_weights(take: Take) -> None:
    known = take.provenance
    assert known["source"]["name"] == f"{CLIP}.mp4"
    assert len(known["source"]["sha256"]) == 64
    assert [used["used_for"] for used in known["weights"]] == ["keypoints", "lifting"]
    assert all(used["licence"] and len(used["sha256"]) == 64 for used in known["weights"])
    assert any("focal" in text or "--fov" in text for text in known["warnings"])


def test_take_survives_bvh(take: Take, tmp_path: Path) -> None:
    write_bvh(take, tmp_path / "take.bvh")
    back = take_from_bvh(tmp_path / "take.bvh")
    for name in JOINTS:
        assert np.abs(back.joint(name) - take.joint(name)).max() < 0.001, name
