"""Footage as numbered pictures, one file for each frame: which files belong together.

Numbers are understood as Blender does: the last digits in a name count the pictures. Nothing is read here but names.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

from ..errors import PosewrightError

PICTURE_ENDINGS: Final = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp", ".exr")
FOREIGN_ENDINGS: Final = (".dpx", ".cin", ".tga", ".sgi", ".rgb", ".hdr", ".psd", ".heic", ".dng")
"""Pictures that nothing here can read."""

_NUMBERED: Final = re.compile(r"(.*?)(\d+)(\D*)", re.DOTALL)
_PATTERN: Final = re.compile(r"(.*?)(?:(#+)|%0?(\d*)d)([^#%]*)", re.DOTALL)


@dataclass(frozen=True)
class Sequence:
    """Pictures whose names differ in a number that rises by one from frame to frame."""

    folder: Path
    prefix: str  # of the names, before the number
    digits: int  # of the number, at least; shorter ones begin with zeros
    ending: str  # of the names, behind the number
    first: int  # number of the first picture
    last: int

    @property
    def frames(self) -> int:
        """Number of pictures."""
        return self.last - self.first + 1

    @property
    def path(self) -> Path:
        """The path of the whole, with # for the digits."""
        return self.folder / f"{self.prefix}{'#' * self.digits}{self.ending}"

    @property
    def pictures(self) -> tuple[Path, ...]:
        """The files in their order."""
        return tuple(self.folder / self._name(number) for number in range(self.first, self.last + 1))

    def _name(self, number: int) -> str:
        return f"{self.prefix}{number:0{self.digits}}{self.ending}"


def is_picture(path: Path) -> bool:
    """Return whether a name is that of a picture, or of a pattern for pictures, and not of a video."""
    return path.suffix.lower() in (*PICTURE_ENDINGS, *FOREIGN_ENDINGS)


def sequence_of(path: Path) -> Sequence | None:
    """Return the sequence that a folder, a pattern (``walk_####.png``, ``walk_%04d.png``) or its first picture means.

    None for what is no picture: a video, or a folder without numbered pictures. Raises PosewrightError for a picture
    that stands alone, for missing numbers, for a folder with several sequences, and for kinds that cannot be read.
    """
    try:
        if path.is_dir():
            return _only_one(path)
        if not is_picture(path):
            return None
        if path.suffix.lower() in FOREIGN_ENDINGS:
            raise PosewrightError(
                f"{path} is of a kind that is not read ({path.suffix}); convert the pictures to PNG, JPEG, TIFF or EXR."
            )
        pattern = _PATTERN.fullmatch(path.name)
        if pattern is not None and not path.is_file():
            return _of_pattern(path, pattern)
        return _from_picture(path)
    except OSError as error:
        raise PosewrightError(f"{path} cannot be read: {error.strerror}.") from error


def sequences_in(folder: Path) -> list[Sequence]:
    """Return the sequences of a folder, by name, also those with missing numbers."""
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name in _names(folder):
        found = _NUMBERED.fullmatch(name)
        if found is not None and Path(name).suffix.lower() in PICTURE_ENDINGS:
            groups[found[1], found[3]].append(found[2])
    sequences = []
    for (prefix, ending), numbers in sorted(groups.items()):
        digits = len(min(numbers, key=int))
        counted = _counted(numbers, digits)
        if len(counted) > 1:
            sequences.append(Sequence(folder, prefix, digits, ending, counted[0], counted[-1]))
    return sequences


def are_in_order(names: Iterable[str]) -> bool:
    """Return whether the names are those of a sequence from its first picture on, none left out."""
    found = [_NUMBERED.fullmatch(name) for name in names]
    if not all(found):
        return False
    numbers = [int(match[2]) for match in found if match is not None]
    around = {(match[1], match[3]) for match in found if match is not None}
    return len(around) == 1 and all(after == before + 1 for before, after in pairwise(numbers))


def file_of(path: Path) -> Path:
    """Return the file by which Blender knows footage: the first picture of a sequence; errors as ``sequence_of``."""
    sequence = sequence_of(path)
    return path if sequence is None else sequence.pictures[0]


