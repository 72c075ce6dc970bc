"""The choices in the panels as the settings of a retarget."""

from pathlib import Path

import bpy
from bpy.types import Scene

from ...rigging.keys.settings import KeySettings
from ...rigging.settings import RetargetSettings


def retarget_settings(scene: Scene) -> RetargetSettings:
    """Return how a take is put on the character."""
    chosen, map_file = scene.posewright.apply, scene.posewright.character.map_file
    return RetargetSettings(
        map_file=Path(bpy.path.abspath(map_file)) if map_file else None,
        feet=chosen.feet,
        drive=chosen.drive,
        root=chosen.root,
        place=chosen.place,
        hands="contacts" if chosen.hands_meet else "directions",
        fingers=chosen.fingers,
        keys=KeySettings(nla=chosen.nla, reduce_degrees=chosen.reduce or None, interpolation=chosen.interpolation),
    )
