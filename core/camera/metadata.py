"""What phones and cameras write about their lens into MP4 and QuickTime files.

A strict reader of boxes (ISO 14496-12, QuickTime File Format): it looks for metadata items (``keys`` and ``ilst``) of
the movie and of its tracks, and for user data. It never reads pictures or sound, and a damaged file tells it nothing.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MOST: Final = 1 << 26
"""Bytes of the index of a movie that are read at most; an hour of video has a few million."""

DEEPEST: Final = 8
CONTAINERS: Final = (b"moov", b"trak", b"mdia", b"udta")
TEXT, UTF16, FLOAT, DOUBLE = 1, 2, 23, 24
SIGNED: Final = (21, 65, 66, 67, 74)
UNSIGNED: Final = (22, 75, 76, 77, 78)
"""Numbers of the types of values (QuickTime File Format, "Well-known types")."""

FOCAL_KEY: Final = "focal_length.35mm_equivalent"
SHORTEST, LONGEST = 5.0, 800.0
"""Millimetres between which the 35 mm equivalents of lenses lie."""


@dataclass(frozen=True)
class Lens:
    """A lens by the metadata of a clip."""

    focal_35mm: float  # millimetres, of the same diagonal angle of view on film of 43.3 mm
    stated: bool  # whether the file states it as that, or a name of the lens holds it


def read_lens(path: Path) -> Lens | None:
    """Return the lens with which a clip was filmed, or None when the file does not tell."""
    items = read_items(path)
    for key, value in items.items():
        if key.endswith(FOCAL_KEY):
            number = _number(value)
            if number is not None and SHORTEST <= number <= LONGEST:
                return Lens(number, True)
    for key, value in items.items():
        if key.endswith(("lens_model", "lens-model", "lens")) and isinstance(value, str):
            # the lenses of phones are some millimetres long, so that a number like 26mm is the equivalent
            found = re.findall(r"(?<![\d.\-])(\d{2,3})\s?mm\b", value)
            if len(found) == 1 and 13 <= float(found[0]) <= 200:
                return Lens(float(found[0]), False)
    return None


def read_items(path: Path) -> dict[str, str | float]:
    """Return the metadata items of a movie and its tracks by their keys; empty for other and for damaged files."""
    items: dict[str, str | float] = {}
    try:
        index = _index_of(path)
        if index is not None:
            _collect(index, items, 0)
    except (OSError, ValueError, struct.error):
        return {}
    return items


def _index_of(path: Path) -> bytes | None:
    """Return the content of the movie's index (``moov``), found without reading anything else."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        position = 0
        while position + 8 <= size:
            stream.seek(position)
            header = stream.read(16)
            length, kind, start = int.from_bytes(header[:4], "big"), header[4:8], 8
            if position == 0 and kind != b"ftyp":
                return None
            if length == 1:
                length, start = int.from_bytes(header[8:16], "big"), 16
            elif length == 0:
                length = size - position
            if length < start or position + length > size:
                return None
            if kind == b"moov":
                stream.seek(position + start)
                return stream.read(length - start) if length <= MOST else None
            position += length
    return None


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield kind and content of the boxes in a row; ValueError when they do not fit."""
    position = 0
    while position + 8 <= len(data):
        length, kind, start = int.from_bytes(data[position : position + 4], "big"), data[position + 4 : position + 8], 8
        if length == 0 and not any(data[position:]):  # user data may end with zeros
            return
        if length == 1:
            length, start = int.from_bytes(data[position + 8 : position + 16], "big"), 16
        elif length == 0:
            length = len(data) - position
        if length < start or position + length > len(data):
            raise ValueError("a box does not fit into the one around it")
        yield kind, data[position + start : position + length]
        position += length


def _collect(data: bytes, items: dict[str, str | float], depth: int) -> None:
    if depth > DEEPEST:
        raise ValueError("boxes lie too deep")
    for kind, content in _boxes(data):
        if kind in CONTAINERS:
            _collect(content, items, depth + 1)
        elif kind == b"meta":
            _collect_meta(content, items)
        elif kind[:1] == b"\xa9" and len(content) > 4:
            items.setdefault(kind[1:].decode("latin-1"), _user_text(content))


def _collect_meta(content: bytes, items: dict[str, str | float]) -> None:
    """Add the items of one metadata box: ISO's begins with version and flags, QuickTime's does not."""
    boxes = list(_boxes(content if content[4:8] == b"hdlr" else content[4:]))
    keys = [key for kind, inner in boxes if kind == b"keys" for key in _keys(inner)]
    for kind, inner in boxes:
        if kind != b"ilst":
            continue
        for number, entry in _boxes(inner):
            place = int.from_bytes(number, "big")
            for part, value in _boxes(entry):
                if part == b"data" and 0 < place <= len(keys):
                    decoded = _value(value)
                    if decoded is not None:
                        items.setdefault(keys[place - 1], decoded)


def _keys(content: bytes) -> list[str]:
    count = int.from_bytes(content[4:8], "big")
    entries = [inner for _, inner in _boxes(content[8:])]
    if count != len(entries):
        raise ValueError("the table of keys is damaged")
    return [entry.decode("utf-8") for entry in entries]


def _value(content: bytes) -> str | float | None:
    """Return the value of a ``data`` box, None for a kind that is neither text nor number."""
    kind, raw = int.from_bytes(content[:4], "big"), content[8:]
    if kind == TEXT:
        return raw.decode("utf-8")
    if kind == UTF16:
        return raw.decode("utf-16-be")
    if kind == FLOAT and len(raw) == 4:
        return float(struct.unpack(">f", raw)[0])
    if kind == DOUBLE and len(raw) == 8:
        return float(struct.unpack(">d", raw)[0])
    if kind in SIGNED or kind in UNSIGNED:
        return float(int.from_bytes(raw, "big", signed=kind in SIGNED))
    return None


def _user_text(content: bytes) -> str:
    """Return the text of a user data item: its length, its language, then the text."""
    length = int.from_bytes(content[:2], "big")
    return content[4 : 4 + length].decode("utf-8", errors="replace").rstrip("\0")


def _number(value: str | float) -> float | None:
    """Return a number, also of a text like "50.00mm"."""
    if not isinstance(value, str):
        return value
    found = re.match(r"\s*(\d+(?:\.\d+)?)\s*(?:mm)?\s*$", value)
    return float(found.group(1)) if found else None
