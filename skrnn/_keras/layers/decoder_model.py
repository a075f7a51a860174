"""Encoder and decoder as a Keras model: what their `to_keras` gives."""

from typing import Any

import keras

from .bend_layer import scaling_layers
from .seeds import seeded_layers
from .stack_model import input_layers, plain_layer, token_layers


def build_decoder(network, weights, *, input_scaling=None, output_scaling=None, known_scaling=None):
    """Build encoder and decoder of Keras layers, with weights.

    Parameters
    ----------
    network : EncoderDecoder
    weights : list of ndarray
    input_scaling, output_scaling : see `skrnn._keras.layers.stack_model.build_stack`
    known_scaling : (scale, offset, bends, within) or None
        Turns what is known ahead into the network's units.

    Returns
    -------
    keras.Model
        For tokens it maps the input and the target ids, each one step late, to logits (n_samples,
        n_target_steps, n_outputs). For numbers it maps the input, with the values that are known
        ahead if there are any, to the steps that the decoder writes by itself.
    """
    with seeded_layers(0):
        layers = _Layers(network, input_scaling)
        if network.target_embedding_dim is not None:
            fed = keras.Input((None,), dtype="int32")
            model = keras.Model([layers.input, fed], layers.taught(fed))
        else:
            ahead = known = None
            if network.n_known:
                ahead = known = keras.Input((network.n_target_steps, network.n_known))
                if known_scaling is not None:
                    for layer in scaling_layers(*known_scaling):
                        known = layer(known)
            written = layers.written(network.n_target_steps, known)
            if output_scaling is not None:
                written = keras.layers.Rescaling(*output_scaling)(written)
            model = keras.Model(layers.input if ahead is None else [layers.input, ahead], written)
    layers.set_weights(weights)
    return model


@keras.saving.register_keras_serializable("skrnn")
class FirstStep(keras.layers.Layer):
    """One step of zeros, as many samples as there are of anything."""

    def __init__(self, width, **kwargs):
        super().__init__(**kwargs)
        self.width = width
        self.supports_masking = True

    def compute_mask(self, inputs, mask=None):
        """Return no mask: the step is there."""
        return None

    def call(self, inputs):
        """Return zeros of shape (batch, 1, width)."""
        return keras.ops.zeros((keras.ops.shape(inputs)[0], 1, self.width))

    def compute_output_shape(self, input_shape):
        """Return the shape of the step."""
        return (input_shape[0], 1, self.width)

    def get_config(self):
        """Return what the constructor needs."""
        return {**super().get_config(), "width": self.width}


class _Layers:
    """The layers, called on symbolic tensors, and the order in which they take weights."""

    def __init__(self, network, input_scaling):
        self.network = network
        self.weighted: list[Any] = []
        if network.n_tokens is None:
            self.input, *to_network = input_layers(network.n_features, input_scaling)
        else:
            self.input, *to_network = token_layers(network)
        hidden = self.input
        for layer in to_network:
            hidden = self._kept(layer)(hidden)
        self.states = []
        for units in network.units:
            hidden, state = self._encoded(units, hidden)
            self.states.append(state)
        self.keys = hidden
        self.embedding: Any = None
        if network.target_embedding_dim is not None:
            self.embedding = self._kept(
                keras.layers.Embedding(
                    network.n_outputs, network.target_embedding_dim, mask_zero=True
                )
            )
        self.decoder = [
            self._kept(plain_layer(network, units, return_sequences=True, return_state=True))
            for units in network.decoder_units
        ]
        width = network.decoder_units[-1]
        if network.attention == "additive":
            self.of_query, self.of_key = (
                self._kept(keras.layers.Dense(width, use_bias=False)) for _ in range(2)
            )
            self.attention = self._kept(keras.layers.AdditiveAttention())
        elif network.attention == "dot":
            self.attention = keras.layers.Attention()
        if network.attention is not None:
            self.combination = self._kept(keras.layers.Dense(width, activation="tanh"))
        self.output = self._kept(keras.layers.Dense(network.n_outputs))

    def set_weights(self, weights):
        """Give the layers their weights, which come in the order of `weight_shapes`."""
        weights = iter(weights)
        for layer in self.weighted:
            layer.set_weights([next(weights) for _ in layer.weights])

    def taught(self, fed):
        """Return the outputs where the decoder is fed the targets, one step late."""
        outputs, _ = self._decoded(self.embedding(fed), self.states)
        return outputs

    def written(self, n_steps, known=None):
        """Return what the decoder writes when it is fed its own outputs, and what is known."""
        number = FirstStep(self.network.n_outputs)(self.keys)
        states, steps = self.states, []
        for step in range(n_steps):
            fed = number
            if known is not None:
                fed = keras.layers.Concatenate()([number, known[:, step : step + 1]])
            outputs, states = self._decoded(fed, states)
            steps.append(outputs)
            number = outputs if self.network.autoregressive else number
        return steps[0] if n_steps == 1 else keras.layers.Concatenate(axis=1)(steps)

    def _kept(self, layer):
        self.weighted.append(layer)
        return layer

    def _encoded(self, units, inputs):
        """Return what a layer of the encoder gives at each step, and its last state."""
        layer = plain_layer(self.network, units, return_sequences=True, return_state=True)
        if not self.network.bidirectional:
            outputs, *state = self._kept(layer)(inputs)
            return outputs, state
        outputs, *states = self._kept(keras.layers.Bidirectional(layer))(inputs)
        half = len(states) // 2
        pairs = zip(states[:half], states[half:], strict=True)
        return outputs, [keras.layers.Concatenate()(list(pair)) for pair in pairs]

    def _decoded(self, hidden, states):
        """Return outputs and new states after some steps of the decoder."""
        after = []
        for layer, state in zip(self.decoder, states, strict=True):
            hidden, *state = layer(hidden, initial_state=state)
            after.append(state)
        if self.network.attention is not None:
            hidden = self.combination(keras.layers.Concatenate()([self._context(hidden), hidden]))
        return self.output(hidden), after

    def _context(self, hidden):
        if self.network.attention == "additive":
            return self.attention([self.of_query(hidden), self.keys, self.of_key(self.keys)])
        scaled = keras.layers.Rescaling(hidden.shape[-1] ** -0.5)(hidden)
        return self.attention([scaled, self.keys])
