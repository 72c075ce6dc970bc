"""A batch on real clips: results and reasons are recorded, and a second run does only what is missing."""

import json
import shutil
from pathlib import Path

import pytest
from posewright.cli.main import main
from posewright.core.take import Take
from posewright.errors import PosewrightError
from posewright.weights import store

DEMO = Path(__file__).resolve().parents[2] / "examples" / "dance.mp4"


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, dict]:
    status = main(["batch", *map(str, words), "--device", "cpu", "--end", "0.3", "--json", "-q"])
    return status, json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_bad_clip_is_recorded_and_the_rest_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], jobs: int
) -> None:
    try:
        store.ensure("blazepose")
    except PosewrightError as error:
        pytest.skip(str(error))
    clips, out = tmp_path / "Clips für heute", tmp_path / "out"
    clips.mkdir()
    shutil.copy(DEMO, clips / "dance.mp4")
    (clips / "notes.mp4").write_text("no video")

    status, report = run(capsys, clips, "-o", out, "--jobs", jobs)
    assert status == 1
    assert report["failed"] == 1
    states = {Path(row["clip"]).name: row for row in report["clips"]}
    assert states["dance.mp4"]["status"] == "done"
    assert "video" in states["notes.mp4"]["reason"]
    assert Take.load(out / "dance.npz").frames == 10
    stamp = (out / "dance.npz").stat().st_mtime_ns

    shutil.copy(DEMO, clips / "notes.mp4")  # mended
    status, report = run(capsys, clips, "-o", out, "--jobs", jobs)
    assert status == 0
    assert {row["status"] for row in report["clips"]} == {"done"}
    assert (out / "dance.npz").stat().st_mtime_ns == stamp
    assert Take.load(out / "notes.npz").frames == 10
