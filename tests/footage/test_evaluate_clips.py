"""``posewright evaluate --clips``: the whole way on one rendered clip, beside the baseline."""

import json
import shutil
from pathlib import Path

import pytest
from posewright.cli.main import main
from posewright.core.take import Take
from posewright.errors import PosewrightError
from posewright.weights import store

CLIP = "s3_jump_angle"


@pytest.fixture
def folder(shared: Path, tmp_path: Path) -> Path:
    """A folder of clips with one clip."""
    source = shared / "clips" / "synthetic"
    listed = json.loads((source / "clips.json").read_text())[CLIP]
    for key in ("video", "truth"):
        target = tmp_path / "rendered" / listed[key]
        target.parent.mkdir(parents=True)
        shutil.copy(source / listed[key], target)
    (tmp_path / "rendered" / "clips.json").write_text(json.dumps({CLIP: listed}))
    shutil.copy(source / "baseline_mediapipe.json", tmp_path / "rendered")
    return tmp_path / "rendered"


def test_a_clip_is_captured_and_compared(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        store.ensure("blazepose")
    except PosewrightError as error:
        pytest.skip(str(error))
    takes = tmp_path / "takes"
    command = ["evaluate", "--clips", str(folder), "--takes", str(takes), "--quality", "fast", "--device", "cpu", "-q"]
    assert main([*command, "--json"]) == 0
    (lifter,) = json.loads(capsys.readouterr().out)["lifters"]
    (found,) = lifter["clips"][str(folder)]
    assert found["clip"] == CLIP and found["coverage_percent"] == 100
    assert found["pa_mpjpe_mm"] < 62  # measured 47 in balanced quality; MediaPipe 54.7
    assert found["ratio"] == pytest.approx(found["pa_mpjpe_mm"] / found["baseline"]["pa_mpjpe_mm"], abs=1e-3)
    take = Take.load(takes / folder.name / lifter["name"] / f"{CLIP}.npz")
    assert take.frames == 120 and take.provenance["weights"][0]["used_for"] == "lifting"
