"""Losses: how far each sample's, or each step's, raw outputs are from its target.

They are those of Keras, which tests hold them to, without Keras: the compiled engine works on
whatever backend Keras runs.
"""

import math

import tensorflow as tf


def _squared(targets, outputs):
    return tf.reduce_mean(tf.square(targets - outputs), axis=-1)


def _absolute(targets, outputs):
    return tf.reduce_mean(tf.abs(targets - outputs), axis=-1)


def _huber(targets, outputs):
    error = outputs - targets
    distance = tf.abs(error)
    return tf.reduce_mean(
        tf.where(distance <= 1.0, 0.5 * tf.square(error), distance - 0.5), axis=-1
    )


def _log_cosh(targets, outputs):
    error = outputs - targets
    return tf.reduce_mean(error + tf.math.softplus(error * -2.0) - math.log(2.0), axis=-1)


def _binary(targets, logits):
    losses = tf.nn.sigmoid_cross_entropy_with_logits(labels=targets, logits=logits)
    return tf.reduce_mean(losses, axis=-1)


def _categorical(targets, logits):
    labels = tf.cast(targets[..., 0], tf.int32)
    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)


_LOSSES = {
    "mse": _squared,
    "mae": _absolute,
    "huber": _huber,
    "log_cosh": _log_cosh,
    "binary_crossentropy": _binary,
    "categorical_crossentropy": _categorical,
}


def element_loss(loss):
    """Return the function (targets, raw outputs) -> loss of each sample or step.

    Both have shape (batch[, n_steps], n_outputs); the result drops the last axis.
    """
    return _checked(loss) if callable(loss) else _LOSSES[loss]


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
