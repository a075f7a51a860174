"""Features whose values span decades, or are constant, as a network sees them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

# A feature is bent if its deviation is more than so many times its usual distance from the median.
_DECADES = 10.0
# Values are equal but for rounding if they differ by this part of a large one: of the 0.9 quantile,
# for the largest may be a number that stands for missing values.
_ROUNDING = 10 * float(np.finfo(np.float64).eps)
# At most this many rows give the median. They are drawn at random: every 24th would be one hour.
_MOST_ROWS = 100_000


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
    def learn(cls, values: np.ndarray, used: np.ndarray) -> Bends:
        """Return how the features of rows are seen, from the rows that are used."""
        bent: list[tuple[int, float, float]] = []
        fixed: list[tuple[int, float]] = []
        rows: Any = slice(None) if used.all() else used
        some = _some_of(int(used.sum()))
        for feature, whole in enumerate(values.T):
            column = whole[rows]  # one at a time: values may be most of the memory
            centre, unit = _middle(column[some])
            if (column == centre).all():
                fixed.append((feature, centre))
            elif column.std(dtype=np.float64) > _DECADES * unit:
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


def _some_of(n_rows: int) -> Any:
    """Return which rows the median is taken of."""
    if n_rows <= _MOST_ROWS:
        return slice(None)
    return np.random.default_rng(0).integers(n_rows, size=_MOST_ROWS)


def _middle(column: np.ndarray) -> tuple[float, float]:
    """Return the median, and the median distance of the values that are not equal to it."""
    column = column.astype(np.float64)
    centre = np.median(column)
    distances = np.abs(column - centre)
    distances = distances[distances > _ROUNDING * np.quantile(np.abs(column), 0.9)]
    return float(centre), float(np.median(distances)) if len(distances) else 1.0
