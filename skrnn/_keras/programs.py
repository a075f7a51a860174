"""Compiled programs: one XLA program per network, kind of training and shape.

A program is a pure function. Weights, optimizer slots, learning rate, seeds and data are its
inputs and the new weights its outputs, so all fits of one architecture share it: every fold and
candidate of a search, one after the other or in threads, without anything to reset between them.
Rows and samples are padded to a capacity, and their true number is an input too.

A training step is small or large. Small ones run in a loop inside the program, a whole epoch in one
call. A large one is divided in two halves of the batch, for two cores: one program gives the
gradient of a half, a second one the update.
"""

import math
import threading
from typing import Any, NamedTuple

import tensorflow as tf

from .._programs import program
from .._spec import trained_shapes
from . import disk_cache
from .losses import element_loss
from .network import network_attention, network_outputs
from .optimizers import OPTIMIZERS, clip_by_norm

# The samples of one step of prediction. Always this many, so that a sample's prediction does not
# depend, to the bit, on how many others are predicted with it.
PREDICT_BATCH = 32


class Shape(NamedTuple):
    """The static shape of the data of a program."""

    n_rows: int
    n_samples: int
    n_steps: int
    is_ragged: bool
    n_targets: int = 0


def epoch_program(network, training, shape):
    """Return the compiled function that trains over a run of batches."""
    return program(_build_epoch, network, training, shape)


def gradient_program(network, training, shape):
    """Return the compiled function that gives the gradient of one half of a batch."""
    return program(_build_gradient, network, training, shape)


def update_program(network, training):
    """Return the compiled function that makes one update of the gradients of both halves."""
    return program(_build_update, network, training)


def predict_program(network, shape):
    """Return the compiled function that predicts all samples of one table of rows."""
    return program(_build_predict, network, shape)


def attention_program(network, shape):
    """Return the compiled function that gives the attention to the steps of all samples."""
    return program(_build_attention, network, shape)


class _compiled:
    """A function of tensors, compiled once, for the shapes of its first call.

    Tracing is plain Python, without AutoGraph: every loop here is written as a loop of the graph.
    """

    def __init__(self, function):
        self.function = tf.function(function, jit_compile=True, autograph=False)
        self.lock = threading.Lock()
        self.traced = None

    @property
    def is_traced(self):
        """Whether it has been called before."""
        return self.traced is not None

    def __call__(self, *args):
        with self.lock:
            if self.traced is None:
                self.traced = disk_cache.kept(self.function.get_concrete_function(*args))
        return self.traced(*args)


def _build_epoch(network, training, shape):
    @_compiled
    def train(weights, slots, data, order, first, last, values):
        """Run the batches from `first` up to `last`.

        Weights and slots are one vector each, and so is an update: one loop over all numbers, not
        one for each array. Returns weights, slots and the summed loss of all samples.
        """

        def train_batch(batch, weights, slots, total):
            found = _batch_gradients(network, training, shape, weights, data, order, batch, values)
            step = values["n_taken"] + batch
            weights, slots, loss = _updated(training, weights, slots, found, step, values)
            return batch + 1, weights, slots, total + loss

        loop = (first, weights, slots, 0.0)
        return tf.while_loop(lambda batch, *_: batch < last, train_batch, loop)[1:]

    return train


def _build_gradient(network, training, shape):
    @_compiled
    def gradient(weights, data, order, batch, values, half):
        """Return what `_batch_gradients` does for a half, the gradients as one vector."""
        found = _batch_gradients(
            network, training, shape, weights, data, order, batch, values, half
        )
        return found._replace(gradients=_packed(found.gradients))

    return gradient


def _build_update(network, training):
    shapes = trained_shapes(network)

    @_compiled
    def update(weights, slots, halves, values):
        """Return weights, slots and the summed loss after one step."""
        found = _Gradients(*(tf.add_n(parts) for parts in zip(*halves, strict=True)))
        found = found._replace(gradients=_unpacked(found.gradients, shapes))
        return _updated(training, weights, slots, found, values["n_taken"], values)

    return update


class _Gradients(NamedTuple):
    """The gradients of a summed loss, that loss, and what it is divided by."""

    gradients: Any
    loss: tf.Tensor
    n_terms: tf.Tensor
    n_samples: tf.Tensor


