"""Reading TensorFlow Lite files, converting graphs, and writing safetensors."""

from pathlib import Path

import numpy as np
import pytest
from posewright.errors import PosewrightError
from posewright.weights.conversion import convert_graph, needed_operators, same_padding
from posewright.weights.registry import described, model_card
from posewright.weights.tensorfile import pack, read_metadata
from posewright.weights.tflite import Level, Model, Operator, densify, read_model


def vector(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


def test_sparse_rows_are_written_out() -> None:
    """Compressed rows: row 0 holds columns 1 and 3, row 1 nothing, row 2 column 0."""
    levels = [Level(3), Level(0, vector(0, 2, 2, 3), vector(1, 3, 0))]
    full = densify(np.array([5.0, 6.0, 7.0], np.float16), (3, 4), [0, 1], [], levels)
    assert full.tolist() == [[0, 5, 0, 6], [0, 0, 0, 0], [7, 0, 0, 0]]
    assert full.dtype == np.float16


def test_sparse_blocks_are_written_out() -> None:
    """Columns in blocks of 2: row 0 holds block 1, row 1 holds blocks 0 and 1."""
    levels = [Level(2), Level(0, vector(0, 1, 3), vector(1, 0, 1)), Level(2)]
    full = densify(np.arange(1.0, 7.0), (2, 4), [0, 1, 2], [1], levels)
    assert full.tolist() == [[0, 0, 1, 2], [3, 4, 5, 6]]


def test_sparse_columns_first() -> None:
    """The tree may walk the dimensions in any order."""
    levels = [Level(2), Level(0, vector(0, 1, 2), vector(2, 0))]
    full = densify(np.array([8.0, 9.0]), (3, 2), [1, 0], [], levels)
    assert full.tolist() == [[0, 9], [0, 0], [8, 0]]


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "pad"),
    [(64, 3, 1, [1, 1]), (64, 3, 2, [0, 1]), (65, 3, 2, [1, 1]), (64, 5, 2, [1, 2]), (64, 1, 1, [0, 0])],
)
def test_same_padding(size: int, kernel: int, stride: int, pad: list[int]) -> None:
    assert same_padding(size, kernel, stride) == pad
    assert (size + sum(pad) - kernel) // stride + 1 == -(-size // stride)


def graph() -> Model:
    """Return 0 -> pad -> 1 -> convolution with half-precision weights -> 4, and a branch 0 -> sigmoid -> 5."""
    plain = {"padding": "valid", "stride_w": 2, "stride_h": 2, "activation": "relu6", "dilation_w": 1, "dilation_h": 1}
    return Model(
        shapes=[(1, 8, 8, 3), (1, 10, 10, 3), (4, 3, 3, 3), (4,), (1, 4, 4, 4), (1, 8, 8, 3), (4, 3, 3, 3), (4, 2)],
        names=[""] * 8,
        constants={
            6: np.arange(108, dtype=np.float16).reshape(4, 3, 3, 3),
            3: np.zeros(4, np.float16),
            7: np.array([[0, 0], [1, 1], [1, 1], [0, 0]]),
        },
        operators=[
            Operator("pad", [0, 7], [1]),
            Operator("dequantize", [6], [2]),
            Operator("sigmoid", [0], [5]),
            Operator("conv", [1, 2, 3], [4], plain),
        ],
        inputs=[0],
        outputs=[4, 5],
    )


def test_what_the_outputs_do_not_need_is_left_out() -> None:
    assert [operator.kind for operator in needed_operators(graph(), {4})] == ["pad", "dequantize", "conv"]
    assert [operator.kind for operator in needed_operators(graph(), {5})] == ["sigmoid"]


def test_padding_and_half_precision_merge_into_the_convolution() -> None:
    described_graph, arrays = convert_graph(graph(), {"map": 4}, "net")
    (step,) = described_graph["steps"]
    assert (step["in"], step["out"], step["pad"], step["stride"], step["relu6"]) == ([0], 4, [1, 1], 2, True)
    weight = arrays[step["weight"]]
    assert weight.dtype == np.float16
    assert weight.shape == (4, 3, 3, 3)
    assert weight[1, 2, 0, 1] == 1 * 27 + 0 * 9 + 1 * 3 + 2  # (out, in, row, column) of (out, row, column, in)


def test_unknown_forms_are_refused() -> None:
    odd = graph()
    odd.operators[3].options["activation"] = "relu"
    with pytest.raises(PosewrightError, match="activation relu"):
        convert_graph(odd, {"map": 4}, "net")
    odd = graph()
    odd.constants[7][1] = (0, 1)
    with pytest.raises(PosewrightError, match="unevenly"):
        convert_graph(odd, {"map": 4}, "net")


@pytest.mark.parametrize(
    "data", [b"", b"text that is no model", b"\x1c\0\0\0TFL3", b"\xff\xff\xff\x7fTFL3" + b"\0" * 50]
)
def test_damaged_model_files_are_refused(data: bytes) -> None:
    with pytest.raises(PosewrightError, match="TensorFlow Lite"):
        read_model(data)


def test_safetensors_agree_with_the_library(tmp_path: Path) -> None:
    from safetensors import safe_open

    tensors = {"a": np.arange(6, dtype=np.float16).reshape(2, 3), "b": np.array([1.5], np.float32)}
    path = tmp_path / "file.safetensors"
    path.write_bytes(pack(tensors, {"posewright": "ü"}))
    assert read_metadata(path) == {"posewright": "ü"}
    with safe_open(path, "np") as file:
        assert file.metadata() == {"posewright": "ü"}
        for name, tensor in tensors.items():
            assert np.array_equal(file.get_tensor(name), tensor)
            assert file.get_tensor(name).dtype == tensor.dtype


@pytest.mark.parametrize("content", [b"", b"\x05", b"\xff" * 16, b"\x02\0\0\0\0\0\0\0[]", b"\x02\0\0\0\0\0\0\0{x"])
def test_damaged_safetensors_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file.safetensors"
    path.write_bytes(content)
    with pytest.raises(PosewrightError, match="damaged"):
        read_metadata(path)


def test_a_lifters_own_description_is_shown(tmp_path: Path) -> None:
    from posewright.weights.registry import LIFTER

    path = tmp_path / "file.safetensors"
    card = '{"licence": "MIT", "training_data": "walks", "acknowledgement": "Thanks.", "figures": {"mm": 40}}'
    path.write_bytes(pack({}, {"posewright": card}))
    entry = described(LIFTER, model_card(path))
    assert (entry.licence, entry.training_data, entry.figures) == ("MIT", "walks. Thanks.", '{"mm": 40}')
    assert entry.terms == LIFTER.terms
    path.write_bytes(pack({}, {"posewright": "[1]"}))
    with pytest.raises(PosewrightError, match="damaged"):
        model_card(path)
