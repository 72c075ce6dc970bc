"""Rig jobs in another process: who does them, how errors come back, and how they are stopped."""

import importlib.util
import os
import stat
import time
from pathlib import Path

import numpy as np
import pytest
from posewright.core.skeleton import JOINTS
from posewright.core.take import Take
from posewright.errors import Cancelled, PosewrightError, UsageError
from posewright.rigging.blender.launch import find_blender, run_in_blender
from posewright.rigging.blender.outputs import partial_path
from posewright.rigging.blender.protocol import progress_line, read_progress

needs_bpy = pytest.mark.skipif(importlib.util.find_spec("bpy") is None, reason="this environment has no bpy")
needs_shell = pytest.mark.skipif(os.name != "posix", reason="uses a shell script as the program")


def program(path: Path, script: str) -> Path:
    """Write a program that calls itself Blender 4.5 and otherwise does what the script says."""
    path.write_text(f'#!/bin/sh\nif [ "$2" = --version ]; then echo "Blender 4.5.3 LTS"; exit 0; fi\n{script}\n')
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def take_file(folder: Path) -> Path:
    """Write a take in which nothing moves and every joint is at a place of its own."""
    places = np.random.default_rng(0).uniform(0, 1, (1, len(JOINTS), 3))
    Take(np.repeat(places, 10, 0).astype(np.float32), JOINTS, 30.0).save(folder / "take.npz")
    return folder / "take.npz"


def test_progress_lines_survive_what_blender_prints() -> None:
    line = progress_line("rig", 0.25, 'writing "ü"')
    assert read_progress(f"Read blend: x{line}\n") == ("rig", 0.25, 'writing "ü"')
    assert read_progress("Read blend: nothing of ours") is None
    assert read_progress("@posewright broken") is None


@needs_bpy
def test_a_job_in_a_process_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Relative paths, with blanks and umlauts, are those of this process."""
    monkeypatch.delenv("BLENDER", raising=False)
    folder = tmp_path / "Länge 2"
    folder.mkdir()
    motion = take_file(folder)
    monkeypatch.chdir(folder)
    reports: list[float] = []
    result = run_in_blender(
        {"motion": motion.name, "rig": "mannequin", "out": "tänzer 1.blend"},
        lambda _, done, note="": reports.append(done),
    )
    assert (folder / "tänzer 1.blend").stat().st_size > 10_000
    assert result["frames"] == 10
    assert reports[-1] == 1.0
    assert sorted(path.name for path in folder.iterdir()) == ["take.npz", "tänzer 1.blend"]


@needs_bpy
def test_errors_cross_the_border_as_sentences(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BLENDER", raising=False)
    motion = str(take_file(tmp_path))
    with pytest.raises(PosewrightError, match="There is no file") as caught:
        run_in_blender({"motion": motion, "rig": str(tmp_path / "no.fbx"), "out": str(tmp_path / "out.blend")})
    assert not isinstance(caught.value, UsageError)
    with pytest.raises(UsageError, match="must end in one of"):
        run_in_blender({"motion": motion, "rig": "mannequin", "out": str(tmp_path / "out.obj")})
    assert [path.name for path in tmp_path.iterdir()] == ["take.npz"]


@needs_bpy
@pytest.mark.parametrize("stop", (Cancelled, KeyboardInterrupt))
def test_a_job_can_be_stopped(stop: type[BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BLENDER", raising=False)
    motion = take_file(tmp_path)

    def progress(stage: str, done: float, note: str = "") -> None:
        if done > 0.0:
            raise stop

    with pytest.raises(stop):
        run_in_blender({"motion": str(motion), "rig": "mannequin", "out": str(tmp_path / "out.blend")}, progress)
    time.sleep(0.5)
    assert [path.name for path in tmp_path.iterdir()] == ["take.npz"]


@needs_shell
def test_a_silent_program_is_stopped_at_once(tmp_path: Path) -> None:
    blender = program(tmp_path / "blender", f'echo $$ > "{tmp_path}/pid"; sleep 100')
    out = tmp_path / "out.blend"
    partial_path(out).write_bytes(b"half")
    (tmp_path / "out.part.blend").write_bytes(b"the user's own")
    begin = time.monotonic()

    def progress(stage: str, done: float, note: str = "") -> None:
        if time.monotonic() - begin > 1.0:
            raise Cancelled

    with pytest.raises(Cancelled):
        run_in_blender({"motion": "m.npz", "rig": "mannequin", "out": str(out), "blender": str(blender)}, progress)
    assert time.monotonic() - begin < 10
    assert not partial_path(out).exists()
    assert (tmp_path / "out.part.blend").exists()
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


@needs_shell
def test_a_program_that_crashes_gives_a_sentence(tmp_path: Path) -> None:
    blender = program(tmp_path / "blender", 'echo "Writing: /tmp/blender.crash.txt"; kill -SEGV $$')
    request = {"motion": "m.npz", "rig": "mannequin", "out": str(tmp_path / "o.blend"), "blender": str(blender)}
    with pytest.raises(PosewrightError, match=r"ended without a result\. Its last words: Writing") as caught:
        run_in_blender(request)
    assert "Blender 4.5.3" in str(caught.value)


@needs_shell
def test_what_counts_is_the_result_and_not_how_the_program_ended(tmp_path: Path) -> None:
    script = 'for last; do :; done; echo "{\\"frames\\": 3}" > "$last"; kill -SEGV $$'
    blender = program(tmp_path / "blender", script)
    request = {"motion": "m.npz", "rig": "mannequin", "out": str(tmp_path / "o.blend"), "blender": str(blender)}
    assert run_in_blender(request) == {"frames": 3}


@needs_shell
def test_the_named_blender_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = program(tmp_path / "named", "exit 0")
    other = program(tmp_path / "other", "exit 0")
    monkeypatch.setenv("BLENDER", str(other))
    assert str(named) in find_blender(str(named)).says
    assert str(other) in find_blender().says
    assert "Blender 4.5.3" in find_blender().says


def test_blenders_that_do_not_serve_give_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(PosewrightError, match="no program"):
        find_blender(str(tmp_path / "none"))
    if os.name == "posix":
        old = tmp_path / "old"
        old.write_text("#!/bin/sh\necho Blender 3.6.5\n")
        old.chmod(0o755)
        with pytest.raises(PosewrightError, match=r"3\.6.*needs Blender 4\.2"):
            find_blender(str(old))
        with pytest.raises(PosewrightError, match="is not Blender"):
            find_blender("/bin/true")


def test_no_blender_at_all_gives_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from posewright.rigging.blender import launch

    monkeypatch.delenv("BLENDER", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(launch, "USUAL_PLACES", ())
    monkeypatch.setattr(launch.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(PosewrightError, match="pip install bpy"):
        find_blender()
