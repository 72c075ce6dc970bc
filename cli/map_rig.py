"""``posewright map``: which bones of a rig are which parts of the body, how sure that is, and corrections of it."""

import argparse
import tempfile
from pathlib import Path
from typing import Any

from ..core.outputs import check_outputs
from ..errors import UsageError
from ..rigging.blender.inputs import MANNEQUIN, check_rig
from ..rigging.maps.judgement import DOUBTFUL
from .console import ConsoleProgress, emit
from .options import add_common_arguments, add_overwrite_argument

SURE = 0.75  # from here on nothing is said


def add_map_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``map``."""
    parser.add_argument("rig", metavar="RIG", help='.blend .fbx .glb .gltf .vrm .bvh with an armature, or "mannequin"')
    parser.add_argument("-o", "--out", type=Path, metavar="MAP.json", help="write the map, to correct or to share it")
    parser.add_argument("--picture", type=Path, metavar="P.png", help="draw the rig with its parts in colours")
    parser.add_argument("--map", type=Path, metavar="FILE.json", help="your own map, which overrides what is found")
    parser.add_argument("--armature", metavar="NAME", help="which armature, when the file holds several")
    parser.add_argument(
        "--remember", action="store_true", help="keep the map for this rig; every command then uses it by itself"
    )
    parser.add_argument("--forget", action="store_true", help="forget the map that was kept for this rig")
    parser.add_argument("--blender", metavar="PROGRAM", help="do the work in this Blender (4.2 or newer)")
    add_overwrite_argument(parser)
    add_common_arguments(parser)


def run_map(args: argparse.Namespace) -> int:
    """Do the work of ``map``."""
    from ..core.preview.picture import PICTURE_ENDINGS
    from ..rigging.blender.launch import run_in_blender

    check_rig(args.rig, args.map)
    if args.out is not None and args.out.suffix.lower() != ".json":
        raise UsageError(f"The map {args.out.name} must end in .json.")
    if args.picture is not None and args.picture.suffix.lower() not in PICTURE_ENDINGS:
        raise UsageError(f"The picture {args.picture.name} must end in one of {', '.join(PICTURE_ENDINGS)}.")
    if args.remember and args.forget:
        raise UsageError("Choose one of --remember and --forget.")
    check_outputs([args.out, args.picture], overwrite=args.overwrite)
    progress = ConsoleProgress(quiet=args.quiet)
    with tempfile.TemporaryDirectory(prefix="posewright-", ignore_cleanup_errors=True) as folder:
        request = {
            "job": "map",
            "rig": args.rig,
            "armature": args.armature,
            "map": str(args.map) if args.map else None,
            "out": str(args.out) if args.out else None,
            "remember": args.remember,
            "forget": args.forget,
            "folder": folder if args.picture else None,
            "blender": args.blender,
        }
        result = run_in_blender(request, progress)
        if args.picture is not None:
            _draw(args, result)
    progress.close()
    result = {key: value for key, value in result.items() if key != "drawing"}
    outputs = {"out": args.out, "picture": args.picture}
    result |= {key: str(path) for key, path in outputs.items() if path is not None}
    emit(result, "\n".join(table(result, asked_to_forget=args.forget)), args.json)
    return 0


def _draw(args: argparse.Namespace, result: dict[str, Any]) -> None:
    from ..core.preview.picture import write_picture
    from ..core.preview.rig_map import RigDrawing, draw_rig_map

    drawing = RigDrawing.load(Path(result["drawing"]))
    name = args.rig if args.rig == MANNEQUIN else Path(args.rig).name
    title = f"{name}: {result['armature']}"
    page = draw_rig_map(drawing, result["map"], result["confidence"], result["missing"], title, result["source"])
    write_picture(args.picture, page)


def table(result: dict[str, Any], *, asked_to_forget: bool) -> list[str]:
    """Return what people read: a table of the parts, then what is not found or doubtful."""
    rows = [(part.replace("_", " "), ", ".join(bones), part) for part, bones in result["map"].items()]
    wide = max(len(part) for part, _, _ in rows)
    long = min(60, max(len(bones) for _, bones, _ in rows))
    lines = [f"{result['armature']}: {result['bones']} bones, mapped by {result['source']}", ""]
    for words, bones, part in rows:
        value = result["confidence"].get(part, 0.0)
        said = "" if value >= SURE else "  fairly sure" if value >= DOUBTFUL else "  doubtful"
        lines.append(f"  {words:<{wide}}  {bones:<{long}}  {100 * value:3.0f} %{said}")
    lines += ["", *result["notes"]]
    if result["remembered"]:
        lines.append(f"Remembered for this rig: {result['remembered']}")
    if asked_to_forget:
        forgotten = "The map that was remembered for this rig is forgotten."
        lines.append(forgotten if result["forgotten"] else "No map was remembered for this rig.")
    lines += [f"{word}: {result[key]}" for key, word in (("out", "Map"), ("picture", "Picture")) if key in result]
    return [line.rstrip() for line in lines]
