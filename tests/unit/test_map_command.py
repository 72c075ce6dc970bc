"""``posewright map``: the table, the file, the picture, what is remembered, and wrong usage."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
from posewright.cli.main import main
from posewright.cli.map_rig import table
from posewright.core.pictures import read_picture
from posewright.core.preview.part_colours import part_colour
from posewright.core.preview.rig_map import RigDrawing, draw_rig_map
from posewright.rigging.maps.user_maps import FOLDER_VARIABLE

needs_bpy = pytest.mark.skipif(importlib.util.find_spec("bpy") is None, reason="this environment has no bpy")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "maps"))
    monkeypatch.delenv("BLENDER", raising=False)
    return tmp_path / "maps"


@needs_bpy
def test_the_table_the_file_and_the_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, picture = tmp_path / "map.json", tmp_path / "map.png"
    assert main(["map", "mannequin", "-o", str(out), "--picture", str(picture), "-q"]) == 0
    printed = capsys.readouterr().out
    table = [line.split() for line in printed.splitlines()]
    assert ["left", "upper", "arm", "upper_arm.L", "95", "%"] in table
    content = json.loads(out.read_text("utf-8"))
    assert content["map"]["right_foot"] == "foot.R"
    assert len(content["signature"]) == 16
    page = read_picture(picture)
    for part in ("left_thigh", "right_hand", "spine", "head"):
        near = np.abs(page.astype(int) - part_colour(part)).max(axis=-1) < 12
        assert near.sum() > 200, part
    assert main(["map", "mannequin", "-o", str(out)]) == 1  # it exists already


@needs_bpy
def test_a_correction_is_remembered_and_forgotten(
    tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "own.json"
    own.write_text(json.dumps({"map": {"neck": None}}), "utf-8")
    assert main(["map", "mannequin", "--map", str(own), "--remember", "--json", "-q"]) == 0
    first = json.loads(capsys.readouterr().out)
    assert first["ok"] and "neck" in first["missing"]
    assert Path(first["remembered"]).parent == folder
    assert main(["map", "mannequin", "--json", "-q"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert again["source"] == "remembered map" and "neck" in again["missing"]
    assert main(["map", "mannequin", "--forget", "--json", "-q"]) == 0
    last = json.loads(capsys.readouterr().out)
    assert last["forgotten"] and last["map"]["neck"] == ["neck"]


@pytest.mark.parametrize(
    ("asked", "forgotten", "sentence"),
    [
        (True, True, "The map that was remembered for this rig is forgotten."),
        (True, False, "No map was remembered for this rig."),
        (False, False, None),
    ],
)
def test_what_became_of_a_remembered_map_is_said(asked: bool, forgotten: bool, sentence: str | None) -> None:
    facts = {"armature": "Hero", "bones": 1, "source": "shape", "map": {"hips": ["pelvis"]}, "confidence": {}}
    facts |= {"notes": [], "remembered": None, "forgotten": forgotten}
    lines = table(facts, asked_to_forget=asked)
    assert (lines[-1] or None) == sentence


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["-o", "map.txt"], "must end in .json"),
        (["--picture", "map.pdf"], "must end in one of"),
        (["--remember", "--forget"], "Choose one"),
    ],
)
def test_wrong_usage(words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["map", "mannequin", *words]) == 2
    assert sentence in capsys.readouterr().err


@needs_bpy
def test_a_file_that_is_no_rig(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["map", str(tmp_path / "none.glb"), "-q"]) == 1
    assert "There is no file" in capsys.readouterr().err


def test_doubtful_parts_are_red_and_missing_ones_listed() -> None:
    places = np.array([[0.0, 0, 1], [0.1, 0, 1], [0.1, 0, 0.5], [-0.1, 0, 1]])
    drawing = RigDrawing(
        bones=("hips", "left", "knee", "right"),
        heads=places,
        tails=places - [0.0, 0.0, 0.4],
        points=np.zeros((0, 3)),
        triangles=np.zeros((0, 3), np.int64),
        owners=np.zeros(0, np.int64),
        forward=np.array([0.0, -1.0, 0.0]),
    )
    parts = {"hips": ["hips"], "left_thigh": ["left"], "left_shin": ["knee"], "right_thigh": ["right"]}

    def red(confidence: float, missing: list[str]) -> int:
        page = draw_rig_map(drawing, parts, dict.fromkeys(parts, confidence), missing, "rig", "shape")
        return int((np.abs(page.astype(int) - (214, 40, 57)).max(axis=-1) < 12).sum())

    assert red(1.0, []) == 0
    assert red(0.3, []) > 1000
    assert red(1.0, ["head"]) > 50
