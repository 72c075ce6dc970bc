"""``posewright contact-sheet``: animated characters as strips of pictures, beside the footage."""

import argparse
import math
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.outputs import check_outputs
from ..errors import UsageError
from ..rigging.blender.inputs import RIG_ENDINGS, check_file
from .console import ConsoleProgress, emit
from .options import add_common_arguments, add_overwrite_argument, check_range

if TYPE_CHECKING:
    from ..core.preview.strips import Strip

VIEWS = ("front", "side", "back", "other-side")
MOST_MOMENTS = 100


def add_contact_sheet_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``contact-sheet``."""
    parser.add_argument("results", nargs="+", type=Path, metavar="RESULT", help="animated .blend .fbx .glb .bvh files")
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="SHEET.png", help="the picture to write")
    parser.add_argument("--clip", type=Path, help="the footage, shown above the characters")
    parser.add_argument(
        "--clip-start", type=float, default=0.0, metavar="SECONDS", help="where in the footage the motion begins"
    )
    parser.add_argument("--clip-fps", type=float, metavar="N", help="its frame rate, where it is numbered pictures")
    parser.add_argument("--moments", type=int, default=8, metavar="N", help="how many columns (default: 8)")
    parser.add_argument("--views", default="front,side", help=f"some of {','.join(VIEWS)} (default: front,side)")
    parser.add_argument("--height", type=int, default=280, metavar="PIXELS", help="of each picture (default: 280)")
    parser.add_argument("--armature", metavar="NAME", help="which armature, when a file holds several")
    parser.add_argument("--blender", metavar="PROGRAM", help="do the work in this Blender (4.2 or newer)")
    add_overwrite_argument(parser)
    add_common_arguments(parser)


def run_contact_sheet(args: argparse.Namespace) -> int:
    """Do the work of ``contact-sheet``."""
    from ..core.footage import open_footage
    from ..core.preview.picture import PICTURE_ENDINGS
    from ..core.preview.strips import Strip, draw_strips

    if args.out.suffix.lower() not in PICTURE_ENDINGS:
        raise UsageError(f"The picture {args.out.name} must end in one of {', '.join(PICTURE_ENDINGS)}.")
    if not 1 <= args.moments <= MOST_MOMENTS or not 32 <= args.height <= 2048:
        raise UsageError(f"A sheet needs 1 to {MOST_MOMENTS} moments, and pictures of 32 to 2048 pixels.")
    views = _views(args.views)
    if not 0 <= args.clip_start < math.inf:
        raise UsageError(f"The motion cannot begin at {args.clip_start:g} s of the footage.")
    for result in args.results:
        check_file(result, RIG_ENDINGS, "rig")
    check_range("--clip-fps", args.clip_fps, 1, 1000)
    clip = None if args.clip is None else open_footage(args.clip, args.clip_fps)
    check_outputs([args.out], overwrite=args.overwrite)
    progress = ConsoleProgress(quiet=args.quiet)
    with tempfile.TemporaryDirectory(prefix="posewright-", ignore_cleanup_errors=True) as folder:
        strips: list[Strip] = []
        for number, result in enumerate(args.results):
            pictures = Path(folder) / str(number)
            pictures.mkdir()
            strips.append(_strip(args, result, views, pictures, progress))
        draw_strips(strips, args.out, clip, args.clip_start)
    progress.close()
    emit({"out": str(args.out), "characters": len(strips)}, f"{args.out}: {len(strips)} strips", args.json)
    return 0


def _views(words: str) -> list[str]:
    """Return the views that are asked for, each once."""
    views = list(dict.fromkeys(words.replace(",", " ").split()))
    if not views:
        raise UsageError(f"Give at least one view: {', '.join(VIEWS)}.")
    unknown = [view for view in views if view not in VIEWS]
    if unknown:
        raise UsageError(f"There is no view {unknown[0]}; choose from {', '.join(VIEWS)}.")
    return views


def _strip(
    args: argparse.Namespace, result: Path, views: list[str], folder: Path, progress: ConsoleProgress
) -> "Strip":
    """Return the strip of one animated file, rendered in a Blender process."""
    from ..core.preview.strips import Strip
    from ..rigging.blender.launch import run_in_blender

    request = {
        "job": "views",
        "result": str(result),
        "armature": args.armature,
        "folder": str(folder),
        "views": views,
        "moments": args.moments,
        "size": [max(16, round(args.height * 5 / 7)), args.height],
        "blender": args.blender,
    }
    made = run_in_blender(request, progress)
    shown = tuple((view, tuple(map(Path, made["pictures"][view]))) for view in views)
    return Strip(result.stem, tuple(made["times"]), shown)
