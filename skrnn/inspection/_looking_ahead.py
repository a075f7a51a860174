"""Steps whose earlier rows change when later rows do."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from sklearn.base import clone

from .._compat import safe_indexing
from ._other_future import FUTURES, changed_rows, joined, rows_of
from ._pipeline_parts import branches_of
from ._report import Leak, counted
from ._rows_in_time import RowsInTime

# The cuts at which the future begins, as parts of all times. They are odd: a mean of each day looks
# no farther than the end of its day, and is not seen by a cut at midnight.
_CUTS = (0.53, 0.71, 0.87)
_MOST_GAPS = 2
_LEAST_ROWS = 4

LOOKS_AHEAD = "rows that see later rows"
GAP_FILLED = "gaps filled from behind"

_REMEDIES = {
    LOOKS_AHEAD: "Let a row use itself and earlier rows alone: a rolling mean without center=True, "
    "shift(k) with k >= 0, ffill in the place of bfill. What is a statistic of many rows belongs "
    "into a step that learns it in fit.",
    GAP_FILLED: "Fill a gap with what was known before it, ffill() in the place of interpolate() "
    "or bfill(), or leave it to LagWindows(missing='flag').",
}


@dataclass
class Seen:
    """The observations of one step."""

    n_changed: int = 0
    n_past: int = 0
    farthest: int = 0
    only_gaps: bool = True
    n_cuts: int = 0
    problem: str = ""
    inner: dict[str, Seen] = field(default_factory=dict)

    def add(self, rows: np.ndarray, past: np.ndarray, distance: int, in_gaps: bool) -> None:
        """Take in the rows that changed at one cut."""
        if not len(rows):
            return
        self.only_gaps &= in_gaps
        self.farthest = max(self.farthest, distance)
        if len(rows) >= self.n_changed:
            self.n_changed, self.n_past = len(rows), len(past)

    def leak(self, where: str) -> Leak:
        """Return it as a finding."""
        kind = GAP_FILLED if self.only_gaps else LOOKS_AHEAD
        scope = "all" if self.n_changed == self.n_past else f"{self.n_changed} of"
        what = (
            f"{scope} {self.n_past} earlier rows change when the rows behind them do; the "
            f"farthest lies {counted(self.farthest, 'row')} before the change."
        )
        return Leak(kind, where, self.n_changed, what, _REMEDIES[kind])


def cuts_of(X: Any, rows: RowsInTime) -> list[int]:
    """Return the times at which the future begins: some parts of all, and the ends of gaps."""
    n_times = rows.n_times
    cuts = {int(part * n_times) for part in _CUTS}
    return sorted(cut for cut in {*cuts, *_ends_of_gaps(X, rows)} if cut >= _LEAST_ROWS)


def _ends_of_gaps(X: Any, rows: RowsInTime) -> list[int]:
    """Return times of rows whose predecessor misses a value that they have, late ones first."""
    is_gap = _missing(X)
    if is_gap is None:
        return []
    order = rows.order
    ends = (is_gap[order][:-1] & ~is_gap[order][1:]).any(axis=1)
    times = rows.times[order][1:][ends]
    late = times[times >= rows.n_times // 4]
    return [int(time) for time in late[:_MOST_GAPS]]


def _missing(X: Any) -> np.ndarray | None:
    """Return which values of a table are missing, shape (n_rows, n_columns)."""
    if hasattr(X, "isna"):
        return np.asarray(X.isna()).reshape(len(X), -1)
    values = np.asarray(X) if hasattr(X, "shape") and len(X.shape) == 2 else np.empty((0, 0))
    return np.isnan(values) if values.dtype.kind == "f" and len(values) else None


def steps_seen(
    steps: list[tuple[str, Any]],
    X: Any,
    y: Any,
    rows: RowsInTime,
    known: Sequence[Any],
) -> dict[str, Seen]:
    """Return what was seen of each step, fitted on the rows before each cut.

    Parameters
    ----------
    steps : list of (name, transformer)
    X : array-like or frame of n_rows
    y : array-like of n_rows or None
    rows : RowsInTime
    known : sequence of column names or positions
        Columns that keep their future.
    """
    seen = {name: Seen() for name, _ in steps}
    # The first rows too: what lags leave empty there may be filled from behind.
    first = {_LEAST_ROWS} if rows.n_times > _LEAST_ROWS else set()
    for cut in sorted(first.union(cuts_of(X, rows))):
        is_past = rows.times < cut
        try:
            fitted = _fitted(steps, rows_of(X, np.flatnonzero(is_past)), y, is_past, seen)
        except _NotFitted:
            continue
        for change in FUTURES:
            _follow(fitted, X, change(X, ~is_past, known), rows, cut, seen)
    return seen


class _NotFitted(Exception):
    """A step could not be fitted: its problem is written down."""


def _fitted(
    steps: list[tuple[str, Any]], past: Any, y: Any, is_past: np.ndarray, seen: dict[str, Seen]
) -> list[tuple[str, Any]]:
    """Return the steps, each fitted on what those before make of the past rows."""
    its_y = None if y is None else rows_of(y, np.flatnonzero(is_past))
    fitted = []
    for name, step in steps:
        try:
            step = clone(step)
            step.fit(past) if its_y is None else step.fit(past, its_y)
            past = step.transform(past)
        except Exception as error:
            seen[name].problem = f"it does not fit the earlier rows: {_first_line(error)}"
            raise _NotFitted from error
        fitted.append((name, step))
    return fitted


def _follow(
    steps: list[tuple[str, Any]],
    clean: Any,
    other: Any,
    rows: RowsInTime,
    cut: int,
    seen: dict[str, Seen],
) -> None:
    """Send a table and one with another future through all steps, and write down what differs."""
    past = np.flatnonzero(rows.times < cut)
    for name, step in steps:
        results = _results(step.transform, clean, other, past)
        if isinstance(results, str):
            seen[name].problem = seen[name].problem or results
            return
        one, two, changed = results
        seen[name].n_cuts += 1
        if len(changed):
            _take_in(seen[name], changed, past, clean, rows, cut)
            for inner, function, part in _inner(step):
                found = _results(function, part(clean), part(other), past)
                if not isinstance(found, str):
                    within = seen[name].inner.setdefault(inner, Seen())
                    _take_in(within, found[2], past, clean, rows, cut)
            two = joined(one, two, rows.times < cut)
        clean, other = one, two


def _take_in(
    seen: Seen, changed: np.ndarray, past: np.ndarray, clean: Any, rows: RowsInTime, cut: int
) -> None:
    is_gap = _missing(clean)
    in_gaps = is_gap is not None and bool(is_gap[changed].any(axis=1).all())
    distance = int(cut - rows.times[changed].min(initial=cut))
    seen.add(changed, past, distance, in_gaps)


def _inner(step: Any) -> Iterator[tuple[str, Callable[[Any], Any], Callable[[Any], Any]]]:
    """Yield name, transform and columns of what runs side by side in a fitted step."""
    fitted = {name: (one, columns) for name, one, columns in _fitted_branches(step)}
    if len(fitted) > 1:
        for name, (one, columns) in fitted.items():
            yield name, one.transform, partial(_columns_of, columns)


def _fitted_branches(step: Any) -> list[tuple[str, Any, Any]]:
    if hasattr(step, "transformers_"):
        return [entry for entry in step.transformers_ if hasattr(entry[1], "transform")]
    return branches_of(step)


def _columns_of(columns: Any, X: Any) -> Any:
    return X if columns is None else safe_indexing(X, columns, axis=1)


def _results(
    function: Callable[[Any], Any], clean: Any, other: Any, past: np.ndarray
) -> tuple[Any, Any, np.ndarray] | str:
    """Return both results and the past rows that differ, or why they can't be told."""
    try:
        one, again, two = function(clean), function(clean), function(other)
    except Exception as error:
        return f"it refuses rows with another future: {_first_line(error)}"
    if np.shape(one)[:1] != np.shape(clean)[:1]:
        return "its rows do not stand for the rows that it was given"
    changed, by_chance = changed_rows(one, two, past), changed_rows(one, again, past)
    if changed is None or by_chance is None:
        return "it gives another number of columns with another future"
    if len(by_chance):
        return "it gives other numbers each time, for the same rows"
    return one, two, changed


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error) else ''}"


