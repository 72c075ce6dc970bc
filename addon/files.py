"""The file that an operator reads or writes."""

from pathlib import Path

import bpy

from ..errors import PosewrightError


def chosen_file(path: str, what: str) -> Path:
    """Return the file of a path that may begin with //; PosewrightError, about ``what`` it is, when it is empty."""
    if not path:
        raise PosewrightError(f"Name the file of the {what}.")
    return Path(bpy.path.abspath(path))
