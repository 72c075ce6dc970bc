"""The weights that Posewright knows by name: where they come from, what they may be used for, what they reach."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

from ..errors import UsageError
from .tensorfile import read_metadata

Kind = Literal["detector", "lifter"]
SHIPPED_FOLDER: Final = Path(__file__).parent / "files"
LICENCES_FOLDER: Final = Path(__file__).parent / "licences"
ALIASES: Final = {"default": "posewright-lifter"}


@dataclass(frozen=True)
class Entry:
    """One set of weights. ``size`` is in bytes and 0, ``sha256`` empty, while they are not known."""

    name: str
    kind: Kind
    file: str
    size: int
    sha256: str
    source: str
    licence: str
    terms: str
    training_data: str
    figures: str


BLAZEPOSE: Final = Entry(
    name="blazepose",
    kind="detector",
    file="blazepose.safetensors",
    size=12_319_372,
    sha256="9bb177961d6c1f0dd0834a6387b7caef973559abdb9a037c5fa59786a98e4c38",
    source="pose_detection.tflite and pose_landmark_full.tflite of the wheel mediapipe 0.10.14 (PyPI), converted",
    licence="Apache-2.0",
    terms="Free for any use, also commercial; keep the licence and the notice with copies.",
    training_data="Google's own set of about 85,000 annotated photographs of people (not published)",
    figures="33 points; agrees with the original networks within 0.01 pixels of a 256 pixel crop",
)

LIFTER: Final = Entry(
    name="posewright-lifter",
    kind="lifter",
    file="posewright-lifter.safetensors",
    size=0,
    sha256="",
    source="trained from scratch by `posewright train`",
    licence="GPL-3.0-or-later",
    terms="Free for any use, also commercial, under the licence of Posewright.",
    training_data="motion capture whose terms allow commercial products, seen by synthetic cameras",
    figures="see the model card in the file",
)


def shipped_lifter() -> Entry:
    """Return the entry of our own lifter, completed from the file that lies in this package."""
    path = SHIPPED_FOLDER / LIFTER.file
    if not path.is_file():
        return LIFTER
    card = model_card(path)
    return replace(
        LIFTER,
        size=path.stat().st_size,
        sha256=shipped_sha256().get(LIFTER.file, ""),
        training_data=card.get("training_data", LIFTER.training_data),
        figures=card.get("figures", LIFTER.figures),
    )


def model_card(path: Path) -> dict[str, str]:
    """Return the metadata of a lifter's file as text by name."""
    card = read_metadata(path)
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in card.items()}


def shipped_sha256() -> dict[str, str]:
    """Return file name -> sha256 of the shipped files, from the list ``SHA256SUMS`` beside them."""
    sums = SHIPPED_FOLDER / "SHA256SUMS"
    if not sums.is_file():
        return {}
    lines = (line.split() for line in sums.read_text("utf-8").splitlines() if line.strip())
    return {name: digest for digest, name in lines}


def builtin_entries() -> list[Entry]:
    """Return what Posewright ships or can fetch."""
    return [BLAZEPOSE, shipped_lifter()]


def resolve(name: str) -> str:
    """Return the real name behind an alias such as "default"."""
    return ALIASES.get(name, name)


def entry_from_json(values: dict[str, Any]) -> Entry:
    """Return an entry that was stored beside imported weights.

    Raises UsageError when fields are missing or unknown.
    """
    try:
        return Entry(**values)
    except TypeError as error:
        raise UsageError("The record of imported weights is damaged. Import them again.") from error
