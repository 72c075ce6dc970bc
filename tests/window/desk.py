"""What a person at a desk has before Blender: a mouse, a keyboard, eyes and a watch. Runs inside Blender's window.

Mouse and keyboard are real X events that xdotool makes. A story is a generator function: each ``yield SECONDS`` gives
control back to Blender's event loop for that long. Buttons are found as a person finds them, by going over the panel:
Blender is asked which operator or property lies under the mouse. So nothing here knows a pixel, a theme or a layout.
"""

import json
import os
import shutil
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, NoReturn

import bpy
from bpy.types import Area, Region

Steps = Generator[float, None, Any]
Point = tuple[float, float]
Places = Generator[float, None, dict[str, Point]]

MODULE = "bl_ext.user_default.posewright"
TAB = "Posewright"
ROW_PIXELS = 9  # lower than any button
LIT_SECONDS = 0.03  # until Blender has lit what is under the mouse
COLUMNS = (0.3, 0.83, 0.6)  # where in a row of a panel the buttons are, as parts of its width
END_ROWS = 24  # so many rows with nothing in them are below the last panel
SCROLL = 30  # notches of the wheel: to the end of the side bar
NUDGE_PIXELS = 10
NEAR = ((0, 0), (1, 0), (0, -ROW_PIXELS), (0, ROW_PIXELS), (0, -2 * ROW_PIXELS), (0, 2 * ROW_PIXELS))
PROBE_SECONDS = 0.02
KEPT_ABSENCES = 4
PATIENCE = 30.0
SETTLED_SECONDS = 2.0  # panels glide to their places
PUBLISHED = "POSEWRIGHT_PICTURES"
PROGRAMS = ("xdotool", "xwd", "convert")


class Watch:
    """Measures how long Blender's event loop was away: the longest times between two looks, for each phase."""

    def __init__(self) -> None:
        self.absences: dict[str, list[float]] = {}  # seconds, the longest first
        self.moments: dict[str, list[float]] = {}  # seconds since the phase began, of each
        self.lasted: dict[str, float] = {}  # seconds of each phase
        self._phase = ""
        self._begun = self._last = time.monotonic()

    def begin(self, phase: str) -> None:
        """Measure under this name from now on; "" measures nothing."""
        now = time.monotonic()
        if self._phase:
            self.lasted[self._phase] = self.lasted.get(self._phase, 0.0) + now - self._begun
        self._phase, self._begun, self._last = phase, now, now

    def look(self) -> float:
        """Take the time; a function for bpy.app.timers."""
        now = time.monotonic()
        if self._phase:
            self._note(max(0.0, now - self._last - PROBE_SECONDS), self._last - self._begun)
        self._last = now
        return PROBE_SECONDS

    def _note(self, away: float, moment: float) -> None:
        longest = list(zip(self.absences.get(self._phase, []), self.moments.get(self._phase, []), strict=True))
        longest = sorted([*longest, (away, moment)], reverse=True)[:KEPT_ABSENCES]
        self.absences[self._phase] = [away for away, _ in longest]
        self.moments[self._phase] = [moment for _, moment in longest]


