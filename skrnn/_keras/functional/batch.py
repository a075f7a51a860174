"""What a program gathers of some samples, and what functions of it give back."""

from typing import NamedTuple

import tensorflow as tf


class Batch(NamedTuple):
    """The steps of some samples, and what is to be predicted from them.

    Parameters
    ----------
    inputs : tensor of shape (n_steps, batch, n_features), or (n_steps, batch) for token ids
        Absent steps are zero.
    present : bool tensor of shape (n_steps, batch)
    n_present : int tensor or None
        Where the last present step of the batch ends; None: not asked.
    targets : tensor of shape (batch, ...) or None
    ahead : tensor of shape (batch, n_target_steps, n_known) or None
        What is known of the steps after these.
    """

    inputs: tf.Tensor
    present: tf.Tensor
    n_present: tf.Tensor | None
    targets: tf.Tensor | None = None
    ahead: tf.Tensor | None = None


def gives(result):
    """Tell a function of batches what it returns.

    ``result(network, shape, *options)`` lists the type and the shape, without the batch, of each
    tensor in the tuple that ``function(network, weights, batch, *options)`` returns.
    """

    def decorate(function):
        function.result = result
        return function

    return decorate
