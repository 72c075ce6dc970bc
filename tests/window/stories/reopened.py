"""The file that ``characters`` saved, opened by Blender at its start."""

import bpy
from window.common import keyed
from window.desk import Desk
from window.hand import Steps


def story(desk: Desk) -> Steps:
    yield from desk.open_tab()
    desk.scene.frame_set(6)
    scene = desk.scene.posewright
    desk.seen["takes"] = [item.name for item in scene.takes]
    desk.seen["keyed"] = sorted(obj.name for obj in desk.scene.objects if obj.type == "ARMATURE" and keyed(obj))
    yield from desk.picture("reopened")
    scene.character.armature = None
    for obj in list(desk.scene.objects):
        bpy.data.objects.remove(obj)
    yield from desk.rest()
    yield from desk.press_button("posewright.apply")  # the take itself is still whole
    yield from desk.until("keyframes", lambda: any(keyed(obj) for obj in desk.scene.objects))
    desk.seen["done"] = True
