"""Bands around forecasts, from the errors of forecasts whose truth is known by then.

Split conformal prediction (Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World,
2005) takes the rank of the errors that a band of a finite sample needs. Adaptive conformal
inference (Gibbs and Candes, Adaptive Conformal Inference Under Distribution Shift, 2021) widens
the band after each miss and narrows it after each hit, so that it follows a change.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from dataclasses import dataclass, replace
from math import ceil

import numpy as np

# By how much a miss or a hit moves the level.
_STEP = 0.02
# Errors that a band is drawn from, at least as many as there were after `fit`.
_POOL = 500


def fewest_errors(coverage: float) -> int:
    """Return how many errors a band of a coverage needs."""
    return ceil(round(coverage / (1 - coverage), 9))


@dataclass(frozen=True)
class Errors:
    """Absolute errors of forecasts, in units of the deviation of each series.

    Parameters
    ----------
    calibration : ndarray of shape (n_calibration, n_steps, n_targets)
        Errors of the forecasts that were held out in `fit`, oldest first.
    later : ndarray of shape (n_later, n_steps, n_targets)
        Errors of forecasts made since; NaN if the truth is not known.
    made_at : ndarray of shape (n_later,), int64
        When each of them was made.
    known_at : ndarray of shape (n_later, n_steps), int64
        When the truth came to be known.
    """

    calibration: np.ndarray
    later: np.ndarray
    made_at: np.ndarray
    known_at: np.ndarray

    @classmethod
    def of_fit(cls, calibration: np.ndarray) -> Errors:
        """Return the errors that are known after `fit`."""
        n_steps = calibration.shape[1]
        none = np.empty((0, n_steps), np.int64)
        return cls(calibration, calibration[:0], none[:, 0], none)

    def joined(self, later: np.ndarray, made_at: np.ndarray, known_at: np.ndarray) -> Errors:
        """Return these errors and newer ones."""
        return replace(
            self,
            later=np.concatenate([self.later, later]),
            made_at=np.concatenate([self.made_at, made_at]),
            known_at=np.concatenate([self.known_at, known_at]),
        )

    def without_empty(self) -> Errors:
        """Return the same without the forecasts of which no error is known."""
        kept = ~np.isnan(self.later).all(axis=(1, 2))
        return Errors(self.calibration, self.later[kept], self.made_at[kept], self.known_at[kept])

    def radii(self, times: np.ndarray, coverage: float) -> np.ndarray:
        """Return half the width of the band of forecasts made at some times.

        Parameters
        ----------
        times : ndarray of shape (n_forecasts,), int64
        coverage : float
            The part of the truths that the bands are to hold.

        Returns
        -------
        radii : ndarray of shape (n_forecasts, n_steps, n_targets)
            Each drawn from errors that are known at its time.
        """
        n_steps, n_targets = self.calibration.shape[1:]
        radii = np.empty((len(times), n_steps, n_targets))
        for step in range(n_steps):
            for target in range(n_targets):
                calibration, later = (e[:, step, target] for e in (self.calibration, self.later))
                kept = ~np.isnan(later)
                made_at, known_at = self.made_at[kept], self.known_at[kept, step]
                radii[:, step, target] = adaptive_radii(
                    calibration, later[kept], made_at, known_at, times, coverage
                )
        return radii


def adaptive_radii(
    calibration: np.ndarray,
    later: np.ndarray,
    made_at: np.ndarray,
    known_at: np.ndarray,
    times: np.ndarray,
    coverage: float,
) -> np.ndarray:
    """Return half the width of the band of forecasts of one step ahead.

    The parameters are those of `Errors` and of its `radii`, for one step and one target.
    """
    pool = _Pool(calibration[~np.isnan(calibration)])
    in_time = np.argsort(made_at, kind="stable")
    errors = later[in_time].tolist()
    known = np.maximum.accumulate(known_at[in_time]).tolist()
    requests = np.concatenate([made_at[in_time], times])
    found = np.empty(len(requests))
    miss, n_seen = 1 - coverage, 0
    for request in np.argsort(requests, kind="stable").tolist():
        while n_seen < len(known) and known[n_seen] <= requests[request]:
            is_miss = errors[n_seen] > found[n_seen]
            miss += _STEP * ((1 - coverage) - is_miss)
            pool.add(errors[n_seen])
            n_seen += 1
        found[request] = pool.at(miss)
    return found[len(errors) :]


class _Pool:
    """The latest errors, in order of size."""

    def __init__(self, errors: np.ndarray) -> None:
        self.in_time = deque(errors.tolist())
        self.in_size = sorted(self.in_time)
        self.most = max(len(self.in_time), _POOL)

    def add(self, error: float) -> None:
        if len(self.in_time) >= self.most:
            oldest = self.in_time.popleft()
            del self.in_size[bisect_left(self.in_size, oldest)]
        self.in_time.append(error)
        insort(self.in_size, error)

    def at(self, miss: float) -> float:
        """Return the error that a part `miss` of new errors exceeds, or the largest one."""
        n_errors = len(self.in_size)
        rank = ceil(round((n_errors + 1) * (1 - min(max(miss, 0.0), 1.0)), 9))
        return self.in_size[min(max(rank, 1), n_errors) - 1]
