"""The preferences: which Python does the heavy work, and on which device."""
# pyright: reportInvalidTypeForm=false

import os
from pathlib import Path

import bpy
from bpy.props import EnumProperty, IntProperty, StringProperty
from bpy.types import AddonPreferences, Context

from ..cli.runtime.choice import VARIABLE, Runtime
from ..cli.runtime.folder import default_root
from ..core.settings import Device
from . import session

ROOT = __name__.removesuffix(".addon.preferences")  # the name under which Blender knows the extension

DEVICES = (
    ("auto", "Automatic", "The graphics card when it can be used, else the processor"),
    ("cpu", "Processor", "Works everywhere"),
    ("cuda", "NVIDIA Graphics Card", "CUDA"),
    ("mps", "Apple Graphics", "Metal, on Apple computers"),
)


def _python_changed(preferences: "PosewrightPreferences", context: Context) -> None:
    session.state.findings = None


class PosewrightPreferences(AddonPreferences):
    """Shown by Blender under Preferences > Add-ons > Posewright."""

    bl_idname = ROOT

    python: StringProperty(
        name="Own Python",
        description=(
            "An environment of your own with PyTorch and OpenCV, used instead of the one that Set Up makes: "
            "its folder, or its python program"
        ),
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
        """Draw the runtime and the settings."""
        from .runtime.panel import draw_runtime  # which needs this module

        layout = self.layout
        draw_runtime(layout, context)
        layout.use_property_split = True
        layout.prop(self, "device")
        layout.prop(self, "keep_minutes")
        layout.prop(self, "python")
        if os.environ.get(VARIABLE):
            layout.label(text="The variable POSEWRIGHT_PYTHON names a Python, which is used instead", icon="INFO")


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
    """Tell the command line's code which Python the user chose, and where the private environment lies."""
    preferences = own()
    if preferences is not None:
        chosen = preferences.python
        Runtime.chosen = str(Path(bpy.path.abspath(chosen)).expanduser()) if chosen else ""
        Runtime.root = runtime_root()


def runtime_root() -> Path:
    """Return the folder of the private environment: the extension's own, which Blender gives it.

    On Windows it is a shorter one: there the paths inside PyTorch would be too long below the extension's.
    """
    return default_root() if os.name == "nt" else Path(bpy.utils.extension_path_user(ROOT, path="runtime"))
