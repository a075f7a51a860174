"""An autoencoder as a Keras model: what its `to_keras` gives."""

from typing import Any

import keras

from ..._cell_weights import CELL_WEIGHTS
from .seeds import seeded_layers
from .stack_model import input_layers, plain_layer


def build_autoencoder(network, weights, *, input_scaling=None, output_scaling=None):
    """Build encoder, latent vector and decoder of Keras layers, with weights.

    Parameters
    ----------
    network : Autoencoder
    weights : list of ndarray
    input_scaling, output_scaling : see `skrnn._keras.layers.stack_model.build_stack`

    Returns
    -------
    keras.Model
        From (n_samples, n_steps, n_features), NaN for absent steps, to the latent vectors and to
        what is written for them at every step.
    """
    weighted: list[Any] = []

    def kept(layer):
        weighted.append(layer)
        return layer

    with seeded_layers(0):
        inputs, *to_network = input_layers(network.n_features, input_scaling)
        hidden = inputs
        for layer in to_network:
            hidden = layer(hidden)
        steps = hidden
        for number, units in enumerate(network.units):
            is_last = number == len(network.units) - 1
            layer = plain_layer(network, units, return_sequences=not is_last)
            both = keras.layers.Bidirectional(layer) if network.bidirectional else layer
            hidden = kept(both)(hidden)
        latent = kept(keras.layers.Dense(network.latent_dim, name="latent"))(hidden)
        starts = [
            [
                kept(keras.layers.Dense(units, activation="tanh"))(latent)
                for _ in range(CELL_WEIGHTS[network.cell].n_states)
            ]
            for units in network.decoder_units
        ]
        hidden, present = RepeatBackwards()([latent, steps])
        for units, start in zip(network.decoder_units, starts, strict=True):
            layer = plain_layer(network, units, return_sequences=True)
            # Keras passes no mask on by itself where there is a state to start from.
            hidden = kept(layer)(hidden, initial_state=start, mask=present)
        written = kept(keras.layers.Dense(network.n_features))(hidden)
        if output_scaling is not None:
            written = keras.layers.Rescaling(*output_scaling)(written)
        model = keras.Model(inputs, [latent, ReverseSteps(name="reconstruction")(written)])
    remaining = iter(weights)
    for layer in weighted:
        layer.set_weights([next(remaining) for _ in layer.weights])
    return model


@keras.saving.register_keras_serializable("skrnn")
class RepeatBackwards(keras.layers.Layer):
    """Repeat vectors for as many steps as there are in sequences, the last step first.

    Gives the repeated vectors (batch, n_steps, width), and which of the steps are not after the
    last present one of a sequence: bool of shape (batch, n_steps).
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def compute_mask(self, inputs, mask=None):
        """Return no masks: the one there is comes as an output."""
        return None

    def call(self, inputs, mask=None):
        """Return both from (batch, width) and (batch, n_steps, n_features) with its mask."""
        vectors, steps = inputs
        present = keras.ops.cast(keras.ops.flip(mask[1], axis=1), "int32")
        repeated = vectors[:, None] + keras.ops.zeros_like(steps[:, :, :1])
        return repeated, keras.ops.cumsum(present, axis=1) > 0

    def compute_output_spec(self, inputs, mask=None):
        """Return the shapes and types of both."""
        vectors, steps = inputs
        n_steps = steps.shape[:2]
        return (
            keras.KerasTensor((*n_steps, vectors.shape[1]), vectors.dtype),
            keras.KerasTensor(n_steps, "bool"),
        )


@keras.saving.register_keras_serializable("skrnn")
class ReverseSteps(keras.layers.Layer):
    """Put the steps into the order of time again."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def compute_mask(self, inputs, mask=None):
        """Return no mask: what it was is known from the input."""
        return None

    def call(self, inputs):
        """Return the steps in reversed order."""
        return keras.ops.flip(inputs, axis=1)

    def compute_output_shape(self, input_shape):
        """Return the shape unchanged."""
        return input_shape
