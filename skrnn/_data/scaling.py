"""Standardization of inputs and targets: what a network sees is of order one, whatever the unit."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Protocol

import numpy as np

from .memory import filled
from .row_counts import RowCounts

# Values at a time: their float64 copy stays in the cache, and OpenBLAS computes a product so small
# in one thread, so that the sums do not depend on the number of threads.
_CHUNK = 2**13

# Returns some rows of values as they are to be seen, before they are scaled.
Seen = Callable[[np.ndarray], np.ndarray]


class Beside(Protocol):
    """More columns of rows, a few rows at a time."""

    n_columns: int

    def standardized(self, rows: slice) -> np.ndarray: ...


def mean_and_scale(
    values: np.ndarray, counts: np.ndarray | RowCounts, seen: Seen | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean and the standard deviation of each column, weighted by row.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_columns)
    counts : ndarray of shape (n_rows,), or RowCounts
        How often each row counts; rows that count zero times may be NaN.
    seen : callable or None, default=None
        Takes a part of the values at a time: a copy of all would be most of the memory.

    Returns
    -------
    mean, scale : float64 ndarrays of shape (n_columns,)
        The scale of a column that is constant is 1, of a huge one its rounding error.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        mean, variance = _moments(values, counts, seen or np.asarray)
    scale = np.sqrt(variance)
    if not np.isfinite(scale).all():
        raise ValueError(
            f"Expected values whose squares fit in float64, got values up to "
            f"{_largest(values):.3g}. Choose a larger unit."
        )
    # Below this the column's spread is rounding error of its mean.
    rounding = 10 * np.finfo(np.float64).eps * np.abs(mean)
    # If the mean is so large that float32 could not hold the error, the rounding is the scale.
    unit = np.where(np.abs(mean) > 1e30, rounding, 1.0)
    return mean, np.where((scale <= rounding) | (scale == 0), unit, scale)


def identity_scaling(n_columns: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean and the scale that leave `n_columns` columns as they are."""
    return np.zeros(n_columns), np.ones(n_columns)


def standardized(
    values: np.ndarray,
    mean: np.ndarray,
    scale: np.ndarray,
    seen: Seen | None = None,
    beside: Beside | None = None,
) -> np.ndarray:
    """Return (values - mean) / scale as float32; see `mean_and_scale` for `seen`.

    The columns of `beside` follow. The result stays in a file if the values do.
    """
    parts = _scaled_parts(values, mean, scale, seen or np.asarray, beside)
    n_columns = values.shape[-1] + (0 if beside is None else beside.n_columns)
    try:
        with np.errstate(over="raise"):
            return filled(parts, (*values.shape[:-1], n_columns), like=values)
    except FloatingPointError as error:
        raise ValueError(
            f"Expected values in proportion to the values of fit, got up to "
            f"{_largest(values):.3g}, which in their scale is beyond float32. Look at "
            "their unit, and at numbers that stand for missing values."
        ) from error


def _scaled_parts(
    values: np.ndarray, mean: np.ndarray, scale: np.ndarray, seen: Seen, beside: Beside | None
) -> Iterator[np.ndarray]:
    for part in _chunks(values):
        scaled = seen(values[part]).astype(np.float64)
        scaled -= mean
        scaled /= scale
        if beside is not None:
            scaled = np.hstack([scaled, beside.standardized(part)])
        yield scaled.astype(np.float32)


def _largest(values: np.ndarray) -> float:
    """Return the largest absolute value that is a number."""
    of_parts = [np.fmax.reduce(np.abs(values[part]), axis=None) for part in _chunks(values)]
    return float(np.nanmax(of_parts))


def _moments(
    values: np.ndarray, counts: np.ndarray | RowCounts, seen: Seen
) -> tuple[np.ndarray, np.ndarray]:
    """Return the weighted mean and variance of each column, in one pass over the memory.

    Each chunk's sum of squares is about its own mean, and chunks are joined by the distance of
    their means (Chan, Golub and LeVeque, "Algorithms for computing the sample variance", 1983): no
    difference of large squares, so nothing cancels for values far from zero.
    """
    total, mean, squares = 0.0, np.zeros(values.shape[1]), np.zeros(values.shape[1])
    for part in _chunks(values):
        apart, weights = seen(values[part]).astype(np.float64), counts[part].astype(np.float64)
        used = weights > 0
        if not used.all():
            apart, weights = apart[used], weights[used]
        weight = weights.sum()
        if weight == 0:
            continue
        here = weights @ apart / weight
        apart -= here
        distance = here - mean
        np.square(apart, out=apart)
        squares += weights @ apart + distance * distance * (weight * total / (total + weight))
        total += weight
        mean += distance * (weight / total)
    return mean, squares / total


def _chunks(values: np.ndarray) -> Iterator[slice]:
    """Yield slices of rows that hold so many values."""
    n_rows = max(_CHUNK // math.prod(values.shape[1:]), 1)
    for first in range(0, len(values), n_rows):
        yield slice(first, first + n_rows)
