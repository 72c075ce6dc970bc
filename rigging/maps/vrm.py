"""What a VRM file says of its own bones: the humanoid in the JSON of a glTF. the standard library alone.

VRM 0 has it in ``extensions.VRM.humanoid.humanBones`` (a list), VRM 1 in ``extensions.VRMC_vrm.humanoid.humanBones``
(an object). Nodes are given by index; Blender's importer names bones after the nodes.
"""

import json
import struct
from collections import Counter
from pathlib import Path
from typing import Any, Final

_GLB: Final = 0x46546C67
_JSON: Final = 0x4E4F534A
LONGEST_NAME: Final = 63  # bytes that Blender keeps of a name


def read_humanoid(path: Path) -> dict[str, str] | None:
    """Return VRM's name of a human bone -> name of the bone, or None when the file does not say (or is no glTF)."""
    try:
        content = _read_json(path)
        nodes = content["nodes"]
        stated = _stated(content.get("extensions") or {})
        names = [node.get("name", f"Node_{i}") for i, node in enumerate(nodes)]
        often = Counter(names)  # nodes of the same name get numbers when they are imported
        found = {
            bone: _kept(names[node])
            for bone, node in stated.items()
            if 0 <= node < len(names) and often[names[node]] == 1
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError, struct.error):
        return None
    return found or None


def _read_json(path: Path) -> Any:
    with path.open("rb") as file:
        start = file.read(20)
        if len(start) == 20 and struct.unpack("<I", start[:4])[0] == _GLB:
            length, kind = struct.unpack("<II", start[12:20])
            if kind != _JSON:
                raise ValueError("the first chunk is not JSON")
            return json.loads(file.read(length))
        return json.loads(start + file.read())


def _stated(extensions: dict[str, Any]) -> dict[str, int]:
    new = extensions.get("VRMC_vrm")
    if new is not None:
        return {bone: int(entry["node"]) for bone, entry in new["humanoid"]["humanBones"].items()}
    old = extensions.get("VRM")
    if old is None:
        return {}
    return {entry["bone"]: int(entry["node"]) for entry in old["humanoid"]["humanBones"]}


def _kept(name: str) -> str:
    return name.encode()[:LONGEST_NAME].decode("utf-8", "ignore")
