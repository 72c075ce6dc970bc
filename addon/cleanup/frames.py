"""The frames that a button is about: the preview range, or the current frame."""
# pyright: reportInvalidTypeForm=false

from typing import TYPE_CHECKING

from bpy.props import IntProperty
from bpy.types import Context, Event, Operator, Scene

from ...errors import PosewrightError

if TYPE_CHECKING:
    Mixin = Operator
else:
    Mixin = object  # what is an Operator here gets registered


class InRange(Mixin):
    """What operators share that change some frames."""

    start: IntProperty(name="From Frame", description="The first frame", options={"SKIP_SAVE"})
    end: IntProperty(name="To Frame", description="The last frame", options={"SKIP_SAVE"})

    def invoke(self, context: Context, event: Event) -> set[str]:
        """Take the preview range, or the current frame."""
        self.start, self.end = range_of(context.scene)
        return self.execute(context)

    def settle_range(self, context: Context) -> None:
        """Fill in frames that were not given; PosewrightError when they make no sense."""
        if not self.properties.is_property_set("start") or not self.properties.is_property_set("end"):
            self.start, self.end = range_of(context.scene)
        if self.end < self.start:
            raise PosewrightError("The last frame must not come before the first.")


def range_of(scene: Scene) -> tuple[int, int]:
    """Return the first and last frame of the preview range, or the current frame twice."""
    if scene.use_preview_range:
        return scene.frame_preview_start, scene.frame_preview_end
    return scene.frame_current, scene.frame_current


def range_words(scene: Scene) -> str:
    """Return the range for a label."""
    start, end = range_of(scene)
    return f"Frames {start} to {end}" if end > start else f"Frame {start}"
