"""How a table becomes windows for the network: learnt in `fit`, used by every forecast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..windows import LagWindows
from ..windows._calendar_features import check_calendar
from ..windows._window_array import Windows, windows_of
from ._holidays import calendar_columns, holiday_column
from ._roles import Columns, frame_label, frame_of
from ._table import Table, table_of
from ._timeline import values_at


@dataclass(frozen=True)
class Design:
    """The layout of inputs and targets that a fit learnt from its table.

    Parameters
    ----------
    columns : Columns
    n_steps : int
        The steps ahead.
    lead_steps : int
        The steps ahead of which the windows hold the known columns.
    lags : tuple of int
        Steps back of which all columns stand beside each row.
    window : int
    calendar : tuple of str
    holidays : tuple or None
        Dates; None: no column of them.
    has_index : bool
        Whether the rows of `fit` had an index of their own.
    clocks : dict
        The clock of each series, by its name.
    middle, spread : dict
        Mean and standard deviation of targets and past columns, by the name of the series.
    flagged : tuple of int
        The columns of which values were missing in rows that are not absent.
    windows : LagWindows
        Fitted on the network's columns.
    """

    columns: Columns
    n_steps: int
    lead_steps: int
    lags: tuple[int, ...]
    window: int
    calendar: tuple[str, ...]
    holidays: tuple[Any, ...] | None
    has_index: bool
    clocks: dict[Any, Any]
    middle: dict[Any, np.ndarray]
    spread: dict[Any, np.ndarray]
    flagged: tuple[int, ...]
    windows: Any = None

    @property
    def leads(self) -> list[int]:
        """Steps ahead at which the known columns stand beside each row of a window.

        A window of them reaches over all steps of the forecast.
        """
        if not self.columns.known and self.holidays is None:
            return []
        return list(range(self.lead_steps, 0, -self.window))

    def reach(self, season: int | None) -> int:
        """Return how many steps back anyone looks, also from origins whose truth is to come."""
        # The first row of a window has its lags too.
        return max(self.window + max(self.lags, default=0), season or 1) + self.n_steps

    def read(self, X: Any) -> Table:
        """Return a table as numbers."""
        frame, has_index = frame_of(X)
        if has_index != self.has_index:
            words = {True: "a frame with its index", False: "an array"}
            raise ValueError(
                f"Expected {words[self.has_index]} as in fit; got {words[has_index]}. Give the "
                "rows in the form of the training rows."
            )
        return read_table(self.columns.check(frame), self.columns, self.holidays, self.clocks)

    def scale_of(self, table: Table) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and deviation of the columns of each row's series, (n_rows, n_columns)."""
        middle, spread = np.empty(table.values.shape), np.empty(table.values.shape)
        timeline = table.timeline
        for key, rows in zip(timeline.keys, timeline.rows_in_time(), strict=True):
            if key in self.middle:
                middle[rows], spread[rows] = self.middle[key], self.spread[key]
            else:
                middle[rows], spread[rows] = _first_scales(table.values[rows], self.window)
        return middle, spread

    def target_spread(self, table: Table, rows: np.ndarray) -> np.ndarray:
        """Return the deviation of the targets of some rows' series, (n_rows, 1, n_targets)."""
        return self.scale_of(table)[1][rows, None, : table.n_targets]

    def with_scales_of(self, table: Table) -> Design:
        """Return the same with the scales of the series that it has not seen before."""
        new = [key for key in table.timeline.keys if key not in self.middle]
        middle, spread = _scales(table, new, self.window)
        return replace(self, middle={**self.middle, **middle}, spread={**self.spread, **spread})

    def network_columns(self, table: Table) -> np.ndarray:
        """Return what the network is given of each row, NaN for absent rows."""
        columns = self._columns_of_all(table)
        columns[table.is_absent] = np.nan
        return columns

    def columns_ahead(self, table: Table, rows: np.ndarray, n_steps: int) -> np.ndarray:
        """Return the same for the steps after some rows, whether absent or not.

        Its shape is (n_rows, n_steps, n_columns). A step that is not in the table has the columns
        of the step before. The columns that flag a missing value are 0.
        """
        columns = self._columns_of_all(table)
        first = table.values.shape[1]
        columns[:, first : first + len(self.flagged)] = 0.0
        found = table.timeline.rows_at(np.arange(n_steps + 1))[rows]
        seen = np.maximum.accumulate(np.where(found >= 0, np.arange(n_steps + 1), 0), axis=1)
        return columns[np.take_along_axis(found, seen, axis=1)[:, 1:]]

    def _columns_of_all(self, table: Table) -> np.ndarray:
        missing = np.isnan(table.values)
        middle, spread = self.scale_of(table)
        filled = (table.timeline.filled(table.values) - middle) / spread
        filled[np.isnan(filled)] = 0.0  # nothing seen yet: the mean
        parts = [
            filled,
            missing[:, list(self.flagged)].astype(np.float64),
            table.known,
            *self._ahead(table),
            calendar_columns(table.index, self.calendar),
        ]
        if self.lags:
            both = np.concatenate([filled, table.known], axis=1)
            back = table.timeline.rows_at(np.negative(self.lags))
            parts += [np.where((rows >= 0)[:, None], both[rows], 0.0) for rows in back.T]
        return np.concatenate(parts, axis=1, dtype=np.float32)  # as the network reads them

    def windows_at(self, table: Table, rows: np.ndarray) -> Windows:
        """Return the windows that end with some rows."""
        import pandas as pd

        frame = pd.DataFrame(self.network_columns(table), index=table.index)
        found: Any = self.windows.transform(frame if self.has_index else frame.to_numpy())
        return windows_of(found.table.take(rows))

    def knows_ahead(self, table: Table, n_steps: int) -> np.ndarray:
        """Return whether all that is to be known so many steps ahead of each row is there."""
        if not self.columns.known:
            return np.ones(len(table), bool)
        return np.asarray((table.timeline.rows_at(np.arange(1, n_steps + 1)) >= 0).all(axis=1))

    def _ahead(self, table: Table) -> list[np.ndarray]:
        """Return the known columns at each lead; between rows, the last ones seen."""
        found = values_at(table.known, table.timeline.rows_at(self.leads))
        filled = (table.timeline.filled(ahead) for ahead in found.swapaxes(0, 1))
        return [np.where(np.isnan(ahead), table.known, ahead) for ahead in filled]


