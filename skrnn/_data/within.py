"""Features that a network sees a second time, standardized within each sequence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .known_targets import scale_of_known
from .line import Seen, can_have_line, ridge, table_of, thinned
from .row_counts import counts_of_present
from .scaling import mean_and_scale, standardized
from .sequences import Sequences

# A spread of so many units in the last place of a sequence's mean, or less, is rounding.
_ROUNDINGS = 10
# Sequences are in one scale unless the root mean square of their deviations is so many times the
# usual one.
_DECADES = 10.0
# Means and deviations of sequences that differ by less than this, in squares of the deviation of
# all steps, are equal: the feature was standardized within each sequence beforehand.
_ALIKE = 0.01
# The shape of sequences tells clearly more than their values if the squared error of a ridge
# regression is so many times as large.
_CLEARLY = 0.75
# Fewer samples say nothing of a line, and more say little more.
_FEWEST, _MOST = 20, 500
# Sequences whose moments tell what is seen, at most.
_MOST_LOOKED_AT = 10_000
# Values that are looked at at once.
_VALUES_AT_ONCE = 2**18


class Within:
    """Some features of sequences, standardized within each of them, a few rows at a time.

    The moments of a few sequences are held at once: those of all may be more than memory holds.

    Parameters
    ----------
    sequences : Sequences
        They share no row.
    features : list of int

    References
    ----------
    Ulyanov, Vedaldi and Lempitsky, "Instance normalization", 2016; Kim et al., "Reversible instance
    normalization for accurate time-series forecasting against distribution shift", 2022.
    """

    def __init__(self, sequences: Sequences, features: list[int]) -> None:
        # In the order of their rows; an empty one comes before the one that begins at its row.
        self.sequences = sequences.take(np.lexsort([sequences.lengths, sequences.starts]))
        self.features, self.n_columns = features, len(features)
        self._held, self._moments = range(0), (np.empty(0), np.empty(0))

    def standardized(self, rows: slice) -> np.ndarray:
        """Return the features of some rows; zero in rows of no sequence, NaN at absent steps.

        A feature that has one value in a sequence is zero in it.
        """
        starts, lengths = self.sequences.starts, self.sequences.lengths
        numbers = np.arange(*rows.indices(len(self.sequences.values)))
        of = np.maximum(np.searchsorted(starts, numbers, side="right") - 1, 0)
        is_used = (numbers >= starts[of]) & (numbers < starts[of] + lengths[of])
        mean, scale = self._moments_of(of)
        apart = self.sequences.values[rows][:, self.features] - mean
        found = np.divide(apart, scale, out=0 * apart, where=scale > 0)
        return np.where(is_used[:, None], found, 0.0)

    def _moments_of(self, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and scale of sequences by their numbers, which ascend."""
        first, last = int(numbers[0]), int(numbers[-1])
        if first not in self._held or last not in self._held:
            end = max(last + 1, first + _at_once(self.sequences))
            self._held = range(first, min(end, len(self.sequences)))
            some = self.sequences.take(slice(first, end))
            self._moments = moments_within(some, self.features)
        mean, scale = self._moments
        return mean[numbers - self._held.start], scale[numbers - self._held.start]


