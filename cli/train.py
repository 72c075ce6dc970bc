"""``posewright train``: a lifter of one's own."""

import argparse
from pathlib import Path
from typing import Any

from ..core.device import resolve_device
from ..core.outputs import check_outputs
from ..errors import UsageError
from .console import ConsoleProgress, emit, say
from .evaluation_tables import table
from .options import add_common_arguments, add_device_argument, add_overwrite_argument


def add_train_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``train``."""
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="mocap_train.npz and mocap_val.npz")
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="WEIGHTS.safetensors", help="weights to write")
    parser.add_argument(
        "--config",
        default="cpu",
        metavar="cpu|gpu|FILE.toml",
        help="settings: for one CPU core (default), for half an hour on a GPU, or of your own",
    )
    parser.add_argument("--minutes", type=float, metavar="N", help="how long to train (default: as the config says)")
    parser.add_argument("--seed", type=int, metavar="N", help="seed of all random numbers (default: the config's)")
    parser.add_argument("--start-from", type=Path, metavar="WEIGHTS", help="begin with these weights, where they fit")
    parser.add_argument("--stop-after", type=float, metavar="N", help="stop this call after N minutes; go on later")
    parser.add_argument("--fresh", action="store_true", help="start anew, even if an unfinished training lies there")
    add_device_argument(parser)
    add_overwrite_argument(parser)
    add_common_arguments(parser)


def run_train(args: argparse.Namespace) -> int:
    """Do the work of ``train``."""
    from ..core.training.config import read_recipe
    from ..core.training.train import train

    recipe = read_recipe(args.config, _changes(args))
    if args.minutes is not None and recipe.by_steps:
        raise UsageError("The config counts steps; leave --minutes away, or leave prior_steps and joint_steps away.")
    if args.stop_after is not None and args.stop_after <= 0:
        raise UsageError("--stop-after must be more than 0 minutes.")
    if args.out.suffix != ".safetensors":
        raise UsageError("The weights are written as .safetensors; give -o a name with this ending.")
    device = resolve_device(args.device)
    check_outputs([args.out, args.out.with_suffix(".md")], overwrite=args.overwrite)
    length = (
        f"{sum((recipe.prior_steps, recipe.joint_steps))} steps" if recipe.by_steps else f"{recipe.minutes:g} minutes"
    )
    say(f"Training for {length} on {device}. Ctrl-C keeps the state; the same command goes on.")
    progress = ConsoleProgress(quiet=args.quiet)
    seconds = None if args.stop_after is None else args.stop_after * 60
    header = train(args.data, args.out, recipe, device, fresh=args.fresh, stop_after=seconds, progress=progress)
    progress.close()
    if header is None:
        text = "Not finished; the state is kept. The same command (without --fresh) goes on."
        emit({"finished": False}, text, args.json)
        return 0
    figures = header["figures"]
    result = {"finished": True, "weights": str(args.out), "figures": figures}
    emit(result, f"Written: {args.out}\n{table(figures['lifter'])}", args.json)
    return 0


def _changes(args: argparse.Namespace) -> dict[str, Any]:
    """Return the settings that the command line changes."""
    given = {"minutes": args.minutes, "seed": args.seed}
    changes = {name: value for name, value in given.items() if value is not None}
    if args.start_from is not None:
        changes["start_from"] = str(args.start_from)
    return changes
