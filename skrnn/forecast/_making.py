"""The fitted state of a forecaster, and the forecasts and bands that it makes from it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .._warnings import warn
from ._bands import Errors, fewest_errors
from ._design import Design
from ._fitting import Pairs, middle_of, misses_of, start_of
from ._future import with_steps_ahead
from ._naive import naive_values
from ._strategies import Strategy
from ._table import Table, times_of


@dataclass(frozen=True)
class Maker:
    """Makes forecasts.

    Parameters
    ----------
    design : Design
    strategy : Strategy
    regressor : RNNRegressor
        The trained network.
    baseline : {"none", "last", "season"}
    season : int or None
    horizons : list of int
    history : Table
        The last rows, as far back as anyone looks.
    errors : Errors
        Those of forecasts whose truth is known.
    n_levels : int
        The quantiles that the network says; one where it says a number.
    """

    design: Design
    strategy: Strategy
    regressor: Any
    baseline: str
    season: int | None
    horizons: list[int]
    history: Table
    errors: Errors
    n_levels: int

    @property
    def _at(self) -> list[int]:
        return [horizon - 1 for horizon in self.horizons]

    def joined(self, X: Any) -> tuple[Table, np.ndarray]:
        """Return the rows of X behind those that are remembered, and where they stand."""
        given = self.design.read(X)
        if not self.design.has_index:
            return given, np.arange(len(given))
        _warn_of_gap(self.history, given)
        table = given.behind(self.history, self.design.clocks)
        asked = np.arange(len(table) - len(given), len(table))
        return with_steps_ahead(self.design, table, self.design.n_steps), asked

    def new_rows(self, table: Table, asked: np.ndarray) -> np.ndarray:
        """Return the rows that are later than what is remembered of their series."""
        if not self.design.has_index:
            return asked
        last, steps = self.history.last_known(), self.history.timeline.steps_of_rows()
        keys = self.history.timeline.keys
        ends = {key: steps[row] for key, row in zip(keys, last, strict=True) if row >= 0}
        before_all = np.iinfo(np.int64).min
        end = np.array([ends.get(key, before_all) for key in table.timeline.keys])
        is_new = table.timeline.steps_of_rows() > end[table.timeline.series_of_rows()]
        return asked[is_new[asked]]

    def forecasts(self, table: Table, rows: np.ndarray, n_steps: int | None = None) -> np.ndarray:
        """Return forecasts in the user's units, (n_rows, n_steps, n_targets)."""
        return middle_of(self.levels(table, rows, n_steps))

    def levels(self, table: Table, rows: np.ndarray, n_steps: int | None = None) -> np.ndarray:
        """Return the quantiles of each forecast, (n_rows, n_steps, n_targets, n_levels).

        A network without quantiles has one level, the forecast.
        """
        design = self.design
        n_steps = design.n_steps if n_steps is None else n_steps
        found = np.full((len(rows), n_steps, table.n_targets, self.n_levels), np.nan)
        can = np.flatnonzero(design.knows_ahead(table, n_steps)[rows])
        if len(can):
            start = start_of(self.baseline, design, table, self.season, n_steps, rows[can])
            spread = design.target_spread(table, rows[can])
            said = self.strategy.said(self.regressor, design, table, rows[can], n_steps)
            found[can] = start[..., None] + said * spread[..., None]
        return found

    def bands(
        self, table: Table, rows: np.ndarray, asked: np.ndarray, coverage: float
    ) -> np.ndarray:
        """Return a band around each forecast, (n_rows, n_steps, n_targets, 2).

        Misses of forecasts whose truth stands in new rows among `asked` count, once it is known.
        """
        _check_coverage(coverage, self.errors)
        radii = self.errors_with(table, asked).radii(times_of(table)[rows], coverage)
        radii *= self.design.target_spread(table, rows)
        levels = self.levels(table, rows)
        middle = middle_of(levels)
        lower = np.minimum(levels[..., 0] - radii, middle)
        upper = np.maximum(levels[..., -1] + radii, middle)
        return np.stack([lower, upper], axis=-1)

    def errors_with(self, table: Table, asked: np.ndarray) -> Errors:
        """Return the known errors, and those of forecasts whose truth stands in new rows."""
        n_steps, new = self.design.n_steps, self.new_rows(table, asked)
        origins = self._origins_of_truth(table, new)
        truth_rows = table.timeline.rows_at(np.arange(1, n_steps + 1))[origins]
        spread = self.design.target_spread(table, origins)
        misses = misses_of(self.levels(table, origins), table.truth(n_steps, origins))
        errors = np.where(np.isin(truth_rows, new)[..., None], misses / spread, np.nan)
        times = times_of(table)
        return self.errors.joined(errors, times[origins], times[truth_rows])

    def moved_on(self, table: Table, asked: np.ndarray, reach: int) -> Maker:
        """Return the same with new rows in its history."""
        return replace(
            self,
            design=self.design.with_scales_of(table),
            history=table.memory(reach, self.design.clocks),
            errors=self.errors_with(table, asked).without_empty(),
        )

    def new_samples(self, table: Table, asked: np.ndarray) -> dict[str, Any] | None:
        """Return windows and targets of the forecasts whose truth has come, or None."""
        pairs = Pairs(self.design, table, self.strategy, self.baseline, self.season)
        origins = self._origins_of_truth(table, self.new_rows(table, asked))
        truth = table.truth(self.design.n_steps, origins)
        origins = origins[~np.isnan(truth).any(axis=(1, 2))]  # each is learnt once
        origins = origins[self.design.knows_ahead(table, self.design.n_steps)[origins]]
        return pairs.at(origins) if len(origins) else None

    def beside_truth(
        self, X: Any, coverage: float | None = None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """Return truth, forecasts and their bands at the horizons.

        Forecasts are made from the last remembered row on.
        """
        table, asked = self.joined(X)
        truth, said, origins = self._scored(table, asked)
        if coverage is None:
            return truth, said, None
        return truth, said, self.bands(table, origins, asked, coverage)[:, self._at]

    def quantiles_beside_truth(self, X: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return truth and quantiles at the horizons, from the last remembered row on."""
        table, asked = self.joined(X)
        truth, _, origins = self._scored(table, asked)
        return truth, self.levels(table, origins)[:, self._at]

    def skill(self, X: Any) -> float:
        """Return one minus the error, divided by the error of the naive forecast."""
        table, asked = self.joined(X)
        truth, said, origins = self._scored(table, asked)
        naive = naive_values(table.targets, table.timeline, self.design.n_steps, self.season)
        errors = np.abs(said - truth)
        of_naive = np.abs(naive[origins][:, self._at] - truth)[~np.isnan(errors)]
        mean_of_naive = float(np.nanmean(of_naive))
        return 1 - float(np.nanmean(errors)) / mean_of_naive if mean_of_naive else 0.0

    def as_asked(self, values: np.ndarray) -> np.ndarray:
        """Return the horizons that were asked for, without an axis for a single target."""
        asked = values[:, self._at]
        return asked[:, :, 0] if self.design.columns.is_one else asked

    def _scored(self, table: Table, asked: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        before = table.timeline.rows_at([-1])[asked, 0]
        origins = np.union1d(asked, before[before >= 0])
        truth = table.truth(self.design.n_steps, origins)[:, self._at]
        said = self.forecasts(table, origins)[:, self._at]
        if not np.isfinite(said - truth).any():
            raise ValueError(
                f"Expected rows with a known future to score; got {len(asked)} rows, of none of "
                f"which the targets {self.horizons} steps after are known. Give more rows."
            )
        return truth, said, origins

    def _origins_of_truth(self, table: Table, new: np.ndarray) -> np.ndarray:
        """Return the rows of which a step ahead stands in new rows, in the order of time."""
        truth_rows = table.timeline.rows_at(np.arange(1, self.design.n_steps + 1))
        origins = np.flatnonzero(np.isin(truth_rows, new).any(axis=1) & ~table.is_absent)
        return origins[np.argsort(times_of(table)[origins], kind="stable")]


def _check_coverage(coverage: float, errors: Errors) -> None:
    if not 0 < coverage < 1:
        raise ValueError(f"Expected coverage between 0 and 1, such as 0.9; got {coverage!r}.")
    known = np.concatenate([errors.calibration, errors.later])
    n_errors = int(np.isfinite(known).sum(axis=0).min()) if len(known) else 0
    if n_errors < fewest_errors(coverage):
        raise ValueError(
            f"Expected at least {fewest_errors(coverage)} forecasts of known error for a band of "
            f"coverage {coverage}; got {n_errors}. Fit on more rows, give later rows to update(), "
            "or ask for a smaller coverage."
        )


def _warn_of_gap(history: Table, given: Table) -> None:
    """Warn where X begins later than the remembered rows end."""
    steps_of_rows, ends = history.timeline.steps_of_rows(), {}
    for key, row, steps in zip(
        history.timeline.keys, history.last_known(), history.timeline.steps, strict=True
    ):
        if row >= 0:
            known = np.sort(steps[steps <= steps_of_rows[row]])
            ends[key] = known[-2:]
    for key, steps in zip(given.timeline.keys, given.timeline.steps, strict=True):
        end = ends.get(key)
        if end is not None and steps.min() > end[-1] + max(int(np.ptp(end)), 1):
            warn(
                "X begins later than the remembered rows end: the steps between are absent from "
                "the windows. Give these rows too, or give them to update(X) as they come."
            )
            return
