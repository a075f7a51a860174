"""One epoch of training: a call of one program, or of two for each batch where steps are large."""

import functools
import math

import numpy as np
import tensorflow as tf

from ..devices import CPU
from ..functional.architectures import architecture_of
from .threads import mapping, n_threads
from .training_programs import epoch_program, gradient_program, update_program

# Batches in one call of an epoch: between calls the interpreter can be interrupted.
_BATCHES_A_CALL = 2000
# Multiplications of one training step from which on it is divided: about 10 ms of one core. The
# halves of a smaller one take as long on two cores as the whole on one.
_LARGE_STEP = 2**29


def epoch_runner(network, training, shape, mean_steps):
    """Return the function that trains one epoch."""
    initial_carry = architecture_of(network).initial_carry
    if _is_large(network, training, shape, mean_steps):
        gradient = gradient_program(network, training, shape)
        carry = initial_carry(network, training.batch_size // 2)
        update = update_program(network, training)
        return functools.partial(_halved_epoch, gradient, update, (carry, carry))
    carry = initial_carry(network, training.batch_size)
    return functools.partial(_whole_epoch, epoch_program(network, training, shape), carry)


def _whole_epoch(train, carry, weights, slots, inputs, n_batches, values, n_taken):
    """Train an epoch of small steps; return weights, slots and the summed loss."""
    values = _values_tensors(values, n_taken)
    total = 0.0
    for first in range(0, n_batches, _BATCHES_A_CALL):
        last = min(first + _BATCHES_A_CALL, n_batches)
        run = tf.constant(first), tf.constant(last)
        weights, slots, carry, loss = train(weights, slots, carry, *inputs, *run, values)
        total += float(loss)
    return weights, slots, total


def _halved_epoch(gradient, update, carries, weights, slots, inputs, n_batches, values, n_taken):
    """Do the same for large steps, both halves of a batch at once if there are two cores.

    On one core the halves are the same, so that the sums do not depend on the number of threads.
    """
    halves = tf.constant(0), tf.constant(1)
    total = 0.0
    with mapping(min(n_threads(), 2)) as map_halves:
        for batch in range(n_batches):
            step = _values_tensors(values, n_taken + batch)
            args = (*inputs, tf.constant(batch), step)
            found, carries = zip(
                *map_halves(
                    lambda half, carry, w=weights, args=args: gradient(w, carry, *args, half),
                    halves,
                    carries,
                ),
                strict=True,
            )
            weights, slots, loss = update(weights, slots, found, step)
            total += float(loss)
    return weights, slots, total


def _is_large(network, training, shape, mean_steps):
    """Tell whether a training step is worth dividing."""
    architecture = architecture_of(network)
    shapes = architecture.weight_shapes(network)
    kernels = [s for kind, s in shapes if kind in ("kernel", "orthogonal")]
    # A decoder may have more steps than what it reads; most of its weights are its own then.
    written = () if architecture.has_step_outputs(network) else shape.targets[:-1]
    n_steps = max((mean_steps / network.stride, *written))
    n_products = 3 * training.batch_size * n_steps * sum(map(math.prod, kernels))
    has_two_cores = training.device == CPU and training.batch_size % 2 == 0
    return n_products >= _LARGE_STEP and has_two_cores


def _values_tensors(values, n_taken):
    clipnorm = np.inf if values.clipnorm is None else values.clipnorm
    levels = {"levels": tf.constant(values.levels, tf.float32)} if values.levels else {}
    return {
        **levels,
        "learning_rate": tf.constant(values.learning_rate, tf.float32),
        "clipnorm": tf.constant(clipnorm, tf.float32),
        "n_taken": tf.constant(n_taken),
        "first": tf.constant(values.schedule.first),
        "n_updates": tf.constant(values.schedule.n_updates, tf.float32),
        "n_warm_up": tf.constant(values.schedule.n_warm_up, tf.float32),
        "floor": tf.constant(values.schedule.floor, tf.float32),
        "averaging": tf.constant(values.averaging, tf.float32),
        "dropout_seed": tf.constant([values.dropout_seed, 0]),
    }
