"""Read-outs over the steps of a sequence: as pure functions, and the same as Keras layers.

Only present steps count. What stands in the states of the others may mean nothing, so it is
replaced, never multiplied by zero.

References
----------
Bahdanau, Cho and Bengio, "Neural machine translation by jointly learning to align and translate",
2015 (additive scores); Raffel and Ellis, "Feed-forward networks with attention can solve some
long-term memory problems", 2016 (as a read-out of one sequence).
"""

import keras
import tensorflow as tf
from keras import ops

_LOWEST = float(tf.float32.min)


def pooled(how, states, present, weights=()):
    """Return one vector for each sequence.

    Parameters
    ----------
    how : {"mean", "max", "attention"}
    states : tensor of shape (n_steps, batch, width)
    present : bool tensor of shape (n_steps, batch, 1)
    weights : the kernel, bias and vector of "attention"

    Returns
    -------
    tensor of shape (batch, width)
    """
    states = tf.where(present, states, 0.0)
    if how == "max":
        return tf.reduce_max(tf.where(present, states, _LOWEST), axis=0)
    if how == "mean":
        shares = tf.cast(present, tf.float32)
        shares /= tf.maximum(tf.reduce_sum(shares, axis=0), 1.0)
    else:
        shares = attention(states, present, weights)
    return tf.reduce_sum(states * shares, axis=0)


def pooled_in_order(how, states, present, weights=(), n_present=None):
    """Return the same, added up step by step and so without a gradient.

    No bit of a prediction depends then on how many steps other sequences of the batch have.
    No step from `n_present` on is present.
    """
    if how == "max":
        return pooled(how, states, present)
    n_steps, batch, width = states.shape
    n_run = n_steps if n_present is None else n_present

    def step(at, highest, total, out):
        here, state = present[at], tf.where(present[at], states[at], 0.0)
        score = _scores(state, weights) if how == "attention" else tf.zeros([batch, 1])
        new_highest = tf.where(here, tf.maximum(highest, score), highest)
        # Relative to the highest score so far: exp cannot overflow.
        earlier = tf.exp(highest - new_highest)
        share = tf.where(here, tf.exp(score - new_highest), 0.0)
        return at + 1, new_highest, total * earlier + share, out * earlier + share * state

    none = tf.zeros([batch, 1])
    start = (0, none + _LOWEST, none, tf.zeros([batch, width]))
    _, _, total, out = tf.while_loop(lambda at, *_: at < n_run, step, start)
    return out / total


def attention(states, present, weights):
    """Return the share of each step, zero where absent: (n_steps, batch, 1)."""
    n_steps, batch, width = states.shape
    flat = tf.reshape(tf.where(present, states, 0.0), [-1, width])
    scores = tf.reshape(_scores(flat, weights), [n_steps, batch, 1])
    return tf.nn.softmax(tf.where(present, scores, _LOWEST), axis=0)


def _scores(states, weights):
    """Return how much each state matters: (n, width) to (n, 1)."""
    kernel, bias, vector = weights
    return tf.matmul(tf.tanh(tf.matmul(states, kernel) + bias), vector)


class _Pooling(keras.layers.Layer):
    """From (batch, n_steps, width) and a mask to (batch, width)."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def compute_mask(self, inputs, mask=None):
        """Return None: there are no steps left."""
        return None

    def compute_output_shape(self, input_shape):
        """Return the shape without the steps."""
        return (input_shape[0], input_shape[2])


def _mask_column(inputs, mask):
    if mask is None:
        return ops.ones_like(inputs[:, :, :1], dtype="bool")
    return ops.expand_dims(ops.cast(mask, "bool"), -1)


@keras.saving.register_keras_serializable("skrnn")
class MaskedMean(_Pooling):
    """Mean over the present steps."""

    def call(self, inputs, mask=None):
        """Return the means."""
        present = _mask_column(inputs, mask)
        total = ops.sum(ops.where(present, inputs, 0.0), axis=1)
        return total / ops.maximum(ops.sum(ops.cast(present, inputs.dtype), axis=1), 1.0)


@keras.saving.register_keras_serializable("skrnn")
class MaskedMax(_Pooling):
    """Maximum over the present steps."""

    def call(self, inputs, mask=None):
        """Return the maxima."""
        return ops.max(ops.where(_mask_column(inputs, mask), inputs, _LOWEST), axis=1)


@keras.saving.register_keras_serializable("skrnn")
class AttentionPooling(_Pooling):
    """Weighted mean over the present steps, the weights by additive attention."""

    def build(self, input_shape):
        """Make the weights."""
        width = input_shape[-1]
        self.kernel = self.add_weight(shape=(width, width), name="kernel")
        self.bias = self.add_weight(shape=(width,), initializer="zeros", name="bias")
        self.vector = self.add_weight(shape=(width, 1), name="vector")

    def shares(self, inputs, mask=None):
        """Return the share of each step, zero where absent: (batch, n_steps, 1)."""
        hidden = ops.tanh(ops.matmul(inputs, self.kernel) + self.bias)
        scores = ops.matmul(hidden, self.vector)
        return ops.softmax(ops.where(_mask_column(inputs, mask), scores, _LOWEST), axis=1)

    def call(self, inputs, mask=None):
        """Return the weighted means."""
        return ops.sum(inputs * self.shares(inputs, mask), axis=1)


LAYERS = {"mean": MaskedMean, "max": MaskedMax, "attention": AttentionPooling}
