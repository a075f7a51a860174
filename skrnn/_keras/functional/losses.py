"""Losses: how far each sample's, or each step's, raw outputs are from its target.

They are those of Keras, which tests hold them to, without Keras: the compiled engine works on
whatever backend Keras runs.
"""

import functools
import math
from typing import NamedTuple

import tensorflow as tf

from ..._spec import KnownOnly
from .quantile_levels import by_level


def _squared(targets, outputs):
    return tf.square(targets - outputs)


def _absolute(targets, outputs):
    return tf.abs(targets - outputs)


def _huber(targets, outputs):
    error = outputs - targets
    distance = tf.abs(error)
    return tf.where(distance <= 1.0, 0.5 * tf.square(error), distance - 0.5)


def _log_cosh(targets, outputs):
    error = outputs - targets
    return error + tf.math.softplus(error * -2.0) - math.log(2.0)


def _binary(targets, logits):
    return tf.nn.sigmoid_cross_entropy_with_logits(labels=targets, logits=logits)


def _categorical(targets, logits):
    labels = tf.cast(targets[..., 0], tf.int32)
    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)


class Pinball(NamedTuple):
    """The loss "quantile" with its levels: a tensor of shape (n_levels,)."""

    levels: tf.Tensor


def with_levels(loss, levels):
    """Return a loss with the levels that "quantile" needs, any other as it is."""
    if isinstance(loss, KnownOnly):
        return KnownOnly(with_levels(loss.loss, levels))
    return Pinball(tf.convert_to_tensor(levels, tf.float32)) if loss == "quantile" else loss


def _pinball(levels, targets, outputs):
    """Return the mean over the levels q of max(q (y - f), (q - 1) (y - f)): as the targets.

    Koenker and Bassett, "Regression quantiles", 1978.
    """
    above = targets[..., None] - by_level(outputs, levels.shape[0])
    return tf.reduce_mean(tf.maximum(levels * above, (levels - 1) * above), axis=-1)


def _of_outputs(loss):
    """Return the function (targets, raw outputs) -> loss of each output."""
    if isinstance(loss, Pinball):
        return functools.partial(_pinball, loss.levels)
    return _OF_OUTPUTS[loss]


_OF_OUTPUTS = {
    "mse": _squared,
    "mae": _absolute,
    "huber": _huber,
    "log_cosh": _log_cosh,
    "binary_crossentropy": _binary,
}


def element_loss(loss):
    """Return the function (targets, raw outputs) -> loss of each sample or step.

    Both have shape (batch[, n_steps], n_outputs); the result drops the last axis. A `Pinball` takes
    outputs with all levels of each target side by side.
    """
    if callable(loss):
        return _checked(loss)
    if loss == "categorical_crossentropy":
        return _categorical
    of_outputs = _of_outputs(loss)
    return lambda targets, outputs: tf.reduce_mean(of_outputs(targets, outputs), axis=-1)


def compared(loss, targets, outputs, present=None):
    """Return the losses of samples or steps, and which of them count.

    Parameters
    ----------
    loss : str, callable, Pinball or KnownOnly
    targets, outputs : tensors of shape (batch[, n_steps], n_outputs); see `element_loss`
    present : bool tensor of shape (batch, n_steps) or None
        The steps that count; None: all.

    Returns
    -------
    losses : tensor of shape (batch[, n_steps]), or of the shape of the targets for `KnownOnly`
    counted : bool tensor of that shape, or None for all
    """
    if not isinstance(loss, KnownOnly):
        return element_loss(loss)(targets, outputs), present
    known = tf.logical_not(tf.math.is_nan(targets))
    losses = _of_outputs(loss.loss)(zero_where_missing(targets), outputs)
    return losses, known if present is None else known & present[..., None]


def zero_where_missing(targets):
    """Return targets with zeros, which are their means, for those that are missing."""
    return tf.where(tf.math.is_nan(targets), 0.0, targets)


def _checked(loss):
    """Refuse a loss that is summed up already, or has one number too many for each sample."""

    def element(targets, outputs):
        losses = tf.convert_to_tensor(loss(targets, outputs))
        if losses.shape.rank != targets.shape.rank - 1:
            raise ValueError(
                "Expected the function loss to return one number for each sample or step, of "
                f"shape {tuple(targets.shape[:-1])}, got shape {tuple(losses.shape)}. Average over "
                "the last axis and over no other."
            )
        return losses

    return element
