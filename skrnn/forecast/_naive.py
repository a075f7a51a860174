"""Forecasts that need no training: the last value seen, and the value a season before."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._table import Table
from ._timeline import Timeline, values_at


def last_values(
    values: np.ndarray, timeline: Timeline, n_steps: int, rows: Any = slice(None)
) -> np.ndarray:
    """Return the last value seen as the forecast of each step ahead.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_targets)
    timeline : Timeline
    n_steps : int
        The steps ahead.
    rows : int ndarray or slice, default=slice(None)
        The rows to forecast from.

    Returns
    -------
    forecasts : ndarray of shape (n_rows, n_steps, n_targets)
        NaN where no value has been seen. Read-only.
    """
    seen = timeline.filled(values)[rows, None]
    return np.broadcast_to(seen, (len(seen), n_steps, values.shape[1]))


def seasonal_values(
    values: np.ndarray, timeline: Timeline, n_steps: int, season: int, rows: Any = slice(None)
) -> np.ndarray:
    """Return the value one season before each step ahead, or more where that is ahead too.

    The last value seen stands where that one is missing. Parameters and returns are those of
    `last_values`; `season` is a number of steps.
    """
    ahead = np.arange(1, n_steps + 1)
    found = values_at(values, timeline.rows_at(ahead - season * -(-ahead // season))[rows])
    last = last_values(values, timeline, n_steps, rows)
    return np.where(np.isnan(found), last, found)


def naive_values(
    values: np.ndarray, timeline: Timeline, n_steps: int, season: int | None
) -> np.ndarray:
    """Return seasonal forecasts where there is a season, or else the last value."""
    if season is None:
        return last_values(values, timeline, n_steps)
    return seasonal_values(values, timeline, n_steps, season)


def climatology(table: Table, train: np.ndarray, n_steps: int) -> np.ndarray:
    """Return the mean of some rows at the time of the year and of the day of each step ahead.

    Parameters
    ----------
    table : Table
    train : ndarray of int
        The rows to take means of: of the same series, within fifteen days of the year, at the same
        time of the day. Without dates, all of the series.
    n_steps : int
        The steps ahead.

    Returns
    -------
    forecasts : ndarray of shape (n_rows, n_steps, n_targets)
        NaN for steps that are not in the table.
    """
    rows = table.timeline.rows_at(np.arange(1, n_steps + 1))
    series, usual = table.timeline.series_of_rows(), np.empty(table.targets.shape)
    day, time_of_day = _calendar_position(table)
    for number in range(len(table.timeline.rows)):
        for time in np.unique(time_of_day):
            at = np.flatnonzero((series == number) & (time_of_day == time))
            learnt = np.intersect1d(at, train)
            by_day = _means_by_day(day[learnt], table.targets[learnt])
            usual[at] = by_day[day[at]]
    return values_at(usual, rows)


def _means_by_day(days: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the mean of the values within fifteen days of each day of the year, (366, n)."""
    is_known = ~np.isnan(values)
    sums, counts = np.zeros((366, values.shape[1])), np.zeros((366, values.shape[1]))
    np.add.at(sums, days, np.where(is_known, values, 0.0))
    np.add.at(counts, days, is_known)
    around = [np.roll(np.stack([sums, counts]), shift, axis=1) for shift in range(-15, 16)]
    total, n_values = np.sum(around, axis=0)
    mean = sums.sum(axis=0) / np.maximum(counts.sum(axis=0), 1)
    return np.where(n_values > 0, total / np.maximum(n_values, 1), mean)


def _calendar_position(table: Table) -> tuple[np.ndarray, np.ndarray]:
    """Return the day of the year, from 0, and the second of the day of each row."""
    import pandas as pd

    times = table.index.get_level_values(-1)
    if isinstance(times, pd.PeriodIndex):
        times = times.to_timestamp()
    if not isinstance(times, pd.DatetimeIndex):
        return np.zeros(len(table), int), np.zeros(len(table), int)
    return np.asarray(times.day_of_year) - 1, np.asarray(times.hour * 3600 + times.minute * 60)


def naive_error(table: Table, season: int | None) -> np.ndarray:
    """Return the mean difference from the value a step, or a season, before, for each target."""
    before = table.timeline.rows_at([-(season or 1)])[:, 0]
    differences = np.abs(table.targets - table.targets[before])[before >= 0]
    with np.errstate(invalid="ignore"):
        return np.asarray(np.nansum(differences, axis=0) / (~np.isnan(differences)).sum(axis=0))
