"""A character with names of bones that nobody knows: picked, one bone corrected, the map saved, and applied."""

import math
from pathlib import Path
from typing import Any

import bpy
from bpy_extras.view3d_utils import location_3d_to_region_2d
from mathutils import Euler, Vector
from window.common import keyed, module
from window.desk import Desk
from window.hand import Point, Steps

PART = "left_hand"
MENU_PIXELS = 8  # from the end of a field into the button beside it
NAME_PART, BUTTON_PART = 0.25, 0.9  # of the width of the file browser's last line


def story(desk: Desk, character: str, take: str, saved: str) -> Steps:
    """``saved`` is the file that the map is written to."""
    bpy.ops.wm.save_as_mainfile(filepath=str(Path(saved).with_suffix(".blend")))
    armature = bring(desk, character)
    with desk.in_view():
        bpy.ops.posewright.import_take(filepath=take)
    yield from desk.open_tab()
    yield from pick(desk, armature)
    yield from change(desk)
    yield from save(desk, saved)
    yield from apply(desk)
    yield from take_back(desk)
    desk.seen["done"] = True


def bring(desk: Desk, character: str) -> Any:
    """Import the character, give its bones names that say nothing, and look at it from the front."""
    for obj in list(desk.scene.objects):
        bpy.data.objects.remove(obj)
    with desk.in_view():
        bpy.ops.import_scene.gltf(filepath=character)
        bpy.ops.object.select_all(action="DESELECT")
    armature = next(obj for obj in desk.scene.objects if obj.type == "ARMATURE")
    for number, bone in enumerate(armature.data.bones):
        bone.name = f"piece {number:02d}"
    height = max((armature.matrix_world @ bone.head).z for bone in armature.pose.bones)
    view = desk.area().spaces.active.region_3d
    view.view_location = Vector((0.5 * height, 0.0, 0.7 * height))
    view.view_rotation = Euler((math.radians(85), 0.0, math.radians(10))).to_quaternion()
    view.view_distance = 3.6 * height
    return armature


def place_of(desk: Desk, armature: Any) -> Point:
    """Return where the middle of the character is in the window."""
    region = desk.region("WINDOW")
    heads = [armature.matrix_world @ bone.head for bone in armature.pose.bones]
    middle = sum(heads, Vector()) / len(heads)
    place = location_3d_to_region_2d(region, desk.area().spaces.active.region_3d, middle)
    assert place is not None
    return region.x + place.x, region.y + place.y


def pick(desk: Desk, armature: Any) -> Steps:
    yield from desk.rest()
    yield from desk.press_button("posewright.pick_character")
    yield from desk.click(place_of(desk, armature))
    yield from desk.until("the character", lambda: desk.scene.posewright.character.armature == armature)
    desk.seen["picked"] = True
    yield from desk.picture("picked")


def bone_of(desk: Desk) -> str:
    return getattr(desk.scene.posewright.character.bones, PART)


def stated(desk: Desk) -> list[str]:
    """Return the parts of the body that somebody has set."""
    own = module("addon.character.own_maps").own_map
    return sorted(own(desk.scene, desk.scene.posewright.character.armature))


def change(desk: Desk) -> Steps:
    """Type another bone into the field of a part: the one at the end of the bone that was found."""
    yield from desk.open_panel("POSEWRIGHT_PT_map")
    found = bone_of(desk)
    child = desk.scene.posewright.character.armature.data.bones[found].children[0].name
    yield from desk.picture("map")
    yield from desk.fill(f"character.bones.{PART}_short", child)
    desk.seen["bone"] = [found, child, bone_of(desk)]
    desk.seen["stated"] = stated(desk)
    yield from desk.picture("changed")


def save(desk: Desk, saved: str) -> Steps:
    """Choose Save Map in the menu beside the eye, and type the name of the file."""
    field = "posewright.character.show_map"
    x, y = yield from desk.find(field)
    while field in desk.lit():
        x += 2
        yield from desk.move((x, y))
    yield from desk.click((x + MENU_PIXELS, y))
    yield from desk.picture("menu")
    yield from desk.press("s")
    yield from desk.rest()
    yield from desk.picture("files")
    yield from name_file(desk, saved)
    yield from desk.until("the file", lambda: Path(saved).is_file())


def name_file(desk: Desk, saved: str) -> Steps:
    """Type the name of the file into Blender's file browser, a window of its own that opens beside the .blend."""
    windows = bpy.context.window_manager.windows
    yield from desk.until("the file browser", lambda: len(windows) == 2)
    browser = windows[1]
    area = browser.screen.areas[0]
    region = desk.region("EXECUTE", area)
    x, y = browser.x + region.x, browser.y + region.y + 0.5 * region.height
    yield from desk.click((x + NAME_PART * region.width, y))
    yield from desk.press("ctrl+a")
    yield from desk.write(Path(saved).name)
    yield from desk.press("Return")
    yield from desk.picture("named")
    yield from desk.click((x + BUTTON_PART * region.width, y))


def has_take(desk: Desk) -> bool:
    """Return whether the character, which came with a motion of its own, has that of the take."""
    armature = desk.scene.posewright.character.armature
    return keyed(armature) and "posewright_take" in armature.animation_data.action


def apply(desk: Desk) -> Steps:
    yield from desk.press_button("posewright.apply")
    yield from desk.until("keyframes", lambda: has_take(desk))
    desk.scene.frame_set(12)
    yield from desk.picture("applied")


def take_back(desk: Desk) -> Steps:
    """The first step back takes the motion away, the second the bone that was set."""
    yield from desk.press_over(desk.middle(), "ctrl+z")
    yield from desk.rest()
    desk.seen["after_undo"] = [has_take(desk), stated(desk)]
    yield from desk.press("ctrl+z")
    yield from desk.rest()
    desk.seen["after_both"] = [bone_of(desk), stated(desk)]
    yield from desk.picture("undone")
