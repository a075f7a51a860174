"""Quantiles of several levels that cannot cross, from as many raw numbers.

A network that gives each level by itself may put the quantile of a higher level below a lower one.
Here the middle level is a number of its own, and each other one a step away from its neighbour
towards the middle, of a length that is positive:

q_m     = r_m
q_k+1   = q_k + softplus(r_k+1)     for k = m, m + 1, ...
q_k-1   = q_k - softplus(r_k-1)     for k = m, m - 1, ...
"""

import tensorflow as tf


def in_order(raw, n_levels):
    """Return the quantiles of each output, ascending.

    Parameters
    ----------
    raw : tensor of shape (..., n_outputs * n_levels)
        The levels of an output stand side by side.
    n_levels : int

    Returns
    -------
    tensor of shape (..., n_outputs * n_levels)
    """
    numbers = tf.unstack(by_level(raw, n_levels), axis=-1)
    middle = n_levels // 2
    # One addition after the other, in which rounding keeps the order.
    found = [numbers[middle]]
    for number in numbers[middle + 1 :]:
        found.append(found[-1] + tf.nn.softplus(number))
    for number in reversed(numbers[:middle]):
        found.insert(0, found[0] - tf.nn.softplus(number))
    return tf.reshape(tf.stack(found, axis=-1), tf.shape(raw))


def by_level(outputs, n_levels):
    """Return outputs with an axis of levels: (..., n_outputs, n_levels)."""
    return tf.reshape(outputs, tf.concat([tf.shape(outputs)[:-1], [-1, n_levels]], axis=0))
