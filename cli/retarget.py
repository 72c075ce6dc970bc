"""``posewright retarget``: a take or a BVH file onto a rig; and the rig options that other commands share."""

import argparse
from pathlib import Path
from typing import Any

from ..core.outputs import check_outputs
from ..errors import UsageError
from ..rigging.blender.outputs import OUT_ENDINGS as RIG_ENDINGS
from ..rigging.stances import FEET_MODES
from .console import ConsoleProgress, emit
from .options import add_common_arguments, add_overwrite_argument


def add_rig_arguments(parser: argparse.ArgumentParser, *, out: bool = True) -> None:
    """Add the options of the rig; with ``out`` also the output file."""
    group = parser.add_argument_group("rig")
    group.add_argument(
        "--rig",
        required=out,
        metavar="RIG",
        help='.blend .fbx .glb .gltf .vrm .bvh with an armature, or "mannequin", the built-in character',
    )
    if out:
        group.add_argument(
            "-o", "--out", type=Path, required=True, metavar="OUT", help=f"one of {' '.join(RIG_ENDINGS)}"
        )
    group.add_argument("--armature", metavar="NAME", help="which armature, when the file holds several")
    group.add_argument("--map", type=Path, metavar="FILE.json", help="your own map of the bones")
    group.add_argument(
        "--feet",
        choices=FEET_MODES,
        default="auto",
        help="auto: feet stand where the contacts of the motion say; always: also where the rig's own feet are slow "
        "and low; never: limbs point exactly as the person's; ground: no foot sinks into the floor (default: auto)",
    )
    group.add_argument("--blender", metavar="PROGRAM", help="do the work in this Blender (4.2 or newer)")


def rig_request(
    args: argparse.Namespace, motion: Path, *, out: Path | None = None, clip: Path | None = None
) -> dict[str, Any]:
    """Return the request for ``rigging.blender.launch.run_in_blender``."""
    return {
        "motion": str(motion),
        "rig": args.rig,
        "armature": args.armature,
        "map": str(args.map) if args.map else None,
        "feet": args.feet,
        "out": str(out or args.out),
        "overwrite": args.overwrite,
        "clip": str(clip) if clip else None,
        "blender": args.blender,
    }


def add_retarget_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``retarget``."""
    parser.add_argument("motion", type=Path, metavar="MOTION", help="a take (.npz) or a .bvh file")
    add_rig_arguments(parser)
    add_overwrite_argument(parser)
    add_common_arguments(parser)


def run_retarget(args: argparse.Namespace) -> int:
    """Do the work of ``retarget``."""
    from ..rigging.blender.launch import run_in_blender

    if args.out.suffix.lower() not in RIG_ENDINGS:
        raise UsageError(f"The output {args.out.name} must end in one of {', '.join(RIG_ENDINGS)}.")
    check_outputs([args.out], overwrite=args.overwrite)
    progress = ConsoleProgress(quiet=args.quiet)
    result = run_in_blender(rig_request(args, args.motion), progress)
    progress.close()
    lines = [
        f"{args.out}: {result['frames']} frames on {result['bones_keyed']} bones of {result['armature']}",
        *result.get("notes", []),
    ]
    emit(result, "\n".join(lines), args.json)
    return 0
