"""Which part of the body the user is asked about, and what is asked next: needed parts first, then what is doubtful."""

from bpy.types import Object, Scene

from ...rigging.maps.mapping import NEEDED
from ...rigging.maps.parts import ALL_PARTS, PARTS, core_of
from .status import Status, status_of
from .words import SPARE, doubtful, missing

ORDER = (*NEEDED, *(part for part in PARTS if part not in NEEDED))
"""In which parts are asked about."""


def open_questions(status: Status) -> list[str]:
    """Return the parts that deserve an answer: missing ones, needed ones first, then doubtful ones.

    Parts that many good rigs lack, and what was left alone on purpose, are not among them.
    """
    absent = [part for part in missing(status) if core_of(part) not in SPARE and part not in status.stated]
    return [*sorted(absent, key=ORDER.index), *doubtful(status)]


def ask(scene: Scene, part: str, *, one_by_one: bool = False) -> None:
    """Show the suggestions for a part, "" for none; ``one_by_one`` goes on to the next part after an answer."""
    character = scene.posewright.character
    character.asked, character.one_by_one = part, bool(part) and one_by_one


def asked_part(scene: Scene) -> str:
    """Return the part whose suggestions are shown, "" when none are."""
    part = scene.posewright.character.asked
    return part if part in ALL_PARTS else ""


def go_on(scene: Scene, obj: Object, part: str) -> None:
    """Ask about the next part after an answer for one, where they are asked one by one."""
    character = scene.posewright.character
    if character.asked == part and character.one_by_one:
        ask(scene, next_question(status_of(scene, obj), part), one_by_one=True)


def next_question(status: Status, after: str) -> str:
    """Return the next part that deserves an answer, round and round; "" when there is no other."""
    place = ORDER.index(after) if after in ORDER else -1
    waiting = [part for part in open_questions(status) if part != after]
    return min(waiting, key=lambda part: (ORDER.index(part) < place, ORDER.index(part)), default="")