@np.errstate(over="ignore", invalid="ignore")  # values that are too large are refused elsewhere
def moments_within(sequences: Sequences, features: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean and the deviation of features at the present steps of each sequence.

    Each is of shape (n_samples, number of features). They depend on the sequence alone, to the bit:
    not on absent steps, nor on what other sequences there are.
    """
    shape = len(sequences), len(features)
    mean, scale = np.zeros(shape), np.zeros(shape)
    for samples in _parts(sequences):
        some = sequences.take(samples)
        rows = some.step_rows()
        of = np.repeat(np.arange(samples.start, samples.stop), some.lengths)
        values = some.values[rows][:, features].astype(np.float64)
        is_present = ~np.isnan(values[:, 0])
        values, of = values[is_present], of[is_present]
        if not len(of):
            continue
        here, firsts, counts = np.unique(of, return_index=True, return_counts=True)
        mean[here] = np.add.reduceat(values, firsts) / counts[:, None]
        values -= mean[of]
        squares = np.add.reduceat(np.square(values), firsts)
        scale[here] = np.sqrt(squares / counts[:, None])
    scale[scale <= rounding_of(sequences.values.dtype) * np.abs(mean)] = 0.0
    return mean, scale


def rounding_of(dtype: Any) -> float:
    """Return the part of a mean that is rounding, in numbers of this type."""
    return _ROUNDINGS * float(np.finfo(dtype).eps)


@np.errstate(over="ignore", invalid="ignore")
def features_to_see_within(sequences: Sequences, *, all_that_differ: bool) -> tuple[int, ...]:
    """Return the features that a network sees within each sequence as well.

    These are all whose mean or deviation differs from one sequence to another, or those alone whose
    deviations span decades.
    """
    features = list(range(sequences.values.shape[1]))
    some = sequences.take(slice(None, None, -(-len(sequences) // _MOST_LOOKED_AT)))
    mean, scale = moments_within(some, features)
    found = []
    for feature in features:
        varies = scale[:, feature] > 0
        if not varies.any():
            continue
        means, scales = mean[varies, feature], scale[varies, feature]
        if _differ(means, scales) if all_that_differ else _span_decades(scales):
            found.append(feature)
    return tuple(found)


def shape_tells_more(sequences: Sequences, targets: np.ndarray, weights: np.ndarray) -> bool:
    """Tell whether a line finds clearly more in sequences that are standardized by themselves.

    A number mostly depends on the level of a sequence, but one that is read from a spectrum does
    not (Barnes, Dhanoa and Lister, "Standard normal variate transformation", 1989). Ridge
    regressions on both are compared by leaving each sample out.
    """
    if not can_have_line(sequences, targets):
        return False
    samples = thinned(sequences)
    samples = samples[~np.isnan(targets[samples]).any(axis=1)]
    if len(samples) < _FEWEST:
        return False
    samples = samples[:: -(-len(samples) // _MOST)]
    mean, scale = scale_of_known(targets[samples])
    y, weights = (targets[samples] - mean) / scale, weights[samples]

    def error(seen: Seen) -> float:
        table = table_of(sequences, seen, samples, sequences.n_steps)
        return -float(ridge(table, y, weights).best_score_)

    return error(_by_itself) < _CLEARLY * error(_plain)


def _plain(sequences: Sequences) -> Sequences:
    moments = mean_and_scale(sequences.values, counts_of_present(sequences))
    return sequences.with_values(standardized(sequences.values, *moments))


def _by_itself(sequences: Sequences) -> Sequences:
    features = list(range(sequences.values.shape[1]))
    found = Within(sequences, features).standardized(slice(len(sequences.values)))
    return sequences.with_values(found)


def _differ(means: np.ndarray, scales: np.ndarray) -> bool:
    """Tell whether sequences have other means and deviations than all of them together."""
    middle, around = means.mean(), means.var()
    of_all = np.sqrt(np.square(scales).mean() + around)
    distances = np.square((means - middle) / of_all) + np.square(scales / of_all - 1)
    return bool(distances.mean() > _ALIKE)


def _span_decades(scales: np.ndarray) -> bool:
    return bool(np.sqrt(np.square(scales).mean()) > _DECADES * np.median(scales))


def _parts(sequences: Sequences) -> Iterator[slice]:
    size = _at_once(sequences)
    for first in range(0, len(sequences), size):
        yield slice(first, min(first + size, len(sequences)))


def _at_once(sequences: Sequences) -> int:
    n_values = sequences.n_steps * sequences.values.shape[1]
    return max(_VALUES_AT_ONCE // max(n_values, 1), 1)
