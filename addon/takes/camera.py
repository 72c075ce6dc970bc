"""The camera that filmed the chosen take, with the footage behind the character."""
# pyright: reportInvalidTypeForm=false

from pathlib import Path

import bpy
from bpy.props import BoolProperty
from bpy.types import Action, CameraBackgroundImage, Context, Object, Operator, Scene

from ...errors import PosewrightError
from ...rigging.blender.applied import placement_on
from ...rigging.blender.film_camera import Placement, add_film_camera
from ..apply.applying import wearers
from ..character.choice import find_character
from ..reports import reported
from ..scenes import require_own
from .framing import look_through
from .paths import clip_of
from .properties import PosewrightTake
from .store import current_take, need_take, take_wanted

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
        return take_wanted(cls, context)

    @reported
    def execute(self, context: Context) -> set[str]:
        """Add the camera, in the place of the one that an earlier press added."""
        require_own(context.scene)
        item = need_take(context)
        camera = _put_camera(context, item)
        scene, size = context.scene, current_take(item).image_size
        scene.camera = camera
        if self.use_resolution and size is not None:
            scene.render.resolution_x, scene.render.resolution_y = size
        if self.look_through:
            look_through(context)
        clip = clip_of(item)
        if clip is not None and not clip.is_file():
            self.report({"WARNING"}, f"The video {clip} is not there any more; the camera has no footage.")
        return {"FINISHED"}


def cameras_of(scene: Scene, item: PosewrightTake) -> list[Object]:
    """Return the cameras that were added for a take."""
    return [obj for obj in scene.objects if obj.type == "CAMERA" and obj.get(ITEM) == item.uid]


def follow_character(context: Context, item: PosewrightTake) -> None:
    """Move the camera of a take, where there is one, from the figure to the character.

    Raises PosewrightError when the footage cannot be read any more.
    """
    if cameras_of(context.scene, item):
        _put_camera(context, item)


def _put_camera(context: Context, item: PosewrightTake) -> Object:
    """Add the camera of a take, in the place of the one that was added before."""
    scene = context.scene
    former = cameras_of(scene, item)
    camera = add_film_camera(
        scene.collection, current_take(item), _placement(context, item), clip=clip_of(item), beside=_beside()
    )
    for obj in former[1:]:
        _remove(obj)
    if former:
        _show_alike(camera, former[0])
        camera = _renewed(former[0], camera)
    camera.name = f"{item.name} camera"
    camera[ITEM] = item.uid
    return camera


def _renewed(camera: Object, other: Object) -> Object:
    """Give a camera all that another one has, which is removed: views and markers that show it go on doing so."""
    camera.rotation_mode = other.rotation_mode
    camera.matrix_world = other.matrix_world
    mine, others = _motion(camera), _motion(other)
    camera.animation_data_clear()
    if others is not None:
        animation = camera.animation_data_create()
        animation.action = others
        if hasattr(animation, "action_slot"):  # Blender 4.4 and later
            animation.action_slot = other.animation_data.action_slot
    camera.data, other.data = other.data, camera.data
    other.animation_data_clear()
    _remove(other)
    if mine is not None and mine.users == 0:
        bpy.data.actions.remove(mine)
    return camera


def footage_of(scene: Scene, item: PosewrightTake) -> CameraBackgroundImage | None:
    """Return the footage behind what the camera of a take sees; None when there is no camera, or it has none."""
    return next((image for camera in cameras_of(scene, item) for image in camera.data.background_images), None)


def _show_alike(camera: Object, former: Object) -> None:
    """Show the footage of a camera as that of another was shown: as faint, before or behind the scene, or not."""
    camera.data.show_background_images = former.data.show_background_images or not former.data.background_images
    for image, other in zip(camera.data.background_images, former.data.background_images, strict=False):
        image.alpha, image.display_depth = other.alpha, other.display_depth
        image.show_background_image = other.show_background_image


def _motion(camera: Object) -> Action | None:
    return camera.animation_data.action if camera.animation_data is not None else None


def _beside() -> Path | None:
    """Return the .blend that the paths of new footage are to be relative to, None where they are not."""
    is_relative = bpy.data.is_saved and bpy.context.preferences.filepaths.use_relative_paths
    return Path(bpy.data.filepath) if is_relative else None


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
