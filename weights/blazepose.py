"""BlazePose out of the mediapipe wheel: fetched with pip, checked, converted once. The wheel is never installed."""

import errno
import hashlib
import json
import os
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from ..errors import PosewrightError
from ..progress import Progress, silent
from .conversion import Arrays, convert_graph
from .tensorfile import pack
from .tflite import read_model

Log = Callable[[str], None]

WHEEL = "mediapipe-0.10.14-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"
WHEEL_SIZE = 35_664_771  # bytes
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
    *("--retries", "2", "--disable-pip-version-check", "--no-input", "--progress-bar", "off", "--quiet"),
]
POLL_SECONDS = 0.2  # between two looks at how far pip is
UNREACHABLE = ("NewConnectionError", "Max retries exceeded", "ConnectionError", "ConnectTimeout", "SSLError")


def download_wheel(folder: Path, log: Log, progress: Progress = silent) -> Path:
    """Let pip put the one known wheel into a folder; pip's own temporary files lie there too.

    Raises PosewrightError when pip cannot get it, OSError when the disk is full; what ``progress`` raises stops pip.
    """
    log(f"Downloading the mediapipe 0.10.14 wheel with pip ({WHEEL_SIZE / 1e6:.0f} MB; only two models are used).")
    command = [sys.executable, "-m", "pip", *PIP_DOWNLOAD, "--dest", str(folder)]
    temporary = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder))
    with (folder / "pip.txt").open("w+b") as words:
        pip = subprocess.Popen(command, stdout=words, stderr=subprocess.STDOUT, env={**os.environ, **temporary})
        try:
            while not _ended(pip):
                progress("weights", min(1.0, _bytes_in(folder) / WHEEL_SIZE), "downloading")
        except BaseException:
            pip.kill()
            pip.wait()
            raise
        words.seek(0)
        said = words.read().decode("utf-8", "replace")
    wheel = folder / WHEEL
    if os.strerror(errno.ENOSPC) in said:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))
    if pip.returncode != 0 or not wheel.is_file():
        raise PosewrightError(f"pip could not download mediapipe 0.10.14: {_reason(said)}.")
    return wheel


def _ended(process: subprocess.Popen[bytes]) -> bool:
    try:
        process.wait(POLL_SECONDS)
    except subprocess.TimeoutExpired:
        return False
    return True


def _bytes_in(folder: Path) -> int:
    """Return how much lies in a folder in which another process is working."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += (Path(parent) / name).stat().st_size
            except OSError:  # moved away meanwhile
                continue
    return total


def _reason(said: str) -> str:
    """Return why pip failed, in a few words, from all that it printed."""
    if "No module named pip" in said:
        return f"this Python has no pip; run '{sys.executable} -m ensurepip' once"
    if any(word in said for word in UNREACHABLE):
        return "the package index cannot be reached (no internet connection?)"
    lines = said.strip().splitlines() or ["it gave no reason"]
    errors = [line for line in lines if line.startswith("ERROR: ")] or lines
    return errors[-1].removeprefix("ERROR: ").rstrip(". ")


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
    log("Converting the person detector and the pose landmark network.")
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
    except (zipfile.BadZipFile, zlib.error, KeyError, OSError) as error:
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
