"""Stride arithmetic: windows that are views, and the series behind such a view.

Arrays in, arrays out; nothing here knows an estimator, a table or a clock.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import as_strided


def lag_view(padded: np.ndarray, window: int, dilation: int = 1) -> np.ndarray:
    """Every window of a table of rows, as a read-only view on it.

    With ``reach = (window - 1) * dilation``, the result ``W`` satisfies
    ``W[i, j] == padded[i + j * dilation]``; its last step is row ``i + reach``.

    Parameters
    ----------
    padded : ndarray of shape (reach + n_rows, n_features)
        The rows, with `reach` of them before the first row that is to end a window.
    window : int
        Steps in a window, at least 1.
    dilation : int, default=1
        Rows from one step to the next, at least 1.

    Returns
    -------
    windows : ndarray of shape (n_rows, window, n_features)
        A view with strides ``(row_stride, dilation * row_stride, item_stride)``.

    Raises
    ------
    ValueError
        If `padded` has fewer than `reach` rows.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.windows._strides import lag_view
    >>> lag_view(np.arange(5.0)[:, None], window=3)[:, :, 0].tolist()
    [[0.0, 1.0, 2.0], [1.0, 2.0, 3.0], [2.0, 3.0, 4.0]]
    """
    n_rows = len(padded) - (window - 1) * dilation
    if n_rows < 0:
        raise ValueError(
            f"Expected at least (window - 1) * dilation = {len(padded) - n_rows} rows; "
            f"got {len(padded)}: pad the series in front."
        )
    row_stride, item_stride = padded.strides
    return as_strided(
        padded,
        shape=(n_rows, window, padded.shape[1]),
        strides=(row_stride, dilation * row_stride, item_stride),
        writeable=False,
    )


def as_flat_series(X: np.ndarray) -> tuple[np.ndarray, int] | None:
    """Series of which a 3-D array is a window view, or None if it is no such view.

    The decision rests on the strides alone: a window view repeats its rows, so its second stride is
    a whole positive multiple of its first one. An array that holds independent sequences
    one after another has a first stride larger than its second one.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_steps, n_features)
        Possibly a result of `lag_view`, or a slice of its rows.

    Returns
    -------
    (series, dilation) : tuple or None
        A read-only view of shape (n_rows + (n_steps - 1) * dilation, n_features) with
        ``X[i, j] == series[i + j * dilation]``. It begins and ends where `X` does: no byte
        outside the memory that `X` spans is ever reached.

    Notes
    -----
    A view of so few windows that no row stands in two of them is taken for a plain array too: a
    transposed array looks the same.

    With one step a window view and a plain array cannot be told apart by their strides. An
    array that owns its memory is then taken for a plain one.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.windows._strides import as_flat_series, lag_view
    >>> windows = lag_view(np.arange(9.0)[:, None], window=3, dilation=2)
    >>> series, dilation = as_flat_series(windows[1:4])
    >>> series[:, 0].tolist(), dilation
    ([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0], 2)
    >>> as_flat_series(windows.copy()) is None
    True
    """
    if not _repeats_rows(X):
        return None
    n_rows, n_steps, n_features = X.shape
    dilation = 1 if n_steps == 1 else X.strides[1] // X.strides[0]
    series = as_strided(
        X,
        shape=(n_rows + (n_steps - 1) * dilation, n_features),
        strides=(X.strides[0], X.itemsize),
        writeable=False,
    )
    return series, dilation


def _repeats_rows(X: np.ndarray) -> bool:
    """Whether a 3-D array has contiguous features and the strides of a window view."""
    if not isinstance(X, np.ndarray) or X.ndim != 3 or X.size == 0:
        return False
    to_next_row, to_next_step, to_next_feature = X.strides
    if to_next_row <= 0 or (X.shape[2] > 1 and to_next_feature != X.itemsize):
        return False
    if X.shape[1] == 1:
        return not X.flags.owndata
    # A step from one row's end to past the last row repeats nothing: a transposed array.
    return to_next_step % to_next_row == 0 and 0 < to_next_step // to_next_row < X.shape[0]
