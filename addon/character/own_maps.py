"""What somebody stated about the bones of characters, kept in the scene: one map for each armature."""

import json

from bpy.types import Object, Scene

Entries = dict[str, list[str]]
"""Part -> its bones, root end first; an empty list: the part is left alone. What is not named is found by itself."""


def own_map(scene: Scene, obj: Object) -> Entries:
    """Return what was stated about the bones of an armature, an empty dict when nothing was."""
    found = next((entry for entry in scene.posewright.character.own_maps if entry.armature == obj), None)
    return json.loads(found.parts) if found is not None else {}


def own_text(scene: Scene, obj: Object) -> str:
    """Return the same as the text that is kept: two are the same when nothing was changed."""
    found = next((entry for entry in scene.posewright.character.own_maps if entry.armature == obj), None)
    return found.parts if found is not None else ""


def keep_own_map(scene: Scene, obj: Object, entries: Entries) -> None:
    """Keep what was stated about the bones of an armature; maps of deleted characters go."""
    maps = scene.posewright.character.own_maps
    for k in reversed(range(len(maps))):
        if maps[k].armature is None or (maps[k].armature == obj and not entries):
            maps.remove(k)
    if not entries:
        return
    entry = next((entry for entry in maps if entry.armature == obj), None) or maps.add()
    entry.armature, entry.parts = obj, json.dumps(entries)
