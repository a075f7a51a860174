"""When each row of X is, as far as that is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .._data.sequences import Sequences
from .._data.window_runs import window_runs
from ..windows._align import steps_by_series
from ..windows._panel_split import with_index
from ..windows._stamps import has_clock, read_series


@dataclass(frozen=True)
class RowsInTime:
    """The order of rows.

    Parameters
    ----------
    times : ndarray of shape (n_rows,), int
        How many different times of the table are earlier.
    series : ndarray of shape (n_rows,), int
        The number of each row's series.
    steps : ndarray of shape (n_rows,), int
        The steps of each row's series, by its clock.
    """

    times: np.ndarray
    series: np.ndarray
    steps: np.ndarray

    def __len__(self) -> int:
        return len(self.times)

    @property
    def n_times(self) -> int:
        """How many different times there are."""
        return int(self.times.max()) + 1

    @property
    def order(self) -> np.ndarray:
        """Row numbers, series by series, in the order of time."""
        return np.lexsort([self.times, self.series])

    def take(self, rows: np.ndarray) -> RowsInTime:
        """Return the order of some of the rows; the times keep their numbers."""
        return RowsInTime(self.times[rows], self.series[rows], self.steps[rows])


def rows_in_time(
    X: Any, time_ordered: bool | str, *, are_sequences: bool = False
) -> RowsInTime | None:
    """Return the order of the rows of X, or None for independent samples.

    Parameters
    ----------
    X : array-like or frame
        Without an index, rows are consecutive.
    time_ordered : "auto" or bool
        "auto": rows of a table are in time; so are windows of a series; other sequences, texts and
        lists are independent.
    are_sequences : bool
        Whether each row of a table without a clock is a sequence.
    """
    n_rows = X.shape[0] if hasattr(X, "shape") else len(X)
    is_auto = isinstance(time_ordered, str)
    if n_rows == 0 or not (is_auto or time_ordered):
        return None
    table = with_index(X)
    if is_auto and not _are_in_time(X, are_sequences):
        return None
    return _by_index(table, n_rows) if table is not None else _consecutive(n_rows)


def _are_in_time(X: Any, are_sequences: bool) -> bool:
    if not hasattr(X, "shape") or _are_texts(X):
        return False
    if len(X.shape) < 3 and (not are_sequences or _has_dates(X)):
        return True
    if getattr(X, "table", None) is not None:
        return window_runs(Sequences.from_table(X.table)) is not None
    values = np.asarray(X)
    values = values[:, :, None] if values.ndim == 2 else values
    return values.dtype.kind == "f" and window_runs(Sequences.from_dense(values)) is not None


def _are_texts(X: Any) -> bool:
    """Tell whether there is a text, or another object, for each row."""
    dtype = getattr(X, "dtype", None)
    return len(X.shape) == 1 and getattr(dtype, "kind", "O") not in "biufcmM"


def _has_dates(X: Any) -> bool:
    """Tell whether an index of dates says when each row is."""
    import pandas as pd

    index = getattr(X, "index", None)
    last = index.levels[-1] if isinstance(index, pd.MultiIndex) else index
    return isinstance(last, pd.DatetimeIndex | pd.PeriodIndex | pd.TimedeltaIndex)


def _consecutive(n_rows: int) -> RowsInTime:
    return RowsInTime(np.arange(n_rows), np.zeros(n_rows, int), np.arange(n_rows))


def _by_index(table: Any, n_rows: int) -> RowsInTime:
    try:
        known = read_series(table, n_rows)
    except ValueError:  # the index is of texts, or of dates that are none: rows as they stand
        return _consecutive(n_rows)
    if not has_clock(known):
        return _consecutive(n_rows)
    stamps = np.empty(n_rows, np.int64)
    series = np.empty(n_rows, int)
    for number, one in enumerate(known):
        stamps[one.rows], series[one.rows] = one.stamps.values, number
    _, times = np.unique(stamps, return_inverse=True)
    times = times.ravel()
    steps = times.copy()
    try:
        for rows, its_steps in steps_by_series(table, n_rows):
            steps[rows] = its_steps
    except ValueError:  # no regular clock, or stamps that occur twice: the order has to do
        steps = times.copy()
    return RowsInTime(times, series, steps)
