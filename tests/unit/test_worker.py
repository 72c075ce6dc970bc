"""The worker as a real process: what Blender starts, asks, cancels and closes."""

import os
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from posewright.cli import worker_process
from posewright.cli.in_blender import WorkerTracker
from posewright.cli.runtime.choice import Runtime, python_in
from posewright.cli.worker_process import WorkerJob, WorkerProcess
from posewright.core.settings import TrackSettings
from posewright.errors import Cancelled, PosewrightError, UsageError
from posewright.progress import silent

PYTHON = Path(sys.executable)


@pytest.fixture(scope="module")
def worker():
    process = WorkerProcess(PYTHON)
    yield process
    process.close()


def test_doctor(worker: WorkerProcess) -> None:
    result = WorkerJob(worker, "doctor").wait(silent)
    said = {finding["what"]: finding["says"] for finding in result["findings"]}
    assert said["torch"].startswith("2.")
    assert "device cpu" in said
    assert result["ready"] is True


def test_errors_are_sentences_and_the_worker_lives_on(worker: WorkerProcess, tmp_path: Path) -> None:
    job = {"clip": str(tmp_path / "none.mp4"), "out": str(tmp_path / "take.npz"), "settings": {"device": "cpu"}}
    for wrong, sentence in (
        ("dance", 'knows no job "dance"'),
        ("track", "none.mp4"),
    ):
        with pytest.raises(PosewrightError, match=sentence):
            WorkerJob(worker, wrong, **job).wait(silent)
    with pytest.raises(PosewrightError, match="no setting colour"):
        WorkerJob(worker, "track", **{**job, "settings": {"colour": "red"}}).wait(silent)
    assert worker.alive
    assert not (tmp_path / "take.npz").exists()


def test_wrong_usage_stays_wrong_usage(worker: WorkerProcess, checkout: Path, tmp_path: Path) -> None:
    clip = checkout / "examples" / "dance.mp4"
    settings = {"device": "cpu", "detector": "no-such-detector"}
    with pytest.raises(UsageError, match="no-such-detector"):
        WorkerJob(worker, "track", clip=str(clip), out=str(tmp_path / "take.npz"), settings=settings).wait(silent)


def test_people_in_a_frame(worker: WorkerProcess, checkout: Path, tmp_path: Path) -> None:
    clip, out = checkout / "examples" / "dance.mp4", tmp_path / "frame.npy"
    values = {"clip": str(clip), "out": str(out), "settings": {"device": "cpu", "offline": True}}
    result = WorkerJob(worker, "people", seconds=3.0, **values).wait(silent)
    picture = np.load(out)
    assert picture.shape == (360, 640, 3)
    assert result["size"] == [640, 360]
    assert result["seconds"] == pytest.approx(3.0, abs=0.02)
    (dancer,) = result["people"]
    left, top, right, bottom = dancer["box"]
    assert 0 <= left < dancer["centre"][0] < right <= 640
    assert 0 <= top < dancer["centre"][1] < bottom <= 360
    assert 230 < bottom - top < 300, "she is some 265 pixels tall, her raised arm included"
    late = WorkerJob(worker, "people", seconds=1e6, **values).wait(silent)
    assert late["seconds"] == pytest.approx(163 / 30, abs=0.02), "after the end: the last frame"


def test_cancel_stops_a_capture_and_leaves_nothing(worker: WorkerProcess, checkout: Path, tmp_path: Path) -> None:
    clip = checkout / "examples" / "dance.mp4"
    out = tmp_path / "take.npz"

    def stop(stage: str, done: float, note: str = "") -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        WorkerJob(worker, "track", clip=str(clip), out=str(out), settings={"device": "cpu"}).wait(stop)
    assert worker.alive
    assert list(tmp_path.iterdir()) == []


def test_a_worker_ends_when_whoever_started_it_is_gone() -> None:
    process = WorkerProcess(PYTHON)
    WorkerJob(process, "doctor").wait(silent)
    started = time.monotonic()
    process.close(30)  # closes stdin, as the end of Blender does
    assert time.monotonic() - started < 10
    assert not process.alive
    assert not process.folder.exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows ends processes without asking them")
def test_a_worker_that_is_asked_to_end_ends_in_order() -> None:
    process = WorkerProcess(PYTHON)
    WorkerJob(process, "doctor").wait(silent)
    process._process.terminate()
    assert process._process.wait(20) == 0
    process.close()


def test_a_worker_that_dies_is_noticed() -> None:
    process = WorkerProcess(PYTHON)
    job = WorkerJob(process, "doctor")
    process._process.kill()
    with pytest.raises(PosewrightError, match="ended before its work was done"):
        for _ in range(100):
            job.poll()
            time.sleep(0.05)
    process.close()


def test_a_python_without_posewright_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bare environment: no numpy, no Posewright."""
    import venv

    venv.create(tmp_path / "bare", with_pip=False, symlinks=os.name != "nt")
    monkeypatch.setenv("POSEWRIGHT_PYTHON", str(tmp_path / "bare"))
    with pytest.raises(PosewrightError, match="No module named"):
        WorkerTracker(TrackSettings()).track(tmp_path / "clip.mp4", silent)


def test_which_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("POSEWRIGHT_PYTHON", raising=False)
    monkeypatch.setattr(Runtime, "chosen", "")
    with pytest.raises(PosewrightError, match="Preferences"):
        Runtime.python()
    monkeypatch.setattr(Runtime, "chosen", str(tmp_path))
    with pytest.raises(PosewrightError, match="There is no Python in"):
        Runtime.python()
    monkeypatch.setenv("POSEWRIGHT_PYTHON", str(PYTHON))
    assert Runtime.python() == PYTHON
    assert python_in(Path(sys.prefix)).is_file()


def test_the_installed_extension_runs_its_own_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/somewhere/of/blender")
    monkeypatch.setattr(worker_process, "PACKAGE", tmp_path / "extensions" / "user_default" / "posewright")
    assert worker_process.worker_environment()["PYTHONPATH"] == str(tmp_path / "extensions" / "user_default")
    monkeypatch.setattr(worker_process, "PACKAGE", tmp_path / "checkout")
    assert "PYTHONPATH" not in worker_process.worker_environment()


@pytest.mark.skipif(not hasattr(os, "getpriority"), reason="this system has other priorities")
def test_the_worker_lets_other_programs_go_first() -> None:
    worker = WorkerProcess(PYTHON)
    try:
        WorkerJob(worker, "doctor").wait(silent)
        own = os.getpriority(os.PRIO_PROCESS, 0)
        assert os.getpriority(os.PRIO_PROCESS, worker._process.pid) == min(own + 10, 19)
    finally:
        worker.close()
