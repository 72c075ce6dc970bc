"""Custom properties of a rig that switch constraints, such as between IK and FK."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import bpy
from bpy.types import Object

from .dependencies import bone_in_path
from .properties import property_path

State = Literal["fk", "ik"]

_PROPERTY = re.compile(r'^\["((?:[^"\\]|\\.)*)"\]$')
_SIDE = re.compile(r"(?i)(^|[._ -])(left|right|[lr])(?=$|[._ -])")
_MOST_STEPS = 10.0  # of a property that is still taken as a switch


@dataclass(frozen=True)
class Switch:
    """A custom property of a bone (None: of the armature object) and the bones whose constraints it steers."""

    bone: str | None
    name: str
    values: tuple[float, float]  # its ends
    bones: frozenset[str]

    @property
    def path(self) -> str:
        """The data path of the property, seen from the armature object."""
        return property_path(self.bone, self.name)

    @property
    def family(self) -> str:
        """Its name without the side: those of all limbs that are switched alike."""
        return _SIDE.sub("", self.name).lower()

    def known(self, state: State) -> float | None:
        """Return its value for a state, or None where nobody has told."""
        values = [entry[state] for entry in _table()["switches"] if entry["property"] == self.name]
        return float(values[0]) if values else None

    def known_pole(self) -> float | None:
        """Return the value that makes elbows and knees follow poles, or None."""
        values = [entry["value"] for entry in _table()["poles"] if entry["property"] == self.name]
        return float(values[0]) if values else None

    def known_stretch(self) -> float | None:
        """Return the value that keeps IK from pulling limbs longer, or None."""
        values = [entry["value"] for entry in _table()["stretch"] if entry["property"] == self.name]
        return float(values[0]) if values else None

    @property
    def is_ik_fk(self) -> bool:
        """Whether its name tells that it switches between IK and FK."""
        return re.search(r"(?i)ik.{0,3}fk|fk.{0,3}ik", self.name) is not None

    @property
    def sounds_right(self) -> bool:
        """Whether its name speaks of IK and FK."""
        return re.search(r"(?i)fk|ik", self.name) is not None


def switches_of(obj: Object) -> list[Switch]:
    """Return the custom properties that drive the influence of constraints, or mute them."""
    found: dict[tuple[str | None, str], set[str]] = {}
    for curve in obj.animation_data.drivers if obj.animation_data else ():
        driven = bone_in_path(curve.data_path)
        if driven is None or not driven[1].startswith("constraints["):
            continue
        for variable in curve.driver.variables:
            for target in variable.targets:
                key = _property(obj, target.id, target.data_path) if variable.type == "SINGLE_PROP" else None
                if key is not None:
                    found.setdefault(key, set()).add(driven[0])
    return [
        Switch(bone, name, ends, frozenset(bones))
        for (bone, name), bones in found.items()
        if (ends := _ends(obj if bone is None else obj.pose.bones[bone], name)) is not None
    ]


def families(switches: Iterable[Switch]) -> list[list[Switch]]:
    """Return switches of the same kind together; those that speak of IK and FK come first."""
    groups: dict[str, list[Switch]] = {}
    for switch in switches:
        groups.setdefault(switch.family, []).append(switch)
    return sorted(groups.values(), key=lambda group: not group[0].sounds_right)


@cache
def _table() -> dict[str, Any]:
    return json.loads((Path(__file__).parents[2] / "controls" / "switches" / "known.json").read_text("utf-8"))


def _property(obj: Object, owner: Any, path: str) -> tuple[str | None, str] | None:
    if owner != obj:
        return None
    in_bone = bone_in_path(path)
    bone, rest = (None, path) if in_bone is None else in_bone
    named = _PROPERTY.match(rest)
    if named is None or (bone is not None and bone not in obj.pose.bones):
        return None
    return bone, bpy.utils.unescape_identifier(named[1])


def _ends(owner: Any, name: str) -> tuple[float, float] | None:
    """Return the least and the largest value of a property, or None when it is no switch."""
    value = owner.get(name)
    if isinstance(value, bool):
        return 0.0, 1.0
    if not isinstance(value, int | float):
        return None
    try:
        ui = owner.id_properties_ui(name).as_dict()
    except TypeError:
        return 0.0, 1.0
    low, high = float(ui.get("min", 0.0)), float(ui.get("max", 1.0))
    return (low, high) if 0 < high - low <= _MOST_STEPS else (0.0, 1.0)
