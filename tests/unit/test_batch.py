"""Planning and resuming of a batch; the capture itself is tested on footage."""

import json
from pathlib import Path

import pytest
from posewright.cli.batch import is_done, plan_jobs, read_status, table
from posewright.cli.batch_plan import stamp_of
from posewright.errors import PosewrightError


def make_clips(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())


def finish(job, settings: dict) -> None:
    output = job.output(".npz")
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text("take")
    facts = job.clip.stat()
    status = {
        "clip": str(job.clip),
        "status": "done",
        "settings": settings,
        "clip_stamp": [facts.st_size, facts.st_mtime_ns],
        "outputs": [str(output)],
    }
    job.status_file.write_text(json.dumps(status))


def test_every_clip_gets_outputs_of_its_own(tmp_path: Path) -> None:
    clips = tmp_path / "clips"
    make_clips(clips, "walk.mp4", "walk.mov", "b/walk.mp4", "notes.txt", "walk_mp4.mp4")
    jobs = plan_jobs([clips, clips / "walk.mp4"], tmp_path / "out")
    assert len(jobs) == 4
    assert len({job.stem for job in jobs}) == 4
    assert {job.clip.name for job in jobs} == {"walk.mp4", "walk.mov", "walk_mp4.mp4"}


def test_a_folder_without_clips_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PosewrightError, match="no video files"):
        plan_jobs([tmp_path], tmp_path / "out")
    with pytest.raises(PosewrightError, match="no file or folder"):
        plan_jobs([tmp_path / "absent"], tmp_path / "out")


def test_numbered_pictures_are_clips_where_their_rate_is_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shots, out = tmp_path / "shots", tmp_path / "out"
    pictures = [f"{folder}/{number:04}.png" for folder in ("a", "b") for number in (1, 2, 3)]
    make_clips(shots, *pictures, "b/walk_9.jpg", "b/walk_10.jpg", "photo.jpg")
    with pytest.raises(PosewrightError, match="only numbered pictures: say their frame rate with --fps"):
        plan_jobs([shots], out)
    jobs = plan_jobs([shots, shots / "b"], out, pictures=True)
    assert [(job.name, job.stem.relative_to(out).as_posix()) for job in jobs] == [
        ("a/####.png", "a/a"),
        ("b/####.png", "b/b"),
        ("walk_#.jpg", "b/walk"),
    ]
    make_clips(shots, "walk.mp4")
    assert [job.name for job in plan_jobs([shots], out)] == ["walk.mp4"]
    assert "3 sequences of numbered pictures are left out" in capsys.readouterr().err
    assert plan_jobs([shots / "b" / "walk_#.jpg"], out) == plan_jobs([shots / "b" / "walk_9.jpg"], out)
    before = stamp_of(jobs[0].clip)
    (shots / "a" / "0002.png").write_bytes(b"another picture")
    assert len(before) == 2 and stamp_of(jobs[0].clip) != before


def test_only_unchanged_finished_clips_are_skipped(tmp_path: Path) -> None:
    make_clips(tmp_path, "a.mp4")
    (job,) = plan_jobs([tmp_path / "a.mp4"], tmp_path / "out")
    assert read_status(job)["status"] == "waiting"
    assert not is_done(job, {"height": 1.7})
    finish(job, {"height": 1.7})
    assert is_done(job, {"height": 1.7})
    assert not is_done(job, {"height": 1.8})
    job.output(".npz").unlink()
    assert not is_done(job, {"height": 1.7})
    finish(job, {"height": 1.7})
    job.clip.write_bytes(b"another film")
    assert not is_done(job, {"height": 1.7})


def test_a_damaged_status_file_means_waiting(tmp_path: Path) -> None:
    make_clips(tmp_path, "a.mp4")
    (job,) = plan_jobs([tmp_path / "a.mp4"], tmp_path / "out")
    job.status_file.parent.mkdir()
    job.status_file.write_text('{"status": "do')
    assert read_status(job)["status"] == "waiting"


def test_the_table_names_reasons() -> None:
    rows = [
        {"clip": "a.mp4", "status": "done", "frames": 10, "seconds": 1.5},
        {"clip": "long name.mp4", "status": "failed", "reason": "No person was found."},
    ]
    text = table(rows)
    assert "No person was found." in text
    assert len(text.splitlines()) == 3
