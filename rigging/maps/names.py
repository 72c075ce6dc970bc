"""What bone names say: side and core, whatever the affixes and namespaces. the standard library alone."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_NAMESPACE: Final = re.compile(r"^(?:.*[:|])?(?:mixamorig\d*[_:]?)?")
_PREFIX: Final = re.compile(
    r"^(?:def[-_]|deform[-_]|bip\d*[ _]|valvebiped[._]bip\d*[ _]|cc_base_|rl_|j_bip(?:_c)?_"
    r"|b_|bn_|bone_|jnt_|joint_|bind_|skin_|sk_|c_|j_|(?-i:m(?=[A-Z])))",
    re.I,
)
_SUFFIX: Final = re.compile(
    r"(?:[-_. ](?i:x|c|m|jnt|jt|joint|bone|bn|bind|skin|def|deform|sknjnt|skn)|(?<=[a-z])(?:JNT|Jnt|Bone))+$"
)
_NOTE: Final = re.compile(r"\s*\[[^\]]*\]$")
"""What Bethesda's games add to a name: ``NPC L Thigh [LThg]``."""

_INFIX: Final = re.compile(r"(?<=[a-z\d])[-_. ](?:jnt|joint|bind|def|deform)(?=[-_. ](?:\d|[lr](?:$|[-_. ])))", re.I)
"""What says only that it is a bone, between the words and a number or side: ``Left_Thigh_Joint_01``."""

_MACHINERY: Final = re.compile(
    r"^(?:org|mch|vis|wgt|ctrl|ctl|drv|pole|ik|control|tweak|tgt|target|vb ik|ikb?)(?:[-_. ]|arm|target)"
    r"|(?:^|[-_. ])(?:ik|pole|fk|tweak|ctrl|ctl|grp|offset|helper|socket|weapon|attach|cloth|phys|sim|corrective\w*)"
    r"(?:$|[-_. \d])"
    r"|(?:ctrl|control|pole|poletarget|nub|effector)[._-]?(?:[lLrR]|left|right)?$"
    r"|IK[._-]?[lLrR]?$",
    re.I,
)
_SEPARATOR: Final = re.compile(r"[_:.| -]+")
_IK_ENDING: Final = re.compile(r"(?:IK|FK)[._-]?(?:[lLrR]|Left|Right)?$")
_SHORT: Final = "lft|lf|lt|le|rgt|rght|rt|ri"
_SIDES: Final = (
    # (pattern, group of the side, groups of the core)
    re.compile(r"^(?P<side>left|right)[ _.-]*(?P<a>.+?)(?P<b>)$", re.I),
    re.compile(r"^(?P<a>.+?)[ _.-]*(?P<side>left|right)(?P<b>(?:[ _.-]?\d+)?)$", re.I),
    re.compile(r"^(?P<side>[lr])[ _.-]+(?P<a>.+)(?P<b>)$", re.I),
    re.compile(r"^(?P<a>.+?)[ _.-]+(?P<side>[lr])(?P<b>(?:[ _.-]?\d+)?)$", re.I),
    re.compile(r"^(?P<a>.*?)[ _.-]+(?P<side>[lr])[ _.-]+(?P<b>.+)$", re.I),
    re.compile(r"^(?P<a>.*?)[ _.-]+(?P<side>left|right)[ _.-]+(?P<b>.+)$", re.I),
    re.compile(rf"^(?P<side>{_SHORT})[ _.-]+(?P<a>.+)(?P<b>)$", re.I),
    re.compile(rf"^(?P<a>.+?)[ _.-]+(?P<side>{_SHORT})(?P<b>(?:[ _.-]?\d+)?)$", re.I),
    re.compile(r"^(?P<side>[左右])(?P<a>.+)(?P<b>)$"),
    re.compile(r"^(?P<side>[LRlr])(?P<a>[A-Z].+)(?P<b>)$"),
    re.compile(r"^(?P<a>.+[a-z\d])(?P<side>[LR])(?P<b>\d*)$"),
)


@dataclass(frozen=True)
class BoneName:
    """A bone name taken apart: the side ("left", "right" or "") and the core: small letters and digits alone."""

    side: str
    core: str
    machinery: bool  # control, mechanism or helper bones by their prefix: not the body itself


@lru_cache(maxsize=8192)
def parse(name: str, prefix: str = "") -> BoneName:
    """Return what a bone name says, such as (left, "upperarm") for ``DEF-upper_arm.L`` or ``rig:LeftUpperArm``.

    ``prefix`` is what all names of the rig begin with (see ``common_prefix``).
    """
    name = _NOTE.sub("", unicodedata.normalize("NFKC", name)) or name
    own = name.removeprefix(prefix) or name
    machinery = _MACHINERY.search(own) is not None or _IK_ENDING.search(own) is not None
    bare = _NAMESPACE.sub("", own) or own
    bare = _PREFIX.sub("", bare) or bare
    bare = _INFIX.sub("", _SUFFIX.sub("", bare) or bare)
    for pattern in _SIDES:
        match = pattern.match(bare)
        if match:
            side = "left" if match["side"][0] in "lL左" else "right"
            core = _core(match["a"] + " " + match["b"])
            if core:
                return BoneName(side, core, machinery)
    return BoneName("", _core(bare), machinery)


@lru_cache(maxsize=32)
def common_prefix(names: tuple[str, ...]) -> str:
    """Return what most of a rig's bone names begin with, up to a separator: ``Hero_`` of ``Hero_Spine``; else ""."""
    starts = {name[: found.end()] for name in names[::10] for found in _SEPARATOR.finditer(name) if found.start() > 0}
    fewest = max(6.0, 0.8 * len(names))
    shared = [s for s in starts if sum(name.startswith(s) and len(name) > len(s) for name in names) >= fewest]
    return max(shared, key=len, default="")


def digits_apart(core: str) -> tuple[str, int]:
    """Return a core without the number at its end, and that number (0 when there is none)."""
    found = re.fullmatch(r"(.*?)(\d*)", core)
    stem, number = (found[1], found[2]) if found else (core, "")
    return (stem, int(number or 0)) if stem else (core, 0)


def _core(text: str) -> str:
    return re.sub(r"[\W_]", "", _SUFFIX.sub("", _PREFIX.sub("", text.strip())).lower())