class Desk:
    """Mouse, keyboard, eyes and watch."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.watch = Watch()
        self.seen: dict[str, Any] = {"blender": bpy.app.version_string}
        self.pictures = 0
        self.clicks = 0
        self._places: dict[str, Point] = {}
        self._xdotool = subprocess.Popen(["xdotool", "-"], stdin=subprocess.PIPE, text=True)

    # What is there

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

    # Mouse and keyboard

    def x_event(self, *words: object) -> None:
        assert self._xdotool.stdin is not None
        if self._xdotool.poll() is not None:
            raise RuntimeError(f"xdotool ended with status {self._xdotool.returncode}")
        self._xdotool.stdin.write(" ".join(map(str, words)) + "\n")
        self._xdotool.stdin.flush()

    def move(self, point: Point) -> None:
        """Put the mouse there; points are Blender's, from the lower left."""
        self.x_event("mousemove", int(point[0]), int(self.window.height - 1 - point[1]))

    def click(self, point: Point, button: int = 1) -> Steps:
        self.move(point)
        yield 0.25
        self.x_event("mousedown", button)
        yield 0.08
        self.x_event("mouseup", button)
        yield 0.25
        self.clicks += 1

    def drag(self, start: Point, end: Point, button: int = 1, steps: int = 12) -> Steps:
        self.move(start)
        yield 0.25
        self.x_event("mousedown", button)
        for step in range(1, steps + 1):
            part = step / steps
            self.move((start[0] + (end[0] - start[0]) * part, start[1] + (end[1] - start[1]) * part))
            yield 0.04
        self.x_event("mouseup", button)
        yield 0.25

    def press(self, *keys: str) -> Steps:
        """Press keys one after the other, with the names of X: "ctrl+z", "Escape"."""
        for key in keys:
            self.x_event("key", key)
            yield 0.25

    def write(self, text: str) -> Steps:
        """Type a text without blanks at its ends."""
        self.x_event("type", "--delay", 12, json.dumps(text))
        yield 0.4 + 0.03 * len(text)

    def scroll(self, notches: int) -> Steps:
        """Turn the wheel over the side bar, towards oneself where positive."""
        region = self.region()
        self.move((region.x + 4, region.y + region.height / 2))
        yield 0.1
        for _ in range(abs(notches)):
            self.x_event("click", 5 if notches > 0 else 4)
            yield 0.05
        self._places.clear()
        yield 0.3

    # Eyes

    def lit(self, region: Region) -> str:
        """Return what is under the mouse: the call of a button's operator, or the data path of a field."""
        manager = bpy.context.window_manager
        for look in (_operator_under_mouse, _field_under_mouse):
            manager.clipboard = ""
            with self.in_view(region):
                try:
                    look()
                except RuntimeError:
                    continue
            if manager.clipboard:
                return manager.clipboard
        return ""

    def look_over(self, wanted: str | None = None, below: Point | None = None) -> Places:
        """Go over the side bar and return what can be pressed there, with its place.

        Where ``wanted`` is given the look ends with the column that holds it; ``below`` a point nothing above is seen.
        """
        region = self.region()
        top = below[1] if below is not None else region.y + region.height
        self._places = {}
        for part in COLUMNS:
            rows: dict[str, list[Point]] = {}
            x, empty = region.x + region.width * part, 0
            for step in range(int((top - region.y) / ROW_PIXELS)):
                y = top - 4 - step * ROW_PIXELS
                self.move((x, y))
                yield LIT_SECONDS
                found = self.lit(region)
                empty = 0 if found else empty + 1
                if found and found not in self._places:
                    rows.setdefault(found, []).append((x, y))
                if empty == END_ROWS:
                    break
            self._places |= {what: points[len(points) // 2] for what, points in rows.items()}
            if wanted is not None and any(wanted in what for what in self._places):
                break
        return self._places

    def find(self, wanted: str, below: Point | None = None) -> Generator[float, None, Point]:
        """Return where the button or field is whose call or data path holds these words; LookupError when nowhere."""
        for look in range(4):
            for what, place in self._places.items():
                point = (yield from self._lit_near(wanted, place)) if wanted in what else None
                if point is not None:
                    return point
            if look < 3:
                if look > 0:
                    yield from self.scroll(SCROLL if look == 1 else -SCROLL)
                yield from self.look_over(wanted, below)
        raise LookupError(f"{wanted} is not in the panel, only {sorted(self._places)}")

    def _lit_near(self, wanted: str, place: Point) -> Generator[float, None, Point | None]:
        """Return where exactly it is, near the place: a slow computer lights what the mouse has left already."""
        for aside, down in NEAR:
            point = (place[0] + aside, place[1] - down)
            self.move(point)
            yield 0.15
            if wanted in self.lit(self.region()):
                return point
        return None

    def centre(self, field: str) -> Generator[float, None, Point]:
        """Put the mouse into the middle of a field, away from the arrows at its ends, and return where that is."""
        x, y = yield from self.find(field)
        ends = []
        for step in (-NUDGE_PIXELS, NUDGE_PIXELS):
            end = x
            while True:
                self.move((end + step, y))
                yield 2 * LIT_SECONDS
                if field not in self.lit(self.region()):
                    break
                end += step
            ends.append(end)
        point = (sum(ends) / 2, y)
        self.move(point)
        yield 0.25
        return point

    def is_there(self, wanted: str) -> Generator[float, None, bool]:
        """Look over the panel anew; whether it holds the button or field."""
        yield from self.look_over()
        return any(wanted in what for what in self._places)

    def picture(self, name: str) -> Steps:
        """Take a picture of the screen from the X server, without holding up Blender."""
        for area in self.window.screen.areas:
            area.tag_redraw()
        yield 0.5
        self.pictures += 1
        target = self.folder / f"{self.pictures:02d}_{name}.png"
        raw = target.with_suffix(".xwd")
        yield from self._run(["xwd", "-root", "-silent", "-out", str(raw)])
        yield from self._run(["convert", f"xwd:{raw}", str(target)])
        raw.unlink()

    def note_places(self, name: str) -> None:
        """Remember for the picture of this name where the view and the side bar are, as X11 sees them."""
        self.seen.setdefault("places", {})[name] = {
            kind: list(self._place(self.region(region))) for kind, region in (("view", "WINDOW"), ("sidebar", "UI"))
        }

    def _place(self, region: Region) -> tuple[int, int, int, int]:
        """Return left, top, width and height of a region on the screen."""
        return region.x, self.window.height - region.y - region.height, region.width, region.height

    def publish(self, name: str, part: str = "WINDOW", crop: tuple[int, int, int, int] | None = None) -> Steps:
        """Renew a picture of the documentation, where the environment names a folder for them.

        ``part`` is a region of the view, "UI" for the side bar, or "SCREEN". ``crop`` is left, top, width and height
        in that part; 0 for a width or height means all of the rest.
        """
        folder = os.environ.get(PUBLISHED, "")
        if not folder:
            return
        left, top, width, height = (
            (0, 0, self.window.width, self.window.height) if part == "SCREEN" else self._place(self.region(part))
        )
        if crop is not None:
            left, top = left + crop[0], top + crop[1]
            width, height = crop[2] or width - crop[0], crop[3] or height - crop[1]
        yield SETTLED_SECONDS
        raw = self.folder / f"{name}.xwd"
        look = ["-crop", f"{width}x{height}+{left}+{top}", "+repage", "-strip", "+dither", "-colors", "200"]
        yield from self._run(["xwd", "-root", "-silent", "-out", str(raw)])
        yield from self._run(["convert", f"xwd:{raw}", *look, f"PNG8:{Path(folder) / name}.png"])
        raw.unlink()

    def _run(self, command: list[str]) -> Steps:
        process = subprocess.Popen(command)
        yield from self.until(f"{command[0]} to end", lambda: process.poll() is not None)

    # Buttons and fields

    def press_button(self, operator: str, below: Point | None = None) -> Generator[float, None, Point]:
        """Click the button that calls the operator, and return where it is."""
        point = yield from self.find(f"bpy.ops.{operator}(", below)
        yield from self.click(point)
        return point

    def fill(self, field: str, text: str | float) -> Steps:
        """Type a text or a number into a field of the panel, in place of what is there."""
        yield from self.centre(field)
        if isinstance(text, str):
            self.x_event("click", "--repeat", 2, "--delay", 60, 1)
        else:
            self.x_event("key", "Return")
        yield 0.4
        yield from self.press("ctrl+a")
        yield from self.write(str(text))
        yield from self.press("Return")
        self.clicks += 1

    def open_tab(self, name: str = TAB) -> Steps:
        """Press N over the view, and click down the strip of tabs until this one is open."""
        if not self.area().spaces.active.show_region_ui:
            self.move(self.middle())
            yield 0.3
            yield from self.press("n")
            yield 0.6
        region = self.region()
        x = region.x + region.width - 10
        for y in range(region.y + region.height - 20, region.y, -16):
            if region.active_panel_category == name:
                return
            yield from self.click((x, y))
        raise LookupError(f"there is no tab {name}")

    def until(self, what: str, condition: Callable[[], bool], seconds: float = PATIENCE) -> Steps:
        """Wait for something."""
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(f"waited {seconds:.0f} s in vain for: {what}")
            yield 0.03


def _operator_under_mouse() -> None:
    if bpy.ops.ui.copy_python_command_button.poll():
        bpy.ops.ui.copy_python_command_button()


def _field_under_mouse() -> None:
    if bpy.ops.ui.copy_data_path_button.poll():
        bpy.ops.ui.copy_data_path_button(full_path=True)


def play(story: Callable[[Desk], Steps], folder: Path, limit: float) -> None:
    """Play a story in Blender's event loop, write what was seen as seen.json, and end Blender."""
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing:
        _leave(folder, {"missing": missing})
    bpy.context.preferences.view.show_splash = False
    bpy.context.preferences.use_preferences_save = False
    bpy.context.preferences.system.viewport_aa = "OFF"  # the pictures may be drawn by the processor
    desk = Desk(folder)
    steps = story(desk)
    end = time.monotonic() + limit
    ending: list[Steps] = []

    def step() -> float:
        try:
            if time.monotonic() > end:
                steps.throw(TimeoutError(f"the story took more than {limit:.0f} s"))
            return float(next(ending[0] if ending else steps) or 0.0)
        except StopIteration:
            desk.watch.begin("")
            desk.seen |= {name: getattr(desk.watch, name) for name in ("absences", "moments", "lasted")}
            desk.seen["clicks"] = desk.clicks
            _note(folder, desk.seen)
            bpy.ops.wm.quit_blender()
        except Exception:
            desk.seen.setdefault("error", traceback.format_exc())
            if ending:
                _leave(folder, desk.seen)
            ending.append(desk.picture("error"))
        return 0.1

    bpy.app.timers.register(desk.watch.look, persistent=True)
    bpy.app.timers.register(step, first_interval=2.0, persistent=True)


def _leave(folder: Path, seen: dict[str, Any]) -> NoReturn:
    _note(folder, seen)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _note(folder: Path, seen: dict[str, Any]) -> None:
    (folder / "seen.json").write_text(json.dumps(seen, indent=1), "utf-8")
