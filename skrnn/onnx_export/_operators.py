"""A graph of ONNX operators, written as calls."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

# The least that has all operators used here: runtimes of 2022 know them.
OPSET, IR_VERSION = 17, 8
TYPES = {"float32": TensorProto.FLOAT, "float64": TensorProto.DOUBLE, "int64": TensorProto.INT64}
_BOOL, _INT32 = TensorProto.BOOL, TensorProto.INT32


class Graph:
    """A graph that grows by calls; a value in it is known by its name, a text.

    Parameters
    ----------
    dtype : {"float64", "float32"}
        The type of the numbers in X.
    """

    def __init__(self, dtype: str) -> None:
        self.dtype = dtype
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def op(self, kind: str, *inputs: Any, outputs: int = 1, **attributes: Any) -> Any:
        """Add an operator; return the name of its output, or a tuple of them.

        Inputs are names, arrays, which become constants, or None where one is left out.
        """
        names = ["" if i is None else self._named(i) for i in inputs]
        found = [f"{kind}_{len(self.nodes)}_{n}" for n in range(outputs)]
        self.nodes.append(helper.make_node(kind, names, found, **attributes))
        return found[0] if outputs == 1 else tuple(found)

    def sum(self, *values: Any) -> Any:
        """Return the sum of values."""
        total, *others = values
        for value in others:
            total = self.op("Add", total, value)
        return total

    def cast(self, value: Any, to: str) -> Any:
        """Return a value as another type."""
        return self.op("Cast", value, to={**TYPES, "bool": _BOOL, "int32": _INT32}[to])

    def size(self, value: Any, axis: int) -> Any:
        """Return the length of an axis, an array of one number."""
        return self.op("Shape", value, start=axis, end=axis + 1)

    def at_axis(self, value: Any, axis: int) -> Any:
        """Return a value with one more axis."""
        return self.op("Unsqueeze", value, np.array([axis]))

    def without_axis(self, value: Any, axis: int) -> Any:
        """Return a value without an axis of length one."""
        return self.op("Squeeze", value, np.array([axis]))

    def range(self, size: Any) -> Any:
        """Return the numbers below a size, which is an array of one number."""
        zero, one = np.array(0, np.int64), np.array(1, np.int64)
        return self.op("Range", zero, self.without_axis(size, 0), one)

    def affine(self, value: Any, kernel: np.ndarray, bias: np.ndarray) -> Any:
        """Return a matrix product and a bias."""
        return self.op("Add", self.op("MatMul", value, kernel), bias)

    def _named(self, value: Any) -> str:
        if isinstance(value, str):
            return value
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.array(value, order="C"), name))
        return name
