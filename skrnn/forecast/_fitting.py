"""From a table to a trained network, and the errors of its forecasts of what it has not seen."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

import numpy as np

from .._data.rare_values import rare_values, rare_values_message
from .._warnings import warn
from ..exceptions import RareValuesWarning
from ._design import Design
from ._naive import last_values, seasonal_values
from ._split import split_by_time
from ._strategies import Strategy
from ._table import Table, times_of

# Fewer forecasts than this are all learnt from in the end, and judged by more of them.
_FEWEST_TO_SPARE = 500
_FRACTION_OF_FEW = 0.2
# Samples after which several baselines are compared, where the whole training takes far more.
_TRIAL_SAMPLES, _USUAL_EPOCHS = 50_000, 50


@dataclass(frozen=True)
class Trained:
    """A network, what its forecasts start from, and how well it forecasts.

    Parameters
    ----------
    regressor : RNNRegressor
    baseline : {"none", "last", "season"}
    misses : ndarray of shape (n_held_out, n_steps, n_targets)
        How far the truth lies beyond the forecasts of the held-out rows: see `misses_of`. In units
        of the deviation of each series and in the order of time.
    mean_error : float
        Mean absolute error of these forecasts in the same units.
    """

    regressor: Any
    baseline: str
    misses: np.ndarray
    mean_error: float


def middle_of(levels: np.ndarray) -> np.ndarray:
    """Return the middle of the levels in the last axis: the forecast itself."""
    middle: np.ndarray = levels[..., levels.shape[-1] // 2]
    return middle


def misses_of(levels: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return how far the truth lies beyond the outer levels, negative inside of them.

    With one level it is the absolute error.
    """
    misses: np.ndarray = np.maximum(levels[..., 0] - truth, truth - levels[..., -1])
    return misses


def start_of(
    baseline: str,
    design: Design,
    table: Table,
    season: int | None,
    n_steps: int,
    rows: np.ndarray,
) -> np.ndarray:
    """Return what is added to what the network says: (n_rows, n_steps, n_targets)."""
    middle = design.scale_of(table)[0][rows, None, : table.n_targets]
    if baseline == "none":
        return np.broadcast_to(middle, (len(rows), n_steps, table.n_targets))
    if baseline == "last" or season is None:
        found = last_values(table.targets, table.timeline, n_steps, rows)
    else:
        found = seasonal_values(table.targets, table.timeline, n_steps, season, rows)
    return np.where(np.isnan(found), middle, found) if np.isnan(found).any() else found


def origins_of(design: Design, table: Table) -> np.ndarray:
    """Return the rows from which a forecast is made of which some truth is known."""
    truth = table.truth(design.n_steps)
    is_origin = (
        ~np.isnan(truth).all(axis=(1, 2))
        & ~table.is_absent
        & design.knows_ahead(table, design.n_steps)
    )
    rows = np.flatnonzero(is_origin)
    if not len(rows) or np.isnan(truth[rows]).all(axis=0).any():
        raise ValueError(
            f"Expected rows whose next {design.n_steps} steps are known; got none in {len(table)} "
            "rows: give more rows, or a shorter horizon."
        )
    return rows


