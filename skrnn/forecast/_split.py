"""Which forecasts a network is judged by: the latest, apart from those that it learns from."""

from __future__ import annotations

import numpy as np

from ._table import Table, times_of

# With fewer series, one would be too large a part to hold out.
_FEWEST_SERIES = 3


def split_by_time(
    table: Table, origins: np.ndarray, *, fraction: float, before: int, ahead: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the origins to learn from and those to judge by, all series cut at one time.

    Parameters
    ----------
    table : Table
    origins : ndarray of shape (n_origins,), int
        Rows from which a forecast is made, with a known truth.
    fraction : float
        The part to judge by.
    before, ahead : int
        How many steps a forecast reads and how many it is made for. No step is in both parts.

    Returns
    -------
    train, held_out : int ndarrays
        Rows of the table. Whole series are held out where they are too short to be cut; none are
        where there are too few.
    """
    times = times_of(table)[origins]
    order = np.argsort(times, kind="stable")
    n_held_out = int(np.ceil(fraction * len(origins)))
    if not 0 < n_held_out < len(origins):
        return origins, origins[:0]
    cut = times[order[len(origins) - n_held_out]]
    held_out = origins[times >= cut]
    train = _purged(table, origins[times < cut], held_out, before + ahead)
    n_purged = len(origins) - len(train) - len(held_out)
    if len(train) >= max(n_purged, 1):
        return train, held_out
    return _whole_series(table, origins, fraction)


def _purged(table: Table, train: np.ndarray, held_out: np.ndarray, reach: int) -> np.ndarray:
    """Return the origins whose forecasts share no step with those of the same series held out."""
    series, steps = table.timeline.series_of_rows(), table.timeline.steps_of_rows()
    first = np.full(len(table.timeline.rows), np.iinfo(np.int64).max)
    np.minimum.at(first, series[held_out], steps[held_out])
    return train[steps[train] + reach <= first[series[train]]]


def _whole_series(
    table: Table, origins: np.ndarray, fraction: float
) -> tuple[np.ndarray, np.ndarray]:
    """Hold out every k-th of the series."""
    series = table.timeline.series_of_rows()[origins]
    present = np.unique(series)
    if len(present) < _FEWEST_SERIES:
        return origins, origins[:0]
    every = max(int(1 / fraction), 2) if len(present) * fraction >= 1 else len(present)
    is_held_out = np.isin(series, present[every - 1 :: every])
    return origins[~is_held_out], origins[is_held_out]
