"""Contacts of the feet changed with the mouse: a key moved in the Dope Sheet, a foot that stands, each taken back."""

import bpy
import numpy as np
from window.common import keyed, module
from window.desk import Desk
from window.hand import Steps

LATER = 4  # frames by which a key is moved
STANDS = (20, 30)  # frames
ROW_PIXELS = 9
RULER_PIXELS = 40  # over the rows of the Dope Sheet


def story(desk: Desk, take: str) -> Steps:
    desk.window.workspace = bpy.data.workspaces["Animation"]
    yield from desk.rest()
    yield from desk.open_tab()
    with desk.in_view():
        bpy.ops.posewright.import_take(filepath=take)
        for obj in list(desk.scene.objects):
            bpy.data.objects.remove(obj)
        bpy.ops.posewright.apply()
        bpy.ops.ed.undo_push(message="Applied")
    yield from desk.open_panel("POSEWRIGHT_PT_contacts")
    yield from edit(desk)
    yield from move_a_key(desk)
    yield from apply(desk)
    yield from let_it_stand(desk)
    desk.seen["done"] = True


def character(desk: Desk) -> bpy.types.Object:
    return next(obj for obj in desk.scene.objects if obj.type == "ARMATURE" and keyed(obj))


def feet(desk: Desk) -> np.ndarray:
    """Return where both feet of the character are, in metres, (frames, feet, 3)."""
    obj, frame, places = character(desk), desk.scene.frame_current, []
    for number in range(5, 55):
        desk.scene.frame_set(number)
        places.append([obj.matrix_world @ obj.pose.bones[name].head for name in ("foot.L", "foot.R")])
    desk.scene.frame_set(frame)
    return np.array(places)


def keys(desk: Desk) -> list[tuple[str, list[float]]]:
    """Return the frames of the keys of each part of a foot."""
    empty = module("rigging.blender.contacts").find_contacts(character(desk))
    curves = module("rigging.blender.keyframes").curves_of(empty)
    return [(curve.data_path, [key.co[0] for key in curve.keyframe_points]) for curve in curves]


def chosen(desk: Desk) -> list[float]:
    """Return the frames of the keys that are selected."""
    empty = module("rigging.blender.contacts").find_contacts(character(desk))
    curves = module("rigging.blender.keyframes").curves_of(empty)
    return [key.co[0] for curve in curves for key in curve.keyframe_points if key.select_control_point]


def edit(desk: Desk) -> Steps:
    yield from desk.press_button("posewright.edit_contacts")
    yield from desk.rest()
    active = desk.window.view_layer.objects.active
    desk.seen["active"] = active.name
    yield from desk.picture("contacts")


def move_a_key(desk: Desk) -> Steps:
    """Click the keys of a frame in the Dope Sheet, and let them come later: G, a number, Return."""
    before = keys(desk)
    frame = min((frame for _, frames in before for frame in frames if frame > 10), key=lambda frame: abs(frame - 25))
    sheet = desk.region("WINDOW", desk.area("DOPESHEET_EDITOR"))
    x = sheet.x + sheet.view2d.view_to_region(frame, 0, clip=False)[0]
    y = sheet.y + sheet.height - RULER_PIXELS
    yield from desk.press_over((x, y), "alt+a")
    while not chosen(desk):
        yield from desk.click((x, y))
        y -= ROW_PIXELS
        if y < sheet.y:
            raise LookupError(f"there is no key at frame {frame} in the Dope Sheet")
    desk.seen["chosen"] = [frame, chosen(desk)]
    yield from desk.press("g", str(LATER), "Return")
    yield from desk.until("the key to come later", lambda: keys(desk) != before)
    desk.seen["keys"] = [dict(before), dict(keys(desk))]
    yield from desk.picture("moved")


def apply(desk: Desk) -> Steps:
    before = feet(desk)
    yield from desk.press_button("posewright.apply_contacts")
    yield from desk.until("a changed take", lambda: desk.scene.posewright.takes[0].contacts != "")
    yield from desk.picture("applied")
    after = feet(desk)
    yield from desk.press_over(desk.middle(), "ctrl+z")
    yield from desk.rest()
    desk.seen["applied"] = [apart(before, after), apart(before, feet(desk))]


def let_it_stand(desk: Desk) -> Steps:
    """Let the left foot stand in the preview range."""
    before = feet(desk)
    scene = desk.scene
    scene.use_preview_range, scene.frame_preview_start, scene.frame_preview_end = True, *STANDS
    bpy.ops.ed.undo_push(message="Preview Range")
    yield from desk.press_button("posewright.foot_stands")
    yield from desk.until("a changed take", lambda: desk.scene.posewright.takes[0].contacts != "")
    yield from desk.picture("stands")
    after = feet(desk)
    desk.seen["went"] = [went(before), went(after)]
    yield from desk.press_over(desk.middle(), "ctrl+z")
    yield from desk.rest()
    desk.seen["stood"] = [apart(before, after), apart(before, feet(desk))]


def went(places: np.ndarray) -> float:
    """Return how far the left foot goes over the floor while it is to stand, in metres."""
    part = places[STANDS[0] - 5 + 1 : STANDS[1] - 5, 0, :2]
    return float(np.ptp(part, axis=0).max())


def apart(first: np.ndarray, second: np.ndarray) -> float:
    """Return how far the feet of two motions are apart where they are most, in metres."""
    return float(np.linalg.norm(first - second, axis=-1).max())
