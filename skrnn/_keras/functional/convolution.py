"""Causal convolutions over the steps, before the recurrent layers, as pure functions.

An absent step counts as zeros, and so do the steps before the first. With a stride, an output step
stands for as many steps of the input, and the last present step of a sequence ends the last of
these groups: the first group of a sequence may be shorter, and no newest step is lost. An output
step is present if any step of its group is.

A convolution is one matrix product, of the kernel with the steps that each output step sees, side
by side. Measured for 32 filters, 32 samples and 150 steps of one feature, XLA takes a fifth of the
time on it, with its gradient, that it takes on its own convolution; from 32 filters to 32 a
twentieth.

References
----------
LeCun and Bengio, "Convolutional networks for images, speech, and time series", 1995. Before
recurrent layers: Géron, "Hands-On Machine Learning with Scikit-Learn, Keras, and TensorFlow", 2022,
chapter 15.
"""

import tensorflow as tf

from .layer import Steps
from .runs import Blocks, of_all_steps


def convolved(inputs, steps, kernel, bias, stride):
    """Return the outputs of one layer (ReLU), and the steps that they are of.

    Parameters
    ----------
    inputs : tensor of shape (n_steps, batch, width)
        `n_steps` is a multiple of the stride, and each sequence ends with a group; see `aligned`.
    steps : Steps
    kernel : tensor of shape (size, width, filters)
    bias : tensor of shape (filters,)
    stride : int

    Returns
    -------
    tensor of shape (n_steps / stride, batch, filters)
    Steps
    """
    size, width, filters = kernel.shape
    flat = tf.reshape(kernel, [size * width, filters])
    seen = _seen(tf.where(steps.present, inputs, 0.0), size, stride)
    after = _groups(steps, stride)

    def layer(seen):
        return tf.nn.relu(of_all_steps(lambda rows: tf.matmul(rows, flat) + bias, seen))

    blocks = Blocks(seen.shape[0], after.n_present if after.in_blocks else None)
    return blocks.map(layer, seen), after


def aligned(stride, inputs, present, n_present):
    """Return inputs, present and n_present with each sequence moved to end with a group of steps.

    A group is `stride` steps. The new number of steps is a multiple of it.
    """
    if stride == 1:
        return inputs, present, n_present
    n_steps = present.shape[0]
    n_groups = -(-n_steps // stride)
    before = tf.range(n_groups * stride)[:, None] - _shifts(stride, present)
    within = (before >= 0) & (before < n_steps)
    before = tf.where(within, before, 0)
    inputs, present = _at(before, inputs), _at(before, present) & within
    here = present[:, :, None] if inputs.shape.rank == 3 else present
    inputs = tf.where(here, inputs, tf.zeros([], inputs.dtype))
    return inputs, present, None if n_present is None else _in_groups(n_present, stride) * stride


def shares_of_steps(stride, shares, present):
    """Return what each input step has of the share of its group: its present steps alike.

    From (n_groups, batch, 1) to (n_steps, batch, 1), of steps before they were `aligned`.
    """
    if stride == 1:
        return shares
    _, moved, _ = aligned(stride, present, present, None)
    counts = tf.reduce_sum(tf.reshape(tf.cast(moved, tf.float32), [-1, stride, moved.shape[1]]), 1)
    each = shares / tf.maximum(counts, 1.0)[:, :, None]
    group = (tf.range(present.shape[0])[:, None] + _shifts(stride, present)) // stride
    return tf.where(present[:, :, None], _at(group, each), 0.0)


def _seen(inputs, size, stride):
    """Return what each output step sees, side by side: (n_groups, batch, size * width)."""
    n_groups = inputs.shape[0] // stride
    # The first output step is at the last step of the first group.
    first = stride - size
    inputs = tf.pad(inputs, [[max(-first, 0), 0], [0, 0], [0, 0]])
    begins = range(max(first, 0), max(first, 0) + size)
    parts = [inputs[b : b + (n_groups - 1) * stride + 1 : stride] for b in begins]
    return tf.concat(parts, axis=2)


def _groups(steps, stride):
    """Return the steps of the output of a layer."""
    if stride == 1:
        return steps
    grouped = tf.reshape(steps.present, [-1, stride, *steps.present.shape[1:]])
    n_present = None if steps.n_present is None else _in_groups(steps.n_present, stride)
    return Steps(tf.reduce_any(grouped, axis=1), n_present, steps.in_blocks)


def _in_groups(n_steps, stride):
    return (n_steps + stride - 1) // stride


def _shifts(stride, present):
    """Return by how many steps each sequence is moved: int of shape (batch,)."""
    numbers = tf.range(1, present.shape[0] + 1)[:, None]
    lengths = tf.reduce_max(tf.where(present, numbers, 0), axis=0)
    return (-lengths) % stride


def _at(steps, values):
    """Return the values of each sample at its own steps: int steps of shape (n, batch)."""
    n_steps, batch, *rest = values.shape
    flat = tf.reshape(values, [n_steps * batch, *rest])
    return tf.gather(flat, steps * batch + tf.range(batch))
