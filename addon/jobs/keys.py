"""Esc in the 3D view stops the work, but not the set-up of the runtime.

It can be changed in Blender's preferences as any other key.
"""

import time

import bpy
from bpy.app.handlers import persistent
from bpy.types import KeyMap, KeyMapItem

SAME_PRESS = 0.2  # seconds

_added: list[tuple[KeyMap, KeyMapItem]] = []


class _Playback:
    """When an animation ended to play."""

    ended = float("-inf")  # time.monotonic()


@persistent
def _playback_ended(*_: object) -> None:
    _Playback.ended = time.monotonic()


def stopped_playback() -> bool:
    """Return whether the Esc that is handled now has just stopped an animation: Blender passes it on to us as well."""
    return time.monotonic() - _Playback.ended < SAME_PRESS


def register() -> None:
    """Add the key, where Blender has keys at all."""
    bpy.app.handlers.animation_playback_post.append(_playback_ended)
    configuration = bpy.context.window_manager.keyconfigs.addon
    if configuration is None:  # without a window
        return
    keymap = configuration.keymaps.new(name="3D View", space_type="VIEW_3D")
    item = keymap.keymap_items.new("posewright.cancel", "ESC", "PRESS")
    item.properties.spare_setup = True
    _added.append((keymap, item))


def unregister() -> None:
    """Take the key away again."""
    bpy.app.handlers.animation_playback_post.remove(_playback_ended)
    for keymap, item in _added:
        keymap.keymap_items.remove(item)
    _added.clear()
