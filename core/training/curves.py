"""The curves of a training as a table: what was learnt when."""

import csv
import io
from dataclasses import dataclass, fields
from pathlib import Path

from ...errors import PosewrightError
from ..outputs import write_whole


@dataclass(frozen=True)
class Row:
    """One point of the curves; validation figures (mm) are there only where a validation was."""

    seconds: float
    step: int
    part: int  # 1: the per-frame prior alone, 2: the whole network
    learning_rate: float
    loss: float
    val_exact_pa: float | None = None
    val_noisy_pa: float | None = None


NAMES = tuple(field.name for field in fields(Row))


class Curves:
    """``curves.csv``: rows are added at its end; after a restart the rows that were undone are gone."""

    def __init__(self, path: Path, last_step: int = 0) -> None:
        self.path = path
        self.rows = [row for row in read_curves(path) if row.step <= last_step] if path.is_file() else []
        write_whole(path, _text([NAMES, *map(_cells, self.rows)]).encode())

    def add(self, row: Row) -> None:
        """Append a row."""
        self.rows.append(row)
        try:
            with self.path.open("a", encoding="utf-8", newline="") as file:
                file.write(_text([_cells(row)]))
        except OSError as error:
            raise PosewrightError(f"{self.path} could not be written: {error.strerror}.") from error


def read_curves(path: Path) -> list[Row]:
    """Return the complete rows of a ``curves.csv``; one that was being written when its process died is left out."""
    rows = []
    for cells in csv.DictReader(io.StringIO(path.read_text("utf-8"))):
        try:
            exact, noisy = (float(cells[name]) if cells[name] else None for name in NAMES[-2:])
            numbers = float(cells["learning_rate"]), float(cells["loss"]), exact, noisy
            rows.append(Row(float(cells["seconds"]), int(cells["step"]), int(cells["part"]), *numbers))
        except (KeyError, ValueError, TypeError):
            continue
    return rows


def _cells(row: Row) -> tuple[str, ...]:
    numbers = (None if value is None else f"{value:.2f}" for value in (row.val_exact_pa, row.val_noisy_pa))
    figures = tuple("" if number is None else number for number in numbers)
    return (f"{row.seconds:.1f}", str(row.step), str(row.part), f"{row.learning_rate:.3g}", f"{row.loss:.5f}", *figures)


def _text(rows: list[tuple[str, ...]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
