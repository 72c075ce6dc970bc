"""From footage to a moving character, with mistakes on the way: captures cancelled, a step taken back."""

from collections.abc import Generator

import bpy
from window.common import jobs, keyed
from window.desk import Desk
from window.hand import Point, Steps

SECONDS = 0.5  # of the clip


def story(desk: Desk, clip: str, blend: str) -> Steps:
    yield from desk.open_tab()
    desk.seen["tab"] = desk.region().active_panel_category
    yield from desk.picture("tab")
    yield from choose_footage(desk, clip)
    yield from cancel_by_button(desk)
    yield from cancel_by_escape(desk)
    yield from choose_part(desk)
    yield from capture(desk)
    yield from apply(desk)
    bpy.ops.wm.save_as_mainfile(filepath=blend)
    desk.seen["done"] = True


def choose_footage(desk: Desk, clip: str) -> Steps:
    yield from desk.fill("posewright.footage.clip", clip)
    desk.seen["clip"] = desk.scene.posewright.footage.clip
    yield from desk.picture("footage")


def choose_part(desk: Desk) -> Steps:
    yield from desk.switch("posewright.footage.use_range")
    yield from desk.fill("posewright.footage.end", SECONDS)
    footage = desk.scene.posewright.footage
    desk.seen["range"] = [footage.use_range, footage.start, round(footage.end, 3)]


def begin(desk: Desk, phase: str) -> Generator[float, None, Point]:
    """Press Capture and wait until the person is being followed; returns where the button is."""
    yield from desk.find("posewright.capture(")
    desk.watch.begin(phase)
    button = yield from desk.press_button("posewright.capture")
    yield from desk.until("a job", lambda: bool(jobs()))
    yield from desk.until("detection", lambda: jobs()[0].running.stage == "detect", 120)
    return button


def cancel_by_button(desk: Desk) -> Steps:
    """Look at the progress, turn the view meanwhile, and press Cancel."""
    button = yield from begin(desk, "capture, cold")
    first = jobs()[0].done
    view = desk.area().spaces.active.region_3d
    turned = view.view_rotation.copy()
    desk.watch.begin("capture, the view being turned")
    x, y = desk.middle()
    yield from desk.drag((x, y), (x + 120, y + 50), button=2)
    desk.watch.begin("")
    desk.seen["view_turned"] = (view.view_rotation - turned).magnitude
    desk.seen["working_meanwhile"] = bool(jobs())
    desk.seen["progress"] = [first, jobs()[0].done if jobs() else None]
    yield from desk.picture("capturing")
    yield from desk.press_button("posewright.cancel", below=button)
    yield from stopped(desk, "button")


def cancel_by_escape(desk: Desk) -> Steps:
    yield from begin(desk, "capture, warm")
    yield from desk.press_over(desk.middle(), "Escape")
    yield from stopped(desk, "escape")


def stopped(desk: Desk, way: str) -> Steps:
    yield from desk.until("the end of the cancelled job", lambda: not jobs())
    yield from desk.passes()
    desk.watch.begin("")
    desk.seen[f"takes_after_{way}"] = len(desk.scene.posewright.takes)
    desk.seen[f"texts_after_{way}"] = len(bpy.data.texts)


def capture(desk: Desk) -> Steps:
    yield from desk.find("posewright.capture(")
    desk.watch.begin("capture to the end")
    yield from desk.press_button("posewright.capture")
    yield from desk.until("a take", lambda: len(desk.scene.posewright.takes) == 1, 120)
    desk.watch.begin("")
    item = desk.scene.posewright.takes[0]
    desk.seen["take"] = [item.name, item.frames, item.clip]
    yield from desk.picture("captured")


def apply(desk: Desk) -> Steps:
    """Put the take on the mannequin that Apply adds, take that back by key, and do it again by key."""
    before = len(desk.scene.objects)
    yield from desk.find("posewright.apply(")
    desk.watch.begin("apply")
    yield from desk.press_button("posewright.apply")
    yield from desk.until("keyframes", lambda: any(keyed(obj) for obj in desk.scene.objects))
    desk.watch.begin("")
    desk.scene.frame_set(8)
    yield from desk.picture("applied")
    yield from desk.press_over(desk.middle(), "ctrl+z")
    yield from desk.rest()
    desk.seen["objects"] = [before, len(desk.scene.objects)]
    desk.seen["takes_after_undo"] = len(desk.scene.posewright.takes)
    yield from desk.picture("undone")
    yield from desk.press("ctrl+shift+z")
    yield from desk.rest()
    desk.seen["keyed_after_redo"] = any(keyed(obj) for obj in desk.scene.objects)