def _batch_gradients(network, training, shape, weights, data, order, batch, values, half=None):
    """Return the gradients of a batch, or of one half of it."""
    size = training.batch_size if half is None else training.batch_size // 2
    first = batch * training.batch_size + (0 if half is None else half * size)
    samples = tf.slice(order, [first], [size])
    real = first + tf.range(size) < data["sizes"][0]
    # In halves `n_taken` counts the batch's own step, else the steps before the first batch.
    step = values["n_taken"] + batch if half is None else values["n_taken"]
    seed = tf.random.experimental.stateless_fold_in(values["dropout_seed"], step)
    if half is not None:
        seed = tf.random.experimental.stateless_fold_in(seed, half)
    inputs, present, n_present = gather_batch(data, samples, shape)
    targets = tf.gather(data["targets"], samples)
    counted = tf.cast(real, tf.float32)
    sample_weight = tf.gather(data["sample_weight"], samples)
    if network.return_sequences:
        counted = counted[:, None] * tf.cast(tf.transpose(present), tf.float32)
        sample_weight = sample_weight[:, None]
    weights = _unpacked(weights, trained_shapes(network))
    with tf.GradientTape() as tape:
        tape.watch(weights)
        all_weights = [*data["frozen"], *weights]
        outputs = network_outputs(network, all_weights, inputs, present, n_present, seed)
        losses = element_loss(training.loss)(targets, outputs)
        total = tf.reduce_sum(losses * counted * sample_weight)
    # The gradient of an embedding comes as the rows that were looked up.
    gradients = [tf.convert_to_tensor(g) for g in tape.gradient(total, weights)]
    n_real = tf.reduce_sum(tf.cast(real, tf.float32))
    return _Gradients(gradients, total, tf.reduce_sum(counted), n_real)


def _updated(training, weights, slots, found, step, values):
    """Return weights, slots and the batch's loss times its samples, after one update."""
    # As in Keras, weights scale the loss of a batch and do not enter its denominator.
    gradients = [g / found.n_terms for g in found.gradients]
    if training.clips:
        gradients = clip_by_norm(gradients, values["clipnorm"])
    weights, slots = OPTIMIZERS[training.optimizer].update(
        weights,
        _packed(gradients),
        slots,
        values["learning_rate"],
        tf.cast(step + 1, tf.float32),
    )
    return weights, slots, found.loss / found.n_terms * found.n_samples


def _packed(arrays):
    return tf.concat([tf.reshape(a, [-1]) for a in arrays], axis=0)


def _unpacked(vector, shapes):
    parts = tf.split(vector, [math.prod(shape) for shape in shapes])
    return [tf.reshape(part, shape) for part, shape in zip(parts, shapes, strict=True)]


def _build_predict(network, shape):
    output_shape = [shape.n_steps] if network.return_sequences else []
    return _batch_by_batch(network, network_outputs, shape, [*output_shape, network.n_outputs])


def _build_attention(network, shape):
    return _batch_by_batch(network, network_attention, shape, [shape.n_steps])


def _batch_by_batch(network, function, shape, output_shape):
    """Return a compiled function of weights and data that gives what `function` does.

    That is of shape (n_samples, *output_shape).
    """

    @_compiled
    def predict(weights, data):
        """Return the outputs of all samples; those of padded samples mean nothing."""

        def predict_batch(batch, outputs):
            samples = batch * PREDICT_BATCH + tf.range(PREDICT_BATCH)
            batch_data = gather_batch(data, samples, shape)
            return batch + 1, outputs.write(batch, function(network, weights, *batch_data))

        outputs = tf.TensorArray(
            tf.float32,
            shape.n_samples // PREDICT_BATCH,
            element_shape=[PREDICT_BATCH, *output_shape],
        )
        n_batches = (data["sizes"][0] + PREDICT_BATCH - 1) // PREDICT_BATCH
        _, outputs = tf.while_loop(lambda batch, _: batch < n_batches, predict_batch, (0, outputs))
        return tf.reshape(outputs.stack(), [shape.n_samples, *output_shape])

    return predict


def gather_batch(data, samples, shape):
    """Gather the steps of some samples from the table of rows.

    `data` holds the rows' values, where in them each sample starts and its length, and two sizes:
    the number of samples and the rows from one step to the next.

    Returns
    -------
    inputs : tensor of shape (n_steps, batch, n_features), or (n_steps, batch) for token ids
        Absent steps are zero.
    present : bool tensor of shape (n_steps, batch)
    n_present : int tensor or None
        Where the last present step of the batch ends; None: not asked.
    """
    steps = tf.range(shape.n_steps)[:, None]
    starts, lengths = tf.unstack(tf.gather(data["spans"], samples), axis=1)
    _, dilation = tf.unstack(data["sizes"])
    within = steps < lengths
    rows = starts + steps * dilation
    inputs = tf.gather(data["values"], tf.where(within, rows, 0))
    n_present = tf.reduce_max(lengths) if shape.is_ragged else None
    if inputs.dtype.is_integer:
        present = within & (inputs != 0)
        return tf.where(present, inputs, 0), present, n_present
    present = within & ~tf.math.is_nan(inputs[:, :, 0])
    return tf.where(present[:, :, None], inputs, 0.0), present, n_present