def step_findings(seen: dict[str, Seen]) -> tuple[list[Leak], list[str], list[str]]:
    """Return the leaks, what was checked, and what was not, of all steps."""
    leaks, checked, not_checked = [], [], []
    for name, one in seen.items():
        if one.n_changed:
            guilty = {f"{name}__{k}": v for k, v in one.inner.items() if v.n_changed} or {name: one}
            leaks += [each.leak(f"step {key!r}") for key, each in guilty.items()]
        if one.n_cuts:
            checked.append(f"step {name!r}: its earlier rows, with another future behind them")
        else:
            reason = one.problem or "a step before it could not be followed, or rows are too few"
            not_checked.append(f"step {name!r}: {reason}")
    return leaks, checked, not_checked


def predict_findings(
    estimator: Any, X: Any, rows: RowsInTime, known: Sequence[Any]
) -> tuple[list[Leak], str | None]:
    """Return the leaks of a fitted estimator's predictions, and why they could not be told."""
    seen = Seen()
    for cut in cuts_of(X, rows):
        is_past = rows.times < cut
        past = np.flatnonzero(is_past)
        for change in FUTURES:
            results = _results(estimator.predict, X, change(X, ~is_past, known), past)
            if isinstance(results, str):
                return [], results
            _take_in(seen, results[2], past, X, rows, cut)
    where = f"predict of {type(estimator).__name__}"
    return ([seen.leak(where)] if seen.n_changed else []), None


def quietly(function: Callable[..., Any], *args: Any) -> Any:
    """Return the function's value without the warnings of its many fits."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*args)
