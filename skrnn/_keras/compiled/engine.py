"""The compiled engine: arrays in and out of the programs of `skrnn._keras.compiled.programs`."""

import contextlib
import functools
import math
import threading
from dataclasses import replace

import numpy as np
import tensorflow as tf

from ..._data.memory import aligned_zeros, is_aligned
from ..._data.sequences import Sequences
from ..._starting_weights import trained_shapes
from ..functional.architectures import architecture_of, loaded
from ..functional.losses import element_loss
from ..functional.optimizers import OPTIMIZERS
from .keyed_loss import keyed
from .programs import (
    PREDICT_BATCH,
    Shape,
    epoch_program,
    gradient_program,
    map_program,
    outputs,
    summed_losses,
    update_program,
)
from .threads import mapping, n_threads

__all__ = [
    "OPTIMIZERS",
    "attention",
    "decode",
    "encode",
    "fit",
    "losses",
    "predict",
    "reconstruct",
    "search",
]

# No data are padded to less, so that the folds of a small search share one program.
_MIN_VALUES = 2**18
_MIN_SAMPLES = 4096
# More are not padded: a program of their own costs less than the copy, in time and in memory.
_MAX_PADDED_VALUES = 2**22
# Values that one call of a prediction holds; bounds its memory, and the work for a single sample.
_PREDICT_VALUES = 2**16
# Samples beyond which a program of larger pieces is worth its compilation.
_LARGE_PREDICTION = 2**14
# Batches in one call of an epoch: between calls the interpreter can be interrupted.
_BATCHES_A_CALL = 2000
# Multiplications of one training step from which on it is divided: about 10 ms of one core. Of
# smaller ones the halves together take as long on two cores as the whole on one.
_LARGE_STEP = 2**29


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
    _prepare_prediction(network, weights, data.sequences)
    n_slots = OPTIMIZERS[training.optimizer].n_slots
    n_frozen = architecture_of(network).n_frozen(network)
    frozen = weights[:n_frozen]
    weights, n_taken, slots = _start(weights[n_frozen:], optimizer_state, n_slots)
    n_samples = len(data.sequences)
    # A batch that the samples cannot fill is not computed to its full size.
    batch_size = min(training.batch_size, _round_up(n_samples))
    training = replace(training, batch_size=batch_size, loss=keyed(training.loss))
    n_batches = -(-n_samples // training.batch_size)
    shape = _capacity(network, data, training.batch_size)
    run_epoch = _epoch_runner(network, training, shape, data.sequences.lengths.mean())
    tensors = {
        **_pad_sequences(data.sequences, shape),
        **_pad_answers(data, shape),
        "frozen": [_tensor(w) for w in frozen],
    }

    def arrays(vector):
        return [*frozen, *_unpacked(network, vector)]

    for epoch in range(values.first_epoch, values.first_epoch + values.epochs):
        monitor.begin_epoch()
        order = values.order(epoch, data.lengths, batch_size).astype(np.int32)
        inputs = tensors, _tensor(_pad(order, shape.n_samples))
        weights, slots, total = run_epoch(weights, slots, inputs, n_batches, values, n_taken)
        n_taken += n_batches
        logs = {"loss": total / n_samples}
        if data.validation is not None:
            logs["val_loss"] = _validation_loss(
                network, training.loss, arrays(weights), data.validation
            )
        if monitor.end_epoch(logs, lambda w=weights: arrays(w)):
            break
    return [np.asarray(n_taken, dtype=np.int64), *(s.numpy() for s in slots)]


def _epoch_runner(network, training, shape, mean_steps):
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
    n_steps = max((mean_steps, *written))
    n_products = 3 * training.batch_size * n_steps * sum(map(math.prod, kernels))
    return n_products >= _LARGE_STEP and training.batch_size % 2 == 0


def predict(network, weights, sequences):
    """Return the raw outputs: float32 of shape (n_samples[, n_steps], n_outputs)."""
    (found,) = _by_pieces(outputs, network, weights, sequences)
    per_step = architecture_of(network).has_step_outputs(network)
    return found[:, : sequences.n_steps] if per_step else found


def losses(network, weights, sequences, targets, loss):
    """Return the summed loss of each sample and the number of its terms: (n_samples, 2)."""
    return _by_pieces(summed_losses, network, weights, sequences, loss, targets=targets)[0]


def attention(network, weights, sequences, targets=None):
    """Return the attention to each step of a sequence, zero where absent.

    Of shape (n_samples, n_steps); of a decoder (n_samples, n_target_steps, n_steps), where the
    steps of the targets may be more than were given.
    """
    function = architecture_of(network).functions["attention"]
    (shares,) = _by_pieces(function, network, weights, sequences, targets=targets)
    return shares[..., : sequences.n_steps]


def search(network, weights, sequences, beam_width, max_len):
    """Return what a beam search finds.

    Returns
    -------
    tokens : int32 ndarray of shape (n_samples, beam_width, max_len)
        Zero after the end.
    log_probability : float32 ndarray of shape (n_samples, beam_width)
    """
    function = architecture_of(network).functions["search"]
    return _by_pieces(function, network, weights, sequences, beam_width, max_len)


def encode(network, weights, sequences):
    """Return the latent vectors of an autoencoder: (n_samples, latent_dim)."""
    function = architecture_of(network).functions["encode"]
    return _by_pieces(function, network, weights, sequences)[0]


def decode(network, weights, latent, n_steps):
    """Return what an autoencoder writes for latent vectors: (n_samples, n_steps, n_features)."""
    # Every step of a sequence is the same row of the table.
    numbers = np.arange(len(latent))
    vectors = Sequences(latent, numbers, np.full(len(latent), n_steps), dilation=0, varies=True)
    function = architecture_of(network).functions["decode"]
    return _by_pieces(function, network, weights, vectors)[0][:, :n_steps]


def reconstruct(network, weights, sequences):
    """Return sequences as an autoencoder writes them: (n_samples, n_steps, n_features)."""
    return _by_pieces(outputs, network, weights, sequences)[0][:, : sequences.n_steps]


def _by_pieces(function, network, weights, sequences, *options, targets=None):
    """Return the results of a function of batches for sequences of any number.

    See `map_program` in `programs` for the function. A batch takes as long as its longest sequence,
    so like lengths are put together.
    """
    if not sequences.is_ragged or len(sequences) <= PREDICT_BATCH:
        return _in_order(function, network, weights, sequences, options, targets)
    order = np.argsort(sequences.lengths, kind="stable")
    targets = None if targets is None else targets[order]
    found = _in_order(function, network, weights, sequences.take(order), options, targets)
    back = np.argsort(order)
    return [part[back] for part in found]


def _in_order(function, network, weights, sequences, options, targets):
    shape = _predict_shape(sequences, is_large=len(sequences) > _LARGE_PREDICTION)
    if targets is not None:
        shape = shape._replace(targets=_target_capacity(network, targets, varies=True))
    program = map_program(function, network, shape, *options)
    weights = [_tensor(w) for w in weights]

    def run_piece(first):
        samples = slice(first, first + shape.n_samples)
        piece = _cut(sequences, samples, shape.n_rows)
        data = _pad_sequences(piece, shape)
        if targets is not None:
            data["targets"] = _tensor(_pad_targets(targets[samples], shape))
        return [found.numpy()[: len(piece)] for found in program(weights, data)]

    starts = range(0, len(sequences), shape.n_samples)
    with mapping(min(n_threads(), len(starts)) if len(starts) > 1 else 1) as map_pieces:
        pieces = list(map_pieces(run_piece, starts))
    return pieces[0] if len(pieces) == 1 else [np.concatenate(p) for p in zip(*pieces, strict=True)]


def _predict_shape(sequences, is_large=False):
    # By the kind of the sequences, not by these ones: one program for all lengths, and the same
    # steps of the computation for a sequence alone as among others.
    n_steps = step_capacity(sequences.n_steps, sequences.varies)
    n_values = _PREDICT_VALUES * (16 if is_large else 1)
    n_samples = n_values // (n_steps * _row_size(sequences))
    n_samples = PREDICT_BATCH * min(max(n_samples // PREDICT_BATCH, 1), 128)
    return Shape(n_samples * n_steps + 1, n_samples, n_steps, sequences.varies)


def _prepare_prediction(network, weights, sequences):
    """Compile the prediction of these sequences too, on another core while the training compiles.

    Early stopping needs it at once, and hardly anybody fits without predicting.
    """
    if not architecture_of(network).validates_by_outputs(network):
        return
    shape = _predict_shape(sequences)
    program = map_program(outputs, network, shape)
    if program.is_traced or n_threads() == 1:
        return
    if sequences.values.size >= _MAX_PADDED_VALUES:
        return  # such a fit takes long anyway, and a compiler at work takes memory

    def compile_program():
        # What goes wrong here goes wrong again, and is told, when something is to be predicted.
        with contextlib.suppress(Exception):
            piece = _cut(sequences, slice(0, 1), shape.n_rows)
            program([_tensor(w) for w in weights], _pad_sequences(piece, shape))

    threading.Thread(target=compile_program, name="skrnn-compile").start()


def _cut(sequences, samples, n_rows):
    """Return some sequences with just the rows that they need, at most `n_rows`."""
    piece = sequences.take(samples)
    first, last = int(piece.starts.min()), int(piece.ends.max())
    if last - first >= n_rows:
        # They lie far apart in the table, so their own rows are fewer.
        return replace(Sequences.from_dense(piece.dense()), lengths=piece.lengths)
    return replace(piece, values=piece.values[first : last + 1], starts=piece.starts - first)


def _validation_loss(network, loss, weights, validation):
    architecture = architecture_of(network)
    if architecture.validation_loss is not None:
        return loaded(architecture.validation_loss)(network, loss, weights, validation)
    if not architecture.validates_by_outputs(network):
        summed = losses(network, weights, validation.sequences, validation.targets, loss)
        total, n_terms = summed.astype(np.float64).T
        return (total @ validation.sample_weight) / n_terms.sum()
    outputs = predict(network, weights, validation.sequences)
    if architecture.has_step_outputs(network):
        return _validation_loss_of_steps(loss, outputs, validation)
    elements = element_loss(loss)(tf.constant(validation.targets), tf.constant(outputs)).numpy()
    return (elements.T * validation.sample_weight.T).mean(dtype=np.float64)


def _validation_loss_of_steps(loss, outputs, validation):
    """Return the mean loss of the present steps."""
    sequences, targets = validation.sequences, validation.targets
    rows = targets.row_numbers()
    weights = validation.sample_weight[:, None]
    if validation.step_weight is not None:
        weights = validation.step_weight[rows]
    elements = element_loss(loss)(tf.constant(targets.values[rows]), tf.constant(outputs)).numpy()
    return (elements.T * weights.T)[sequences.present().T].mean(dtype=np.float64)


def _start(weights, optimizer_state, n_slots):
    """Return weights and slots as one tensor each, and the number of steps taken."""
    weights = _tensor(np.concatenate([w.ravel() for w in weights]))
    if optimizer_state is None:
        return weights, 0, (tf.zeros_like(weights),) * n_slots
    n_taken, *slots = optimizer_state
    return weights, int(n_taken), tuple(_tensor(s) for s in slots)


def _unpacked(network, weights):
    """Return the arrays that a vector of all trained weights is made of."""
    shapes = trained_shapes(network)
    ends = np.cumsum([np.prod(shape) for shape in shapes])
    parts = np.split(weights.numpy(), ends[:-1])
    return [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]


def _values_tensors(values, n_taken):
    clipnorm = np.inf if values.clipnorm is None else values.clipnorm
    return {
        "learning_rate": tf.constant(values.learning_rate, tf.float32),
        "clipnorm": tf.constant(clipnorm, tf.float32),
        "n_taken": tf.constant(n_taken),
        "dropout_seed": tf.constant([values.dropout_seed, 0]),
    }


def _capacity(network, data, batch_size):
    sequences, targets = data.sequences, data.targets
    n_samples = _round_up(max(len(sequences) + batch_size, _MIN_SAMPLES))
    shape = Shape(
        n_rows=_row_capacity(sequences),
        n_samples=n_samples,
        n_steps=step_capacity(sequences.n_steps, sequences.is_ragged),
        is_ragged=sequences.is_ragged,
    )
    if not isinstance(targets, Sequences):
        return shape._replace(targets=_target_capacity(network, targets))
    return shape._replace(
        targets=targets.values.shape[1:],
        n_target_rows=_row_capacity(targets),
        weighs_steps=data.step_weight is not None,
    )


def _row_capacity(sequences):
    n_rows, size = len(sequences.values), _row_size(sequences)
    if n_rows * size >= _MAX_PADDED_VALUES:
        return n_rows
    return _round_up(max(n_rows, _MIN_VALUES // size))


def _target_capacity(network, targets, varies=False):
    """Return the shape that each sample's targets are padded to."""
    if targets is None:
        return ()
    block = architecture_of(network).target_block(network)
    if block:
        # Token sequences of any lengths: folds whose longest differ a little share a program, and
        # of those that are given to a fitted network all.
        n_steps = -(-targets.shape[1] // block) * block
        return step_capacity(n_steps, varies), targets.shape[2]
    return targets.shape[1:]


def step_capacity(n_steps, varies):
    """Return the number of steps that sequences are padded to, by whether others may differ."""
    return _round_up(n_steps) if varies else n_steps


def _row_size(sequences):
    return 1 if sequences.holds_tokens else sequences.values.shape[1]


def _round_up(number):
    """Round up to few different numbers: a power of two, above 2**16 an eighth part of one."""
    unit = 1 << max((int(number) - 1).bit_length() - (3 if number > 2**16 else 0), 0)
    return -(-int(number) // unit) * unit


def _pad_sequences(sequences, shape):
    dtype = np.int32 if sequences.holds_tokens else np.float32
    spans = aligned_zeros((shape.n_samples, 2), np.int32)
    spans[: len(sequences), 0] = sequences.starts
    spans[: len(sequences), 1] = sequences.lengths
    return {
        "values": _tensor(_pad(sequences.values.astype(dtype, copy=False), shape.n_rows)),
        "spans": _tensor(spans),
        "sizes": _tensor(np.array([len(sequences), sequences.dilation], np.int32)),
    }


def _tensor(array):
    """Return a tensor that shares the array's memory, or has a copy where it must.

    `tf.constant` copies, takes twice the memory meanwhile, and ten times as long for a small array.
    """
    if not (is_aligned(array) and array.flags.c_contiguous and array.flags.writeable):
        array = _pad(array, len(array), always=True)
    return tf.experimental.dlpack.from_dlpack(array.__dlpack__())


def _pad(array, capacity, always=False):
    """Return an array with zeros after it, up to a capacity; the same array if it has that."""
    if len(array) == capacity and not always:
        return array
    padded = aligned_zeros((capacity, *array.shape[1:]), array.dtype)
    padded[: len(array)] = array
    return padded


def _pad_answers(data, shape):
    """Return tensors of what the outputs are compared with, and of its weights."""
    if data.targets is None:
        return {"sample_weight": _tensor(_pad(data.sample_weight, shape.n_samples))}
    if not shape.n_target_rows:
        return {
            "targets": _tensor(_pad_targets(data.targets, shape)),
            "sample_weight": _tensor(_pad(data.sample_weight, shape.n_samples)),
        }
    starts = _pad(data.targets.starts.astype(np.int32), shape.n_samples)
    tensors = {
        "targets": _tensor(_pad(data.targets.values, shape.n_target_rows)),
        "target_starts": _tensor(starts),
    }
    if shape.weighs_steps:
        weights = _pad(data.step_weight, shape.n_target_rows)
        return {**tensors, "step_weight": _tensor(weights)}
    return {**tensors, "sample_weight": _tensor(_pad(data.sample_weight, shape.n_samples))}


def _pad_targets(targets, shape):
    missing = shape.targets[0] - targets.shape[1]
    if targets.ndim == 3 and missing:
        targets = np.pad(targets, ((0, 0), (0, missing), (0, 0)))
    return _pad(targets, shape.n_samples)
