"""How much the names of bones resemble what a part of the body is called, in many systems and languages.

Misspelt, abbreviated and joined words count too: what is found here is suggested, never used unasked. numpy only.
"""

import json
import unicodedata
from collections import Counter
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..rig import RigRest
from .names import digits_apart
from .naming import PRESETS, names_of, preset
from .parts import FINGERS, LIMBS, MIDDLE, SIDES, TWISTS

Array = NDArray[np.float64]

OTHERS: Final = "others"
"""The key of words for what is no part: eyes, hair, ends, machinery."""

NUMBERED, HELD, LETTERS = 0.85, 0.75, 0.6
"""What a name is worth that has a number more than a known one, that holds one, and that shares letters with one."""

SHORTEST_HELD: Final = 4  # letters of a word that is looked for within a name
SHORTEST_LEFT_OUT: Final = 3  # letters of a name that may be an abbreviation
ALIKE: Final = 0.6  # of the pairs of letters of two words that are the same: less is chance
RARE: Final = 0.4  # less a word is worth for what hardly any system calls so
OTHERWISE: Final = 0.8  # of what speaks for another part speaks against this one
WRONG_SIDE: Final = -0.5  # is a name of the other side, or with a side for a part of the middle


def resemblances(rest: RigRest) -> dict[str, Array]:
    """Return part -> how much each bone's name (B,) speaks for it: 1 is known for it, below 0 speaks against."""
    read = [_sided(name.side, plain(name.core)) for name in names_of(rest)]
    likeness = {core: _likeness(core) for _, core in read}
    found: dict[str, Array] = {}
    for sort in (*MIDDLE, *LIMBS, *FINGERS, *TWISTS):
        worth = {core: _worth(like, sort) for core, like in likeness.items()}
        for side in ("",) if sort in MIDDLE else SIDES:
            values = [_with_side(worth[core], said, side) for said, core in read]
            found[f"{side}_{sort}" if side else sort] = np.array(values)
    return found


def plain(text: str) -> str:
    """Return a word in small letters without accents and signs."""
    apart = unicodedata.normalize("NFKD", text.lower().replace("ß", "ss"))
    return "".join(letter for letter in apart if letter.isalnum())


def _with_side(worth: float, said: str, side: str) -> float:
    """Return what a name is worth for a side, when it says a side itself; only sides of known words count against."""
    if worth <= 0 or said == side:
        return worth
    return 0.7 * worth if not said else WRONG_SIDE * worth


def _worth(like: dict[str, float], sort: str) -> float:
    """Return what speaks for a sort of part, less what speaks for another: fingers of a hand are no hand."""
    other = max((value for key, value in like.items() if key != sort), default=0.0)
    own = like.get(sort, 0.0)
    return own if own >= other else own - OTHERWISE * other


@lru_cache(maxsize=8192)
def _likeness(core: str) -> dict[str, float]:
    """Return sort of part (or OTHERS) -> how much a name without its side resembles the words for it, 0..1."""
    stem = digits_apart(core)[0]
    found = {
        sort: max(usual * _alike(core, stem, word) for word, usual in words.items()) for sort, words in _words().items()
    }
    return {sort: value for sort, value in found.items() if value > 0}


def _alike(core: str, stem: str, word: str) -> float:
    if core == word:
        return 1.0
    if stem == word:
        return NUMBERED
    if not stem or stem.isdigit():
        return 0.0
    if (len(word) >= SHORTEST_HELD and word in stem) or (not word.isascii() and word in stem):
        return HELD * (0.5 + 0.5 * len(word) / len(stem))
    shared = _dice(stem, word)
    if shared >= ALIKE and word.isascii():
        return LETTERS * shared
    left_out = SHORTEST_LEFT_OUT <= len(stem) < len(word) and stem[0] == word[0] and _is_within(stem, word)
    return LETTERS * (len(stem) / len(word)) ** 0.5 if left_out else 0.0


def _dice(a: str, b: str) -> float:
    """Return the share of pairs of letters that two words have in common, 0..1."""
    if abs(len(a) - len(b)) > max(len(a), len(b)) / 2:
        return 0.0
    first, second = _pairs(a), _pairs(b)
    return 2 * len(first & second) / max(1, len(first) + len(second))


@lru_cache(maxsize=8192)
def _pairs(word: str) -> frozenset[str]:
    return frozenset(word[i : i + 2] for i in range(len(word) - 1))


def _is_within(short: str, word: str) -> bool:
    """Return whether the letters of one word come in another in the same order, as in frm of forearm."""
    letters = iter(word)
    return all(letter in letters for letter in short)


def _sided(side: str, core: str) -> tuple[str, str]:
    """Return the side and the core of a name whose side may be a word of another language."""
    if side:
        return side, core
    for found, words in _side_words().items():
        for word in words:
            if len(core) > len(word) and (core.startswith(word) or core.endswith(word)):
                return found, core.removeprefix(word) if core.startswith(word) else core.removesuffix(word)
    return "", core


@cache
def _words() -> dict[str, dict[str, float]]:
    """Return sort of part -> its words, and how usual that meaning of each is: some name a pelvis spine."""
    counts: dict[str, Counter[str]] = {}
    for name in PRESETS:
        for sort, cores in (item for group in preset(name).values() for item in group.items()):
            counts.setdefault(sort, Counter()).update(map(plain, cores))
    more = _content()
    for sort, words in {**more["parts"], OTHERS: more["others"]}.items():
        counts.setdefault(sort, Counter()).update(map(plain, words))
    most = {word: max(count[word] for count in counts.values()) for count in counts.values() for word in count}
    return {
        sort: {word: 1.0 - RARE + RARE * number / most[word] for word, number in count.items()}
        for sort, count in counts.items()
    }


@cache
def _side_words() -> dict[str, tuple[str, ...]]:
    sides = _content()["sides"]
    return {side: tuple(sorted(map(plain, sides[side]), key=len, reverse=True)) for side in SIDES}


@cache
def _content() -> dict:
    return json.loads((Path(__file__).parent / "presets" / "words.json").read_text("utf-8"))