class Trainer:
    """Trains networks on one table, and judges them by the latest of its forecasts.

    Parameters
    ----------
    design : Design
    table : Table
    strategy : Strategy
    make : callable
        Makes a regressor; takes `early_stopping` and other parameters to change.
    season : int or None
    early_stopping : bool or "auto"
    fraction : float
        The part of the forecasts to hold out.
    checkpoint : path, Checkpoint or None
        The checkpoint that each network's `fit` is given.
    """

    def __init__(
        self,
        design: Design,
        table: Table,
        strategy: Strategy,
        make: Callable[..., Any],
        *,
        season: int | None,
        early_stopping: bool | str,
        fraction: float,
        checkpoint: Any,
    ) -> None:
        self.design, self.table, self.strategy = design, table, strategy
        self.checkpoint = checkpoint
        self.make, self.season = make, season
        self.origins = origins_of(design, table)
        spares_none = len(self.origins) < _FEWEST_TO_SPARE
        self.learns_all = spares_none if early_stopping == "auto" else not early_stopping
        self.learnt, self.held_out = split_by_time(
            table,
            self.origins,
            fraction=max(fraction, _FRACTION_OF_FEW) if self.learns_all else fraction,
            before=design.window,
            ahead=design.n_steps,
        )

    def best(self, baselines: Sequence[str]) -> Trained:
        """Return the network with the baseline that forecasts the held-out rows best."""
        if not len(self.held_out):
            pairs = self._pairs(baselines[0])
            regressor, told = self._fitted(pairs.at(self.origins), early_stopping=False)
            self._tell(told)
            return pairs.judged_by(regressor, self.held_out)
        trial = self._trial_epochs() if len(baselines) > 1 else None
        found = [self._judged(baseline, trial) for baseline in baselines]
        best, told = min(found, key=lambda one: one[0].mean_error)
        if trial is not None:
            best, told = self._judged(best.baseline, None)
        if self.learns_all:
            pairs = self._pairs(best.baseline)
            regressor, told = self._fitted(pairs.at(self.origins), early_stopping=False)
            best = replace(best, regressor=regressor)
        self._tell(told)
        return best

    def _tell(self, told: list[Any]) -> None:
        """Give the warnings of a network, in which columns are named as the table names them."""
        for one in told:
            if one.category is not RareValuesWarning:
                warn(str(one.message), one.category)
                continue
            names = self.design.columns.of_numbers()
            rows = np.concatenate([self.table.values, self.table.known], axis=1)
            found = [(names[at], usual) for at, usual in rare_values(rows)]
            if found:
                warn(rare_values_message(found, "columns"), one.category)

    def _judged(self, baseline: str, epochs: int | None) -> tuple[Trained, list[Any]]:
        """Return a network that has learnt from the earlier forecasts, and what it warned of."""
        pairs = self._pairs(baseline)
        changed = {} if epochs is None else {"epochs": epochs}
        judged = {} if self.learns_all else pairs.judged(self.held_out)
        samples = {**pairs.at(self.learnt), **judged}
        regressor, told = self._fitted(samples, early_stopping=not self.learns_all, **changed)
        return pairs.judged_by(regressor, self.held_out), told

    def _fitted(self, samples: dict[str, Any], **changed: Any) -> tuple[Any, list[Any]]:
        """Return a regressor that has learnt from samples, and what it warned of.

        If several networks are tried, only the warnings of the one that is kept are returned.
        """
        regressor = self.make(**changed)
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            regressor.fit(**samples, checkpoint=self.checkpoint)
        return regressor, list(told)

    def _trial_epochs(self) -> int | None:
        """Return the epochs after which baselines are compared; None: after the whole training."""
        if self.learns_all:
            return None
        epochs = ceil(_TRIAL_SAMPLES / len(self.learnt))
        return epochs if epochs < _USUAL_EPOCHS / 2 else None

    def _pairs(self, baseline: str) -> Pairs:
        return Pairs(self.design, self.table, self.strategy, baseline, self.season)


class Pairs:
    """The inputs of a network from the rows of a table, and its targets."""

    def __init__(
        self,
        design: Design,
        table: Table,
        strategy: Strategy,
        baseline: str,
        season: int | None,
    ) -> None:
        self.design, self.table, self.strategy = design, table, strategy
        self.baseline, self.season = baseline, season

    def at(self, rows: np.ndarray) -> dict[str, Any]:
        """Return the samples of some rows."""
        return self.strategy.samples(self.design, self.table, rows, self._above_start(rows))

    def judged(self, rows: np.ndarray) -> dict[str, Any]:
        """Return the samples of some rows as those to stop early by."""
        return {f"{name}_val": value for name, value in self.at(rows).items()}

    def judged_by(self, regressor: Any, rows: np.ndarray) -> Trained:
        """Return a network with the misses of its forecasts from some rows."""
        y = self._above_start(rows)
        if not len(rows):
            return Trained(regressor, self.baseline, y, np.inf)
        n_steps = self.design.n_steps
        said = self.strategy.said(regressor, self.design, self.table, rows, n_steps)
        errors = np.abs(middle_of(said) - y)
        order = np.argsort(times_of(self.table)[rows], kind="stable")
        misses = misses_of(said, y)[order]
        return Trained(regressor, self.baseline, misses, float(np.nanmean(errors)))

    def _above_start(self, rows: np.ndarray) -> np.ndarray:
        design, table, n_steps = self.design, self.table, self.design.n_steps
        above = table.truth(n_steps, rows)
        above -= start_of(self.baseline, design, table, self.season, n_steps, rows)
        above /= design.target_spread(table, rows)
        return above
