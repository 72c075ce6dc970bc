"""A small reader of TensorFlow Lite model files: just what converting BlazePose needs.

The file is a FlatBuffer: tables of optional fields found through offsets. Field numbers and enumeration values below
are those of TensorFlow's published schema (``schema.fbs``, version 3).
"""

import struct
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import PosewrightError

TENSOR_TYPES = {0: np.dtype("<f4"), 1: np.dtype("<f2"), 2: np.dtype("<i4"), 3: np.dtype("u1"), 4: np.dtype("<i8")}
OPERATORS = {
    0: "add",
    2: "concat",
    3: "conv",
    4: "depthwise",
    5: "depth_to_space",
    6: "dequantize",
    14: "sigmoid",
    17: "max_pool",
    22: "reshape",
    23: "resize",
    34: "pad",
    124: "densify",
}
ACTIVATIONS = {0: "none", 1: "relu", 3: "relu6"}
PADDINGS = {0: "same", 1: "valid"}

# name of an option -> (field number, struct format, value when the field is absent)
OPTIONS: dict[str, dict[str, tuple[int, str, int]]] = {
    "add": {"activation": (0, "b", 0)},
    "concat": {"axis": (0, "i", 0), "activation": (1, "b", 0)},
    "conv": {
        "padding": (0, "b", 0),
        "stride_w": (1, "i", 0),
        "stride_h": (2, "i", 0),
        "activation": (3, "b", 0),
        "dilation_w": (4, "i", 1),
        "dilation_h": (5, "i", 1),
    },
    "depthwise": {
        "padding": (0, "b", 0),
        "stride_w": (1, "i", 0),
        "stride_h": (2, "i", 0),
        "multiplier": (3, "i", 0),
        "activation": (4, "b", 0),
        "dilation_w": (5, "i", 1),
        "dilation_h": (6, "i", 1),
    },
    "depth_to_space": {"block": (0, "i", 0)},
    "max_pool": {
        "padding": (0, "b", 0),
        "stride_w": (1, "i", 0),
        "stride_h": (2, "i", 0),
        "size_w": (3, "i", 0),
        "size_h": (4, "i", 0),
        "activation": (5, "b", 0),
    },
    "resize": {"align_corners": (2, "?", 0), "half_pixel": (3, "?", 0)},
}


@dataclass(frozen=True)
class Operator:
    """One operation: kind, tensor numbers in and out (-1 = absent), options by name."""

    kind: str
    inputs: list[int]
    outputs: list[int]
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Model:
    """The first subgraph of a file: tensors, operators in running order, and what goes in and out."""

    shapes: list[tuple[int, ...]]
    names: list[str]
    constants: dict[int, NDArray[Any]]
    """Tensor number -> stored values; sparse tensors are already dense."""
    operators: list[Operator]
    inputs: list[int]
    outputs: list[int]


class _Table:
    """One FlatBuffer table: a start position and a vtable with the offset of every field."""

    def __init__(self, data: bytes, position: int) -> None:
        self.data = data
        self.position = position
        self.vtable = position - struct.unpack_from("<i", data, position)[0]
        self.vtable_size = struct.unpack_from("<H", data, self.vtable)[0]

    def _at(self, number: int) -> int:
        """Return where a field's value lies, 0 when the field is absent."""
        slot = 4 + 2 * number
        if slot >= self.vtable_size:
            return 0
        offset = struct.unpack_from("<H", self.data, self.vtable + slot)[0]
        return self.position + offset if offset else 0

    def scalar(self, number: int, kind: str, default: int) -> int:
        at = self._at(number)
        return struct.unpack_from("<" + kind, self.data, at)[0] if at else default

    def table(self, number: int) -> "_Table | None":
        at = self._at(number)
        return _Table(self.data, self._follow(at)) if at else None

    def tables(self, number: int) -> list["_Table"]:
        start, count = self._vector(number)
        return [_Table(self.data, self._follow(start + 4 * i)) for i in range(count)]

    def array(self, number: int, dtype: str) -> NDArray[Any]:
        start, count = self._vector(number)
        return np.frombuffer(self.data, dtype, count, start) if count else np.zeros(0, dtype)

    def integers(self, number: int) -> list[int]:
        return self.array(number, "<i4").tolist()

    def text(self, number: int) -> str:
        return self.array(number, "u1").tobytes().decode("utf-8", "replace")

    def _follow(self, at: int) -> int:
        return at + struct.unpack_from("<I", self.data, at)[0]

    def _vector(self, number: int) -> tuple[int, int]:
        at = self._at(number)
        if not at:
            return 0, 0
        start = self._follow(at)
        return start + 4, struct.unpack_from("<I", self.data, start)[0]


