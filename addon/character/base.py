"""What the operators of the map share."""

from typing import TYPE_CHECKING

from bpy.types import Context, Object, Operator

from ...errors import PosewrightError
from ...rigging.maps.parts import ALL_PARTS
from ..reports import reported
from .choice import find_character, has_character

if TYPE_CHECKING:
    _Mixin = Operator
else:
    _Mixin = object  # what is an Operator here gets registered


class OfCharacter(_Mixin):
    """What the operators share: a character that is there, and errors as reports."""

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Only with a character."""
        return has_character(context)

    @reported
    def execute(self, context: Context) -> set[str]:
        """Do the work on the character."""
        obj = find_character(context)
        if obj is None:
            return {"CANCELLED"}
        said = self.work(context, obj)
        if said:
            self.report({"INFO"}, said)
        return {"FINISHED"}

    def work(self, context: Context, obj: Object) -> str:
        """Do it, and return the sentence to report."""
        raise NotImplementedError


def require_part(part: str) -> None:
    """Raise PosewrightError when a part of the body is not known."""
    if part not in ALL_PARTS:
        raise PosewrightError(f"There is no part {part or 'without a name'}; the parts are {', '.join(ALL_PARTS)}.")
