"""What bone names say: side and core, whatever the affixes and namespaces. the standard library alone."""

import re
from dataclasses import dataclass
from typing import Final

_NAMESPACE: Final = re.compile(r"^(?:.*[:|])?(?:mixamorig\d*[_:]?)?")
_PREFIX: Final = re.compile(
    r"^(?:def[-_]|deform[-_]|bip\d*[ _]|valvebiped[._]bip\d*[ _]|cc_base_|j_bip(?:_c)?_|b_|bone_|jnt_)", re.I
)
_MACHINERY: Final = re.compile(
    r"^(?:org|mch|vis|wgt|ctrl|ctl|drv|pole|ik|control|tweak)(?:[-_.]|arm|target)"
    r"|(?:^|[-_.])(?:ik|pole|fk|tweak)(?:$|[-_.])"
    r"|IK[._-]?[lLrR]?$",
    re.I,
)
_SIDES: Final = (
    # (pattern, group of the side, groups of the core)
    re.compile(r"^(?P<side>left|right)[ _.-]*(?P<a>.+?)(?P<b>)$", re.I),
    re.compile(r"^(?P<a>.+?)[ _.-]*(?P<side>left|right)(?P<b>(?:[ _.-]?\d+)?)$", re.I),
    re.compile(r"^(?P<side>[lr])[ _.-]+(?P<a>.+)(?P<b>)$", re.I),
    re.compile(r"^(?P<a>.+?)[ _.-]+(?P<side>[lr])(?P<b>(?:[ _.-]\d+)?)$", re.I),
    re.compile(r"^(?P<a>.*?)[ _.-]+(?P<side>[lr])[ _.-]+(?P<b>.+)$", re.I),
    re.compile(r"^(?P<side>[LRlr])(?P<a>[A-Z].+)(?P<b>)$"),
    re.compile(r"^(?P<a>.+[a-z\d])(?P<side>[LR])(?P<b>)$"),
)


@dataclass(frozen=True)
class BoneName:
    """A bone name taken apart: the side ("left", "right" or "") and the core in small letters and digits."""

    side: str
    core: str
    machinery: bool  # control, mechanism or helper bones by their prefix: not the body itself


def parse(name: str) -> BoneName:
    """Return what a bone name says, such as (left, "upperarm") for ``DEF-upper_arm.L`` or ``rig:LeftUpperArm``."""
    machinery = _MACHINERY.search(name) is not None
    bare = _NAMESPACE.sub("", name) or name
    bare = _PREFIX.sub("", bare) or bare
    for pattern in _SIDES:
        match = pattern.match(bare)
        if match:
            side = "left" if match["side"].lower().startswith("l") else "right"
            core = _core(match["a"] + " " + match["b"])
            if core:
                return BoneName(side, core, machinery)
    return BoneName("", _core(bare), machinery)


def _core(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", _PREFIX.sub("", text.strip()).lower())
