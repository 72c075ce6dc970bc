"""Mouse and keyboard: real X events that xdotool makes, each waited for until Blender has handled it.

A story is a generator function: each ``yield SECONDS`` gives control back to Blender's event loop for that long. No
time is guessed here. What xdotool was told has reached the X server as soon as xdotool, asked where the mouse is, has
answered; after that Blender reads all its events in the next pass of its loop, handles them, and draws.
"""

import json
import os
import subprocess
import time
from collections.abc import Callable, Generator
from typing import Any

import bpy
from bpy.types import Area, Region

Steps = Generator[float, None, Any]
Point = tuple[float, float]

PATIENCE = 120.0  # seconds; what is waited for has come long before, unless it never comes
PASSES = 2  # of Blender's event loop: in the first, timers may run before what happened is handled
MOMENT = 0.03


class Hand:
    """Mouse and keyboard."""

    def __init__(self) -> None:
        self.clicks = 0
        self._asked = self._answered = 0
        self._xdotool = subprocess.Popen(["xdotool", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._xdotool.stdin is not None and self._xdotool.stdout is not None
        self._words, self._answers = self._xdotool.stdin, self._xdotool.stdout
        os.set_blocking(self._answers.fileno(), False)

    # What there is to point at

    @property
    def window(self) -> Any:
        return bpy.context.window_manager.windows[0]

    @property
    def scene(self) -> Any:
        return self.window.scene

    def area(self, kind: str = "VIEW_3D") -> Area:
        """Return the largest area of a kind."""
        areas = [area for area in self.window.screen.areas if area.type == kind]
        return max(areas, key=lambda area: area.width * area.height)

    def region(self, kind: str = "UI", area: Area | None = None) -> Region:
        return next(region for region in (area or self.area()).regions if region.type == kind)

    def in_view(self, region: Region | None = None) -> Any:
        """Return the context that an operator has in the 3D view."""
        return bpy.context.temp_override(window=self.window, area=self.area(), region=region or self.region("WINDOW"))

    def middle(self) -> Point:
        """Return a point of the 3D view that no panel covers."""
        area, side = self.area(), self.region("UI")
        return area.x + (area.width - side.width) * 0.5, area.y + area.height * 0.45

    # What the hand does

    def x_event(self, *words: object) -> Steps:
        """Have xdotool do something, and wait until Blender has handled it and drawn what it changed."""
        if self._xdotool.poll() is not None:
            raise RuntimeError(f"xdotool ended with status {self._xdotool.returncode}")
        self._words.write(f"{' '.join(map(str, words))}\ngetmouselocation\n".encode())
        self._words.flush()
        self._asked += 1
        yield from self.until(f"xdotool {words[0]}", self._all_answered)
        yield from self.passes()

    def _all_answered(self) -> bool:
        self._answered += (self._answers.read() or b"").count(b"\n")
        return self._answered >= self._asked

    def passes(self, count: int = PASSES) -> Steps:
        """Let Blender's event loop go round."""
        for _ in range(count):
            yield 0.0

    def until(self, what: str, condition: Callable[[], bool], seconds: float = PATIENCE) -> Steps:
        """Wait for something."""
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(f"waited {seconds:.0f} s in vain for: {what}")
            yield 0.0 if time.monotonic() < end - seconds + MOMENT else MOMENT

    def move(self, point: Point) -> Steps:
        """Put the mouse there; points are Blender's, from the lower left."""
        yield from self.x_event("mousemove", int(point[0]), int(self.window.height - 1 - point[1]))

    def click(self, point: Point, button: int = 1) -> Steps:
        yield from self.move(point)
        yield from self.x_event("mousedown", button)
        yield from self.x_event("mouseup", button)
        self.clicks += 1

    def drag(self, start: Point, end: Point, button: int = 1, steps: int = 12) -> Steps:
        yield from self.move(start)
        yield from self.x_event("mousedown", button)
        for step in range(1, steps + 1):
            part = step / steps
            yield from self.move((start[0] + (end[0] - start[0]) * part, start[1] + (end[1] - start[1]) * part))
            yield MOMENT
        yield from self.x_event("mouseup", button)

    def press(self, *keys: str) -> Steps:
        """Press keys one after the other, with the names of X: "ctrl+z", "Escape"."""
        for key in keys:
            yield from self.x_event("key", key)

    def press_over(self, point: Point, *keys: str) -> Steps:
        """Press keys with the mouse there."""
        yield from self.move(point)
        yield from self.press(*keys)

    def write(self, text: str) -> Steps:
        """Type a text without blanks at its ends."""
        yield from self.x_event("type", "--delay", 12, json.dumps(text))

    def turn_wheel(self, notches: int) -> Steps:
        """Turn the wheel, towards oneself where positive."""
        yield from self.x_event("click", "--repeat", abs(notches), "--delay", 10, 5 if notches > 0 else 4)
