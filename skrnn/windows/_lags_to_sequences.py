"""The transformer from columns of lags to sequences."""

from __future__ import annotations

from numbers import Integral
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from .._compat import Interval, fit_context
from .._documentation import DocumentationLink
from .._lag_names import lag_of
from .._messages import shown
from ._frames import check_table


class LagsToSequences(  # type: ignore[call-arg]
    DocumentationLink, TransformerMixin, BaseEstimator, auto_wrap_output_keys=None
):
    """Columns of lags as the steps of a sequence, oldest first.

    The forecasters of skforecast and mlforecast give a regressor one row for each forecast: the
    newest lag first, and other columns behind the lags. A recurrent network would read this row as
    one sequence, backwards. This transformer puts the lags in the order of time, and every other
    column at each step.

    Parameters
    ----------
    lags : int or None, default=None
        How many of the first columns are lags of one series, lag 1 first. None finds them by their
        names: "lag_1" and "lag1", or for several series "temp_lag_1" and "temp_lag1". In a table
        without names, None means that every column is a lag.

    Attributes
    ----------
    lags_ : ndarray of int of shape (n_steps,)
        The lag of each step, largest first.

    columns_ : ndarray of int of shape (n_steps, n_features)
        The column that each number of a sequence is taken from.

    n_features_in_ : int
        Number of columns seen in `fit`.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns seen in `fit`. Only if all of them are strings.

    See Also
    --------
    LagWindows : Makes the sequences of a table in time; no lags have to be made first.

    Notes
    -----
    `transform` takes the columns by their positions in `fit`, so a table without names can follow
    a frame, as in the forecasts of skforecast. NaN passes through unchanged.

    Examples
    --------
    >>> import pandas as pd
    >>> from skrnn import LagsToSequences
    >>> frame = pd.DataFrame({"lag_1": [3.0], "lag_2": [2.0], "lag_3": [1.0], "holiday": [0.0]})
    >>> LagsToSequences().fit_transform(frame)
    array([[[1., 0.],
            [2., 0.],
            [3., 0.]]])
    """

    _parameter_constraints: dict[str, Any] = {
        "lags": [Interval(Integral, 1, None, closed="left"), None],
    }

    def __init__(self, lags: int | None = None) -> None:
        self.lags = lags

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> Self:
        """Find the columns of lags.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_columns)
            Lags and other columns. NaN is allowed.
        y : None, default=None
            Ignored.

        Returns
        -------
        self : object
            The fitted transformer.

        Raises
        ------
        ValueError
            If no column is a lag, or the series do not have the same lags, or there are fewer
            columns than `lags`.
        """
        check_table(X)
        n_columns = validate_data(self, X, ensure_all_finite="allow-nan").shape[1]
        by_series = self._by_series(n_columns)
        self.lags_ = np.array(sorted(next(iter(by_series.values())), reverse=True))
        lagged = [[of_lag[lag] for of_lag in by_series.values()] for lag in self.lags_.tolist()]
        taken = {column for step in lagged for column in step}
        others = [column for column in range(n_columns) if column not in taken]
        self.columns_ = np.array([step + others for step in lagged])
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Return the columns as sequences.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_columns)
            Columns as in `fit`.

        Returns
        -------
        sequences : ndarray of shape (n_samples, n_steps, n_features)
            The oldest lag first. The features are the series in the order of their first columns,
            then the other columns, which are the same at each step.
        """
        check_is_fitted(self)
        check_table(X)
        values = validate_data(self, X, reset=False, ensure_all_finite="allow-nan")
        sequences: np.ndarray = values[:, self.columns_]
        return sequences

    def set_output(self, *, transform: Any = None) -> Self:
        """Do nothing: sequences are no table, so that no other container can hold them.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"}, default=None
            Ignored. Accepted so that a pipeline can set the output of its other steps.

        Returns
        -------
        self : object
            The transformer.
        """
        return self

    def _by_series(self, n_columns: int) -> dict[str, dict[int, int]]:
        """Return the column of each lag of each series."""
        names = getattr(self, "feature_names_in_", None)
        if self.lags is not None or names is None:
            n_lags = n_columns if self.lags is None else int(self.lags)
            if n_lags > n_columns:
                raise ValueError(
                    f"Expected at least lags={n_lags} columns; got X with {n_columns}: set "
                    "`lags` to the number of columns that are lags."
                )
            return {"": {lag: lag - 1 for lag in range(1, n_lags + 1)}}
        by_series: dict[str, dict[int, int]] = {}
        for column, name in enumerate(names):
            if found := lag_of(name):
                by_series.setdefault(found[0], {})[found[1]] = column
        _check_lags(by_series, names)
        return by_series

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags


def _check_lags(by_series: dict[str, dict[int, int]], names: Any) -> None:
    if not by_series:
        raise ValueError(
            f"Expected columns with names such as lag_1, lag_2; got {shown(list(names))}: rename "
            "the columns, or give the number of lags, LagsToSequences(lags=7)."
        )
    first, *others = ((series, sorted(lags)) for series, lags in by_series.items())
    for series, lags in others:
        if lags != first[1]:
            raise ValueError(
                f"Expected the same lags of each series; got {first[1]} of {first[0]!r} and "
                f"{lags} of {series!r}: give each series the same lags."
            )
