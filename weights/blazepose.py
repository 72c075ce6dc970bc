"""BlazePose out of the mediapipe wheel: fetched with pip, checked, converted once. The wheel is never installed."""

import hashlib
import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from ..errors import PosewrightError
from .conversion import Arrays, convert_graph
from .tensorfile import pack
from .tflite import read_model

Log = Callable[[str], None]

WHEEL = "mediapipe-0.10.14-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"
WHEEL_SHA256 = "a807328339e7356fda0bb14df12fedbf1d33bdf81649c5f8666b0026b1cc30b4"
DETECTOR = "mediapipe/modules/pose_detection/pose_detection.tflite"
LANDMARK = "mediapipe/modules/pose_landmark/pose_landmark_full.tflite"
MODEL_SHA256 = {
    DETECTOR: "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c",
    LANDMARK: "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
}
FORMAT = "posewright-blazepose-1"

# One wheel serves every machine and Python: only the model files inside are used.
PIP_DOWNLOAD = [
    *("download", "mediapipe==0.10.14", "--no-deps", "--only-binary=:all:"),
    *("--implementation", "cp", "--python-version", "3.11", "--abi", "cp311"),
    *("--platform", "manylinux_2_17_x86_64", "--platform", "manylinux2014_x86_64"),
    *("--disable-pip-version-check", "--no-input", "--progress-bar", "off", "--quiet"),
]


def fetch(log: Log) -> bytes:
    """Download the wheel with pip and return the converted weights as bytes of a safetensors file."""
    with tempfile.TemporaryDirectory(prefix="posewright-") as folder:
        log("Downloading the mediapipe 0.10.14 wheel with pip (36 MB; only its two pose models are used) ...")
        return convert_wheel(download_wheel(Path(folder)), log)


def download_wheel(folder: Path) -> Path:
    """Let pip put the one known wheel into a folder; its sha256 is checked.

    Raises PosewrightError when pip cannot get it or the file is not the expected one.
    """
    command = [sys.executable, "-m", "pip", *PIP_DOWNLOAD, "--dest", str(folder)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        lines = (result.stderr or result.stdout or "").strip().splitlines()
        reason = next((line for line in reversed(lines) if line.startswith("ERROR")), lines[-1] if lines else "")
        raise PosewrightError(f"pip could not download mediapipe 0.10.14 ({reason.removeprefix('ERROR: ')})")
    wheel = folder / WHEEL
    if not wheel.is_file():
        raise PosewrightError("pip did not deliver the expected mediapipe 0.10.14 wheel")
    return wheel


def convert_wheel(wheel: Path, log: Log) -> bytes:
    """Return the converted weights from a mediapipe 0.10.14 wheel of any platform.

    The Linux wheel's own sha256 is known and checked; the models inside are checked in every case.
    """
    try:
        data = wheel.read_bytes()
    except OSError as error:
        raise PosewrightError(f"Cannot read {wheel}: {error.strerror}.") from error
    if wheel.name == WHEEL:
        _check_sha256(data, WHEEL_SHA256, wheel.name)
    log("Converting the person detector and the pose landmark network ...")
    return convert_models(_read_model_file(wheel, DETECTOR), _read_model_file(wheel, LANDMARK))


def convert_models(detector_file: bytes, landmark_file: bytes) -> bytes:
    """Return one safetensors file with both networks: weights as stored (float16), steps as JSON in the metadata."""
    detector, detector_arrays = _convert(detector_file, "detector", ("boxes", "logits"))
    landmark, landmark_arrays = _convert(landmark_file, "landmark", ("landmarks", "flag", "", "heatmap", "world"))
    description = {
        "format": FORMAT,
        "source": "mediapipe 0.10.14 (PyPI)",
        "source_sha256": {Path(name).name: value for name, value in MODEL_SHA256.items()},
        "licence": "Apache-2.0",
        "graphs": {"detector": detector, "landmark": landmark},
    }
    return pack({**detector_arrays, **landmark_arrays}, {"posewright": json.dumps(description, separators=(",", ":"))})


def _convert(file: bytes, prefix: str, names: tuple[str, ...]) -> tuple[dict[str, object], Arrays]:
    """Convert one network; ``names`` follow the order of its outputs, empty for one that is left out."""
    model = read_model(file)
    outputs = {name: number for name, number in zip(names, model.outputs, strict=True) if name}
    return convert_graph(model, outputs, prefix)


def _read_model_file(wheel: Path, name: str) -> bytes:
    try:
        with zipfile.ZipFile(wheel) as archive:
            data = archive.read(name)
    except (zipfile.BadZipFile, KeyError, OSError) as error:
        raise PosewrightError(
            f"{wheel.name} is damaged or is not a mediapipe 0.10.14 wheel: {Path(name).name} cannot be read from it."
        ) from error
    _check_sha256(data, MODEL_SHA256[name], Path(name).name)
    return data


def _check_sha256(data: bytes, expected: str, name: str) -> None:
    found = hashlib.sha256(data).hexdigest()
    if found != expected:
        raise PosewrightError(
            f"{name} is not the file that was expected (sha256 {found[:12]}... instead of {expected[:12]}...). "
            "It was refused; fetch it again."
        )
