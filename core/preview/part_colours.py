"""The colour of each part of a body, the same in pictures of maps and in Blender's 3D view. numpy-free."""

from typing import Final

Colour = tuple[int, int, int]

COLOURS: Final[dict[str, Colour]] = {
    "hips": (124, 92, 30),
    "spine": (60, 140, 80),
    "neck": (28, 120, 120),
    "head": (96, 80, 170),
    "left_arm": (32, 110, 210),
    "left_leg": (20, 60, 150),
    "right_arm": (232, 120, 20),
    "right_leg": (176, 64, 20),
}
ARM: Final = ("clavicle", "upper_arm", "forearm", "hand", "thumb", "index", "middle", "ring", "pinky")


def part_colour(part: str) -> Colour:
    """Return the colour of a part: blue the left, orange the right, arms lighter than legs."""
    side, _, core = part.partition("_")
    if side not in ("left", "right"):
        return COLOURS[part]
    return COLOURS[f"{side}_{'arm' if core.removesuffix('_twist') in ARM else 'leg'}"]
