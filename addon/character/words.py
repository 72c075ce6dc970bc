"""A character's map in plain words: how much of it was found, as what, and what is missing or doubtful."""

from ...rigging.maps.judgement import DOUBTFUL
from ...rigging.maps.parts import FINGERS, LIMBS, MIDDLE, PARTS, SIDES, TWISTS, core_of, in_words
from .status import Status

SYSTEMS = {
    "mixamo": "Mixamo",
    "unreal": "Unreal Engine",
    "makehuman": "MakeHuman",
    "rigify": "Rigify",
    "vrm": "VRM",
    "vrchat": "VRChat",
    "joints": "Joint names",
    "biped": "3ds Max Biped",
    "character_creator": "Character Creator",
    "daz": "Daz",
    "auto_rig_pro": "Auto-Rig Pro",
    "xsens": "Xsens",
    "cat": "3ds Max CAT",
    "mmd": "MikuMikuDance",
    "half_life": "Source Engine",
    "generic": "Usual names",
    "shape": "By its shape",
    "names": "Your map",
    "the": "As its file says",  # "the file's own humanoid"
    "your": "Your map",
    "remembered": "Remembered map",
}
"""First word of what made a map -> what a character is taken for."""

ADDITIONS = {"shape": " and its shape", "your map": ", corrected", "remembered map": ", remembered"}
"""What is said when a map was completed by something else."""

SPARE = ("neck", "clavicle", "toe")
"""Parts that many good rigs lack."""

MOST_DOUBTS = 3  # named one by one

PLURALS = {"foot": "feet"}


def summary(status: Status) -> tuple[str, str]:
    """Return how much of a body was found, and the icon for it."""
    count = sum(part in status.map.bones for part in PARTS)
    if status.trouble:
        icon = "ERROR"
    elif status.conflicts or doubtful(status) or any(core_of(part) not in SPARE for part in missing(status)):
        icon = "INFO"
    else:
        icon = "CHECKMARK"
    return f"{count} of {len(PARTS)} parts", icon


def system(status: Status) -> str:
    """Return what the character is taken for, such as Mixamo."""
    source = status.map.source
    known = SYSTEMS.get(source.split(" ")[0].rstrip(","), source)
    more = [words for ending, words in ADDITIONS.items() if source.endswith(ending) and not source.startswith(ending)]
    return known + "".join(more)


def extras(status: Status) -> str:
    """Return what is there beside the body: fingers and twist bones, or "" """
    kinds = {core_of(part) for part in status.map.bones}
    words = [
        word for word, cores in (("fingers", FINGERS), ("twist bones", TWISTS)) if any(core in kinds for core in cores)
    ]
    return f"With {' and '.join(words)}" if words else ""


def missing(status: Status) -> list[str]:
    """Return the parts of a body that the map lacks."""
    return [part for part in PARTS if part not in status.map.bones]


def doubtful(status: Status) -> list[str]:
    """Return the parts of the body that are not sure."""
    sure = status.map.confidence
    return [part for part in PARTS if part in status.map.bones and sure.get(part, 1.0) < DOUBTFUL]


def lacks(status: Status) -> str:
    """Return what is missing in one phrase, such as "No neck, no toes", or "" """
    absent = set(missing(status))
    words = [f"no {part}" for part in MIDDLE if part in absent]
    for core in LIMBS:
        sides = [side for side in SIDES if f"{side}_{core}" in absent]
        if len(sides) == len(SIDES):
            words.append(f"no {PLURALS.get(core, in_words(core) + 's')}")
        elif sides:
            words.append(f"no {sides[0]} {in_words(core)}")
    return ", ".join(words).capitalize()


def doubts(status: Status) -> list[str]:
    """Return a phrase for each part that is not sure, such as "Left hand: not sure"; one for all when they are many."""
    parts = doubtful(status)
    if len(parts) > MOST_DOUBTS:
        return [f"{len(parts)} parts: not sure"]
    return [f"{in_words(part).capitalize()}: not sure" for part in parts]


def title(part: str, *, side: bool = True) -> str:
    """Return a part as a label: Left Upper Arm, or without its side Upper Arm."""
    return in_words(part if side else core_of(part)).title()


def about_part(status: Status, part: str, is_stated: bool) -> str:
    """Return what is known about one part, as a sentence for a tooltip."""
    bones = status.map.bones.get(part)
    if is_stated:
        return "You have set this" if bones else "You have set that this is left alone"
    if not bones:
        return "Nothing was found; choose a bone, or leave it alone"
    sure = status.map.confidence.get(part, 0.0)
    reason = next((note for note in status.map.notes if note.startswith(f"{in_words(part).capitalize()} is ")), "")
    return reason.rstrip(".") or f"Found by itself, {round(100 * sure)} % sure"
