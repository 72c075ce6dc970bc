"""``posewright train``: a lifter of one's own."""

import argparse
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.device import resolve_device
from ..core.outputs import check_outputs
from ..errors import UsageError
from .console import ConsoleProgress, emit, say
from .evaluate import table
from .options import add_common_arguments, add_device_argument, add_overwrite_argument

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
    add_device_argument(parser)
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
