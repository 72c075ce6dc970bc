"""Picking the person in a picture over the 3D view: the wheel, a click, Esc, and what happens beside it."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import bpy
from window.common import jobs, module
from window.desk import Desk
from window.hand import Point, Steps


def story(desk: Desk, clip: str) -> Steps:
    """``clip`` lies beside the .blend that is saved first, and is named from there."""
    bpy.ops.wm.save_as_mainfile(filepath=str(Path(clip).with_suffix(".blend")))
    yield from desk.open_tab()
    yield from desk.fill("posewright.footage.clip", f"//{Path(clip).name}")
    yield from show(desk)
    desk.seen["blocks"] = [len(bpy.data.images), len(bpy.data.movieclips)]
    yield from leave(desk)
    yield from go_on_elsewhere(desk)
    yield from pick_at_another_moment(desk)
    yield from undo(desk)
    desk.seen["done"] = True


def overlays() -> list[Any]:
    return module("addon.footage.picking.operators")._shown


def person(desk: Desk) -> str:
    return desk.scene.posewright.footage.person


def show(desk: Desk) -> Steps:
    yield from desk.press_button("posewright.pick_person")
    yield from desk.until("the picture", lambda: bool(overlays()) and picture().moment is not None)
    yield from desk.rest()


def picture() -> Any:
    return overlays()[0]._picture


def box_middle(desk: Desk) -> Point:
    """Return where the first person is in the window."""
    parts = module("addon.footage.picking.picture")
    region, moment = desk.region("WINDOW"), picture().moment
    scale = bpy.context.preferences.system.ui_scale
    where = parts.fitted(moment.size, parts.free_part(desk.area(), region), scale)
    box = parts.placed(moment.people[0].box, moment.size, where)
    return region.x + (box.left + box.right) / 2, region.y + (box.bottom + box.top) / 2


def leave(desk: Desk) -> Steps:
    """The person lights up under the mouse; Esc and the right mouse button leave everything as it was."""
    yield from desk.move(box_middle(desk))
    yield from desk.until("the person under the mouse", lambda: picture().hovered == 0)
    desk.note_places("picking")
    x, y = box_middle(desk)
    left, top, right, bottom = picture().moment.people[0].box
    desk.seen["middle"] = [x, desk.window.height - y, (left + right) / 2, (top + bottom) / 2]
    yield from desk.picture("picking")
    yield from desk.press("Escape")
    yield from desk.until("the end", lambda: not overlays())
    desk.seen["after_escape"] = person(desk)
    yield from show(desk)
    yield from desk.click(box_middle(desk), button=3)
    yield from desk.until("the end", lambda: not overlays())
    desk.seen["after_right_click"] = person(desk)


def go_on_elsewhere(desk: Desk) -> Steps:
    """Beside the view the panel works on; in it no key reaches the scene behind."""
    yield from show(desk)
    objects = len(desk.scene.objects)
    yield from desk.switch("posewright.footage.use_range")
    desk.seen["panel_works"] = desk.scene.posewright.footage.use_range
    yield from desk.switch("posewright.footage.use_range")
    yield from desk.press_over(box_middle(desk), "x")
    yield from desk.rest()
    desk.seen["objects"] = [objects, len(desk.scene.objects)]


def pick_at_another_moment(desk: Desk) -> Generator[float, None, None]:
    first = picture().moment.seconds
    yield from desk.move(box_middle(desk))
    for _ in range(3):
        yield from desk.turn_wheel(1)
    yield from desk.until("a later moment", lambda: not jobs() and picture().moment.seconds > first + 1.2)
    yield from desk.picture("later")
    yield from desk.click(box_middle(desk))
    yield from desk.until("the end", lambda: not overlays())
    desk.seen["person"] = person(desk)
    yield from desk.picture("picked")


def undo(desk: Desk) -> Steps:
    yield from desk.press_over(desk.middle(), "ctrl+z")
    yield from desk.rest()
    desk.seen["after_undo"] = person(desk)
    desk.seen["modal"] = [operator.bl_idname for operator in desk.window.modal_operators]
