"""Put a take on a character, and find the characters that have one."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import bpy
from bpy.types import Context, Object, Scene

from ...progress import Progress
from ...rigging.blender.applied import apply_again, apply_take, made_action
from ..takes.store import current_take
from .ahead import solved_ahead
from .settings import applied_as

if TYPE_CHECKING:
    from ..takes.properties import PosewrightTake

ITEM = "posewright_item"
"""Custom property of an action: the uid of the take in the list that it was made of."""


def apply_item(context: Context, obj: Object, item: "PosewrightTake", chosen: Any = None) -> dict[str, Any]:
    """Put a take of the list on an armature; returns what ``apply_take`` does.

    ``chosen`` has the names of ``properties.CHOICES``, the panel's unless given. The scene grows so that all of a whole
    take plays. An action of the armature that was made of the same take gives way where that is chosen.
    """
    scene = context.scene
    chosen = chosen or scene.posewright.apply
    take = current_take(item)
    applied, is_whole = applied_as(scene, obj, take, item.frame_start, chosen)
    solved = solved_ahead(obj, take, applied.settings)
    with progress_shown(context) as progress:
        if chosen.result == "update" and made_of(obj) == item.uid:
            result = apply_again(obj, take, applied, progress, solved)
        else:
            result = apply_take(obj, take, applied, name=item.name, progress=progress, solved=solved)
    if is_whole:
        scene.frame_end = max(scene.frame_end, round(result["frame_end"]))
    bpy.data.actions[result["action"]][ITEM] = item.uid
    return result


def made_of(obj: Object) -> str:
    """Return the uid of the take of the list that the armature's motion was made of, or "" """
    made = made_action(obj)
    return made[0].get(ITEM, "") if made is not None else ""


def remember_item(obj: Object, uid: str) -> None:
    """Note on the action with the armature's motion which take of the list it was made of."""
    made = made_action(obj)
    if made is not None:
        made[0][ITEM] = uid


def wearers(scene: Scene, item: "PosewrightTake") -> list[Object]:
    """Return the armatures of the scene whose present action was made of a take of the list."""
    return [obj for obj in scene.objects if obj.type == "ARMATURE" and made_of(obj) == item.uid]


@contextmanager
def progress_shown(context: Context) -> Iterator[Progress]:
    """Show progress at the mouse pointer while a block runs."""
    manager = context.window_manager
    manager.progress_begin(0, 100)
    try:
        yield lambda stage, done, note="": manager.progress_update(round(done * 100))
    finally:
        manager.progress_end()


def sentence(result: dict[str, Any]) -> str:
    """Return what was keyed, for the status bar."""
    frames = f"{result['frame_start']:g} to {result['frame_end']:g}"
    return f"{result['armature']}: {result['bones_keyed']} bones keyed, frames {frames}."
