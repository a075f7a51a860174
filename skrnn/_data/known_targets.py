"""Targets of several outputs of which some are missing: NaN stands for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .scaling import mean_and_scale


def may_miss_some(y: Any) -> bool:
    """Tell whether y has several outputs, of which one may be known where another one is not."""
    shape = np.asarray(y).shape
    return len(shape) > 1 and int(np.prod(shape[1:])) > 1


def refuse_unknown_samples(numbers: np.ndarray) -> None:
    """Refuse samples of which no output is known."""
    unknown = np.isnan(numbers).reshape(len(numbers), -1).all(axis=1)
    if unknown.any():
        raise ValueError(
            "Expected every sample to have a known target, got a y that contains NaN alone for "
            f"{unknown.sum()} of {len(unknown)} (the first: y[{unknown.argmax()}]). Leave these "
            "samples out."
        )


def refuse_unknown_outputs(rows: np.ndarray) -> None:
    """Refuse outputs that no sample knows."""
    unknown = np.isnan(rows).all(axis=0)
    if unknown.any():
        raise ValueError(
            "Expected every output to be known for some of the training samples, got a y that "
            f"contains NaN alone for {unknown.sum()} of {len(unknown)} outputs (the first: output "
            f"{unknown.argmax()}). Leave these outputs out, or give more samples."
        )


def scale_of_known(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and scale of each output: (n_rows, n_outputs) to (n_outputs,) twice."""
    known = ~np.isnan(rows)
    if known.all():
        return mean_and_scale(rows, np.ones(len(rows)))
    of_outputs = [
        mean_and_scale(column[:, None], counts)
        for column, counts in zip(rows.T, known.T, strict=True)
    ]
    mean, scale = (np.concatenate(parts) for parts in zip(*of_outputs, strict=True))
    return mean, scale


def mean_of_known(losses: np.ndarray, weights: np.ndarray) -> float:
    """Return the mean of the losses of outputs, those of a sample multiplied by its weight.

    Parameters
    ----------
    losses : ndarray of shape (n_samples, ...)
        NaN where a target is missing.
    weights : ndarray of shape (n_samples,)
    """
    losses = losses.reshape(len(losses), -1)
    known = ~np.isnan(losses)
    if known.all():
        return float((losses.mean(axis=1) * weights).mean())
    return float((losses * weights[:, None])[known].mean())


def means_of_known(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the weighted means of values over the samples: (n_samples, ...) to (...)."""
    known = ~np.isnan(values)
    if known.all():
        found: np.ndarray = np.average(values, axis=0, weights=weights)
        return found
    shares = known * weights.reshape(-1, *[1] * (values.ndim - 1))
    totals = shares.sum(axis=0)
    sums = (np.where(known, values, 0.0) * shares).sum(axis=0)
    return np.divide(sums, totals, out=np.zeros_like(sums), where=totals > 0)


def score_of_known(
    score: Callable[..., Any],
    true: np.ndarray,
    predicted: np.ndarray,
    weights: np.ndarray | None,
) -> float:
    """Return the mean score of the outputs; missing targets do not count.

    Parameters
    ----------
    score : callable
        One of scikit-learn's.
    true, predicted : ndarrays of shape (n_samples, n_outputs)
    weights : ndarray of shape (n_samples,) or None
    """
    known = ~np.isnan(true)
    if known.all():
        return float(score(true, predicted, sample_weight=weights))
    scores = [
        score(of_one[here], found[here], sample_weight=None if weights is None else weights[here])
        for of_one, found, here in zip(true.T, predicted.T, known.T, strict=True)
        if here.any()
    ]
    return float(np.mean(scores))
