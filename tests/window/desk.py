"""What a person at a desk has before Blender: a mouse, a keyboard, eyes, a camera and a watch; runs inside Blender.

A story is a generator function that gets a Desk: each ``yield SECONDS`` gives control back to Blender's event loop.
"""

import json
import os
import shutil
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import bpy
from bpy.types import Region
from window.hand import Steps
from window.sidebar import SideBar
from window.watch import Watch

MODULE = "bl_ext.user_default.posewright"
PUBLISHED = "POSEWRIGHT_PICTURES"
PROGRAMS = ("xdotool", "xwd", "convert")


class Desk(SideBar):
    """Mouse, keyboard, eyes, camera and watch."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.watch = Watch()
        self.seen: dict[str, Any] = {"blender": bpy.app.version_string}
        self.pictures = 0

    def picture(self, name: str) -> Steps:
        """Take a picture of the screen from the X server, without holding up Blender."""
        yield from self.rest()
        self.pictures += 1
        target = self.folder / f"{self.pictures:02d}_{name}.png"
        raw = target.with_suffix(".xwd")
        yield from self.run(["xwd", "-root", "-silent", "-out", str(raw)])
        yield from self.run(["convert", f"xwd:{raw}", str(target)])
        raw.unlink()

    def note_places(self, name: str) -> None:
        """Remember for the picture of this name where the view and the side bar are, as X11 sees them."""
        self.seen.setdefault("places", {})[name] = {
            kind: list(self._place(self.region(region))) for kind, region in (("view", "WINDOW"), ("sidebar", "UI"))
        }

    def _place(self, region: Region) -> tuple[int, int, int, int]:
        """Return left, top, width and height of a region on the screen."""
        return region.x, self.window.height - region.y - region.height, region.width, region.height

    def publish(self, name: str, part: str = "WINDOW", crop: tuple[int, int, int, int] | None = None) -> Steps:
        """Renew a picture of the documentation, where the environment names a folder for them.

        ``part`` is a region of the view, "UI" for the side bar, or "SCREEN". ``crop`` is left, top, width and height
        in that part; 0 for a width or height means all of the rest.
        """
        folder = os.environ.get(PUBLISHED, "")
        if not folder:
            return
        left, top, width, height = (
            (0, 0, self.window.width, self.window.height) if part == "SCREEN" else self._place(self.region(part))
        )
        if crop is not None:
            left, top = left + crop[0], top + crop[1]
            width, height = crop[2] or width - crop[0], crop[3] or height - crop[1]
        yield from self.rest()
        raw = self.folder / f"{name}.xwd"
        look = ["-crop", f"{width}x{height}+{left}+{top}", "+repage", "-strip", "+dither", "-colors", "200"]
        yield from self.run(["xwd", "-root", "-silent", "-out", str(raw)])
        yield from self.run(["convert", f"xwd:{raw}", *look, f"PNG8:{Path(folder) / name}.png"])
        raw.unlink()


def play(story: Callable[[Desk], Steps], folder: Path, limit: float) -> None:
    """Play a story in Blender's event loop, write what was seen as seen.json, and end Blender."""
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing:
        _leave(folder, {"missing": missing})
    bpy.context.preferences.view.show_splash = False
    bpy.context.preferences.use_preferences_save = False
    bpy.context.preferences.system.viewport_aa = "OFF"  # the pictures may be drawn by the processor
    desk = Desk(folder)
    steps = from_rest(desk, story)
    end = time.monotonic() + limit
    ending: list[Steps] = []

    def step() -> float:
        try:
            if time.monotonic() > end:
                steps.throw(TimeoutError(f"the story took more than {limit:.0f} s"))
            return float(next(ending[0] if ending else steps) or 0.0)
        except StopIteration:
            desk.watch.begin("")
            desk.seen |= {name: getattr(desk.watch, name) for name in ("absences", "moments", "lasted")}
            desk.seen["clicks"] = desk.clicks
            _note(folder, desk.seen)
            bpy.ops.wm.quit_blender()
        except Exception:
            desk.seen.setdefault("error", traceback.format_exc())
            if ending:
                _leave(folder, desk.seen)
            ending.append(desk.picture("error"))
        return 0.1

    bpy.app.timers.register(desk.watch.look, persistent=True)
    bpy.app.timers.register(step, first_interval=1.0, persistent=True)


def from_rest(desk: Desk, story: Callable[[Desk], Steps]) -> Steps:
    """Wait until Blender has drawn its window for the first time, and play the story."""
    yield from desk.rest()
    yield from story(desk)


def _leave(folder: Path, seen: dict[str, Any]) -> NoReturn:
    _note(folder, seen)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _note(folder: Path, seen: dict[str, Any]) -> None:
    (folder / "seen.json").write_text(json.dumps(seen, indent=1), "utf-8")
