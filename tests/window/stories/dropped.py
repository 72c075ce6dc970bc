"""A video dropped into the 3D view from outside Blender, as a file manager does it."""

import subprocess
from pathlib import Path

from window.desk import Desk
from window.hand import Steps

X_DROP = Path(__file__).parents[1] / "x_drop.py"


def story(desk: Desk, python: str, clip: str, take: str) -> Steps:
    """``python`` is one with python-xlib."""
    yield from desk.open_tab()
    objects = len(desk.scene.objects)
    yield from drop(desk, python, clip)
    yield from desk.picture("menu")
    yield from desk.publish("addon_drop", "WINDOW", (140, 240, 480, 300))
    yield from desk.press("p")  # the letter that is underlined in the menu: Posewright
    yield from desk.until("the footage", lambda: desk.scene.posewright.footage.clip != "")
    yield from desk.picture("dropped")
    desk.seen["clip"] = desk.scene.posewright.footage.clip
    yield from drop(desk, python, take)
    yield from desk.until("the take", lambda: len(desk.scene.posewright.takes) == 1)
    yield from desk.picture("take")
    desk.seen["take"] = desk.scene.posewright.takes[0].name
    desk.seen["objects"] = [objects, len(desk.scene.objects)]
    desk.seen["done"] = True


def drop(desk: Desk, python: str, file: str) -> Steps:
    x, y = desk.middle()
    yield from desk.move((x, y))
    words = [python, str(X_DROP), file, str(int(x)), str(int(desk.window.height - 1 - y))]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    yield from desk.until("the drop", lambda: process.poll() is not None)
    assert process.stdout is not None
    if process.returncode:
        raise RuntimeError(process.stdout.read())
    yield from desk.rest()
