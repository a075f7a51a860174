"""Standardization of inputs and targets: what a network sees is of order one, whatever the unit."""

from __future__ import annotations

import numpy as np

from ._memory import aligned_zeros

# Rows at a time: the float64 copy that the sums need stays small beside the data.
_CHUNK = 2**16


def mean_and_scale(values, counts):
    """Return the mean and the standard deviation of each column, weighted by row.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_columns)
    counts : ndarray of shape (n_rows,)
        How often each row counts; rows that count zero times may be NaN.

    Returns
    -------
    mean, scale : float64 ndarrays of shape (n_columns,)
        The scale of a column that is constant is 1.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        mean, variance = _moments(values, counts)
    scale = np.sqrt(variance)
    if not np.isfinite(scale).all():
        raise ValueError(
            f"Expected values whose squares fit in float64, got values up to "
            f"{np.nanmax(np.abs(values)):.3g}. Choose a larger unit."
        )
    # Below this the column's spread is rounding error of its mean.
    constant = scale <= 10 * np.finfo(np.float64).eps * np.abs(mean)
    return mean, np.where(constant | (scale == 0), 1.0, scale)


def identity_scaling(n_columns):
    """Return the mean and the scale that leave `n_columns` columns as they are."""
    return np.zeros(n_columns), np.ones(n_columns)


def standardized(values, mean, scale):
    """Return (values - mean) / scale as float32."""
    out = aligned_zeros(values.shape, np.float32)
    for first in range(0, len(values), _CHUNK):
        part = slice(first, first + _CHUNK)
        out[part] = (values[part].astype(np.float64) - mean) / scale
    return out


def _moments(values, counts):
    total = counts.sum()
    mean = sum(_weighted_sum(v, c, 1) for v, c in _chunks(values, counts)) / total
    # About the mean, not as a difference of squares: no cancellation for values far from zero.
    variance = sum(_weighted_sum(v - mean, c, 2) for v, c in _chunks(values, counts)) / total
    return mean, variance


def _chunks(values, counts):
    for first in range(0, len(values), _CHUNK):
        part = slice(first, first + _CHUNK)
        yield values[part].astype(np.float64), counts[part]


def _weighted_sum(values, counts, power):
    used = counts > 0
    values = values[used]
    return counts[used] @ values**power
