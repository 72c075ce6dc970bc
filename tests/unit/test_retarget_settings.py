"""The choices of a retarget: from the command line to the job and back, and sentences for what does not exist."""

from pathlib import Path

import pytest
from posewright.cli.main import main, parse
from posewright.cli.retarget import rig_request
from posewright.errors import UsageError
from posewright.rigging.keys.settings import KeySettings
from posewright.rigging.settings import RetargetSettings

WORDS = ["retarget", "take.npz", "--rig", "mannequin", "-o", "out.blend"]
ALL = RetargetSettings(
    map_file=Path("my map.json"),
    feet="ground",
    drive="ik",
    root="bone",
    place="character",
    hands="directions",
    fingers=False,
    keys=KeySettings(name="Walk", nla=True, rate=12.0, reduce_degrees=0.5, interpolation="bezier", start=1.0, end=2.0),
)


def test_settings_travel_as_json() -> None:
    assert RetargetSettings.from_json(ALL.to_json()) == ALL
    assert RetargetSettings.from_json({}) == RetargetSettings()


def test_every_choice_has_an_option() -> None:
    options = "--feet ground --drive ik --root bone --place character --hands directions --no-fingers --action Walk"
    options += " --nla --key-rate 12 --reduce 0.5 --interpolation bezier --start 1 --end 2"
    request = rig_request(parse([*WORDS, *options.split()]), Path("take.npz"))
    assert RetargetSettings.from_json(request["settings"] | {"map_file": "my map.json"}) == ALL


@pytest.mark.parametrize("name", ["feet", "drive", "hands", "root", "place"])
def test_an_unknown_choice_gets_a_sentence(name: str) -> None:
    with pytest.raises(UsageError, match="There is no way sideways to"):
        RetargetSettings.from_json({name: "sideways"})


@pytest.mark.parametrize("values", [{"feat": "auto"}, {"keys": {"rat": 3}}])
def test_an_unknown_setting_gets_a_sentence(values: dict) -> None:
    with pytest.raises(UsageError, match=r"no setting (feat|rat)"):
        RetargetSettings.from_json(values)


@pytest.mark.parametrize("words", [[], ["take.npz", "--from-rig", "walk.fbx"]])
def test_one_motion_is_needed_and_no_more(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["retarget", *words, "--rig", "mannequin", "-o", "out.blend"]) == 2
    assert "Give either a motion" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        ("retarget no.npz --rig mannequin", 1, "There is no file no.npz."),
        ("retarget take.npz --rig no.fbx", 1, "There is no file no.fbx."),
        ("retarget take.npz --rig rig.txt", 2, "rig.txt is no kind of rig file"),
        ("retarget take.npz --rig mannequin --map no.json", 1, "There is no file no.json."),
        ("retarget take.npz --rig folder.blend", 1, "folder.blend is a folder"),
        ("retarget take.npz --rig out.blend", 1, "out.blend is the rig itself"),
        ("retarget --from-rig out.blend --rig mannequin", 1, "out.blend is the motion itself"),
        ("retarget --from-rig take.npz --rig mannequin", 2, "take.npz is no kind of motion file"),
        ("retarget take.npz --rig mannequin --from-action Run", 2, "take.npz holds no armatures and actions"),
        ("animate clip.mp4 --rig no.fbx", 1, "There is no file no.fbx."),
        ("animate clip.mp4 --rig out.blend", 1, "out.blend is the rig itself"),
        ("batch clip.mp4 --rig no.fbx", 1, "There is no file no.fbx."),
        ("batch clip.mp4 --drive ik", 2, "Without --rig there is nothing to animate"),
        ("batch clip.mp4 --map m.json", 2, "Without --rig there is nothing to animate"),
        ("map no.fbx", 1, "There is no file no.fbx."),
        ("contact-sheet take.npz", 2, "take.npz is no kind of rig file"),
        ("contact-sheet out.blend no.blend", 1, "There is no file no.blend."),
        ("contact-sheet out.blend --views front,above", 2, "There is no view above"),
        ("contact-sheet out.blend --views ,", 2, "Give at least one view"),
        ("contact-sheet out.blend --clip-start nan --clip clip.mp4", 2, "cannot begin at nan s"),
    ],
)
def test_files_and_choices_are_checked_before_the_work(
    words: str,
    status: int,
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """No Blender is started for any of these, and nothing is captured."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BLENDER", "one that must not be started")
    for name in ("take.npz", "out.blend", "clip.mp4"):
        Path(name).write_bytes(b"old")
    Path("folder.blend").mkdir()
    out = {"map": "m.json", "contact-sheet": "s.png", "batch": "results"}.get(words.split()[0], "out.blend")
    assert main([*words.split(), "-o", out, "--overwrite"]) == status
    assert sentence in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clip.mp4", "folder.blend", "out.blend", "take.npz"]


@pytest.mark.parametrize("command", ["retarget take.npz", "animate clip.mp4"])
def test_an_engine_wants_formats_of_its_own(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = [*command.split(), "--rig", "mannequin", "--export-for", "unity"]
    assert main([*words, "-o", "out.usdc"]) == 2
    assert "Only .fbx and .glb can be made for unity" in capsys.readouterr().err
    assert rig_request(parse([*words, "-o", "out.fbx"]), Path("take.npz"))["export_for"] == "unity"
