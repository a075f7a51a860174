"""Train a network by compiled programs."""

import functools
import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import tensorflow as tf

from ..._data.samples import TrainingData
from ..._spec import Spec, Training, Values
from ..._starting_weights import trained_shapes
from ..devices import moved
from ..engine import Monitor
from ..functional.architectures import architecture_of
from ..functional.losses import with_levels
from ..functional.optimizers import OPTIMIZERS
from .epochs import epoch_runner
from .keyed_loss import keyed
from .predictor import Predictor
from .shapes import round_up, training_shape
from .tensors import aligned_copy, padded, tensor, training_tensors
from .validation_loss import validation_loss


def fit(
    network: Spec,
    training: Training,
    values: Values,
    data: TrainingData,
    monitor: Monitor,
    *,
    weights: Sequence[np.ndarray] | None,
    optimizer_state: Sequence[np.ndarray] | None = None,
) -> list[np.ndarray]:
    """Train; leave the history and the best weights in the monitor. See `Engine`.

    The optimizer's state is the number of steps taken, then the slots.
    """
    assert weights is not None  # only a user's own model begins with others
    if architecture_of(network).validates_by_outputs(network):
        Predictor(network, weights, training.device).compile_in_background(data.sequences)
    n_frozen = architecture_of(network).n_frozen(network)
    frozen = list(weights[:n_frozen])
    vector, n_taken, slots = _start(weights[n_frozen:], optimizer_state, training)
    n_samples = len(data.sequences)
    # A batch that the samples cannot fill is not computed to its full size.
    batch_size = min(training.batch_size, round_up(n_samples))
    training = replace(training, batch_size=batch_size, loss=keyed(training.loss))
    loss = with_levels(training.loss, values.levels)
    n_batches = -(-n_samples // batch_size)
    n_done = monitor.n_epochs
    schedule = replace(values.schedule, first=n_taken - n_done * n_batches)
    values = replace(values, schedule=schedule)
    shape = training_shape(network, data, batch_size)
    run_epoch = epoch_runner(network, training, shape, data.sequences.lengths.mean())
    tensors = {**training_tensors(data, shape), "frozen": [tensor(w) for w in frozen]}
    tensors = moved(tensors, training.device)  # once, not for each epoch

    def arrays(vector: tf.Tensor, slots: tuple[tf.Tensor, ...]) -> list[np.ndarray]:
        return [*frozen, *_unpacked(network, slots[-1] if training.averages else vector)]

    def state(n_taken: int, vector: tf.Tensor, slots: tuple[tf.Tensor, ...]) -> list[np.ndarray]:
        if training.averages:
            slots = (*slots[:-1], vector)  # the average is among the weights
        return [np.asarray(n_taken, dtype=np.int64), *(s.numpy() for s in slots)]

    for epoch in range(values.first_epoch + n_done, values.first_epoch + values.epochs):
        monitor.begin_epoch()
        order = values.order(epoch, data.lengths, batch_size).astype(np.int32)
        inputs = tensors, padded(order, shape.n_samples)
        of_epoch = replace(values, learning_rate=values.learning_rate * monitor.rate_scale)
        vector, slots, total = run_epoch(vector, slots, inputs, n_batches, of_epoch, n_taken)
        n_taken += n_batches
        logs = {"loss": total / n_samples}
        if data.validation is not None:
            logs["val_loss"] = validation_loss(
                network, loss, arrays(vector, slots), data.validation, training.device
            )
        now = functools.partial(arrays, vector, slots)
        if monitor.end_epoch(logs, now, functools.partial(state, n_taken, vector, slots)):
            break
    return state(n_taken, vector, slots)


def _start(
    weights: Sequence[np.ndarray],
    optimizer_state: Sequence[np.ndarray] | None,
    training: Training,
) -> tuple[tf.Tensor, int, tuple[tf.Tensor, ...]]:
    """Return weights as one tensor, the number of steps taken, and the slots.

    An average of the weights is the last slot. The fitted weights are the average, so the state
    holds the weights themselves in its place.
    """
    vector = tensor(np.concatenate([w.ravel() for w in weights]))
    average = (vector,) if training.averages else ()
    if optimizer_state is None:
        zeros = (tf.zeros_like(vector),) * OPTIMIZERS[training.optimizer].n_slots
        return vector, 0, (*zeros, *average)
    n_taken, *rest = optimizer_state
    slots = [tensor(s) for s in rest]
    if training.averages:
        vector = slots.pop()
    return vector, int(n_taken), (*slots, *average)


def _unpacked(network: Spec, vector: tf.Tensor) -> list[np.ndarray]:
    """Return the arrays that a vector of all trained weights is made of."""
    shapes = trained_shapes(network)
    ends = np.cumsum([math.prod(shape) for shape in shapes])
    parts = np.split(vector.numpy(), ends[:-1])
    # Aligned, so that predictions need no copy.
    return [aligned_copy(p.reshape(shape)) for p, shape in zip(parts, shapes, strict=True)]
