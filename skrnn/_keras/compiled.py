"""The compiled engine: arrays in and out of the programs of `skrnn._keras.programs`."""

from dataclasses import replace

import numpy as np
import tensorflow as tf

from .._sequences import Sequences
from .._spec import weight_shapes
from .losses import element_loss
from .optimizers import OPTIMIZERS
from .programs import PREDICT_BATCH, Shape, epoch_program, predict_program

__all__ = ["OPTIMIZERS", "fit", "predict"]

# No data are padded to less, so that the folds of a small search share one program.
_MIN_VALUES = 2**18
_MIN_SAMPLES = 4096
# Values that one call of a prediction holds; bounds its memory, and the work for a single sample.
_PREDICT_VALUES = 2**16
# Batches in one call of an epoch: between calls the interpreter can be interrupted.
_BATCHES_A_CALL = 2000


def fit(network, training, values, data, monitor, *, weights, optimizer_state=None):
    """Train; leave the history and the best weights in the monitor.

    Parameters
    ----------
    network : Network
    training : Training
    values : Values
    data : TrainingData
    monitor : Monitor
    weights : list of ndarray
        The weights to start from.
    optimizer_state : list of ndarray or None
        What an earlier call returned: the number of steps taken, then the slots.

    Returns
    -------
    list of ndarray
        The optimizer's state after the last step.
    """
    n_slots = OPTIMIZERS[training.optimizer].n_slots
    weights, n_taken, slots = _start(weights, optimizer_state, n_slots)
    n_samples = len(data.sequences)
    # A batch that the samples cannot fill is not computed to its full size.
    batch_size = min(training.batch_size, _round_up(n_samples))
    training = replace(training, batch_size=batch_size)
    n_batches = -(-n_samples // training.batch_size)
    shape = _capacity(data, training.batch_size)
    train = epoch_program(network, training, shape)
    tensors = {
        **_pad_sequences(data.sequences, shape),
        "targets": tf.constant(_pad_targets(data.targets, shape)),
        "sample_weight": tf.constant(_pad(data.sample_weight, shape.n_samples)),
    }
    for epoch in range(values.first_epoch, values.first_epoch + values.epochs):
        monitor.begin_epoch()
        order = values.order(epoch, n_samples).astype(np.int32)
        order = tf.constant(_pad(order, shape.n_samples))
        total = 0.0
        for first in range(0, n_batches, _BATCHES_A_CALL):
            last = min(first + _BATCHES_A_CALL, n_batches)
            weights, slots, loss = train(
                weights,
                slots,
                tensors,
                order,
                tf.constant(first),
                tf.constant(last),
                tf.constant(n_samples),
                _values_tensors(values, n_taken),
            )
            total += float(loss)
        n_taken += n_batches
        logs = {"loss": total / n_samples}
        if data.validation is not None:
            logs["val_loss"] = _validation_loss(
                network, training.loss, _unpacked(network, weights), data.validation
            )
        if monitor.end_epoch(logs, lambda w=weights: _unpacked(network, w)):
            break
    return [np.asarray(n_taken, dtype=np.int64), *(s.numpy() for s in slots)]


def predict(network, weights, sequences):
    """Return the raw outputs: float32 of shape (n_samples[, n_steps], n_outputs)."""
    n_steps = _step_capacity(sequences)
    n_samples = _PREDICT_VALUES // (n_steps * _row_size(sequences))
    n_samples = PREDICT_BATCH * min(max(n_samples // PREDICT_BATCH, 1), 128)
    shape = Shape(n_samples * n_steps + 1, n_samples, n_steps)
    program = predict_program(network, shape)
    weights = [tf.constant(w) for w in weights]
    pieces = []
    for first in range(0, len(sequences), n_samples):
        piece = _cut(sequences, slice(first, first + n_samples), shape.n_rows)
        n_batches = -(-len(piece) // PREDICT_BATCH)
        out = program(weights, _pad_sequences(piece, shape), tf.constant(n_batches))
        pieces.append(out.numpy()[: len(piece)])
    outputs = np.concatenate(pieces)
    return outputs[:, : sequences.n_steps] if network.return_sequences else outputs


def _cut(sequences, samples, n_rows):
    """Return some sequences with just the rows that they need, at most `n_rows`."""
    piece = sequences.take(samples)
    first, last = int(piece.starts.min()), int(piece.ends.max())
    if last - first >= n_rows:
        # They lie far apart in the table, so their own rows are fewer.
        return Sequences.from_dense(piece.dense())
    return replace(piece, values=piece.values[first : last + 1], starts=piece.starts - first)


def _validation_loss(network, loss, weights, validation):
    outputs = predict(network, weights, validation.sequences)
    losses = element_loss(loss)(tf.constant(validation.targets), tf.constant(outputs)).numpy()
    losses = losses.T * validation.sample_weight
    if network.return_sequences:
        losses = losses[validation.sequences.present().T]
    return losses.mean(dtype=np.float64)


def _start(weights, optimizer_state, n_slots):
    """Return weights and slots as one tensor each, and the number of steps taken."""
    weights = tf.constant(np.concatenate([w.ravel() for w in weights]))
    if optimizer_state is None:
        return weights, 0, (tf.zeros_like(weights),) * n_slots
    n_taken, *slots = optimizer_state
    return weights, int(n_taken), tuple(tf.constant(s) for s in slots)


def _unpacked(network, weights):
    """Return the arrays that a vector of all weights is made of."""
    shapes = [shape for _, shape in weight_shapes(network)]
    ends = np.cumsum([np.prod(shape) for shape in shapes])
    parts = np.split(weights.numpy(), ends[:-1])
    return [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]


def _values_tensors(values, n_taken):
    clipnorm = np.inf if values.clipnorm is None else values.clipnorm
    return {
        "learning_rate": tf.constant(values.learning_rate, tf.float32),
        "clipnorm": tf.constant(clipnorm, tf.float32),
        "first_step": tf.constant(n_taken),
        "dropout_seed": tf.constant([values.dropout_seed, 0]),
    }


def _capacity(data, batch_size):
    sequences = data.sequences
    n_rows = _round_up(max(len(sequences.values), _MIN_VALUES // _row_size(sequences)))
    n_samples = _round_up(max(len(sequences) + batch_size, _MIN_SAMPLES))
    return Shape(n_rows, n_samples, _step_capacity(sequences), data.targets.shape[-1])


def _step_capacity(sequences):
    return _round_up(sequences.n_steps) if sequences.is_ragged else sequences.n_steps


def _row_size(sequences):
    return 1 if sequences.holds_tokens else sequences.values.shape[1]


def _round_up(number):
    """Round up to few different numbers: a power of two, above 2**16 an eighth part of one."""
    unit = 1 << max((int(number) - 1).bit_length() - (3 if number > 2**16 else 0), 0)
    return -(-int(number) // unit) * unit


def _pad_sequences(sequences, shape):
    dtype = np.int32 if sequences.holds_tokens else np.float32
    return {
        "values": tf.constant(_pad(sequences.values.astype(dtype, copy=False), shape.n_rows)),
        "starts": tf.constant(_pad(sequences.starts.astype(np.int32), shape.n_samples)),
        "lengths": tf.constant(_pad(sequences.lengths.astype(np.int32), shape.n_samples)),
        "dilation": tf.constant(sequences.dilation),
    }


def _pad(array, capacity):
    if len(array) == capacity:
        return array
    padded = np.zeros((capacity, *array.shape[1:]), dtype=array.dtype)
    padded[: len(array)] = array
    return padded


def _pad_targets(targets, shape):
    if targets.ndim == 3:
        missing = shape.n_steps - targets.shape[1]
        targets = np.pad(targets, ((0, 0), (0, missing), (0, 0)))
    return _pad(targets, shape.n_samples)
