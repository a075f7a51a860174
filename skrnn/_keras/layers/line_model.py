"""A line beside a network, as a Keras model."""

from typing import Any

import keras
import numpy as np

from ..engine import Bends, Line
from .bend_layer import Bent


@keras.saving.register_keras_serializable("skrnn")
class Filled(keras.layers.Layer):
    """Gives an absent step the value of the one before it, and the first ones the first value.

    A sequence without any step is zero.
    """

    def call(self, steps: Any) -> Any:
        n_steps, n_features = steps.shape[1:]
        present = ~keras.ops.isnan(steps[..., 0])
        places = keras.ops.where(present, keras.ops.arange(n_steps), -1)
        places = keras.ops.associative_scan(keras.ops.maximum, places, axis=1)
        places = keras.ops.reshape(places, (-1, n_steps))  # the scan forgets its shape
        first = keras.ops.argmax(keras.ops.cast(present, "int32"), axis=1)[:, None]
        places = keras.ops.where(places < 0, keras.ops.cast(first, places.dtype), places)
        places = keras.ops.repeat(places[..., None], n_features, axis=2)
        filled = keras.ops.take_along_axis(steps, places, axis=1)
        return keras.ops.where(keras.ops.isnan(filled), 0.0, filled)

    def compute_output_shape(self, shape: Any) -> Any:
        return shape


def beside_line(
    model: Any,
    line: Line,
    scaling: tuple[np.ndarray, np.ndarray, Bends],
    activation: str | None = None,
) -> Any:
    """Return a model that adds a line to what a model gives, or the mean of their probabilities.

    Parameters
    ----------
    model : keras.Model
        It takes raw sequences (n_samples, n_steps, n_features).
    line : Line
    scaling : (scale, offset, bends)
        They bring the features into the network's units.
    activation : {"sigmoid", "softmax"} or None
        It makes probabilities of the line's forecasts, where the model gives probabilities.
    """
    scale, offset, bends = scaling
    inputs = keras.Input((line.n_steps, len(scale)))
    seen = Bent(bends.fields())(inputs) if bends else inputs
    steps = seen * np.asarray(scale, np.float32) + np.asarray(offset, np.float32)
    flat = keras.layers.Flatten()(Filled()(steps))
    dense = keras.layers.Dense(line.coef.shape[1], activation, name="line")
    beside = dense(flat)
    dense.set_weights([line.coef, line.intercept])
    found = model(inputs)
    if activation is None:
        return keras.Model(inputs, found + beside)
    return keras.Model(inputs, (1 - line.share) * found + line.share * beside)
