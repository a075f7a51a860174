"""The present steps of sequences, moved together and back.

ONNX' recurrent operators take the lengths of sequences, and no mask. A step that is absent leaves
the state of a network as it was, so that a network that is run over the present steps alone, in
their order, says the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .._data.within import rounding_of
from ._operators import Graph

ZERO, ONE = np.array(0, np.int64), np.array(1, np.int64)


@dataclass(frozen=True)
class Packed:
    """Sequences whose present steps come first.

    Parameters
    ----------
    steps : name of floats (n_steps, n_samples, width)
    inside : name of bools (n_steps, n_samples, 1)
        Which of these steps are there.
    lengths : name of int64 (n_samples,)
        At least one: a sequence without any step has one of zeros.
    """

    steps: Any
    inside: Any
    lengths: Any


def taken(graph: Graph, values: Any, places: Any, width: int) -> Any:
    """Return steps by their places: (n_samples, n, width) at (n_samples, m)."""
    shape = graph.op("Concat", graph.op("Shape", places), np.array([width]), axis=0)
    indices = graph.op("Expand", graph.at_axis(places, 2), shape)
    return graph.op("GatherElements", values, indices, axis=1)


def zero_where_absent(graph: Graph, values: Any, present: Any) -> Any:
    """Return float32 steps (n_samples, n_steps, width) with zeros at the absent ones."""
    return graph.op("Where", graph.at_axis(present, 2), values, np.float32(0))


def packed(graph: Graph, values: Any, present: Any, width: int) -> Packed:
    """Return the present steps of (n_samples, n_steps, width), moved together."""
    n_steps = graph.size(present, 1)
    numbers = graph.range(n_steps)
    keys = graph.op("Where", present, numbers, graph.op("Add", numbers, n_steps))
    _, places = graph.op("TopK", keys, n_steps, outputs=2, axis=1, largest=0, sorted=1)
    steps = graph.op("Transpose", taken(graph, values, places, width), perm=[1, 0, 2])
    counts = graph.op("ReduceSum", graph.cast(present, "int64"), np.array([1]), keepdims=0)
    lengths = graph.op("Max", counts, ONE)
    inside = graph.op("Less", graph.at_axis(numbers, 1), graph.at_axis(lengths, 0))
    return Packed(steps, graph.at_axis(inside, 2), lengths)


def unpacked(graph: Graph, steps: Any, present: Any, width: int) -> Any:
    """Return steps (n_steps, n_samples, width) where they were: (n_samples, n_steps, width)."""
    values = graph.op("Transpose", steps, perm=[1, 0, 2])
    counts = graph.op("CumSum", graph.cast(present, "int64"), ONE)
    places = graph.op("Max", graph.op("Sub", counts, ONE), ZERO)
    return taken(graph, values, places, width)


def seen_within(graph: Graph, values: Any, present: Any, features: tuple[int, ...]) -> Any:
    """Return some features of float64 steps, standardized over the present steps of each sequence.

    They are (n_samples, n_steps, number of features); see `skrnn._data.within`.
    """
    is_step, of_steps = graph.at_axis(present, 2), np.array([1])
    zero, one = np.float64(0), np.float64(1)
    steps = graph.op("Gather", values, np.array(features), axis=2)
    counts = graph.op("ReduceSum", graph.cast(is_step, "float64"), of_steps)
    counts = graph.op("Max", counts, one)

    def mean(of: Any) -> Any:
        total = graph.op("ReduceSum", graph.op("Where", is_step, of, zero), of_steps)
        return graph.op("Div", total, counts)

    middle = mean(steps)
    apart = graph.op("Sub", steps, middle)
    scale = graph.op("Sqrt", mean(graph.op("Mul", apart, apart)))
    least = graph.op("Mul", graph.op("Abs", middle), np.float64(rounding_of(graph.dtype)))
    varies = graph.op("Greater", scale, least)
    shares = graph.op("Div", apart, graph.op("Where", varies, scale, one))
    return graph.op("Where", varies, shares, zero)


def any_present(graph: Graph, present: Any) -> Any:
    """Tell which sequences have a step: (n_samples, 1)."""
    counts = graph.op("ReduceSum", graph.cast(present, "int64"), np.array([1]))
    return graph.op("Greater", counts, ZERO)


def whole(graph: Graph, present: Any) -> Any:
    """Tell which sequences begin and end with a present step: (n_samples, 1)."""
    ends = graph.op("Gather", graph.cast(present, "int64"), np.array([0, -1]), axis=1)
    return graph.cast(graph.op("ReduceMin", ends, axes=[1]), "bool")


def filled(graph: Graph, values: Any, present: Any, n_steps: int, width: int) -> Any:
    """Return steps of which an absent one has the value of the one before it.

    Those before the first one have its value. A sequence without any step is zero.
    """
    places = graph.op("Where", present, np.arange(n_steps), np.array(-1))
    back = 1
    while back < n_steps:  # the largest of 2, 4, 8, ... places up to each
        earlier = graph.op("Slice", places, np.array([0]), np.array([n_steps - back]), ONE[None])
        earlier = graph.op("Pad", earlier, np.array([0, back, 0, 0]), np.array(-1))
        places, back = graph.op("Max", places, earlier), 2 * back
    first = graph.op("ArgMax", graph.cast(present, "int32"), axis=1)
    places = graph.op("Where", graph.op("Less", places, ZERO), first, places)
    return taken(graph, zero_where_absent(graph, values, present), places, width)


def aligned(graph: Graph, values: Any, present: Any, width: int, stride: int) -> tuple[Any, Any]:
    """Return steps and which are present, each sequence moved to end with a group of `stride`."""
    n_steps, numbers = graph.size(present, 1), graph.range(graph.size(present, 1))
    ends = graph.op("Mul", graph.cast(present, "int64"), graph.op("Add", numbers, ONE))
    lengths = graph.op("ReduceMax", ends, axes=[1])
    shifts = graph.op("Mod", graph.op("Neg", lengths), np.array(stride))
    up = graph.op("Add", n_steps, np.array(stride - 1))
    n_moved = graph.op("Mul", graph.op("Div", up, np.array(stride)), np.array(stride))
    places = graph.op("Sub", graph.range(n_moved), shifts)
    not_before = graph.op("Not", graph.op("Less", places, ZERO))
    within = graph.op("And", not_before, graph.op("Less", places, n_steps))
    places = graph.op("Where", within, places, ZERO)
    here = graph.op("GatherElements", graph.cast(present, "int32"), places, axis=1)
    here = graph.op("And", graph.cast(here, "bool"), within)
    return taken(graph, values, places, width), here


def of_groups(graph: Graph, present: Any, stride: int) -> Any:
    """Tell which groups of `stride` steps have a present one."""
    grouped = graph.op("Reshape", graph.cast(present, "int32"), np.array([0, -1, stride]))
    return graph.cast(graph.op("ReduceMax", grouped, axes=[2], keepdims=0), "bool")
