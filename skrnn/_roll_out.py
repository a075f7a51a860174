"""Forecasts of many steps by a network of one step: its outputs are fed back to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from ._data.outages import samples_with_steps, with_nan_for_outages
from ._data.sequences import Sequences
from ._device import device_of
from ._ensemble import members_of
from ._spec import network_of


def roll_out(
    regressor: Any,
    windows: Any,
    n_steps: int,
    *,
    fed_back: Sequence[int],
    known: Sequence[int] = (),
    known_values: np.ndarray | None = None,
) -> np.ndarray:
    """Return the forecasts of the steps after each window, in the user's units.

    The outputs of the network are features of the next step. They are fed back to it beside the
    values of features that are known ahead, all steps in one compiled call. The state of the
    network is carried along: the windows grow, and no step is read twice. Each of several networks
    is fed its own outputs, and the forecast is the mean of their forecasts.

    Parameters
    ----------
    regressor : RNNRegressor
        Fitted, with ``baseline=None``, to predict features of the step after a window: y of shape
        (n_samples,) or (n_samples, n_outputs).
    windows : array-like of shape (n_samples, n_window_steps, n_features)
        The X of a prediction.
    n_steps : int
        The steps to forecast. All up to the same power of two share a program.
    fed_back : sequence of int
        The position of each output among the features.
    known : sequence of int, default=()
        The positions of all other features.
    known_values : array of shape (n_samples, n_steps or n_steps - 1, n_known) or None
        The values of these at the steps that are forecast, in the order of `known`: the forecast of
        a step is made from the values of the steps before it. Those of the last step are not read.

    Returns
    -------
    forecasts : float64 ndarray of shape (n_samples, n_steps, n_outputs)
        NaN for a window without any present step.

    Raises
    ------
    ValueError
        If the network cannot be fed its own outputs, if some features are neither fed back nor
        known, or if a known value is missing.
    """
    check_is_fitted(regressor)
    _refuse_other_networks(regressor)
    from . import _keras

    task, network = regressor._task(), network_of(regressor.network_)
    _refuse_standardized_within(task.inputs)
    order = _order(fed_back, known, network)
    found = task.inputs.read(regressor, windows)
    ahead = _checked(known_values, (len(found), n_steps, len(known)))
    ahead = _in_network_units(task.inputs, list(known), ahead)
    feedback = _feedback(task, list(fed_back))
    kept, device = samples_with_steps(found), device_of(regressor)

    def forecasts(some: Sequences) -> np.ndarray:
        given = task.inputs.in_network_units(some).trimmed()
        values = ahead if kept is None else ahead[kept]
        outputs = [
            _keras.roll_out(network, weights, given, values, order, feedback, device=device)
            for weights in members_of(regressor.weights_, regressor.n_networks_)
        ]
        of_all: np.ndarray = task.targets.in_user_units(task.targets.combined(outputs))
        return of_all

    return with_nan_for_outages(
        found, "Their forecasts are NaN.", forecasts, (n_steps, network.n_outputs)
    )


def _refuse_standardized_within(inputs: Any) -> None:
    if inputs.within:
        raise ValueError(
            "Expected a network that was fitted on windows of a series, got one that was fitted on "
            "other sequences and sees them standardized within each of them. Set standardize=True "
            "and fit again."
        )


def _in_network_units(inputs: Any, features: list[int], values: np.ndarray) -> np.ndarray:
    """Return the values of some features, on the last axis, as the network sees them."""
    scale, offset, bends, _ = inputs.keras_scaling()
    of_all = np.zeros((*values.shape[:-1], inputs.n_features))
    of_all[..., features] = values
    bent: np.ndarray = bends.applied(of_all)[..., features]
    return (bent * scale[features] + offset[features]).astype(np.float32)


def _feedback(task: Any, features: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Return the scale and the offset that make features, as the network sees them, of outputs."""
    scale, offset, bends, _ = task.inputs.keras_scaling()
    bent = [feature for feature in features if feature in bends.bent]
    if bent:
        raise ValueError(
            "Expected features to feed back that the network sees in a linear scale, got "
            f"{'feature' if len(bent) == 1 else 'features'} {', '.join(map(str, bent))}, whose "
            "values span decades and which it sees as a logarithm. Set standardize=True and fit "
            "again."
        )
    scale = np.where(np.isin(np.arange(len(scale)), bends.fixed), 0.0, scale)  # seen as zero
    offset = np.where(scale == 0, 0.0, offset)
    of_outputs, start = task.targets.keras_layers()["output_scaling"]
    parts = of_outputs * scale[features], start * scale[features] + offset[features]
    return parts[0].astype(np.float32), parts[1].astype(np.float32)


def _order(fed_back: Sequence[int], known: Sequence[int], network: Any) -> tuple[int, ...]:
    """Return, for each feature, its place among the outputs and the known features."""
    places = [*map(int, fed_back), *map(int, known)]
    if sorted(places) != list(range(network.n_features)) or len(fed_back) != network.n_outputs:
        raise ValueError(
            f"Expected each of {network.n_features} features to be one of the "
            f"{network.n_outputs} outputs that are fed back, or known ahead, got "
            f"fed_back={list(fed_back)} and known={list(known)}. Name every feature once."
        )
    return tuple(places.index(feature) for feature in range(network.n_features))


def _checked(values: Any, shape: tuple[int, int, int]) -> np.ndarray:
    """Return known values as float64 of this shape, zero where they are not read."""
    n_samples, n_steps, n_known = shape
    given = np.zeros((n_samples, n_steps, 0)) if values is None else np.asarray(values, float)
    if given.shape not in (shape, (n_samples, n_steps - 1, n_known)):
        raise ValueError(
            f"Expected known_values of shape (n_samples, n_steps, n_known) = {shape}, or with one "
            f"step less, got shape {given.shape}. Give the values of all features that are not "
            "fed back."
        )
    out = np.zeros(shape)
    out[:, : n_steps - 1] = given[:, : n_steps - 1]
    missing = np.argwhere(~np.isfinite(out))
    if len(missing):
        sample, step, column = missing[0].tolist()
        raise ValueError(
            f"Expected every value that is known ahead to be a finite number, got "
            f"{out[sample, step, column]} in known_values[{sample}, {step}, {column}] and at "
            f"{len(missing) - 1} more places. Fill them before."
        )
    return out


def _refuse_other_networks(regressor: Any) -> None:
    """Refuse networks whose outputs cannot be the next step's input."""
    description = regressor.network_
    fixed = {
        "kind": "Network",
        "bidirectional": False,
        "pooling": "last",
        "conv_filters": (),
        "return_sequences": False,
        "n_tokens": None,
        "n_levels": None,
    }
    others = [
        f"{name}={description.get(name)!r}"
        for name, value in fixed.items()
        if (description.get(name, value) or value) != value
    ]
    if regressor.line_ is not None:
        others.append("a ridge line beside it")
    if regressor.builder_ is not None:
        others.append("a model of your own")
    if others:
        raise ValueError(
            "Expected a network that can be fed its own outputs, got one with "
            f"{' and '.join(others)}. Set bidirectional=False, pooling='last', conv_filters=(), "
            "baseline=None and a loss of means, and fit again."
        )
