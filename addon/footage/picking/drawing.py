"""Draws the picture over a 3D view: the frame, boxes with numbers, and what to do."""

from functools import lru_cache
from typing import Any

import blf  # pyright: ignore[reportMissingImports]
import bpy
import gpu  # pyright: ignore[reportMissingImports]
import numpy as np
from bpy.types import Area
from gpu_extras.batch import batch_for_shader  # pyright: ignore[reportMissingImports]

from ..facts import span_words
from .picture import LINE, Moment, Picture, Rect, fitted, free_part, placed

Colour = tuple[float, float, float, float]

VEIL: Colour = (0.03, 0.03, 0.035, 0.86)
SHADE: Colour = (0.0, 0.0, 0.0, 0.45)
OUTLINE: Colour = (0.0, 0.0, 0.0, 0.6)
BOX: Colour = (1.0, 1.0, 1.0, 0.85)
LIT: Colour = (1.0, 0.62, 0.18, 1.0)  # Blender's orange of what is active
WHITE: Colour = (1.0, 1.0, 1.0, 1.0)
FAINT: Colour = (1.0, 1.0, 1.0, 0.6)
DARK: Colour = (0.08, 0.08, 0.08, 1.0)
FONT = 0
UNIFORM, LINES = "UNIFORM_COLOR", "POLYLINE_UNIFORM_COLOR"

FRAGMENTS = """
void main()
{
  vec3 c = texture(image, place).rgb;
  vec3 light = mix(c / 12.92, pow((c + 0.055) / 1.055, vec3(2.4)), step(vec3(0.04045), c));
  colour = vec4(srgbTarget ? light : c, 1.0);
}
"""

TITLE = "Whom to Capture?"
NOBODY = "Nobody is seen here: turn the wheel for another moment"
HELP = "Click a person, or press the number     Wheel or Arrow Keys: another moment     Esc: leave"


class Overlay:
    """A draw handler that shows a picture over one 3D view, until ``remove``."""

    def __init__(self, picture: Picture, area: Area) -> None:
        self._picture = picture
        self._area = area.as_pointer()
        self._texture: tuple[Moment, gpu.types.GPUTexture] | None = None
        self._handle: Any = bpy.types.SpaceView3D.draw_handler_add(self._draw, (), "WINDOW", "POST_PIXEL")

    def remove(self) -> None:
        """Draw no more, and free the picture; again does nothing."""
        if self._handle is not None:
            bpy.types.SpaceView3D.draw_handler_remove(self._handle, "WINDOW")
            self._handle = self._texture = None

    def _draw(self) -> None:
        context = bpy.context
        area, region = context.area, context.region
        if area is None or region is None or area.as_pointer() != self._area:
            return
        scale = context.preferences.system.ui_scale
        part = free_part(area, region)
        gpu.state.blend_set("ALPHA")
        _fill(Rect(0, 0, region.width, region.height), VEIL)
        picture = self._picture
        if picture.moment is not None:
            where = fitted(picture.moment.size, part, scale)
            _draw_image(self._texture_of(picture.moment), where)
            _draw_people(picture, picture.moment, where, scale)
        else:
            where = Rect(part.left, part.bottom, part.right, part.top)
        _draw_words(picture, where, part, scale)
        gpu.state.blend_set("NONE")

    def _texture_of(self, moment: Moment) -> gpu.types.GPUTexture:
        if self._texture is None or self._texture[0] is not moment:
            self._texture = (moment, _uploaded(moment))
        return self._texture[1]


def _uploaded(moment: Moment) -> gpu.types.GPUTexture:
    height, width = moment.image.shape[:2]
    pixels = np.ones((height, width, 4), np.float32)
    pixels[..., :3] = moment.image[::-1].astype(np.float32) / 255.0  # a texture begins at the lower left
    content = gpu.types.Buffer("FLOAT", pixels.size, pixels.ravel())
    return gpu.types.GPUTexture((width, height), format="RGBA8", data=content)


def _draw_image(texture: gpu.types.GPUTexture, where: Rect) -> None:
    shader = _picture_shader()
    content = {"pos": _corners(where), "texCoord": [(0, 0), (1, 0), (1, 1), (0, 1)]}
    batch = batch_for_shader(shader, "TRI_FAN", content)
    matrix = gpu.matrix.get_projection_matrix() @ gpu.matrix.get_model_view_matrix()
    shader.bind()
    shader.uniform_float("ModelViewProjectionMatrix", matrix)
    shader.uniform_sampler("image", texture)
    batch.draw(shader)


