"""The layers of a network over sequences, by ONNX' own operators.

``skrnn._keras.functional`` defines what each layer computes. ONNX' GRU has Keras' order of gates
and, with ``linear_before_reset``, its reset gate after the product; its LSTM has the gates in the
order i, o, f, g, and Keras in the order i, f, g, o.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from onnx import TensorProto, helper

from .._cell_weights import CELL_WEIGHTS
from .._spec import Network
from ._operators import Graph
from ._steps_graph import (
    Packed,
    aligned,
    of_groups,
    packed,
    unpacked,
    zero_where_absent,
)

_OPERATORS = {"simple": "RNN", "gru": "GRU", "lstm": "LSTM"}
_FORWARD, _BOTH = "forward", "bidirectional"
_LOWEST = np.finfo(np.float32).min


def raw_outputs(
    graph: Graph, network: Network, weights: list[np.ndarray], steps: Any, present: Any
) -> Any:
    """Return what a network gives for steps in its units.

    Parameters
    ----------
    graph : Graph
    network : Network
    weights : list of ndarray
    steps : name of float32 (n_samples, n_steps, n_features), or of ids (n_samples, n_steps)
    present : name of bools (n_samples, n_steps)

    Returns
    -------
    name of float32 (n_samples[, n_steps], n_outputs[, n_levels])
    """
    left = iter(weights)
    width = network.n_features
    if network.n_tokens is not None:
        table = next(left)
        steps, width = graph.op("Gather", table, steps), table.shape[1]
    steps = zero_where_absent(graph, steps, present)
    given = present
    for stride in network.conv_strides:
        steps, present = _convolved(graph, steps, present, next(left), next(left), stride)
    width = network.conv_filters[-1] if network.conv_filters else width
    sequences = packed(graph, steps, present, width)
    found = _recurrent_layers(graph, network, left, sequences)
    if network.pooling != "last" and not network.return_sequences:
        scores = [next(left) for _ in range(3)] if network.pooling == "attention" else []
        found = _pooled(graph, network.pooling, found, sequences.inside, scores)
    for _ in network.hidden_units:
        found = graph.op("Relu", graph.affine(found, next(left), next(left)))
    found = graph.affine(found, next(left), next(left))
    if network.return_sequences:
        found = unpacked(graph, found, given, network.n_outputs)
    return found if network.n_levels is None else _in_order(graph, found, network)


def _convolved(
    graph: Graph, steps: Any, present: Any, kernel: np.ndarray, bias: np.ndarray, stride: int
) -> tuple[Any, Any]:
    """Return the outputs of a causal convolution, and which of them are present."""
    size, width, _ = kernel.shape
    if stride > 1:
        steps, present = aligned(graph, steps, present, width, stride)
        steps = zero_where_absent(graph, steps, present)
        present = of_groups(graph, present, stride)
    first = stride - size  # the first output step is at the last step of the first group
    if first > 0:
        ends = np.array([np.iinfo(np.int64).max])
        steps = graph.op("Slice", steps, np.array([first]), ends, np.array([1]))
    channels = graph.op("Transpose", steps, perm=[0, 2, 1])
    found = graph.op(
        "Conv",
        channels,
        kernel.transpose(2, 1, 0),
        bias,
        strides=[stride],
        pads=[max(-first, 0), 0],
    )
    found = graph.op("Relu", graph.op("Transpose", found, perm=[0, 2, 1]))
    return zero_where_absent(graph, found, present), present


def _recurrent_layers(
    graph: Graph, network: Network, left: Iterator[np.ndarray], sequences: Packed
) -> Any:
    """Return the states after all steps, or after the last of each sequence."""
    n_weights, steps = CELL_WEIGHTS[network.cell].n_weights, sequences.steps
    for number, _ in enumerate(network.units):
        of_each = [[next(left) for _ in range(n_weights)] for _ in range(network.n_directions)]
        wants_steps = network.reads_steps or number < len(network.units) - 1
        run = _min_gru if network.cell == "mingru" else _recurrent_layer
        steps = run(graph, network.cell, of_each, steps, sequences, wants_steps)
    return steps


def _recurrent_layer(
    graph: Graph,
    cell: str,
    of_each: list[list[np.ndarray]],
    steps: Any,
    sequences: Packed,
    wants_steps: bool,
) -> Any:
    """Return the states of a layer of one of ONNX' operators."""
    units = of_each[0][1].shape[0]
    kernels, recurrent, biases = (
        np.stack(parts) for parts in zip(*(_in_onnx_order(cell, w) for w in of_each), strict=True)
    )
    states, last, *_ = graph.op(
        _OPERATORS[cell],
        steps,
        kernels,
        recurrent,
        biases,
        graph.cast(sequences.lengths, "int32"),
        outputs=3 if cell == "lstm" else 2,
        hidden_size=units,
        direction=_FORWARD if len(of_each) == 1 else _BOTH,
        **({"linear_before_reset": 1} if cell == "gru" else {}),
    )
    width = len(of_each) * units
    if not wants_steps:
        last = graph.op("Transpose", last, perm=[1, 0, 2])
        return graph.op("Reshape", last, np.array([0, width]))
    states = graph.op("Transpose", states, perm=[0, 2, 1, 3])
    return graph.op("Reshape", states, np.array([0, 0, width]))


