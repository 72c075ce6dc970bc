"""The add-on as an animator meets it: a real Blender, a real mouse and keyboard, and the real worker."""

import importlib.util
from pathlib import Path

import pytest
from window.launch import Blender, Seen
from window.operators import named_in_tests, operators

FROZEN = 0.25  # of the time of a capture; benchmarks/addon.py says how long the event loop really is away
RIGS = {"mh_female_mixamo_tpose_cm.fbx": "Armature", "rigify_human_b42.blend": "rig"}


@pytest.fixture(scope="module")
def capture(blender: Blender, checkout: Path, pictures: Path, saved: Path) -> Seen:
    """Captures that were cancelled, one that was not, and its take on the mannequin."""
    clip = checkout / "examples" / "dance.mp4"
    return blender.play("capture", pictures / "capture", str(clip), str(saved / "capture.blend"))


def test_a_capture_shows_its_progress_while_blender_stays_usable(capture: Seen) -> None:
    assert capture["tab"] == "Posewright" and capture["clip"].endswith("dance.mp4")
    before, after = capture["progress"]
    assert capture["working_meanwhile"] and after > before
    assert capture["view_turned"] > 0.05


def test_blender_does_not_stand_still_during_a_capture(capture: Seen) -> None:
    phases = [phase for phase in capture["absences"] if phase.startswith("capture")]
    assert len(phases) == 4
    for phase in phases:
        assert capture["absences"][phase][0] < FROZEN * capture["lasted"][phase], phase


def test_a_cancelled_capture_leaves_nothing(capture: Seen) -> None:
    for way in ("button", "escape"):
        assert capture[f"takes_after_{way}"] == capture[f"texts_after_{way}"] == 0


def test_capture_and_apply(capture: Seen) -> None:
    name, frames, clip = capture["take"]
    assert (name, Path(clip).name) == ("dance", "dance.mp4") and 14 <= frames <= 18, "half a second"
    assert capture["range"] == [True, 0.0, 0.5]
    before, undone = capture["objects"]
    assert undone == before and capture["takes_after_undo"] == 1, "Ctrl-Z takes the character back, and the take stays"
    assert capture["keyed_after_redo"]


@pytest.fixture(scope="module")
def characters(blender: Blender, shared: Path, walk: Path, pictures: Path, saved: Path) -> tuple[Seen, Path]:
    """A take on a character with Mixamo's names and on a Rigify character, and the file that was saved."""
    blend = saved / "characters.blend"
    rigs = [f"{shared / 'rigs' / file}::{name}" for file, name in RIGS.items()]
    return blender.play("characters", pictures / "characters", str(walk), str(blend), *rigs), blend


def test_mixamo_and_rigify_characters_move(characters: tuple[Seen, Path]) -> None:
    assert len(characters[0]["characters"]) == len(RIGS)
    for name, metres in characters[0]["characters"].items():
        assert metres > 0.05, name


def test_a_saved_file_keeps_takes_and_motion(blender: Blender, characters: tuple[Seen, Path], pictures: Path) -> None:
    seen = blender.play("reopened", pictures / "reopened", before=("-y", str(characters[1])))
    assert seen["takes"] == ["walk"] and seen["keyed"] == sorted(characters[0]["characters"])
    assert seen["done"]


def test_files_are_dropped_into_the_view(blender: Blender, checkout: Path, walk: Path, pictures: Path) -> None:
    if importlib.util.find_spec("Xlib") is None:
        pytest.skip("no python-xlib, which drops files as a file manager does")
    clip, python = checkout / "examples" / "dance.mp4", blender.environment["POSEWRIGHT_PYTHON"]
    seen = blender.play("dropped", pictures / "dropped", python, str(clip), str(walk))
    assert (Path(seen["clip"]).name, seen["take"]) == ("dance.mp4", "walk")
    before, after = seen["objects"]
    assert before == after, "Blender has put the video into the scene as a picture"


def test_the_first_time_offers_to_set_up(blender: Blender, pictures: Path) -> None:
    seen = blender.play("first_time", pictures / "first_time", POSEWRIGHT_PYTHON="")
    assert seen["offered_again"] and not seen["capture"] and seen["jobs"] == 0


def test_every_operator_is_in_some_test() -> None:
    names = operators()
    assert len(names) > 40
    assert set(names) == set(named_in_tests(names))
