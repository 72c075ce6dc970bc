"""The camera that filmed the chosen take, with the footage behind the character."""
# pyright: reportInvalidTypeForm=false

from pathlib import Path

import bpy
from bpy.props import BoolProperty
from bpy.types import Context, Object, Operator, Scene

from ...errors import PosewrightError
from ...rigging.blender.applied import placement_on
from ...rigging.blender.film_camera import Placement, add_film_camera
from ..apply.applying import wearers
from ..character.choice import find_character
from .properties import PosewrightTake
from .store import active_take, current_take, need_take

ITEM = "posewright_item"
"""Custom property of the camera: the uid of its take."""


class POSEWRIGHT_OT_add_camera(Operator):
    """Add the camera that filmed the take, with its footage behind the character, and look through it"""

    bl_idname = "posewright.add_camera"
    bl_label = "Camera with Footage"
    bl_options = {"REGISTER", "UNDO"}

    use_resolution: BoolProperty(
        name="Resolution of the Footage", description="Give the render the size of the footage", default=True
    )
    look_through: BoolProperty(name="Look Through", description="Show the view of the camera", default=True)

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Only when there is a take."""
        return active_take(context) is not None

    def execute(self, context: Context) -> set[str]:
        """Add the camera, in the place of the one that an earlier press added."""
        try:
            item = need_take(context)
            take = current_take(item)
            clip = Path(bpy.path.abspath(item.clip)) if item.clip else None
            scene = context.scene
            camera = add_film_camera(scene.collection, take, _placement(context, item), clip=clip)
        except PosewrightError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        _remove_former(scene, item.uid)
        camera.name = f"{item.name} camera"
        camera[ITEM] = item.uid
        scene.camera = camera
        if self.use_resolution and take.image_size is not None:
            scene.render.resolution_x, scene.render.resolution_y = take.image_size
        if self.look_through:
            _look_through(context)
        if clip is not None and not clip.is_file():
            self.report({"WARNING"}, f"The video {clip} is not there any more; the camera has no footage.")
        return {"FINISHED"}


def _placement(context: Context, item: PosewrightTake) -> Placement:
    """Return where the take lies: on the character, else where the figure of the take is drawn."""
    wearing = wearers(context.scene, item)
    try:
        chosen = find_character(context)
    except PosewrightError:
        chosen = None
    for obj in sorted(wearing, key=lambda obj: obj != chosen):
        placement = placement_on(obj)
        if placement is not None:
            return placement
    return figure_placement(context.scene, item)


def figure_placement(scene: Scene, item: PosewrightTake) -> Placement:
    """Return where the figure of a take is drawn: in the world's origin, in the scene's unit of length.

    It begins where Apply would put the take; where that is the current frame, with the panel's frame, for a figure that
    begins wherever the playhead is would never move.
    """
    chosen = scene.posewright.apply
    start = float(item.frame_start if chosen.start == "footage" else chosen.frame_start)
    return Placement(start, 1.0 / max(scene.unit_settings.scale_length, 1e-9))


def _remove_former(scene: Scene, uid: str) -> None:
    for obj in [obj for obj in scene.objects if obj.type == "CAMERA" and obj.get(ITEM) == uid]:
        _remove(obj)


def _remove(camera: Object) -> None:
    """Remove a camera with what only it needs."""
    data, actions = (
        camera.data,
        [owner.animation_data.action for owner in (camera, camera.data) if owner.animation_data],
    )
    footage = [source for image in data.background_images for source in (image.clip, image.image) if source]
    bpy.data.objects.remove(camera)
    if data.users == 0:
        bpy.data.cameras.remove(data)
    bpy.data.batch_remove([block for block in (*actions, *footage) if block is not None and block.users == 0])


def _look_through(context: Context) -> None:
    if context.space_data is not None and context.space_data.type == "VIEW_3D":
        context.space_data.region_3d.view_perspective = "CAMERA"
