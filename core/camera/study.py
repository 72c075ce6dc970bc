"""What is known of a clip's camera before its frames are read, and what its background adds."""

from dataclasses import dataclass
from math import log
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ...errors import UsageError
from ...progress import Progress, silent
from ..footage import FootageInfo
from ..settings import TrackSettings
from ..values import Camera, CameraMotion, Keypoints
from .focal import Focal, choose_focal
from .motion import widest
from .solved import SolvedCamera, read_camera

if TYPE_CHECKING:
    from .panning import Pair

CHOICES: Final = ("auto", "static", "pan")
"""Kinds of cameras that can be asked for; anything else is the file of a solved one."""

LOOK: Final = 0.2
"""Part of the work that the decision is, for the progress."""

OFTEN_LOST: Final = 0.02
"""Part of the frames whose background may be lost without a word."""

TRAVELS: Final = (
    "The camera seems to have travelled, not only turned, so the path of the person and the floor will be off. Film "
    "from one place, or solve the camera in Blender and choose it (--camera, in Blender under Options)."
)
PLAIN: Final = (
    "The background is too plain to tell whether the camera moved; it is taken to stand still; if it did not, "
    "say how it moved (--camera, in Blender under Options)."
)


@dataclass(frozen=True)
class KnownCamera:
    """What settings and files tell of a camera."""

    choice: str  # one of CHOICES, or "solved"
    focal: Focal
    solved: SolvedCamera | None


@dataclass(frozen=True)
class StudiedCamera:
    """The camera of a clip: constant intrinsics, motion (None for one that stands still), and what to say of it."""

    camera: Camera
    motion: CameraMotion | None
    focal: Focal
    facts: dict[str, Any]  # for the provenance
    warnings: list[str]


def known_camera(settings: TrackSettings, info: FootageInfo) -> KnownCamera:
    """Return what is known of the camera of a clip.

    Raises UsageError for values that are not possible, PosewrightError for a camera file that cannot be used.
    """
    size = (info.width, info.height)
    if settings.camera in CHOICES:
        return KnownCamera(settings.camera, choose_focal(settings, size, info.path), None)
    if settings.camera == "scene":
        raise UsageError("--camera scene needs a file open in Blender: blender -b FILE --command posewright ...")
    solved = read_camera(Path(settings.camera))
    scale = info.width / solved.image_size[0]
    return KnownCamera("solved", Focal(float(solved.focal_px[0]) * scale, "solved camera", 0.0), solved)


def study_camera(
    known: KnownCamera, info: FootageInfo, keypoints: Keypoints, progress: Progress = silent
) -> StudiedCamera:
    """Return the camera of a clip, whose keypoints tell where the person hides the background.

    Raises PosewrightError when a solved camera does not fit the clip.
    """
    size = (info.width, info.height)
    if known.solved is not None:
        camera, motion = known.solved.seen_at(keypoints.times, size)
        return StudiedCamera(camera, motion, known.focal, _facts("solved", known.focal), [])
    if known.choice == "static":
        return _standing(known.focal, size, [])
    return _by_background(known, info, keypoints, progress)


def _by_background(known: KnownCamera, info: FootageInfo, keypoints: Keypoints, progress: Progress) -> StudiedCamera:
    from .background import Shrink
    from .panning import follow, look

    size, scale = (info.width, info.height), Shrink(keypoints).scale
    progress("camera", 0.0)
    glance = look(info, keypoints, known.focal.px, lambda stage, done, note="": progress(stage, LOOK * done, note))
    if known.choice == "auto" and not glance.moved:
        progress("camera", 1.0, "stands still")
        return _standing(known.focal, size, [PLAIN] if glance.moved is None else [])
    focal, moves_on = _told_by(glance.pairs, known.focal, scale)
    panned = follow(
        info, keypoints, focal.px, lambda stage, done, note="": progress(stage, LOOK + (1 - LOOK) * done, note)
    )
    progress("camera", 1.0, "turns")
    warnings = []
    if panned.lost > OFTEN_LOST:
        warnings.append(
            f"In {100 * panned.lost:.0f} % of the frames the background could not be followed; how the camera turned "
            "there is interpolated."
        )
    if moves_on:
        warnings.append(TRAVELS)
    shortest, motion = widest(focal.px, panned.motion)
    camera = Camera(shortest, (info.width / 2.0, info.height / 2.0), size)
    facts = _facts("pan", focal) | {"lost_percent": round(100 * panned.lost, 1), "travels": moves_on}
    return StudiedCamera(camera, motion, focal, facts, warnings)


def _told_by(pairs: "list[Pair]", focal: Focal, scale: float) -> tuple[Focal, bool]:
    """Return the focal length, made surer by pairs of turned pictures (small by ``scale``), and whether these show a
    camera that travels instead: then points move past each other, or as no turn of a likely lens moves them."""
    from .panning import UNLIKELY, focal_from_turns, travels

    found = focal_from_turns(pairs, focal.px * scale) if focal.sigma > 0 else None
    if found is None:
        return focal, travels(pairs, focal.px * scale)
    if abs(log(found[0] / (focal.px * scale))) > UNLIKELY:
        return focal, True
    surer = focal.refined(found[0] / scale, found[1], "background")
    return surer, travels(pairs, surer.px * scale)


def _standing(focal: Focal, size: tuple[int, int], warnings: list[str]) -> StudiedCamera:
    camera = Camera(focal.px, (size[0] / 2.0, size[1] / 2.0), size)
    return StudiedCamera(camera, None, focal, _facts("static", focal), warnings)


def _facts(kind: str, focal: Focal) -> dict[str, Any]:
    return {
        "kind": kind,
        "focal_px": focal.px,
        "focal_source": focal.source,
        "focal_sigma_percent": round(100 * focal.sigma, 1),
    }
