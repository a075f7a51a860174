"""How good forecasts are: scores of a backtest, and scorers for a search."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from .._messages import shown


def backtest_scores(frame: Any, by: str | Sequence[str] = ("model", "step")) -> Any:
    """Sum up the errors of a backtest.

    Parameters
    ----------
    frame : DataFrame
        The result of `backtest`.
    by : str or sequence of str, default=("model", "step")
        The columns to group by, such as "model" alone, "series" or "target".

    Returns
    -------
    scores : DataFrame
        With a row for each group, models in the order of the backtest: "n_forecasts"; "mae", the
        mean absolute error, and "rmse", the root of the mean squared error, in the units of the
        target; "bias", the mean of predicted minus true; and where there are bands "coverage", the
        part of the truths in them, and "width", their mean width.

    See Also
    --------
    backtest : The forecasts.

    Examples
    --------
    >>> import pandas as pd
    >>> from skrnn import backtest_scores
    >>> frame = pd.DataFrame({"model": ["a", "a", "b"], "step": [1, 1, 1],
    ...                       "true": [1.0, 2.0, 3.0], "predicted": [2.0, 4.0, 3.0]})
    >>> backtest_scores(frame)[["n_forecasts", "mae", "bias"]]
                n_forecasts  mae  bias
    model step
    a     1               2  1.5   1.5
    b     1               1  0.0   0.0
    """
    keys = [by] if isinstance(by, str) else list(by)
    unknown = [key for key in keys if key not in frame.columns]
    if unknown:
        raise ValueError(
            f"Expected columns of the backtest, {list(frame.columns)}, to group by; got "
            f"{unknown[0]!r}."
        )
    error = frame["predicted"] - frame["true"]
    measured = {"mae": error.abs(), "rmse": error**2, "bias": error}
    if "lower" in frame.columns:
        is_in_band = (frame["true"] >= frame["lower"]) & (frame["true"] <= frame["upper"])
        measured["coverage"] = is_in_band.astype(float).where(frame["lower"].notna())
        measured["width"] = frame["upper"] - frame["lower"]
    groups = frame[keys].assign(**measured).groupby(keys, sort=False)
    scores = groups.mean()
    scores["rmse"] **= 0.5
    scores.insert(0, "n_forecasts", groups.size())
    return scores


def forecast_scorer(metric: str = "mae", *, coverage: float = 0.9) -> Callable[..., float]:
    """Return a scorer of forecasts, for the `scoring` of a search or of `cross_val_score`.

    It looks at all forecasts that are made from the last remembered row on, and whose truth is in
    the table. Greater is better: errors are negative.

    Parameters
    ----------
    metric : {"mae", "rmse", "mase", "skill", "coverage", "interval", "pinball"}, default="mae"
        "mae" and "rmse": mean absolute and root mean squared error, in the units of the target.
        "mase": the mean absolute error, divided by the error of the last value (or season) as the
        forecast of one step (season) ahead in the training rows. "skill": what
        `RNNForecaster.score` returns. "coverage": how far the part of the truths in the bands is
        from `coverage`. "interval": the interval score of the bands, which is small for narrow
        bands that miss little. "pinball": the mean pinball loss of the quantiles.
    coverage : float, default=0.9
        The coverage of the bands, for "coverage" and "interval".

    Returns
    -------
    scorer : callable
        Takes a fitted forecaster, a table, and y=None.

    References
    ----------
    Hyndman and Koehler, "Another look at measures of forecast accuracy", International Journal of
    Forecasting, 2006 ("mase"). Gneiting and Raftery, "Strictly proper scoring rules, prediction,
    and estimation", Journal of the American Statistical Association, 2007 ("interval"). Koenker
    and Bassett, "Regression quantiles", Econometrica, 1978 ("pinball").

    Examples
    --------
    >>> from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
    >>> from skrnn import RNNForecaster
    >>> from skrnn import forecast_scorer
    >>> search = GridSearchCV(RNNForecaster(), {"window": [7, 28]}, cv=TimeSeriesSplit(3),
    ...                       scoring=forecast_scorer("mase"))
    """
    known = sorted([*_METRICS, "skill"])
    if metric not in known:
        raise ValueError(f"Expected metric among {known}; got {shown(metric)}.")
    return _Scorer(metric, coverage)


class _Scorer:
    """A scorer that can be pickled, and shows what it measures."""

    def __init__(self, metric: str, coverage: float) -> None:
        self.metric, self.coverage = metric, coverage

    def __call__(self, estimator: Any, X: Any, y: Any = None) -> float:
        """Return the score of a fitted forecaster, alone or last in a pipeline, on a table."""
        if isinstance(estimator, Pipeline):
            X = estimator[:-1].transform(X) if len(estimator) > 1 else X
            estimator = estimator[-1]
        if self.metric == "skill":
            return float(estimator.score(X, y))
        return float(_METRICS[self.metric](estimator, X, self.coverage))

    def __repr__(self) -> str:
        return f"forecast_scorer({self.metric!r})"


def _mae(estimator: Any, X: Any, coverage: float) -> Any:
    truth, said, _ = estimator._maker().beside_truth(X)
    return -np.nanmean(np.abs(said - truth))


def _rmse(estimator: Any, X: Any, coverage: float) -> Any:
    truth, said, _ = estimator._maker().beside_truth(X)
    return -np.sqrt(np.nanmean((said - truth) ** 2))


def _mase(estimator: Any, X: Any, coverage: float) -> Any:
    truth, said, _ = estimator._maker().beside_truth(X)
    return -np.nanmean(np.abs(said - truth) / estimator.naive_error_)


def _coverage(estimator: Any, X: Any, coverage: float) -> Any:
    truth, _, bands = estimator._maker().beside_truth(X, coverage)
    is_in = (truth >= bands[..., 0]) & (truth <= bands[..., 1])
    return -abs(np.mean(is_in[~np.isnan(truth) & ~np.isnan(bands[..., 0])]) - coverage)


def _interval(estimator: Any, X: Any, coverage: float) -> Any:
    truth, _, bands = estimator._maker().beside_truth(X, coverage)
    lower, upper = bands[..., 0], bands[..., 1]
    beyond = np.maximum(np.maximum(lower - truth, truth - upper), 0.0)
    return -np.nanmean(upper - lower + 2 / (1 - coverage) * beyond)


def _pinball(estimator: Any, X: Any, coverage: float) -> Any:
    if estimator.quantiles_ is None:
        raise ValueError(
            "Expected a forecaster with quantiles for the metric 'pinball'; got quantiles=None."
        )
    truth, quantiles = estimator._maker().quantiles_beside_truth(X)
    beyond = truth[..., None] - quantiles
    levels = np.asarray(estimator.quantiles_)
    return -np.nanmean(np.maximum(levels * beyond, (levels - 1) * beyond))


_METRICS: dict[str, Callable[..., Any]] = {
    "mae": _mae,
    "rmse": _rmse,
    "mase": _mase,
    "coverage": _coverage,
    "interval": _interval,
    "pinball": _pinball,
}
