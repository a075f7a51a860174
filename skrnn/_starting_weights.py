"""The weights of a network: their shapes, and the values that training starts from.

NumPy alone: a network can be described, counted and started without TensorFlow.
"""

from __future__ import annotations

import math
from functools import singledispatch

import numpy as np

from ._cell_weights import CELL_WEIGHTS
from ._spec import Autoencoder, EncoderDecoder, LanguageModel, Network


@singledispatch
def weight_shapes(network):
    """List the shape of each weight with the kind of its starting value.

    The order is that of ``keras.Model.get_weights()`` for the same network.
    """
    raise TypeError(
        f"Expected a network whose weights are known, got {type(network).__name__}. Register a "
        "function of it with weight_shapes.register."
    )


@singledispatch
def n_frozen(network):
    """Return how many weights, the first ones, training leaves as they are."""
    return 0


@n_frozen.register(Network)
def _(network):
    """Count the embeddings, and the recurrent layers, where they are not trained."""
    if not network.trainable_recurrent:
        return len(_encoder_shapes(network, network.conv_filters, network.conv_kernel_size))
    return int(network.n_tokens is not None and not network.trainable_embeddings)


@weight_shapes.register(Network)
def _(network):
    """Embedding, convolutions, recurrent layers, attention, dense layers, output."""
    shapes = _encoder_shapes(network, network.conv_filters, network.conv_kernel_size)
    width = network.units[-1] * network.n_directions
    if network.pooling == "attention":
        shapes += [("kernel", (width, width)), ("zeros", (width,)), ("kernel", (width, 1))]
    for units in (*network.hidden_units, network.n_outputs):
        shapes += _dense(width, units)
        width = units
    return shapes


@weight_shapes.register(EncoderDecoder)
def _(network):
    """Encoder, then the decoder: embedding, recurrent layers, attention, output."""
    shapes = _encoder_shapes(network)
    width = network.n_outputs + network.n_known
    if network.target_embedding_dim is not None:
        width = network.target_embedding_dim
        shapes.append(("embedding", (network.n_outputs, width)))
    shapes += _recurrent(network.cell, width, network.decoder_units)
    width = network.decoder_units[-1]
    if network.attention == "additive":
        shapes += [("kernel", (width, width)), ("kernel", (width, width)), ("scale", (width,))]
    if network.attention is not None:
        shapes += _dense(2 * width, width)
    return [*shapes, *_dense(width, network.n_outputs)]


@weight_shapes.register(LanguageModel)
def _(network):
    """Embedding, recurrent layers, output."""
    return [
        ("embedding", (network.n_tokens, network.embedding_dim)),
        *_recurrent(network.cell, network.embedding_dim, network.units),
        *_dense(network.units[-1], network.n_tokens),
    ]


@weight_shapes.register(Autoencoder)
def _(network):
    """Encoder, latent vector, the decoder's first states, its recurrent layers, output."""
    width, latent = network.units[-1] * network.n_directions, network.latent_dim
    n_states = CELL_WEIGHTS[network.cell].n_states
    return [
        *_recurrent(network.cell, network.n_features, network.units, network.n_directions),
        *_dense(width, latent),
        *(w for units in network.decoder_units for w in _dense(latent, units) * n_states),
        *_recurrent(network.cell, latent, network.decoder_units),
        *_dense(network.decoder_units[-1], network.n_features),
    ]


def _encoder_shapes(network, conv_filters=(), conv_kernel_size=0):
    """List the weights of embedding and convolutions, if there are any, and recurrent layers."""
    shapes: list = []
    width = network.n_features
    if network.n_tokens is not None:
        width = network.embedding_dim
        shapes.append(("embedding", (network.n_tokens, width)))
    for filters in conv_filters:
        shapes += [("kernel", (conv_kernel_size, width, filters)), ("zeros", (filters,))]
        width = filters
    return shapes + _recurrent(network.cell, width, network.units, network.n_directions)


def _recurrent(cell, width, units_of_layers, n_directions=1):
    """List the weights of recurrent layers, one after the other."""
    shapes: list = []
    for units in units_of_layers:
        shapes += CELL_WEIGHTS[cell].weights(width, units) * n_directions
        width = units * n_directions
    return shapes


def _dense(width, units):
    return [("kernel", (width, units)), ("zeros", (units,))]


def trained_shapes(network):
    """List the shapes of the weights that training changes."""
    return [shape for _, shape in weight_shapes(network)][n_frozen(network) :]


def initial_weights(network, seed):
    """Draw starting weights as Keras does by default, without TensorFlow.

    Kernels are Glorot uniform, recurrent kernels orthogonal, embeddings uniform in
    [-0.05, 0.05], biases zero but for the LSTM's forget gate, which starts at one.
    """
    rng = np.random.default_rng(seed)
    return [_STARTS[kind](rng, shape).astype(np.float32) for kind, shape in weight_shapes(network)]


def _glorot_uniform(rng, shape):
    *window, n_in, n_out = shape  # of a convolution a kernel for each step that it sees
    limit = np.sqrt(6 / (math.prod(window) * (n_in + n_out)))
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
