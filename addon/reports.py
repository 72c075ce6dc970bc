"""How operators tell what went wrong: one sentence in Blender's status bar, never a traceback."""

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from bpy.types import Context, Event, Operator

from ..errors import PosewrightError

Outcome = set[str]
_Own = TypeVar("_Own", bound=Operator)


def reported(execute: Callable[[_Own, Context], Outcome]) -> Callable[[_Own, Context], Outcome]:
    """Let a PosewrightError in an operator's ``execute`` become its report, and the operator end as cancelled."""

    @wraps(execute)
    def run(self: _Own, context: Context) -> Outcome:
        try:
            return execute(self, context)
        except PosewrightError as error:
            return _cancelled(self, error)

    return run


def reported_when_invoked(
    invoke: Callable[[_Own, Context, Event], Outcome],
) -> Callable[[_Own, Context, Event], Outcome]:
    """Do the same for an operator's ``invoke``; Blender counts the arguments of each."""

    @wraps(invoke)
    def run(self: _Own, context: Context, event: Event) -> Outcome:
        try:
            return invoke(self, context, event)
        except PosewrightError as error:
            return _cancelled(self, error)

    return run


def _cancelled(operator: Operator, error: PosewrightError) -> Outcome:
    operator.report({"ERROR"}, str(error))
    return {"CANCELLED"}
