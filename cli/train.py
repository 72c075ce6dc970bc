"""``posewright train`` and ``posewright evaluate``: a lifter of one's own, and how accurate it is."""

import argparse
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.device import resolve_device
from ..core.outputs import check_outputs
from ..errors import UsageError
from .console import ConsoleProgress, emit, say
from .options import add_common_arguments, add_overwrite_argument

if TYPE_CHECKING:
    from ..core.training.recipe import Recipe

OPTIONS = {
    "learning_rate": "peak learning rate",
    "frames": "frames in a window",
    "windows": "windows in a batch",
    "stride_seconds": "time between the frames of a window when lifting",
    "prior_share": "share of the time in which the per-frame prior learns alone",
    "prior_windows": "windows in a batch of that part",
    "prior_width": "width of the per-frame prior",
    "prior_blocks": "residual blocks of the prior",
    "dim_feat": "features of the TCPFormer",
    "n_layers": "layers of the TCPFormer",
    "num_heads": "attention heads of the TCPFormer",
    "seed": "seed of all random numbers",
}
"""Settings of ``Recipe`` that can be changed on the command line."""


def add_train_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``train``."""
    from ..core.training.recipe import Recipe

    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="mocap_train.npz and mocap_val.npz")
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="WEIGHTS.safetensors", help="weights to write")
    parser.add_argument("--minutes", type=float, default=Recipe.minutes, metavar="N", help="how long to train")
    parser.add_argument("--fresh", action="store_true", help="start anew, even if an unfinished training lies there")
    group = parser.add_argument_group("recipe")
    for name, text in OPTIONS.items():
        default = getattr(Recipe, name)
        option = "--" + name.replace("_", "-")
        group.add_argument(option, type=type(default), default=default, metavar="N", help=f"{text} ({default})")
    _add_device(parser)
    add_overwrite_argument(parser)
    add_common_arguments(parser)


def run_train(args: argparse.Namespace) -> int:
    """Do the work of ``train``."""
    from ..core.training.recipe import Recipe
    from ..core.training.train import train

    recipe = Recipe(minutes=args.minutes, **{name: getattr(args, name) for name in OPTIONS})
    _check(recipe)
    if args.out.suffix != ".safetensors":
        raise UsageError("The weights are written as .safetensors; give -o a name with this ending.")
    device = resolve_device(args.device)
    check_outputs([args.out], overwrite=args.overwrite)
    say(f"Training for {recipe.minutes:g} minutes on {device}. Ctrl-C keeps the state; the same command goes on.")
    progress = ConsoleProgress(quiet=args.quiet)
    header = train(args.data, args.out, recipe, device, fresh=args.fresh, progress=progress)
    progress.close()
    figures = header["figures"]
    emit({"weights": str(args.out), "figures": figures}, f"Written: {args.out}\n{table(figures['lifter'])}", args.json)
    return 0


def add_evaluate_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``evaluate``."""
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="folder that holds mocap_val.npz")
    parser.add_argument("--weights", default="default", metavar="NAME|FILE", help="lifter to measure")
    _add_device(parser)
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


def _check(recipe: "Recipe") -> None:
    """Raise UsageError for settings that make no network or no training."""
    for name in ("minutes", "learning_rate", "stride_seconds"):
        if getattr(recipe, name) <= 0:
            raise UsageError(f"--{name.replace('_', '-')} must be more than 0.")
    for field in fields(recipe):
        value = getattr(recipe, field.name)
        if isinstance(value, int) and field.name != "seed" and value < 1:
            raise UsageError(f"--{field.name.replace('_', '-')} must be at least 1.")
    if not 0 <= recipe.prior_share <= 1:
        raise UsageError("--prior-share must be between 0 and 1.")
    if recipe.dim_feat % recipe.num_heads:
        raise UsageError("--dim-feat must be a multiple of --num-heads.")


def _add_device(parser: argparse.ArgumentParser) -> None:
    choices = ["auto", "cpu", "cuda", "mps"]
    parser.add_argument("--device", choices=choices, default="auto", help="where the network runs")


def _weights_file(name: str) -> Path:
    """Return the file of weights that are named, or given as a path."""
    if Path(name).suffix or Path(name).exists():
        return Path(name)
    from ..weights.store import ensure

    return ensure(name, log=say)
