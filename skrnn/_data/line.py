"""A linear forecast from the last steps of a sequence: what a network need not learn by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.linear_model import RidgeCV

from .known_targets import scale_of_known
from .scaling import identity_scaling
from .sequences import Sequences

# Numbers of X that the line is learnt from, at most: more samples are thinned out.
_MOST_VALUES = 4_000_000
# Columns of that table, at most; twice as many where all features are seen twice.
_MOST_COLUMNS = 2000
_PENALTIES = np.logspace(-2, 5, 8)

# Returns sequences as the line sees them: standardized.
Seen = Callable[[Sequences], Sequences]


@dataclass(frozen=True)
class Line:
    """A ridge regression on the steps of standardized sequences.

    Parameters
    ----------
    n_steps : int
        It reads as many steps at the end of a sequence. An absent step has the value of the one
        before it, and those before the first one its value.
    coef : ndarray of shape (n_steps * n_features, n_outputs)
    intercept : ndarray of shape (n_outputs,)
    mean, scale : ndarray of shape (n_outputs,)
        The scale of the part of the targets that the line leaves, which a network beside it learns.
    n_alone : int
        So many networks, the first ones, predict without the line.

    References
    ----------
    Hoerl and Kennard, "Ridge regression", 1970; the penalty by generalized cross-validation: Golub,
    Heath and Wahba, 1979.
    """

    n_steps: int
    coef: np.ndarray
    intercept: np.ndarray
    mean: np.ndarray
    scale: np.ndarray
    n_alone: int = 0

    @classmethod
    def learn(
        cls,
        sequences: Sequences,
        seen: Seen,
        targets: np.ndarray,
        weights: np.ndarray,
        standardize: bool,
    ) -> Line:
        """Return the line for sequences and targets (n_samples, n_outputs).

        Each output is learnt from the samples that know it. `seen` standardizes sequences: a few
        at a time, for all of them may be more than memory holds.
        """
        coef, intercept = _learnt(sequences, seen, targets, weights)
        line = cls(sequences.n_steps, coef, intercept, *identity_scaling(coef.shape[1]))
        if not standardize:
            return line
        left = targets - line.predict(sequences, seen)
        mean, scale = scale_of_known(left)
        return replace(line, mean=mean, scale=scale)

    def learnt_again(
        self, sequences: Sequences, seen: Seen, targets: np.ndarray, weights: np.ndarray
    ) -> Line:
        """Return the line for other samples of the same kind, beside the same networks."""
        coef, intercept = _learnt(sequences, seen, targets, weights)
        return replace(self, coef=coef, intercept=intercept)

    def predict(self, sequences: Sequences, seen: Seen) -> np.ndarray:
        """Return the forecasts for sequences: float64 (n_samples, n_outputs); see `learn`."""
        size = samples_at_once(len(self.coef))
        parts = [
            products(table_of(sequences, seen, slice(first, first + size), self.n_steps), self.coef)
            for first in range(0, len(sequences), size)
        ]
        found: np.ndarray = np.concatenate(parts) + self.intercept
        return found

    def part(self, share: float) -> Line:
        """Return a line that forecasts this part of it."""
        return replace(self, coef=share * self.coef, intercept=share * self.intercept)

    def to_dict(self) -> dict[str, Any]:
        """Return it in plain values and arrays."""
        return dict(vars(self))


def can_have_line(sequences: Sequences, targets: Any) -> bool:
    """Tell whether sequences and targets are such as a line can be learnt for."""
    if not can_be_read_by_line(sequences) or isinstance(targets, Sequences):
        return False
    return targets.ndim == 2 and not has_constant(targets)  # a constant needs no line


def can_be_read_by_line(sequences: Sequences) -> bool:
    """Tell whether sequences are numbers, of one length, and not too many."""
    if sequences.varies or sequences.holds_tokens:
        return False
    return sequences.n_steps * sequences.values.shape[1] <= _MOST_COLUMNS


def has_constant(targets: np.ndarray) -> bool:
    """Tell whether any output has one known value alone."""
    known = ~np.isnan(targets)
    if known.all():
        return bool((targets == targets[:1]).all(axis=0).any())
    columns = zip(targets.T, known.T, strict=True)
    return any(len(np.unique(column[here])) < 2 for column, here in columns)


def _learnt(
    sequences: Sequences, seen: Seen, targets: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return coefficients and intercepts, from every sample or from one in so many."""
    samples = thinned(sequences)
    table = table_of(sequences, seen, samples, sequences.n_steps)
    return line_of_known(ridge, table, targets[samples], weights[samples])


