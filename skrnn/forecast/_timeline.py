"""The rows of a table on the clocks of their series: which row is some steps from another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..windows._align import learn_clocks
from ..windows._clock import Clock, steps_of
from ..windows._stamps import Series, has_clock, read_series


@dataclass(frozen=True)
class Timeline:
    """Rows of one or several series, each at a step of its clock.

    Parameters
    ----------
    keys : list
        The names of the series; None for a table of one series.
    rows : list of int ndarrays
        The rows of each series.
    steps : list of int ndarrays
        Their steps.
    clocks : list of dict or None
        The clock of each series; None for rows without stamps.
    """

    keys: list[Any]
    rows: list[np.ndarray]
    steps: list[np.ndarray]
    clocks: list[Clock | None]

    @property
    def n_rows(self) -> int:
        """The number of rows of all series."""
        return sum(map(len, self.rows))

    def rows_at(self, distances: Sequence[int] | np.ndarray) -> np.ndarray:
        """Return the row so many steps after each row, or -1: (n_rows, n_distances).

        A negative distance looks back.
        """
        found = np.full((self.n_rows, len(distances)), -1, np.int32)
        for rows, steps in zip(self.rows, self.steps, strict=True):
            order = np.argsort(steps, kind="stable")
            known = steps[order]
            wanted = steps[:, None] + np.asarray(distances)
            at = np.searchsorted(known, wanted).clip(max=len(known) - 1)
            found[rows] = np.where(known[at] == wanted, rows[order][at], -1)
        return found

    def rows_in_time(self) -> list[np.ndarray]:
        """Return the rows of each series in the order of time."""
        return [
            rows[np.argsort(steps, kind="stable")]
            for rows, steps in zip(self.rows, self.steps, strict=True)
        ]

    def filled(self, values: np.ndarray) -> np.ndarray:
        """Return values in which the last one seen in the series stands where one is missing."""
        filled = values.copy()
        for in_time in self.rows_in_time():
            filled[in_time] = _last_seen(values[in_time])
        return filled

    def series_of_rows(self) -> np.ndarray:
        """Return the number of the series of each row."""
        numbers = np.empty(self.n_rows, np.intp)
        for number, rows in enumerate(self.rows):
            numbers[rows] = number
        return numbers

    def steps_of_rows(self) -> np.ndarray:
        """Return the step of each row."""
        steps = np.empty(self.n_rows, np.int64)
        for rows, of_series in zip(self.rows, self.steps, strict=True):
            steps[rows] = of_series
        return steps


def values_at(values: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return values of rows by their numbers, NaN for -1: (*rows.shape, n_columns)."""
    found = np.empty((*rows.shape, values.shape[1]))
    for step, of_step in enumerate(rows.T):  # step by step, for the sake of memory
        found[:, step] = values[of_step]
        found[of_step < 0, step] = np.nan
    return found


def timeline_of(table: Any, known: dict[Any, Clock] | None = None) -> Timeline:
    """Return the timeline of a frame.

    Parameters
    ----------
    table : DataFrame
    known : dict, default=None
        The clocks of `fit` by the name of the series. Other series learn their own.
    """
    series = read_series(table, len(table))
    clocks = _clocks(series, known or {})
    steps = [
        np.arange(len(one.rows)) if clock is None else steps_of(one.stamps, clock)
        for one, clock in zip(series, clocks, strict=True)
    ]
    return Timeline([one.key for one in series], [one.rows for one in series], steps, clocks)


def _clocks(series: list[Series], known: dict[Any, Clock]) -> list[Clock | None]:
    if not has_clock(series):
        return [None] * len(series)
    new = [one for one in series if one.key not in known]
    learnt = dict(
        zip([one.key for one in new], learn_clocks(new, list(known.values())), strict=True)
    )
    return [known.get(one.key, learnt.get(one.key)) for one in series]


def _last_seen(values: np.ndarray) -> np.ndarray:
    """Return rows in which each NaN is the value above it, as far as there is one."""
    seen = np.where(np.isnan(values), 0, np.arange(len(values))[:, None])
    return np.take_along_axis(values, np.maximum.accumulate(seen, axis=0), axis=0)
