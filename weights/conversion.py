"""From a TensorFlow Lite graph to a short list of steps that plain torch can run.

Constants are written out (sparse and half-precision weights), explicit padding is merged into the convolutions, and
what the wanted outputs do not need is left out. Tensors in the steps are known by their number in the graph.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import PosewrightError
from .tflite import Model, Operator

Step = dict[str, Any]
Arrays = dict[str, NDArray[Any]]


def convert_graph(model: Model, outputs: dict[str, int], prefix: str) -> tuple[dict[str, Any], Arrays]:
    """Return the graph as JSON values and its weights, in the file's own precision.

    ``outputs`` names the graph's outputs to keep: name -> tensor number. Weight names start with ``prefix``.
    The graph is ``{"input": number, "outputs": {name: number}, "steps": [{"op", "in", "out", ...}]}``.
    """
    builder = _Builder(model, prefix)
    for operator in needed_operators(model, set(outputs.values())):
        builder.add(operator)
    graph = {"input": model.inputs[0], "outputs": outputs, "steps": builder.steps}
    return graph, builder.arrays


def needed_operators(model: Model, wanted: set[int]) -> list[Operator]:
    """Return the operators that the wanted tensors depend on, in running order."""
    needed, kept = set(wanted), []
    for operator in reversed(model.operators):
        if needed.intersection(operator.outputs):
            needed.update(operator.inputs)
            kept.append(operator)
    return kept[::-1]


class _Builder:
    """Collects steps and weights while walking through a graph."""

    def __init__(self, model: Model, prefix: str) -> None:
        self.model = model
        self.prefix = prefix
        self.steps: list[Step] = []
        self.arrays: Arrays = {}
        self.constants = dict(model.constants)
        self.padded: dict[int, tuple[int, int]] = {}  # output of a pad operator -> (its input, pixels on each side)

    def add(self, operator: Operator) -> None:
        kind, source, target = operator.kind, operator.inputs[0], operator.outputs[0]
        if kind in ("dequantize", "densify"):
            self.constants[target] = self.constants[source]  # half precision is kept; sparse is dense already
        elif kind == "pad":
            self.padded[target] = (source, self._spatial_padding(operator))
        elif kind in ("conv", "depthwise"):
            self._add_convolution(operator)
        else:
            self.steps.append({"op": kind, "in": self._inputs(operator), "out": target, **self._details(operator)})

    def _inputs(self, operator: Operator) -> list[int]:
        inputs = [i for i in operator.inputs if i not in self.constants]
        if any(i in self.padded for i in inputs):
            raise PosewrightError("The network pads an input of something other than a convolution.")
        return inputs

    def _spatial_padding(self, operator: Operator) -> int:
        amounts = self.constants[operator.inputs[1]].tolist()
        pixels = amounts[1][0]
        if amounts != [[0, 0], [pixels, pixels], [pixels, pixels], [0, 0]]:
            raise PosewrightError("The network pads its maps unevenly, which the conversion does not support.")
        return pixels

    def _details(self, operator: Operator) -> Step:
        options = operator.options
        if operator.kind == "add":
            return {"relu6": _is_relu6(operator)}
        if operator.kind == "concat":
            return {"axis": options["axis"]}
        if operator.kind == "depth_to_space":
            return {"block": options["block"]}
        if operator.kind == "max_pool":
            return {"size": options["size_h"], "stride": options["stride_h"]}
        if operator.kind == "resize":
            return {"size": self.constants[operator.inputs[1]].tolist()}
        if operator.kind == "reshape":
            # The stored shape has batch 1, written as 1 or -1 in front; the executor puts the real batch there.
            return {"shape": self.constants[operator.inputs[1]].tolist()[1:]}
        return {}

    def _add_convolution(self, operator: Operator) -> None:
        options = operator.options
        source, weight, bias = operator.inputs
        source, pixels = self.padded.get(source, (source, 0))
        kernel = self.constants[weight].shape[1]
        stride = options["stride_h"]
        if options["dilation_h"] != 1 or stride != options["stride_w"] or options.get("multiplier", 1) != 1:
            raise PosewrightError("The network has a convolution of a form that the conversion does not support.")
        pad = [pixels, pixels]
        if options["padding"] == "same":
            pad = same_padding(self.model.shapes[source][1], kernel, stride)
        self.steps.append(
            {
                "op": "conv",
                "in": [source],
                "out": operator.outputs[0],
                "weight": self._weight(weight, depthwise=operator.kind == "depthwise"),
                "bias": self._store(bias, self.constants[bias]),
                "stride": stride,
                "pad": pad,
                "depthwise": operator.kind == "depthwise",
                "relu6": _is_relu6(operator),
            }
        )

    def _weight(self, number: int, depthwise: bool) -> str:
        # (out, height, width, in), or (1, height, width, channels) depthwise -> torch's (out, in / groups, h, w)
        order = (3, 0, 1, 2) if depthwise else (0, 3, 1, 2)
        return self._store(number, self.constants[number].transpose(order))

    def _store(self, number: int, values: NDArray[Any]) -> str:
        name = f"{self.prefix}.{number}"
        self.arrays[name] = values
        return name


def _is_relu6(operator: Operator) -> bool:
    activation = operator.options["activation"]
    if activation not in ("none", "relu6"):
        raise PosewrightError(f"The network uses the activation {activation}, which the conversion does not support.")
    return activation == "relu6"


def same_padding(size: int, kernel: int, stride: int) -> list[int]:
    """Return the pixels that "SAME" padding adds before and after; with a stride it can be uneven."""
    total = max((int(np.ceil(size / stride)) - 1) * stride + kernel - size, 0)
    return [total // 2, total - total // 2]
