"""Esc in the 3D view stops the work; it can be changed in Blender's preferences as any other key."""

import bpy
from bpy.types import KeyMap, KeyMapItem

_added: list[tuple[KeyMap, KeyMapItem]] = []


def register() -> None:
    """Add the key, where Blender has keys at all."""
    configuration = bpy.context.window_manager.keyconfigs.addon
    if configuration is None:  # without a window
        return
    keymap = configuration.keymaps.new(name="3D View", space_type="VIEW_3D")
    _added.append((keymap, keymap.keymap_items.new("posewright.cancel", "ESC", "PRESS")))


def unregister() -> None:
    """Take the key away again."""
    for keymap, item in _added:
        keymap.keymap_items.remove(item)
    _added.clear()
