"""The bone map of a character, drawn over it."""

import math

import bpy
from mathutils import Euler, Vector
from window.desk import Desk
from window.hand import Steps

NOTCHES = 9  # of the wheel, down to Character


def story(desk: Desk, character: str) -> Steps:
    for obj in list(desk.scene.objects):
        bpy.data.objects.remove(obj)
    with desk.in_view():
        bpy.ops.import_scene.gltf(filepath=character)
    armature = next(obj for obj in desk.scene.objects if obj.type == "ARMATURE")
    desk.scene.posewright.character.armature = armature
    desk.scene.posewright.character.show_map = True
    yield from desk.open_tab()
    with desk.in_view():
        bpy.context.view_layer.objects.active = armature
        bpy.ops.object.select_all(action="DESELECT")
    view = desk.area().spaces.active.region_3d
    height = max((armature.matrix_world @ bone.head).z for bone in armature.pose.bones)
    view.view_location = Vector((0.6 * height, 0.0, 0.8 * height))
    view.view_rotation = Euler((math.radians(80), 0.0, math.radians(20))).to_quaternion()
    view.view_distance = 3.6 * height
    yield from desk.open_panel("POSEWRIGHT_PT_map")
    yield from desk.scroll_to_top()
    yield from desk.scroll(NOTCHES)
    yield from desk.move(desk.middle())
    yield from desk.picture("map")
    yield from desk.publish("addon_map", "WINDOW")
    desk.seen["bones"] = len(armature.pose.bones)
    desk.seen["done"] = True
