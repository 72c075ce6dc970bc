"""Work of Apply that takes long: Blender goes on meanwhile; Esc and Cancel leave everything as it was."""

from collections.abc import Iterator
from contextlib import contextmanager

import bpy
from window.common import keyed, module
from window.desk import Desk
from window.hand import Steps
from window.stories.characters import bring, choose


def story(desk: Desk, take: str, character: str) -> Steps:
    """``take`` is one of minutes, ``character`` a file with a rig of many controls."""
    yield from desk.open_tab()
    with desk.in_view():
        for obj in list(desk.scene.objects):
            bpy.data.objects.remove(obj)
        bpy.ops.posewright.import_take(filepath=take)
    rig = bring(desk, character)
    yield from choose(desk, rig)
    bpy.ops.ed.undo_push(message="A character")
    before = state()
    desk.watch.begin("apply, cancelled")
    with standing_still():
        yield from press_apply(desk)
    desk.seen["begun"] = at_work()
    yield from desk.press_over(desk.middle(), "Escape")
    yield from desk.until("the work to end", lambda: not at_work())
    yield from desk.rest()
    desk.seen["after_esc"] = state() == before
    desk.watch.begin("apply")
    yield from press_apply(desk)
    desk.scene.frame_set(7)
    yield from desk.until("keyframes, and the end of the work", lambda: keyed(rig) and not at_work())
    yield from desk.rest()
    desk.watch.begin("")
    desk.seen["frame"] = desk.scene.frame_current
    yield from desk.press_over(desk.middle(), "ctrl+z")
    yield from desk.rest()
    desk.seen["after_undo"] = state() == before
    yield from desk.press("ctrl+shift+z")
    yield from desk.rest()
    desk.seen["after_redo"] = any(keyed(obj) for obj in bpy.data.objects)
    yield from read_armature(desk)
    desk.seen["done"] = True


def read_armature(desk: Desk) -> Steps:
    """Put the motion of the rig onto a mannequin."""
    source = next(obj for obj in desk.scene.objects if keyed(obj))
    yield from desk.find("posewright.apply(")
    with desk.in_view():
        bpy.ops.posewright.add_mannequin()
        mannequin = bpy.context.scene.posewright.character.armature
        bpy.ops.ed.undo_push(message="A mannequin")
        before = state()
        with standing_still():
            bpy.ops.posewright.apply_from_armature("INVOKE_DEFAULT", True, source=source.name, character=mannequin.name)
    desk.watch.begin("reading an armature")
    yield from desk.picture("on_its_way")
    yield from desk.press_button("posewright.cancel_apply")
    yield from desk.until("the work to end", lambda: not at_work())
    yield from desk.rest()
    desk.watch.begin("")
    desk.seen["after_cancel"] = state() == before


@contextmanager
def standing_still() -> Iterator[None]:
    """Let work that begins here rest after its first piece: no computer is then too quick to see it on its way."""
    operators = module("addon.apply.operators")
    usual = operators.SOON, operators.AT_ONCE_SECONDS
    operators.SOON, operators.AT_ONCE_SECONDS = 3600.0, 0.0
    try:
        yield
    finally:
        operators.SOON, operators.AT_ONCE_SECONDS = usual


def press_apply(desk: Desk) -> Steps:
    """Press Apply, and wait until the work goes on by itself."""
    point = yield from desk.find("posewright.apply(")
    yield from desk.click(point)
    yield from desk.until("the work to begin", lambda: at_work() or any(keyed(obj) for obj in bpy.data.objects))


def at_work() -> bool:
    return module("addon.apply.slices").present("apply") is not None


def state() -> list[object]:
    """Return what an Apply would change."""
    scene = bpy.context.window_manager.windows[0].scene
    return [
        sorted(obj.name for obj in bpy.data.objects if keyed(obj)),
        sorted(action.name for action in bpy.data.actions),
        len(scene.posewright.takes),
        scene.frame_end,
        len(bpy.data.scenes),
    ]
