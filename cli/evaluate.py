"""``posewright evaluate``: how accurate a lifter is."""

import argparse
from pathlib import Path

from ..core.device import resolve_device
from .console import emit, say
from .options import add_common_arguments, add_device_argument


def add_evaluate_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``evaluate``."""
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="folder that holds mocap_val.npz")
    parser.add_argument("--weights", default="default", metavar="NAME|FILE", help="lifter to measure")
    add_device_argument(parser)
    add_common_arguments(parser)


def run_evaluate(args: argparse.Namespace) -> int:
    """Do the work of ``evaluate``."""
    from ..core.training.evaluate import evaluate_file

    path = _weights_file(args.weights)
    figures = evaluate_file(path, args.data, resolve_device(args.device))
    emit({"weights": str(path), "figures": figures}, table(figures), args.json)
    return 0


def table(figures: dict[str, dict[str, float]]) -> str:
    """Return the figures of one lifter, a line for each kind of 2D input."""
    lines = [f"{'2D input':10}{'PA-MPJPE mm':>13}{'MPJPE mm':>11}{'bones deg':>11}{'accel. mm':>11}"]
    for name, row in figures.items():
        lines.append(
            f"{name:10}{row['pa_mpjpe_mm']:>13.1f}{row['mpjpe_mm']:>11.1f}{row['bone_degrees']:>11.1f}"
            f"{row['acceleration_mm']:>11.1f}"
        )
    return "\n".join(lines)


def _weights_file(name: str) -> Path:
    """Return the file of weights that are named, or given as a path."""
    if Path(name).suffix or Path(name).exists():
        return Path(name)
    from ..weights.store import ensure

    return ensure(name, log=say)
