"""Captures from inside Blender, whose own Python needs numpy alone: the networks run in a worker process."""

import tempfile
from collections.abc import Mapping
from dataclasses import asdict, replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.settings import TrackSettings
from ..core.take import Take
from ..progress import Progress
from .runtime.choice import Runtime
from .worker_process import WorkerJob, WorkerProcess, ask_worker

if TYPE_CHECKING:
    from ..core.camera.solved import SolvedCamera

SCENE = "scene"  # the camera of the open scene, as a setting

_file_numbers = count(1)


def scene_camera(clip: Path, settings: TrackSettings, first_frame: float | None = None) -> "SolvedCamera | None":
    """Return the camera of the open scene when the settings say that it filmed the clip, else None.

    The used part of the clip begins at ``first_frame`` of the scene (its start frame unless given). Raises
    PosewrightError when the scene has no camera that fits.
    """
    if settings.camera != SCENE:
        return None
    from ..rigging.blender.cameras import scene_camera_for

    return scene_camera_for(clip, start=settings.start, end=settings.end, first_frame=first_frame, rate=settings.fps)


def start_track(
    worker: WorkerProcess, clip: Path, settings: TrackSettings, camera: "SolvedCamera | None" = None
) -> WorkerJob:
    """Begin a capture; the result's "out" is the file of the Take, in the worker's folder.

    ``camera`` is that of the scene, as ``scene_camera`` returns it.
    """
    number = next(_file_numbers)
    if camera is not None:
        file = worker.folder / f"camera-{number}.json"
        camera.save(file)
        settings = replace(settings, camera=str(file), focal_px=None, fov=None)
    out = worker.folder / f"take-{number}.npz"
    return WorkerJob(worker, "track", clip=str(clip.absolute()), out=str(out), settings=asdict(settings))


def start_relift(worker: WorkerProcess, take: Take, device: str | None = None) -> WorkerJob:
    """Begin to lift a take again from its own keypoints; the result's "out" is the new Take's file.

    ``device`` is that of the capture unless given.
    """
    number = next(_file_numbers)
    source, out = (worker.folder / f"{name}-{number}.npz" for name in ("relift", "take"))
    take.save(source)
    return WorkerJob(worker, "relift", take=str(source), out=str(out), device=device)


class WorkerTracker:
    """Track clips in a worker process that keeps its models loaded between them (see ``cli.capture.Tracker``)."""

    def __init__(self, settings: TrackSettings, first_frame: float | None = None) -> None:
        """``first_frame`` of the scene is where a clip begins that the scene's camera filmed."""
        self._settings = settings
        self._first_frame = first_frame
        self._worker: WorkerProcess | None = None

    def track(self, path: Path, progress: Progress) -> Take:
        """Capture one clip; errors and cancelling as in ``core.pipeline.Tracker.track``."""
        if self._worker is None:
            self._worker = WorkerProcess(Runtime.prepare(progress))
        try:
            camera = scene_camera(path, self._settings, self._first_frame)
            return Take.load(start_track(self._worker, path, self._settings, camera).wait(progress)["out"])
        finally:
            if not self._worker.alive:
                self.close()

    def close(self) -> None:
        """End the worker process."""
        if self._worker is not None:
            self._worker.close()
            self._worker = None


def draw_previews(take: Take, clip: Path, pictures: Mapping[str, Path | None], progress: Progress) -> None:
    """Draw previews in a worker: ``pictures`` may hold "video" and "sheet"."""
    wanted = {name: str(path.absolute()) for name, path in pictures.items() if path is not None}
    with tempfile.TemporaryDirectory(prefix="posewright-") as folder:
        file = Path(folder) / "take.npz"
        take.save(file)
        ask_worker(Runtime.python(), "preview", progress, take=str(file), clip=str(clip.absolute()), **wanted)
