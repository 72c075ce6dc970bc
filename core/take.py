"""The Take: motion of one person in the world, and the file that everything exchanges.

World: metres, right-handed, Z up, floor at z = 0; time in seconds. The file is a ``.npz`` without
pickles. Only ``joints``, ``joint_names`` and ``fps`` are required when reading, so that anybody's
motion can be retargeted. numpy only: this module is also imported inside Blender.
"""

import io
import json
import os
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..errors import PosewrightError

Kind = TypeVar("Kind", dict, list)

FORMAT_VERSION = 1

OPTIONAL = (
    "confidence",
    "contacts",
    "joints_raw",
    "joints_fitted",
    "keypoints",
    "keypoint_confidence",
    "keypoint_depth",
)
"""Arrays with a value for every frame that a file may lack."""

CAMERA = ("world_from_camera", "camera_path", "focal_path")
"""Arrays of the camera that a file may lack, in double precision."""

FASTEST = 10_000.0
"""Frames a second; beyond it a frame rate is a mistake, and what counts in seconds would span too many frames."""


@dataclass
class Take:
    """Motion of one person: F frames of J named joints."""

    joints: NDArray[np.float32]  # (F,J,3) metres, smoothed
    joint_names: tuple[str, ...]
    fps: float
    times: NDArray[np.float64] | None = None  # (F,) seconds in the footage
    confidence: NDArray[np.float32] | None = None  # (F,J) 0..1
    contacts: NDArray[np.float32] | None = None  # (F,4) left heel, left toe, right heel, right toe
    joints_raw: NDArray[np.float32] | None = None  # (F,J,3) metres, as lifted
    joints_fitted: NDArray[np.float32] | None = None  # (F,J,3) metres, as ``joints`` but for the filter over time
    keypoints: NDArray[np.float32] | None = None  # (F,J2,2) pixels of the footage
    keypoint_names: tuple[str, ...] = ()
    keypoint_confidence: NDArray[np.float32] | None = None  # (F,J2) 0..1
    keypoint_depth: NDArray[np.float32] | None = None  # (F,J2) the detector's own guess: metres behind the hips
    focal_px: float | None = None
    principal_point: tuple[float, float] | None = None
    image_size: tuple[int, int] | None = None  # width, height
    world_from_camera: NDArray[np.float64] | None = None  # (4,4) of the first frame; camera x right, y down, z away
    camera_path: NDArray[np.float64] | None = None  # (F,4,4) world_from_camera of every frame, of a camera that moves
    focal_path: NDArray[np.float64] | None = None  # (F,) focal length of every frame, pixels, of a camera that zooms
    provenance: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.times is None:
            self.times = np.arange(len(self.joints)) / self.fps

    @property
    def frames(self) -> int:
        """Number of frames."""
        return len(self.joints)

    def joint(self, name: str) -> NDArray[np.float32]:
        """Return the (F,3) path of one joint in metres; KeyError when the take lacks it."""
        try:
            return self.joints[:, self.joint_names.index(name)]
        except ValueError:
            raise KeyError(name) from None

    def recorded(self, name: str, kind: type[Kind]) -> Kind:
        """Return an entry of the provenance, empty where it is missing or, in files of others, of another kind."""
        entry = self.provenance.get(name)
        return entry if isinstance(entry, kind) else kind()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the take; the file appears complete or not at all."""
        target = Path(path)
        values: dict[str, Any] = {
            "format_version": np.int64(FORMAT_VERSION),
            "joints": self.joints.astype(np.float32),
            "joint_names": np.array(self.joint_names),
            "fps": np.float64(self.fps),
            "times": np.asarray(self.times, np.float64),
            "provenance": np.array(json.dumps(self.provenance)),
        }
        if self.keypoint_names:
            values["keypoint_names"] = np.array(self.keypoint_names)
        for name in (*OPTIONAL, "focal_px", "principal_point"):
            if getattr(self, name) is not None:
                values[name] = np.asarray(getattr(self, name), np.float32)
        if self.image_size is not None:
            values["image_size"] = np.asarray(self.image_size, np.int64)
        for name in CAMERA:
            if getattr(self, name) is not None:
                values[name] = np.asarray(getattr(self, name), np.float64)
        packed = io.BytesIO()  # the archive's own clean-up would fail a second time on a disk that is full
        np.savez_compressed(packed, **values)
        partial = target.with_name(target.name + ".part")
        try:
            partial.write_bytes(packed.getbuffer())
            partial.replace(target)
        except OSError as error:
            raise PosewrightError(f"The take could not be written to {target}: {error.strerror}.") from error
        finally:
            partial.unlink(missing_ok=True)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "Take":
        """Read a take; raises PosewrightError with a plain sentence when the file is not one."""
        source = Path(path)
        if not source.is_file():
            raise PosewrightError(f"There is no file {source}.")
        try:
            with np.load(source, allow_pickle=False) as stored:
                values = {key: stored[key] for key in stored.files}
        except (ValueError, TypeError, OSError, zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise PosewrightError(f"{source} is not a take: it is no .npz file of plain arrays.") from error
        try:
            take = cls._from_values(source, values)
        except (ValueError, TypeError, IndexError) as error:
            raise PosewrightError(f"{source} is not a take: it holds no numbers where numbers belong.") from error
        take._check(source)
        return take

    @classmethod
    def _from_values(cls, source: Path, values: dict[str, NDArray[Any]]) -> "Take":
        if "joints" not in values and "joints3d" in values:
            values["joints"] = values["joints3d"]
        missing = [key for key in ("joints", "joint_names", "fps") if key not in values]
        if missing:
            raise PosewrightError(f"{source} is not a take: it lacks {', '.join(missing)}.")
        joints = np.asarray(values["joints"], np.float32)
        names = tuple(str(name) for name in values["joint_names"])
        fps = float(values["fps"])
        if joints.ndim != 3 or joints.shape[2] != 3 or joints.shape[1] != len(names):
            raise PosewrightError(
                f"{source} is not a take: joints has the shape {joints.shape} for {len(names)} joint names."
            )
        if len(joints) == 0:
            raise PosewrightError(f"{source} holds no frames.")
        if not 0 < fps <= FASTEST:
            raise PosewrightError(f"{source} is not a take: its frame rate is {fps}.")
        optional = {key: values[key] for key in OPTIONAL if key in values}
        return cls(
            joints=joints,
            joint_names=names,
            fps=fps,
            times=np.asarray(values["times"], np.float64) if "times" in values else None,
            keypoint_names=tuple(str(name) for name in values.get("keypoint_names", ())),
            focal_px=float(values["focal_px"]) if "focal_px" in values else None,
            principal_point=_pair(values.get("principal_point"), float),
            image_size=_pair(values.get("image_size"), int),
            **{key: values[key] for key in CAMERA if key in values},
            provenance=json.loads(str(values["provenance"])) if "provenance" in values else {},
            **optional,
        )

    def _check(self, source: Path) -> None:
        """Raise PosewrightError when arrays do not fit each other, or hold values that cannot be."""
        frames, joints = self.joints.shape[:2]
        points = len(self.keypoint_names) or (0 if self.keypoints is None else np.shape(self.keypoints)[-2:][0])
        shapes: dict[str, tuple[int, ...]] = {
            "times": (frames,),
            "confidence": (frames, joints),
            "contacts": (frames, 4),
            "joints_raw": (frames, joints, 3),
            "joints_fitted": (frames, joints, 3),
            "keypoints": (frames, points, 2),
            "keypoint_confidence": (frames, points),
            "keypoint_depth": (frames, points),
            "world_from_camera": (4, 4),
            "camera_path": (frames, 4, 4),
            "focal_path": (frames,),
        }
        for name, shape in shapes.items():
            value = getattr(self, name)
            if value is not None and (np.shape(value) != shape or not np.issubdtype(value.dtype, np.number)):
                found = f"holds {name} of the shape {np.shape(value)}"
                raise PosewrightError(f"{source} is not a take: it {found}, where numbers of the shape {shape} belong.")
        if not (np.diff(np.asarray(self.times)) > 0).all() or not np.isfinite(np.asarray(self.times)).all():
            raise PosewrightError(f"{source} is not a take: its times do not increase from frame to frame.")
        lengths = [self.focal_px, *(self.image_size or ())]
        if not all(length is None or 0 < length < np.inf for length in lengths):
            raise PosewrightError(f"{source} is not a take: its camera has a focal length or a picture size of 0.")
        if not isinstance(self.provenance, dict):
            raise PosewrightError(f"{source} is not a take: its provenance is no JSON object.")


def _pair(value: NDArray[Any] | None, kind: type) -> Any:
    return None if value is None else (kind(value[0]), kind(value[1]))
