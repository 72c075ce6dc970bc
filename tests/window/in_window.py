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

result_file, clip = (Path(word) for word in sys.argv[sys.argv.index("--") + 1 :])
seen: dict[str, Any] = {"blender": bpy.app.version_string, "longest_gap": 0.0}


def state() -> Any:
    return sys.modules[f"{MODULE}.addon.session"].state


def wait_until(what: str, condition: Any) -> Iterator[None]:
    end = time.monotonic() + LIMIT_SECONDS
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {LIMIT_SECONDS} s in vain for: {what}")
        yield


def press_animate() -> None:
    window = bpy.context.window_manager.windows[0]
    area = next(area for area in window.screen.areas if area.type == "VIEW_3D")
    region = next(region for region in area.regions if region.type == "WINDOW")
    with bpy.context.temp_override(window=window, area=area, region=region):
        bpy.ops.posewright.animate_video("INVOKE_DEFAULT", True)


def keyed() -> bool:
    animation = settings().armature.animation_data
    return animation is not None and animation.action is not None


def settings() -> Any:
    return bpy.context.window_manager.windows[0].scene.posewright


def script() -> Iterator[None]:
    """One step between two events of Blender."""
    window = bpy.context.window_manager.windows[0]
    area = next(area for area in window.screen.areas if area.type == "VIEW_3D")
    area.spaces.active.show_region_ui = True
    yield
    region = next(region for region in area.regions if region.type == "UI")
    region.active_panel_category = "Posewright"
    with bpy.context.temp_override(window=window, area=area):
        bpy.ops.posewright.add_mannequin()
    settings().clip = str(clip)
    yield
    press_animate()
    seen["modal"] = state().running is not None
    yield from wait_until("the detection", lambda: state().running.job.stage == "detect")
    seen["keys_while_running"] = keyed()
    bpy.ops.posewright.cancel()
    yield from wait_until("the cancel", lambda: state().running is None)
    seen["keys_after_cancel"] = keyed()

    settings().use_range, settings().end = True, 0.5
    press_animate()
    yield from wait_until("the end of the capture", lambda: state().running is None)
    seen["keys_after_capture"] = keyed()
    seen["take_frames"] = state().take.frames if state().take else 0
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
