"""Each row of a series beside its future."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any

import numpy as np

from .._messages import shown
from .._warnings import warn
from ._advice import on_integer_dates
from ._align import steps_by_series
from ._columns import table_of
from ._frames import check_dates
from ._left_out import with_left_out, with_mark
from ._origins import are_origins
from ._stamps import Series, is_in_order, read_series


def series_to_supervised(
    data: Any,
    *,
    target: Any = None,
    horizon: int | Sequence[int] = 1,
    clock: str = "auto",
    origins: Any = None,
) -> tuple[Any, Any]:
    """Rows with a known future, and that future.

    The future of a row is the target in the next `horizon` steps, by the clock if the data has one:
    see `LagWindows`. Rows whose future is missing or NaN in part are left out, among them the last
    `horizon` rows of each series. Those are the ones to predict from once a model is fitted,
    and all of them should be given, because a model of windows has only seen the rows before::

        X, y = series_to_supervised(data, target="temp", horizon=7)
        next_week = model.fit(X, y).predict(data.iloc[-7:])[-1]

    Parameters
    ----------
    data : array-like or DataFrame of shape (n_rows, n_features), or Series of shape (n_rows,)
        Rows in time, in any order if they have a DatetimeIndex, PeriodIndex, TimedeltaIndex or
        integer index. A (series, time) MultiIndex makes a panel.

    target : str, int, or container of these, default=None
        Columns to predict: names in a frame, positions in an array, and also in a frame whose names
        are no numbers. The first part of nested names stands for all columns under it: "Close". One
        truth value for each column is understood too. A container, such as a list, a tuple or an
        index, gives a y of two dimensions, even with one entry. None stands for the only column, or
        for all if there are several.

    horizon : int or sequence of int, default=1
        The steps of the future, at least 1. An integer h stands for the steps 1, ..., h, and a
        sequence names steps: ``[7]`` is the seventh alone. A row is kept if all of them are known.

    clock : {"auto", "rows"}, default="auto"
        Whether a step is one of the clock ("auto"), or the next row in the order of time, however
        far apart they are ("rows"): see `LagWindows`.

    origins : None, int, array-like of bool of shape (n_rows,) or callable, default=None
        The rows from which a forecast is made, and which X has: all of them (None); every k-th step
        of each series, from its first row on (an integer k); those with a true value; or a function
        that is given the times of the rows, a pandas index, and returns one truth value for each:
        ``lambda times: times.hour == 6``. The index has to be a clock. The rows between are left
        out, but windows of X hold them, see below.

    Returns
    -------
    X : array or frame of shape (n_samples, n_features)
        The rows with a known future, all columns, in their order and with their index. A Series
        becomes a frame of one column. A frame knows the rows that were left out between its own,
        in its `attrs`, and windows of it hold them, as long as values and columns are the same.

    y : array, Series or frame of shape (n_samples,) or (n_samples, n_outputs)
        Their future, with the index of X: y at a stamp is what will be known in later steps. One
        dimension for one target and ``horizon=1``; a container, such as ``[1]`` or ``[7]``, gives
        two, even with one entry. Several columns stand step by step, and within a step target by
        target: ``n_outputs = n_horizons * n_targets``. In a frame they are named like "temp_lead1".
        For a table of Arrow, one dimension is an ndarray.

    Raises
    ------
    ValueError
        If a target, a horizon, a clock or origins do not exist, no row has a known future, the
        stamps lie on no regular step, or origins are asked for of data without a clock.

    See Also
    --------
    LagWindows : The past of each row.

    Examples
    --------
    >>> import pandas as pd
    >>> from skrnn.windows import series_to_supervised
    >>> days = pd.date_range("2024-01-01", periods=4)
    >>> frame = pd.DataFrame({"temp": [5.0, 6.0, 7.0, 8.0], "rain": [0, 1, 0, 0]}, index=days)
    >>> X, y = series_to_supervised(frame, target="temp")
    >>> X
                temp  rain
    2024-01-01   5.0     0
    2024-01-02   6.0     1
    2024-01-03   7.0     0
    >>> y.tolist()
    [6.0, 7.0, 8.0]

    >>> X, y = series_to_supervised([1, 2, 3, 4, 5], horizon=2)
    >>> y.tolist()
    [[2, 3], [3, 4], [4, 5]]
    >>> X, y = series_to_supervised([1, 2, 3, 4, 5], horizon=[1, 3])
    >>> y.tolist()
    [[2, 4], [3, 5]]
    """
    table = table_of(data)
    horizons = _checked_horizons(horizon, len(table))
    columns, is_one = table.positions(target)
    if not len(table) or not columns:
        raise ValueError(
            f"Expected at least one row and one column; got {len(table)} rows and "
            f"{len(table.names)} columns: give the series itself."
        )
    check_dates(data)
    future = _future_rows(data, len(table), horizons, clock)
    has_rows = np.asarray((future >= 0).all(axis=1))
    kept = has_rows.copy()
    kept[kept] = ~table.missing(columns)[future[kept]].any(axis=(1, 2))
    _check_some(kept, has_rows, horizon, horizons)
    series = read_series(data, len(table))
    _tell_of_rows(series, horizons, kept, int((~has_rows).sum()))
    kept &= are_origins(data, len(table), origins, clock)
    if not kept.any():
        raise ValueError(
            f"Expected origins among the rows with a known future; got {shown(origins)}, which "
            f"names none of them in {len(table)} rows: name others."
        )
    rows = np.flatnonzero(kept)
    is_next = isinstance(horizon, Integral) and horizon == 1
    X = with_left_out(table.rows(rows), table.data, kept, series)
    flat = len(columns) == 1 and is_one and is_next
    y = table.leads(columns, horizons, rows, future[rows], flat)
    return X, y if origins is None else with_mark(y, X)


def _checked_horizons(horizon: Any, n_rows: int) -> list[int]:
    if isinstance(horizon, Integral):  # more steps than rows are never known
        horizons = list(range(1, min(int(horizon), max(n_rows, 1)) + 1))
    else:
        horizons = list(np.atleast_1d(horizon))
    if not horizons or not all(isinstance(one, int | np.integer) and one >= 1 for one in horizons):
        raise ValueError(
            f"Expected horizon as an integer of at least 1, or several; got {shown(horizon)}: "
            "horizon=1 is the next step, and horizon=7 the next seven."
        )
    return [int(one) for one in horizons]


def _check_some(kept: np.ndarray, has_rows: np.ndarray, horizon: Any, horizons: list[int]) -> None:
    if kept.any():
        return
    steps = f"1 to {horizon}" if isinstance(horizon, Integral) else shown(horizon)
    later = "one step" if horizon == 1 else f"{steps} steps"
    rows_would_do = ' or clock="rows"' if (~has_rows).sum() > max(horizons) else ""
    raise ValueError(
        f"Expected rows whose target is known {later} later; got none in {len(kept)} rows: give "
        f"more rows, a shorter horizon{rows_would_do}, or targets that are not NaN."
    )


def _checked_clock(clock: str) -> str:
    if clock not in ("auto", "rows"):
        raise ValueError(
            f'Expected clock as "auto" or "rows"; got {clock!r}: "rows" takes the next row as the '
            "next step."
        )
    return clock


def _tell_of_rows(
    series: Sequence[Series], horizons: list[int], kept: np.ndarray, n_without_row: int
) -> None:
    """Warn of rows left out that are not the last of their series, and of another order."""
    if not is_in_order(series):
        warn(
            "The rows are not in the order of time. Each is set beside its own future, but the "
            "last of them, data[-1:], is not the latest, from which to predict what comes next: "
            "sort them first, data.sort_index()."
        )
    about_index = on_integer_dates(series)
    if about_index is not None:
        warn(about_index)
    lengths = [len(one.rows) for one in series]
    at_ends = sum(min(length, max(horizons)) for length in lengths)
    n_left_out = int((~kept).sum())
    if n_left_out <= at_ends:
        return
    warn(
        f"series_to_supervised left out {n_left_out} of {len(kept)} rows: {at_ends} because the "
        f"data end, {n_without_row - at_ends} because no row stands where their future would, and "
        f"{n_left_out - n_without_row} because it is NaN. Fill the index (asfreq) or the targets, "
        'or take the next row as the next step (clock="rows").'
    )


def _future_rows(data: Any, n_rows: int, horizons: list[int], clock: str) -> np.ndarray:
    """Row at each horizon after each row, or -1, shape (n_rows, n_horizons)."""
    future = np.full((n_rows, len(horizons)), -1)
    for rows, steps in steps_by_series(data, n_rows, _checked_clock(clock)):
        order = np.argsort(steps, kind="stable")
        known = steps[order]
        wanted = steps[:, None] + horizons
        found = np.searchsorted(known, wanted).clip(max=len(known) - 1)
        future[rows] = np.where(known[found] == wanted, rows[order][found], -1)
    return future
