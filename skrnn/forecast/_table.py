"""A table of one or several series as numbers, and what was before and comes after its rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ._timeline import Timeline, timeline_of, values_at


@dataclass(frozen=True)
class Table:
    """Rows in time.

    Parameters
    ----------
    index : pandas.Index
    values : ndarray of shape (n_rows, n_targets + n_past)
        The targets, and behind them the columns that are only known so far.
    known : ndarray of shape (n_rows, n_known)
        The columns that are known ahead.
    n_targets : int
    timeline : Timeline
    """

    index: Any
    values: np.ndarray
    known: np.ndarray
    n_targets: int
    timeline: Timeline

    def __len__(self) -> int:
        return len(self.values)

    @property
    def targets(self) -> np.ndarray:
        """The targets, (n_rows, n_targets)."""
        return self.values[:, : self.n_targets]

    @property
    def is_absent(self) -> np.ndarray:
        """Whether nothing but what is known ahead is known of a row."""
        absent: np.ndarray = np.isnan(self.values).all(axis=1)
        return absent

    def take(self, rows: np.ndarray, clocks: dict[Any, Any]) -> Table:
        """Return some of the rows."""
        index = self.index[rows]
        return table_of(index, self.values[rows], self.known[rows], self.n_targets, clocks)

    def behind(self, earlier: Table, clocks: dict[Any, Any]) -> Table:
        """Return the rows of an earlier table that this one lacks, and these behind them."""
        self._check_panel(earlier)
        kept = np.flatnonzero(~earlier.index.isin(self.index))
        index = earlier.index[kept].append(self.index.set_names(earlier.index.names))
        values = np.concatenate([earlier.values[kept], self.values])
        known = np.concatenate([earlier.known[kept], self.known])
        return table_of(index, values, known, self.n_targets, clocks)

    def _check_panel(self, earlier: Table) -> None:
        """Refuse rows of one series behind those of a panel, and the reverse."""
        if self.index.nlevels == earlier.index.nlevels:
            return
        forms = {1: "one series, indexed by time", 2: "a panel, indexed by (series, time)"}
        raise ValueError(
            f"Expected {forms[earlier.index.nlevels]}, as in fit; got {forms[self.index.nlevels]}. "
            "pd.concat({name: X}) makes a panel of one series, and X.xs(name) takes one out of it."
        )

    def truth(self, n_steps: int, rows: Any = slice(None)) -> np.ndarray:
        """Return the targets so many steps after some rows: (n_rows, n_steps, n_targets).

        NaN where they are not known.
        """
        return values_at(self.targets, self.timeline.rows_at(np.arange(1, n_steps + 1))[rows])

    def last_known(self, among: np.ndarray | None = None) -> np.ndarray:
        """Return the last row of each series of which a target is known, or -1.

        Only the rows `among` count, if they are given.
        """
        has_target = ~np.isnan(self.targets).all(axis=1)
        if among is not None:
            has_target &= np.isin(np.arange(len(self)), among)
        found = []
        for rows, steps in zip(self.timeline.rows, self.timeline.steps, strict=True):
            seen = has_target[rows]
            found.append(rows[seen][np.argmax(steps[seen])] if seen.any() else -1)
        return np.array(found)

    def memory(self, n_rows: int, clocks: dict[Any, Any]) -> Table:
        """Return the last rows of each series, as far back as anyone looks, and what follows them.

        One row more has the values last seen before, so that later gaps are filled as they were.
        """
        filled = self.timeline.filled(self.values)
        last, steps = self.last_known(), self.timeline.steps_of_rows()
        values, kept = self.values.copy(), []
        for number, rows in enumerate(self.timeline.rows_in_time()):
            end = steps[last[number]] if last[number] >= 0 else steps[rows[-1]]
            first = int(np.searchsorted(steps[rows], end - n_rows, side="right"))
            if first:
                values[rows[first - 1]] = filled[rows[first - 1]]
            kept.append(rows[max(first - 1, 0) :])
        at = np.concatenate(kept)
        return table_of(self.index[at], values[at], self.known[at], self.n_targets, clocks)


def table_of(
    index: Any, values: np.ndarray, known: np.ndarray, n_targets: int, clocks: dict[Any, Any]
) -> Table:
    """Return a table with its timeline; `clocks` are those of `fit` by series."""
    import pandas as pd

    timeline = timeline_of(pd.DataFrame(index=index), clocks)
    return Table(index, values, known, n_targets, timeline)


def times_of(table: Table) -> np.ndarray:
    """Return the time of each row as a number that all series, and later tables, share."""
    import pandas as pd

    if table.timeline.clocks[0] is None:
        return table.timeline.steps_of_rows()
    times = table.index.get_level_values(-1)
    if isinstance(times, pd.DatetimeIndex | pd.TimedeltaIndex):
        times = times.as_unit("us")
    numbers = getattr(times, "asi8", None)
    return np.asarray(times if numbers is None else numbers, dtype=np.int64)
