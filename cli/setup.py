"""``posewright setup``: make the private Python that analyses videos, or remove it."""

import argparse
import os
from pathlib import Path

from .console import ConsoleProgress, emit, say
from .options import add_common_arguments
from .runtime.builds import DEVICES
from .runtime.choice import Runtime
from .runtime.folder import RuntimeFolder
from .runtime.setup import Request, set_up


def add_setup_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``setup``."""
    parser.add_argument(
        "--device", choices=DEVICES, default="auto", help="the build of PyTorch (default: what the machine has)"
    )
    parser.add_argument("--folder", type=Path, help="where (default: the extension's own folder, or the cache)")
    parser.add_argument("--remove", action="store_true", help="remove what was set up")
    add_common_arguments(parser)


def run_setup(args: argparse.Namespace) -> int:
    """Do the work of ``setup``."""
    folder = RuntimeFolder(args.folder.expanduser().absolute()) if args.folder else Runtime.folder()
    if args.remove:
        size = folder.remove()
        emit({"bytes": size}, f"Removed {size / 1e6:.0f} MB from {folder.root}.", args.json)
        return 0
    progress = ConsoleProgress(quiet=args.quiet)
    request = Request(folder.root, args.device, bool(os.environ.get("POSEWRIGHT_OFFLINE")))
    try:
        made = set_up(request, progress, say if args.verbose else lambda text: None)
    finally:
        progress.close()
    for note in made["notes"]:
        say(note)
    emit(made, f"{made['sentence']}: PyTorch {made['torch']}, {made['megabytes']} MB in {made['folder']}.", args.json)
    return 0
