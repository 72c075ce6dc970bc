"""The tables that ``posewright evaluate`` prints."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..core.evaluation.clips import ClipFigures
    from ..core.evaluation.heading import HeadingError
    from ..core.evaluation.validation import Validation

FIGURES = {
    "PA-MPJPE mm": "pa_mpjpe_mm",
    "MPJPE mm": "mpjpe_mm",
    "N-MPJPE mm": "n_mpjpe_mm",
    "bones deg": "bone_degrees",
    "accel. mm": "acceleration_mm",
}
CLIP_FIGURES = {
    "PA-MPJPE mm": "pa_mpjpe_mm",
    "root-rel. mm": "root_relative_mm",
    "bones deg": "bone_degrees",
    "accel. mm": "acceleration_mm",
}
ACTION_WIDTH = 36


def columns(rows: Sequence[Sequence[str]], left: int = 1) -> str:
    """Return rows as aligned text, the first ``left`` columns to the left and the rest to the right."""
    widths = [max(len(row[number]) for row in rows) for number in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [
            f"{cell:{'<' if number < left else '>'}{width}}"
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def table(figures: Mapping[str, Mapping[str, float]]) -> str:
    """Return the figures of one lifter, a line for each kind of 2D input."""
    rows = [["2D input", *FIGURES]]
    rows += [[name, *(f"{row[key]:.1f}" for key in FIGURES.values())] for name, row in figures.items()]
    return columns(rows)


def validation_table(found: Mapping[str, "Validation"]) -> str:
    """Return the figures of lifters on the validation motions."""
    rows = [["lifter", "2D input", *FIGURES]]
    for lifter, validation in found.items():
        for number, (name, values) in enumerate(validation.measured.items()):
            cells = [f"{getattr(values.figures, key):.1f}" for key in FIGURES.values()]
            rows.append(["" if number else lifter, name, *cells])
    notes = [f"{lifter}: {validation.note}" for lifter, validation in found.items() if validation.note]
    return "\n".join([columns(rows, left=2), *notes])


def joints_table(validation: "Validation") -> str:
    """Return the errors of single joints."""
    heads = [f"{name}, {kind}" for name in validation.measured for kind in ("PA mm", "mm")]
    rows = [["joint", *heads]]
    for number, joint in enumerate(validation.joints):
        cells = [(values.joints_pa_mm[number], values.joints_mm[number]) for values in validation.measured.values()]
        rows.append([joint.replace("_", " "), *(f"{value:.1f}" for pair in cells for value in pair)])
    return columns(rows)


def actions_table(validation: "Validation") -> str:
    """Return the errors on single actions, the worst first."""
    ordered = sorted(validation.actions.items(), key=lambda item: -item[1]["noisy"].pa_mpjpe_mm)
    rows = [["action", "exact, PA mm", "noisy, PA mm", "noisy, bones deg"]]
    for action, figures in ordered:
        name = action if len(action) <= ACTION_WIDTH else action[: ACTION_WIDTH - 3] + "..."
        values = (figures["exact"].pa_mpjpe_mm, figures["noisy"].pa_mpjpe_mm, figures["noisy"].bone_degrees)
        rows.append([name, *(f"{value:.1f}" for value in values)])
    return columns(rows)


def heading_table(found: Mapping[str, Sequence["HeadingError"]]) -> str:
    """Return how far lifters turn a person who stands off the axis."""
    rows = [["lifter", "person stands", "error deg", "signed deg", "beyond on axis deg"]]
    for lifter, errors in found.items():
        for number, error in enumerate(errors):
            place = f"{error.off_axis:g} deg {error.direction}" if error.off_axis else "on the axis"
            values = (f"{error.absolute:.1f}", f"{error.signed:+.1f}", f"{error.beyond:+.2f}" if number else "")
            rows.append(["" if number else lifter, place, *values])
    return columns(rows, left=2)


def clips_table(figures: Sequence["ClipFigures"]) -> str:
    """Return one lifter's figures on clips, beside MediaPipe's where they are known, and the means."""
    keys = list(CLIP_FIGURES.values())
    ours = [[getattr(row.errors, key) if row.errors else None for key in keys] for row in figures]
    theirs = [[row.clip.baseline.get(key) for key in keys] for row in figures]
    names = [row.clip.name for row in figures]
    if len(figures) > 1:
        names.append("mean")
        ours.append([_mean(column) for column in zip(*ours, strict=True)])
        theirs.append([_mean(column) for column in zip(*theirs, strict=True)])
    compared = any(value is not None for row in theirs for value in row)
    rows = [["clip", *_clip_heads(compared)]]
    for name, row, base in zip(names, ours, theirs, strict=True):
        cells = [name]
        for key, value, other in zip(keys, row, base, strict=True):
            cells += _cells(value, other, key) if compared else [_number(value)]
        rows.append(cells)
    notes = ["MP: MediaPipe Pose on the same clip"] if compared else []
    notes += [f"{row.clip.name}: {row.problem}" for row in figures if row.problem]
    return "\n".join([columns(rows), *notes])


def mean_pa(figures: Sequence["ClipFigures"]) -> float | None:
    """Return the mean PA-MPJPE of one lifter over all clips, None when it failed on one."""
    return _mean([row.errors.pa_mpjpe_mm if row.errors else None for row in figures])


def comparison(lines: Sequence[Mapping[str, Any]]) -> str:
    """Return one line for each lifter; the columns are those of the first."""
    heads = list(lines[0])
    return columns([heads, *([str(line[head]) for head in heads] for line in lines)])


def _clip_heads(compared: bool) -> list[str]:
    if not compared:
        return list(CLIP_FIGURES)
    heads = []
    for title, key in CLIP_FIGURES.items():
        heads += [title, "MP", *(["ratio"] if key == "pa_mpjpe_mm" else [])]
    return heads


def _cells(value: float | None, other: float | None, key: str) -> list[str]:
    cells = [_number(value), _number(other)]
    if key == "pa_mpjpe_mm":
        cells.append(f"{value / other:.2f}" if value is not None and other else "-")
    return cells


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _mean(values: Sequence[float | None]) -> float | None:
    """Return the mean, or None unless every value is known: means over different clips cannot be compared."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if len(known) == len(values) else None
