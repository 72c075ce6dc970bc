"""What is known about a character's bones: found once, and again only when bones or stated parts change."""

import time
from dataclasses import dataclass, field
from functools import cached_property

from bpy.types import Object, Scene

from ...errors import PosewrightError
from ...rigging.blender.armature import rest_of
from ...rigging.maps.checks import conflicts
from ...rigging.maps.mapping import map_rig
from ...rigging.maps.names import common_prefix
from ...rigging.maps.ranking import Ranking, Suggestion
from ...rigging.maps.skeleton import is_control_rig
from ...rigging.maps.user_maps import saved_map
from ...rigging.rig import RigMap, RigRest
from .own_maps import own_map, own_text

KEPT = 16  # characters
FRESH = 0.5  # seconds for which the bones are not looked at again while one panel is drawn


@dataclass(frozen=True)
class Status:
    """A character's map, and what is wrong with it."""

    rest: RigRest
    map: RigMap  # of what is found, also where that is too little
    trouble: str  # why nothing can be put on the character, ""
    conflicts: tuple[str, ...]  # sentences
    has_controls: bool
    is_remembered: bool  # a map is remembered for rigs like this
    stated: frozenset[str]  # parts that somebody has set
    _suggested: dict[str, list[Suggestion]] = field(default_factory=dict)

    def suggestions(self, part: str) -> list[Suggestion]:
        """Return the likeliest bones for a part, best first: found when they are asked for the first time."""
        if part not in self._suggested:
            self._suggested[part] = self._ranking.of(part)
        return self._suggested[part]

    @cached_property
    def prefix(self) -> str:
        """What the names of the bones begin with, such as mixamorig: of Mixamo's.

        "" when they do not, or when mere numbers would be left, as of Bone.001.
        """
        found = common_prefix(self.rest.bones)
        left = [bone.removeprefix(found) for bone in self.rest.bones]
        return found if sum(any(map(str.isalpha, name)) for name in left) > len(left) / 2 else ""

    @cached_property
    def _ranking(self) -> Ranking:
        return Ranking(self.rest, self.map, self.stated)


Key = tuple[int, int, str]  # session uid, bones and their parents, what was stated

_known: dict[Key, Status | str] = {}
_latest: dict[int, tuple[float, str, Status | str]] = {}  # session uid -> when, what was stated, what is known


def status_of(scene: Scene, obj: Object) -> Status:
    """Return what is known about an armature; PosewrightError when it has no bones, or none that make sense.

    The first time takes a tenth of a second for a character, later some milliseconds at most.
    """
    text = own_text(scene, obj)
    key = (obj.session_uid, _bones_of(obj), text)
    if key not in _known:
        while len(_known) >= KEPT:
            _known.pop(next(iter(_known)))
        _known[key] = _look(scene, obj)
    _latest[obj.session_uid] = (time.monotonic(), text, _known[key])
    return _given(_known[key])


def recent_status(scene: Scene, obj: Object) -> Status:
    """Return the same without looking at the bones again when that was done a moment ago: for fields of a panel."""
    when, text, found = _latest.get(obj.session_uid, (0.0, "", ""))
    if found and time.monotonic() - when < FRESH and text == own_text(scene, obj):
        return _given(found)
    return status_of(scene, obj)


def forget(obj: Object | None = None) -> None:
    """Look anew the next time, at one armature or at all."""
    uid = obj.session_uid if obj is not None else None
    for key in [key for key in _known if uid in (None, key[0])]:
        del _known[key]
    _latest.clear()


def _look(scene: Scene, obj: Object) -> Status | str:
    stated, trouble = own_map(scene, obj), ""
    try:
        rest = rest_of(obj)
        try:
            found = map_rig(rest, None, stated)
        except PosewrightError as error:
            trouble = str(error)
            found = map_rig(rest, None, stated, complete=False)
    except PosewrightError as error:
        return str(error)
    said = tuple(conflicts(rest, found))
    return Status(rest, found, trouble, said, is_control_rig(rest), saved_map(rest) is not None, frozenset(stated))


def _bones_of(obj: Object) -> int:
    """Return what changes when bones are added, removed, renamed or hung elsewhere: 2 ms for 700 bones."""
    return hash(tuple((bone.name, bone.parent.name if bone.parent else "") for bone in obj.data.bones))


def _given(found: Status | str) -> Status:
    if isinstance(found, str):
        raise PosewrightError(found)
    return found
