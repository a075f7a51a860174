"""How many sequences hold each present row, counted where it is asked for."""

from __future__ import annotations

import numpy as np

from .memory import stays_in_file
from .sequences import Sequences

# Rows that are counted at once.
_ROWS_AT_ONCE = 2**16


class RowCounts:
    """The counts of rows, zero where they are absent, without an array as long as a file.

    A slice of it is an int array.

    Parameters
    ----------
    sequences : Sequences
        They have one length and the order of their rows, and their steps are neighbours.
    """

    def __init__(self, sequences: Sequences) -> None:
        self._sequences, self._n_steps = sequences, sequences.n_steps
        self._first, self._counts = 0, np.empty(0, np.int64)

    def __len__(self) -> int:
        return len(self._sequences.values)

    def __getitem__(self, rows: slice) -> np.ndarray:
        first, last, _ = rows.indices(len(self))
        if not self._first <= first <= last <= self._first + len(self._counts):
            end = max(last, min(first + _ROWS_AT_ONCE, len(self)))
            self._first, self._counts = first, self._counted(first, end)
        return self._counts[first - self._first : last - self._first]

    def _counted(self, first: int, last: int) -> np.ndarray:
        starts, n_steps = self._sequences.starts, self._n_steps
        here = starts[slice(*np.searchsorted(starts, [first - n_steps + 1, last]))] - first
        change = np.zeros(last - first + 1, np.int64)
        np.add.at(change, np.maximum(here, 0), 1)
        np.add.at(change, np.minimum(here + n_steps, last - first), -1)
        some = self._sequences.with_values(self._sequences.values[first:last])
        return np.where(some.present_rows(), np.cumsum(change[:-1]), 0)


def counts_of_present(sequences: Sequences) -> np.ndarray | RowCounts:
    """Return how many sequences hold each row, zero where it is absent."""
    if stays_in_file(sequences.values) and _are_stretches_in_order(sequences):
        return RowCounts(sequences)
    return np.where(sequences.present_rows(), sequences.row_counts(), 0)


def _are_stretches_in_order(sequences: Sequences) -> bool:
    is_in_order = bool((np.diff(sequences.starts) >= 0).all())
    return is_in_order and sequences.dilation == 1 and not sequences.is_ragged
