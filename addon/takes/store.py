"""The takes of a scene: kept in the .blend with everything they need to be changed and done again."""

import base64
import json
import uuid
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from bpy.types import Context, Scene
from numpy.typing import NDArray

from ...cli.capture import take_warnings
from ...core.skeleton import CONTACT_POINTS, STANDS
from ...core.take import Take
from ...errors import PosewrightError
from ...rigging.blender.applied import take_id
from ...rigging.blender.packing import packed, unpacked
from .properties import unique_name

if TYPE_CHECKING:
    from .properties import PosewrightTake

RECENT = 4
"""Takes that are kept unpacked: reading one of a minute takes a tenth of a second, too long while a slider moves."""

_unpacked: dict[str, Take] = {}  # by what the text says it holds


@dataclass(frozen=True)
class Origin:
    """Where a take came from."""

    clip: str = ""
    settings: dict[str, Any] = field(default_factory=dict)  # fields of TrackSettings, empty unless captured here
    frame_start: float = 1.0


def add_take(scene: Scene, take: Take, name: str, origin: Origin) -> "PosewrightTake":
    """Add a take to the scene's list and choose it; returns the item."""
    chosen = scene.posewright
    others = {item.name for item in chosen.takes}
    item = chosen.takes.add()
    item.uid = uuid.uuid4().hex
    item.name = unique_name(name, others)
    item.text = packed(take, item.name, take_id(take))
    item.frames, item.fps = take.frames, take.fps
    item.clip, item.settings, item.frame_start = origin.clip, json.dumps(origin.settings), origin.frame_start
    item.notes = "\n".join(take_warnings(take))
    chosen.take_index = len(chosen.takes) - 1
    chosen.show_figure = True
    return item


def active_take(context: Context) -> "PosewrightTake | None":
    """Return the chosen item of the scene's list, None when it is empty."""
    chosen = context.scene.posewright
    return chosen.takes[chosen.take_index] if 0 <= chosen.take_index < len(chosen.takes) else None


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
    key = f"{item.text.get('posewright_content', '')} {len(item.text.lines)}"
    if key not in _unpacked:
        while len(_unpacked) >= RECENT:
            _unpacked.pop(next(iter(_unpacked)))
        _unpacked[key] = unpacked(item.text)
    return _unpacked[key]


def current_take(item: "PosewrightTake") -> Take:
    """Return the take with its edits."""
    take = take_of(item)
    if not item.contacts:
        return take
    bits = np.unpackbits(
        np.frombuffer(base64.b64decode(item.contacts), np.uint8), count=take.frames * len(CONTACT_POINTS)
    )
    contacts = bits.reshape(take.frames, len(CONTACT_POINTS)).astype(np.float32)
    return replace(take, contacts=contacts, provenance={**take.provenance, "contacts": "edited in Blender"})


def keep_contacts(item: "PosewrightTake", contacts: NDArray[np.float32]) -> None:
    """Keep contacts (F,4), 0 or 1, that somebody changed."""
    item.contacts = base64.b64encode(np.packbits(contacts > STANDS).tobytes()).decode("ascii")


def forget() -> None:
    """Let go of unpacked takes."""
    _unpacked.clear()
