"""A whole table as a backtest sees it, and the models that forecast from its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Protocol, Self

import numpy as np
from sklearn.base import clone
from sklearn.impute import SimpleImputer
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from ..windows import LagFeatures
from ..windows._frames import library_of
from ._forecaster import RNNForecaster
from ._naive import climatology, last_values, seasonal_values
from ._table import Table, times_of

_ALPHAS = np.logspace(-3, 3, 7)


@dataclass(frozen=True)
class Past:
    """A table whose rows are forecast from each other.

    Parameters
    ----------
    X : Series, DataFrame or array
        As it was given.
    frame : DataFrame
    table : Table
        The same as numbers.
    n_steps : int
        The steps ahead.
    """

    X: Any
    frame: Any
    table: Table
    n_steps: int

    def numbers(self, rows: np.ndarray) -> Any:
        """Return some rows as a frame of numbers, texts and categories as columns of 0 and 1."""
        import pandas as pd

        values = np.concatenate([self.table.values[rows], self.table.known[rows]], axis=1)
        names = [f"x{number}" for number in range(values.shape[1])]
        return pd.DataFrame(values, index=self.table.index[rows], columns=names)

    def rows(self, rows: np.ndarray) -> Any:
        """Return some rows of X."""
        if hasattr(self.X, "iloc"):
            return self.frame.iloc[rows]
        if library_of(self.X) in ("polars", "pyarrow"):
            return self.X.take(rows) if hasattr(self.X, "take") else self.X[rows]
        return self.frame.to_numpy()[rows]


class Forecasts(NamedTuple):
    """The forecasts of a model from some rows, (n_origins, n_steps, n_targets)."""

    middle: np.ndarray
    lower: np.ndarray | None = None
    upper: np.ndarray | None = None


class Model(Protocol):
    """A way to forecast from the rows of a table."""

    @property
    def name(self) -> str:
        """The name of the model in the table."""

    @property
    def is_fitted(self) -> bool:
        """Whether it can forecast as it is."""

    def fitted(self, past: Past, train: np.ndarray) -> Self:
        """Return a copy that has learnt from some rows."""

    def forecasts(self, past: Past, origins: np.ndarray) -> Forecasts:
        """Return what it says from some rows."""


@dataclass(frozen=True)
class OurModel:
    """An RNNForecaster."""

    forecaster: RNNForecaster
    coverage: float | None
    name: str = "RNNForecaster"

    @property
    def is_fitted(self) -> bool:
        """Whether the forecaster is fitted."""
        return hasattr(self.forecaster, "regressor_")

    def fitted(self, past: Past, train: np.ndarray) -> OurModel:
        """Return a copy with a forecaster that is fitted on some rows."""
        return replace(self, forecaster=clone(self.forecaster).fit(past.rows(train)))

    def forecasts(self, past: Past, origins: np.ndarray) -> Forecasts:
        """Return the forecasts, and their bands if they are asked for."""
        self._refuse_learnt(past, origins)
        maker = self.forecaster._maker()
        table, asked = maker.joined(past.X)
        middle = maker.forecasts(table, asked[origins])
        if self.coverage is None:
            return Forecasts(middle)
        bands = maker.bands(table, asked[origins], asked, self.coverage)
        return Forecasts(middle, bands[..., 0], bands[..., 1])

    def _refuse_learnt(self, past: Past, origins: np.ndarray) -> None:
        first = times_of(past.table)[origins].min()
        if self.forecaster.learnt_until_ > first:
            raise ValueError(
                "Expected a forecaster that has learnt from rows before the test rows alone; got "
                "one that has learnt from later rows. Set refit=True, give an unfitted forecaster, "
                "or fit it on the rows before the first test row."
            )


@dataclass(frozen=True)
class NaiveModel:
    """The last value, the value a season before, or the usual value of the time."""

    name: str
    season: int | None = None
    train: np.ndarray | None = None

    @property
    def is_fitted(self) -> bool:
        """Whether nothing is left to learn."""
        return self.name != "climatology" or self.train is not None

    def fitted(self, past: Past, train: np.ndarray) -> NaiveModel:
        """Return a copy that knows the rows to take means of."""
        return replace(self, train=train)

    def forecasts(self, past: Past, origins: np.ndarray) -> Forecasts:
        """Return the forecasts."""
        table = past.table
        if self.name == "climatology":
            assert self.train is not None
            return Forecasts(climatology(table, self.train, past.n_steps)[origins])
        if self.name == "season":
            assert self.season is not None
            values = seasonal_values(table.targets, table.timeline, past.n_steps, self.season)
            return Forecasts(values[origins])
        return Forecasts(last_values(table.targets, table.timeline, past.n_steps)[origins])


@dataclass(frozen=True)
class ModelOfRows:
    """A scikit-learn regressor, to which a row is given and which says its future."""

    estimator: Any
    name: str = ""
    train: np.ndarray | None = None
    reads_numbers: bool = False

    @property
    def is_fitted(self) -> bool:
        """Whether the regressor has been fitted here."""
        return self.train is not None

    def fitted(self, past: Past, train: np.ndarray) -> ModelOfRows:
        """Return a copy with a regressor that is fitted on some rows and their future."""
        inside = np.zeros(len(past.table), bool)
        inside[train] = True
        rows = past.table.timeline.rows_at(np.arange(1, past.n_steps + 1))
        is_learnt = inside & (rows >= 0).all(axis=1) & inside[rows].all(axis=1)
        truth = past.table.truth(past.n_steps)
        learnt = np.flatnonzero(is_learnt & ~np.isnan(truth).any(axis=(1, 2)))
        y = truth[learnt].reshape(len(learnt), -1)
        rows = self._rows(past, learnt)
        estimator = clone(self.estimator).fit(rows, y[:, 0] if y.shape[1] == 1 else y)
        return replace(self, estimator=estimator, train=learnt)

    def forecasts(self, past: Past, origins: np.ndarray) -> Forecasts:
        """Return the forecasts."""
        assert self.train is not None
        times = times_of(past.table)
        upto = np.flatnonzero(times <= times[origins].max())
        later = np.union1d(np.setdiff1d(upto, self.train), origins)
        said = np.asarray(self.estimator.predict(self._rows(past, later)))
        said = said.reshape(len(later), past.n_steps, past.table.n_targets)
        return Forecasts(said[np.searchsorted(later, origins)])

    def _rows(self, past: Past, rows: np.ndarray) -> Any:
        return past.numbers(rows) if self.reads_numbers else past.rows(rows)


def name_of(estimator: Any) -> str:
    """Return the name of a regressor, of the last step in a pipeline."""
    last = estimator[-1] if isinstance(estimator, Pipeline) else estimator
    return type(last).__name__


def baselines_of(names: Sequence[str], season: int | None, window: int) -> list[Model]:
    """Return the plain models of some names; "season" alone is left out where there is none."""
    known = ("last", "season", "climatology", "ridge")
    wrong = [name for name in names if name not in known]
    if wrong:
        raise ValueError(f"Expected baselines among {known}; got {wrong[0]!r}.")
    models: list[Model] = []
    for name in names:
        if name == "ridge":
            models.append(ModelOfRows(_ridge(window), name, reads_numbers=True))
        elif name != "season" or season is not None:
            models.append(NaiveModel(name, season))
    return models


def _ridge(window: int) -> Pipeline:
    return make_pipeline(
        LagFeatures(list(range(window))),
        SimpleImputer(keep_empty_features=True),
        StandardScaler(),
        RidgeCV(_ALPHAS),
    )
