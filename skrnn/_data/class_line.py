"""A linear model of classes from the steps of a sequence, whose probabilities count in a mean."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .line import (
    Seen,
    can_be_read_by_line,
    last_steps,
    line_of_known,
    products,
    ridge,
    samples_at_once,
    thinned,
)
from .sequences import Sequences

# The part of the sequences that has to be whole.
_LEAST_WHOLE = 0.5


@dataclass(frozen=True)
class ClassLine:
    """A ridge regression of classes on the steps of standardized sequences.

    It reads whole sequences: from the first to the last present step there are as many as it has
    learnt from. An absent step between them has the value of the one before it.

    Parameters
    ----------
    n_steps : int
    coef : ndarray of shape (n_steps * n_features, n_outputs)
    intercept : ndarray of shape (n_outputs,)
        Its forecasts are logits.
    share : float
        How much its probabilities count in the mean with those of the networks, from 0 to 1.

    References
    ----------
    Hastie, Tibshirani and Friedman, "The elements of statistical learning", 2009, section 4.2: a
    linear regression of indicators.
    """

    n_steps: int
    coef: np.ndarray
    intercept: np.ndarray
    share: float = 0.0

    @classmethod
    def learn(
        cls, sequences: Sequences, seen: Seen, is_of: np.ndarray, weights: np.ndarray
    ) -> ClassLine | None:
        """Return a line whose forecasts are zero in the mean, or None if few samples are whole.

        Parameters
        ----------
        sequences : Sequences
        seen : callable
            Standardizes sequences.
        is_of : ndarray of shape (n_samples, n_outputs)
            1 where a sample is of the class of an output, else 0.
        weights : ndarray of shape (n_samples,)
        """
        if not can_be_read_by_line(sequences):
            return None
        samples = thinned(sequences)
        n_steps = sequences.n_steps
        some = sequences.cut(samples, len(samples) * n_steps).trimmed()
        whole = _is_whole(some, n_steps)
        if whole.mean() < _LEAST_WHOLE:
            return None
        table = last_steps(seen(some), n_steps)[whole]
        signs, weights = 2 * is_of[samples][whole] - 1, weights[samples][whole]
        coef, intercept = line_of_known(ridge, table, signs, weights)
        return cls(n_steps, coef, intercept - np.average(signs, axis=0, weights=weights))

    def predict(self, sequences: Sequences, seen: Seen) -> np.ndarray:
        """Return the forecasts, float64 (n_samples, n_outputs): NaN for one that is not whole."""
        size = samples_at_once(len(self.coef))
        parts = []
        for first in range(0, len(sequences), size):
            here = np.arange(first, min(first + size, len(sequences)))
            some = sequences.cut(here, len(here) * sequences.n_steps).trimmed()
            found = products(last_steps(seen(some), self.n_steps), self.coef) + self.intercept
            found[~_is_whole(some, self.n_steps)] = np.nan
            parts.append(found)
        return np.concatenate(parts)

    def as_logits(self, factor: float, offset: np.ndarray, share: float) -> ClassLine:
        """Return the line whose forecasts have a factor and an offset, and its share."""
        coef, intercept = factor * self.coef, factor * self.intercept + offset
        return replace(self, coef=coef, intercept=intercept, share=share)

    def to_dict(self) -> dict[str, Any]:
        """Return it in plain values and arrays."""
        return dict(vars(self))


def pooled(targets: Any, outputs: np.ndarray, forecasts: np.ndarray, share: float) -> np.ndarray:
    """Return the raw outputs of the mean of two probabilities, of which the second has a share.

    They are the first ones where there is no forecast.
    """
    mean = targets.combined([outputs, forecasts], (1 - share, share))
    return np.where(np.isnan(forecasts[:, :1]), outputs, mean)


def _is_whole(sequences: Sequences, n_steps: int) -> np.ndarray:
    """Tell which sequences have so many steps from the first present one to their end."""
    present = sequences.present_rows()
    firsts = sequences.ends - (n_steps - 1) * sequences.dilation
    fits = firsts >= sequences.starts
    found: np.ndarray = fits & present[np.where(fits, firsts, 0)] & present[sequences.ends]
    longer = np.flatnonzero(found & (sequences.lengths > n_steps))
    if len(longer):
        before = sequences.take(longer)
        before = replace(before, lengths=before.lengths - n_steps)
        found[longer] = before.n_present() == 0
    return found
