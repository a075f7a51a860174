"""One form for every kind of X: rows of values, and where each sequence begins in them.

A strided view of windows, a dense 3-D array and a ragged list differ only in where their
sequences start, so none of them is ever copied into a padded (n_samples, n_steps, n_features)
array: the engines gather the rows of a batch by number. Windows are copied, a few at a time, for
networks alone that see each of them standardized by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .memory import stays_in_file

# Values of a part of the sequences where these stay in a file.
_VALUES_OF_A_PART = 2**20


@dataclass(frozen=True)
class Sequences:
    """Sequences that share one table of rows.

    Step ``j`` of sequence ``i`` is row ``starts[i] + j * dilation`` of `values`.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_features), or (n_rows,) for token ids
        The rows. A row of NaN, or the id 0, is an absent step.
    starts : ndarray of shape (n_samples,)
        The row of each sequence's first step.
    lengths : ndarray of shape (n_samples,)
        The number of steps of each sequence, absent ones included.
    dilation : int, default=1
        Rows from one step to the next.
    series : ndarray of shape (n_samples,) or None, default=None
        For windows of time series, the number of the series that each is of; equal distances
        between rows are equal times then. None: the sequences are not known to be windows.
    varies : bool, default=False
        Whether other sequences of this kind may have other lengths. Predictions go by this, not by
        what lengths there happen to be.
    ahead : ndarray of shape (n_samples, n_target_steps, n_known) or None, default=None
        Values of the steps after each sequence that are known before.
    """

    values: np.ndarray
    starts: np.ndarray
    lengths: np.ndarray
    dilation: int = 1
    series: np.ndarray | None = None
    varies: bool = False
    ahead: np.ndarray | None = None

    @classmethod
    def from_series(
        cls, series: np.ndarray, n_samples: int, n_steps: int, dilation: int = 1
    ) -> Sequences:
        """Windows of `n_steps` steps that begin at every row of one series."""
        lengths, number = _repeated(n_steps, n_samples), _repeated(0, n_samples)
        return cls(series, np.arange(n_samples), lengths, dilation, number)

    @classmethod
    def from_table(cls, table: Any) -> Sequences:
        """Windows with the table that `skrnn.LagWindows` took them from."""
        lengths = _repeated(table.n_steps, len(table.starts))
        return cls(table.rows, table.starts, lengths, table.dilation, table.series)

    @classmethod
    def from_dense(cls, X: np.ndarray) -> Sequences:
        """Sequences of equal length, from (n_samples, n_steps[, n_features])."""
        n_samples, n_steps = X.shape[:2]
        values = X.reshape(n_samples * n_steps, *X.shape[2:])
        starts, lengths = np.arange(n_samples) * n_steps, _repeated(n_steps, n_samples)
        # Ids are texts, of any lengths, also where their table has one width.
        return cls(values, starts, lengths, varies=X.ndim == 2)

    @classmethod
    def from_ragged(cls, arrays: list[np.ndarray]) -> Sequences:
        """Sequences of any lengths, from a list of (n_steps_i[, n_features]) arrays."""
        lengths = np.array([len(a) for a in arrays])
        return cls(np.concatenate(arrays), np.cumsum(lengths) - lengths, lengths, varies=True)

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def n_steps(self) -> int:
        """The number of steps of the longest sequence."""
        return int(self.lengths.max())

    @property
    def is_ragged(self) -> bool:
        """Whether the sequences differ in length."""
        return bool(len(self) and self.lengths.min() != self.lengths.max())

    @property
    def holds_tokens(self) -> bool:
        """Whether the values are token ids."""
        return self.values.ndim == 1

    @property
    def ends(self) -> np.ndarray:
        """The row of each sequence's last step."""
        return self.starts + (self.lengths - 1) * self.dilation

    def take(self, samples: np.ndarray | slice) -> Sequences:
        """Return the chosen sequences; the rows are shared, not copied."""
        series = None if self.series is None else self.series[samples]
        ahead = None if self.ahead is None else self.ahead[samples]
        starts, lengths = self.starts[samples], self.lengths[samples]
        return replace(self, starts=starts, lengths=lengths, series=series, ahead=ahead)

    def cut(self, samples: np.ndarray | slice, n_rows: int) -> Sequences:
        """Return the chosen sequences with just the rows that they need, at most `n_rows`."""
        piece = self.take(samples)
        first, last = int(piece.starts.min()), int(piece.ends.max())
        if last - first >= n_rows:
            # They lie far apart in the table, so their own rows are fewer.
            dense = Sequences.from_dense(piece.dense())
            return replace(dense, lengths=piece.lengths, ahead=piece.ahead)
        return replace(piece, values=piece.values[first : last + 1], starts=piece.starts - first)

    def apart(self) -> Sequences:
        """Return the same sequences where no two share a row: windows are copied."""
        if self.series is None and self.dilation == 1:
            return self
        dense = Sequences.from_dense(self.dense())
        return replace(dense, lengths=self.lengths, series=self.series)

    def and_those_of(self, others: Sequences) -> Sequences:
        """Return the sequences with other ones of the same table."""
        of_samples = {
            name: np.concatenate([own, getattr(others, name)])
            for name in ("starts", "lengths", "series", "ahead")
            if (own := getattr(self, name)) is not None
        }
        return replace(self, **of_samples)

    def parts(self) -> Iterator[Sequences]:
        """Yield all sequences in their order: at once, or a few at a time if they stay in a file.

        A result for each row need not be held for all rows of the file then.
        """
        if stays_in_file(self.values):
            yield from self.pieces()
        else:
            yield self

    def pieces(self) -> Iterator[Sequences]:
        """Yield all sequences in their order, a few at a time with just the rows that they need."""
        n_steps = self.n_steps
        size = max(_VALUES_OF_A_PART // (n_steps * self.values[:1].size), 1)
        for first in range(0, len(self), size):
            yield self.cut(slice(first, first + size), size * n_steps)

    def trimmed(self) -> Sequences:
        """Return the sequences without the absent steps at their ends, where they can be cut.

        Sequences that were padded to one length are then those that they were before. Windows are
        never trimmed, because they share their rows.
        """
        if self.series is not None or self.dilation != 1:
            return self
        if all(part.present_rows()[part.ends].all() for part in self.parts()):
            return self
        lengths = np.concatenate([part._lengths_to_last_present() for part in self.parts()])
        return replace(self, lengths=lengths, varies=True)

    def _lengths_to_last_present(self) -> np.ndarray:
        present = self.present_rows()
        last_present = np.maximum.accumulate(np.where(present, np.arange(len(present)), -1))
        return np.maximum(last_present[self.ends] - self.starts + 1, 0)

    def with_values(self, values: np.ndarray) -> Sequences:
        """Return the same sequences over other values, row by row."""
        return replace(self, values=values)

    def present_rows(self) -> np.ndarray:
        """Tell which rows are present: bool of shape (n_rows,)."""
        if self.holds_tokens:
            return self.values != 0
        # A step that is absent in part is refused beforehand, so one feature tells all.
        return ~np.isnan(self.values[:, 0])

    def row_counts(self) -> np.ndarray:
        """Count how many sequences hold each row: int of shape (n_rows,)."""
        n_rows = len(self.values)
        change = np.zeros(n_rows + self.dilation, dtype=np.int32)
        np.add.at(change, self.starts, 1)
        np.add.at(change, self.ends + self.dilation, -1)
        return _strided_cumsum(change, self.dilation)[:n_rows]

    def used_rows(self) -> np.ndarray:
        """Return the rows of the windows that were not left out."""
        if self.series is None:  # all rows are steps of these sequences
            return self.values
        used = self.row_counts() > 0
        return self.values if used.all() else self.values[used]

    def n_present(self) -> np.ndarray:
        """Count the present steps of each sequence: int of shape (n_samples,)."""
        total = _strided_cumsum(self.present_rows().astype(np.int64), self.dilation)
        total = np.concatenate([np.zeros(self.dilation, dtype=np.int64), total])
        return total[self.ends + self.dilation] - total[self.starts]

    def row_numbers(self, samples: np.ndarray | slice = slice(None)) -> np.ndarray:
        """Return the row of every step, -1 past a sequence's end: (n_samples, n_steps)."""
        steps = np.arange(self.n_steps)
        rows = self.starts[samples, None] + steps * self.dilation
        return np.where(steps < self.lengths[samples, None], rows, -1)

    def step_rows(self) -> np.ndarray:
        """Return the row of every step, one sequence after the other: (n_all_steps,)."""
        firsts = np.cumsum(self.lengths) - self.lengths
        steps = np.arange(int(self.lengths.sum())) - np.repeat(firsts, self.lengths)
        return np.repeat(self.starts, self.lengths) + steps * self.dilation

    def present_steps(self) -> np.ndarray:
        """Tell which steps are present, in the order of `step_rows`: (n_all_steps,)."""
        return self.present_rows()[self.step_rows()]

    def dense(
        self, samples: np.ndarray | slice = slice(None), fill: float | None = None
    ) -> np.ndarray:
        """Copy sequences into (n_samples, n_steps, n_features), or (n_samples, n_steps) for ids.

        Steps past a sequence's end are `fill`; None makes them absent: NaN, or the id 0.
        """
        if fill is None:
            fill = 0 if self.holds_tokens else np.nan
        rows = self.row_numbers(samples)
        out = self.values[rows]
        out[rows < 0] = fill
        return out

    def present(self) -> np.ndarray:
        """Tell which steps are present: bool of shape (n_samples, n_steps)."""
        rows = self.row_numbers()
        return self.present_rows()[rows] & (rows >= 0)


def _repeated(number: int, n: int) -> np.ndarray:
    """Return `n` times the same number, in the memory of one."""
    return np.broadcast_to(np.intp(number), n)


def _strided_cumsum(values: np.ndarray, stride: int) -> np.ndarray:
    """Cumulate along every stride-th element: out[i] = values[i] + out[i - stride]."""
    if stride == 1:
        return values.cumsum(dtype=values.dtype)
    padded = np.pad(values, (0, -len(values) % stride))
    return padded.reshape(-1, stride).cumsum(axis=0, dtype=values.dtype).ravel()[: len(values)]
