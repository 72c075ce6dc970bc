"""What motion data is made of, and on which terms: from the tables inside the files."""

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import PosewrightError
from .motions import FPS

OWN_LICENCE = "GPL-3.0-or-later"
FREE_TERMS = ("CMU", "CC0")
"""How the terms of data begin that leave the weights free."""

UNSTATED = "terms not stated in the data"
CMU_ACKNOWLEDGEMENT = (
    "The data used in this project was obtained from mocap.cs.cmu.edu. "
    "The database was created with funding from NSF EIA-0196217."
)


@dataclass(frozen=True)
class Source:
    """The clips of a data set that come on the same terms."""

    names: tuple[str, ...]
    terms: str
    clips: int
    minutes: float

    @property
    def free(self) -> bool:
        """Whether weights made of it may be used by anybody for anything."""
        return self.terms.startswith(FREE_TERMS)

    def sentence(self) -> str:
        """Return size, names and terms in words."""
        return f"{self.minutes:.1f} minutes in {self.clips} clips of {', '.join(self.names)} ({self.terms})"


def read_sources(path: Path) -> list[Source]:
    """Return the sources of a motion file, the largest first (arrays ``source``, ``licence`` and ``clip_starts``).

    Raises PosewrightError for a file that is damaged.
    """
    try:
        with np.load(path) as data:
            names = data["source"].tolist()
            terms = data["licence"].tolist() if "licence" in data else [UNSTATED] * len(names)
            lengths = np.diff(data["clip_starts"]).tolist()
            keys = list(zip(names, terms, strict=True))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise PosewrightError(f"{path.name} is damaged or holds no motion data; make or copy it again.") from error
    found: dict[str, list[tuple[str, int]]] = {}
    for (name, term), length in zip(keys, lengths, strict=True):
        found.setdefault(term, []).append((name, length))
    sources = [
        Source(tuple(sorted({name for name, _ in clips})), term, len(clips), sum(n for _, n in clips) / FPS / 60)
        for term, clips in found.items()
    ]
    return sorted(sources, key=lambda source: -source.minutes)


def terms_of(sources: list[Source], origin: Mapping[str, Any]) -> dict[str, str]:
    """Return ``licence``, ``terms``, ``training_data`` and ``acknowledgement`` of weights trained on these sources.

    ``origin`` is the description of the weights that were started from, whose terms and data are carried on. What is
    not known to be free is not called so.
    """
    bound = [f"{', '.join(source.names)}: {source.terms}" for source in sources if not source.free]
    if origin and origin.get("licence") != OWN_LICENCE:
        bound.append(f"{origin['file']}: {origin.get('licence', UNSTATED)}")
    data = [source.sentence() for source in sources] + ["2D keypoints are synthetic"]
    thanks = [CMU_ACKNOWLEDGEMENT] if any(source.terms.startswith("CMU") for source in sources) else []
    if origin:
        data.append(f"begun from {origin['file']}, which was trained on: {origin.get('training_data', 'unknown data')}")
        thanks += [text for text in [origin.get("acknowledgement")] if text and text not in thanks]
    described = {"licence": OWN_LICENCE, "training_data": "; ".join(data)}
    if bound:
        described["licence"] = f"as the motion data allows ({'; '.join(bound)})"
        described["terms"] = "The terms of the motion data bind these weights too: " + "; ".join(bound) + "."
    if thanks:
        described["acknowledgement"] = " ".join(thanks)
    return described
