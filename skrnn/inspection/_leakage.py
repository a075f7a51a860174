"""A report of the places at which the future gets into a pipeline, its folds or its data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import check_cv
from sklearn.utils.validation import check_is_fitted

from .._messages import shown
from ._fold_leaks import Fold, duplicate_findings, order_findings, overlap_findings
from ._looking_ahead import predict_findings, quietly, step_findings, steps_seen
from ._pipeline_parts import parts_of, reach_of, reads_sequences
from ._preparation import prepared_by
from ._report import Leak, LeakageReport, counted
from ._rows_in_time import RowsInTime, rows_in_time
from ._scaled_before import frozen_findings, scaled_findings
from ._target_places import horizon_in, places_of, table_of_numbers, target_findings


def leakage_report(
    pipeline: Any,
    X: Any,
    y: Any = None,
    *,
    cv: Any = None,
    prepare: Callable[[Any], Any] | None = None,
    horizon: int | None = None,
    known: Sequence[Any] = (),
    time_ordered: bool | str = "auto",
) -> LeakageReport:
    """Find out where the future leaks into a pipeline, its folds or its data.

    Rows get another future, and whatever changes in earlier rows has seen it. Transformers are
    cloned and fitted on earlier rows; the last estimator is never fitted.

    Parameters
    ----------
    pipeline : scikit-learn estimator or Pipeline
        Also a search, or another estimator around one. If it is fitted, its predictions are
        checked too.
    X : array-like or frame of shape (n_rows, ...)
        The rows, in the order of time or with times in the index. With `prepare` the raw data.
    y : array-like of shape (n_rows,) or (n_rows, n_outputs), or None, default=None
        The targets. None with `prepare`, which makes them.
    cv : int, splitter or iterable of (train, test), default=None
        The folds, as in scikit-learn's `cross_val_score`: an integer is a `KFold` there, which is
        reported. Give folds of groups as ``list(splitter.split(X, y, groups))``. None: no folds are
        checked.
    prepare : callable or None, default=None
        The function that makes X, or ``(X, y)``, of raw data before there are folds. It alone shows
        all that happened there.
    horizon : int or None, default=None
        How many steps after its row the last target of a row lies. None: it is found where the
        target is a column of X some rows later, or `prepare` makes it.
    known : sequence of column names or positions, default=()
        Columns that are known ahead, such as holidays: a row may see their future. Those of an
        `RNNForecaster` are taken from it.
    time_ordered : {"auto"} or bool, default="auto"
        Whether the order of rows is one of time. "auto": rows of a table are in time, and so are
        windows of a series; other sequences, texts and lists are independent samples. A network
        that is given a table without `LagWindows` reads each row as a sequence.

    Returns
    -------
    report : LeakageReport
        False where no leak was found: ``assert not leakage_report(...)``. It prints what was found,
        what to do, what was checked and what was not; ``report.to_frame()`` is a DataFrame with
        the columns "kind", "where", "n_rows", "what" and "remedy", and ``report.findings`` a tuple.

    Raises
    ------
    ValueError
        If y has another number of rows than X, y is given with `prepare`, the horizon is not a
        positive integer, or `time_ordered` is none of its values.

    See Also
    --------
    series_to_supervised : Rows and their future.
    LagWindows : The past of each row.
    PanelTimeSeriesSplit : Folds in the order of time for several series.

    Notes
    -----
    The kinds are "rows that see later rows", "gaps filled from behind" (steps, `prepare` and
    predictions); "fitted before the split" (`prepare`, steps that are frozen, columns of X with
    the exact mean and deviation, or range, of a scaler over all rows); "target in X" and "target
    from the past" (columns of X); "shuffled folds", "training rows behind the test rows", "rows in
    both parts of a fold", "training targets inside the test" and "duplicated rows across folds".

    Work on X before it was handed over shows only in these signs. An imputed gap, a
    smoothed column or features chosen by all rows do not show: give them as `prepare`.

    References
    ----------
    Kaufman, Rosset, Perlich and Stitelman, "Leakage in data mining: formulation, detection, and
    avoidance", ACM Transactions on Knowledge Discovery from Data 6(4), 2012.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.model_selection import TimeSeriesSplit
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import FunctionTransformer, StandardScaler
    >>> from skrnn import leakage_report, series_to_supervised
    >>> days = pd.date_range("2024-01-01", periods=100)
    >>> wind = np.random.default_rng(0).normal(size=100).round(1)
    >>> X, y = series_to_supervised(pd.DataFrame({"wind": wind}, days))
    >>> smooth = FunctionTransformer(lambda X: X.rolling(7, center=True, min_periods=1).mean())
    >>> report = leakage_report(make_pipeline(smooth, Ridge()), X, y)
    >>> report.to_frame()[["kind", "where", "n_rows"]]
                           kind                        where  n_rows
    0  rows that see later rows  step 'functiontransformer'       3
    >>> clean = make_pipeline(StandardScaler(), Ridge())
    >>> bool(leakage_report(clean, X, y, cv=TimeSeriesSplit(3)))
    False
    """
    _check_words(y, prepare, horizon, time_ordered)
    steps, last = parts_of(pipeline)
    known = [*known, *getattr(last, "known", ())]
    finds = _Finds()
    are_sequences = reads_sequences(steps, last)
    rows = rows_in_time(X, time_ordered, are_sequences=are_sequences)
    X = _as_table(X)
    if prepare is not None:
        X, y, rows, horizon = quietly(
            _prepared, finds, prepare, X, rows, horizon, known, time_ordered, are_sequences
        )
    _check_lengths(X, y)
    if rows is None:
        finds.not_checked.append("what needs an order of time: the samples are independent")
    else:
        is_raw = prepare is None
        horizon = quietly(_in_data, finds, X, y, rows, horizon, known if is_raw else None)
        quietly(_in_steps, finds, pipeline, (steps, last), X, y, rows, known)
    if cv is None:
        finds.not_checked.append("folds: cv is None")
    else:
        classifies = last is not None and is_classifier(last)
        folds = [
            (np.asarray(train), np.asarray(test))
            for train, test in check_cv(cv, y, classifier=classifies).split(X, y)
        ]
        quietly(_in_folds, finds, folds, X, y, rows, horizon, reach_of(steps, last, X))
    return finds.report()


def _check_words(y: Any, prepare: Any, horizon: Any, time_ordered: Any) -> None:
    if y is not None and prepare is not None:
        raise ValueError(
            "Expected y=None with prepare, which makes X and y of the raw data; got both: let "
            "prepare return (X, y)."
        )
    if horizon is not None and (not isinstance(horizon, int | np.integer) or horizon < 1):
        raise ValueError(
            f"Expected horizon as an integer of at least 1, or None; got {shown(horizon)}: "
            "horizon=7 where the target of a row lies 7 steps ahead."
        )
    if time_ordered not in ("auto", True, False):
        raise ValueError(
            f'Expected time_ordered as "auto", True or False; got {shown(time_ordered)}: False '
            "says that the samples are independent."
        )


@dataclass
class _Finds:
    """The leaks that were found so far."""

    leaks: list[Leak] = field(default_factory=list)
    checked: list[str] = field(default_factory=list)
    not_checked: list[str] = field(default_factory=list)

    def report(self) -> LeakageReport:
        return LeakageReport(tuple(self.leaks), tuple(self.checked), tuple(self.not_checked))


def _as_table(X: Any) -> Any:
    """Return lists of numbers as an array, and all else as it is."""
    if not isinstance(X, list | tuple):
        return X
    try:
        values = np.asarray(X)
    except ValueError:  # of several lengths
        return X
    return values if values.dtype.kind in "biuf" and values.ndim == 2 else X


def _check_lengths(X: Any, y: Any) -> None:
    n_rows, n_targets = (
        None if x is None else (x.shape[0] if hasattr(x, "shape") else len(x)) for x in (X, y)
    )
    if y is not None and n_rows != n_targets:
        raise ValueError(
            f"Expected a target for each of {n_rows} rows of X; got {n_targets}: give X and y as "
            "series_to_supervised makes them."
        )


def _prepared(
    finds: _Finds,
    prepare: Callable[[Any], Any],
    raw: Any,
    raw_rows: RowsInTime | None,
    horizon: int | None,
    known: Sequence[Any],
    time_ordered: bool | str,
    are_sequences: bool,
) -> tuple[Any, Any, RowsInTime | None, int | None]:
    """Return X, y, their order in time and the horizon that was seen."""
    made = prepared_by(prepare, raw, raw_rows, known)
    finds.leaks += made.leaks
    if made.problem:
        finds.not_checked.append(f"prepare: {made.problem}")
    else:
        finds.checked.append("prepare: its earlier rows, with another future behind them")
    rows = rows_in_time(made.X, time_ordered, are_sequences=are_sequences)
    if raw_rows is not None and made.rows is not None:
        rows = raw_rows.take(made.rows)
    return made.X, made.y, rows, made.horizon if horizon is None else horizon


def _in_data(
    finds: _Finds,
    X: Any,
    y: Any,
    rows: RowsInTime,
    horizon: int | None,
    known: Sequence[Any] | None,
) -> int | None:
    """Look for targets in X, and for a scaler's signs; return the horizon as far as it is known.

    `known` is None where X was prepared in sight: then a scaler has been seen there.
    """
    table = table_of_numbers(X)
    targets = None if y is None else table_of_numbers(y)
    if table is None:
        finds.not_checked.append("columns of X: it is not a table of numbers")
        return horizon
    values, names = table
    places = [] if targets is None else places_of(values, targets[0], rows)
    if targets is not None:
        finds.leaks += target_findings(places, names, len(rows))
        finds.checked.append("columns of X: whether the target is one, up to 100 rows away")
    if known is not None and len(getattr(X, "shape", ())) < 3:
        of_y = np.empty((len(rows), 0)) if targets is None else targets[0]
        finds.leaks += scaled_findings(values, names, of_y, places, rows, known)
        finds.checked.append("columns of X: the signs of a scaler over all rows")
    if horizon is not None or targets is None:
        return horizon
    return horizon_in(places, targets[0].shape[1])


def _in_steps(
    finds: _Finds,
    pipeline: Any,
    parts: tuple[list[tuple[str, Any]], Any],
    X: Any,
    y: Any,
    rows: RowsInTime,
    known: Sequence[Any],
) -> None:
    steps, last = parts
    leaks, checked, not_checked = step_findings(steps_seen(steps, X, y, rows, known))
    frozen, untold = frozen_findings(steps, X, y, rows)
    finds.leaks += leaks + frozen
    finds.checked += checked
    finds.not_checked += not_checked + untold
    if last is None:
        return
    try:
        check_is_fitted(pipeline)
    except NotFittedError:
        where = f"predictions of {type(last).__name__}"
        finds.not_checked.append(f"{where}: it is not fitted; give the fitted pipeline for them")
        return
    found, problem = predict_findings(pipeline, X, rows, known)
    if problem is not None:
        finds.not_checked.append(f"predictions: {problem}")
        return
    finds.checked.append("predictions: those of earlier rows, with another future behind them")
    if not leaks:  # a step that looks ahead is the reason
        finds.leaks += found


def _in_folds(
    finds: _Finds,
    folds: list[Fold],
    X: Any,
    y: Any,
    rows: RowsInTime | None,
    horizon: int | None,
    reach: int,
) -> None:
    finds.leaks += order_findings(folds, rows, reach)
    finds.checked.append(f"{len(folds)} folds: the order of training and test rows")
    copies, problem = duplicate_findings(folds, X, y, rows)
    finds.leaks += copies
    if problem is None:
        finds.checked.append(f"{len(folds)} folds: copies of test rows among the training rows")
    else:
        finds.not_checked.append(f"duplicated rows: {problem}")
    if rows is None or y is None:
        return
    if horizon is None:
        finds.not_checked.append(
            "the distance of the folds: how far ahead the target lies is not known; give horizon="
        )
        return
    finds.leaks += overlap_findings(folds, rows, horizon)
    finds.checked.append(
        f"{len(folds)} folds: their distance, for targets {counted(horizon, 'step')} ahead"
    )
