"""The weights of a network: their shapes, and the values that training starts from.

NumPy alone: a network can be described, counted and started without TensorFlow.
"""

from __future__ import annotations

from functools import singledispatch

import numpy as np

from ._spec import N_GATES, Autoencoder, EncoderDecoder, LanguageModel


@singledispatch
def weight_shapes(network):
    """List the shape of each weight with the kind of its starting value.

    The order is that of ``keras.Model.get_weights()`` for the same stack.
    """
    shapes = _encoder_shapes(network)
    width = network.units[-1] * network.n_directions
    if network.pooling == "attention":
        shapes += [("kernel", (width, width)), ("zeros", (width,)), ("kernel", (width, 1))]
    for units in (*network.hidden_units, network.n_outputs):
        shapes += [("kernel", (width, units)), ("zeros", (units,))]
        width = units
    return shapes


@weight_shapes.register(EncoderDecoder)
def _(network):
    """Encoder, then the decoder: embedding, recurrent layers, attention, output."""
    shapes = _encoder_shapes(network)
    width = network.n_outputs
    if network.target_embedding_dim is not None:
        width = network.target_embedding_dim
        shapes.append(("embedding", (network.n_outputs, width)))
    for units in network.decoder_units:
        shapes += _recurrent_shapes(network.cell, width, units)
        width = units
    if network.attention == "additive":
        shapes += [("kernel", (width, width)), ("kernel", (width, width)), ("scale", (width,))]
    if network.attention is not None:
        shapes += [("kernel", (2 * width, width)), ("zeros", (width,))]
    return [*shapes, ("kernel", (width, network.n_outputs)), ("zeros", (network.n_outputs,))]


@weight_shapes.register(LanguageModel)
def _(network):
    """Embedding, recurrent layers, output."""
    width, n_tokens = network.units[-1], network.n_tokens
    return [
        *_encoder_shapes(network),
        ("kernel", (width, n_tokens)),
        ("zeros", (n_tokens,)),
    ]


@weight_shapes.register(Autoencoder)
def _(network):
    """Encoder, latent vector, the decoder's first states, its recurrent layers, output."""
    shapes = _encoder_shapes(network)
    width = network.units[-1] * network.n_directions
    latent = network.latent_dim
    shapes += [("kernel", (width, latent)), ("zeros", (latent,))]
    for units in network.decoder_units:
        shapes += [("kernel", (latent, units)), ("zeros", (units,))] * network.n_states
    width = latent
    for units in network.decoder_units:
        shapes += _recurrent_shapes(network.cell, width, units)
        width = units
    return [*shapes, ("kernel", (width, network.n_features)), ("zeros", (network.n_features,))]


def _encoder_shapes(network):
    """List the weights of the embedding, if there is one, and of the recurrent layers."""
    shapes: list = []
    width = network.n_features
    if network.n_tokens is not None:
        width = network.embedding_dim
        shapes.append(("embedding", (network.n_tokens, width)))
    for units in network.units:
        shapes += _recurrent_shapes(network.cell, width, units) * network.n_directions
        width = units * network.n_directions
    return shapes


def trained_shapes(network):
    """List the shapes of the weights that training changes."""
    return [shape for _, shape in weight_shapes(network)][network.n_frozen :]


def _recurrent_shapes(cell, width, units):
    gates = N_GATES[cell] * units
    bias: tuple = {
        "simple": ("zeros", (gates,)),
        # Keras keeps the bias of the input and of the state apart (reset_after=True).
        "gru": ("zeros", (2, gates)),
        "lstm": ("forget", (gates,)),
    }[cell]
    return [("kernel", (width, gates)), ("orthogonal", (units, gates)), bias]


def initial_weights(network, seed):
    """Draw starting weights as Keras does by default, without TensorFlow.

    Kernels are Glorot uniform, recurrent kernels orthogonal, embeddings uniform in
    [-0.05, 0.05], biases zero but for the LSTM's forget gate, which starts at one.
    """
    rng = np.random.default_rng(seed)
    return [_STARTS[kind](rng, shape).astype(np.float32) for kind, shape in weight_shapes(network)]


def _glorot_uniform(rng, shape):
    limit = np.sqrt(6 / sum(shape))
    return rng.uniform(-limit, limit, shape)


def _scale(rng, shape):
    # One column of a kernel; as a vector it is a Keras weight of its own.
    return _glorot_uniform(rng, (*shape, 1))[:, 0]


def _orthogonal(rng, shape):
    n_rows, n_columns = shape
    q, r = np.linalg.qr(rng.normal(size=(max(shape), min(shape))))
    q *= np.sign(np.diag(r))  # makes the draw uniform over orthogonal matrices
    return q if n_rows > n_columns else q.T


def _forget_bias(rng, shape):
    bias = np.zeros(shape)
    bias[shape[0] // 4 : shape[0] // 2] = 1
    return bias


_STARTS = {
    "embedding": lambda rng, shape: rng.uniform(-0.05, 0.05, shape),
    "kernel": _glorot_uniform,
    "scale": _scale,
    "orthogonal": _orthogonal,
    "zeros": lambda rng, shape: np.zeros(shape),
    "forget": _forget_bias,
}
