"""Compiled programs: one XLA program per network, kind of training and shape.

A program is a pure function. Weights, optimizer slots, learning rate, seeds and data are its
inputs and the new weights its outputs, so all fits of one architecture share it: every fold and
candidate of a search, one after the other or in threads, without anything to reset between them.
Rows and samples are padded to a capacity, and their true number is an input too.

A training step is small or large. Small ones run in a loop inside the program, a whole epoch in one
call. A large one is divided in two halves of the batch, for two cores: one program gives the
gradient of a half, a second one the update.

Sequences of different lengths are padded to the longest of all, but a batch is computed in the
shortest of a few length buckets that holds it: the program has a part for each.
"""

import functools
import math
import threading
from typing import Any, NamedTuple

import tensorflow as tf

from ..._programs import program
from ..._starting_weights import trained_shapes
from ..functional.architectures import architecture_of
from ..functional.batch import Batch, gives
from ..functional.optimizers import OPTIMIZERS, clip_by_norm
from . import disk_cache

# The samples of one step of prediction. Always this many, so that a sample's prediction does not
# depend, to the bit, on how many others are predicted with it.
PREDICT_BATCH = 32
# There is no shorter length bucket than this: each is compiled by itself.
_SHORTEST_BUCKET = 16


class Shape(NamedTuple):
    """The static shape of the data of a program."""

    n_rows: int
    n_samples: int
    n_steps: int
    is_ragged: bool
    # The shape of the targets of a sample; of its steps where each has one.
    targets: tuple[int, ...] = ()
    # The rows of the table of targets, where each step has one.
    n_target_rows: int = 0
    # Whether each of these rows has a weight, not each sample.
    weighs_steps: bool = False


def epoch_program(network, training, shape):
    """Return the compiled function that trains over a run of batches."""
    return program(_build_epoch, network, training, shape)


def gradient_program(network, training, shape):
    """Return the compiled function that gives the gradient of one half of a batch."""
    return program(_build_gradient, network, training, shape)


def update_program(network, training):
    """Return the compiled function that makes one update of the gradients of both halves."""
    return program(_build_update, network, training)


def map_program(function, network, shape, *options):
    """Return the compiled function that applies a function of batches to all samples of a table.

    Parameters
    ----------
    function : callable
        ``function(network, weights, batch, *options)`` returns a tuple of tensors whose first axis
        is the batch; `skrnn._keras.functional.batch.gives` tells what they are.
    """
    return program(_build_map, function, network, shape, *options)


class compiled:
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
    @compiled
    def train(weights, slots, carry, data, order, first, last, values):
        """Run the batches from `first` up to `last`.

        Weights and slots are one vector each, and so is an update: one loop over all numbers, not
        one for each array. `carry` is what a batch leaves to the next one. Returns weights, slots,
        carry and the summed loss of all samples.
        """

        def train_batch(batch, weights, slots, carry, total):
            found, carry = _batch_gradients(
                network, training, shape, weights, carry, data, order, batch, values
            )
            step = values["n_taken"] + batch
            weights, slots, loss = _updated(training, weights, slots, found, step, values)
            return batch + 1, weights, slots, carry, total + loss

        loop = (first, weights, slots, carry, 0.0)
        return tf.while_loop(lambda batch, *_: batch < last, train_batch, loop)[1:]

    return train


def _build_gradient(network, training, shape):
    @compiled
    def gradient(weights, carry, data, order, batch, values, half):
        """Return what `_batch_gradients` does for a half, the gradients as one vector."""
        found, carry = _batch_gradients(
            network, training, shape, weights, carry, data, order, batch, values, half
        )
        return found._replace(gradients=_packed(found.gradients)), carry

    return gradient


def _build_update(network, training):
    shapes = trained_shapes(network)

    @compiled
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


def _batch_gradients(
    network, training, shape, weights, carry, data, order, batch, values, half=None
):
    """Return the gradients of a batch, or of one half of it, and what it leaves to the next."""
    size = training.batch_size if half is None else training.batch_size // 2
    first = batch * training.batch_size + (0 if half is None else half * size)
    # Not a slice: XLA would compile the program anew for every place that one begins at.
    samples = tf.gather(order, first + tf.range(size))
    real = tf.cast(first + tf.range(size) < data["sizes"][0], tf.float32)
    # In halves `n_taken` counts the batch's own step, else the steps before the first batch.
    step = values["n_taken"] + batch if half is None else values["n_taken"]
    seed = tf.random.experimental.stateless_fold_in(values["dropout_seed"], step)
    if half is not None:
        seed = tf.random.experimental.stateless_fold_in(seed, half)

    def found_in(bucket):
        of_batch = samples, real, seed
        return _gradients_of(network, training, bucket, weights, carry, data, of_batch)

    *shorter, longest_bucket = _length_buckets(network, shape)
    if not shorter:
        return found_in(longest_bucket)
    longest = tf.reduce_max(tf.gather(data["spans"], samples)[:, 1])
    too_short = tf.cast(longest > tf.constant([bucket.n_steps for bucket in shorter]), tf.int32)
    branches = [functools.partial(found_in, bucket) for bucket in (*shorter, longest_bucket)]
    return tf.switch_case(tf.reduce_sum(too_short), branches)


