"""Runs inside a Blender with a window (``blender --python in_window.py -- RESULT.json CLIP``).

Presses the buttons of the panel through Blender's own event loop and writes what happened as JSON. The test
that starts it is test_window.py.
"""

import json
import os
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy

MODULE = "bl_ext.user_default.posewright"
LIMIT_SECONDS = 240
TICK_SECONDS = 0.05

CLOSED_PANELS = ("POSEWRIGHT_PT_options", "POSEWRIGHT_PT_character", "POSEWRIGHT_PT_contacts")

result_file, clip = (Path(word) for word in sys.argv[sys.argv.index("--") + 1 :])
seen: dict[str, Any] = {"blender": bpy.app.version_string, "longest_gap": 0.0, "running_seconds": 0.0, "drawn": []}


def state() -> Any:
    return sys.modules[f"{MODULE}.addon.session"].state


def wait_until(what: str, condition: Any) -> Iterator[None]:
    end = time.monotonic() + LIMIT_SECONDS
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {LIMIT_SECONDS} s in vain for: {what}")
        yield


def in_view() -> Any:
    """Return the context that the 3D view has, for operators."""
    window = bpy.context.window_manager.windows[0]
    area = next(area for area in window.screen.areas if area.type == "VIEW_3D")
    region = next(region for region in area.regions if region.type == "WINDOW")
    return bpy.context.temp_override(window=window, area=area, region=region)


def press(operator: str, **values: Any) -> None:
    """Do what a click on a button of the panel does."""
    with in_view():
        getattr(bpy.ops.posewright, operator)("INVOKE_DEFAULT", True, **values)


def press_ctrl_z() -> None:
    with in_view():
        bpy.ops.ed.undo()


def open_panels() -> None:
    """Have the panels that are closed at first open, and note which of them are drawn."""
    panels = sys.modules[f"{MODULE}.addon.panels"]
    for name in CLOSED_PANELS:
        panel = getattr(panels, name)
        bpy.utils.unregister_class(panel)
        panel.bl_options = set()
        panel.draw = noted(panel.draw, name)
        bpy.utils.register_class(panel)


def noted(draw: Any, name: str) -> Any:
    def draw_and_note(panel: Any, context: Any) -> None:
        draw(panel, context)
        if name not in seen["drawn"]:
            seen["drawn"].append(name)

    return draw_and_note


def contacts() -> Any:
    """Return the object that holds the contacts of the character, or None."""
    return bpy.data.objects.get(f"{settings().armature.name} contacts")


def stands(frame: int) -> list[float]:
    """Return the values of the contacts at a frame: heel and toe of the left foot, then of the right."""
    curves = contacts().animation_data.action.fcurves
    return [curve.evaluate(frame) for curve in curves]


def change_contacts() -> Iterator[None]:
    """Show the contacts, lift the left foot from frame 5 to 8, and take that back."""
    press("edit_contacts")
    seen["contacts_before"] = stands(6)
    seen["contacts_active"] = bpy.context.view_layer.objects.active == contacts()
    scene = bpy.context.window_manager.windows[0].scene
    scene.use_preview_range, scene.frame_preview_start, scene.frame_preview_end = True, 5, 8
    press("foot_in_air", foot="left")
    seen["contacts_in_air"] = stands(6)
    seen["take_contacts"] = state().take.contacts[6].tolist()  # at frame 5.8: the scene plays 24 a second, not 30
    yield
    press_ctrl_z()
    yield
    seen["contacts_after_undo"] = stands(6)


def keyed() -> bool:
    animation = settings().armature.animation_data
    return animation is not None and animation.action is not None


def settings() -> Any:
    return bpy.context.window_manager.windows[0].scene.posewright


def script() -> Iterator[None]:
    """One step between two events of Blender."""
    window = bpy.context.window_manager.windows[0]
    area = next(area for area in window.screen.areas if area.type == "VIEW_3D")
    open_panels()
    area.spaces.active.show_region_ui = True
    yield
    region = next(region for region in area.regions if region.type == "UI")
    region.active_panel_category = "Posewright"
    with bpy.context.temp_override(window=window, area=area):
        bpy.ops.posewright.add_mannequin()
    settings().clip = str(clip)
    yield
    press("animate_video")
    seen["modal"] = state().running is not None
    yield from wait_until("the detection", lambda: state().running.job.stage == "detect")
    seen["keys_while_running"] = keyed()
    bpy.ops.posewright.cancel()
    yield from wait_until("the cancel", lambda: state().running is None)
    seen["keys_after_cancel"] = keyed()

    settings().use_range, settings().end = True, 0.5
    settings().camera, settings().filter, settings().feet = "static", "gaussian", "always"
    press("animate_video")
    yield from wait_until("the end of the capture", lambda: state().running is None)
    seen["keys_after_capture"] = keyed()
    seen["take_frames"] = state().take.frames if state().take else 0
    seen["take_settings"] = state().take.provenance["settings"]
    note = settings().armature.animation_data.action["posewright"]
    seen["feet"] = json.loads(note["settings"])["feet"]
    yield
    yield from change_contacts()
    for _ in range(10):
        area.tag_redraw()
        yield
    seen["category"] = region.active_panel_category
    seen["done"] = True


def leave() -> None:
    result_file.write_text(json.dumps(seen), "utf-8")
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


steps = script()
last = time.monotonic()


def tick() -> float:
    global last
    now = time.monotonic()
    if state().running is not None:
        seen["running_seconds"] += now - last
        seen["longest_gap"] = max(seen["longest_gap"], now - last)
    last = now
    try:
        next(steps)
    except StopIteration:
        leave()
    except Exception:
        seen["error"] = traceback.format_exc()
        leave()
    return TICK_SECONDS


bpy.app.timers.register(tick, first_interval=2.0)
