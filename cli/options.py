"""Options that several commands share."""

import argparse
from dataclasses import fields
from pathlib import Path

from ..core.settings import ALL_TERMS, DEFAULT_FILTER, FILTERS, REFINE_TERMS, TrackSettings, refine_terms
from ..errors import UsageError

CAMERAS = ("auto", "static", "pan", "scene")


def add_common_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what every command understands."""
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object")
    parser.add_argument("-v", "--verbose", action="store_true", help="say more, and show details of errors")
    parser.add_argument("-q", "--quiet", action="store_true", help="no progress")


def add_device_argument(parser: argparse.ArgumentParser) -> None:
    """Add --device for commands that run a lifter alone."""
    choices = ["auto", "cpu", "cuda", "mps"]
    parser.add_argument("--device", choices=choices, default="auto", help="where the network runs")


def add_overwrite_argument(parser: argparse.ArgumentParser) -> None:
    """Add --overwrite."""
    parser.add_argument("--overwrite", action="store_true", help="replace outputs that exist")


def add_capture_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of a capture; ``capture_settings`` reads them."""
    group = parser.add_argument_group("capture")
    group.add_argument(
        "--device",
        choices=["auto", "cpu", "cuda", "mps"],
        default="auto",
        help="where networks run (default: auto, the GPU if there is one)",
    )
    group.add_argument(
        "--quality",
        choices=["fast", "balanced", "best"],
        default="balanced",
        help="how many looks each frame gets: fast 1, balanced 2, best 4 (default: balanced)",
    )
    group.add_argument(
        "--person",
        default="largest",
        metavar="largest|N|X,Y[@S]",
        help="whom to follow: the largest, the N-th largest, or the one at pixel X,Y of the first frame, or @S seconds",
    )
    group.add_argument("--start", type=float, metavar="SECONDS", help="begin here")
    group.add_argument("--end", type=float, metavar="SECONDS", help="stop here")
    group.add_argument(
        "--fps",
        type=float,
        metavar="N",
        help="frame rate of the take (default: the footage's); of numbered pictures, which tell none, also theirs",
    )
    group.add_argument("--focal-px", type=float, metavar="PIXELS", help="focal length of the camera, in pixels")
    group.add_argument("--fov", type=float, metavar="DEGREES", help="horizontal field of view of the camera")
    group.add_argument(
        "--camera",
        default="auto",
        metavar="auto|static|pan|scene|FILE",
        help="how the camera moved. auto (the default) finds out; static: it stood still; pan: it turned or zoomed on "
        "the spot, or was held in the hand; FILE: a solved camera; scene: the camera of the file open in Blender",
    )
    group.add_argument("--height", type=float, metavar="METRES", help="the person's height (default 1.70)")
    group.add_argument(
        "--smooth",
        type=float,
        default=0.5,
        metavar="0..1",
        help="how strongly to smooth, 0 is not at all (default 0.5)",
    )
    group.add_argument(
        "--filter",
        choices=list(FILTERS),
        default=DEFAULT_FILTER,
        help=f"how to smooth (default {DEFAULT_FILTER}: {FILTERS[DEFAULT_FILTER]})",
    )
    group.add_argument(
        "--refine",
        default=ALL_TERMS,
        metavar="TERM,...|none",
        help="what the body is fitted to (default: all): none, or a list, without spaces, of "
        + ", ".join(REFINE_TERMS),
    )
    group.add_argument("--lifter", default="default", metavar="NAME|FILE", help="weights that lift to 3D")
    group.add_argument("--detector", default="blazepose", metavar="NAME", help="weights that find the keypoints")
    group.add_argument("--offline", action="store_true", help="never use the network")


def capture_settings(args: argparse.Namespace) -> TrackSettings:
    """Return the checked settings of a capture; UsageError for values that make no sense."""
    check_range("--start", args.start, 0, None)
    check_range("--end", args.end, 0, None)
    if args.start is not None and args.end is not None and args.end <= args.start:
        raise UsageError("--end must be later than --start.")
    check_range("--fps", args.fps, 1, 1000)
    check_range("--focal-px", args.focal_px, 1, None)
    check_range("--fov", args.fov, 1, 179)
    check_range("--height", args.height, 0.3, 3.0)
    check_range("--smooth", args.smooth, 0, 1)
    if args.focal_px is not None and args.fov is not None:
        raise UsageError("Give --focal-px or --fov, not both.")
    _check_person(args.person)
    refine_terms(args.refine)
    values = {f.name: getattr(args, f.name) for f in fields(TrackSettings)}
    values["camera"] = _camera(args.camera, args.focal_px is not None or args.fov is not None)
    return TrackSettings(**values)


def _camera(text: str, focal_given: bool) -> str:
    """Return the kind of camera, or the full path of its file; UsageError when there is no such file."""
    known = text in CAMERAS
    if not known and not Path(text).is_file():
        raise UsageError(f'--camera must be {", ".join(CAMERAS)} or a file; there is no file "{text}".')
    if focal_given and (not known or text == "scene"):
        raise UsageError("A solved camera has its focal length: leave out --focal-px and --fov.")
    return text if known else str(Path(text).absolute())


def check_range(option: str, value: float | None, low: float, high: float | None) -> None:
    """Raise UsageError when a number that was given lies outside of its limits."""
    if value is None or (value >= low and (high is None or value <= high)):
        return
    limits = f"at least {low:g}" if high is None else f"between {low:g} and {high:g}"
    raise UsageError(f"{option} must be {limits}, not {value:g}.")


def _check_person(text: str) -> None:
    if text == "largest":
        return
    place, at, time = text.partition("@")
    try:
        numbers = [float(part) for part in place.split(",")]
        moments = [float(time)] if at else []
    except ValueError:
        numbers, moments = [], []
    whole = len(numbers) == 1 and numbers[0].is_integer() and numbers[0] >= 1 and not at
    if not whole and (len(numbers) != 2 or len(moments) != len(at)):
        raise UsageError(f'--person must be "largest", a number from 1, X,Y in pixels or X,Y@SECONDS, not "{text}".')
