"""Windows that remember the table of rows they were taken from."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ._align import take_rows
from ._strides import lag_view


class WindowTable(NamedTuple):
    """Rows, and where each window begins in them.

    Step j of window i is ``rows[starts[i] + j * dilation]``.

    Parameters
    ----------
    rows : ndarray of shape (n_slots, n_features)
        All series, one after the other, far enough apart that no window reaches from one to the
        next. Equal distances are equal times.
    starts : ndarray of shape (n_windows,)
    series : ndarray of shape (n_windows,)
        The number of the series that each window is of.
    n_steps : int
    dilation : int
    """

    rows: np.ndarray
    starts: np.ndarray
    series: np.ndarray
    n_steps: int
    dilation: int


class WindowArray(np.ndarray):
    """An array of windows that has their `table`.

    An estimator that knows it need not guess from the values which windows overlap, and can read
    the rows instead of the windows. Whatever is made of the array, slices too, is an array without
    a table. Pickled, it is as large as its rows, not its windows.
    """

    table: WindowTable | None

    def __array_finalize__(self, source):
        self.table = None

    def __reduce__(self):
        if self.table is None:
            return np.asarray(self).__reduce__()
        return windows_of, (self.table,)


def windows_of(table: WindowTable) -> WindowArray:
    """Return the windows of a table, read-only: a view where they begin row by row."""
    taken = take_rows(lag_view(table.rows, table.n_steps, table.dilation), table.starts)
    windows = taken.view(WindowArray)
    windows.table = table
    windows.flags.writeable = False
    return windows
