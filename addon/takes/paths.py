"""Where the footage of takes lies, kept as Blender keeps paths: relative to the .blend where the preferences say so.

Blender mends the paths of its own data-blocks when a file is saved into another folder; those of takes are mended here.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import bpy
from bpy.app.handlers import persistent

from ..files import absolute, kept, relative
from .properties import PosewrightTake


@dataclass
class _Saving:
    """What a save has changed for the file that is written, as long as that is not the one that stays open."""

    former: list[tuple[PosewrightTake, str]] = field(default_factory=list)


_saving = _Saving()


def clip_of(item: PosewrightTake) -> Path | None:
    """Return the full path of the footage that a take was captured from, None for one that was not captured here."""
    return absolute(item.clip, item.id_data) if item.clip else None


def register() -> None:
    """Look after the paths from now on."""
    bpy.app.handlers.save_pre.append(_before_saving)
    bpy.app.handlers.save_post.append(_after_saving)
    bpy.app.handlers.save_post_fail.append(_after_saving)


def unregister() -> None:
    """Look after them no longer."""
    bpy.app.handlers.save_post_fail.remove(_after_saving)
    bpy.app.handlers.save_post.remove(_after_saving)
    bpy.app.handlers.save_pre.remove(_before_saving)


@persistent
def _before_saving(target: str, *_: object) -> None:
    """Have the paths of the file that is about to be written fit its folder."""
    now = bpy.data.filepath
    _saving.former.clear()
    if not target or _same_folder(now, target):
        return
    for item in _takes():
        is_relative, former = item.clip.startswith("//"), item.clip
        if is_relative and now:
            item.clip = relative(absolute(former, item.id_data), target)
        elif not is_relative and not now:  # saved for the first time, when Blender makes all its paths relative
            item.clip = kept(former, target)
        _saving.former.append((item, former))


@persistent
def _after_saving(target: str, *_: object) -> None:
    """Take the changes back when another file than the one that is open was written: a copy, or none at all."""
    if _saving.former and not _same_folder(bpy.data.filepath, target):
        for item, former in _saving.former:
            item.clip = former
    _saving.former.clear()


def _takes() -> Iterator[PosewrightTake]:
    for scene in bpy.data.scenes:
        if scene.library is None:
            yield from (item for item in scene.posewright.takes if item.clip)


def _same_folder(one: str, other: str) -> bool:
    return bool(one) and os.path.normcase(Path(one).parent) == os.path.normcase(Path(other).parent)
