"""The arrays that a program gathers for some samples, and the results of functions of them."""

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
        The number of steps up to the last present one of the batch; None: not asked.
    targets : tensor of shape (batch, ...) or None
    ahead : tensor of shape (batch, n_target_steps, n_known) or None
        The known values of the steps after these.
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
