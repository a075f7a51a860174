"""Features whose values span decades, or are constant, as a network sees them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from .row_counts import RowCounts

# A feature is bent if its deviation is more than so many times its usual distance from the median.
_DECADES = 10.0
# Values are equal but for rounding if they differ by this part of a large one: of the 0.9 quantile,
# for the largest may be a number that stands for missing values.
_ROUNDING = 10 * float(np.finfo(np.float64).eps)
# At most this many rows give the median. They are drawn at random: every 24th would be one hour.
_MOST_ROWS = 100_000
# Values of neighbouring rows, and of drawn rows, that are looked at at once.
_VALUES_AT_ONCE, _VALUES_OF_A_PASS = 2**15, 2**20


@dataclass(frozen=True)
class Bends:
    """How a network sees some features, in the user's units, before they are standardized.

    Parameters
    ----------
    bent : tuple of int
        The features that are seen as asinh((x - centre) / unit): as a line near the centre, and as
        a logarithm far from it.
    centre, unit : tuple of float
        The median of each of them, and the median distance from it of all other values.
    fixed : tuple of int
        The features that are always seen as their usual value: training has shown no other.
    usual : tuple of float
        The usual value of each of them.

    References
    ----------
    Burbidge, Magee and Robb, "Alternative transformations to handle extreme values of the
    dependent variable", 1988.
    """

    bent: tuple[int, ...] = ()
    centre: tuple[float, ...] = ()
    unit: tuple[float, ...] = ()
    fixed: tuple[int, ...] = ()
    usual: tuple[float, ...] = ()

    @classmethod
    def learn(cls, values: np.ndarray, counts: np.ndarray | RowCounts) -> Bends:
        """Return how the features of rows are seen, from the rows that count at all."""
        bent: list[tuple[int, float, float]] = []
        fixed: list[tuple[int, float]] = []
        middles = list(_middles(values, counts))
        are_fixed, deviations = _spreads(values, counts, [centre for centre, _ in middles])
        for feature, (centre, unit) in enumerate(middles):
            if are_fixed[feature]:
                fixed.append((feature, centre))
            elif deviations[feature] > _DECADES * unit:
                bent.append((feature, centre, unit))
        return cls(*_columns(bent, 3), *_columns(fixed, 2))

    def __bool__(self) -> bool:
        return bool(self.bent or self.fixed)

    def applied(self, values: np.ndarray) -> np.ndarray:
        """Return values as the network is to see them; the last axis has the features."""
        if not self:
            return values
        values = values.copy()
        for feature, centre, unit in zip(self.bent, self.centre, self.unit, strict=True):
            exact = values[..., feature].astype(np.float64)
            values[..., feature] = np.arcsinh((exact - centre) / unit)
        for feature, usual in zip(self.fixed, self.usual, strict=True):
            column = values[..., feature]
            values[..., feature] = np.where(np.isnan(column), column, usual)
        return values

    def without_bent(self) -> Bends:
        """Return how the same features are fixed, and none is bent."""
        return Bends(fixed=self.fixed, usual=self.usual)

    def fields(self) -> tuple[tuple[float, ...], ...]:
        """Return its fields in their order; none if it changes nothing."""
        return tuple(vars(self).values()) if self else ()


def _columns(rows: list[Any], number: int) -> Iterable[tuple[Any, ...]]:
    return zip(*rows, strict=True) if rows else [()] * number


def _used_parts(
    values: np.ndarray, counts: np.ndarray | RowCounts
) -> Iterator[tuple[int, np.ndarray]]:
    """Yield parts of the rows: the first row of each, and which rows of it count."""
    size = max(_VALUES_AT_ONCE // values.shape[1], 1)
    for first in range(0, len(values), size):
        yield first, counts[first : first + size] > 0


def _used_rows(values: np.ndarray, counts: np.ndarray | RowCounts) -> Iterator[np.ndarray]:
    """Yield the rows that count, a part of them at a time."""
    for first, used in _used_parts(values, counts):
        rows = values[first : first + len(used)]
        yield rows if used.all() else rows[used]


def _some_of(values: np.ndarray, counts: np.ndarray | RowCounts) -> Any:
    """Return which rows the median is taken of."""
    n_used = sum(int(used.sum()) for _, used in _used_parts(values, counts))
    if n_used == len(values) <= _MOST_ROWS:
        return slice(None)
    drawn = (
        np.sort(np.random.default_rng(0).integers(n_used, size=_MOST_ROWS))
        if n_used > _MOST_ROWS
        else np.arange(n_used)
    )
    found, before = [], 0
    for first, used in _used_parts(values, counts):
        here = np.flatnonzero(used)
        wanted = drawn[slice(*np.searchsorted(drawn, [before, before + len(here)]))]
        found.append(first + here[wanted - before])
        before += len(here)
    return np.concatenate(found)


def _middles(values: np.ndarray, counts: np.ndarray | RowCounts) -> Iterator[tuple[float, float]]:
    """Yield what `_middle` gives for each feature, of the rows that count or of some of them."""
    some = _some_of(values, counts)
    # A few features at a time: values may be most of the memory, and one pass of a file each.
    width = max(_VALUES_OF_A_PASS // _MOST_ROWS, 1)
    for first in range(0, values.shape[1], width):
        yield from map(_middle, values[some, first : first + width].T)


def _spreads(
    values: np.ndarray, counts: np.ndarray | RowCounts, centre: list[float]
) -> tuple[np.ndarray, np.ndarray]:
    """Return whether each feature always has its centre's value, and its standard deviation."""
    usual, n_features = np.array(centre, values.dtype), values.shape[1]
    n_used, total, squares = 0, np.zeros(n_features), np.zeros(n_features)
    are_fixed = np.ones(n_features, bool)
    with np.errstate(over="ignore", invalid="ignore"):
        for rows in _used_rows(values, counts):
            are_fixed &= (rows == usual).all(axis=0)
            n_used, total = n_used + len(rows), total + rows.sum(axis=0, dtype=np.float64)
        for rows in _used_rows(values, counts):
            squares += np.square(rows - total / n_used).sum(axis=0)
    return are_fixed, np.sqrt(squares / n_used)


def _middle(column: np.ndarray) -> tuple[float, float]:
    """Return the median, and the median distance of the values that are not equal to it."""
    column = column.astype(np.float64)
    centre = np.median(column)
    distances = np.abs(column - centre)
    distances = distances[distances > _ROUNDING * np.quantile(np.abs(column), 0.9)]
    return float(centre), float(np.median(distances)) if len(distances) else 1.0
