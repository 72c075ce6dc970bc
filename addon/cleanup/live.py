"""Sliders that change a take while they are dragged; its characters follow as soon as the mouse rests.

They show values of the chosen take but belong to the window manager: what belongs there is no step for undo. The step
is pushed by the operator that puts the take on its characters again, so that undo keeps sliders and characters in step.
"""
# pyright: reportInvalidTypeForm=false

import time
from typing import TYPE_CHECKING

import bpy
from bpy.props import EnumProperty, FloatProperty
from bpy.types import PropertyGroup, Window, WindowManager

from ...core.settings import DEFAULT_FILTER, FILTERS
from .. import session
from ..apply.slices import SLICE_SECONDS, begin, end, present
from ..capture.properties import SMOOTHERS
from ..jobs.held import is_held
from ..takes.store import active_take, find_take
from .changing import solving_again

if TYPE_CHECKING:
    from ..takes.properties import PosewrightTake
    from .properties import PosewrightEdit

REST_SECONDS = (0.1, 0.6)
"""How long a slider must not have moved before the characters follow: as long as that took the last time, but no less
and no more. The figure in the view follows at once."""

ONE_GO_SECONDS = 1.5
"""Changes that follow each other faster than this are one step for undo."""

BUSY_SECONDS = 0.3  # until the next look while another operator, a grab for example, holds the scene

SOON = 0.005  # seconds, between slices

NAMES = tuple(FILTERS)


def register() -> None:
    """Add the sliders."""
    WindowManager.posewright = bpy.props.PointerProperty(type=PosewrightSliders)


def unregister() -> None:
    """Take them away."""
    forget()
    del WindowManager.posewright


def forget() -> None:
    """Put nothing on any character any more."""
    if bpy.app.timers.is_registered(follow):
        bpy.app.timers.unregister(follow)
    end("follow")


def changing(item: "PosewrightTake") -> None:
    """Have the characters of a take follow once nothing has moved for a moment."""
    forget()
    _Last.take, _Last.scene = item.uid, item.id_data.session_uid
    if not bpy.app.background:
        bpy.app.timers.register(follow, first_interval=min(max(_Last.seconds, REST_SECONDS[0]), REST_SECONDS[1]))


class _Last:
    """What was changed last, when characters followed last, and how long it took."""

    take = ""  # uid
    scene = 0  # session uid
    moment = 0.0  # time.monotonic()
    begun = 0.0
    seconds = 0.0


def follow() -> float | None:
    """Put the changed take on its characters again, as a step for undo; returns when to look again, or None.

    The motion is solved in slices before, for which Blender does not stand still.
    """
    window = _window()
    item = find_take(window.scene, _Last.take) if window is not None else None
    if window is None or item is None:
        return None
    if is_held(window):
        return BUSY_SECONDS
    slices = present("follow")
    if slices is None:
        _Last.begun = time.monotonic()
        slices = begin("follow", solving_again(window.scene, item))
    is_done = slices.go_on(SLICE_SECONDS)
    if not is_done and not slices.is_given_up:
        return SOON
    end("follow")
    return _put_on(window) if is_done else None


def _put_on(window: Window) -> None:
    goes_on = _Last.begun - _Last.moment < ONE_GO_SECONDS
    with bpy.context.temp_override(window=window):
        try:
            operator = bpy.ops.posewright.follow_on if goes_on else bpy.ops.posewright.follow_edits
            operator("EXEC_DEFAULT", True, take=_Last.take)
        except RuntimeError as error:
            session.state.error = str(error).removeprefix("Error: ").strip()
    _Last.moment = time.monotonic()
    _Last.seconds = _Last.moment - _Last.begun


def _window() -> Window | None:
    """Return a window that shows the scene of the take; None when there is none any more."""
    windows = bpy.context.window_manager.windows
    return next((window for window in windows if window.scene.session_uid == _Last.scene), None)


def _take() -> "PosewrightTake | None":
    return active_take(bpy.context)


def chosen_edit(item: "PosewrightTake | None") -> "PosewrightEdit | None":
    """Return the edit that is chosen in the list of a take."""
    return item.edits[item.edit_index] if item is not None and 0 <= item.edit_index < len(item.edits) else None


def _smooth(sliders: "PosewrightSliders") -> float:
    item = _take()
    return item.smooth if item is not None else 0.0


def _set_smooth(sliders: "PosewrightSliders", value: float) -> None:
    item = _take()
    if item is not None and value != item.smooth:
        item.smooth = value
        changing(item)


def _filter(sliders: "PosewrightSliders") -> int:
    item = _take()
    return NAMES.index(item.filter if item is not None and item.filter in NAMES else DEFAULT_FILTER)


def _set_filter(sliders: "PosewrightSliders", value: int) -> None:
    item = _take()
    if item is not None and NAMES[value] != item.filter:
        item.filter = NAMES[value]
        changing(item)


def _value(sliders: "PosewrightSliders") -> float:
    edit = chosen_edit(_take())
    return edit.value if edit is not None else 0.0


def _set_value(sliders: "PosewrightSliders", value: float) -> None:
    item = _take()
    edit = chosen_edit(item)
    if item is not None and edit is not None and value != edit.value:
        edit.value = max(0.0, value) if edit.kind == "freeze" else value
        changing(item)


class PosewrightSliders(PropertyGroup):
    """Values of the chosen take and of the chosen edit, for the panel; scripts use the operators."""

    smooth: FloatProperty(
        name="Smoothing",
        description="How strongly the captured motion is smoothed: 0 keeps every tremble, 1 is the smoothest",
        min=0.0,
        max=1.0,
        subtype="FACTOR",
        get=_smooth,
        set=_set_smooth,
    )
    filter: EnumProperty(
        name="Filter",
        description="How the motion is smoothed; at one Smoothing all calm a person at rest equally much",
        items=SMOOTHERS,
        get=_filter,
        set=_set_filter,
    )
    height: FloatProperty(
        name="Raise (m)",
        description="How far the whole take is raised, in metres; a negative height lowers it",
        soft_min=-1.0,
        soft_max=1.0,
        precision=3,
        step=1,
        get=_value,
        set=_set_value,
    )
    angle: FloatProperty(
        name="Turn (°)",
        description="How far the whole take turns to the left, in degrees",
        soft_min=-180.0,
        soft_max=180.0,
        precision=1,
        step=100,
        get=_value,
        set=_set_value,
    )
    ease: FloatProperty(
        name="Ease (s)",
        description="For how long the motion eases into the held pose before it, and out of it afterwards, in seconds",
        min=0.0,
        soft_max=2.0,
        precision=2,
        step=5,
        get=_value,
        set=_set_value,
    )
