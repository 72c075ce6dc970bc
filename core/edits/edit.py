"""What an edit says: which change, when, and how much. It is noted as JSON beside the take that it changes."""

from dataclasses import asdict, dataclass, fields
from math import isfinite
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from ...errors import PosewrightError
from ..skeleton import CONTACT_POINTS
from ..take import Take

Kind = Literal["swap", "freeze", "contact", "floor", "turn", "origin"]

KINDS: Final = {
    "swap": "left and right change places: the capture confused them",
    "freeze": "pose and place are held as at the first frame; value: seconds in which the motion eases in and out",
    "contact": "heels and toes stand (value 1) or do not (value 0)",
    "floor": "the whole take is raised; value: metres",
    "turn": "the whole take turns to the left, about where the person starts; value: degrees",
    "origin": "the person starts over the world's origin",
}
"""The kinds of edits and what they do."""

WHOLE: Final = ("floor", "turn", "origin")
"""Kinds that change the whole take, whatever their times."""

BODY_PARTS: Final = ("body", "arms", "legs")
"""Parts whose sides can change places."""

FEET: Final = {f"{side}_foot": (f"{side}_heel", f"{side}_toe") for side in ("left", "right")}
CONTACT_PARTS: Final = {"feet": CONTACT_POINTS, **FEET, **{point: (point,) for point in CONTACT_POINTS}}
"""Name of a part of the feet -> its columns of ``Take.contacts``."""

PARTS: Final = {"swap": BODY_PARTS, "contact": tuple(CONTACT_PARTS)}
"""Parts that an edit of a kind can be about, the usual one first."""


@dataclass(frozen=True)
class Edit:
    """One change of a take, from one time to another, both included."""

    kind: Kind
    first: float = 0.0  # seconds from the take's first frame
    last: float = 0.0
    value: float = 0.0  # see ``KINDS``
    part: str = ""  # see ``PARTS``; empty: the usual one

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise PosewrightError(f'There is no edit "{self.kind}"; it is one of {", ".join(KINDS)}.')
        if not all(isinstance(value, int | float) and isfinite(value) for value in (self.first, self.last, self.value)):
            raise PosewrightError(f"The times and the value of a {self.kind} edit must be numbers.")
        if self.last < self.first:
            raise PosewrightError("An edit must not end before it begins.")
        if self.part and self.part not in PARTS.get(self.kind, ()):
            raise PosewrightError(f'A {self.kind} edit has no part "{self.part}".')

    def frames_of(self, take: Take) -> NDArray[np.bool_]:
        """Return which frames (F,) of the take lie in the edit's times: of a single moment, the nearest one."""
        near = 0.499 / take.fps
        seconds = seconds_of(take)
        return (seconds > self.first - near) & (seconds < self.last + near)

    def to_json(self) -> dict[str, Any]:
        """Return what ``from_json`` reads."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Any) -> "Edit":
        """Return the edit of a JSON object; PosewrightError when it is none."""
        known = {field.name for field in fields(cls)}
        if not isinstance(values, dict) or not set(values) <= known or not isinstance(values.get("kind"), str):
            raise PosewrightError(f"This is no edit of a take: {str(values)[:80]}")
        return cls(**values)


def seconds_of(take: Take) -> NDArray[np.float64]:
    """Return the seconds (F,) of the frames since the first one."""
    times = np.asarray(take.times, np.float64)
    return times - times[0]
