"""The transformer from rows to rows with lagged columns."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from .._compat import Interval, check_feature_names_in
from ._base import CLOCK_CONSTRAINT, FILL_CONSTRAINT, LagTransformer


class LagFeatures(LagTransformer):
    """Past steps of each row as columns of a table.

    For estimators that take tables: ridge, forests, boosting. Steps are steps of the clock, panels
    keep their series apart and the last training rows are remembered, all just as in
    `LagWindows`.

    Parameters
    ----------
    lags : int or array-like of int, default=24
        How many steps back the columns look: the given ones, or for a number n the steps
        0, 1, ..., n - 1, as in ``LagWindows(n)``. Lag 0 is the row itself.

    fill : "mask", "edge" or float, default=nan
        The value of absent steps, before the beginning of a series and where rows are missing
        within it: NaN (also as "mask"); the last row before them, or at the beginning the first
        row ("edge"); or a number.

    clock : {"auto", "rows"}, default="auto"
        Whether steps are steps of the clock ("auto"), or rows in the order of time, however far
        apart ("rows").

    Attributes
    ----------
    context_ : list of dict
        The memory of `transform` of the training rows, as in `LagWindows`.

    n_features_in_ : int
        Number of features seen in `fit`.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features seen in `fit`. Only if all of them are strings.

    See Also
    --------
    LagWindows : The same steps as windows, for recurrent networks. Its notes on clocks, default
        indexes and pipelines hold here too.

    Notes
    -----
    The columns of one lag stand together, in the order of `lags`, so that
    ``LagFeatures(n)`` reshaped to (n_rows, n, n_features) is ``LagWindows(n)`` with the
    newest step first.

    Most estimators refuse NaN: put an imputer behind this transformer, choose a `fill`, or leave
    out the first rows.

    Examples
    --------
    >>> import pandas as pd
    >>> from skrnn.windows import LagFeatures
    >>> days = pd.date_range("2024-01-01", periods=4)
    >>> frame = pd.DataFrame({"temp": [1.0, 2.0, 3.0, 4.0]}, index=days)
    >>> lagged = LagFeatures(lags=[0, 2]).set_output(transform="pandas")
    >>> lagged.fit_transform(frame)
                temp_lag0  temp_lag2
    2024-01-01        1.0        NaN
    2024-01-02        2.0        NaN
    2024-01-03        3.0        1.0
    2024-01-04        4.0        2.0
    """

    _parameter_constraints: dict[str, Any] = {
        "lags": [Interval(Integral, 1, None, closed="left"), "array-like"],
        "fill": FILL_CONSTRAINT,
        "clock": CLOCK_CONSTRAINT,
    }

    def __init__(self, lags: Any = 24, *, fill: str | float = np.nan, clock: str = "auto") -> None:
        self.lags = lags
        self.fill = fill
        self.clock = clock

    def transform(self, X: Any) -> np.ndarray:
        """Past steps of each row as columns.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
            Rows that follow the rows of `fit`, are among them, or both.

        Returns
        -------
        lagged : ndarray of shape (n_rows, n_lags * n_features)
            Column ``k * n_features + j`` is feature j, ``lags[k]`` steps before the row.
        """
        padded, slots, _ = self._laid_out(X)
        lagged = [padded[slots - lag] for lag in self._each_lag()]
        return np.concatenate(lagged, axis=1)

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Names of the columns: that of the feature, and the lag.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the features; by default the names seen in `fit`, or x0, x1, ...

        Returns
        -------
        names : ndarray of str objects, of shape (n_lags * n_features,)
            Such as "temp_lag3".
        """
        check_is_fitted(self)
        names = check_feature_names_in(self, input_features)
        return np.array(
            [f"{name}_lag{lag}" for lag in self._each_lag() for name in names], dtype=object
        )

    def _reach(self) -> int:
        return max(self._each_lag())

    def _each_lag(self) -> list[int]:
        if isinstance(self.lags, Integral):
            return list(range(int(self.lags)))
        lags = np.asarray(self.lags)
        if not _are_distinct_counts(lags):
            raise ValueError(
                "Expected lags as a number or as distinct integers that are not negative; got "
                f"{_shown(self.lags)}: lag 0 is the row itself, lag 1 the step before it."
            )
        return [int(lag) for lag in lags]


def _are_distinct_counts(lags: np.ndarray) -> bool:
    return (
        lags.ndim == 1
        and lags.size > 0
        and lags.dtype.kind in "iu"
        and lags.min() >= 0
        and len(np.unique(lags)) == len(lags)
    )


def _shown(lags: Any) -> str:
    return repr(lags.tolist() if isinstance(lags, np.ndarray) else lags)
