"""Progress on a terminal and in a log."""

import sys

import pytest
from posewright.cli import console
from posewright.cli.console import ConsoleProgress


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(console.time, "monotonic", lambda: now[0])
    return now


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().err.replace("\r\x1b[K", "\n").strip().splitlines()


def test_a_log_gets_a_line_a_quarter_and_one_a_minute(clock: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    progress = ConsoleProgress()
    for step in range(0, 101, 5):
        progress("train", step / 100, f"step {step}")
        clock[0] += 1
    assert [line.split("  ")[1] for line in lines(capsys)] == ["step 0", "step 25", "step 50", "step 75", "step 100"]
    progress("lift", 0.1, "begin")
    for second in range(0, 200, 10):
        clock[0] += 10
        progress("lift", 0.11, f"after {second}")
    assert len(lines(capsys)) == 3  # the stage, and two more minutes


def test_resumed_work_tells_its_time_from_where_it_began(
    clock: list[float], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    progress = ConsoleProgress()
    progress("train", 0.5)
    clock[0] += 60
    progress("train", 0.6)
    clock[0] += 60
    progress("train", 0.7)
    clock[0] += 120
    progress("train", 0.9)
    progress.close()
    told = lines(capsys)
    assert told == [
        "Training: 50 %",
        "Training: 60 %, about 4 min left",
        "Training: 70 %, about 3 min left",
        "Training: 90 %, about 60 s left",
    ]
    progress("train", 0.9, "at once again")
    assert lines(capsys) == []


def test_a_quiet_one_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    progress = ConsoleProgress(quiet=True)
    progress("train", 0.5)
    progress.close()
    assert lines(capsys) == []
