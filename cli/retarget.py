"""``posewright retarget``: a take or a BVH file onto a rig; and the rig options that other commands share."""

import argparse
from pathlib import Path
from typing import Any

from ..errors import UsageError
from ..rigging.blender.inputs import MANNEQUIN, check_motion, check_rig
from ..rigging.blender.outputs import EXPORT_FOR, OUT_ENDINGS, check_export_for, check_output
from ..rigging.keys.settings import INTERPOLATIONS, KeySettings
from ..rigging.settings import DRIVE_MODES, RetargetSettings
from ..rigging.solver.reaching import HAND_MODES
from ..rigging.solver.roots import PLACES, ROOT_MODES
from ..rigging.solver.stances import FEET_MODES
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
            "-o", "--out", type=Path, required=True, metavar="OUT", help=f"one of {' '.join(OUT_ENDINGS)}"
        )
    group.add_argument("--export-for", choices=EXPORT_FOR, help="write .fbx and .glb as this game engine wants them")
    group.add_argument("--armature", metavar="NAME", help="which armature, when the file holds several")
    group.add_argument("--map", type=Path, metavar="FILE.json", help="your own map of the bones")
    group.add_argument("--blender", metavar="PROGRAM", help="do the work in this Blender (4.2 or newer)")
    _add_motion_arguments(parser)
    _add_key_arguments(parser)


def _add_motion_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of how the rig is moved."""
    group = parser.add_argument_group("motion")
    group.add_argument(
        "--feet",
        choices=FEET_MODES,
        default="auto",
        help="auto: feet stand where the contacts of the motion say; always: also where the rig's own feet are slow "
        "and low; never: limbs point exactly as the person's; ground: no foot sinks into the floor (default: auto)",
    )
    group.add_argument(
        "--drive",
        choices=DRIVE_MODES,
        default="auto",
        help="what gets the keys of a control rig: auto: its controls, FK where there are any, else IK; fk; ik; "
        "deform: the bones that move the mesh, and what holds them is muted in the result (default: auto)",
    )
    group.add_argument(
        "--root",
        choices=ROOT_MODES,
        default="hips",
        help="what carries the body: hips; bone: the topmost bone, on the floor (root motion of game engines); object: "
        "the armature object in the same way, for rigs without such a bone; in-place: nothing, the character stays "
        "where it stands (default: hips)",
    )
    group.add_argument(
        "--place",
        choices=PLACES,
        default="origin",
        help="where the motion starts: origin: as it lies in its own world; character: where the rig stands and as it "
        "faces (default: origin)",
    )
    group.add_argument(
        "--hands",
        choices=HAND_MODES,
        default="contacts",
        help="contacts: hands that meet in the motion meet on the rig, whose arms are of other lengths; directions: "
        "arms point exactly as the person's (default: contacts)",
    )
    group.add_argument("--no-fingers", action="store_true", help="leave fingers as they rest")


def _add_key_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the keyframes."""
    group = parser.add_argument_group("keyframes")
    group.add_argument("--action", metavar="NAME", help="name of the new action (default: that of the motion)")
    group.add_argument("--nla", action="store_true", help="put the action into a strip on a new NLA track")
    group.add_argument("--key-rate", type=float, metavar="N", help="keys a second (default: one for every frame)")
    group.add_argument(
        "--reduce", type=float, metavar="DEGREES", help="leave keys out as long as no bone is off by more than this"
    )
    group.add_argument(
        "--interpolation", choices=INTERPOLATIONS, default="linear", help="between keys (default: linear)"
    )


def retarget_settings(args: argparse.Namespace) -> RetargetSettings:
    """Return the choices of the command line; UsageError for a value that makes no sense."""
    keys = KeySettings(
        name=args.action,
        nla=args.nla,
        rate=args.key_rate,
        reduce_degrees=args.reduce,
        interpolation=args.interpolation,
        start=getattr(args, "motion_start", None),
        end=getattr(args, "motion_end", None),
    )
    return RetargetSettings(
        feet=args.feet,
        drive=args.drive,
        root=args.root,
        place=args.place,
        hands=args.hands,
        fingers=not args.no_fingers,
        keys=keys,
    )


def check_rig_options(args: argparse.Namespace, out: Path) -> None:
    """Refuse choices that make no sense and files that are not there, before the work starts."""
    retarget_settings(args)
    check_export_for(args.export_for, out)
    check_rig(args.rig, args.map)


def rig_file(args: argparse.Namespace) -> Path | None:
    """Return the file of the rig, None for the built-in character."""
    return None if args.rig == MANNEQUIN else Path(args.rig)


def rig_request(
    args: argparse.Namespace, motion: Path, *, out: Path | None = None, clip: Path | None = None
) -> dict[str, Any]:
    """Return the request for ``rigging.blender.launch.run_in_blender``."""
    return {
        "motion": str(motion),
        "rig": args.rig,
        "armature": args.armature,
        "map": str(args.map) if args.map else None,
        "settings": retarget_settings(args).to_json(),
        "out": str(out or args.out),
        "export_for": args.export_for,
        "overwrite": args.overwrite,
        "clip": str(clip) if clip else None,
        "blender": args.blender,
    }


def add_retarget_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``retarget``."""
    parser.add_argument(
        "motion", type=Path, nargs="?", metavar="MOTION", help="a take (.npz), a .bvh file, or as --from-rig"
    )
    source = parser.add_argument_group("motion of another rig")
    source.add_argument(
        "--from-rig",
        type=Path,
        metavar="FILE",
        help="the motion is that of the character in this .blend .fbx .glb .gltf .vrm or .usdc file",
    )
    source.add_argument("--from-armature", metavar="NAME", help="which armature, when the file holds several")
    source.add_argument("--from-action", metavar="NAME", help="which action (default: the one that the file shows)")
    parser.add_argument("--start", dest="motion_start", type=float, metavar="SECONDS", help="begin here in the motion")
    parser.add_argument("--end", dest="motion_end", type=float, metavar="SECONDS", help="end here in the motion")
    add_rig_arguments(parser)
    add_overwrite_argument(parser)
    add_common_arguments(parser)


def run_retarget(args: argparse.Namespace) -> int:
    """Do the work of ``retarget``."""
    from ..rigging.blender.launch import run_in_blender

    if (args.motion is None) == (args.from_rig is None):
        raise UsageError("Give either a motion (.npz or .bvh) or, with --from-rig, a file with an animated character.")
    motion = args.motion or args.from_rig
    check_rig_options(args, args.out)
    named = args.from_armature is not None or args.from_action is not None
    check_motion(motion, character=args.from_rig is not None, parts_named=named)
    check_output(args.out, rig_file(args), overwrite=args.overwrite, motion=motion)
    request = rig_request(args, motion)
    request |= {"from_armature": args.from_armature, "from_action": args.from_action}
    progress = ConsoleProgress(quiet=args.quiet)
    result = run_in_blender(request, progress)
    progress.close()
    lines = [
        f"{args.out}: {result['frames']} frames on {result['bones_keyed']} bones of {result['armature']}",
        *result.get("notes", []),
    ]
    emit(result, "\n".join(lines), args.json)
    return 0
