"""Backtests: forecasts of the past, each from rows before it alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from sklearn.model_selection import TimeSeriesSplit
from sklearn.pipeline import Pipeline

from ..windows import PanelTimeSeriesSplit
from ._design import read_table
from ._forecaster import RNNForecaster
from ._past import Forecasts, Model, ModelOfRows, OurModel, Past, baselines_of, name_of
from ._roles import Columns, frame_of
from ._words import horizons_of

_N_FOLDS = 5


def backtest(
    forecaster: Any,
    X: Any,
    *,
    cv: Any = None,
    refit: bool = False,
    n_jobs: int | None = None,
    baselines: Sequence[str] = ("last", "season", "climatology", "ridge"),
    coverage: float | None = None,
    target: Any = None,
    horizon: int | Sequence[int] = 1,
) -> Any:
    """Forecast the past, and set each forecast beside the truth and beside plain forecasts.

    Every row before a test row is an origin once. Its forecast is made from rows up to it, by a
    network that has learnt from earlier rows.

    Parameters
    ----------
    forecaster : RNNForecaster or scikit-learn regressor
        A regressor of rows, such as a pipeline of `LagFeatures` and `Ridge`, is fitted on the rows
        and their future: see `target` and `horizon`.
    X : Series or DataFrame of shape (n_rows, n_columns)
        The whole table, in the order of time.
    cv : int, splitter or iterable, default=None
        The folds: training rows before test rows. None: five folds of `TimeSeriesSplit`, or of
        `PanelTimeSeriesSplit` for a panel.
    refit : bool, default=False
        Whether each fold has a network of its own, trained on the fold's training rows. Otherwise
        one network forecasts all folds: the one that is given, if it is fitted, or one that is
        trained on the training rows of the first fold.
    n_jobs : int or None, default=None
        Folds that are fitted at a time, in threads, where `refit` is set.
    baselines : sequence of str, default=("last", "season", "climatology", "ridge")
        Plain forecasts to set beside it. "season" needs a forecaster with a `season`, and is left
        out otherwise. "climatology" is the mean of the training rows at the same time of the year
        (a month around the day) and of the day; without dates it is the mean. "ridge" is a ridge
        regression on the columns of a window. Those that train are fitted as the forecaster is.
    coverage : float or None, default=None
        The coverage of the bands, which only an `RNNForecaster` has. None: no bands.
    target : label, list of labels or None, default=None
        The column that a scikit-learn regressor forecasts. An `RNNForecaster` has its own.
    horizon : int or list of int, default=1
        How far ahead a scikit-learn regressor is to forecast. An `RNNForecaster` has its own.

    Returns
    -------
    frame : DataFrame
        One row for each forecast with a known truth: "origin", the time at which it was made;
        "step", how many steps ahead; "time"; in a panel "series"; "target"; "true"; "predicted";
        with `coverage` "lower" and "upper"; "model".

    Raises
    ------
    ValueError
        If a fold tests on rows that its forecaster has learnt from.

    See Also
    --------
    backtest_scores : The errors by model and step.
    BacktestDisplay : The same as a picture.

    References
    ----------
    Tashman, "Out-of-sample tests of forecasting accuracy", International Journal of Forecasting,
    2000.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.linear_model import LinearRegression
    >>> from skrnn import LagFeatures
    >>> from skrnn import backtest
    >>> from sklearn.pipeline import make_pipeline
    >>> days = pd.date_range("2024-01-01", periods=60)
    >>> series = pd.Series(range(60), index=days, name="y", dtype=float)
    >>> line = make_pipeline(LagFeatures([0, 1], fill="edge"), LinearRegression())
    >>> found = backtest(line, series, cv=2, target="y", baselines=["last"])
    >>> found.groupby("model", sort=False)[["true", "predicted"]].mean().round(1)
                       true  predicted
    model
    LinearRegression   39.5       39.5
    last               39.5       38.5
    """
    frame, _ = frame_of(X)
    if isinstance(forecaster, Pipeline) and isinstance(forecaster[-1], RNNForecaster):
        raise ValueError(
            "Expected a forecaster, or a regressor of rows; got a pipeline that ends with an "
            "RNNForecaster. Give the forecaster itself: it scales and encodes its columns."
        )
    is_ours = isinstance(forecaster, RNNForecaster)
    if is_ours:
        target, horizon, known = forecaster.target, forecaster.horizon, forecaster.known
    else:
        known = ()
    horizons = horizons_of(horizon)
    columns = Columns.learn(frame, target, known)
    past = Past(X, frame, read_table(frame, columns, None, {}), max(horizons))
    folds = list(_folds(past, cv))
    model: Model
    if is_ours:
        model = OurModel(forecaster, coverage)
        season, window = forecaster.season, forecaster.window
    else:
        model = ModelOfRows(forecaster, name_of(forecaster))
        season, window = None, max(horizons)
    models = [model, *baselines_of(baselines, season, window)]
    if not refit:
        models = [one if one.is_fitted else one.fitted(past, folds[0].train) for one in models]
        folds = [_Fold(folds[0].train, np.concatenate([fold.origins for fold in folds]))]
    jobs = [(one, fold) for one in models for fold in folds]
    said = Parallel(n_jobs=n_jobs, prefer="threads")(
        delayed(_of_fold)(one, past, fold, refit) for one, fold in jobs
    )
    import pandas as pd

    parts = [
        _tidy(past, columns, horizons, fold.origins, found, one.name)
        for (one, fold), found in zip(jobs, said, strict=True)
    ]
    return pd.concat(parts, ignore_index=True)


@dataclass(frozen=True)
class _Fold:
    """Rows to learn from, and rows to forecast from."""

    train: np.ndarray
    origins: np.ndarray


def _folds(past: Past, cv: Any) -> Iterator[_Fold]:
    """Return the folds of a splitter: the row before each test row is an origin."""
    before = past.table.timeline.rows_at([-1])[:, 0]
    splitter = TimeSeriesSplit if past.frame.index.nlevels == 1 else PanelTimeSeriesSplit
    splits = splitter(_N_FOLDS if cv is None else int(cv)) if _is_number(cv) else cv
    found = splits.split(past.frame) if hasattr(splits, "split") else splits
    for train, test in found:
        origins = before[np.asarray(test)]
        yield _Fold(np.asarray(train), np.unique(origins[origins >= 0]))


def _is_number(cv: Any) -> bool:
    return cv is None or isinstance(cv, int | np.integer)


def _of_fold(model: Model, past: Past, fold: _Fold, refit: bool) -> Forecasts:
    fitted = model.fitted(past, fold.train) if refit else model
    return fitted.forecasts(past, fold.origins)


def _tidy(
    past: Past,
    columns: Columns,
    horizons: list[int],
    origins: np.ndarray,
    said: Forecasts,
    name: str,
) -> Any:
    """Return a row for each forecast whose truth is known."""
    import pandas as pd

    table = past.table
    truth_rows = table.timeline.rows_at(horizons)[origins]
    at = [h - 1 for h in horizons]
    truth = table.truth(past.n_steps)[origins][:, at]
    is_known = ~np.isnan(truth)
    origin, step, target = np.nonzero(is_known)
    times = table.index.get_level_values(-1)
    found = {
        "origin": times[origins[origin]],
        "step": np.asarray(horizons)[step],
        "time": times[truth_rows[origin, step]],
    }
    if table.index.nlevels > 1:
        found["series"] = table.index.get_level_values(0)[origins[origin]]
    found["target"] = np.asarray(columns.targets, dtype=object)[target]
    found["true"] = truth[is_known]
    found["predicted"] = said.middle[:, at][is_known]
    if said.lower is not None and said.upper is not None:
        found["lower"], found["upper"] = (b[:, at][is_known] for b in (said.lower, said.upper))
    found["model"] = name
    return pd.DataFrame(found)
