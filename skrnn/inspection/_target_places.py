"""The place of the target in X: ahead, as it should be, in the same row, or behind."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from ._report import Leak, counted
from ._rows_in_time import RowsInTime

# The last rows, which tell as much as all of them, and how far to look.
_MOST_ROWS = 2000
_FARTHEST = 100
_LEAST_PAIRS = 12

TARGET_IN_X = "target in X"
TARGET_BEHIND = "target from the past"


@dataclass(frozen=True)
class Place:
    """A column of X that is a target, some rows later.

    Parameters
    ----------
    target, column : int
    ahead : int
        How many rows later: 0 for the same row, less than 0 for an earlier one.
    slope, offset : float
        ``target = slope * column + offset``.
    share : float
        The share of the rows in which it is.
    """

    target: int
    column: int
    ahead: int
    slope: float
    offset: float
    share: float


def table_of_numbers(X: Any) -> tuple[np.ndarray, list[Any]] | None:
    """Return the values of a table, or of the last steps of windows, and the columns' names.

    A text has a number of its own, the same in all columns; other values are NaN. None for what is
    no table.
    """
    if hasattr(X, "columns") and hasattr(X, "iloc"):
        columns = [_numbers(X.iloc[:, at].to_numpy()) for at in range(X.shape[1])]
        return np.column_stack(columns) if columns else np.empty((len(X), 0)), list(X.columns)
    if isinstance(X, list | tuple) and all(map(np.isscalar, X)):
        X = np.asarray(X)
    if not hasattr(X, "shape") or hasattr(X, "toarray"):
        return None
    values = np.asarray(X)
    values = values[:, None] if values.ndim == 1 else values
    values = values[:, -1] if values.ndim == 3 else values
    if values.ndim != 2:
        return None
    columns = [_numbers(column) for column in values.T]
    names = getattr(X, "columns", range(values.shape[1]))
    return np.column_stack(columns) if columns else values.astype(float), list(names)


def _numbers(values: np.ndarray) -> np.ndarray:
    import pandas as pd

    if values.dtype.kind in "biuf":
        return values.astype(float)
    numbers = np.full(len(values), np.nan)
    if values.dtype.kind not in "OUT":
        return numbers
    with suppress(TypeError, ValueError):
        return values.astype(float)
    are_texts = np.array([isinstance(value, str) for value in values])
    numbers[are_texts] = pd.util.hash_array(values[are_texts].astype(object))
    return numbers


def places_of(values: np.ndarray, targets: np.ndarray, rows: RowsInTime) -> list[Place]:
    """Return the places of all targets in a table.

    For each target and column, the same row, and the best up to 100 rows ahead, or else the nearest
    behind.
    """
    order = rows.order[-_MOST_ROWS:]
    x, y = values[order], targets[order]
    found = []
    for target in range(y.shape[1]):
        may_be_scaled = not _is_line(y[:, target])
        for column in range(x.shape[1]):
            for lags in ((0,), range(1, _FARTHEST + 1), range(-1, -_FARTHEST - 1, -1)):
                place = _best(x, y, target, column, lags, may_be_scaled)
                if place is not None:
                    found.append(place)
                    if place.ahead:
                        break
    return found


def _best(
    x: np.ndarray, y: np.ndarray, target: int, column: int, lags: Iterable[int], may_be_scaled: bool
) -> Place | None:
    """Return the nearest place with the largest share of the rows."""
    best = None
    for ahead in lags:
        line = _line(x[:, column], y[:, target], ahead, may_be_scaled)
        if line is not None and (best is None or line[2] > best.share):
            best = Place(target, column, ahead, *line)
            if best.share == 1:
                break
    return best


def _is_line(values: np.ndarray) -> bool:
    """Tell whether each value is a linear function of the one before: a ramp is, and a constant."""
    return _line(values, values, 1, True) is not None


def _line(
    x: np.ndarray, y: np.ndarray, ahead: int, may_be_scaled: bool
) -> tuple[float, float, float] | None:
    """Return slope, offset and share where y is x some rows later, exactly or scaled; else None."""
    n = len(x) - abs(ahead)
    if n < _LEAST_PAIRS:
        return None
    x, y = (x[ahead:], y[:n]) if ahead >= 0 else (x[:n], y[-ahead:])
    pairs = np.isfinite(x) & np.isfinite(y)
    x, y = x[pairs], y[pairs]
    if len(x) < _LEAST_PAIRS or not _may_be_one(x, y) or np.ptp(x) == 0 or np.ptp(y) == 0:
        return None
    same = float(np.isclose(x, y, rtol=1e-6, atol=1e-9 * np.abs(y).max()).mean())
    if same >= 0.9:
        _, counts = np.unique(y, return_counts=True)
        # A state that lasts is also that of the row before.
        lasts = float((y[1:] == y[:-1]).mean())
        by_chance = max(float(((counts / len(y)) ** 2).sum()), lasts)
        return (1.0, 0.0, same) if same - by_chance >= 0.9 * (1 - by_chance) else None
    if not may_be_scaled or 1 - abs(np.corrcoef(x, y)[0, 1]) > 1e-10:
        return None
    slope, offset = np.polyfit(x, y, 1)
    return float(slope), float(offset), 1.0


def _may_be_one(x: np.ndarray, y: np.ndarray) -> bool:
    """Tell by a few rows whether it is worth to look at all: most columns are no target."""
    some = np.linspace(0, len(x) - 1, 12).astype(int)
    x, y = x[some], y[some]
    if (np.abs(x - y) <= 1e-6 * np.abs(y)).sum() >= 6:
        return True
    x, y = x - x.mean(), y - y.mean()
    return bool((x @ y) ** 2 >= (1 - 1e-6) * (x @ x) * (y @ y))


def horizon_in(places: list[Place], n_targets: int) -> int | None:
    """Return how far ahead the farthest target lies, or None where a target is in no column."""
    nearest = [
        min((p.ahead for p in places if p.target == target and p.ahead > 0), default=0)
        for target in range(n_targets)
    ]
    return max(nearest) if nearest and min(nearest) > 0 else None


def target_findings(places: list[Place], names: list[Any], n_rows: int) -> list[Leak]:
    """Return the leaks: targets that a column of X holds, and targets of the past."""
    leaks = []
    for place in places:
        column = f"column {names[place.column]!r}"
        if place.ahead == 0:
            rows = "every row" if place.share == 1 else f"{place.share:.1%} of the rows"
            what = f"in {rows} it is the target of the same row" + _scaled(place)
            remedy = (
                "Take the column out of X; and if it is known at the time of the forecast, the "
                "target belongs to a later row: series_to_supervised pairs them."
            )
            leaks.append(Leak(TARGET_IN_X, column, n_rows, f"{what}.", remedy))
    for target in sorted({place.target for place in places}):
        of_target = [place for place in places if place.target == target]
        nearest = max(of_target, key=lambda place: place.ahead)
        if nearest.ahead < 0:
            what = (
                f"the target of a row is this column {counted(-nearest.ahead, 'row')} before it"
                f"{_scaled(nearest)}, which is known by then."
            )
            remedy = (
                "Shift the target the other way, y = column.shift(-k) for k rows ahead, or let "
                "series_to_supervised(data, target=..., horizon=...) do it."
            )
            where = f"column {names[nearest.column]!r}"
            leaks.append(Leak(TARGET_BEHIND, where, n_rows, what, remedy))
    return leaks


def _scaled(place: Place) -> str:
    return "" if (place.slope, place.offset) == (1.0, 0.0) else ", scaled"
