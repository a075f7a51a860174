"""The base of the two lag transformers: fit, memory, alignment, tags."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from numbers import Real
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from .._callbacks import CallbackSupportMixin, fit_task
from .._compat import Interval, StrOptions, fit_context
from .._documentation import DocumentationLink
from ._advice import (
    forget_what_was_told,
    on_integer_dates,
    tell_once,
    warn_of_lost_past,
    warn_of_rows_between,
    warn_of_rows_of_fit,
    warn_of_times_of_others,
)
from ._align import lay_out, moved_on, remember, tracks_of
from ._frames import check_no_infinity, check_table
from ._left_out import left_out_of, with_rows_between
from ._missing import learn_missing, with_last_seen
from ._stamps import has_clock, read_series

FILL_CONSTRAINT = [
    StrOptions({"mask", "edge"}),
    Interval(Real, None, None, closed="neither"),
    "nan",
]
CLOCK_CONSTRAINT = [StrOptions({"auto", "rows"})]


class LagTransformer(DocumentationLink, CallbackSupportMixin, TransformerMixin, BaseEstimator, ABC):
    """Row-preserving transformer that looks a fixed number of steps back in time."""

    fill: str | float
    clock: str
    missing: str = "nan"
    missing_: dict[str, np.ndarray]
    context_: list[dict[str, Any]]

    @abstractmethod
    def _reach(self) -> int:
        """How many steps back the transformer looks."""

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the clock of each series and keep its last rows.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
            The training rows, in time order if they have no index. NaN is allowed.
        y : None, default=None
            Ignored.

        Returns
        -------
        self : object
            The fitted transformer.
        """
        reach = self._reach()
        forget_what_was_told(self)
        with fit_task(self, X, y):
            values = self._check_X(X, reset=True)
            series = read_series(X, len(values))
            tell_once(self, on_integer_dates(series))
            warn_of_rows_of_fit(self, X, y, series, reach)
            left_out = left_out_of(X, self._takes_parts())
            if left_out is not None:
                values, series = with_rows_between(X, values, left_out)
            if self._takes_parts():
                self.missing_ = learn_missing(values)
            self.context_ = remember(values, series, reach, self.clock, self._takes_parts())
        return self

    def update(self, X: Any) -> Self:
        """Remember rows that came since `fit`, so that windows of later rows hold them.

        The clock, and all else that was learned, stays. In a pipeline, give the transformer its
        rows as the steps before it make them::

            model[-2].update(model[:-2].transform(new_rows))

        Parameters
        ----------
        X : DataFrame of shape (n_rows, n_features)
            Rows whose index continues the index of `fit`. Rows of new series are remembered too.

        Returns
        -------
        self : object
            The transformer.
        """
        check_is_fitted(self)
        values = self._check_X(X, reset=False)
        series = read_series(X, len(values))
        if not self.context_ or not has_clock(series):
            raise ValueError(
                "Expected rows with a clock in fit and in update, by which to find them again; got "
                f"none in {'update' if self.context_ else 'fit'}: give frames with their index."
            )
        self.context_ = moved_on(values, series, self.context_, self._reach(), self.clock)
        return self

    def _check_X(self, X: Any, reset: bool) -> np.ndarray:
        check_table(X)
        values: np.ndarray = validate_data(
            self, X, reset=reset, dtype=[np.float64, np.float32], ensure_all_finite=False
        )
        check_no_infinity(values, X)
        return values

    def _laid_out(self, X: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The padded table of `lay_out`, the slot of each row of X in it, and its series."""
        check_is_fitted(self)
        values, reach = self._check_X(X, reset=False), self._reach()
        series = read_series(X, len(values))
        tell_once(self, on_integer_dates(series))
        warn_of_lost_past(self, series, len(values), bool(self.context_), reach)
        warn_of_times_of_others(self, series, self.context_, reach)
        history = self._history(X, values.dtype)
        if self._takes_parts():
            values, history = with_last_seen(values, series, history, self.missing_)
        tracks = tracks_of(values, series, history, reach, self.clock)
        if reach:
            warn_of_rows_between(self, tracks)
        return lay_out(values, tracks, reach, self.fill)

    def _history(self, X: Any, dtype: Any) -> list[dict[str, Any]]:
        """Return the rows to remember, with those that `series_to_supervised` left out of X."""
        left_out = left_out_of(X, self._takes_parts()) if self.context_ else None
        if left_out is None:
            return self.context_
        series = read_series(left_out, len(left_out))
        values = left_out.to_numpy(dtype)
        return moved_on(values, series, self.context_, sys.maxsize, self.clock)

    def _takes_parts(self) -> bool:
        """Whether rows that are missing in part are taken, with the values last seen."""
        return self.missing == "flag"

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
