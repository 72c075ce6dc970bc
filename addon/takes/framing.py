"""What the scene's camera sees, as large as the free part of a 3D view allows."""

from bpy.types import Area, Context, Region, SpaceView3D

MARGIN = 12  # pixels around the camera's frame
WIDEST = -30.0, 600.0  # that Blender allows as the zoom of a camera's view


def look_through(context: Context) -> None:
    """Show the view of the scene's camera, all of its frame, in the part of the 3D view that no panel covers.

    The camera's sensor must be fitted horizontally. Does nothing outside of a 3D view.
    """
    area, space = context.area, context.space_data
    if area is None or not isinstance(space, SpaceView3D) or space.region_3d is None:
        return
    view, window = space.region_3d, next(region for region in area.regions if region.type == "WINDOW")
    view.view_perspective = "CAMERA"
    left, right, top, bottom = covered(context, area)
    render = context.scene.render
    wide = render.resolution_x * render.pixel_aspect_x / (render.resolution_y * render.pixel_aspect_y)
    width = max(1, window.width - left - right - 2 * MARGIN)
    height = max(1, window.height - top - bottom - 2 * MARGIN)
    part = min(width, height * wide) / window.width  # of the view's width, which is the camera's frame
    view.view_camera_zoom = min(max(50.0 * (2.0 * part**0.5 - 2.0**0.5), WIDEST[0]), WIDEST[1])
    view.view_camera_offset = (
        (right - left) / (4 * part * window.width),
        (top - bottom) / (4 * part * window.height),
    )


def covered(context: Context, area: Area) -> tuple[int, int, int, int]:
    """Return how many pixels at the left, right, top and bottom of a view lie under headers and side bars."""
    if not context.preferences.system.use_region_overlap:
        return 0, 0, 0, 0
    shown = [region for region in area.regions if region.type != "WINDOW" and min(region.width, region.height) > 1]
    left = sum(region.width for region in shown if _is_at(region, "LEFT"))
    right = sum(region.width for region in shown if _is_at(region, "RIGHT"))
    top = sum(region.height for region in shown if _is_at(region, "TOP"))
    bottom = sum(region.height for region in shown if _is_at(region, "BOTTOM"))
    return left, right, top, bottom


def _is_at(region: Region, side: str) -> bool:
    return region.alignment == side and region.type in {"HEADER", "TOOL_HEADER", "TOOLS", "UI"}