def thinned(sequences: Sequences) -> np.ndarray:
    """Return the samples that a line is learnt from: every one, or one in so many."""
    every = -(-len(sequences) * sequences.n_steps * sequences.values.shape[1] // _MOST_VALUES)
    return np.arange(len(sequences))[::every]


def samples_at_once(n_columns: int) -> int:
    """Return how many samples are read at once."""
    return max(_MOST_VALUES // n_columns, 1)


def ridge(table: np.ndarray, targets: np.ndarray, weights: np.ndarray) -> RidgeCV:
    return RidgeCV(_PENALTIES).fit(table, targets, weights)


def line_of_known(
    fit: Callable[..., Any], table: Any, targets: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return coefficients (n_columns, n_outputs) and intercepts (n_outputs,).

    `fit` returns a fitted ridge regression. Outputs that are known for the same samples are
    learnt together and share a penalty. The line is zero for an output that less than two of these
    samples know.
    """
    if not np.isnan(targets).any():
        fitted = fit(table, targets, weights)
        return fitted.coef_.reshape(-1, table.shape[1]).T, np.atleast_1d(fitted.intercept_)
    coef = np.zeros((table.shape[1], targets.shape[1]))
    intercept = np.zeros(targets.shape[1])
    patterns, of_output = np.unique(~np.isnan(targets), axis=1, return_inverse=True)
    for number, known in enumerate(patterns.T):
        if known.sum() < 2:
            continue  # the others were thinned out
        columns = np.flatnonzero(of_output.ravel() == number)
        found = line_of_known(fit, table[known], targets[known][:, columns], weights[known])
        coef[:, columns], intercept[columns] = found
    return coef, intercept


def products(table: np.ndarray, coef: np.ndarray) -> np.ndarray:
    """Return the matrix product, each row to the same bits whatever rows stand beside it."""
    columns = [(table * column).sum(axis=1) for column in coef.T]
    return np.stack(columns, axis=1)


def table_of(
    sequences: Sequences, seen: Seen, samples: np.ndarray | slice, n_steps: int
) -> np.ndarray:
    """Return the last steps of some sequences as the line reads them."""
    n_samples = len(sequences.starts[samples])
    return last_steps(seen(sequences.cut(samples, n_samples * sequences.n_steps)), n_steps)


def last_steps(sequences: Sequences, n_steps: int) -> np.ndarray:
    """Return the last steps of each sequence in a row, oldest first.

    An absent step has the value of the one before it, and those before the first one its value. A
    sequence without any step is zero.
    """
    back = np.arange(n_steps)[::-1] * sequences.dilation
    rows = sequences.ends[:, None] - back
    exists = rows >= sequences.starts[:, None]
    present = exists & sequences.present_rows()[np.where(exists, rows, 0)]
    if not present.all():
        places = np.where(present, np.arange(n_steps), -1)
        places = np.maximum.accumulate(places, axis=1)
        places = np.where(places < 0, present.argmax(axis=1)[:, None], places)
        rows = np.take_along_axis(rows, places, axis=1)
    values = sequences.values[rows].astype(np.float64)
    values[~present.any(axis=1)] = 0.0
    return values.reshape(len(values), -1)
