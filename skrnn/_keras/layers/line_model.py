"""A line beside a network, as a Keras model."""

from typing import Any

import keras
import numpy as np

from ..engine import Line


def beside_line(model: Any, line: Line, scaling: tuple[np.ndarray, np.ndarray]) -> Any:
    """Return a model that adds a line to what a model gives.

    Parameters
    ----------
    model : keras.Model
        It takes raw sequences (n_samples, n_steps, n_features).
    line : Line
    scaling : pair of ndarray
        The scale and the offset that standardize the features.
    """
    scale, offset = (np.asarray(part, dtype=np.float32) for part in scaling)
    inputs = keras.Input((line.n_steps, len(scale)))
    steps = inputs * scale + offset
    absent = keras.ops.isnan(steps)
    flat = keras.layers.Flatten()(keras.ops.where(absent, 0.0, steps))
    dense = keras.layers.Dense(line.coef.shape[1], name="line")
    beside = dense(flat)
    dense.set_weights([line.coef, line.intercept])
    return keras.Model(inputs, model(inputs) + beside)
