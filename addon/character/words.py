"""A character's map in plain words: how much of it was found, as what, and what is missing or doubtful."""

from collections.abc import Collection

from ...rigging.maps.judgement import DOUBTFUL
from ...rigging.maps.mapping import GIVE_MAP, NEEDED
from ...rigging.maps.parts import FINGERS, LIMBS, MIDDLE, PARTS, SIDES, TWISTS, core_of, in_words
from .status import Status

SYSTEMS = {
    "mixamo": "Mixamo names",
    "unreal": "Unreal Engine names",
    "makehuman": "MakeHuman names",
    "rigify": "Rigify names",
    "vrm": "VRM names",
    "vrchat": "VRChat names",
    "joints": "Names of joints",
    "biped": "3ds Max Biped names",
    "character_creator": "Character Creator names",
    "daz": "Daz names",
    "auto_rig_pro": "Auto-Rig Pro names",
    "xsens": "Xsens names",
    "cat": "3ds Max CAT names",
    "mmd": "MikuMikuDance names",
    "half_life": "Source Engine names",
    "generic": "Usual names",
    "shape": "By its shape",
    "names": "Your map",
    "the": "As its file says",  # "the file's own humanoid"
    "your": "Your map",
    "remembered": "Remembered map",
}
"""First word of what made a map -> by what a character is understood."""

ADDITIONS = (("shape", "its shape"), ("your map", "your changes"), ("remembered map", "the remembered map"))
"""What completed a map, and the words for it."""

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
    """Return by what the character is understood, such as "Mixamo names" or "Rigify names and its shape"."""
    source = status.map.source
    first, more = source.split(" ")[0].rstrip(","), source[1:]
    words = [
        SYSTEMS.get(first, source),
        *(words for made, words in ADDITIONS if made in more and not made.startswith(first)),
    ]
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]


def extras(status: Status) -> str:
    """Return what is there beside the body, such as "With controls and fingers", or "" """
    kinds = {core_of(part) for part in status.map.bones}
    words = ["controls"] if status.has_controls else []
    words += [word for word, cores in (("fingers", FINGERS), ("twist bones", TWISTS)) if kinds & set(cores)]
    most = ", ".join(words[:-1])
    return f"With {f'{most} and ' if most else ''}{words[-1]}" if words else ""


def missing(status: Status) -> list[str]:
    """Return the parts of a body that the map lacks."""
    return [part for part in PARTS if part not in status.map.bones]


def doubtful(status: Status) -> list[str]:
    """Return the parts of the body that are not sure."""
    sure = status.map.confidence
    return [part for part in PARTS if part in status.map.bones and sure.get(part, 1.0) < DOUBTFUL]


def lacks(status: Status) -> str:
    """Return what is missing in one phrase, such as "No neck, no toes", or "" """
    return ", ".join(f"no {phrase}" for phrase in _phrases(missing(status))).capitalize()


def needs(status: Status) -> str:
    """Return what is missing without which nothing can be put on the character, as a sentence, or "" """
    absent = [part for part in NEEDED if part not in status.map.bones]
    words = [f"{'its' if not i else ''} {phrase}".strip() for i, phrase in enumerate(_phrases(absent))]
    if not words:
        return ""
    listed = " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
    return f"Nothing can be put on it yet: {listed} {'are' if len(absent) > 1 else 'is'} not known."


def doubts(status: Status) -> list[str]:
    """Return a phrase for each part that is not sure, such as "Left hand: not sure"; one for all when they are many."""
    parts = doubtful(status)
    if len(parts) > MOST_DOUBTS:
        return [f"{len(parts)} parts: not sure"]
    return [f"{in_words(part).capitalize()}: not sure" for part in parts]


def _phrases(parts: Collection[str]) -> list[str]:
    """Return parts in few words: both sides of a part together, such as thighs."""
    words = [part for part in MIDDLE if part in parts]
    for core in LIMBS:
        sides = [side for side in SIDES if f"{side}_{core}" in parts]
        if len(sides) == len(SIDES):
            words.append(PLURALS.get(core, f"{in_words(core)}s"))
        elif sides:
            words.append(f"{sides[0]} {in_words(core)}")
    return words


def trouble(status: Status) -> str:
    """Return why nothing can be put on the character, without what to do about it: the editor lies below."""
    return needs(status) or status.trouble.replace(f"; {GIVE_MAP}", ".").replace(f", or {GIVE_MAP}", ".")


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
