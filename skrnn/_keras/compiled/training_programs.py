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
from typing import Any, NamedTuple

import tensorflow as tf

from ..._programs import program
from ..._starting_weights import trained_shapes
from ..functional.architectures import architecture_of
from ..functional.losses import with_levels
from ..functional.optimizers import OPTIMIZERS, clip_by_norm, moved_average
from .batches import gather_batch, of_each_step
from .xla import compiled_on

# There is no shorter length bucket than this: each is compiled by itself.
_SHORTEST_BUCKET = 16


def epoch_program(network, training, shape):
    """Return the compiled function that trains over a run of batches."""
    return program(_build_epoch, network, training, shape)


def gradient_program(network, training, shape):
    """Return the compiled function that gives the gradient of one half of a batch."""
    return program(_build_gradient, network, training, shape)


def update_program(network, training):
    """Return the compiled function that makes one update of the gradients of both halves."""
    return program(_build_update, network, training)


def _build_epoch(network, training, shape):
    @compiled_on(training.device)
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
    @compiled_on(training.device)
    def gradient(weights, carry, data, order, batch, values, half):
        """Return what `_batch_gradients` does for a half, the gradients as one vector."""
        found, carry = _batch_gradients(
            network, training, shape, weights, carry, data, order, batch, values, half
        )
        return found._replace(gradients=_packed(found.gradients)), carry

    return gradient


def _build_update(network, training):
    shapes = trained_shapes(network)

    @compiled_on(training.device)
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

    loss = with_levels(training.loss, values.get("levels"))

    def found_in(bucket):
        of_batch = samples, real, seed
        return _gradients_of(network, loss, bucket, weights, carry, data, of_batch)

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


def _gradients_of(network, loss, shape, weights, carry, data, of_batch):
    """Return what `_batch_gradients` does for samples that have at most `shape.n_steps` steps."""
    samples, real, seed = of_batch
    weights = _unpacked(weights, trained_shapes(network))
    gathered = gather_batch(data, samples, shape)
    if shape.weighs_steps:
        sample_weight = of_each_step(data["step_weight"], data, samples, shape)
    else:
        sample_weight = tf.gather(data["sample_weight"], samples)
    with tf.GradientTape() as tape:
        tape.watch(weights)
        losses, present, carry = architecture_of(network).losses(
            network, loss, [*data["frozen"], *weights], gathered, seed, carry
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
    """Return a value of each sample so that it meets the losses of its steps or outputs."""
    for _ in range(losses.shape.rank - values.shape.rank):
        values = values[..., None]
    return values


def _updated(training, weights, slots, found, step, values):
    """Return weights, slots and the batch's loss times its samples, after one update."""
    # As in Keras, weights scale the loss of a batch and do not enter its denominator.
    gradients = [g / found.n_terms for g in found.gradients]
    if training.clips:
        gradients = clip_by_norm(gradients, values["clipnorm"])
    n_slots = OPTIMIZERS[training.optimizer].n_slots
    weights, updated = OPTIMIZERS[training.optimizer].update(
        weights,
        _packed(gradients),
        slots[:n_slots],
        values["learning_rate"] * _scale(step, values),
        tf.cast(step + 1, tf.float32),
    )
    averages = [moved_average(a, weights, step, values["averaging"]) for a in slots[n_slots:]]
    return weights, (*updated, *averages), found.loss / found.n_terms * found.n_samples


def _scale(step, values):
    """Return what the learning rate is multiplied by; see `skrnn._schedule.Schedule`."""
    done = tf.cast(step - values["first"], tf.float32)
    fall = 0.5 * (1 + tf.cos(math.pi * tf.minimum(done / values["n_updates"], 1.0)))
    rise = tf.minimum((done + 1) / tf.maximum(values["n_warm_up"], 1.0), 1.0)
    return rise * (values["floor"] + (1 - values["floor"]) * fall)


def _packed(arrays):
    return tf.concat([tf.reshape(a, [-1]) for a in arrays], axis=0)


def _unpacked(vector, shapes):
    parts = tf.split(vector, [math.prod(shape) for shape in shapes])
    return [tf.reshape(part, shape) for part, shape in zip(parts, shapes, strict=True)]
