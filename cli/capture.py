"""``posewright track`` and ``posewright animate``."""

import argparse
import importlib.util
import tempfile
from pathlib import Path
from typing import Protocol

from ..core.outputs import check_outputs
from ..core.sequence import file_of, title_of
from ..core.settings import TrackSettings
from ..core.take import Take
from ..errors import UsageError
from ..progress import Progress
from ..rigging.blender.outputs import check_output
from .console import ConsoleProgress, emit
from .options import (
    add_capture_arguments,
    add_common_arguments,
    add_overwrite_argument,
    capture_settings,
)
from .retarget import add_rig_arguments, check_rig_options, rig_file, rig_request

TAKE_ENDINGS = (".npz", ".bvh")
CLIP_HELP = "a video of a person, or numbered pictures: a folder, walk_####.png, or the first of them"
CAMERAS = {"static": "camera standing still", "pan": "camera turning", "solved": "camera solved"}
"""What is said of the kinds of cameras."""


class Tracker(Protocol):
    """Something that turns footage into a Take and keeps its models loaded."""

    def track(self, path: Path, progress: Progress) -> Take:
        """Capture one clip."""
        ...


def open_tracker(settings: TrackSettings) -> Tracker:
    """Return a tracker in this process, or, where torch is missing (inside Blender), one in a worker process."""
    if importlib.util.find_spec("torch") is None:
        from .in_blender import WorkerTracker

        return WorkerTracker(settings)
    from ..core.pipeline import Tracker as LocalTracker

    return LocalTracker(settings)


def add_track_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``track``."""
    parser.add_argument("clip", type=Path, metavar="CLIP", help=CLIP_HELP)
    parser.add_argument(
        "-o", "--out", type=Path, required=True, metavar="TAKE", help="the take, .npz, or .bvh for other programs"
    )
    _add_preview_arguments(parser)
    add_capture_arguments(parser)
    add_overwrite_argument(parser)
    add_common_arguments(parser)


def add_animate_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``animate``."""
    parser.add_argument("clip", type=Path, metavar="CLIP", help=CLIP_HELP)
    add_rig_arguments(parser)
    parser.add_argument("--take", type=Path, metavar="TAKE.npz", help="keep the take as well")
    _add_preview_arguments(parser)
    add_capture_arguments(parser)
    add_overwrite_argument(parser)
    add_common_arguments(parser)


def _add_preview_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--preview", type=Path, metavar="VIDEO.mp4", help="footage and result side by side")
    parser.add_argument("--sheet", type=Path, metavar="PICTURE.png", help="moments of the preview on one picture")


def run_track(args: argparse.Namespace) -> int:
    """Do the work of ``track``."""
    settings = capture_settings(args)
    _require_ending(args.out, TAKE_ENDINGS)
    check_outputs([args.out, args.preview, args.sheet], overwrite=args.overwrite)
    progress = ConsoleProgress(quiet=args.quiet)
    take = open_tracker(settings).track(args.clip, progress)
    write_take(take, args.out)
    write_previews(take, args.clip, args.preview, args.sheet, progress)
    progress.close()
    camera, warnings = camera_kind(take), take_warnings(take)
    result = {"out": str(args.out), "frames": take.frames, "fps": take.fps, "camera": camera, "warnings": warnings}
    lines = [f"{args.out}: {take.frames} frames at {take.fps:g} frames/s, {CAMERAS[camera]}", *warnings]
    emit(result, "\n".join(lines), args.json)
    return 0


def run_animate(args: argparse.Namespace) -> int:
    """Do the work of ``animate``."""
    from ..rigging.blender.launch import run_in_blender

    settings = capture_settings(args)
    check_rig_options(args, args.out)
    check_output(args.out, rig_file(args), overwrite=args.overwrite)
    check_outputs([args.out, args.take, args.preview, args.sheet], overwrite=args.overwrite)
    progress = ConsoleProgress(quiet=args.quiet)
    take = open_tracker(settings).track(args.clip, progress)
    with tempfile.TemporaryDirectory(prefix="posewright-") as folder:
        motion = Path(folder) / f"{title_of(args.clip)}.npz"  # the action is named after it
        take.save(motion)
        result = run_in_blender(rig_request(args, motion, clip=file_of(args.clip)), progress)
    if args.take is not None:
        write_take(take, args.take)
    write_previews(take, args.clip, args.preview, args.sheet, progress)
    progress.close()
    warnings = take_warnings(take)
    lines = [
        f"{args.out}: {take.frames} frames on {result['bones_keyed']} bones of {result['armature']}, "
        f"{CAMERAS[camera_kind(take)]}",
        *result.get("notes", []),
        *warnings,
    ]
    facts = {"fps": take.fps, "camera": camera_kind(take), "warnings": warnings}
    emit({**result, **facts}, "\n".join(lines), args.json)
    return 0


def write_take(take: Take, path: Path) -> None:
    """Write a take as .npz or .bvh by the ending of its name."""
    if path.suffix.lower() == ".bvh":
        from ..core.bvh import write_bvh

        write_bvh(take, path)
    else:
        take.save(path)


def write_previews(take: Take, clip: Path, video: Path | None, sheet: Path | None, progress: Progress) -> None:
    """Draw the preview video and the contact sheet that were asked for."""
    if video is None and sheet is None:
        return
    if importlib.util.find_spec("cv2") is None:
        from .in_blender import draw_previews

        draw_previews(take, clip, {"video": video, "sheet": sheet}, progress)
        return
    from ..core import preview

    if video is not None:
        preview.render_preview(take, clip, video, progress)
    if sheet is not None:
        preview.contact_sheet(take, clip, sheet)


def camera_kind(take: Take) -> str:
    """Return how the camera of a capture moved: one of ``CAMERAS``."""
    return str(take.provenance.get("camera", {}).get("kind", "static"))


def take_warnings(take: Take) -> list[str]:
    """Return what the capture wants the user to know, as sentences."""
    return [str(text) for text in take.provenance.get("warnings", [])]


def _require_ending(path: Path, endings: tuple[str, ...]) -> None:
    if path.suffix.lower() not in endings:
        raise UsageError(f"The output {path.name} must end in one of {', '.join(endings)}.")
