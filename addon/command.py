"""``blender -b --command posewright ...``: the whole command line inside Blender."""

import os
from typing import Any

import bpy

from ..cli.main import main
from . import choices

NAME = "posewright"
OFFLINE = "POSEWRIGHT_OFFLINE"


class Command:
    """The handle that Blender gave for the command, while it is registered."""

    handle: Any = None


def run(words: list[str]) -> int:
    """Run one command of the command line; returns its exit code."""
    choices.choose_runtime()
    if not bpy.app.online_access:
        os.environ[OFFLINE] = "1"  # nothing runs in this process after the command
    return main(words)


def register() -> None:
    """Add the command to Blender."""
    Command.handle = bpy.utils.register_cli_command(NAME, run)


def unregister() -> None:
    """Take the command out of Blender."""
    if Command.handle is not None:
        bpy.utils.unregister_cli_command(Command.handle)
        Command.handle = None
