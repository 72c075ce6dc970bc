"""The shaders of the figure are made while the first capture runs, so that its end is no jolt.

Drivers make one part of a shader when it is first drawn with, and another for each kind of place it is drawn to. So
each is used twice beforehand: apart from the window, then in a 3D view, where it draws nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import bpy
import gpu  # pyright: ignore[reportMissingImports]

from ..jobs import queue

FIRST_SECONDS = 0.6
"""After the start of a capture: the window has drawn the bar, and the worker still loads what it needs on one core."""

NEXT_SECONDS = 0.3
APART_PIXELS = 16


@dataclass
class _Warming:
    apart: list[Callable[[], None]] = field(default_factory=list)  # each draws nothing, but with a shader
    cold: list[Callable[[], None]] = field(default_factory=list)  # the same, still to be done in a 3D view
    is_due: bool = False  # when a 3D view is drawn next


_warming = _Warming()


def expect(*cold: Callable[[], None]) -> None:
    """Name what is slow the first time: functions that draw nothing, each with a shader."""
    _warming.apart[:], _warming.cold[:], _warming.is_due = cold, cold, False


def prepare() -> None:
    """Have them called soon, each in a moment of its own; does nothing without a window."""
    if _warming.cold and not bpy.app.background and not bpy.app.timers.is_registered(_ask):
        bpy.app.timers.register(_ask, first_interval=FIRST_SECONDS)


def warm_up() -> None:
    """Call one, where that is due; for whoever draws in a 3D view."""
    if _warming.is_due and _warming.cold:
        _warming.is_due = False
        _warming.cold.pop(0)()


def forget() -> None:
    """Stop asking: all shaders were used, or the add-on is switched off."""
    expect()
    if bpy.app.timers.is_registered(_ask):
        bpy.app.timers.unregister(_ask)


def _ask() -> float | None:
    """Call one, or have a 3D view drawn that does; returns the seconds until the next time, None when all is done."""
    is_in_vain = _warming.is_due  # nothing was drawn since: the view is hidden, or shows no overlays
    if is_in_vain or not _warming.cold or not queue.jobs("capture"):
        _warming.is_due = False
        return None
    if _warming.apart:
        _draw_apart(_warming.apart.pop(0))
        return NEXT_SECONDS
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                _warming.is_due = True
                next(region for region in area.regions if region.type == "WINDOW").tag_redraw()
                return NEXT_SECONDS
    return None


def _draw_apart(draw: Callable[[], None]) -> None:
    offscreen = gpu.types.GPUOffScreen(APART_PIXELS, APART_PIXELS)
    with offscreen.bind():
        draw()
    offscreen.free()
