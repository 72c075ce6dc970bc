"""How long work reports where it stands, and how it is stopped."""

from typing import Protocol


class Progress(Protocol):
    """Called often by long work; raising ``Cancelled`` from it stops the work cleanly."""

    def __call__(self, stage: str, done: float, note: str = "") -> None:
        """Report a stage ('detect', 'lift', ...), its completed fraction 0..1 and an optional note."""
        ...


def silent(stage: str, done: float, note: str = "") -> None:
    """Ignore every report."""
