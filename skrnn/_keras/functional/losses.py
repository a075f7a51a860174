"""Losses: how far each sample's, or each step's, raw outputs are from its target."""

import keras
import tensorflow as tf


def _binary(targets, logits):
    return keras.losses.binary_crossentropy(targets, logits, from_logits=True)


def _categorical(targets, logits):
    labels = tf.cast(targets[..., 0], tf.int32)
    return keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True)


_LOSSES = {
    "mse": keras.losses.mean_squared_error,
    "mae": keras.losses.mean_absolute_error,
    "huber": keras.losses.huber,
    "log_cosh": keras.losses.log_cosh,
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
