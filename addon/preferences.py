"""The preferences: which Python does the heavy work, and on which device."""
# pyright: reportInvalidTypeForm=false

import os

from bpy.props import EnumProperty, IntProperty, StringProperty
from bpy.types import AddonPreferences, Context

from ..cli.runtime.choice import VARIABLE
from . import session
from .choices import ROOT
from .runtime.panel import draw_runtime

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
        layout = self.layout
        draw_runtime(layout, context)
        layout.use_property_split = True
        layout.prop(self, "device")
        layout.prop(self, "keep_minutes")
        layout.prop(self, "python")
        if os.environ.get(VARIABLE):
            layout.label(text="The variable POSEWRIGHT_PYTHON names a Python, which is used instead", icon="INFO")
