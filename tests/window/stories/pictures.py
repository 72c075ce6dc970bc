"""The pictures of the documentation: the demo clip from footage to character, with nothing else in the scene."""

import math
from pathlib import Path

import bpy
from mathutils import Euler, Vector
from window.common import jobs, keyed, module
from window.desk import Desk
from window.hand import Steps

MOMENT = 72  # a frame of the demo clip in which much happens
PANELS = 290  # pixels from the top of the side bar that hold Footage
CAPTURING = 160


def story(desk: Desk, clip: str) -> Steps:
    for obj in list(desk.scene.objects):
        bpy.data.objects.remove(obj)
    desk.scene.render.fps = 30
    yield from desk.open_tab()
    bpy.ops.wm.save_as_mainfile(filepath=str(Path(clip).with_suffix(".blend")))
    desk.scene.posewright.footage.clip = f"//{Path(clip).name}"
    yield from look_at_the_middle(desk)
    yield from desk.move(desk.middle())
    yield from desk.publish("addon_footage", "UI", (0, 0, 0, PANELS))
    yield from desk.press_button("posewright.capture")
    yield from desk.until("half of it", lambda: not jobs() or jobs()[0].done > 0.5, 250)
    yield from desk.move(desk.middle())
    yield from desk.publish("addon_capture", "UI", (0, 0, 0, PANELS + CAPTURING))
    yield from desk.until("the take", lambda: len(desk.scene.posewright.takes) == 1, 250)
    desk.scene.frame_set(MOMENT)
    yield from desk.publish("addon_panel", "SCREEN")
    yield from desk.press_button("posewright.apply")
    yield from desk.until("keyframes", lambda: any(keyed(obj) for obj in desk.scene.objects))
    desk.scene.frame_set(MOMENT)
    yield from desk.move(desk.middle())
    yield from desk.scroll_to_top()
    yield from desk.publish("addon_applied", "SCREEN")
    yield from beside_the_footage(desk)
    desk.seen["done"] = True


def look_at_the_middle(desk: Desk) -> Steps:
    """Look from the front, a little from above, at where a person stands."""
    view = desk.area().spaces.active.region_3d
    view.view_location = Vector((0.75, 0.0, 0.9))
    view.view_rotation = Euler((math.radians(76), 0.0, math.radians(24))).to_quaternion()
    view.view_distance = 4.6
    yield from desk.rest()


def beside_the_footage(desk: Desk) -> Steps:
    yield from desk.press_button("posewright.add_camera")
    yield from desk.rest()
    desk.scene.frame_set(MOMENT)
    yield from desk.move(desk.middle())
    yield from desk.publish("addon_overlay", "WINDOW")
    desk.seen["camera"] = desk.scene.camera is not None
    desk.seen["queue"] = module("addon.jobs.queue").queue.current is None
