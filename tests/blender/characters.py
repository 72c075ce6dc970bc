"""What the tests of the Character panel share."""

from typing import Any

import bpy
from bpy.types import Object


def character() -> Any:
    return bpy.context.scene.posewright.character


def status(modules: Any, obj: Object) -> Any:
    return modules.status.status_of(bpy.context.scene, obj)
