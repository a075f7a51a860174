"""Optimizers as pure functions, with Keras' formulas and default constants.

Each takes lists of weights, gradients and slots with the learning rate and the number of the
step, counted from 1, and returns new weights and new slots. Keras' own optimizers keep their
slots in variables, which one compiled program could not share between fits and threads.

References
----------
Adam: Kingma and Ba, "Adam: a method for stochastic optimization", 2015. AdamW: Loshchilov and
Hutter, "Decoupled weight decay regularization", 2019. RMSprop: Tieleman and Hinton, 2012.
"""

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf


def _sgd(weights, gradients, slots, rate, step):
    return [w - rate * g for w, g in zip(weights, gradients, strict=True)], slots


def _rmsprop(weights, gradients, slots, rate, step, rho=0.9, epsilon=1e-7):
    (squares,) = slots
    squares = [rho * s + (1 - rho) * g * g for s, g in zip(squares, gradients, strict=True)]
    moves = [rate * g / tf.sqrt(s + epsilon) for g, s in zip(gradients, squares, strict=True)]
    return [w - m for w, m in zip(weights, moves, strict=True)], (squares,)


def _adam(weights, gradients, slots, rate, step, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    means, squares = slots
    means = [m + (g - m) * (1 - beta_1) for m, g in zip(means, gradients, strict=True)]
    squares = [s + (g * g - s) * (1 - beta_2) for s, g in zip(squares, gradients, strict=True)]
    rate = rate * tf.sqrt(1 - tf.pow(beta_2, step)) / (1 - tf.pow(beta_1, step))
    moves = [rate * m / (tf.sqrt(s) + epsilon) for m, s in zip(means, squares, strict=True)]
    return [w - m for w, m in zip(weights, moves, strict=True)], (means, squares)


def _adamw(weights, gradients, slots, rate, step, weight_decay=0.004):
    weights = [w - w * weight_decay * rate for w in weights]
    return _adam(weights, gradients, slots, rate, step)


class Optimizer(NamedTuple):
    """An update rule, and how many slots it keeps for each weight."""

    update: Callable
    n_slots: int


OPTIMIZERS = {
    "sgd": Optimizer(_sgd, 0),
    "rmsprop": Optimizer(_rmsprop, 1),
    "adam": Optimizer(_adam, 2),
    "adamw": Optimizer(_adamw, 2),
}


def clip_by_norm(gradient, limit):
    """Scale a gradient down to an L2 norm of at most `limit`, which may be infinite."""
    norm = tf.sqrt(tf.reduce_sum(gradient * gradient))
    return gradient * tf.minimum(1.0, limit / norm)