def name_of(path: Path) -> str:
    """Return the name by which people know footage: of the first picture of a sequence ``walk_####.png``.

    Where the names have nothing but a number it is that of the folder as well: ``walk/####.png``.
    """
    found = _NUMBERED.fullmatch(path.name) if is_picture(path) else None
    if found is None:
        return path.name
    name = f"{found[1]}{'#' * len(found[2])}{found[3]}"
    return name if found[1] else f"{path.parent.name}/{name}"


def title_of(path: Path) -> str:
    """Return a name for what is made of footage: without ending, and without the number of a picture."""
    if not is_picture(path):
        return path.stem
    is_pattern = _PATTERN.fullmatch(path.name) is not None
    found = re.fullmatch(r"(.*?)(?:#+|%\d*d)(.*)" if is_pattern else r"(.*?)\d+(\D*)", path.stem, re.DOTALL)
    title = (path.stem if found is None else found[1] + found[2]).strip(" ._-")
    return title or path.parent.name or path.stem


def _only_one(folder: Path) -> Sequence | None:
    found = sequences_in(folder)
    if len(found) > 1:
        raise PosewrightError(
            f"{folder} holds several sequences of pictures ({', '.join(one.path.name for one in found[:3])}); name one."
        )
    return _from_picture(found[0].pictures[0]) if found else None


def _of_pattern(path: Path, pattern: re.Match[str]) -> Sequence:
    digits = len(pattern[2]) if pattern[2] else int(pattern[3] or 1)
    prefix, ending = pattern[1], pattern[4]
    counted = _counted(_numbers(path.parent, prefix, ending), digits) if path.parent.is_dir() else []
    if not counted:
        raise PosewrightError(f"There are no pictures {path}.")
    return _of_several(path, Sequence(path.parent, prefix, digits, ending, counted[0], counted[-1]), counted)


def _from_picture(path: Path) -> Sequence:
    if not path.is_file():
        raise PosewrightError(f"There is no file {path}.")
    found = _NUMBERED.fullmatch(path.name)
    if found is None:
        raise PosewrightError(_alone(path))
    prefix, digits, ending = found[1], len(found[2]), found[3]
    first = int(found[2])
    counted = [number for number in _counted(_numbers(path.parent, prefix, ending), digits) if number >= first]
    return _of_several(path, Sequence(path.parent, prefix, digits, ending, first, counted[-1]), counted)


def _of_several(path: Path, sequence: Sequence, counted: list[int]) -> Sequence:
    if len(counted) < 2:
        raise PosewrightError(_alone(path))
    return _without_gaps(sequence, counted)


def _alone(path: Path) -> str:
    return f"{path} is a single picture; give a video, or a sequence of numbered pictures."


def _without_gaps(sequence: Sequence, counted: list[int]) -> Sequence:
    """Return the sequence; PosewrightError when numbers (ascending) are missing between its first and its last."""
    missing = sequence.frames - len(counted)
    if missing:
        before = next(one for one, other in pairwise(counted) if other != one + 1)
        gap = sequence.pictures[before + 1 - sequence.first].name
        more = f" and {missing - 1} more are" if missing > 1 else " is"
        raise PosewrightError(f"{gap}{more} missing in the sequence {sequence.path}; the pictures must have no gaps.")
    return sequence


def _numbers(folder: Path, prefix: str, ending: str) -> list[str]:
    """Return what stands between, where it is a number, of the names in a folder that begin and end so."""
    named = (name for name in _names(folder) if name.startswith(prefix) and name.endswith(ending))
    between = (name[len(prefix) : len(name) - len(ending)] for name in named)
    return [text for text in between if text.isascii() and text.isdecimal()]


def _names(folder: Path) -> Iterable[str]:
    """Return the names in a folder but for hidden ones."""
    return (file.name for file in folder.iterdir() if not file.name.startswith("."))


def _counted(numbers: Iterable[str], digits: int) -> list[int]:
    """Return the numbers, ascending, that are written with this many digits at least."""
    return sorted(int(text) for text in numbers if text == f"{int(text):0{digits}}")
