"""The networks of a fitted estimator as one ONNX model, between the user's units."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from onnx import checker, helper

from .._data.class_line import ClassLine
from .._data.classes import ClassTargets
from .._data.inputs import TokenInputs
from .._data.line import Line
from .._data.task import Task, task_of
from .._data.token_line import TokenLine
from .._ensemble import members_of
from .._spec import Network, network_of
from .._tokens import UNKNOWN
from .._version import __version__
from ._layers_graph import raw_outputs
from ._operators import IR_VERSION, OPSET, TYPES, Graph
from ._steps_graph import any_present, filled, seen_within, whole
from ._tokens_graph import token_outputs


def exported(estimator: Any, dtype: str) -> Any:
    """Return the `onnx.ModelProto` of a fitted regressor or classifier."""
    network, task = network_of(estimator.network_), task_of(estimator)
    _refuse_what_has_no_export(estimator, network)
    graph = Graph(dtype)
    tokens = isinstance(task.inputs, TokenInputs)
    steps, present = _read(graph, task.inputs)
    networks = members_of(estimator.weights_, estimator.n_networks_)
    raw = [raw_outputs(graph, network, weights, steps, present) for weights in networks]
    if task.token_line is not None:
        raw = _mixed(graph, task.token_line, raw, steps, present)
    if isinstance(task.targets, ClassTargets):
        name, found = "probabilities", _probabilities(graph, task, raw, steps, present)
        shares = None if task.targets.per_step else task.targets.shares
        instead = np.nan if shares is None else np.array(shares)
    else:
        name, found = "y", _numbers(graph, task, raw, steps, present)
        instead = np.nan
    found = _where_known(graph, task.targets, network, found, present, instead)
    graph.op("Identity", graph.cast(found, dtype))
    graph.nodes[-1].output[0] = name
    axes = [None, *([None] if task.targets.per_step else []), *_axes_of_output(task.targets)]
    return _model(graph, _input(task, tokens, dtype), (name, TYPES[dtype], axes), estimator)


def _refuse_what_has_no_export(estimator: Any, network: Any) -> None:
    if estimator.builder_ is not None or not isinstance(network, Network):
        got = "a model of your own" if estimator.builder_ is not None else "decoder='rnn'"
        raise ValueError(
            f"Expected a network that ONNX' recurrent operators cover, got one with {got}. Leave "
            "it out and fit again, or serve what to_keras() gives."
        )


def _read(graph: Graph, inputs: Any) -> tuple[Any, Any]:
    """Return X in the network's units, and which steps are present."""
    if isinstance(inputs, TokenInputs):
        known = graph.op("Less", "X", np.array(inputs.n_tokens))
        ids = graph.op("Where", known, "X", np.array(UNKNOWN))
        return ids, graph.op("Greater", ids, np.array(0))
    missing = graph.cast(graph.op("IsNaN", "X"), "int32")
    missing = graph.op("ReduceMin", missing, axes=[2], keepdims=0)
    seen = _bent(graph, graph.cast("X", "float64"), inputs)
    exact = graph.op("Sub", seen, np.array(inputs.mean))
    scaled = graph.op("Div", exact, np.array(inputs.scale))
    present = graph.op("Not", graph.cast(missing, "bool"))
    if inputs.within:
        again = seen_within(graph, graph.cast("X", "float64"), present, inputs.within)
        scaled = graph.op("Concat", scaled, again, axis=2)
    return graph.cast(scaled, "float32"), present


def _mixed(graph: Graph, line: TokenLine, raw: list[Any], steps: Any, present: Any) -> list[Any]:
    """Return the means of the raw outputs of each network and of a line of tokens."""
    beside = graph.op("Mul", token_outputs(graph, line, steps, present), np.float64(line.share))
    alone = [graph.op("Mul", graph.cast(r, "float64"), np.float64(1 - line.share)) for r in raw]
    return [graph.op("Add", outputs, beside) for outputs in alone]


def _bent(graph: Graph, features: Any, inputs: Any) -> Any:
    """Return features as the network sees them, before they are standardized."""
    bends, places = inputs.bending, np.arange(inputs.n_features)
    if bends.bent:
        centre, unit = np.zeros(inputs.n_features), np.ones(inputs.n_features)
        centre[list(bends.bent)], unit[list(bends.bent)] = bends.centre, bends.unit
        # asinh by the logarithm: not every runtime has the operator for float64.
        ratio = graph.op("Div", graph.op("Sub", features, centre), unit)
        size = graph.op("Abs", ratio)
        root = graph.op("Sqrt", graph.op("Add", graph.op("Mul", size, size), np.float64(1)))
        logarithm = graph.op("Log", graph.op("Add", size, root))
        bent = graph.op("Mul", graph.op("Sign", ratio), logarithm)
        features = graph.op("Where", np.isin(places, bends.bent), bent, features)
    if bends.fixed:
        usual = np.zeros(inputs.n_features)
        usual[list(bends.fixed)] = bends.usual
        known = graph.op("Not", graph.op("IsNaN", features))
        fixed = graph.op("And", np.isin(places, bends.fixed), known)
        features = graph.op("Where", fixed, usual, features)
    return features


