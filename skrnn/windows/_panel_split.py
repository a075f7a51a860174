"""Folds that cut all series of a panel at the same times."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.model_selection import TimeSeriesSplit

from ._stamps import has_clock, read_series


class PanelTimeSeriesSplit(TimeSeriesSplit):  # type: ignore[misc]
    """Folds in the order of time that cut all series of a panel at the same times.

    The rows of a test fold are later than all training rows, of whatever series. scikit-learn's
    `TimeSeriesSplit` cuts by the place of a row instead: in a panel that is sorted by series, it
    trains on 2021 of one series and tests on 2012 of another.

    Parameters
    ----------
    n_splits : int, default=5
        Number of folds, at least 2.

    gap : int, default=0
        How many times lie between the training and the test rows. With targets that lie up to h
        steps ahead, ``gap=h - 1`` keeps those of the training rows out of the test.

    test_size : int, default=None
        How many times a test fold has; by default ``n_times // (n_splits + 1)``.

    max_train_size : int, default=None
        How many times a training fold has at most, the last ones.

    See Also
    --------
    LagWindows : Windows that remember the training rows, by series and time.

    Notes
    -----
    A time is a stamp that at least one row has, so that with one series and one row a time, the
    folds equal the folds of ``TimeSeriesSplit`` on the rows in the order of time. The order in
    which the rows of X stand does not matter; the rows of a fold keep it. Rows without a clock
    (arrays, or a frame whose index is of texts) are taken as consecutive rows of one series.

    `LagWindows` gives windows that know their index, so that the splitter cuts them as well as the
    frame that they came from. If X has no index, the index of y is taken, if it has one.

    Examples
    --------
    >>> import pandas as pd
    >>> from skrnn.windows import PanelTimeSeriesSplit
    >>> sales = pd.DataFrame({"sales": range(3)}, pd.date_range("2024-01-01", periods=3))
    >>> X = pd.concat({"north": sales, "south": sales})
    >>> for train, test in PanelTimeSeriesSplit(n_splits=2).split(X):
    ...     print(train, test)
    [0 3] [1 4]
    [0 1 3 4] [2 5]
    """

    def __init__(
        self,
        n_splits: int = 5,
        *,
        gap: int = 0,
        test_size: int | None = None,
        max_train_size: int | None = None,
    ) -> None:
        super().__init__(n_splits, max_train_size=max_train_size, test_size=test_size, gap=gap)

    def split(
        self, X: Any, y: Any = None, groups: Any = None
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Numbers of the training and of the test rows of each fold.

        Parameters
        ----------
        X : array-like of shape (n_rows, ...)
            A frame with an index of two levels, (series, time), or of one, or windows of it.
        y : array-like of shape (n_rows,), default=None
            Its index is taken where X has none.
        groups : None, default=None
            Ignored.

        Yields
        ------
        train : ndarray of shape (n_train,)
            Row numbers in X.
        test : ndarray of shape (n_test,)
            Row numbers in X.

        Raises
        ------
        ValueError
            If there are too few times, or a panel has none.
        """
        times, n_times = _numbers_of_times(X, y)
        test_size = n_times // (self.n_splits + 1) if self.test_size is None else self.test_size
        if not test_size or n_times - self.gap - self.n_splits * test_size <= 0:
            raise ValueError(
                f"Expected more than gap + n_splits * test_size = {self.gap} + {self.n_splits} * "
                f"{test_size or 1} different times in X; got {n_times}: lower n_splits, test_size "
                "or gap."
            )
        for train, test in super().split(np.empty(n_times)):
            yield _between(times, train), _between(times, test)


def _between(times: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """Rows whose time is one of a run of times."""
    return np.flatnonzero((times >= fold[0]) & (times <= fold[-1]))


def _numbers_of_times(X: Any, y: Any) -> tuple[np.ndarray, int]:
    """For each row, how many times in X are earlier, and how many times there are."""
    table = next((one for one in map(with_index, (X, y)) if one is not None), X)
    n_rows = X.shape[0] if hasattr(X, "shape") else len(X)
    series = read_series(table, n_rows)
    if not has_clock(series):
        if series[0].key is not None:
            raise ValueError(
                "Expected times in the index (series, time) of a panel, by which all series are "
                f"cut; got {type(table.index[0][1]).__name__} such as {table.index[0][1]!r}: "
                "give the rows their dates."
            )
        return np.arange(n_rows), n_rows
    times = np.empty(n_rows, np.int64)
    for one in series:
        times[one.rows] = one.stamps.values
    known, numbers = np.unique(times, return_inverse=True)
    return numbers.ravel(), len(known)


def with_index(rows: Any) -> Any:
    """The rows if they are of pandas, a frame without columns for windows; else None."""
    if hasattr(rows, "iloc"):
        return rows
    index = getattr(getattr(rows, "table", None), "index", None)
    if index is None:
        return None
    import pandas as pd

    return pd.DataFrame(index=index)
