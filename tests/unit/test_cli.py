"""The command line's own logic: options, exit codes, checks of outputs."""

import json
from pathlib import Path

import pytest
from posewright.cli.main import COMMANDS, main
from posewright.core.outputs import check_outputs
from posewright.errors import PosewrightError, UsageError


@pytest.mark.parametrize("command", [command.name for command in COMMANDS])
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == 0
    assert command in capsys.readouterr().out


def test_unknown_commands_are_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dance"]) == 2
    assert main([]) == 2


@pytest.mark.parametrize(
    "wrong",
    [
        ["--person", "tall"],
        ["--person", "0"],
        ["--person", "2@1.5"],
        ["--person", "10,20@soon"],
        ["--person", "10,20@"],
        ["--start", "3", "--end", "2"],
        ["--fov", "200"],
        ["--fov", "60", "--focal-px", "900"],
        ["--smooth", "2"],
        ["--refine", "contacts,magic"],
    ],
)
def test_option_values_that_make_no_sense(wrong: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["track", "clip.mp4", "-o", str(tmp_path / "take.npz"), *wrong]) == 2
    assert wrong[-2] in capsys.readouterr().err


def test_a_stop_is_a_sentence_from_the_first_moment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(name: str, package: str | None = None) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("posewright.cli.main.importlib.import_module", stop)  # while a command's modules are loaded
    assert main(["map", "mannequin"]) == 1
    assert capsys.readouterr().err == "posewright: Stopped; nothing half-written was left behind.\n"


def test_errors_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "take.npz"
    out.write_text("old")
    assert main(["track", "clip.mp4", "-o", str(out), "--json"]) == 1
    printed = capsys.readouterr()
    assert json.loads(printed.out) == {"ok": False, "error": printed.err.strip().removeprefix("posewright: ")}


def test_outputs_are_checked_before_the_work(tmp_path: Path) -> None:
    existing = tmp_path / "a.npz"
    existing.write_text("old")
    with pytest.raises(PosewrightError, match="exists already"):
        check_outputs([existing], overwrite=False)
    check_outputs([existing], overwrite=True)
    check_outputs([tmp_path / "new" / "b.npz", None], overwrite=False)
    assert (tmp_path / "new").is_dir()
    with pytest.raises(PosewrightError, match="is a folder"):
        check_outputs([tmp_path], overwrite=True)
    with pytest.raises(UsageError, match="same name"):
        check_outputs([tmp_path / "c.npz", tmp_path / "c.npz"], overwrite=True)
