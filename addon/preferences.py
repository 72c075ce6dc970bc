"""The preferences: which Python does the heavy work, and on which device."""
# pyright: reportInvalidTypeForm=false

import sys
import textwrap
from pathlib import Path

import bpy
from bpy.props import EnumProperty, IntProperty, StringProperty
from bpy.types import AddonPreferences, Context

from ..cli.in_blender import VARIABLE, Runtime
from ..core.settings import Device
from . import session

ROOT = __name__.removesuffix(".addon.preferences")  # the name under which Blender knows the extension
LETTERS_PER_LINE = 60  # of a command, in preferences of the usual width
LIBRARIES = "torch opencv-python scipy safetensors numpy"

DEVICES = (
    ("auto", "Automatic", "The graphics card when it can be used, else the processor"),
    ("cpu", "Processor", "Works everywhere"),
    ("cuda", "NVIDIA Graphics Card", "CUDA"),
    ("mps", "Apple Graphics", "Metal, on Apple computers"),
)
ICONS = {"ok": "CHECKMARK", "note": "INFO", "missing": "ERROR"}


def _python_changed(preferences: "PosewrightPreferences", context: Context) -> None:
    session.state.findings = None


class PosewrightPreferences(AddonPreferences):
    """Shown by Blender under Preferences > Add-ons > Posewright."""

    bl_idname = ROOT

    python: StringProperty(
        name="Python",
        description="The python program, or the folder of its environment, that has PyTorch and OpenCV",
        subtype="FILE_PATH",
        update=_python_changed,
    )
    device: EnumProperty(name="Device", description="What computes", items=DEVICES, default="auto")
    keep_minutes: IntProperty(
        name="Keep Worker (min)",
        description="For how many minutes an idle worker keeps its models in memory, ready for the next capture",
        min=0,
        max=1440,
        default=15,
    )

    def draw(self, context: Context) -> None:
        """Draw the settings, how to make the environment, and what the last check found."""
        layout = self.layout
        layout.use_property_split = True
        layout.prop(self, "python")
        layout.prop(self, "device")
        layout.prop(self, "keep_minutes")
        texts = layout.column(align=True)
        texts.label(text="Videos are analysed in a Python of their own, so nothing is installed into Blender.")
        texts.label(text="To make one, run this in a terminal (with Python 3.11 to 3.13),")
        texts.label(text="then choose the folder posewright-env as Python above:")
        box = texts.box().column(align=True)
        for command in install_commands():
            for line in textwrap.wrap(command, LETTERS_PER_LINE, break_on_hyphens=False, subsequent_indent="    "):
                box.label(text=line)
        texts.operator("posewright.copy_install_commands", icon="COPYDOWN")
        texts.label(text=f"The environment variable {VARIABLE}, when set, is used instead.")
        layout.operator("posewright.check", icon="VIEWZOOM")
        draw_findings(layout)


def draw_findings(layout: bpy.types.UILayout) -> None:
    """Draw what the last check found."""
    if session.state.findings:
        box = layout.box().column(align=True)
        for finding in session.state.findings:
            box.label(text=f"{finding['what']}: {finding['says']}", icon=ICONS[finding["state"]])


def install_commands() -> list[str]:
    """Return the commands that make an environment for the worker on this system."""
    folder = Path.home() / "posewright-env"
    python, programs = ("py", "Scripts") if sys.platform == "win32" else ("python3", "bin")
    return [f'{python} -m venv "{folder}"', f'"{folder / programs / "pip"}" install {LIBRARIES}']


def own() -> PosewrightPreferences | None:
    """Return the preferences; None when the package was not enabled as an extension."""
    found = bpy.context.preferences.addons.get(ROOT)
    return found.preferences if found is not None else None


def device() -> Device:
    """Return the chosen device."""
    preferences = own()
    return preferences.device if preferences is not None else "auto"


def keep_seconds() -> float:
    """Return for how long an idle worker is kept."""
    preferences = own()
    return 60.0 * (preferences.keep_minutes if preferences is not None else 15)


def worker_python() -> Path:
    """Return the Python for the worker; PosewrightError, with what to do, when there is none."""
    choose_runtime()
    return Runtime.python()


def choose_runtime() -> None:
    """Tell the command line's code which Python the user chose."""
    preferences = own()
    if preferences is not None and preferences.python:
        Runtime.chosen = str(Path(bpy.path.abspath(preferences.python)).expanduser())