def learn_design(
    X: Any,
    *,
    target: Any,
    known: Any,
    n_steps: int,
    lead_steps: int,
    lags: tuple[int, ...],
    window: int,
    calendar: Sequence[str],
    holidays: Any,
) -> tuple[Design, Table]:
    """Return what a training table teaches, and the table as numbers."""
    frame, has_index = frame_of(X)
    columns = Columns.learn(frame, target, known)
    dates = None if holidays is None else tuple(holidays)
    table = read_table(frame, columns, dates, {})
    keys, clocks = table.timeline.keys, table.timeline.clocks
    by_name = {key: clock for key, clock in zip(keys, clocks, strict=True) if clock is not None}
    if has_index:
        table = table.take(_in_order(table), by_name)
        keys = table.timeline.keys
    middle, spread = _scales(table, keys, len(table))
    is_part = np.isnan(table.values[~table.is_absent]).any(axis=0)
    design = Design(
        columns,
        n_steps,
        lead_steps,
        lags,
        window,
        tuple(check_calendar(calendar)),
        dates,
        has_index,
        by_name,
        middle,
        spread,
        tuple(np.flatnonzero(is_part).tolist()),
    )
    return design, table


def _in_order(table: Table) -> np.ndarray:
    """Return the rows series by series, each in the order of time, however they were given."""
    names = np.array([str(key) for key in table.timeline.keys])
    series = table.timeline.series_of_rows()
    return np.lexsort([table.timeline.steps_of_rows(), np.argsort(np.argsort(names))[series]])


def with_windows(design: Design, table: Table) -> Design:
    """Return the design with the transformer that cuts the windows."""
    import pandas as pd

    columns = design.network_columns(table)
    rows = pd.DataFrame(columns, index=table.index) if design.has_index else columns
    windows = LagWindows(design.window).fit(rows)
    # The forecaster remembers rows itself, before they are scaled.
    windows.context_ = [
        {**entry, "stamps": entry["stamps"][:0], "rows": entry["rows"][:0]}
        for entry in windows.context_
    ]
    return replace(design, windows=windows)


def read_table(
    frame: Any, columns: Columns, holidays: tuple[Any, ...] | None, clocks: dict[Any, Any]
) -> Table:
    """Return a frame as numbers; refuse a known column with holes."""
    targets = columns.numbers(frame, columns.targets)
    past = columns.numbers(frame, columns.past)
    known = columns.numbers(frame, columns.known)
    for name in columns.known:
        is_missing = np.isnan(columns.numbers(frame, [name])).any(axis=1)
        if is_missing.any():
            row = int(np.argmax(is_missing))
            raise ValueError(
                f"Expected column {name!r} to be known in every row, because it is in known=; got "
                f"a missing value in row {row} ({frame_label(frame.index[row])}). Fill in what is "
                "known, or leave the row out."
            )
    if holidays is not None:
        known = np.concatenate([known, holiday_column(frame.index, holidays)], axis=1)
    values = np.concatenate([targets, past], axis=1)
    return table_of(frame.index, values, known, targets.shape[1], clocks)


def _scales(
    table: Table, keys: Sequence[Any], n_rows: int
) -> tuple[dict[Any, np.ndarray], dict[Any, np.ndarray]]:
    """Return mean and deviation of the columns in the first rows of some series."""
    middle, spread = {}, {}
    for key, rows in zip(table.timeline.keys, table.timeline.rows_in_time(), strict=True):
        if key in keys:
            middle[key], spread[key] = _scale(table.values[rows[:n_rows]])
    return middle, spread


def _scale(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and deviation of columns, 1 where there is none."""
    is_known = ~np.isnan(values)
    counts = np.maximum(is_known.sum(axis=0), 1)
    mean = np.where(is_known, values, 0.0).sum(axis=0) / counts
    deviation = np.sqrt(np.where(is_known, (values - mean) ** 2, 0.0).sum(axis=0) / counts)
    return mean, np.where(deviation > 0, deviation, 1.0)


def _first_scales(values: np.ndarray, n_rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and deviation at each row, from the rows up to it and no more than the first."""
    scales = [_scale(values[: row + 1]) for row in range(min(n_rows, len(values)))]
    of_rows = np.minimum(np.arange(len(values)), len(scales) - 1)
    middle, spread = (np.stack(of_all) for of_all in zip(*scales, strict=True))
    return middle[of_rows], spread[of_rows]
