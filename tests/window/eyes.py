"""Eyes: what lies under the mouse, what the side bar holds, and when it has come to rest.

Buttons are found as a person finds them, by going over the panel: Blender is asked which operator or property lies
under the mouse. So nothing here knows a pixel, a theme or a layout.
"""

import math
import subprocess
from collections.abc import Generator
from pathlib import Path

import bpy
import numpy as np
from bpy.types import Region
from window.hand import Hand, Point, Steps

Places = Generator[float, None, dict[str, Point]]
Seen = list[tuple[Point, str]]

ROW_PIXELS = 16  # lower than any button
LEFT, RIGHT = 0.3, 0.83  # where in a row of a panel the buttons are, as parts of its width
BETWEEN = (0.6, 0.75)  # where else, in rows that hold one thing at the left and another at the right
LOOKS = 15  # at a screen that does not come to rest
INSIDE = (0.1, 0.88)  # between the edges of the panels, without the tabs
NUDGE_PIXELS = 10
PLAIN = 12  # levels of brightness between the darkest and the brightest where nothing is
XWD_COLOUR_BYTES = 12
PAGE = 8  # notches of the wheel, less than what the side bar shows
NEAR = ((0, 0), (1, 0), (0, -ROW_PIXELS), (0, ROW_PIXELS), (0, -2 * ROW_PIXELS), (0, 2 * ROW_PIXELS))


