"""Which samples early stopping looks at: the last of a series, a random part of a collection."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from sklearn.model_selection import train_test_split

from .._warnings import warn


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
        runs = _one_run(np.arange(len(sequences)), span=1)  # they share nothing, as far as known
    if runs is None:
        return _random_split(len(sequences), labels, fraction, seed)
    train, validation = _split_runs(runs, fraction)
    n_purged = len(sequences) - len(train) - len(validation)
    if len(train) < max(n_purged, 1):
        _warn_too_few(len(sequences), len(train), len(validation))
        return np.arange(len(sequences)), np.arange(0)
    return train, validation


class Runs(NamedTuple):
    """Windows of series: runs of them in the order of time, and how far each one reaches.

    Parameters
    ----------
    samples : list of int ndarrays
        The windows of each run.
    positions : list of int ndarrays
        The times of their first steps.
    span : int
        From a window's first step to just past its last.
    """

    samples: list[np.ndarray]
    positions: list[np.ndarray]
    span: int


def window_runs(sequences):
    """Find the runs of overlapping windows; None for independent sequences.

    Windows that are known to be such have a run for each series. Of others, copied and given as
    an array, the values tell; where neighbours share none, a new run begins.
    """
    if sequences.is_ragged or sequences.holds_tokens or len(sequences) < 2:
        return None
    if sequences.series is not None:
        return _runs_by_series(sequences)
    if sequences.n_steps == 1:
        # Windows of one step share nothing to know them by, but nothing else has one step.
        return _one_run(np.arange(len(sequences)), span=1)
    return _runs_by_value(sequences)


def _runs_by_series(sequences):
    order = np.lexsort([sequences.starts, sequences.series])
    ends = np.flatnonzero(np.diff(sequences.series[order])) + 1
    span = (sequences.n_steps - 1) * sequences.dilation + 1
    return Runs(np.split(order, ends), np.split(sequences.starts[order], ends), span)


def _one_run(position, span):
    return Runs([np.arange(len(position))], [position], span)


def _runs_by_value(sequences):
    """Find the runs of windows by the values that neighbours share."""
    # Absent steps are alike; a number of their own makes them comparable.
    values = np.nan_to_num(sequences.values, nan=np.inf)
    rows, n_steps = sequences.row_numbers(), sequences.n_steps
    # From the first step to the last, or the other way round: tables of lags begin with the
    # newest.
    for ordered in (rows, rows[:, ::-1]):
        shifts = _shifts(values, ordered[:-1], ordered[1:])
        if _is_evidence(shifts, values, ordered):
            # Known to be windows, so now a single step may tell.
            shifts = _shifts(values, ordered[:-1], ordered[1:], least=1)
            position = np.concatenate([[0], np.cumsum(shifts)])
            ends = np.flatnonzero(shifts == 0) + 1
            return Runs(np.split(np.arange(len(rows)), ends), np.split(position, ends), n_steps)
        dilation = _dilation(values, ordered)
        if dilation:
            return _one_run(np.arange(len(rows)), span=(n_steps - 1) * dilation + 1)
    return None


def _dilation(values, rows, most=400, n_tried=256):
    """Return after how many windows the steps recur one place earlier; 0 if they never do."""
    some = np.unique(np.linspace(0, len(rows) - 1, n_tried).astype(int))
    strangers = np.random.default_rng(0).permutation(some)
    for dilation in range(2, min(len(rows) // 2, most)):
        window = some[some + dilation < len(rows)]
        if _recur(values, rows[window], rows[window + dilation]) >= 0.5:
            by_chance = _recur(values, rows[some], rows[strangers])
            return dilation if by_chance < 0.1 else 0
    return 0


def _recur(values, early, late):
    """Return how often all steps but the first are those of another window but its last."""
    return (values[early[:, 1:]] == values[late[:, :-1]]).all(axis=(1, 2)).mean()


def _shifts(values, behind, ahead, least=2):
    """Return by how many steps each window in `ahead` is ahead of that in `behind`, or 0.

    A window is s steps ahead of another where its step T-1-s has the values of the other's last
    step, and so on backwards. They share `least` steps or more: a single one may agree by chance.
    """
    n_windows, n_steps = behind.shape
    shifts = np.zeros(n_windows, dtype=np.int64)
    # From the largest shift down, so that the smallest one that fits stays.
    for shift in range(max(n_steps - least, 1), 0, -1):
        candidates = np.flatnonzero(
            (values[behind[:, -1]] == values[ahead[:, -1 - shift]]).all(axis=1)
        )
        new = values[ahead[candidates, : n_steps - shift]]
        old = values[behind[candidates, shift:]]
        shifts[candidates[(new == old).all(axis=(1, 2))]] = shift
    return shifts


def _is_evidence(shifts, values, rows):
    """Tell whether neighbours share steps far more often than strangers do.

    Sequences of few values, or with long stretches of zeros, share steps with one another too.
    """
    neighbours = (shifts > 0).mean()
    if neighbours < 0.5:
        return False
    strangers = np.random.default_rng(0).permutation(rows)
    return neighbours - (_shifts(values, rows, strangers) > 0).mean() >= 0.4


def _split_runs(runs, fraction):
    """Take the last part of each run, and purge the windows that reach into it."""
    train, validation = [], [np.arange(0)]
    for samples, position in zip(runs.samples, runs.positions, strict=True):
        cut = len(samples) - _n_validation(len(samples), fraction)
        if cut < len(samples):
            validation.append(samples[cut:])
            samples = samples[:cut][position[:cut] + runs.span <= position[cut]]
        train.append(samples)
    return np.sort(np.concatenate(train)), np.sort(np.concatenate(validation))


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
    warn(
        f"Early stopping needs more windows than these {n_samples}: after {n_validation} for "
        f"validation and those that overlap with them, {n_train} would be left to train on. "
        "Training runs for all epochs on all of them. Give more rows, shorter windows, a smaller "
        "validation_fraction, or X_val and y_val."
    )
