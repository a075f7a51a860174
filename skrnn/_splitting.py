"""Which samples early stopping looks at: the last of a series, a random part of a collection."""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.model_selection import train_test_split


def split_validation(sequences, labels, *, fraction, how, seed):
    """Choose the samples to train on and those to validate on.

    Parameters
    ----------
    sequences : Sequences
    labels : ndarray of shape (n_samples,) or None
        Classes to stratify a random split by.
    fraction : float
        Part of the samples that goes to validation.
    how : {"auto", "last", "random"}
        "auto" is "last" for windows of a series and "random" for independent sequences.
    seed : int

    Returns
    -------
    train, validation : int ndarrays
        Sample numbers. No validation window shares a time with a training window before it.
        `validation` is empty where there are too few samples to spare any.
    """
    runs = window_runs(sequences) if how != "random" else None
    if how == "last" and runs is None:
        runs = [np.arange(len(sequences)) * sequences.n_steps]
    if runs is None:
        return _random_split(len(sequences), labels, fraction, seed)
    train, validation = _split_runs(runs, sequences, fraction)
    n_purged = len(sequences) - len(train) - len(validation)
    if len(train) < max(n_purged, 1):
        _warn_too_few(len(sequences), len(train), len(validation))
        return np.arange(len(sequences)), np.arange(0)
    return train, validation


def window_runs(sequences):
    """Find the unbroken runs of overlapping windows.

    Returns
    -------
    list of int ndarrays, or None
        For each run, the position of its windows' first steps on a common time. None if the
        samples are no windows of a series.
    """
    if sequences.is_ragged or sequences.holds_tokens or len(sequences) < 2:
        return None
    shifts = np.diff(sequences.starts)
    if (shifts > 0).all() and (shifts < _span(sequences)).all():
        return [sequences.starts]  # they share rows of one table: a strided view
    if sequences.n_steps == 1:
        # Windows of one step share nothing to know them by, but nothing else has one step.
        return [np.arange(len(sequences))]
    shifts = _shifts_by_value(sequences)
    # Unrelated sequences of few distinct values agree here and there, but by no common shift.
    if np.bincount(shifts)[1:].max(initial=0) < 0.5 * len(shifts):
        return None
    position = np.concatenate([[0], np.cumsum(shifts)])
    return np.split(position, np.flatnonzero(shifts == 0) + 1)


def _span(sequences):
    """Rows from a window's first step to just past its last."""
    return (sequences.n_steps - 1) * sequences.dilation + 1


def _shifts_by_value(sequences):
    """Return by how many steps each window is ahead of the one before it, 0 if they share none.

    Window i+1 is s steps ahead of window i where its step T-1-s has the values of window i's
    last step, and so on backwards.
    """
    n_steps = sequences.n_steps
    shifts = np.zeros(len(sequences) - 1, dtype=np.int64)
    rows = sequences.row_numbers()
    # Absent steps are alike; a number of their own makes them comparable.
    values = np.nan_to_num(sequences.values, nan=np.inf)
    # From the largest shift down, so that the smallest one that fits stays. Two steps must agree
    # at least (one, where there are only two): a single value may agree by chance.
    for shift in range(max(n_steps - 2, 1), 0, -1):
        candidates = np.flatnonzero(
            (values[rows[:-1, -1]] == values[rows[1:, -1 - shift]]).all(axis=1)
        )
        ahead = values[rows[candidates + 1, : n_steps - shift]]
        behind = values[rows[candidates, shift:]]
        agrees = (ahead == behind).all(axis=(1, 2))
        shifts[candidates[agrees]] = shift
    return shifts


def _split_runs(runs, sequences, fraction):
    """Take the last part of each run, and purge the windows that reach into it."""
    span = _span(sequences)
    train, validation, first = [], [], 0
    for position in runs:
        n_validation = _n_validation(len(position), fraction)
        cut = len(position) - n_validation
        numbers = first + np.arange(len(position))
        if n_validation:
            validation.append(numbers[cut:])
            keep = position[:cut] + span <= position[cut]
            numbers = numbers[:cut][keep]
        train.append(numbers)
        first += len(position)
    return np.concatenate(train), np.concatenate([*validation, np.arange(0)])


def _n_validation(n_samples, fraction):
    return min(int(np.ceil(n_samples * fraction)), n_samples - 1)


def _random_split(n_samples, labels, fraction, seed):
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


def _warn_too_few(n_samples, n_train, n_validation):
    warnings.warn(
        f"Early stopping needs more windows than these {n_samples}: after {n_validation} for "
        f"validation and those that overlap with them, {n_train} would be left to train on. "
        "Training runs for all epochs on all of them. Give more rows, shorter windows, a smaller "
        "validation_fraction, or X_val and y_val.",
        UserWarning,
        stacklevel=5,
    )
