"""How long work reports where it stands, and how it is stopped."""

from collections.abc import Generator
from typing import Protocol, TypeVar

_T = TypeVar("_T")

Work = Generator[float, None, _T]
"""Work in pieces: yields how much of it is done, 0 to 1, wherever it may rest or be given up; returns its result."""


class Progress(Protocol):
    """Called often by long work; raising ``Cancelled`` from it stops the work cleanly."""

    def __call__(self, stage: str, done: float, note: str = "") -> None:
        """Report a stage ('detect', 'lift', ...), its completed fraction 0..1 and an optional note."""
        ...


def silent(stage: str, done: float, note: str = "") -> None:
    """Ignore every report."""


def finished(work: Work[_T]) -> _T:
    """Do all pieces of work at once and return its result."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


def part_of_work(work: Work[_T], begin: float, end: float) -> Work[_T]:
    """Do work as a part of other work, that from ``begin`` to ``end``."""
    while True:
        try:
            done = next(work)
        except StopIteration as stop:
            return stop.value
        yield begin + (end - begin) * done