def _in_onnx_order(cell: str, weights: list[np.ndarray]) -> tuple[np.ndarray, ...]:
    """Return the kernel, the recurrent kernel and both biases of a direction, a gate a row."""
    kernel, recurrent, bias = weights
    both = bias if bias.ndim == 2 else np.stack([bias, np.zeros_like(bias)])
    order = [0, 3, 1, 2] if cell == "lstm" else range(CELL_WEIGHTS[cell].n_gates)
    units = recurrent.shape[0]
    rows = np.concatenate([np.arange(gate * units, (gate + 1) * units) for gate in order])
    return kernel[:, rows].T, recurrent[:, rows].T, both[:, rows].ravel()


def _min_gru(
    graph: Graph,
    cell: str,
    of_each: list[list[np.ndarray]],
    steps: Any,
    sequences: Packed,
    wants_steps: bool,
) -> Any:
    """Return the states of a layer of the minimal gated unit, a scan over the steps."""
    found = []
    for number, (kernel, bias) in enumerate(of_each):
        there = _reversed(graph, steps, sequences) if number else steps
        states, last = _scanned(graph, graph.affine(there, kernel, bias), sequences.inside, bias)
        if wants_steps:
            found.append(_reversed(graph, states, sequences) if number else states)
        else:
            found.append(last)
    return graph.op("Concat", *found, axis=-1)


def _reversed(graph: Graph, steps: Any, sequences: Packed) -> Any:
    """Return the steps of each sequence from its last one back."""
    return graph.op("ReverseSequence", steps, sequences.lengths, time_axis=0, batch_axis=1)


def _scanned(graph: Graph, projected: Any, inside: Any, bias: np.ndarray) -> tuple[Any, Any]:
    """Return the states after each step and after the last: h' = (1 - z) h + z n."""
    units = len(bias) // 2
    gate, new = graph.op("Split", projected, np.array([units, units]), outputs=2, axis=2)
    update = graph.op("Where", inside, graph.op("Sigmoid", gate), np.float32(0))
    kept = graph.op("Sub", np.float32(1), update)
    added = graph.op("Mul", update, new)
    shape = graph.op("Concat", graph.size(projected, 1), np.array([units]), axis=0)
    start = graph.op("Expand", np.zeros((1, units), np.float32), shape)
    last, states = graph.op(
        "Scan", start, kept, added, outputs=2, body=_step_of_min_gru(), num_scan_inputs=2
    )
    return states, last


def _step_of_min_gru() -> Any:
    values = [helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in "hka"]
    results = [helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in ("next", "out")]
    nodes = [
        helper.make_node("Mul", ["h", "k"], ["kept"]),
        helper.make_node("Add", ["kept", "a"], ["next"]),
        helper.make_node("Identity", ["next"], ["out"]),
    ]
    return helper.make_graph(nodes, "step", values, results)


def _pooled(graph: Graph, how: str, states: Any, inside: Any, scores: list[np.ndarray]) -> Any:
    """Return one vector for each sequence, of its steps that are there."""
    if how == "max":
        return graph.op(
            "ReduceMax", graph.op("Where", inside, states, _LOWEST), axes=[0], keepdims=0
        )
    if how == "mean":
        shares = graph.cast(inside, "float32")
        counts = graph.op("ReduceSum", shares, np.array([0]))
        shares = graph.op("Div", shares, counts)
    else:
        kernel, bias, vector = scores
        hidden = graph.op("Tanh", graph.affine(states, kernel, bias))
        of_steps = graph.op("Where", inside, graph.op("MatMul", hidden, vector), _LOWEST)
        shares = graph.op("Softmax", of_steps, axis=0)
    states = graph.op("Where", inside, states, np.float32(0))
    return graph.op("ReduceSum", graph.op("Mul", states, shares), np.array([0]), keepdims=0)


def _in_order(graph: Graph, raw: Any, network: Network) -> Any:
    """Return quantiles that cannot cross: each a positive step from its neighbour."""
    n_levels = network.n_levels or 1
    middle = n_levels // 2
    axes = [0, 0] if network.return_sequences else [0]
    by_level = graph.op("Reshape", raw, np.array([*axes, -1, n_levels]))
    if n_levels == 1:
        return by_level
    sizes = np.ones(n_levels, np.int64)
    numbers = graph.op("Split", by_level, sizes, outputs=n_levels, axis=-1)
    found = [numbers[middle]]
    for number in numbers[middle + 1 :]:
        found.append(graph.op("Add", found[-1], graph.op("Softplus", number)))
    for number in reversed(numbers[:middle]):
        found.insert(0, graph.op("Sub", found[0], graph.op("Softplus", number)))
    return graph.op("Concat", *found, axis=-1)