@lru_cache(maxsize=1)
def _picture_shader() -> gpu.types.GPUShader:
    """Return a shader that shows sRGB pictures in their own colours.

    The buffer of a view takes light in some versions of Blender, which it encodes, and finished colours in others.
    Blender sets ``srgbTarget`` of every shader that has it, as it does for its own, when the buffer takes light.
    """
    through = gpu.types.GPUStageInterfaceInfo("posewright_picture")
    through.smooth("VEC2", "place")
    info = gpu.types.GPUShaderCreateInfo()
    info.push_constant("MAT4", "ModelViewProjectionMatrix")
    info.push_constant("BOOL", "srgbTarget")
    info.sampler(0, "FLOAT_2D", "image")
    info.vertex_in(0, "VEC2", "pos")
    info.vertex_in(1, "VEC2", "texCoord")
    info.vertex_out(through)
    info.fragment_out(0, "VEC4", "colour")
    info.vertex_source(
        "void main() { place = texCoord; gl_Position = ModelViewProjectionMatrix * vec4(pos, 0.0, 1.0); }"
    )
    info.fragment_source(FRAGMENTS)
    return gpu.shader.create_from_info(info)


def _draw_people(picture: Picture, moment: Moment, where: Rect, scale: float) -> None:
    boxes = [placed(person.box, moment.size, where) for person in moment.people]
    if 0 <= picture.hovered < len(boxes):
        _shade_around(boxes[picture.hovered], where)
    for index, box in enumerate(boxes):
        if index != picture.hovered:
            _draw_box(box, BOX, scale, index + 1)
    if 0 <= picture.hovered < len(boxes):
        _draw_box(boxes[picture.hovered], LIT, scale, picture.hovered + 1)


def _shade_around(box: Rect, where: Rect) -> None:
    for part in (
        Rect(where.left, where.bottom, box.left, where.top),
        Rect(box.right, where.bottom, where.right, where.top),
        Rect(box.left, where.bottom, box.right, box.bottom),
        Rect(box.left, box.top, box.right, where.top),
    ):
        if part.width > 0 and part.height > 0:
            _fill(part, SHADE)


def _draw_box(box: Rect, colour: Colour, scale: float, number: int) -> None:
    _outline(box, OUTLINE, 4.0 * scale)
    _outline(box, colour, 2.0 * scale)
    side = 22.0 * scale
    badge = Rect(box.left, box.top - side, box.left + side, box.top)
    _fill(badge, colour)
    _write(str(number), (badge.left + badge.right) / 2, badge.bottom + 6 * scale, 13 * scale, DARK, centred=True)


def _draw_words(picture: Picture, where: Rect, part: Rect, scale: float) -> None:
    middle = (part.left + part.right) / 2
    if picture.moment is None:
        height = (part.bottom + part.top) / 2
        _write(picture.words, middle, height, 16 * scale, WHITE, centred=True, limit=part.width)
        _write(f"{picture.clip}     Esc: leave", middle, height - LINE * scale, 12 * scale, FAINT, centred=True)
        return
    above, below = where.top + 12 * scale, where.bottom - 24 * scale
    _write(TITLE, where.left, above, 16 * scale, WHITE)
    at = f"{span_words(picture.moment.seconds)} of {span_words(picture.last)}"
    _write(picture.words or f"{picture.clip}     {at}", where.right, above, 12 * scale, FAINT, at_right=True)
    if picture.moment.people or picture.words:
        _write(HELP, middle, below, 12 * scale, FAINT, centred=True, limit=part.width)
    else:
        _write(NOBODY, middle, below, 13 * scale, LIT, centred=True, limit=part.width)


def _write(
    text: str,
    x: float,
    y: float,
    size: float,
    colour: Colour,
    *,
    centred: bool = False,
    at_right: bool = False,
    limit: float = float("inf"),
) -> None:
    """Write one line; ``limit`` is the width that it must not exceed."""
    text = bpy.app.translations.pgettext_iface(text)
    blf.size(FONT, size)
    width = blf.dimensions(FONT, text)[0]
    if width > limit:
        blf.size(FONT, size * limit / width)
        width = limit
    blf.color(FONT, *colour)
    blf.position(FONT, round(x - (width / 2 if centred else width if at_right else 0.0)), round(y), 0)
    blf.draw(FONT, text)


def _corners(rect: Rect) -> list[tuple[float, float]]:
    return [(rect.left, rect.bottom), (rect.right, rect.bottom), (rect.right, rect.top), (rect.left, rect.top)]


def _fill(rect: Rect, colour: Colour) -> None:
    shader = gpu.shader.from_builtin(UNIFORM)
    shader.uniform_float("color", colour)
    batch_for_shader(shader, "TRI_FAN", {"pos": _corners(rect)}).draw(shader)


def _outline(rect: Rect, colour: Colour, width: float) -> None:
    shader = gpu.shader.from_builtin(LINES)
    shader.uniform_float("color", colour)
    shader.uniform_float("lineWidth", width)
    shader.uniform_float("viewportSize", gpu.state.viewport_get()[2:])
    corners = [(*corner, 0.0) for corner in _corners(rect)]
    batch_for_shader(shader, "LINE_STRIP", {"pos": [*corners, corners[0]]}).draw(shader)
