"""Optimizers as pure functions, with Keras' formulas and default constants.

Each takes all weights as one vector, their gradient, the slots (vectors too), the learning rate and
the number of the step, counted from 1, and returns new weights and new slots. Keras' own optimizers
keep their slots in variables, which one compiled program could not share between fits and threads.

References
----------
Adam: Kingma and Ba, "Adam: a method for stochastic optimization", 2015. AdamW: Loshchilov and
Hutter, "Decoupled weight decay regularization", 2019. RMSprop: Tieleman and Hinton, 2012.
"""

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf


def _sgd(weights, gradient, slots, rate, step):
    return weights - rate * gradient, slots


def _rmsprop(weights, gradient, slots, rate, step, rho=0.9, epsilon=1e-7):
    (square,) = slots
    square = rho * square + (1 - rho) * gradient * gradient
    return weights - rate * gradient / tf.sqrt(square + epsilon), (square,)


def _adam(weights, gradient, slots, rate, step, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    mean, square = slots
    mean += (gradient - mean) * (1 - beta_1)
    square += (gradient * gradient - square) * (1 - beta_2)
    rate = rate * tf.sqrt(1 - tf.pow(beta_2, step)) / (1 - tf.pow(beta_1, step))
    return weights - rate * mean / (tf.sqrt(square) + epsilon), (mean, square)


def _adamw(weights, gradient, slots, rate, step, weight_decay=0.004):
    return _adam(weights - weights * weight_decay * rate, gradient, slots, rate, step)


class Optimizer(NamedTuple):
    """An update rule, and how many slots it keeps."""

    update: Callable
    n_slots: int


OPTIMIZERS = {
    "sgd": Optimizer(_sgd, 0),
    "rmsprop": Optimizer(_rmsprop, 1),
    "adam": Optimizer(_adam, 2),
    "adamw": Optimizer(_adamw, 2),
}


def clip_by_norm(gradients, limit):
    """Scale each gradient down to an L2 norm of at most `limit`."""
    # Together, so that the scales are one small computation and not one for each array.
    norms = tf.sqrt(tf.stack([tf.reduce_sum(g * g) for g in gradients]))
    scales = tf.unstack(tf.minimum(1.0, limit / norms))
    return [g * scale for g, scale in zip(gradients, scales, strict=True)]


def moved_average(average, weights, step, share):
    """Move an average of the weights by an update; the first ones move it more.

    Without that the average would go on remembering the weights that training started from.
    """
    step = tf.cast(step, tf.float32)
    share = tf.minimum(share, (1 + step) / (10 + step))
    return average + (1 - share) * (weights - average)
