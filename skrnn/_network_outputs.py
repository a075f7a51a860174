"""The raw outputs of fitted networks, before any scale or line makes predictions of them."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from ._data.sequences import Sequences
from ._device import device_of, engine_name
from ._ensemble import members_of
from ._spec import network_of


def outputs_alone(fitted: Any, sequences: Sequences) -> list[np.ndarray]:
    """Return the raw outputs of each network for sequences in its units, without any line."""
    from . import _keras

    network, is_own = network_of(fitted.network_), fitted.builder_ is None
    per_step = fitted.target_["per_step"]
    sequences = sequences.trimmed() if is_own and not per_step else sequences
    engine, device = engine_name(fitted.engine_), device_of(fitted)
    predict = partial(_keras.predict, engine, network, device=device, builder=fitted.builder_)
    # The check of a user's own model was learnt from the first network.
    check = None if is_own else fitted.builder_check_
    return [
        predict(weights, sequences, check=check if number == 0 else None)
        for number, weights in enumerate(members_of(fitted.weights_, fitted.n_networks_))
    ]


def outputs_of_unseen(fitted: Any, inputs: Any, sequences: Sequences) -> list[np.ndarray]:
    """Return the same for sequences in the user's units, whose rows alone are scaled."""
    parts = []
    for some in sequences.parts():
        own = some.cut(slice(None), int(some.lengths.sum()))
        parts.append(outputs_alone(fitted, inputs.in_network_units(own)))
    return [np.concatenate(of_one) for of_one in zip(*parts, strict=True)]


def refuse_no_number(outputs: np.ndarray) -> None:
    """Refuse to predict what the network does not know as a number."""
    is_nan = np.isnan(outputs.sum(axis=tuple(range(1, outputs.ndim))))
    if is_nan.any():
        raise ValueError(
            f"Expected the network to give numbers, got NaN for {is_nan.sum()} samples (the first: "
            f"{is_nan.argmax()} of the samples with a present step). Their values in X may be far "
            "out of proportion to the values of fit: look at their unit."
        )
