"""Tables with another future, and the rows in which two results differ."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .._compat import safe_indexing

# Rows of results that are compared at a time: windows are copied block by block.
_ROWS_AT_ONCE = 4096
# Relative to the largest value of a column: what other sums of the same numbers may differ by.
_TOLERANCE = 1e-5


def rows_of(X: Any, rows: np.ndarray) -> Any:
    """Return some rows of an array, frame or list, as what they are."""
    return safe_indexing(X, rows)


def drawn_from_the_past(X: Any, is_future: np.ndarray, known: Sequence[Any]) -> Any:
    """Return X with one early row in place of every future one: values that X may have.

    Parameters
    ----------
    X : array-like or frame of n_rows
    is_future : ndarray of shape (n_rows,), bool
    known : sequence of column names or positions
        Columns that keep their future.
    """
    source = np.arange(len(is_future))
    future = np.flatnonzero(is_future)
    past = np.flatnonzero(~is_future)
    source[future] = np.random.default_rng(0).choice(past, len(future))
    return _with_known(X, rows_of(X, source), is_future, known)


def far_from_the_past(X: Any, is_future: np.ndarray, known: Sequence[Any]) -> Any:
    """Return X with ten times its range added to the future of each column of fractions.

    Parameters
    ----------
    X : array-like or frame of n_rows
    is_future : ndarray of shape (n_rows,), bool
    known : sequence of column names or positions
        Columns that keep their future.
    """
    if hasattr(X, "iloc") and X.ndim == 2:
        other = X.copy()
        for at, name in enumerate(X.columns):
            if X.dtypes.iloc[at].kind == "f" and name not in known:
                other.isetitem(at, _moved(X.iloc[:, at].to_numpy(), is_future))
        return other
    if hasattr(X, "iloc"):
        is_number = X.dtype.kind == "f"
        values = _moved(X.to_numpy(), is_future) if is_number else X.to_numpy()
        return type(X)(values, index=X.index, name=X.name)
    values = np.asarray(X)
    if values.dtype.kind != "f" or values.ndim < 2:
        return drawn_from_the_past(X, is_future, known)
    flat = values.reshape(-1, values.shape[-1])
    reach = np.nan_to_num(np.nanmax(flat, axis=0) - np.nanmin(flat, axis=0)) * 10 + 1
    other = values.copy()
    other[is_future] += reach
    return _with_known(X, other, is_future, known)


FUTURES: tuple[Callable[[Any, np.ndarray, Sequence[Any]], Any], ...] = (
    drawn_from_the_past,
    far_from_the_past,
)


def joined(past: Any, future: Any, is_past: np.ndarray) -> Any:
    """Return the past rows of one result with the future rows of another."""
    if hasattr(past, "iloc") and hasattr(future, "iloc"):
        import pandas as pd

        rows = pd.concat([past[is_past], future[~is_past]])
        return rows.iloc[np.argsort(np.concatenate([*map(np.flatnonzero, (is_past, ~is_past))]))]
    one, other = as_array(past), as_array(future)
    return np.where(is_past.reshape(-1, *[1] * (one.ndim - 1)), one, other)


def changed_rows(one: Any, other: Any, among: np.ndarray) -> np.ndarray | None:
    """Return which of some rows differ in two results; None where these can't be compared.

    Parameters
    ----------
    one, other : array, frame, sparse matrix or windows of n_rows
    among : ndarray of shape (n_chosen,), int
        The rows that are compared.

    Returns
    -------
    rows : ndarray of int, or None
    """
    shapes = [np.shape(x) if not hasattr(x, "shape") else tuple(x.shape) for x in (one, other)]
    if shapes[0] != shapes[1] or not shapes[0] or shapes[0][0] <= among.max(initial=-1):
        return None
    found = [
        _differ(as_array(rows_of(one, block)), as_array(rows_of(other, block)))
        for block in np.array_split(among, max(1, -(-len(among) // _ROWS_AT_ONCE)))
    ]
    return among[np.concatenate(found)]


def as_array(rows: Any) -> np.ndarray:
    """Return rows as a NumPy array, sparse ones too."""
    return rows.toarray() if hasattr(rows, "toarray") else np.asarray(rows)


def _differ(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    one, other = (x.reshape(len(x), int(np.prod(x.shape[1:]))) for x in (one, other))
    if one.dtype.kind in "biuf" and other.dtype.kind in "biuf":
        one, other = one.astype(float), other.astype(float)
        largest = np.nanmax(np.abs(one), axis=0, initial=0)
        are_nan = np.isnan(one) & np.isnan(other)
        same = are_nan | (np.abs(one - other) <= _TOLERANCE * largest) | (one == other)
        return np.asarray(~same.all(axis=1))
    same = (one == other) | ((one != one) & (other != other))
    return np.asarray(~np.asarray(same, bool).all(axis=1))


def _moved(values: np.ndarray, is_future: np.ndarray) -> np.ndarray:
    known = values[~np.isnan(values)]
    reach = 10 * float(np.ptp(known)) + 1 if len(known) else 1.0
    return np.where(is_future, values + reach, values).astype(values.dtype)


def _with_known(X: Any, other: Any, is_future: np.ndarray, known: Sequence[Any]) -> Any:
    """Return other rows with the index of X, and its known columns."""
    if hasattr(X, "iloc"):
        other = other.set_axis(X.index)
        if X.ndim == 2:
            for at, name in enumerate(X.columns):
                if name in known:
                    other.isetitem(at, X.iloc[:, at])
        return other
    if hasattr(X, "shape") and len(X.shape) > 1 and len(known):
        other = np.array(other)
        other[..., list(known)] = np.asarray(X)[..., list(known)]
    return other
