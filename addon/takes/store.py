"""The takes of a scene: kept in the .blend with everything they need to be changed and done again."""

import json
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import bpy
from bpy.types import Context, Operator, Scene, Text

from ...cli.capture import take_warnings
from ...core.edits.smoothing import smoothing_of
from ...core.take import Take
from ...errors import PosewrightError
from ...rigging.blender.applied import take_id
from ...rigging.blender.packing import packed, unpacked
from ..cleanup.edits import State, apply_edits, state_of
from ..files import kept
from ..scenes import require_own
from .properties import unique_name

if TYPE_CHECKING:
    from .properties import PosewrightTake

RECENT = 4
"""Takes that are kept unpacked: reading one of a minute takes a tenth of a second, too long while a slider moves."""

_unpacked: dict[str, Take] = {}  # by what the text says it holds
_edited: dict[tuple[str, State], Take] = {}


@dataclass(frozen=True)
class Origin:
    """Where a take came from."""

    clip: str = ""
    settings: dict[str, Any] = field(default_factory=dict)  # fields of TrackSettings, empty unless captured here
    frame_start: float = 1.0


def add_take(scene: Scene, take: Take, name: str, origin: Origin) -> "PosewrightTake":
    """Add a take to the scene's list and choose it; returns the item. PosewrightError where the scene is linked."""
    require_own(scene)
    chosen, smoothing = scene.posewright, smoothing_of(take)
    others = {item.name for item in chosen.takes}
    item = chosen.takes.add()
    item.uid = uuid.uuid4().hex
    item.name = unique_name(name, others)
    item.text = packed(take, item.name, take_id(take))
    item.frames, item.fps = take.frames, take.fps
    item.clip, item.settings = kept(origin.clip, bpy.data.filepath), json.dumps(origin.settings)
    item.frame_start = origin.frame_start
    item.smooth, item.filter = smoothing.strength, smoothing.filter
    item.notes = "\n".join(take_warnings(take))
    chosen.take_index = len(chosen.takes) - 1
    item.is_new = bool(origin.settings)  # after it was chosen, which makes it an old one
    chosen.show_figure = True
    return item


def remove_take(scene: Scene, index: int) -> None:
    """Remove an item of the scene's list, and its text when nothing else needs it."""
    chosen = scene.posewright
    text = chosen.takes[index].text
    chosen.takes.remove(index)
    chosen.take_index = max(0, min(chosen.take_index, len(chosen.takes) - 1))
    if text is not None and text.users == 0:
        bpy.data.texts.remove(text)


def active_take(context: Context) -> "PosewrightTake | None":
    """Return the chosen item of the scene's list, None when it is empty."""
    chosen = context.scene.posewright
    return chosen.takes[chosen.take_index] if 0 <= chosen.take_index < len(chosen.takes) else None


def take_wanted(operator: type[Operator], context: Context) -> bool:
    """Return whether there is a take, for ``poll``; where there is none, tooltip and scripts are told."""
    if active_take(context) is None:
        operator.poll_message_set("Capture a video or import a take first")
        return False
    return True


def seen(scene: Scene) -> None:
    """Note that somebody has looked at the chosen take."""
    chosen = scene.posewright
    if scene.library is None and 0 <= chosen.take_index < len(chosen.takes) and chosen.takes[chosen.take_index].is_new:
        chosen.takes[chosen.take_index].is_new = False


def need_take(context: Context) -> "PosewrightTake":
    """Return the chosen item; PosewrightError when there is none."""
    item = active_take(context)
    if item is None:
        raise PosewrightError("There is no take yet: capture a video, or import a take.")
    return item


def find_take(scene: Scene, uid: str) -> "PosewrightTake | None":
    """Return the item with this uid, None when it was deleted."""
    return next((item for item in scene.posewright.takes if item.uid == uid), None)


def take_of(item: "PosewrightTake") -> Take:
    """Return the take as it was captured; PosewrightError when its text was removed or changed."""
    if item.text is None:
        raise PosewrightError(f"The motion of the take {item.name} is not in this file any more; capture it again.")
    key = _content(item.text)
    if key not in _unpacked:
        while len(_unpacked) >= RECENT:
            _unpacked.pop(next(iter(_unpacked)))
        _unpacked[key] = unpacked(item.text)
    return _unpacked[key]


def current_take(item: "PosewrightTake") -> Take:
    """Return the take with its edits; asked again without a change it is at hand."""
    take = take_of(item)
    key = (_content(item.text), state_of(item))
    if key not in _edited:
        while len(_edited) >= RECENT:
            _edited.pop(next(iter(_edited)))
        _edited[key] = apply_edits(item, take)
    return _edited[key]


def _content(text: Text) -> str:
    """Return what tells one packed take from another."""
    return f"{text.get('posewright_content', '')} {len(text.lines)}"


def forget() -> None:
    """Let go of unpacked takes."""
    _unpacked.clear()
    _edited.clear()
