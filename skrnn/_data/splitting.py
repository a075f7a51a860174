"""Which samples early stopping looks at: the last of a series, a random part of a collection."""

from __future__ import annotations

import numpy as np
from sklearn.model_selection import train_test_split

from .._warnings import warn
from .sequences import Sequences
from .window_runs import Runs, one_run, window_runs

# With fewer series, one would be too large a part to hold out.
_FEWEST_SERIES = 3

Split = tuple[np.ndarray, np.ndarray]


def split_validation(
    sequences: Sequences, labels: np.ndarray | None, *, fraction: float, how: str, seed: int
) -> Split:
    """Choose the samples to train on and those to validate on.

    Parameters
    ----------
    sequences : Sequences
    labels : ndarray of shape (n_samples,) or None
        Classes to stratify a random split by.
    fraction : float
        Part of the samples that goes to validation.
    how : {"auto", "last", "random"}
        "auto" is "last" for windows of a series, whole series at random where there are many
        and they are short, and "random" for independent sequences.
    seed : int

    Returns
    -------
    train, validation : int ndarrays
        Sample numbers. No validation window shares a time with a training window before it.
        `validation` is empty where there are too few samples to spare any.
    """
    n_samples = len(sequences)
    runs = window_runs(sequences) if how != "random" else None
    if how == "last" and runs is None:
        runs = one_run(np.arange(n_samples), span=1)  # they share nothing, as far as known
    if runs is None:
        return _random_split(n_samples, labels, fraction, seed)
    train, validation = _split_runs(runs, fraction)
    if how == "auto" and _prefers_whole(runs, len(train), len(validation), fraction):
        return _split_whole(runs, fraction, seed)
    if _is_too_few(n_samples, len(train), len(validation)):
        _warn_too_few(n_samples, len(runs.samples), len(train), len(validation))
        return np.arange(n_samples), np.arange(0)
    return train, validation


def _split_runs(runs: Runs, fraction: float) -> Split:
    """Take the last part of each run, and purge the windows that reach into it."""
    train, validation = [], [np.arange(0)]
    for samples, position in zip(runs.samples, runs.positions, strict=True):
        cut = len(samples) - _n_validation(len(samples), fraction)
        if cut < len(samples):
            validation.append(samples[cut:])
            samples = samples[:cut][position[:cut] + runs.span <= position[cut]]
        train.append(samples)
    return np.sort(np.concatenate(train)), np.sort(np.concatenate(validation))


def _prefers_whole(runs: Runs, n_train: int, n_validation: int, fraction: float) -> bool:
    """Tell whether the series are too short to hold out the last part of each.

    They are too short if too few samples are left without an overlap with the last parts. Many
    series are too short if the last parts, of one window at least, are far less or far more than
    was asked for.
    """
    n_series, n_samples = len(runs.samples), sum(map(len, runs.samples))
    if _is_too_few(n_samples, n_train, n_validation):
        return n_series >= _FEWEST_SERIES
    asked = fraction * n_samples
    return n_series * fraction >= 1 and not asked / 2 <= n_validation <= 2 * asked


def _split_whole(runs: Runs, fraction: float, seed: int) -> Split:
    """Hold out whole series, drawn at random."""
    order = np.random.default_rng(seed).permutation(len(runs.samples))
    cut = _n_validation(len(order), fraction)
    held_out, kept = ([runs.samples[run] for run in part] for part in (order[:cut], order[cut:]))
    return np.sort(np.concatenate(kept)), np.sort(np.concatenate(held_out))


def _n_validation(n_samples: int, fraction: float) -> int:
    return min(int(np.ceil(n_samples * fraction)), n_samples - 1)


def _random_split(n_samples: int, labels: np.ndarray | None, fraction: float, seed: int) -> Split:
    n_validation = _n_validation(n_samples, fraction)
    if n_validation == 0:
        return np.arange(n_samples), np.arange(0)
    if labels is not None:
        counts = np.unique(labels, return_counts=True)[1]
        n_validation = max(n_validation, len(counts))
        if counts.min() < 2 or n_samples - n_validation < len(counts):
            labels, n_validation = None, _n_validation(n_samples, fraction)
    train, validation = train_test_split(
        np.arange(n_samples), test_size=n_validation, stratify=labels, random_state=seed
    )
    return np.sort(train), np.sort(validation)


def _is_too_few(n_samples: int, n_train: int, n_validation: int) -> bool:
    n_purged = n_samples - n_train - n_validation
    return n_validation == 0 or n_train < max(n_purged, 1)


def _warn_too_few(n_samples: int, n_series: int, n_train: int, n_validation: int) -> None:
    of_series = f" of {n_series} series" if n_series > 1 else ""
    warn(
        f"Early stopping needs more windows than these {n_samples}{of_series}: after "
        f"{n_validation} for validation and the windows that overlap with these, {n_train} would "
        "be left to train on. Training runs for all epochs on all of them. Give more rows, shorter "
        "windows, a smaller validation_fraction, or X_val and y_val."
    )
