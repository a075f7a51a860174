"""Raw outputs of fitted networks, multiplied by a factor in their last weights."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ._device import engine_name
from ._ensemble import members_of


def rescale_outputs(fitted: Any, numbers: Iterable[int], factor: float, offset: Any = 0.0) -> None:
    """Multiply the raw outputs of some networks by a factor, and add an offset."""
    networks = members_of(fitted.weights_, fitted.n_networks_)
    for number in numbers:
        kernel, bias = networks[number][-2:]
        networks[number][-2:] = _rescaled(kernel, bias, factor, offset)
        if fitted.weight_averaging:
            _rescale_behind_average(fitted, number, (kernel.shape, bias.size), factor, offset)
    fitted.weights_ = [w for of_one in networks for w in of_one]


def _rescaled(kernel: Any, bias: Any, factor: float, offset: Any) -> list[Any]:
    kernel, bias = (w * np.float32(factor) for w in (kernel, bias))
    return [kernel, bias + np.asarray(offset, np.float32)]


def _rescale_behind_average(
    fitted: Any, number: int, sizes: tuple[Any, int], factor: float, offset: Any
) -> None:
    """Rescale the weights that a fit which goes on starts from, at the end of a state.

    `sizes` are the shape of the last kernel and the length of the last bias.
    """
    states = members_of(fitted.optimizer_state_, fitted.n_networks_)
    if engine_name(fitted.engine_) == "compiled":  # all weights are one array
        shape, n_biases = sizes
        vector = states[number][-1].copy()
        kernel = vector[-(np.prod(shape) + n_biases) : -n_biases].reshape(shape)
        kernel, bias = _rescaled(kernel, vector[-n_biases:], factor, offset)
        vector[-(kernel.size + n_biases) :] = np.concatenate([kernel.ravel(), bias])
        states[number][-1] = vector
    else:
        kernel, bias = states[number][-2:]
        states[number][-2:] = _rescaled(kernel, bias, factor, offset)
    fitted.optimizer_state_ = [array for of_one in states for array in of_one]
