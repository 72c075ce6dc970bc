"""What VRM files say of their own bones, and that maps believe it."""

import json
import struct
from pathlib import Path

import pytest
from made_bodies import body, made
from posewright.rigging.maps.mapping import map_rig
from posewright.rigging.maps.naming import STATED
from posewright.rigging.maps.vrm import read_humanoid

NODES = [{"name": "A"}, {"name": "B"}, {}, {"name": "twice"}, {"name": "twice"}]
NEW = {"VRMC_vrm": {"humanoid": {"humanBones": {"hips": {"node": 0}, "head": {"node": 1}, "neck": {"node": 3}}}}}
OLD = {"VRM": {"humanoid": {"humanBones": [{"bone": "hips", "node": 0}, {"bone": "head", "node": 1}]}}}


def glb(path: Path, content: dict) -> Path:
    text = json.dumps(content).encode()
    text += b" " * (-len(text) % 4)
    path.write_bytes(struct.pack("<IIIII", 0x46546C67, 2, 20 + len(text), len(text), 0x4E4F534A) + text)
    return path


@pytest.mark.parametrize("extensions", [NEW, OLD], ids=["VRM 1", "VRM 0"])
def test_humanoids_are_read(tmp_path: Path, extensions: dict) -> None:
    content = {"nodes": NODES, "extensions": extensions}
    expected = {"hips": "A", "head": "B"}  # a name that two nodes have says nothing
    assert read_humanoid(glb(tmp_path / "a.vrm", content)) == expected
    (tmp_path / "a.gltf").write_text(json.dumps(content), "utf-8")
    assert read_humanoid(tmp_path / "a.gltf") == expected


@pytest.mark.parametrize(
    "data", [b"", b"solid", b"glTF" + bytes(40), b"{}", b'{"nodes": [], "extensions": {"VRM": 3}}']
)
def test_other_files_say_nothing(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.glb").write_bytes(data)
    assert read_humanoid(tmp_path / "a.glb") is None
    assert read_humanoid(tmp_path / "none.glb") is None


def test_the_true_file(shared: Path) -> None:
    found = read_humanoid(shared / "rigs" / "cryptovoxels.vrm")
    assert found is not None
    assert (found["hips"], found["leftLowerLeg"], found["rightHand"]) == ("Hips", "Left knee", "Right wrist")


def test_maps_believe_the_file() -> None:
    """Names that say nothing; the file names the bone of the left hand differently from what the shape would tell."""
    rest, shown = made(body())
    rest.humanoid = {word: shown[part] for part, word in STATED.items()}
    rest.humanoid |= {"spine": shown["spine"], "chest": shown["chest"], "leftHand": shown["left_forearm"]}
    rest.humanoid.pop("leftLowerArm")
    rest.humanoid |= {"rightThumbMetacarpal": shown["right_toe"], "rightLittleProximal": shown["left_toe"]}
    rig_map = map_rig(rest)
    assert rig_map.source.startswith("the file's own humanoid")
    assert rig_map.bones["left_hand"] == (shown["left_forearm"],)
    assert rig_map.bones["right_hand"] == (shown["right_hand"],)
    assert rig_map.bones["right_thumb"] == (shown["right_toe"],)
    assert rig_map.bones["right_pinky"] == (shown["left_toe"],)
    assert rig_map.confidence["left_hand"] < rig_map.confidence["right_hand"]
