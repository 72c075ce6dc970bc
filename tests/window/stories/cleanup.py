"""A take made better with the mouse: its smoothing dragged, sides exchanged, taken back by key."""

import bpy
import numpy as np
from window.common import keyed, module
from window.desk import Desk
from window.hand import Steps

SMOOTHING = '"].posewright.smooth'  # the slider belongs to the window manager


def story(desk: Desk, take: str) -> Steps:
    yield from desk.open_tab()
    with desk.in_view():
        bpy.ops.posewright.import_take(filepath=take)
        for obj in list(desk.scene.objects):
            bpy.data.objects.remove(obj)
        bpy.ops.posewright.apply()
        bpy.ops.ed.undo_push(message="Applied")
    desk.scene.frame_set(20)
    yield from desk.picture("closed")
    yield from desk.open_panel("POSEWRIGHT_PT_cleanup")
    yield from desk.picture("clean_up")
    yield from drag_smoothing(desk)
    yield from swap(desk)
    desk.seen["done"] = True


def bend(desk: Desk) -> float:
    """Return how roughly the hands of the character go, in metres a frame squared."""
    obj = next(obj for obj in desk.scene.objects if keyed(obj))
    frame, places = desk.scene.frame_current, []
    for number in range(10, 30):
        desk.scene.frame_set(number)
        places.append([obj.pose.bones[name].head[:] for name in ("hand.L", "hand.R")])
    desk.scene.frame_set(frame)
    return float(np.abs(np.diff(np.array(places), 2, axis=0)).mean())


def in_step(desk: Desk) -> bool:
    """Return whether the character has the take as the list has it."""
    applied, store = module("rigging.blender.applied"), module("addon.takes.store")
    obj = next(obj for obj in desk.scene.objects if keyed(obj))
    current = store.current_take(desk.scene.posewright.takes[0])
    return applied.applied_to(obj).take == applied.take_id(current)


def drag_smoothing(desk: Desk) -> Steps:
    item = desk.scene.posewright.takes[0]
    before, start = bend(desk), item.smooth
    x, y = yield from desk.centre(SMOOTHING)
    desk.watch.begin("smoothing dragged")
    yield from desk.drag((x, y), (x + 0.4 * desk.region().width, y), steps=24)
    yield from desk.until("the character to follow", lambda: in_step(desk) and item.smooth != start)
    desk.watch.begin("")
    desk.seen["smoothing"] = [round(start, 3), round(item.smooth, 3)]
    desk.seen["bend"] = [before, bend(desk)]
    yield from desk.picture("smoothed")
    yield from desk.press_over(desk.middle(), "ctrl+z")
    yield from desk.rest()
    item = desk.scene.posewright.takes[0]
    desk.seen["after_undo"] = [round(item.smooth, 3), in_step(desk), bend(desk)]
    yield from desk.press("ctrl+shift+z")
    yield from desk.rest()
    desk.seen["after_redo"] = [round(desk.scene.posewright.takes[0].smooth, 3), in_step(desk)]


def swap(desk: Desk) -> Steps:
    scene = desk.scene
    scene.use_preview_range, scene.frame_preview_start, scene.frame_preview_end = True, 15, 25
    yield from desk.press_button("posewright.swap_sides")
    yield from desk.until("an edit", lambda: len(desk.scene.posewright.takes[0].edits) == 1)
    desk.seen["edits"] = [edit.kind for edit in desk.scene.posewright.takes[0].edits]
    desk.seen["swap_in_step"] = in_step(desk)
    yield from desk.picture("swapped")
    yield from desk.press_button("posewright.remove_edit")
    yield from desk.until("no edit", lambda: not len(desk.scene.posewright.takes[0].edits))
    desk.seen["removed_in_step"] = in_step(desk)
