"""The shaders of the figure are made while the first capture runs, so that its end is no jolt."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import bpy
import gpu  # pyright: ignore[reportMissingImports]

from ..jobs import queue

FIRST_SECONDS = 3.0
"""After the start of a capture: the window has drawn the bar, and the worker has begun."""

NEXT_SECONDS = 1.0


@dataclass
class _Warming:
    shaders: list[str] = field(default_factory=list)  # of Blender's own, that are still to be made
    cold: list[Callable[[], None]] = field(default_factory=list)  # each draws nothing with one, for the first time
    is_due: bool = False  # the next drawing makes one


_warming = _Warming()


def expect(shaders: Sequence[str] = (), cold: Sequence[Callable[[], None]] = ()) -> None:
    """Name what is slow the first time: making shaders, and drawing with each."""
    _warming.shaders[:], _warming.cold[:], _warming.is_due = shaders, cold, False


def prepare() -> None:
    """Have all that done soon, each in a moment of its own; does nothing without a window."""
    if _warming.cold and not bpy.app.background and not bpy.app.timers.is_registered(_ask):
        bpy.app.timers.register(_ask, first_interval=FIRST_SECONDS)


def warm_up() -> None:
    """Draw with one shader, where that is due; to be called while a 3D view is drawn."""
    if _warming.is_due and _warming.cold:
        _warming.is_due = False
        _warming.cold.pop(0)()


def forget() -> None:
    """Stop asking: all shaders were used, or the add-on is switched off."""
    expect()
    if bpy.app.timers.is_registered(_ask):
        bpy.app.timers.unregister(_ask)


def _ask() -> float | None:
    """Make one shader or have one 3D view drawn; returns the seconds until the next time, None when all is done."""
    is_in_vain = _warming.is_due  # nothing was drawn since: the view is hidden, or shows no overlays
    if is_in_vain or not _warming.cold or not queue.jobs("capture"):
        _warming.is_due = False
        return None
    if _warming.shaders:
        gpu.shader.from_builtin(_warming.shaders.pop(0))
        return NEXT_SECONDS
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                _warming.is_due = True
                next(region for region in area.regions if region.type == "WINDOW").tag_redraw()
                return NEXT_SECONDS
    return None
