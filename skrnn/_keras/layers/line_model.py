"""A line beside a network, as a Keras model."""

from typing import Any

import keras

from ..engine import ClassLine, Line, Scaling
from .bend_layer import scaling_layers


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


def beside_line(model: Any, line: Line, scaling: Scaling) -> Any:
    """Return a model that adds a line to what a model gives.

    Parameters
    ----------
    model : keras.Model
        It takes raw sequences (n_samples, n_steps, n_features).
    line : Line
    scaling : (scale, offset, bends, within)
        They bring the features into the network's units.
    """
    inputs, forecasts = _forecasts(line, scaling)
    return keras.Model(inputs, model(inputs) + forecasts)


def beside_class_line(
    model: Any,
    line: ClassLine,
    scaling: Scaling,
    activation: str,
) -> Any:
    """Return the mean of the probabilities of a model and of a line, by the line's share.

    Parameters
    ----------
    model, scaling : see `beside_line`
    line : ClassLine
    activation : {"sigmoid", "softmax"}
        It makes probabilities of the line's forecasts.
    """
    inputs, forecasts = _forecasts(line, scaling)
    present = ~keras.ops.isnan(inputs[..., 0])
    is_whole = keras.ops.logical_and(present[:, :1], present[:, -1:])
    share = line.share * keras.ops.cast(is_whole, forecasts.dtype)
    of_line = keras.layers.Activation(activation)(forecasts)
    return keras.Model(inputs, (1 - share) * model(inputs) + share * of_line)


def _forecasts(line: Line | ClassLine, scaling: Scaling) -> tuple[Any, Any]:
    """Return raw sequences as an input, and what a line says of them."""
    scale, *_, within = scaling
    inputs = keras.Input((line.n_steps, len(scale) - len(within)))
    steps = inputs
    for layer in scaling_layers(*scaling):
        steps = layer(steps)
    flat = keras.layers.Flatten()(Filled()(steps))
    dense = keras.layers.Dense(line.coef.shape[1], name="line")
    beside = dense(flat)
    dense.set_weights([line.coef, line.intercept])
    return inputs, beside
