"""The queue of jobs when something comes between: another worker, a scene renamed, a cancel that comes too late."""

import importlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import bpy
import pytest

MODULE = "bl_ext.user_default.posewright"
CLIP = Path(__file__).parents[2] / "examples" / "dance.mp4"
PATIENCE = 60.0  # seconds


@pytest.fixture
def queue(extension: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The queue with nothing in it, in an empty scene whose footage is a moment of the demo clip."""
    named = os.environ.get("POSEWRIGHT_TEST_PYTHON")
    if not named:
        pytest.skip("no Python with PyTorch was named in POSEWRIGHT_TEST_PYTHON")
    monkeypatch.setenv("POSEWRIGHT_PYTHON", named)
    monkeypatch.setenv("POSEWRIGHT_OFFLINE", "1")
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=False)
    chosen = bpy.context.scene.posewright
    chosen.footage.clip = str(CLIP)
    chosen.footage.use_range, chosen.footage.start, chosen.footage.end = True, 0.0, 0.3
    chosen.capture.quality = "fast"
    module = importlib.import_module(f"{MODULE}.addon.jobs.queue")
    module.stop()
    yield module
    module.stop()


@pytest.fixture
def state(queue: Any) -> Any:
    """What is to be told to the user; nothing at first."""
    session = importlib.import_module(f"{MODULE}.addon.session")
    session.forget()
    return session.state


def capture_job() -> Any:
    return importlib.import_module(f"{MODULE}.addon.capture.operators").capture_job(bpy.context)


def check_job() -> Any:
    return importlib.import_module(f"{MODULE}.addon.runtime.work").check_job()


def pump_until(queue: Any, condition: Callable[[], bool]) -> None:
    """Do what Blender's timer does."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        queue.pump()
        time.sleep(0.05)


def test_a_result_that_waits_outlives_its_worker_and_finds_its_scene(
    queue: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = bpy.context.scene
    queue.add(capture_job())
    scene.name = "Renamed meanwhile"
    bpy.context.window.scene = bpy.data.scenes.new("Another")
    with monkeypatch.context() as held:
        held.setattr(queue, "bring_next", lambda: None)  # as while somebody moves things in the window
        pump_until(queue, lambda: bool(queue.queue.deliveries))
    queue.queue.host.close()  # as for a job that needs another Python
    pump_until(queue, lambda: not queue.queue.deliveries)
    assert [item.name for item in scene.posewright.takes] == ["dance"]
    assert not bpy.context.scene.posewright.takes


def test_a_cancel_that_comes_too_late_changes_nothing_either(queue: Any, state: Any) -> None:
    job = check_job()
    queue.add(job)
    end = time.monotonic() + PATIENCE
    while not job.running.poll() and time.monotonic() < end:
        time.sleep(0.05)
    queue.cancel(job)
    pump_until(queue, lambda: not queue.jobs() and not queue.queue.deliveries)
    assert state.findings is None


def test_a_fault_of_our_own_is_told_and_the_next_job_runs(queue: Any, state: Any) -> None:
    faulty = check_job()
    faulty.read = lambda result: 1 / 0
    queue.add(faulty)
    queue.add(check_job())
    with pytest.raises(RuntimeError, match="fault of its own"):  # a window shows it
        pump_until(queue, lambda: not queue.jobs() and not queue.queue.deliveries)
    assert "ZeroDivisionError" in state.error
    pump_until(queue, lambda: not queue.jobs() and not queue.queue.deliveries)
    assert state.findings and not state.error


def test_each_job_of_the_queue_is_cancelled_by_its_own_button(queue: Any) -> None:
    jobs = [check_job() for _ in range(4)]
    for job in jobs:
        queue.add(job)
    assert bpy.ops.posewright.cancel(job=jobs[2].number) == {"FINISHED"}
    assert queue.jobs() == [jobs[0], jobs[1], jobs[3]]
    assert bpy.ops.posewright.cancel(job=jobs[2].number) == {"CANCELLED"}, "it is gone"
    assert bpy.ops.posewright.cancel() == {"FINISHED"}
    assert jobs[0].is_cancelled and not jobs[1].is_cancelled
    assert bpy.ops.posewright.cancel(all=True) == {"FINISHED"}
    assert queue.jobs() == [jobs[0]]


def test_the_key_leaves_a_set_up_alone(queue: Any) -> None:
    """Minutes of downloads are not lost by an Esc that was meant for something else."""
    jobs = importlib.import_module(f"{MODULE}.addon.jobs.job")
    setting_up = jobs.Job("setup", "runtime", lambda worker: None, lambda context, result: "")
    capturing = jobs.Job("capture", "walk.mp4", lambda worker: None, lambda context, result: "")
    queue.queue.waiting.extend([setting_up, capturing])
    assert bpy.ops.posewright.cancel(spare_setup=True) == {"FINISHED"}
    assert queue.jobs() == [setting_up]
    assert bpy.ops.posewright.cancel(spare_setup=True) == {"CANCELLED"}
    assert queue.jobs() == [setting_up]
    assert bpy.ops.posewright.cancel(job=setting_up.number) == {"FINISHED"}
    assert not queue.jobs()
