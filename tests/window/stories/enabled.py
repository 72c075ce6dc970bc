"""Switched off and on: how long that takes, and what Python loads for it."""

import sys
import time

import bpy
from window.desk import MODULE, Desk
from window.hand import Steps

TIMES = 5


def story(desk: Desk) -> Steps:
    seconds = []
    for _ in range(TIMES):
        bpy.ops.preferences.addon_disable(module=MODULE)
        for name in [name for name in sys.modules if name == MODULE or name.startswith(f"{MODULE}.")]:
            del sys.modules[name]
        before = set(sys.modules)
        begun = time.perf_counter()
        bpy.ops.preferences.addon_enable(module=MODULE)
        seconds.append(time.perf_counter() - begun)
        yield 0.2
    desk.seen["seconds"] = seconds
    loaded = set(sys.modules) - before
    desk.seen["modules"] = len([name for name in loaded if name.startswith(MODULE)])
    desk.seen["roots"] = sorted({name.partition(".")[0] for name in sys.modules})
    desk.seen["operators"] = [name for name in dir(bpy.ops.posewright) if not name.startswith("_")]
    desk.seen["done"] = True
