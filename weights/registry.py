"""The weights that Posewright knows by name: where they come from, what they may be used for, what they reach."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

from ..errors import PosewrightError
from .tensorfile import read_metadata

Kind = Literal["detector", "lifter"]
SHIPPED_FOLDER: Final = Path(__file__).parent / "files"
BUNDLED_FOLDER: Final = Path(__file__).parent / "detectors"
"""Detectors that an offline zip brings; not there otherwise."""
LICENCES_FOLDER: Final = Path(__file__).parent / "licences"
DEFAULT: Final = "default"
"""The name under which the best lifter of ours is found."""


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
    training_data="motion capture whose terms allow commercial products, seen by synthetic cameras. "
    "The data used in this project was obtained from mocap.cs.cmu.edu. The database was created with funding from "
    "NSF EIA-0196217.",
    figures="see the model card in the file",
)

OFFICIAL_TCPFORMER: Final = Entry(
    name="",
    kind="lifter",
    file="",
    size=0,
    sha256="",
    source="a checkpoint of the authors of TCPFormer, imported from a file",
    licence="no licence of their own; the training data is for research only",
    terms="For academic research only, not for commercial use: the data these weights were trained on is licensed so, "
    "and whoever uses them answers for it. Every take made with them records this.",
    training_data="Human3.6M or MPI-INF-3DHP (research licences)",
    figures="not said in the file",
)
"""What is known of an official checkpoint before it is imported; name, file, size and sha256 are filled in then."""


@dataclass(frozen=True)
class KeyFigures:
    """What the description of a lifter says about its accuracy; None where it says nothing.

    Figures are comparable only between the same ``evaluation``, the version of what was measured.
    """

    pa_exact_mm: float | None = None
    pa_noisy_mm: float | None = None
    parameters: int | None = None
    evaluation: int | None = None


def key_figures(path: Path) -> KeyFigures:
    """Return the key figures of the lifter in a safetensors file."""
    card = _card(path)
    lifter = _table(_table(card, "figures"), "lifter")
    exact, noisy = _table(lifter, "exact"), _table(lifter, "noisy")
    return KeyFigures(
        pa_exact_mm=exact.get("pa_mpjpe_mm"),
        pa_noisy_mm=noisy.get("pa_mpjpe_mm"),
        parameters=_table(card, "training").get("parameters"),
        evaluation=noisy.get("evaluation"),
    )


def shipped_lifters() -> list[Entry]:
    """Return our own lifters, the first of them ``LIFTER``, completed from the files that lie in this package.

    Every lifter's file there is one, under its own name and with its own description.
    """
    sums = shipped_sha256()
    files = sorted(SHIPPED_FOLDER.glob("*.safetensors"), key=lambda file: (file.name != LIFTER.file, file.name))
    entries = [_shipped(file, sums) for file in files if _card(file).get("kind", "lifter") == "lifter"]
    return entries if any(entry.name == LIFTER.name for entry in entries) else [LIFTER, *entries]


def _shipped(path: Path, sums: Mapping[str, str]) -> Entry:
    size, digest = path.stat().st_size, sums.get(path.name, "")
    known = replace(LIFTER, name=path.stem, file=path.name, size=size, sha256=digest)
    return described(known, model_card(path))


def is_shipped(name: str) -> bool:
    """Tell whether a lifter of this name comes with Posewright."""
    return name == LIFTER.name or any(entry.name == name for entry in shipped_lifters())


def best_lifter() -> str:
    """Return the name of our most accurate lifter: the least PA-MPJPE from 2D with a detector's errors.

    Only figures of the same evaluation as those of ``LIFTER`` count; it stays the best where nothing is known.
    """
    figures = {entry.name: key_figures(SHIPPED_FOLDER / entry.file) for entry in shipped_lifters() if entry.size}
    first = figures.get(LIFTER.name)
    if first is None or first.pa_noisy_mm is None or first.evaluation is None:
        return LIFTER.name
    best, least = LIFTER.name, first.pa_noisy_mm
    for name, other in figures.items():
        if other.evaluation == first.evaluation and other.pa_noisy_mm is not None and other.pa_noisy_mm < least:
            best, least = name, other.pa_noisy_mm
    return best


def described(entry: Entry, card: dict[str, str]) -> Entry:
    """Return the entry with what a lifter's own description says; fields that it leaves out stay."""
    given = {name: card[name] for name in ("licence", "terms", "figures") if card.get(name)}
    data = " ".join(card[name].rstrip(".") + "." for name in ("training_data", "acknowledgement") if card.get(name))
    return replace(entry, **given, training_data=data or entry.training_data)


def model_card(path: Path) -> dict[str, str]:
    """Return a lifter's description (JSON under ``posewright`` in the header of its file) as text by name.

    Raises PosewrightError when the file is damaged.
    """
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in _card(path).items()}


def _card(path: Path) -> dict[str, Any]:
    try:
        card = json.loads(read_metadata(path).get("posewright", "{}"))
        return dict(card.items())
    except (ValueError, AttributeError) as error:
        raise PosewrightError(f"The description in {path.name} is damaged. Fetch or copy it again.") from error


def _table(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return a table within a description, empty where the file says something else or nothing."""
    value = values.get(name)
    return value if isinstance(value, dict) else {}


def shipped_sha256() -> dict[str, str]:
    """Return file name -> sha256 of the shipped files, from the list ``SHA256SUMS`` beside them."""
    sums = SHIPPED_FOLDER / "SHA256SUMS"
    if not sums.is_file():
        return {}
    lines = (line.split() for line in sums.read_text("utf-8").splitlines() if line.strip())
    return {name: digest for digest, name in lines}


def builtin_entries() -> list[Entry]:
    """Return what Posewright ships or can fetch."""
    return [BLAZEPOSE, *shipped_lifters()]


def resolve(name: str) -> str:
    """Return the real name behind the alias "default"."""
    return best_lifter() if name == DEFAULT else name
