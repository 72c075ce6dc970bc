"""Which characters have a take, and the way from the list to them."""
# pyright: reportInvalidTypeForm=false

import bpy
from bpy.app.handlers import persistent
from bpy.props import StringProperty
from bpy.types import Context, Object, Operator, OperatorProperties, Scene

from ...errors import PosewrightError
from ...rigging.blender.applied import made_action
from ..apply.applying import wearers
from ..reports import reported
from .store import need_take, seen, take_wanted


class POSEWRIGHT_OT_show_wearer(Operator):
    """Select the character that has this take, and play its frames alone; a second click plays everything again"""

    bl_idname = "posewright.show_wearer"
    bl_label = "Show Character"
    bl_options = {"REGISTER", "UNDO"}

    take: StringProperty(
        name="Take", description="The name of the take; when empty, the chosen one", options={"SKIP_SAVE"}
    )

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Only when there is a take."""
        return take_wanted(cls, context)

    @classmethod
    def description(cls, context: Context, properties: OperatorProperties) -> str:
        """Name the characters in the tooltip."""
        item = context.scene.posewright.takes.get(properties.take)
        names = ", ".join(obj.name for obj in wearers(context.scene, item)) if item is not None else ""
        return f"{names or 'No character'} has this take.\n{cls.__doc__}"

    @reported
    def execute(self, context: Context) -> set[str]:
        """Choose the take, its character, and its frames."""
        scene = context.scene
        takes = scene.posewright.takes
        if self.take and self.take not in takes:
            raise PosewrightError(f"There is no take {self.take} in this scene.")
        item = takes[self.take] if self.take else need_take(context)
        worn = wearers(scene, item)
        if not worn:
            raise PosewrightError(f"No character has the take {item.name} yet; apply it to one.")
        scene.posewright.take_index = takes.find(item.name)
        obj = _next_of(worn, context)
        was_active = context.view_layer.objects.active == obj and obj.select_get()
        scene.posewright.character.armature = obj
        is_seen = _select(context, obj)
        frames = frames_on(obj)
        if was_active and _plays(scene, frames) and len(worn) == 1:
            scene.use_preview_range = False
        else:
            _play(scene, frames)
        if not is_seen:
            self.report({"INFO"}, f"{obj.name} is hidden in this view layer.")
        return {"FINISHED"}


def frames_on(obj: Object) -> tuple[int, int]:
    """Return the first and the last frame of the take on a character, in the scene."""
    made = made_action(obj)
    assert made is not None, "whoever wears a take has an action of it"
    action, strip = made
    start, end = action.frame_range if strip is None else (strip.frame_start, strip.frame_end)
    return round(start), max(round(start), round(end))


def _next_of(worn: list[Object], context: Context) -> Object:
    """Return the character after the active one, where several have the take."""
    active = context.view_layer.objects.active
    return worn[(worn.index(active) + 1) % len(worn)] if active in worn and active.select_get() else worn[0]


def _select(context: Context, obj: Object) -> bool:
    """Select an object alone and make it active; returns whether it can be seen."""
    layer = context.view_layer
    if obj.name not in layer.objects or not obj.visible_get(view_layer=layer):
        return False
    if context.mode != "OBJECT" and layer.objects.active != obj:
        bpy.ops.object.mode_set(mode="OBJECT")
    for other in layer.objects.selected:
        other.select_set(other == obj)
    obj.select_set(True)
    layer.objects.active = obj
    return True


def _plays(scene: Scene, frames: tuple[int, int]) -> bool:
    return scene.use_preview_range and (scene.frame_preview_start, scene.frame_preview_end) == frames


def _play(scene: Scene, frames: tuple[int, int]) -> None:
    """Have nothing but some frames played."""
    scene.use_preview_range = True
    scene.frame_preview_start, scene.frame_preview_end = frames
    if not frames[0] <= scene.frame_current <= frames[1]:
        scene.frame_set(frames[0])


def register() -> None:
    """Notice when somebody plays the animation."""
    bpy.app.handlers.animation_playback_pre.append(_played)


def unregister() -> None:
    """Stop that."""
    bpy.app.handlers.animation_playback_pre.remove(_played)


@persistent
def _played(scene: Scene, *_: object) -> None:
    seen(scene)
