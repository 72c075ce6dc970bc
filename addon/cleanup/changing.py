"""Change a take of the list, and put it again on the characters that have it, in one step."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from bpy.types import Object, Scene
from numpy.typing import NDArray

from ...core.skeleton import STANDS
from ...core.take import Take
from ...errors import PosewrightError
from ...progress import Work
from ...rigging.blender import contacts
from ...rigging.blender.applied import Applied, applied_to, apply_again, changed_by_hand, kept_take, take_id
from ...rigging.blender.cameras import scene_rate
from ...rigging.keys.settings import part_of
from ...rigging.solver.stances import contacts_of
from ..apply.ahead import solve_ahead, solved_ahead
from ..apply.applying import remember_item, wearers
from ..character.choice import require_ready
from ..scenes import require_own
from ..takes.camera import figure_placement
from ..takes.store import current_take, take_of
from .edits import keep_contacts, restore, state_of

if TYPE_CHECKING:
    from ..takes.properties import PosewrightTake


@dataclass(frozen=True)
class Outcome:
    """What happened to the characters of a take."""

    applied: tuple[str, ...]  # names of those that got it again
    spared: tuple[str, ...]  # names of those whose motion somebody changed by hand
    notes: tuple[str, ...]

    @property
    def words(self) -> str:
        """Return it as the end of a sentence."""
        return f"; applied again to {', '.join(self.applied)}" if self.applied else ""


@dataclass(frozen=True)
class Clock:
    """Which frames of the scene a take's seconds are."""

    start: float  # the frame of the take's first moment
    fps: float

    def seconds(self, frame: float) -> float:
        """Return the seconds since the take's first frame."""
        return (frame - self.start) / self.fps

    def frame(self, seconds: float) -> int:
        """Return the nearest frame."""
        return round(self.start + seconds * self.fps)


def clock_of(scene: Scene, item: "PosewrightTake") -> Clock:
    """Return the clock by which the take lies in the timeline: on a character that has it, else as its figure does."""
    worn = wearers(scene, item)
    if not worn:
        return Clock(figure_placement(scene, item).frame_start, scene_rate(scene))
    chosen = scene.posewright.character.armature
    applied = applied_to(chosen if chosen in worn else worn[0])
    keys = applied.settings.keys
    if keys.start is None and keys.end is None:
        return Clock(applied.frame_start, applied.fps)
    take = take_of(item)
    left_out = float(np.asarray(part_of(take, keys).times)[0] - np.asarray(take.times)[0])
    return Clock(applied.frame_start - left_out * applied.fps, applied.fps)


def change(scene: Scene, item: "PosewrightTake", act: Callable[[], None], *, spare: bool = False) -> Outcome:
    """Do something to a take's edits, then ``put_again``; when that fails the edits are as before."""
    require_own(scene)
    before = state_of(item)
    try:
        take_in_contacts(scene, item)
        act()
        return put_again(scene, item, spare=spare)
    except BaseException:
        restore(item, before)
        raise


def put_again(scene: Scene, item: "PosewrightTake", *, spare: bool = False) -> Outcome:
    """Put a take on the characters that have it, as it was applied there.

    Motions that somebody changed by hand stay in the file, and the notes say so; with ``spare`` such characters are
    left alone. Raises PosewrightError when one cannot be animated now.
    """
    worn = wearers(scene, item)
    spared = [obj for obj in worn if spare and changed_by_hand(obj)]
    follow = [obj for obj in worn if obj not in spared]
    for obj in follow:  # all of them or none
        require_ready(obj)
    notes = [note for obj in follow for note in _put_again(obj, item)]
    return Outcome(tuple(obj.name for obj in follow), tuple(obj.name for obj in spared), tuple(notes))


def solving_again(scene: Scene, item: "PosewrightTake") -> Work[None]:
    """Solve a take ahead for the characters that ``put_again`` gives it to, but for those that were changed by hand.

    They have it already: rigs that followed their controls are not put to the test for each step of a slider.
    What cannot be solved is left to ``put_again``, which says so.
    """
    take = current_take(item)
    worn = [(obj, applied_to(obj).settings) for obj in wearers(scene, item) if not changed_by_hand(obj)]
    yield 0.0
    for obj, settings in worn:
        try:
            yield from solve_ahead(obj, take, settings, trusting=True)
        except (PosewrightError, ReferenceError):  # the latter: it was deleted
            continue


def take_in_contacts(scene: Scene, item: "PosewrightTake") -> None:
    """Note contacts that were changed in the Dope Sheet and not applied yet, so that they are not lost."""
    for obj in wearers(scene, item):
        applied, empty = applied_to(obj), contacts.find_contacts(obj)
        if empty is None or not contacts.belongs(empty, applied):
            continue
        try:
            kept = kept_take(obj)
            changed = contacts.read_contacts(empty, kept, applied)
        except PosewrightError:  # somebody removed what they are read from: the present ones stay
            continue
        if differ(contacts_of(kept), changed):
            keep_contacts(item, take_of(item), changed)


def differ(before: NDArray[Any], after: NDArray[Any]) -> bool:
    """Return whether other heels or toes stand."""
    return bool(((before > STANDS) != (after > STANDS)).any())


def _put_again(obj: Object, item: "PosewrightTake") -> list[str]:
    take, before = current_take(item), applied_to(obj)
    now = replace(before, take=take_id(take))
    empty = contacts.find_contacts(obj)
    own = empty is not None and contacts.belongs(empty, before)
    notes = apply_again(obj, take, now, solved=solved_ahead(obj, take, now.settings))["notes"]
    remember_item(obj, item.uid)
    if own:
        _keep_in_step(obj, take, now)
    return notes


def _keep_in_step(obj: Object, take: Take, now: Applied) -> None:
    """Have the keys of the contacts tell those of the take."""
    empty = contacts.find_contacts(obj)
    assert empty is not None
    contacts.belong_to(empty, now)
    if differ(contacts_of(take), contacts.read_contacts(empty, take, now)):
        contacts.add_contacts(obj, take, now)
