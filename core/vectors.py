"""Vectors along the last axis of arrays. numpy only."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

TINY = 1e-12


def unit(vectors: Array) -> Array:
    """Return the vectors at length 1; zero vectors stay zero."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.maximum(lengths, TINY)
