"""From which rows a forecast is made: all, every k-th, or those that somebody names."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._messages import shown
from ._align import steps_by_series
from ._stamps import has_clock, read_series


def are_origins(data: Any, n_rows: int, origins: Any, clock: str = "auto") -> np.ndarray:
    """Which rows of a table are origins of a forecast.

    Parameters
    ----------
    data : array-like or DataFrame
        The table.
    n_rows : int
        Its number of rows.
    origins : None, int, array-like of bool or callable
        None for all rows; k for every k-th step of each series, from its first row on; a truth
        value for each row; or a function that is given the times of the rows, a pandas index, and
        returns these.
    clock : {"auto", "rows"}, default="auto"
        The meaning of a step.

    Returns
    -------
    is_origin : ndarray of shape (n_rows,), bool

    Raises
    ------
    ValueError
        If the origins are none of these or name no row, or the table has no clock, by which
        windows would find the rows between its origins.
    """
    if origins is None:
        return np.ones(n_rows, bool)
    if not has_clock(read_series(data, n_rows)):
        raise ValueError(
            "Expected data with a clock, dates or integers in the index, with origins: by it the "
            f"windows find the rows between them; got {type(data).__name__} without one: give a "
            "DataFrame with its index."
        )
    if isinstance(origins, int | np.integer) and not isinstance(origins, bool) and origins >= 1:
        return _every(int(origins), data, n_rows, clock)
    named = origins(data.index.get_level_values(-1)) if callable(origins) else origins
    is_origin = np.asarray(named)
    if is_origin.shape != (n_rows,) or is_origin.dtype != bool:
        raise ValueError(
            "Expected origins as an integer of at least 1, as one truth value for each of "
            f"{n_rows} rows, or as a function of their times that returns these; got "
            f"{_told(origins, is_origin)}: origins=24 forecasts at every 24th step, and origins="
            "lambda times: times.hour == 6 every day at 6."
        )
    return is_origin


def _every(step: int, data: Any, n_rows: int, clock: str) -> np.ndarray:
    is_origin = np.empty(n_rows, bool)
    for rows, steps in steps_by_series(data, n_rows, clock):
        is_origin[rows] = (steps - steps.min()) % step == 0
    return is_origin


def _told(origins: Any, named: np.ndarray) -> str:
    if named.ndim == 0:
        return shown(origins if not callable(origins) else named[()])
    of = "a function that returns an array" if callable(origins) else "an array"
    return f"{of} of shape {named.shape} and dtype {named.dtype}"
