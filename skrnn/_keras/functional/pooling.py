"""Read-outs over the steps of a sequence, as pure functions.

Only present steps count. The states of the others may mean nothing, so they are replaced, never
multiplied by zero.

References
----------
Bahdanau, Cho and Bengio, "Neural machine translation by jointly learning to align and translate",
2015 (additive scores); Raffel and Ellis, "Feed-forward networks with attention can solve some
long-term memory problems", 2016 (as a read-out of one sequence).
"""

import tensorflow as tf

LOWEST = float(tf.float32.min)


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
        return tf.reduce_max(tf.where(present, states, LOWEST), axis=0)
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
    start = (0, none + LOWEST, none, tf.zeros([batch, width]))
    _, _, total, out = tf.while_loop(lambda at, *_: at < n_run, step, start)
    return out / total


def attention(states, present, weights):
    """Return the share of each step, zero where absent: (n_steps, batch, 1)."""
    n_steps, batch, width = states.shape
    flat = tf.reshape(tf.where(present, states, 0.0), [-1, width])
    scores = tf.reshape(_scores(flat, weights), [n_steps, batch, 1])
    return tf.nn.softmax(tf.where(present, scores, LOWEST), axis=0)


def _scores(states, weights):
    """Return how much each state matters: (n, width) to (n, 1)."""
    kernel, bias, vector = weights
    return tf.matmul(tf.tanh(tf.matmul(states, kernel) + bias), vector)
