"""Every choice about how a motion is put on a rig, in one value that travels as JSON. numpy only."""

from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final, Literal, Self, get_args

from ..errors import UsageError
from .keys.settings import KeySettings
from .maps.user_maps import read_entries
from .solver.reaching import HAND_MODES, HandMode
from .solver.roots import PLACES, ROOT_MODES, Place, RootMode
from .solver.stances import FEET_MODES, FeetMode

DriveMode = Literal["auto", "fk", "ik", "deform"]
"""What gets the keys: auto: the rig's controls, turned (FK) where they can be and pulled (IK) elsewhere, or the bones
themselves where nothing holds them; fk, ik: the one kind of control; deform: the bones that move the mesh, and what
holds them is muted."""

DRIVE_MODES: Final[tuple[DriveMode, ...]] = get_args(DriveMode)

_CHOICES: Final = {
    "feet": ("hold feet", FEET_MODES),
    "drive": ("drive a rig", DRIVE_MODES),
    "hands": ("hold hands", HAND_MODES),
    "root": ("move the root", ROOT_MODES),
    "place": ("place a motion", PLACES),
}


@dataclass(frozen=True)
class RetargetSettings:
    """How a motion is put on a rig. UsageError, in one sentence, for a choice that does not exist."""

    map_file: Path | None = None  # a JSON map that overrides what is found
    map: dict[str, Any] | None = None  # the same in memory, part -> bones; goes before ``map_file``
    feet: FeetMode = "auto"
    drive: DriveMode = "auto"
    root: RootMode = "hips"
    place: Place = "origin"
    hands: HandMode = "contacts"
    fingers: bool = True  # turn them where the motion tells about them
    keys: KeySettings = field(default_factory=KeySettings)

    def __post_init__(self) -> None:
        for name, (words, choices) in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise UsageError(
                    f"There is no way {getattr(self, name)} to {words}; choose one of {', '.join(choices)}."
                )

    def self_contained(self) -> Self:
        """Return the same settings with the map inside, which needs no file; PosewrightError when that is no map."""
        if self.map_file is None:
            return self
        return replace(self, map=self.map or read_entries(self.map_file), map_file=None)

    def to_json(self) -> dict[str, Any]:
        """Return the values as JSON holds them."""
        return asdict(self) | {"map_file": str(self.map_file) if self.map_file else None}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Return the settings of ``to_json``; what is missing is as usual. UsageError for what is not known."""
        known = {value.name for value in fields(cls)}
        unknown = [name for name in values if name not in known]
        keys = values.get("keys") or {}
        unknown += [name for name in keys if name not in {value.name for value in fields(KeySettings)}]
        if unknown:
            raise UsageError(f"There is no setting {unknown[0]} for a retarget.")
        map_file = values.get("map_file")
        own = {"map_file": Path(map_file) if map_file else None, "keys": KeySettings(**keys)}
        return cls(**(values | own))
