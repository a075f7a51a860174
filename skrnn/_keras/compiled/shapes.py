"""The sizes to which data are padded, so that few programs serve many data."""

from typing import Any, NamedTuple

import numpy as np

from ..._data.memory import LARGE
from ..._data.samples import TrainingData
from ..._data.sequences import Sequences
from ..._spec import Spec
from ..functional.architectures import architecture_of

# The samples of one step of prediction. Always this many, so that a sample's prediction does not
# depend, to the bit, on how many others are predicted with it.
PREDICT_BATCH = 32
# No data are padded to less, so that the folds of a small search share one program.
_MIN_VALUES = 2**18
_MIN_SAMPLES = 4096
# More are not padded: a program of their own costs less than the copy, in time and in memory.
MAX_PADDED_VALUES = LARGE
# Values that one call of a prediction holds; bounds its memory, and the work for a single sample.
_PREDICT_VALUES = 2**16
# Samples beyond which a program of larger pieces is worth its compilation.
_LARGE_PREDICTION = 2**14


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


def training_shape(network: Spec, data: TrainingData, batch_size: int) -> Shape:
    """Return the shape of the program that trains on some data."""
    sequences, targets = data.sequences, data.targets
    shape = Shape(
        n_rows=_row_capacity(sequences),
        n_samples=round_up(max(len(sequences) + batch_size, _MIN_SAMPLES)),
        n_steps=step_capacity(sequences.n_steps, sequences.is_ragged),
        is_ragged=sequences.is_ragged,
    )
    if not isinstance(targets, Sequences):
        return shape._replace(targets=_target_shape(network, targets))
    return shape._replace(
        targets=targets.values.shape[1:],
        n_target_rows=_row_capacity(targets),
        weighs_steps=data.step_weight is not None,
    )


def prediction_shape(
    network: Spec,
    sequences: Sequences,
    targets: np.ndarray | None = None,
    n_samples: int | None = None,
) -> Shape:
    """Return the shape of the program that predicts some sequences, with targets to compare with.

    It goes by the kind of the sequences, not by these ones: one program for all lengths, and the
    same computation for a sequence alone as among others. `n_samples` is how many of them will be
    predicted at once, all by default.
    """
    n_samples = len(sequences) if n_samples is None else n_samples
    n_steps = step_capacity(sequences.n_steps, sequences.varies)
    n_values = _PREDICT_VALUES * (16 if n_samples > _LARGE_PREDICTION else 1)
    n_samples = n_values // (n_steps * _row_size(sequences))
    n_samples = PREDICT_BATCH * min(max(n_samples // PREDICT_BATCH, 1), 128)
    target_shape = _target_shape(network, targets, varies=True)
    return Shape(n_samples * n_steps + 1, n_samples, n_steps, sequences.varies, target_shape)


def step_capacity(n_steps: int, varies: bool) -> int:
    """Return the number of steps that sequences are padded to, by whether others may differ."""
    return round_up(n_steps) if varies else n_steps


def round_up(number: float) -> int:
    """Round up to few different numbers: a power of two, above 2**16 an eighth part of one."""
    unit = 1 << max((int(number) - 1).bit_length() - (3 if number > 2**16 else 0), 0)
    return -(-int(number) // unit) * unit


def _target_shape(network: Spec, targets: Any, varies: bool = False) -> tuple[int, ...]:
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


def _row_capacity(sequences: Sequences) -> int:
    n_rows, size = len(sequences.values), _row_size(sequences)
    if n_rows * size >= MAX_PADDED_VALUES:
        return n_rows
    return round_up(max(n_rows, _MIN_VALUES // size))


def _row_size(sequences: Sequences) -> int:
    return 1 if sequences.holds_tokens else sequences.values.shape[1]
