"""Features whose values span decades, or are nearly always the same, as a network sees them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

# A feature is bent if its deviation is more than so many times its usual distance from the median.
_DECADES = 10.0
# A feature is fixed if so few of its values are not its usual one, as a share and in all.
_RARE, _MOST_RARE_VALUES = 0.001, 20
# A feature of so few different values tells kinds of rows apart: it is fixed only if constant.
_KINDS = 20
# The rows of which the median is taken, at most.
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
        The features that are always seen as their usual value: training has shown too little of
        any other.
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
        rows = values[used]
        for feature, column in enumerate(rows.T):
            centre, unit = _middle(column[:: -(-len(column) // _MOST_ROWS)])
            if _hardly_varies(column, centre):
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


def _middle(column: np.ndarray) -> tuple[float, float]:
    """Return the median, and the median distance of the values that are not equal to it."""
    centre = np.median(column.astype(np.float64))
    distances = np.abs(column - centre)
    distances = distances[distances > 0]
    return float(centre), float(np.median(distances)) if len(distances) else 1.0


def _hardly_varies(column: np.ndarray, usual: float) -> bool:
    """Tell whether a column is constant, or so few values differ that nothing is learnt of them."""
    others = column[column != usual]
    if len(others) > min(_RARE * len(column), _MOST_RARE_VALUES):
        return False
    return len(others) == 0 or len(np.unique(others)) >= _KINDS
