"""The edits of a take in the list: what ``core.edits`` replays, and the state that a failed change goes back to."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...core.edits.edit import Edit
from ...core.edits.replay import contact_edits, edited
from ...core.take import Take

if TYPE_CHECKING:
    from ..takes.properties import PosewrightTake

FIELDS = ("kind", "first", "last", "value", "part")


@dataclass(frozen=True)
class State:
    """Everything that changes a take."""

    edits: str  # JSON, those that are switched off among them
    index: int
    contacts: str
    smooth: float
    filter: str


def edits_of(item: "PosewrightTake") -> list[Edit]:
    """Return the edits of the list that are switched on."""
    return [Edit(**{name: getattr(edit, name) for name in FIELDS}) for edit in item.edits if edit.enabled]


def contact_edits_of(item: "PosewrightTake") -> list[Edit]:
    """Return the changes of contacts that the animator made."""
    return [Edit.from_json(values) for values in json.loads(item.contacts or "[]")]


def apply_edits(item: "PosewrightTake", take: Take) -> Take:
    """Return the captured take with everything that the item notes."""
    return edited(take, [*edits_of(item), *contact_edits_of(item)], item.smooth, item.filter or None)


def keep_contacts(item: "PosewrightTake", take: Take, contacts: NDArray[np.float32]) -> None:
    """Note how contacts (F,4) differ from those of the captured take with the item's other edits."""
    before = edited(take, edits_of(item)).contacts  # smoothing leaves contacts alone
    item.contacts = json.dumps([edit.to_json() for edit in contact_edits(before, contacts, take)])


def add_edit(item: "PosewrightTake", edit: Edit) -> None:
    """Put an edit at the end of the list and choose it."""
    added = item.edits.add()
    for name in FIELDS:
        setattr(added, name, getattr(edit, name))
    item.edit_index = len(item.edits) - 1


def state_of(item: "PosewrightTake") -> State:
    """Return what ``restore`` brings back; equal states give equal takes."""
    noted: list[dict[str, Any]] = [{name: getattr(edit, name) for name in (*FIELDS, "enabled")} for edit in item.edits]
    return State(json.dumps(noted), item.edit_index, item.contacts, item.smooth, item.filter)


def restore(item: "PosewrightTake", state: State) -> None:
    """Bring a state back."""
    item.edits.clear()
    for values in json.loads(state.edits):
        edit = item.edits.add()
        for name, value in values.items():
            setattr(edit, name, value)
    item.edit_index, item.contacts = state.index, state.contacts
    item.smooth, item.filter = state.smooth, state.filter
