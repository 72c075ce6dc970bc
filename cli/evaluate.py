"""``posewright evaluate``: how accurate lifters are."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.device import resolve_device
from ..core.settings import TrackSettings
from ..errors import UsageError
from ..progress import Progress
from .console import ConsoleProgress, emit, say
from .evaluation_tables import (
    actions_table,
    clips_table,
    comparison,
    heading_table,
    joints_table,
    mean_pa,
    validation_table,
)
from .options import add_common_arguments, add_device_argument

if TYPE_CHECKING:
    from ..core.evaluation.clips import ClipFigures
    from ..core.evaluation.heading import HeadingError
    from ..core.evaluation.validation import Validation
    from ..core.lifting.lifter import Lifter


def add_evaluate_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``evaluate``."""
    parser.add_argument(
        "--weights", nargs="+", default=["default"], metavar="NAME|FILE", help="lifters to measure and compare"
    )
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="measure on motions: folder with mocap_val.npz")
    parser.add_argument("--details", action="store_true", help="with --data: every joint and every action too")
    parser.add_argument("--heading", action="store_true", help="with --data: do people off the axis look turned?")
    parser.add_argument(
        "--clips", type=Path, nargs="+", default=[], metavar="FOLDER", help="measure on footage: folder with clips.json"
    )
    parser.add_argument("--takes", type=Path, metavar="FOLDER", help="with --clips: keep the takes here")
    parser.add_argument(
        "--quality", choices=["fast", "balanced", "best"], default="balanced", help="with --clips: as in track"
    )
    add_device_argument(parser)
    add_common_arguments(parser)


def run_evaluate(args: argparse.Namespace) -> int:
    """Do the work of ``evaluate``."""
    if args.data is None and not args.clips:
        raise UsageError("Give --data FOLDER, --clips FOLDER, or both: what the lifters are to be measured on.")
    if args.data is None and (args.details or args.heading):
        raise UsageError("--details and --heading are measured on motions; give --data FOLDER.")
    if args.takes and not args.clips:
        raise UsageError("--takes keeps the takes of clips; give --clips FOLDER.")
    files = named([_weights_file(name) for name in args.weights])
    progress = ConsoleProgress(quiet=args.quiet)
    validation, heading, clips = {}, {}, {}
    if args.data:
        validation = _validate(files, args, progress)
    if args.heading or args.clips:
        lifters = _load(files, args.device)
        if args.heading and args.data:
            heading = _heading(lifters, args.data, progress)
        clips = {str(folder): _clips(lifters, folder, args, progress) for folder in args.clips}
    progress.close()
    result = [_result(name, files[name], validation, heading, clips) for name in files]
    emit({"lifters": result}, "\n\n".join(_text(list(files), validation, heading, clips, args.details)), args.json)
    return 0


def named(files: list[Path]) -> dict[str, Path]:
    """Return the weights files by the names that tables call them: the file's, numbered where two have the same."""
    found: dict[str, Path] = {}
    for path in files:
        stem, number = path.name.split(".")[0], 2
        name = stem
        while name in found:
            name, number = f"{stem}-{number}", number + 1
        found[name] = path
    return found


def _validate(files: dict[str, Path], args: argparse.Namespace, progress: Progress) -> dict[str, "Validation"]:
    from ..core.evaluation.validation import measure_validation
    from ..core.lifting.checkpoints import load_checkpoint

    device = resolve_device(args.device)
    checkpoints = {name: load_checkpoint(path) for name, path in files.items()}
    return {
        name: measure_validation(checkpoint, args.data, device, args.details, progress)
        for name, checkpoint in checkpoints.items()
    }


def _load(files: dict[str, Path], device: str) -> dict[str, "Lifter"]:
    from ..core.lifting import load_lifter

    return {name: load_lifter(path, device) for name, path in files.items()}


def _heading(lifters: dict[str, "Lifter"], data: Path, progress: Progress) -> dict[str, list["HeadingError"]]:
    from ..core.evaluation.heading import heading_errors
    from ..core.training.evaluate import VALIDATION_FILE
    from ..core.training.motions import load_motions

    motions = load_motions(data / VALIDATION_FILE, balanced=False)
    return {name: heading_errors(lifter, motions, progress=progress) for name, lifter in lifters.items()}


def _clips(
    lifters: dict[str, "Lifter"], folder: Path, args: argparse.Namespace, progress: Progress
) -> dict[str, list["ClipFigures"]]:
    from ..core.evaluation.clips import measure_clips, read_clips

    settings = TrackSettings(device=args.device, quality=args.quality)
    takes = args.takes / folder.name if args.takes else None
    return measure_clips(read_clips(folder), lifters, settings, takes, progress)


def _result(
    name: str,
    path: Path,
    validation: dict[str, "Validation"],
    heading: dict[str, list["HeadingError"]],
    clips: dict[str, dict[str, list["ClipFigures"]]],
) -> dict[str, Any]:
    """Return all that was measured of one lifter as plain values."""
    result: dict[str, Any] = {"name": name, "weights": str(path)}
    if name in validation:
        result |= validation[name].as_json()
    if name in heading:
        result["heading"] = [error.as_json() for error in heading[name]]
    if clips:
        result["clips"] = {folder: [row.as_json() for row in rows[name]] for folder, rows in clips.items()}
    return result


def _text(
    names: list[str],
    validation: dict[str, "Validation"],
    heading: dict[str, list["HeadingError"]],
    clips: dict[str, dict[str, list["ClipFigures"]]],
    details: bool,
) -> list[str]:
    """Return the tables for people."""
    parts = []
    if validation:
        parts.append(f"Validation motions, random cameras\n{validation_table(validation)}")
    for name, found in validation.items() if details else ():
        parts.append(f"{name}: joints\n{joints_table(found)}")
        parts.append(f"{name}: actions\n{actions_table(found)}")
    if heading:
        parts.append(f"Heading of a person off the optical axis, exact 2D\n{heading_table(heading)}")
    for folder, rows in clips.items():
        parts += [f"Clips of {folder}, {name}\n{clips_table(rows[name])}" for name in names]
    if len(names) > 1:
        parts.append(f"Compared\n{comparison([_line(name, validation, heading, clips) for name in names])}")
    return parts


def _line(
    name: str,
    validation: dict[str, "Validation"],
    heading: dict[str, list["HeadingError"]],
    clips: dict[str, dict[str, list["ClipFigures"]]],
) -> dict[str, str]:
    """Return one lifter's main figures, by the heads of their columns."""
    line = {"lifter": name}
    if name in validation:
        measured = validation[name].measured
        line |= {f"{kind} PA mm": f"{measured[kind].figures.pa_mpjpe_mm:.1f}" for kind in ("exact", "noisy")}
    if name in heading:
        line["off axis deg"] = f"{max(error.beyond for error in heading[name]):+.1f}"
    for folder, rows in clips.items():
        errors, ratios = mean_pa(rows[name]), [row.ratio for row in rows[name]]
        line[f"{Path(folder).name} PA mm"] = "-" if errors is None else f"{errors:.1f}"
        known = [ratio for ratio in ratios if ratio is not None]
        line[f"{Path(folder).name} worst ratio"] = f"{max(known):.2f}" if len(known) == len(ratios) else "-"
    return line


def _weights_file(name: str) -> Path:
    """Return the file of weights that are named, or given as a path."""
    if Path(name).suffix or Path(name).exists():
        return Path(name)
    from ..weights.store import ensure

    return ensure(name, log=say)
