"""Statistics that were learnt from all rows before there was a split."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from ._other_future import as_array, changed_rows, rows_of
from ._report import Leak
from ._rows_in_time import RowsInTime
from ._target_places import Place

FITTED_BEFORE = "fitted before the split"
_LEAST_VALUES = 20
_REMEDY = (
    "Make it a step of the pipeline, make_pipeline(StandardScaler(), ...): then each fold fits it "
    "on its training rows."
)


def scaled_findings(
    values: np.ndarray,
    names: list[Any],
    targets: np.ndarray,
    places: list[Place],
    rows: RowsInTime,
    known: Sequence[Any],
) -> list[Leak]:
    """Return the columns that have the mean and deviation, or range, of a scaler over all rows.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_columns)
    names : list
    targets : ndarray of shape (n_rows, n_targets)
    places : list of Place
        The places of the targets in the columns: the last targets are a column's last values.
    rows : RowsInTime
    known : sequence of column names or positions
        Columns whose future is known: these are left out.
    """
    found: dict[str, list[str]] = {}
    for column, name in enumerate(names):
        if name in known:
            continue
        whole = [_whole(values, targets, column, places, r) for r in _by_series(rows)]
        signs = [_scaler_of(np.concatenate(whole)), *({_scaler_of(v) for v in whole} - {None})]
        sign = signs[0] or (signs[1] if len(signs) == 2 and all(map(_scaler_of, whole)) else None)
        if sign is not None:
            found.setdefault(sign, []).append(repr(name))
    return [
        Leak(
            FITTED_BEFORE,
            "X",
            len(rows),
            f"over all rows, those of the test folds too, {sign} in column {', '.join(columns)}.",
            _REMEDY,
        )
        for sign, columns in found.items()
    ]


def _by_series(rows: RowsInTime) -> Iterator[np.ndarray]:
    order = rows.order
    ends = np.flatnonzero(np.diff(rows.series[order])) + 1
    yield from np.split(order, ends)


def _whole(
    values: np.ndarray, targets: np.ndarray, column: int, places: list[Place], order: np.ndarray
) -> np.ndarray:
    """Return a column of a series with the values that only its last targets still have."""
    known = values[order, column]
    ahead = {p.ahead: p for p in places if p.column == column and p.ahead > 0}
    if ahead:
        # The nearest: several horizons of one column hold one another's values.
        place = ahead[max(ahead)]
        last = (targets[order[-place.ahead :], place.target] - place.offset) / place.slope
        known = np.concatenate([known, last])
    return known[np.isfinite(known)]


def _scaler_of(values: np.ndarray) -> str | None:
    """Return what a scaler left behind: no series of measurements has it by chance."""
    if len(values) < _LEAST_VALUES or len(np.unique(values)) < _LEAST_VALUES // 2:
        return None
    # The last row, whose future is not known, may be left out: with a mean of 0 it is the rest.
    if _is_standard(values) or _is_standard(np.append(values, -values.sum())):
        return "the mean is 0 and the standard deviation 1"
    if _are_round(values) or _is_ramp(values):
        return None
    # A share of the sky that is clouded is 0 or 1 many times, a scaled column once each.
    if [(values == 0).sum(), (values == 1).sum()] == [1, 1] and values.min() == 0:
        if values.max() == 1:
            return "the smallest value is 0 and the largest 1, once each"
    low, middle, high = np.percentile(values, [25, 50, 75])
    if abs(middle) < 1e-9 and abs(high - low - 1) < 1e-9:
        return "the median is 0 and the middle half 1 wide"
    return None


def frozen_findings(
    steps: list[tuple[str, Any]], X: Any, y: Any, rows: RowsInTime
) -> tuple[list[Leak], list[str]]:
    """Return the steps that keep what they learnt from all rows, and those nobody can tell of.

    A step is such if it does to X what the same transformer does that is fitted on all rows, and
    not what one does that is fitted on the first half of them.
    """
    leaks, not_checked = [], []
    for name, step in steps:
        learnt = _learnt_in(step)
        if learnt is not None:
            verdict = _verdict(learnt, X, y, rows)
            if isinstance(verdict, int):
                what = (
                    f"its {type(learnt).__name__} keeps what it learnt from all rows, and no fold "
                    f"fits it again; {verdict} rows are other than after a fit on the earlier half."
                )
                leaks.append(Leak(FITTED_BEFORE, f"step {name!r}", verdict, what, _REMEDY))
            else:
                not_checked.append(
                    f"step {name!r}: its {type(learnt).__name__} was fitted before, and on which "
                    "rows is not to be seen"
                )
        try:
            X = clone(step).fit(X, y).transform(X)
        except Exception:  # what is not fitted is told where the steps are followed
            break
    return leaks, not_checked


def _learnt_in(step: Any) -> Any:
    """Return the fitted transformer that a step keeps through `clone`, or None."""
    function = getattr(step, "func", None)
    function = getattr(function, "func", function)  # functools.partial
    kept = getattr(function, "__self__", None)
    if kept is None and type(step).__name__ == "FrozenEstimator":
        kept = step.estimator
    if not isinstance(kept, BaseEstimator) or not hasattr(kept, "transform"):
        return None
    try:
        check_is_fitted(kept)
    except NotFittedError:
        return None
    return kept


def _verdict(learnt: Any, X: Any, y: Any, rows: RowsInTime) -> int | None:
    every = np.arange(len(rows))
    half = np.flatnonzero(rows.times < rows.n_times // 2)
    try:
        now = as_array(learnt.transform(X))
        of_all = as_array(clone(learnt).fit(X, y).transform(X))
        its_y = None if y is None else rows_of(y, half)
        of_half = as_array(clone(learnt).fit(rows_of(X, half), its_y).transform(X))
    except Exception:
        return None
    from_all, from_half = changed_rows(now, of_all, every), changed_rows(now, of_half, every)
    if from_all is None or from_half is None or len(from_all) or not len(from_half):
        return None
    return len(from_half)


def _are_round(values: np.ndarray) -> bool:
    """Tell whether all are as round as counts and shares, which reach 0 and 1 by themselves."""
    return bool((np.abs(values * 1000 - np.round(values * 1000)) < 1e-6).all())


def _is_ramp(values: np.ndarray) -> bool:
    """Tell whether they rise evenly: a trend, whose future is known."""
    return bool(np.ptp(np.diff(values)) < 1e-6 * np.ptp(values))


def _is_standard(values: np.ndarray) -> bool:
    deviations = np.array([values.std(), values.std(ddof=1)])
    return abs(values.mean()) < 1e-6 and bool((np.abs(deviations - 1) < 1e-6).any())
