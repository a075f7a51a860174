"""Folds whose training rows know what the test rows are asked."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._data.window_runs import fingerprints_of
from ._report import Leak, counted
from ._rows_in_time import RowsInTime

SHUFFLED = "shuffled folds"
LATER = "training rows behind the test rows"
SHARED = "rows in both parts of a fold"
OVERLAP = "training targets inside the test"
DUPLICATES = "duplicated rows across folds"

# Columns go together, so that equal rows are more than if each had its values by itself.
_TIMES_CHANCE = 20
# Rows of few values, such as an hour, a state or a class, come again, and as often with one value
# more or less. A copy has no such neighbours.
_TIMES_NEIGHBOURS = 5
_MOST_COLUMNS = 32  # those of long windows are compared in part

Fold = tuple[np.ndarray, np.ndarray]

_SPLITTERS = "TimeSeriesSplit(), or PanelTimeSeriesSplit() for several series"
_REMEDIES = {
    SHUFFLED: f"Cut in the order of time: cv={_SPLITTERS}.",
    LATER: f"Train on rows before the test alone: cv={_SPLITTERS}.",
    SHARED: "Give each fold training rows that are not among its test rows.",
    DUPLICATES: "Drop the copies before the split, X.drop_duplicates(), or keep all copies of a "
    "row in one fold (GroupKFold).",
}


def order_findings(folds: list[Fold], rows: RowsInTime | None, reach: int) -> list[Leak]:
    """Return rows that are in both parts, and training rows later than the first test row.

    Parameters
    ----------
    folds : list of (train, test), ndarrays of row numbers
    rows : RowsInTime or None
        None for independent samples: then their order does not matter.
    reach : int
        How many rows a prediction looks back.
    """
    leaks = [
        _leak(
            SHARED,
            number,
            len(shared),
            f"{counted(len(shared), 'test row')} among the training rows.",
        )
        for number, (train, test) in enumerate(folds)
        if len(shared := np.intersect1d(train, test))
    ]
    if rows is None or _are_of_other_series(folds, rows):
        return leaks
    return leaks + [
        leak
        for number, (train, test) in enumerate(folds)
        if (leak := _of_later_rows(number, rows.times[train], rows.times[test], reach)) is not None
    ]


def _leak(kind: str, number: int, n_rows: int, what: str, remedy: str | None = None) -> Leak:
    return Leak(kind, f"fold {number}", n_rows, what, remedy or _REMEDIES[kind])


def _are_of_other_series(folds: list[Fold], rows: RowsInTime) -> bool:
    """Tell whether every fold asks about series that it has not seen at all."""
    return all(
        not len(np.intersect1d(rows.series[train], rows.series[test])) for train, test in folds
    )


def _of_later_rows(number: int, train: np.ndarray, test: np.ndarray, reach: int) -> Leak | None:
    first, last = test.min(), test.max()
    n_later = int((train > first).sum())
    if not n_later:
        return None
    is_between = bool(((train > first) & (train < last)).any())
    n_overlap = int(((train > last) & (train <= last + reach)).sum())
    what = f"{n_later} of {len(train)} training rows are later than the first test row"
    if is_between:
        return _leak(SHUFFLED, number, n_later, f"{what}, some of them between test rows.")
    overlap = f"; the windows of {n_overlap} of them reach into the test" if n_overlap else ""
    return _leak(LATER, number, n_later, f"{what}{overlap}.")


def overlap_findings(folds: list[Fold], rows: RowsInTime, horizon: int) -> list[Leak]:
    """Return training rows before the test whose target is later than the first test row.

    Parameters
    ----------
    folds : list of (train, test), ndarrays of row numbers
    rows : RowsInTime
    horizon : int
        How many steps after its row a target lies.
    """
    leaks = []
    for number, (train, test) in enumerate(folds):
        n_inside = 0
        for series in np.intersect1d(rows.series[train], rows.series[test]):
            its_train, its_test = (r[rows.series[r] == series] for r in (train, test))
            first = rows.steps[its_test].min()
            steps = rows.steps[its_train]
            n_inside += int(((steps < first) & (steps + horizon > first)).sum())
        if n_inside:
            what = (
                f"{counted(n_inside, 'training row')} before the test with a target {horizon} "
                "steps ahead, behind the first test row: it is not known when that is forecast."
            )
            remedy = (
                f"Leave {counted(horizon - 1, 'row')} between the parts of a fold: "
                f"TimeSeriesSplit(gap={horizon - 1}), or PanelTimeSeriesSplit with the same gap."
            )
            leaks.append(_leak(OVERLAP, number, n_inside, what, remedy))
    return leaks


def duplicate_findings(
    folds: list[Fold], X: Any, y: Any, rows: RowsInTime | None
) -> tuple[list[Leak], str | None]:
    """Return test rows of which the training has a copy, and why that could not be told."""
    values = _as_numbers(X)
    if values is None or not len(values):
        return [], "sequences of several lengths and texts are not compared with one another"
    targets = None if y is None else _as_numbers(y)
    if targets is not None and len(targets) == len(values):
        values = np.column_stack([values, targets])
    copies = _copies(values, len(getattr(X, "shape", ())) == 3, rows)
    leaks = []
    for number, (train, test) in enumerate(folds):
        known = copies[np.setdiff1d(train, test)]
        n_rows = int(np.isin(copies[test], known[known >= 0]).sum())
        if n_rows:
            count = counted(n_rows, "test row")
            what = f"{count} with a copy, target included, among the training rows."
            leaks.append(_leak(DUPLICATES, number, n_rows, what))
    return (leaks if sum(leak.n_rows for leak in leaks) > 1 else []), None


def _as_numbers(X: Any) -> np.ndarray | None:
    """Return a row of numbers for each row, those of other values by their order."""
    import pandas as pd

    if hasattr(X, "toarray"):
        X = X.toarray()
    if len(getattr(X, "shape", ())) < 2 and not all(np.isscalar(entry) for entry in X):
        return None
    frame = X if hasattr(X, "iloc") else np.asarray(X).reshape(len(X), -1)
    columns = [
        column.to_numpy(float)
        if column.dtype.kind in "biuf"
        else pd.factorize(column)[0].astype(float)
        for _, column in pd.DataFrame(frame).items()
    ]
    return np.column_stack(columns) if columns else None


def _copies(values: np.ndarray, are_sequences: bool, rows: RowsInTime | None) -> np.ndarray:
    """Return a number that copies of a row share, and -1 for all other rows.

    Rounded measurements, and those of few values, are equal by chance: copies are told where
    equal rows are far more than these. Consecutive equal rows are a sensor that rests.
    """
    _, group, counts = np.unique(fingerprints_of(values), return_inverse=True, return_counts=True)
    copies = np.where(counts[group.ravel()] > 1, group.ravel(), -1)
    if are_sequences and (copies >= 0).any():
        equal = np.flatnonzero(copies >= 0)
        is_constant = np.nanmax(values[equal], 1) == np.nanmin(values[equal], 1)
        copies[equal[is_constant]] = -1
    if rows is not None:
        copies[_rest(copies, rows)] = -1
    n_copies = int((copies >= 0).sum())
    come_again = n_copies <= _TIMES_CHANCE * _by_chance(values)
    come_again |= rows is not None and _are_a_season(copies)
    if n_copies and (come_again or n_copies <= _TIMES_NEIGHBOURS * _n_neighbours(values)):
        return np.full(len(values), -1)
    return copies


def _are_a_season(copies: np.ndarray) -> bool:
    """Tell whether nearly all rows come again twice or more, as in an exact season."""
    counts = np.bincount(copies[copies >= 0], minlength=1)
    return counts.sum() > 0.9 * len(copies) and bool(np.median(counts[counts > 0]) > 2)


def _by_chance(values: np.ndarray) -> float:
    """Return how many rows would equal another one if the columns had nothing to do with others."""
    n_rows = len(values)
    shares = np.ones(n_rows)
    for column in values.T[_chosen(values)]:
        _, place, n_same = np.unique(column, return_inverse=True, return_counts=True)
        shares *= (n_same[place.ravel()] - 1) / n_rows
    return float(shares.sum() * n_rows)


def _n_neighbours(values: np.ndarray) -> int:
    """Return how many rows have all values of another row but one."""
    own, are_near = fingerprints_of(values), np.zeros(len(values), bool)
    for column in _chosen(values) if values.shape[1] > 1 else ():
        others = fingerprints_of(np.delete(values, column, axis=1))
        _, group = np.unique(others, return_inverse=True)
        pairs = np.unique(np.column_stack([group.ravel(), own.astype(np.int64)]), axis=0)
        n_different = np.bincount(pairs[:, 0])
        are_near |= n_different[group.ravel()] > 1
    return int(are_near.sum())


def _chosen(values: np.ndarray) -> np.ndarray:
    """Return the columns that are looked at, some of them where there are many."""
    n_columns = values.shape[1]
    return np.unique(np.linspace(0, n_columns - 1, _MOST_COLUMNS).astype(int))


def _rest(copies: np.ndarray, rows: RowsInTime) -> np.ndarray:
    """Tell which rows belong to copies that are consecutive in time."""
    is_resting = np.zeros(len(copies), bool)
    for number in np.unique(copies[copies >= 0]):
        members = np.flatnonzero(copies == number)
        times = np.sort(rows.times[members])
        if (np.diff(times) == 1).all():
            is_resting[members] = True
    return is_resting