def read_model(data: bytes) -> Model:
    """Read a ``.tflite`` file given as bytes.

    Raises PosewrightError when the bytes are no such file or it holds an operation this reader does not know.
    """
    if data[4:8] != b"TFL3":
        raise PosewrightError("This is not a TensorFlow Lite model file. Fetch it again.")
    try:
        root = _Table(data, struct.unpack_from("<I", data, 0)[0])
        graph = root.tables(2)[0]
        kinds = [_operator_kind(code) for code in root.tables(1)]
        buffers = root.tables(4)
        tensors = graph.tables(0)
        return Model(
            shapes=[tuple(t.integers(0)) for t in tensors],
            names=[t.text(3) for t in tensors],
            constants=_constants(tensors, buffers),
            operators=[_operator(op, kinds) for op in graph.tables(3)],
            inputs=graph.integers(1),
            outputs=graph.integers(2),
        )
    except (struct.error, IndexError, ValueError) as error:
        raise PosewrightError("The TensorFlow Lite model file is damaged. Fetch it again.") from error


def _operator_kind(code: _Table) -> str:
    # Files written before the enumeration outgrew a byte carry the number in field 0, later ones in field 3.
    number = max(code.scalar(0, "b", 0), code.scalar(3, "i", 0))
    if number not in OPERATORS:
        raise PosewrightError(f"The model uses TensorFlow Lite operation {number}, which is not supported here.")
    return OPERATORS[number]


def _operator(table: _Table, kinds: list[str]) -> Operator:
    kind = kinds[table.scalar(0, "I", 0)]
    stored = table.table(4)
    options: dict[str, Any] = {}
    for name, (number, form, default) in OPTIONS.get(kind, {}).items():
        value = stored.scalar(number, form, default) if stored else default
        named = {"activation": ACTIVATIONS, "padding": PADDINGS}.get(name)
        options[name] = named[value] if named else value
    return Operator(kind, table.integers(1), table.integers(2), options)


def _constants(tensors: list[_Table], buffers: list[_Table]) -> dict[int, NDArray[Any]]:
    constants: dict[int, NDArray[Any]] = {}
    for number, tensor in enumerate(tensors):
        raw = buffers[tensor.scalar(2, "I", 0)].array(0, "u1")
        if not raw.size:
            continue
        values = raw.view(TENSOR_TYPES[tensor.scalar(1, "b", 0)])
        shape = tuple(tensor.integers(0))
        sparsity = tensor.table(6)
        constants[number] = _dense(values, shape, sparsity) if sparsity else values.reshape(shape)
    return constants


@dataclass(frozen=True)
class Level:
    """One level of a sparse tensor's storage tree: dense with ``size`` children, or compressed like CSR rows."""

    size: int
    segments: NDArray[np.int64] | None = None
    indices: NDArray[np.int64] | None = None


def _dense(values: NDArray[Any], shape: tuple[int, ...], sparsity: _Table) -> NDArray[Any]:
    levels = []
    for dimension in sparsity.tables(2):
        if dimension.scalar(0, "b", 0) == 0:
            levels.append(Level(dimension.scalar(1, "i", 0)))
        else:
            levels.append(Level(0, _index_vector(dimension, 2), _index_vector(dimension, 4)))
    return densify(values, shape, sparsity.integers(0), sparsity.integers(1), levels)


def _index_vector(dimension: _Table, number: int) -> NDArray[np.int64]:
    dtype = {1: "<i4", 2: "<u2", 3: "u1"}[dimension.scalar(number, "B", 0)]
    stored = dimension.table(number + 1)
    if stored is None:
        raise ValueError("a sparse dimension without its indices")
    return stored.array(0, dtype).astype(np.int64)


def densify(
    values: NDArray[Any], shape: tuple[int, ...], order: list[int], block_map: list[int], levels: list[Level]
) -> NDArray[Any]:
    """Return the full array of a sparse tensor (TACO-style storage, as TensorFlow Lite writes it).

    ``order`` names the dimension that each level walks: below ``len(shape)`` the (blocked) dimension itself, above it
    the inside of the block of dimension ``block_map[k]``. The tree is expanded level by level, all nodes at once.
    """
    rank = len(shape)
    nodes = np.zeros(1, np.int64)
    coordinates: list[NDArray[np.int64]] = []
    for level in levels:
        if level.segments is None or level.indices is None:
            parents = np.repeat(np.arange(len(nodes)), level.size)
            here = np.tile(np.arange(level.size), len(nodes))
            nodes = nodes[parents] * level.size + here
        else:
            starts, counts = level.segments[nodes], np.diff(level.segments)[nodes]
            parents = np.repeat(np.arange(len(nodes)), counts)
            first = np.repeat(np.cumsum(counts) - counts, counts)
            nodes = starts[parents] + np.arange(counts.sum()) - first
            here = level.indices[nodes]
        coordinates = [c[parents] for c in coordinates] + [here]

    block = {block_map[d - rank]: level.size for d, level in zip(order, levels, strict=True) if d >= rank}
    index = [np.zeros(len(nodes), np.int64) for _ in shape]
    for dimension, coordinate in zip(order, coordinates, strict=True):
        if dimension < rank:
            index[dimension] += coordinate * block.get(dimension, 1)
        else:
            index[block_map[dimension - rank]] += coordinate
    full = np.zeros(shape, values.dtype)
    full[tuple(index)] = values[nodes]
    return full