def _numbers(graph: Graph, task: Task[Any, Any], raw: list[Any], steps: Any, present: Any) -> Any:
    """Return the mean of the networks in the user's units, those beside a line with it."""
    scale, offset = task.targets.keras_layers()["output_scaling"]
    line, found = task.line, []
    for number, outputs in enumerate(raw):
        exact = graph.cast(outputs, "float64")
        if line is None or number < line.n_alone:
            found.append(graph.op("Add", graph.op("Mul", exact, scale), offset))
            continue
        beside = graph.op("Add", graph.op("Mul", exact, line.scale), line.mean)
        found.append(beside)
    mean = graph.op("Mul", graph.sum(*found), np.float64(1 / len(found)))
    if line is None:
        return mean
    part = line.part((len(raw) - line.n_alone) / len(raw))
    return graph.op("Add", mean, _forecasts(graph, task, part, steps, present))


def _forecasts(
    graph: Graph, task: Task[Any, Any], line: Line | ClassLine, steps: Any, present: Any
) -> Any:
    """Return what a line says, float64 (n_samples, n_outputs)."""
    if task.inputs.of_line() is not task.inputs:
        steps, _ = _read(graph, task.inputs.of_line())
    all_steps = filled(graph, steps, present, line.n_steps, task.inputs.n_seen)
    flat = graph.cast(graph.op("Flatten", all_steps), "float64")
    return graph.affine(flat, line.coef, line.intercept)


def _probabilities(
    graph: Graph, task: Task[Any, Any], raw: list[Any], steps: Any, present: Any
) -> Any:
    """Return the mean probabilities of the networks, and of a line by its share."""
    targets, line = task.targets, task.class_line
    kind = "Sigmoid" if targets.is_binary else "Softmax"
    options = {} if targets.is_binary else {"axis": -1}
    found = [graph.op(kind, graph.cast(outputs, "float64"), **options) for outputs in raw]
    p = graph.op("Mul", graph.sum(*found), np.float64(1 / len(found)))
    if line is not None:
        of_line = graph.op(kind, _forecasts(graph, task, line, steps, present), **options)
        both = [(p, 1 - line.share), (of_line, line.share)]
        mean = graph.sum(*(graph.op("Mul", of_one, np.float64(part)) for of_one, part in both))
        p = graph.op("Where", whole(graph, present), mean, p)
    if targets.is_multilabel or not targets.is_binary:
        return p
    return graph.op("Concat", graph.op("Sub", np.float64(1), p), p, axis=-1)


def _where_known(
    graph: Graph, targets: Any, network: Network, found: Any, present: Any, instead: Any
) -> Any:
    """Return what is predicted of samples or steps that are there, and something else of others."""
    known = present if targets.per_step else any_present(graph, present)
    known = graph.at_axis(known, 2) if targets.per_step else known
    if network.n_levels is not None:
        known = graph.at_axis(known, 3 if targets.per_step else 2)
    found = graph.op("Where", known, found, np.float64(instead))
    if getattr(targets, "has_output_axis", True):
        return found
    return graph.without_axis(found, -1 if network.n_levels is None else -2)


def _axes_of_output(targets: Any) -> list[int]:
    """Return the axes of an output after those of samples and steps."""
    if isinstance(targets, ClassTargets):
        return [len(targets.labels)]
    levels = [] if targets.quantiles is None else [len(targets.quantiles)]
    return [*([targets.n_outputs] if targets.has_output_axis else []), *levels]


def _input(task: Task[Any, Any], tokens: bool, dtype: str) -> tuple[str, int, list[Any]]:
    line = task.line or task.class_line
    n_steps = None if line is None else line.n_steps
    if tokens:
        return "X", TYPES["int64"], [None, n_steps]
    return "X", TYPES[dtype], [None, n_steps, task.inputs.n_features]


def _model(graph: Graph, given: Any, found: Any, estimator: Any) -> Any:
    """Return the checked model of a graph from one input to one output."""
    ends = [
        helper.make_tensor_value_info(name, kind, _named_axes(axes))
        for name, kind, axes in (given, found)
    ]
    made = helper.make_graph(
        graph.nodes, type(estimator).__name__, ends[:1], ends[1:], graph.constants
    )
    model = helper.make_model(
        made,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="skrnn",
        producer_version=__version__,
    )
    classes = getattr(estimator, "classes_", None)
    if classes is not None:
        helper.set_model_props(
            model, {"classes": json.dumps(np.asarray(classes).tolist(), default=str)}
        )
    checker.check_model(model)
    return model


def _named_axes(axes: list[Any]) -> list[Any]:
    names = ("n_samples", "n_steps")
    return [names[n] if axis is None else axis for n, axis in enumerate(axes)]
