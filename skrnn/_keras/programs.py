"""Compiled programs: one XLA program per network, kind of training and shape.

A program is a pure function. Weights, optimizer slots, learning rate, seeds and data are its
inputs and the new weights its outputs, so all fits of one architecture share it: every fold and
candidate of a search, one after the other or in threads, without anything to reset between them.
Rows and samples are padded to a capacity, and their true number is an input too.
"""

import functools
import math
import threading
from typing import NamedTuple

import tensorflow as tf

from .._spec import weight_shapes
from .losses import element_loss
from .network import network_outputs
from .optimizers import OPTIMIZERS, clip_by_norm

# The samples of one step of prediction. Always this many, so that a sample's prediction does not
# depend, to the bit, on how many others are predicted with it.
PREDICT_BATCH = 32


class Shape(NamedTuple):
    """The static shape of the data of a program."""

    n_rows: int
    n_samples: int
    n_steps: int
    n_targets: int = 0


@functools.lru_cache(maxsize=128)
def _program(build, *key):
    return build(*key)


# Without it two threads that miss at once would compile the same program twice.
_lock = threading.Lock()
cache_info = _program.cache_info
cache_clear = _program.cache_clear


def epoch_program(network, training, shape):
    """Return the compiled function that trains over a run of batches."""
    with _lock:
        return _program(_build_epoch, network, training, shape)


def predict_program(network, shape):
    """Return the compiled function that predicts all samples of one table of rows."""
    with _lock:
        return _program(_build_predict, network, shape)


class _compiled:
    """A function of tensors, compiled once, for the shapes of its first call.

    Tracing is plain Python, without AutoGraph: every loop here is written as a loop of the graph.
    """

    def __init__(self, function):
        self.function = tf.function(function, jit_compile=True, autograph=False)
        self.lock = threading.Lock()
        self.traced = None

    def __call__(self, *args):
        with self.lock:
            if self.traced is None:
                self.traced = self.function.get_concrete_function(*args)
        return self.traced(*args)


def _build_epoch(network, training, shape):
    update = OPTIMIZERS[training.optimizer].update
    batch_size = training.batch_size
    shapes = [shape for _, shape in weight_shapes(network)]

    @_compiled
    def train(weights, slots, data, order, first, last, n_samples, values):
        """Run the batches from `first` up to `last`.

        Weights and slots are one vector each, and so is an update: one loop over all numbers, not
        one for each array. Returns weights, slots and the summed loss.
        """

        def train_batch(batch, weights, slots, total):
            samples = tf.slice(order, [batch * batch_size], [batch_size])
            real = batch * batch_size + tf.range(batch_size) < n_samples
            step = values["first_step"] + batch
            seed = tf.random.experimental.stateless_fold_in(values["dropout_seed"], step)
            loss, gradients = _loss_and_gradients(
                network,
                training.loss,
                _unpacked(weights, shapes),
                data,
                samples,
                real,
                shape.n_steps,
                seed,
            )
            gradient = _packed([clip_by_norm(g, values["clipnorm"]) for g in gradients])
            weights, slots = update(
                weights, gradient, slots, values["learning_rate"], tf.cast(step + 1, tf.float32)
            )
            n_real = tf.reduce_sum(tf.cast(real, tf.float32))
            return batch + 1, weights, slots, total + loss * n_real

        loop = (first, weights, slots, 0.0)
        return tf.while_loop(lambda batch, *_: batch < last, train_batch, loop)[1:]

    return train


def _packed(arrays):
    return tf.concat([tf.reshape(a, [-1]) for a in arrays], axis=0)


def _unpacked(vector, shapes):
    parts = tf.split(vector, [math.prod(shape) for shape in shapes])
    return [tf.reshape(part, shape) for part, shape in zip(parts, shapes, strict=True)]


def _loss_and_gradients(network, loss, weights, data, samples, real, n_steps, seed):
    inputs, present = gather_batch(data, samples, n_steps)
    targets = tf.gather(data["targets"], samples)
    counted = tf.cast(real, tf.float32)
    sample_weight = tf.gather(data["sample_weight"], samples)
    if network.return_sequences:
        counted = counted[:, None] * tf.cast(present, tf.float32)
        sample_weight = sample_weight[:, None]
    with tf.GradientTape() as tape:
        tape.watch(weights)
        outputs = network_outputs(network, weights, inputs, present, seed)
        losses = element_loss(loss)(targets, outputs)
        # As in Keras, weights scale the loss of a batch and do not enter its denominator.
        mean = tf.reduce_sum(losses * counted * sample_weight) / tf.reduce_sum(counted)
    # The gradient of an embedding comes as the rows that were looked up.
    return mean, [tf.convert_to_tensor(g) for g in tape.gradient(mean, weights)]


def _build_predict(network, shape):
    output_shape = [shape.n_steps] if network.return_sequences else []

    @_compiled
    def predict(weights, data, n_batches):
        """Return the raw outputs of all samples; those of padded samples mean nothing."""

        def predict_batch(batch, outputs):
            samples = batch * PREDICT_BATCH + tf.range(PREDICT_BATCH)
            inputs, present = gather_batch(data, samples, shape.n_steps)
            new = network_outputs(network, weights, inputs, present)
            return batch + 1, tf.tensor_scatter_nd_update(outputs, samples[:, None], new)

        outputs = tf.zeros([shape.n_samples, *output_shape, network.n_outputs])
        return tf.while_loop(lambda batch, _: batch < n_batches, predict_batch, (0, outputs))[1]

    return predict


def gather_batch(data, samples, n_steps):
    """Gather the steps of some samples from the table of rows.

    Returns
    -------
    inputs : tensor of shape (batch, n_steps, n_features), or (batch, n_steps) for token ids
        Absent steps are zero.
    present : bool tensor of shape (batch, n_steps)
    """
    steps = tf.range(n_steps)
    rows = tf.gather(data["starts"], samples)[:, None] + steps * data["dilation"]
    within = steps < tf.gather(data["lengths"], samples)[:, None]
    inputs = tf.gather(data["values"], tf.where(within, rows, 0))
    if inputs.dtype.is_integer:
        present = within & (inputs != 0)
        return tf.where(present, inputs, 0), present
    present = within & ~tf.math.is_nan(inputs[:, :, 0])
    return tf.where(present[:, :, None], inputs, 0.0), present
