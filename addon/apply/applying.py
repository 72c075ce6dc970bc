"""Put a take on a character, and find the characters that have one."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from bpy.types import Context, Object, Operator, Scene

from ...core.take import Take
from ...progress import Progress
from ...rigging.blender.applied import Applied, apply_take, take_id
from ...rigging.blender.cameras import scene_rate
from ..takes.store import current_take
from .settings import retarget_settings

if TYPE_CHECKING:
    from ..takes.properties import PosewrightTake

ITEM = "posewright_item"
"""Custom property of an action: the uid of the take in the list that it was made of."""


def apply_item(context: Context, obj: Object, item: "PosewrightTake") -> dict[str, Any]:
    """Put a take of the list on an armature with the choices of the panel; returns what ``apply_take`` does."""
    result = put_on(context, obj, current_take(item), item.name)
    remember_item(obj, item.uid)
    return result


def put_on(context: Context, obj: Object, take: Take, name: str) -> dict[str, Any]:
    """Key the take onto the armature at the chosen frame; the scene grows so that all of it plays."""
    scene = context.scene
    applied = Applied(
        take_id(take), float(scene.posewright.apply.frame_start), scene_rate(scene), retarget_settings(scene)
    )
    with progress_shown(context) as progress:
        result = apply_take(obj, take, applied, name=name, progress=progress)
    scene.frame_end = max(scene.frame_end, round(result["frame_end"]))
    return result


def remember_item(obj: Object, uid: str) -> None:
    """Note on the armature's present action which take of the list it was made of."""
    animation = obj.animation_data
    if animation is not None and animation.action is not None:
        animation.action[ITEM] = uid


def wearers(scene: Scene, item: "PosewrightTake") -> list[Object]:
    """Return the armatures of the scene whose present action was made of a take of the list."""
    return [
        obj
        for obj in scene.objects
        if obj.type == "ARMATURE"
        and obj.animation_data is not None
        and obj.animation_data.action is not None
        and obj.animation_data.action.get(ITEM) == item.uid
    ]


@contextmanager
def progress_shown(context: Context) -> Iterator[Progress]:
    """Show progress at the mouse pointer while a block runs."""
    manager = context.window_manager
    manager.progress_begin(0, 100)
    try:
        yield lambda stage, done, note="": manager.progress_update(round(done * 100))
    finally:
        manager.progress_end()


def say_done(operator: Operator, result: dict[str, Any]) -> None:
    """Tell the user what was keyed."""
    frames = f"{result['frame_start']:g} to {result['frame_end']:g}"
    operator.report({"INFO"}, f"{result['armature']}: {result['bones_keyed']} bones keyed, frames {frames}.")
