"""The side bar: its tabs, its panels, and the buttons and fields in them."""

import math
from collections.abc import Generator
from typing import Any

import bpy
from window.eyes import PAGE, Eyes
from window.hand import Point, Steps

TAB = "Posewright"
TAB_PIXELS = 16  # less than the height of a tab
HEADER_PIXELS = 14  # half of what the header of a panel is high
HEADER_PART = 0.3  # of the width of the side bar: there a header holds nothing but its name
DATA_PATH = "bpy.data."

Names = Generator[float, None, set[str]]


class SideBar(Eyes):
    """Opens tabs and panels, presses buttons and fills fields."""

    _open: set[str] | None = None

    def open_tab(self, name: str = TAB) -> Steps:
        """Press N over the view, and click down the strip of tabs until this one is open."""
        if not self.area().spaces.active.show_region_ui:
            yield from self.press_over(self.middle(), "n")
            yield from self.rest()
        region = self.region()
        x = region.x + region.width - 10
        for y in range(region.y + region.height - 20, region.y, -TAB_PIXELS):
            if region.active_panel_category == name:
                return (yield from self.rest())
            yield from self.click((x, y))
        raise LookupError(f"there is no tab {name}")

    # Panels

    def open_panel(self, name: str) -> Steps:
        """Open a panel, and the one that it is part of, by a click on its header.

        Headers tell Blender nothing about themselves, but a panel that is open draws what it holds, and all headers
        lie where nothing lights under the mouse. So a click on such a place shows whose header it is, and a panel that
        was not meant is put back by another. ``name`` is the name of its class.
        """
        parent = getattr(getattr(bpy.types, name), "bl_parent_id", "")
        if parent:
            yield from self.open_panel(parent)
        if name in (yield from self.open_panels()):
            return
        yield from self.scroll_to_top()
        while not (yield from self._open_in_sight(name)):
            if not (yield from self.scroll(PAGE)):
                raise LookupError(f"no header opens {name}")

    def open_panels(self) -> Names:
        """Return the names of the panels whose content is drawn."""
        drawn = self._watched()
        yield from self.rest()
        drawn.clear()
        self.region().tag_redraw()
        yield from self.passes()
        return set(drawn)

    def _watched(self) -> set[str]:
        """Return the set into which each panel of the tab puts its name when it draws its content."""
        if self._open is None:
            self._open = drawn = set()
            for panel in _panels():
                panel.append(lambda self, context, name=panel.__name__: drawn.add(name))
        return self._open

    def _open_in_sight(self, name: str) -> Generator[float, None, bool]:
        """Try what is in sight and may be a header; whether one was that of the panel."""
        rows = yield from self.rows()
        heights = [self._scrolled(point[1]) for point, lit in (yield from self.look_down(HEADER_PART, rows)) if not lit]
        part = _rank(name) / max(1, max(_rank(panel.__name__) for panel in _panels()))
        is_open = yield from self.open_panels()
        while heights:
            height = heights.pop(round(part * (len(heights) - 1)))
            was_open, is_open = is_open, (yield from self._toggle(height))
            if name in is_open:
                return True
            if toggled := is_open ^ was_open:
                is_open = yield from self._toggle(height)
                if is_open != was_open:
                    raise LookupError(f"{sorted(toggled)} could not be put back")
                side = _rank(name) - _rank(min(toggled))
                heights = [other for other in heights if _lies(other - height, side)]
                part = 0.5
        return False

    def _toggle(self, height: float) -> Names:
        """Click at a height in the scrolled side bar; returns the names of the panels that are open then."""
        region = self.region()
        y = region.y + region.view2d.view_to_region(0, height, clip=False)[1]
        yield from self.click((region.x + HEADER_PART * region.width, y))
        self._places.clear()
        return (yield from self.open_panels())

    def _scrolled(self, y: float) -> float:
        """Return a height of the window as one in the side bar, which stays with what is there when it is scrolled."""
        region = self.region()
        return region.view2d.region_to_view(0, y - region.y)[1]

    # Buttons and fields

    def press_button(self, operator: str, below: Point | None = None) -> Generator[float, None, Point]:
        """Click the button that calls the operator, and return where it is."""
        point = yield from self.find(f"bpy.ops.{operator}(", below)
        yield from self.click(point)
        return point

    def switch(self, field: str) -> Steps:
        """Click a field that is on or off."""
        yield from self.click((yield from self.find(field)))

    def fill(self, field: str, text: str | float) -> Steps:
        """Type a text or a number into a field of the panel, in place of what is there."""
        point = yield from (self.find(field) if isinstance(text, str) else self.centre(field))
        path = self.lit()
        if isinstance(text, str):
            yield from self.click(point)
        else:
            yield from self.press("Return")
            self.clicks += 1  # as much as one
        yield from self.press("ctrl+a")
        yield from self.write(str(text))
        yield from self.press("Return")
        yield from self.until(f"{text} in {path}", lambda: _same(_value(path), text))


def _panels() -> list[Any]:
    """Return the classes of the panels of the tab."""
    classes = bpy.types.Panel.__subclasses__()
    return [panel for panel in classes if panel.is_registered and getattr(panel, "bl_category", "") == TAB]


def _rank(name: str) -> int:
    """Return where the outermost panel that a panel is in comes, from the top."""
    panel = getattr(bpy.types, name)
    parent = getattr(panel, "bl_parent_id", "")
    return _rank(parent) if parent else panel.bl_order


def _lies(up: float, side: int) -> bool:
    """Return whether something so far above another header can be that of a panel which comes ``side`` after it."""
    return abs(up) > HEADER_PIXELS if side == 0 else up * side < 0 and abs(up) > HEADER_PIXELS


def _value(path: str) -> Any:
    """Return what a data path stands for: bpy.data.COLLECTION["NAME"].PROPERTY..."""
    collection, _, rest = path.removeprefix(DATA_PATH).partition("[")
    name, _, rest = rest.partition("].")
    return getattr(bpy.data, collection)[name.strip("\"'")].path_resolve(rest)


def _same(value: Any, text: str | float) -> bool:
    return value == text if isinstance(text, str) else math.isclose(value, text, rel_tol=1e-3, abs_tol=1e-6)
