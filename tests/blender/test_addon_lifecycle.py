"""What the add-on leaves behind when it is switched off, when Blender or its worker is killed, between files."""

import gc
import importlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import bpy
import pytest

MODULE = "bl_ext.user_default.posewright"
TIMES = 20
PATIENCE = 60.0  # seconds

needs_processes = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are counted in /proc")


@pytest.fixture(autouse=True)
def folder_for_temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that no other program uses."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))


@pytest.fixture
def python() -> Path:
    """A Python with PyTorch, for workers."""
    named = os.environ.get("POSEWRIGHT_TEST_PYTHON")
    if not named:
        pytest.skip("no Python with PyTorch was named in POSEWRIGHT_TEST_PYTHON")
    return Path(named)


@pytest.fixture
def queue(extension: ModuleType, python: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The queue of jobs, with nothing in it, and a Python for its worker."""
    monkeypatch.setenv("POSEWRIGHT_PYTHON", str(python))
    monkeypatch.setenv("POSEWRIGHT_OFFLINE", "1")
    module = importlib.import_module(f"{MODULE}.addon.jobs.queue")
    module.stop()
    yield module
    module.stop()


def ours(module: object) -> bool:
    return str(getattr(module, "__module__", None)).startswith(MODULE)


def traces() -> dict[str, Any]:
    """Return everything of the add-on that Blender and this computer hold."""
    keymaps = getattr(bpy.context.window_manager.keyconfigs.addon, "keymaps", ())
    return {
        "classes": sorted(name for name in dir(bpy.types) if "posewright" in name.lower()),
        "operators": sorted(dir(bpy.ops.posewright)),
        "properties": [
            f"{kind.__name__}.{name}"
            for kind in (bpy.types.Scene, bpy.types.Object, bpy.types.WindowManager, bpy.types.Action, bpy.types.Text)
            for name in kind.bl_rna.properties.keys()  # noqa: SIM118
            if "posewright" in name.lower()
        ],
        "handlers": sorted(
            f"{name}: {handler.__name__}"
            for name, handlers in vars_of(bpy.app.handlers).items()
            if isinstance(handlers, list)
            for handler in handlers
            if ours(handler)
        ),
        "menus": sorted(
            f"{name}: {draw.__name__}"
            for name in dir(bpy.types)
            for draw in getattr(getattr(getattr(bpy.types, name), "draw", None), "_draw_funcs", ())
            if ours(draw)
        ),
        "keys": sorted(
            item.idname for keymap in keymaps for item in keymap.keymap_items if "posewright" in item.idname
        ),
        "processes": children(),
        "folders": folders(),
        "modules outside": sorted(
            name for name in sys.modules if name.split(".")[0] == "posewright" and MODULE not in name
        ),
        "paths": list(sys.path),
    }


def vars_of(module: object) -> dict[str, Any]:
    return {name: getattr(module, name) for name in dir(module)}


def children() -> list[int]:
    """Return the processes that this one has started and that still run."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if int(parent) == os.getpid() and state != "Z":
            found.append(int(stat.parent.name))
    return sorted(found)


def folders() -> list[str]:
    return sorted(path.name for path in Path(tempfile.gettempdir()).glob("posewright-*") if path.is_dir())


def disable() -> None:
    bpy.ops.preferences.addon_disable(module=MODULE)


def enable() -> None:
    bpy.ops.preferences.addon_enable(module=MODULE)


def forget_modules() -> None:
    """Have the next ``enable`` read every file anew, as after an update."""
    for name in [name for name in sys.modules if name == MODULE or name.startswith(MODULE + ".")]:
        del sys.modules[name]


@needs_processes
def test_switched_off_and_on_it_leaves_nothing(extension: ModuleType) -> None:
    disable()
    without = traces()
    assert not without["classes"] and not without["handlers"] and not without["properties"] and not without["menus"]
    assert not without["operators"] and not without["keys"]
    enable()
    with_it = traces()
    assert with_it["classes"] and with_it["operators"] and with_it["handlers"]
    for _ in range(TIMES):
        disable()
        assert traces() == without
        enable()
        assert traces() == with_it


@needs_processes
def test_reloaded_many_times_it_does_not_grow(extension: ModuleType) -> None:
    def reload() -> int:
        disable()
        forget_modules()
        enable()
        gc.collect()
        classes = (value for value in gc.get_objects() if isinstance(value, type) and ours(value))
        return sum(issubclass(value, bpy.types.bpy_struct) for value in classes)

    reload()
    first, before = reload(), traces()
    for _ in range(TIMES - 3):
        reload()
    last = reload()
    if bpy.app.version >= (4, 4):  # 4.2 keeps every PropertyGroup for ever, whoever made it
        assert last <= first, "classes of former times are still held"
    assert traces() == before
    assert MODULE in bpy.context.preferences.addons


def capture_job(queue: Any) -> Any:
    """Return the job that Capture makes of the demo clip, in the scene that is open."""
    bpy.context.scene.posewright.footage.clip = str(Path(__file__).parents[2] / "examples" / "dance.mp4")
    return importlib.import_module(f"{MODULE}.addon.capture.operators").capture_job(bpy.context)


def pump_until(queue: Any, condition: Callable[[], bool]) -> None:
    """Do what Blender's timer does."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        queue.pump()
        time.sleep(0.05)


def wait_for(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + PATIENCE
    while not condition() and time.monotonic() < end:
        time.sleep(0.1)
    return condition()


@needs_processes
def test_a_killed_worker_is_a_sentence_and_the_next_job_works(queue: Any) -> None:
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=False)
    before = children()
    job = capture_job(queue)
    queue.add(job)
    pump_until(queue, lambda: job.running.stage == "detect")
    worker = (set(children()) - set(before)).pop()
    os.kill(worker, signal.SIGKILL)
    with pytest.raises(RuntimeError, match="worker process ended before its work was done"):
        pump_until(queue, lambda: not queue.jobs() and not queue.queue.deliveries)
    assert not bpy.context.scene.posewright.takes
    state = importlib.import_module(f"{MODULE}.addon.session").state
    state.log = state.log or "the worker may have said nothing before it was killed"
    assert "worker process ended" in state.error
    assert bpy.ops.posewright.copy_log() == {"FINISHED"}
    assert bpy.ops.posewright.dismiss() == {"FINISHED"} and not state.error
    assert not bpy.ops.posewright.copy_log.poll(), "the log goes with the message"
    assert bpy.ops.posewright.check() == {"FINISHED"}, "a new worker does the next job"
    assert bpy.ops.posewright.copy_check() == {"FINISHED"}
    assert bpy.ops.posewright.deliver() == {"CANCELLED"}, "nothing is left to be delivered"


def test_the_runtime_is_removed_and_nothing_else(queue: Any) -> None:
    folder = importlib.import_module(f"{MODULE}.cli.runtime.choice").Runtime.folder()
    assert not bpy.ops.posewright.remove_runtime.poll()
    beside = folder.root.parent / "beside.txt"
    folder.fetched.mkdir(parents=True)
    (folder.fetched / "library.whl").write_bytes(b"of an earlier try")
    beside.write_text("not ours")
    assert bpy.ops.posewright.remove_runtime() == {"FINISHED"}
    assert not folder.fetched.exists() and beside.is_file()
    assert not bpy.ops.posewright.remove_runtime.poll()


@needs_processes
def test_work_for_a_file_that_was_left_is_forgotten(queue: Any) -> None:
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=False)
    before = children()
    queue.add(capture_job(queue))
    queue.add(capture_job(queue))
    assert len(queue.jobs()) == 2
    pump_until(queue, lambda: queue.jobs()[0].running.stage == "detect")
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=False)
    assert not queue.jobs() and not queue.queue.deliveries
    assert wait_for(lambda: children() == before)
    queue.pump()
    assert not bpy.context.scene.posewright.takes and not bpy.data.texts


@needs_processes
def test_switched_off_in_the_middle_of_a_capture(queue: Any) -> None:
    before, left = children(), folders()
    queue.add(capture_job(queue))
    pump_until(queue, lambda: queue.jobs()[0].running.stage == "detect")
    disable()
    assert (children(), folders()) == (before, left)
    enable()


CLOSED_IN_THE_MIDDLE = """
import importlib, os, sys, time
import bpy
bpy.ops.preferences.addon_enable(module="{module}")
bpy.context.scene.posewright.footage.clip = sys.argv[1]
queue = importlib.import_module("{module}.addon.jobs.queue")
queue.add(importlib.import_module("{module}.addon.capture.operators").capture_job(bpy.context))
while queue.jobs()[0].running.stage != "detect":
    queue.pump()
    time.sleep(0.05)
worker = queue.queue.host.worker(queue.jobs()[0].python())
print("WORKER", worker._process.pid, worker.folder, flush=True)
time.sleep(600)
"""


@needs_processes
@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "ended"])
def test_blender_gone_in_the_middle_of_a_capture(extension: ModuleType, python: Path, ending: signal.Signals) -> None:
    clip = Path(__file__).parents[2] / "examples" / "dance.mp4"
    blender = subprocess.Popen(
        [sys.executable, "-c", CLOSED_IN_THE_MIDDLE.format(module=MODULE), str(clip)],
        env=os.environ | {"POSEWRIGHT_PYTHON": str(python), "POSEWRIGHT_OFFLINE": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert blender.stdout is not None
    try:
        said = next(line for line in blender.stdout if line.startswith("WORKER"))
        _, worker, folder = said.split(maxsplit=2)
        assert Path("/proc", worker).exists() and Path(folder.strip()).is_dir()
        blender.send_signal(ending)
        blender.wait(PATIENCE)
        assert wait_for(lambda: not Path("/proc", worker).exists()), "the worker runs on"
        assert wait_for(lambda: not Path(folder.strip()).exists()), "its folder was left"
    finally:
        blender.kill()
        blender.wait()
