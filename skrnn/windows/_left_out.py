"""Rows whose future is not known, and which the windows of later rows hold all the same.

`series_to_supervised` leaves them out of X. The frame has them in its `attrs`, from where the lag
transformers take them as long as its rows are the very ones that stood beside them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from ._stamps import Series, has_clock, read_series

_ATTRIBUTE = "skrnn_rows_left_out"
_MARK = "skrnn_origins"


class LeftOutRows(dict[str, Any]):
    """Rows that copies of a frame share: pandas copies `attrs` with each new frame.

    A dictionary without entries, so that a frame that has it can still be stored as JSON.

    Parameters
    ----------
    rows : DataFrame
        Those that were left out.
    marks : ndarray of shape (n_kept,), uint64
        By which the kept rows are known again.
    """

    def __init__(self, rows: Any, marks: np.ndarray) -> None:
        super().__init__()
        self.rows = rows
        self.marks = marks

    def __deepcopy__(self, memo: Any) -> Self:
        return self

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = object.__hash__  # type: ignore[assignment]


def with_left_out(X: Any, data: Any, is_kept: np.ndarray, series: Sequence[Series]) -> Any:
    """Return X with the rows left out that lie before the last kept one of their series.

    Parameters
    ----------
    X : DataFrame or other table
        The kept rows. Only frames of pandas with a clock take something along.
    data : as X
        All rows.
    is_kept : ndarray of shape (n_rows,)
        Which of them are in X.
    series : sequence of Series
        Those of data.
    """
    if not hasattr(X, "iloc"):
        return X
    X.attrs.pop(_ATTRIBUTE, None)
    if not has_clock(series):
        return X
    is_history = np.zeros(len(is_kept), bool)
    for one in series:
        kept, stamps = is_kept[one.rows], one.stamps.values
        if kept.any():
            is_history[one.rows] = ~kept & (stamps < stamps[kept].max())
    rows = data.iloc[np.flatnonzero(is_history)]
    marks = _marks(X) if len(rows) else None
    if marks is not None:
        rows.attrs.clear()
        X.attrs[_ATTRIBUTE] = LeftOutRows(rows, marks)
    return X


def left_out_of(X: Any, in_part: bool = False) -> Any:
    """Return the rows that were left out of X and are complete, or None.

    None too where X was changed since: a logarithm of X does not go with rows as they were.

    Parameters
    ----------
    X : DataFrame or other table
    in_part : bool, default=False
        Whether rows that are missing in part are returned too.
    """
    attributes = getattr(X, "attrs", None)
    found = attributes.get(_ATTRIBUTE) if isinstance(attributes, dict) else None
    if not isinstance(found, LeftOutRows) or not X.columns.equals(found.rows.columns):
        return None
    import pandas as pd

    marks = _marks(X)
    if marks is None or not pd.Series(marks).isin(found.marks).all():
        return None
    is_known = np.isfinite(found.rows.to_numpy(np.float64, na_value=np.nan))
    is_whole = is_known.any(axis=1) if in_part else is_known.all(axis=1)
    return found.rows.iloc[np.flatnonzero(is_whole)] if is_whole.any() else None


def with_mark(y: Any, X: Any) -> Any:
    """Return y with a mark that tells that X has rows between its origins, if it has any."""
    if _ATTRIBUTE in getattr(X, "attrs", ()):
        y.attrs[_MARK] = True
    return y


def has_lost_rows(X: Any, y: Any) -> bool:
    """Whether y tells of rows between origins, and X has a clock, but not these rows any more."""
    attributes = getattr(y, "attrs", None)
    is_marked = isinstance(attributes, dict) and _MARK in attributes
    return is_marked and hasattr(X, "iloc") and left_out_of(X, in_part=True) is None


def with_rows_between(X: Any, values: np.ndarray, left_out: Any) -> tuple[np.ndarray, list[Series]]:
    """Values and series of X with the rows left out before the last one of each series.

    Parameters
    ----------
    X : DataFrame
    values : ndarray of shape (n_rows, n_features)
        Those of X.
    left_out : DataFrame
        See `left_out_of`.
    """
    import pandas as pd

    n_rows = len(values)
    both = pd.concat([X, left_out])
    series = read_series(both, len(both))
    more = left_out.to_numpy(values.dtype)
    return np.concatenate([values, more]), _until_the_last(series, n_rows)


def _until_the_last(series: Sequence[Series], n_rows: int) -> list[Series]:
    known = []
    for one in series:
        is_given, stamps = one.rows < n_rows, one.stamps.values
        if is_given.any():
            kept = np.flatnonzero(is_given | (stamps < stamps[is_given].max()))
            known.append(Series(one.key, one.rows[kept], one.stamps.take(kept)))
    return known


def _marks(X: Any) -> np.ndarray | None:
    """A number for each row with its stamp, or None where a value has none."""
    from pandas.util import hash_pandas_object

    try:
        return np.asarray(hash_pandas_object(X))
    except TypeError:  # lists and the like in a column
        return None
