"""Gather a batch of samples from the table of rows, inside a program."""

import tensorflow as tf

from ..._tokens import PADDING
from ..functional.batch import Batch


def gather_batch(data, samples, shape):
    """Gather the steps of some samples from the table of rows.

    `data` holds the rows' values, where in them each sample starts and its length, and two sizes:
    the number of samples and the rows from one step to the next; where there are any, values that
    are known ahead; in training the targets too, of each sample or in a table of rows, with the row
    of each sample's first step.

    Returns
    -------
    Batch
    """
    steps = tf.range(shape.n_steps)[:, None]
    starts, lengths = tf.unstack(tf.gather(data["spans"], samples), axis=1)
    _, dilation = tf.unstack(data["sizes"])
    within = steps < lengths
    rows = starts + steps * dilation
    inputs = tf.gather(data["values"], tf.where(within, rows, 0))
    n_present = tf.reduce_max(lengths) if shape.is_ragged else None
    targets = None
    if shape.n_target_rows:
        targets = of_each_step(data["targets"], data, samples, shape)
    elif "targets" in data:
        targets = tf.gather(data["targets"], samples)
    ahead = tf.gather(data["ahead"], samples) if "ahead" in data else None
    if inputs.dtype.is_integer:
        present = within & (inputs != PADDING)
        return Batch(tf.where(present, inputs, PADDING), present, n_present, targets)
    present = within & ~tf.math.is_nan(inputs[:, :, 0])
    return Batch(tf.where(present[:, :, None], inputs, 0.0), present, n_present, targets, ahead)


def of_each_step(table, data, samples, shape):
    """Gather rows of a table for the steps of some samples: (batch, n_steps, ...).

    The values gathered for steps past a sequence's end mean nothing.
    """
    steps = tf.range(shape.n_steps)[None]
    within = steps < tf.gather(data["spans"], samples)[:, 1:]
    rows = tf.gather(data["target_starts"], samples)[:, None] + steps
    return tf.gather(table, tf.where(within, rows, 0))
