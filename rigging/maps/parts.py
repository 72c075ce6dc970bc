"""The parts of a body that bones can be, and the shapes in which a map of them is handed about."""

from typing import Final

MIDDLE: Final = ("hips", "spine", "neck", "head")
LIMBS: Final = ("clavicle", "upper_arm", "forearm", "hand", "thigh", "shin", "foot", "toe")
SIDES: Final = ("left", "right")
FINGERS: Final = ("thumb", "index", "middle", "ring", "pinky")
TWISTS: Final = ("upper_arm_twist", "forearm_twist", "thigh_twist", "shin_twist")

PARTS: Final = (*MIDDLE, *(f"{side}_{part}" for side in SIDES for part in LIMBS))
"""The canonical parts; every note of what was not found is about these."""

EXTRA_PARTS: Final = tuple(f"{side}_{part}" for side in SIDES for part in (*FINGERS, *TWISTS))
"""Parts that a rig may have: fingers from the knuckle to the tip, and twist helpers beside the limbs."""

ALL_PARTS: Final = (*PARTS, *EXTRA_PARTS)

BELOW: Final = {
    "upper_arm": "clavicle",
    "forearm": "upper_arm",
    "hand": "forearm",
    "shin": "thigh",
    "foot": "shin",
    "toe": "foot",
}
"""Part of a limb -> the part above it."""

Parts = dict[str, tuple[int, ...]]
"""Part -> indices of its bones, root end first."""


def other_side(part: str) -> str | None:
    """Return the same part of the other side, or None for parts of the middle."""
    side, _, core = part.partition("_")
    return f"{'right' if side == 'left' else 'left'}_{core}" if side in SIDES else None


def core_of(part: str) -> str:
    """Return the name of a part without its side."""
    side, _, core = part.partition("_")
    return core if side in SIDES else part


def in_words(part: str) -> str:
    """Return the name of a part as people write it."""
    return part.replace("_", " ")
