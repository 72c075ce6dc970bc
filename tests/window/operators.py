"""The operators of the add-on, and which of them a test presses or calls."""

import re
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
FOLDERS = ("tests/blender", "tests/window")
NAMED = re.compile(r'bl_idname = "posewright\.(\w+)"')


def operators() -> list[str]:
    """Return the names of all operators in the sources of the add-on, without what is before the dot."""
    found = {name for file in (CHECKOUT / "addon").rglob("*.py") for name in NAMED.findall(file.read_text("utf-8"))}
    return sorted(found)


def named_in_tests(names: list[str]) -> list[str]:
    """Return those that a test calls (``bpy.ops.posewright.NAME(``) or presses (``"posewright.NAME"``)."""
    files = [file for folder in FOLDERS for file in (CHECKOUT / folder).rglob("*.py")]
    texts = "\n".join(file.read_text("utf-8") for file in files)
    return [name for name in names if re.search(rf"posewright\.{name}\b", texts)]