class Eyes(Hand):
    """Finds things in the side bar of the 3D view."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self._places: dict[str, Point] = {}

    def lit(self, region: Region | None = None) -> str:
        """Return what is under the mouse: the call of a button's operator, or the data path of a field."""
        manager = bpy.context.window_manager
        for look in (_operator_under_mouse, _field_under_mouse):
            manager.clipboard = ""
            with self.in_view(region or self.region()):
                try:
                    look()
                except RuntimeError:
                    continue
            if manager.clipboard:
                return manager.clipboard
        return ""

    def rest(self) -> Steps:
        """Wait until the screen has come to rest: panels glide to their places, and views are drawn in steps."""
        for area in self.window.screen.areas:
            area.tag_redraw()
        last = None
        for _ in range(LOOKS):
            yield from self.passes()
            now = yield from self.screen()
            if last is not None and np.array_equal(now, last):
                return
            last = now

    def screen(self) -> Generator[float, None, np.ndarray]:
        """Return what is on the screen as bytes, (rows from the top, columns, 4)."""
        raw = self.folder / "screen.xwd"
        yield from self.run(["xwd", "-root", "-silent", "-out", str(raw)])
        header = np.fromfile(raw, ">u4", 25)
        start, height, length, colours = (int(header[field]) for field in (0, 5, 12, 19))
        seen = np.fromfile(raw, np.uint8, offset=start + XWD_COLOUR_BYTES * colours)
        raw.unlink()
        return seen[: height * length].reshape(height, length // 4, 4)

    def run(self, command: list[str]) -> Steps:
        """Run a program without holding up Blender."""
        process = subprocess.Popen(command)
        yield from self.until(f"{command[0]} to end", lambda: process.poll() is not None)
        if process.returncode:
            raise RuntimeError(f"{command[0]} ended with status {process.returncode}")

    # The side bar

    def scroll(self, notches: int) -> Generator[float, None, bool]:
        """Turn the wheel over the side bar, towards oneself where positive; returns whether it moved."""
        region = self.region()
        before = region.view2d.region_to_view(0, 0)[1]
        yield from self.move((region.x + 4, region.y + region.height / 2))
        yield from self.turn_wheel(notches)
        self._places.clear()
        return self.region().view2d.region_to_view(0, 0)[1] != before

    def scroll_to_top(self) -> Steps:
        while (yield from self.scroll(-PAGE)):
            pass

    def look_over(self, wanted: str | None = None, below: Point | None = None) -> Places:
        """Go over what the side bar shows and return what can be pressed there, with its place.

        Where ``wanted`` is given the look ends with it; ``below`` a point nothing above is seen.
        """
        self._places = {}
        top = below[1] if below is not None else math.inf
        rows = [row for row in (yield from self.rows()) if row < top]
        left, right = [], []
        for part, seen in ((LEFT, left), (RIGHT, right)):
            seen += yield from self.look_down(part, rows, wanted)
            if self._remember(seen, wanted):
                return self._places
        rows = [y for ((_, y), at_left), (_, at_right) in zip(left, right, strict=True) if at_left != at_right]
        for part in BETWEEN:
            if self._remember((yield from self.look_down(part, rows, wanted)), wanted):
                break
        return self._places

    def _remember(self, seen: Seen, wanted: str | None) -> bool:
        """Remember the places of what was seen first in this column; whether what is wanted is among it."""
        rows: dict[str, list[Point]] = {}
        for point, found in seen:
            if found and found not in self._places:
                rows.setdefault(found, []).append(point)
        self._places |= {what: points[len(points) // 2] for what, points in rows.items()}
        return wanted is not None and any(wanted in what for what in self._places)

    def rows(self) -> Generator[float, None, list[float]]:
        """Return the heights in the window, from the top, at which the side bar is not all plain."""
        region = self.region()
        first, last = self.window.height - region.y - region.height, self.window.height - region.y
        left, right = (int(region.x + part * region.width) for part in INSIDE)
        seen = (yield from self.screen())[first:last, left:right, :3].astype(int)
        plain = np.ptp(seen, axis=1).max(1) < PLAIN
        tops = [top for top in range(0, len(plain), ROW_PIXELS) if not plain[top : top + ROW_PIXELS].all()]
        return [region.y + region.height - 1 - top - ROW_PIXELS // 2 for top in tops]

    def look_down(self, part: float, rows: list[float], wanted: str | None = None) -> Generator[float, None, Seen]:
        """Go down the side bar at a part of its width; returns what is lit at each of these heights, or "".

        Where ``wanted`` is given the look ends below it.
        """
        region, seen = self.region(), []
        for y in rows:
            point = (region.x + region.width * part, y)
            yield from self.move(point)
            found = self.lit(region)
            if wanted is not None and wanted not in found and seen and wanted in seen[-1][1]:
                break
            seen.append((point, found))
        return seen

    def find(self, wanted: str, below: Point | None = None) -> Generator[float, None, Point]:
        """Return where the button or field is whose call or data path holds these words; LookupError when nowhere.

        Looked for is where it was last, then in what the side bar shows, page by page to its end, and from its top.
        """
        point = yield from self._known(wanted)
        if point is not None:
            return point
        yield from self.rest()
        seen: set[str] = set()
        for turn in ("down", "from the top"):
            while True:
                yield from self.look_over(wanted, below if not seen else None)
                seen, point = seen | set(self._places), (yield from self._known(wanted))
                if point is not None:
                    return point
                if not (yield from self.scroll(PAGE)):
                    break
            if turn == "down":
                yield from self.scroll_to_top()
        raise LookupError(f"{wanted} is not in the panel, only {sorted(seen)}")

    def _known(self, wanted: str) -> Generator[float, None, Point | None]:
        """Return where exactly it is, near one of the places where it was seen."""
        for place in [place for what, place in self._places.items() if wanted in what]:
            for aside, down in NEAR:
                point = (place[0] + aside, place[1] - down)
                yield from self.move(point)
                if wanted in self.lit():
                    return point
        return None

    def centre(self, field: str) -> Generator[float, None, Point]:
        """Put the mouse into the middle of a field, away from the arrows at its ends, and return where that is."""
        x, y = yield from self.find(field)
        ends = []
        for step in (-NUDGE_PIXELS, NUDGE_PIXELS):
            end = x
            while True:
                yield from self.move((end + step, y))
                if field not in self.lit():
                    break
                end += step
            ends.append(end)
        point = (sum(ends) / 2, y)
        yield from self.move(point)
        return point

    def is_there(self, wanted: str) -> Generator[float, None, bool]:
        """Look over the panel anew; whether it holds the button or field."""
        try:
            self._places.clear()
            yield from self.find(wanted)
        except LookupError:
            return False
        return True


def _operator_under_mouse() -> None:
    if bpy.ops.ui.copy_python_command_button.poll():
        bpy.ops.ui.copy_python_command_button()


def _field_under_mouse() -> None:
    if bpy.ops.ui.copy_data_path_button.poll():
        bpy.ops.ui.copy_data_path_button(full_path=True)
