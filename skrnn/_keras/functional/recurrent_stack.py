"""A network as a pure function: weights and a batch in, raw outputs out.

No Keras layer is involved, so a program holds no variables, several threads can run it at once,
and nothing is left of a fit but its arrays. `skrnn._keras.layers` builds the same network of Keras
layers; the tests hold the two together.
"""

import tensorflow as tf

from . import convolution, pooling
from .batch import gives
from .layer import DropoutMasks, Steps, dense, recurrent_layer
from .losses import compared
from .quantile_levels import in_order


def losses(network, loss, weights, batch, seed, carry):
    """Return the losses of a batch; see `skrnn._keras.functional.architectures`."""
    raw = network_outputs(network, weights, batch.inputs, batch.present, batch.n_present, seed)
    counted = tf.transpose(batch.present) if network.return_sequences else None
    return *compared(loss, batch.targets, raw, counted), carry


def outputs(network, weights, batch):
    """Return the raw outputs of a batch."""
    return network_outputs(network, weights, batch.inputs, batch.present, batch.n_present)


def output_shape(network, shape):
    """Return the shape of the raw outputs of one sample."""
    return [*([shape.n_steps] if network.return_sequences else []), network.n_outputs]


@gives(lambda network, shape: [(tf.float32, [shape.n_steps])])
def attention(network, weights, batch):
    """Return the attention to each step, zero where absent, in a tuple of one."""
    weights = iter(weights)
    of_batch = batch.inputs, batch.present, batch.n_present
    states, steps = _last_states(network, weights, *of_batch, None)
    shares = pooling.attention(states, steps.present, _attention_weights(network, weights))
    shares = convolution.shares_of_steps(network.stride, shares, batch.present)
    return (tf.transpose(shares[:, :, 0]),)


def network_outputs(network, weights, inputs, present, n_present=None, dropout_seed=None):
    """Return the raw outputs of a batch.

    Parameters
    ----------
    network : Network
    weights : list of tensors, in the order of `skrnn._starting_weights.weight_shapes`
    inputs : float tensor of shape (n_steps, batch, n_features), or int (n_steps, batch)
    present : bool tensor of shape (n_steps, batch)
    n_present : int tensor or None
        No later step is present, and none is computed; None computes all.
    dropout_seed : int tensor of shape (2,) or None
        None: no dropout, as in prediction.

    Returns
    -------
    tensor of shape (batch, n_outputs), or (batch, n_steps, n_outputs) for `return_sequences`
    """
    weights = iter(weights)
    hidden, steps = _last_states(network, weights, inputs, present, n_present, dropout_seed)
    if network.return_sequences:
        hidden = tf.transpose(hidden, [1, 0, 2])
    elif network.pooling != "last":
        args = network.pooling, hidden, steps.present, _attention_weights(network, weights)
        if dropout_seed is None:
            hidden = pooling.pooled_in_order(*args, steps.n_present)
        else:
            hidden = pooling.pooled(*args)
    return read_out(network, weights, hidden)


def read_out(network, weights, hidden):
    """Return raw outputs from what is read out of a sequence, with weights of an iterator."""
    for _ in network.hidden_units:
        hidden = tf.nn.relu(dense(hidden, next(weights), next(weights)))
    raw = dense(hidden, next(weights), next(weights))
    return raw if network.n_levels is None else in_order(raw, network.n_levels)


def _attention_weights(network, weights):
    return [next(weights) for _ in range(3 if network.pooling == "attention" else 0)]


def _last_states(network, weights, inputs, present, n_present, dropout_seed):
    """Return the states of the last recurrent layer, after each step or the last, and its steps."""
    masks = DropoutMasks(dropout_seed)
    inputs, present, n_present = convolution.aligned(network.stride, inputs, present, n_present)
    hidden = embedded(network, weights, inputs)
    # In training a length bucket has few steps that need not be run.
    steps = Steps(present[:, :, None], n_present, in_blocks=masks.seed is None)
    for stride in network.conv_strides:
        hidden, steps = convolution.convolved(hidden, steps, next(weights), next(weights), stride)
    for layer in range(len(network.units)):
        want_steps = layer < len(network.units) - 1 or network.reads_steps
        hidden = recurrent_layer(network, weights, hidden, steps, masks, want_steps)
    return hidden, steps


def embedded(network, weights, inputs):
    """Return the vectors of token ids, or numbers as they are."""
    return inputs if network.n_tokens is None else tf.gather(next(weights), inputs)
