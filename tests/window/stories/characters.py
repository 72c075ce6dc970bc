"""A take on characters that the file brought with it; the file is saved, and opened by the story ``reopened``."""

import math
from typing import Any

import bpy
from window.common import keyed
from window.desk import Desk
from window.hand import Steps


def story(desk: Desk, take: str, blend: str, *characters: str) -> Steps:
    """``characters`` are files with one armature that is meant, FILE or FILE::NAME."""
    yield from desk.open_tab()
    for obj in list(desk.scene.objects):
        bpy.data.objects.remove(obj)
    with desk.in_view():
        bpy.ops.posewright.import_take(filepath=take)
    desk.scene.posewright.apply.place = "character"
    desk.seen["characters"] = {}
    for number, character in enumerate(characters):
        armature = bring(desk, character)
        armature.location.x = 1.5 * number
        yield from choose(desk, armature)
        yield from apply(desk, armature)
    desk.scene.frame_set(6)
    yield from desk.picture("characters")
    bpy.ops.wm.save_as_mainfile(filepath=blend)
    desk.seen["done"] = True


def bring(desk: Desk, character: str) -> Any:
    """Import or append a character; returns its armature."""
    path, _, name = character.partition("::")
    before = set(bpy.data.objects)
    with desk.in_view():
        if path.endswith(".fbx"):
            bpy.ops.import_scene.fbx(filepath=path)
        else:
            with bpy.data.libraries.load(path) as (source, target):
                target.objects = source.objects
            for obj in target.objects:
                if not obj.name.startswith("WGT"):  # shapes of controls
                    desk.scene.collection.objects.link(obj)
    armatures = [obj for obj in bpy.data.objects if obj not in before and obj.type == "ARMATURE"]
    return next((obj for obj in armatures if obj.name == name), armatures[0])


def choose(desk: Desk, armature: Any) -> Steps:
    """Select the armature, which is thereby the character, and look at it."""
    desk.scene.posewright.character.armature = None
    with desk.in_view():
        bpy.ops.object.select_all(action="DESELECT")
        armature.select_set(True)
        bpy.context.view_layer.objects.active = armature
        bpy.ops.view3d.view_selected()
    yield from desk.rest()


def apply(desk: Desk, armature: Any) -> Steps:
    name = armature.name
    yield from desk.find("posewright.apply(")
    desk.watch.begin(f"apply to {name}")
    yield from desk.press_button("posewright.apply")
    yield from desk.until("keyframes", lambda: keyed(bpy.data.objects[name]))
    yield from desk.passes()
    desk.watch.begin("")
    desk.seen["characters"][name] = moved(bpy.data.objects[name], desk)
    yield from desk.picture(f"applied_{len(desk.seen['characters'])}")


def moved(armature: Any, desk: Desk) -> float:
    """Return how far, in metres, the bone that moves most goes within the first frames."""
    heads = []
    for frame in (1, 10):
        desk.scene.frame_set(frame)
        bpy.context.view_layer.update()
        heads.append([armature.matrix_world @ bone.head for bone in armature.pose.bones])
    return max(math.dist(first, second) for first, second in zip(*heads, strict=True))