def _length_buckets(network, shape):
    """Return the shapes with the numbers of steps that a batch may be padded to, ascending.

    Matrix products are taken over all the steps of a bucket.
    """
    n_steps = shape.n_steps
    has_several = shape.is_ragged and architecture_of(network).has_length_buckets
    shorter = (n_steps // 8, n_steps // 4, n_steps // 2) if has_several else ()
    buckets = [*(n for n in shorter if n >= _SHORTEST_BUCKET), n_steps]
    return [shape._replace(n_steps=n) for n in buckets]


def _gradients_of(network, training, shape, weights, carry, data, of_batch):
    """Return what `_batch_gradients` does for samples that have at most `shape.n_steps` steps."""
    samples, real, seed = of_batch
    weights = _unpacked(weights, trained_shapes(network))
    gathered = gather_batch(data, samples, shape)
    if shape.weighs_steps:
        sample_weight = _of_each_step(data["step_weight"], data, samples, shape)
    else:
        sample_weight = tf.gather(data["sample_weight"], samples)
    with tf.GradientTape() as tape:
        tape.watch(weights)
        losses, present, carry = architecture_of(network).losses(
            network, training.loss, [*data["frozen"], *weights], gathered, seed, carry
        )
        counted = _of_each_sample(real, losses)
        if present is not None:
            counted *= tf.cast(present, tf.float32)
        total = tf.reduce_sum(losses * counted * _of_each_sample(sample_weight, losses))
    # The gradient of an embedding comes as the rows that were looked up.
    gradients = [tf.convert_to_tensor(g) for g in tape.gradient(total, weights)]
    found = _Gradients(gradients, total, tf.reduce_sum(counted), tf.reduce_sum(real))
    return found, carry


def _of_each_sample(values, losses):
    """Return a value of each sample so that it meets the losses of the samples or their steps."""
    return values[:, None] if losses.shape.rank > values.shape.rank else values


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


def _build_map(function, network, shape, *options):
    n_batches = shape.n_samples // PREDICT_BATCH

    @compiled
    def predict(weights, data):
        """Return the results for all samples; those of padded samples mean nothing."""

        def run_batch(batch, results):
            samples = batch * PREDICT_BATCH + tf.range(PREDICT_BATCH)
            found = function(network, weights, gather_batch(data, samples, shape), *options)
            return batch + 1, [r.write(batch, f) for r, f in zip(results, found, strict=True)]

        results = [
            tf.TensorArray(dtype, n_batches, element_shape=[PREDICT_BATCH, *rest])
            for dtype, rest in function.result(network, shape, *options)
        ]
        n_run = (data["sizes"][0] + PREDICT_BATCH - 1) // PREDICT_BATCH
        _, results = tf.while_loop(lambda batch, _: batch < n_run, run_batch, (0, results))
        stacks = [result.stack() for result in results]
        return [tf.reshape(s, [shape.n_samples, *s.shape[2:]]) for s in stacks]

    return predict


@gives(lambda network, shape: [(tf.float32, architecture_of(network).output_shape(network, shape))])
def outputs(network, weights, batch):
    """Return the raw outputs of a batch, in a tuple of one."""
    return (architecture_of(network).outputs(network, weights, batch),)


@gives(lambda network, shape, loss: [(tf.float32, [2])])
def summed_losses(network, weights, batch, loss):
    """Return the summed losses of each sample, and how many they are, in a tuple of one.

    Steps are added up one by one: no bit depends then on how many steps other samples have.
    """
    losses, present, _ = architecture_of(network).losses(network, loss, weights, batch, None, ())
    counted = tf.ones_like(losses) if present is None else tf.cast(present, tf.float32)
    sums = tf.stack([losses * counted, counted], axis=1)
    if losses.shape.rank == 1:
        return (sums,)
    by_step = tf.transpose(sums, [2, 0, 1])

    def step(at, total):
        return at + 1, total + by_step[at]

    loop = (0, tf.zeros_like(by_step[0]))
    return (tf.while_loop(lambda at, _: at < by_step.shape[0], step, loop)[1],)


def gather_batch(data, samples, shape):
    """Gather the steps of some samples from the table of rows.

    `data` holds the rows' values, where in them each sample starts and its length, and two sizes:
    the number of samples and the rows from one step to the next; in training the targets too, of
    each sample or in a table of rows, with the row of each sample's first step.

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
        targets = _of_each_step(data["targets"], data, samples, shape)
    elif "targets" in data:
        targets = tf.gather(data["targets"], samples)
    if inputs.dtype.is_integer:
        present = within & (inputs != 0)
        return Batch(tf.where(present, inputs, 0), present, n_present, targets)
    present = within & ~tf.math.is_nan(inputs[:, :, 0])
    return Batch(tf.where(present[:, :, None], inputs, 0.0), present, n_present, targets)


def _of_each_step(table, data, samples, shape):
    """Gather rows of a table for the steps of some samples: (batch, n_steps, ...).

    What is gathered for steps past a sequence's end means nothing.
    """
    steps = tf.range(shape.n_steps)[None]
    within = steps < tf.gather(data["spans"], samples)[:, 1:]
    rows = tf.gather(data["target_starts"], samples)[:, None] + steps
    return tf.gather(table, tf.where(within, rows, 0))
