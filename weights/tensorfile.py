"""Reading and writing the header of safetensors files.

The writer gives the same bytes everywhere for the same input, so that a converted file can be checked by its sha256.
Format: https://github.com/huggingface/safetensors (8 bytes header length, JSON header, raw little-endian data).
"""

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import PosewrightError

TYPE_NAMES = {"float16": "F16", "float32": "F32"}
LARGEST_HEADER = 100_000_000  # bytes, the limit of the format itself


def pack(tensors: Mapping[str, NDArray[Any]], metadata: Mapping[str, str]) -> bytes:
    """Return the bytes of a safetensors file with these tensors (float16 or float32) and metadata."""
    header: dict[str, Any] = {"__metadata__": dict(metadata)}
    chunks, end = [], 0
    for name, tensor in tensors.items():
        chunk = np.ascontiguousarray(tensor, tensor.dtype.newbyteorder("<")).tobytes()
        header[name] = {
            "dtype": TYPE_NAMES[tensor.dtype.name],
            "shape": list(tensor.shape),
            "data_offsets": [end, end + len(chunk)],
        }
        chunks.append(chunk)
        end += len(chunk)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + b"".join(chunks)


def read_metadata(path: Path) -> dict[str, str]:
    """Return the metadata of a safetensors file.

    Raises PosewrightError when the file is none or is damaged.
    """
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > LARGEST_HEADER:
                raise ValueError("header too long")
            return json.loads(file.read(length)).get("__metadata__", {})
    except (struct.error, ValueError, AttributeError) as error:
        raise PosewrightError(
            f"{path.name} is not a safetensors file or is damaged. Fetch or copy it again."
        ) from error
    except OSError as error:
        raise PosewrightError(f"Cannot read {path}: {error.strerror}.") from error
