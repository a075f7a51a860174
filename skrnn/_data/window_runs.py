"""Which sequences are windows of a series, by what is known of them or by the values they share.

Values are compared by fingerprints: a number of 64 bits for each row, and one for each stretch of
rows in a window, so that two stretches of any length cost one comparison.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from .memory import stays_in_file
from .sequences import Sequences

# Neighbours that are looked at first: mere sequences are told from windows by few.
_SAMPLE = 256
# The largest dilation that is looked for.
_MOST_DILATED = 400
# Rows, or steps of windows, that are worked on at once: they fit into a core's cache.
_VALUES_AT_ONCE = 1 << 15
# Odd, without a pattern (the golden ratio, and splitmix64's): what fingerprints are mixed with.
_BASE, _MIXER = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9)


_OfWindows = Callable[[np.ndarray], np.ndarray]


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


def window_runs(sequences: Sequences) -> Runs | None:
    """Find the runs of overlapping windows; None for independent sequences.

    Windows that are known to be such have a run for each series. Windows that were copied into an
    array are known by their values: a new run begins where neighbours share none. Sequences of one
    step share nothing to know them by, and are independent where nothing else tells.
    """
    if sequences.is_ragged or sequences.holds_tokens or len(sequences) < 2:
        return None
    if sequences.series is not None:
        return _runs_by_series(sequences)
    if sequences.n_steps == 1:
        return None
    return _runs_by_value(sequences)


def are_independent(sequences: Sequences) -> bool:
    """Tell whether these are sequences of numbers, and neither windows of a series nor texts."""
    return not sequences.holds_tokens and window_runs(sequences) is None


def one_run(positions: np.ndarray, span: int) -> Runs:
    """Return samples as windows of one series."""
    return Runs([np.arange(len(positions))], [positions], span)


def _runs_by_series(sequences: Sequences) -> Runs:
    assert sequences.series is not None
    order = np.lexsort([sequences.starts, sequences.series])
    ends = np.flatnonzero(np.diff(sequences.series[order])) + 1
    span = (sequences.n_steps - 1) * sequences.dilation + 1
    return Runs(np.split(order, ends), np.split(sequences.starts[order], ends), span)


def _runs_by_value(sequences: Sequences) -> Runs | None:
    """Find the runs of windows by the values that neighbours share."""
    fingerprints = _fingerprints(sequences.values)
    steps = np.arange(sequences.n_steps) * sequences.dilation
    # From the first step to the last, or the other way round: tables of lags begin with the
    # newest.
    for ordered in (steps, steps[::-1]):
        windows = _Windows(fingerprints, sequences.starts, ordered)
        if _is_evidence(windows):
            # Known to be windows, so now a single step may tell.
            shifts = windows.shifts(*_neighbours(windows), least=1)
            positions = np.concatenate([[0], np.cumsum(shifts)])
            ends = np.flatnonzero(shifts == 0) + 1
            samples = np.split(np.arange(len(windows)), ends)
            return Runs(samples, np.split(positions, ends), len(steps))
        dilation = _dilation(windows)
        if dilation:
            return one_run(np.arange(len(windows)), span=(len(steps) - 1) * dilation + 1)
    return None


def _is_evidence(windows: _Windows) -> bool:
    """Tell whether neighbours share steps far more often than strangers do.

    Sequences of few values, or with long stretches of zeros, share steps with one another too.
    """
    behind, ahead = _neighbours(windows)
    some = np.random.default_rng(0).permutation(behind)[:_SAMPLE]
    # Far below the least that there has to be: by chance it is not so few.
    if (windows.shifts(some, some + 1) > 0).mean() < 0.25:
        return False
    neighbours = (windows.shifts(behind, ahead) > 0).mean()
    if neighbours < 0.5:
        return False
    every = np.arange(len(windows))
    strangers = np.random.default_rng(0).permutation(every)
    return bool(neighbours - (windows.shifts(every, strangers) > 0).mean() >= 0.4)


def _neighbours(windows: _Windows) -> tuple[np.ndarray, np.ndarray]:
    number = np.arange(len(windows))
    return number[:-1], number[1:]


def _dilation(windows: _Windows) -> int:
    """Return after how many windows the steps recur one place earlier; 0 if they never do."""
    n_windows, largest = len(windows), min(len(windows) // 2, _MOST_DILATED)
    some = np.unique(np.linspace(0, n_windows - 1, _SAMPLE).astype(int))
    strangers = np.random.default_rng(0).permutation(some)
    later, earlier = windows.without_an_end(_from_some_on(some, largest, n_windows))
    for dilation in range(2, largest):
        window = some[some + dilation < n_windows]
        if (later(window) == earlier(window + dilation)).mean() >= 0.5:
            by_chance = (later(some) == earlier(strangers)).mean()
            return dilation if by_chance < 0.1 else 0
    return 0


def _from_some_on(some: np.ndarray, number: int, n_windows: int) -> np.ndarray:
    """Return some windows, and so many after each of them, ascending."""
    is_wanted = np.zeros(n_windows + number, bool)
    is_wanted[some] = True
    for first in some:
        is_wanted[first : first + number] = True
    return np.flatnonzero(is_wanted[:n_windows])


class _Windows:
    """The fingerprints of the steps of windows, and of stretches of them.

    That of a stretch is the sum of those of its steps, each times a power of `_BASE` by its place
    in the window: moved by s places, the same steps have the sum times the s-th power.
    """

    def __init__(self, fingerprints: Any, starts: np.ndarray, steps: np.ndarray):
        self.fingerprints, self.starts, self.steps = fingerprints, starts, steps
        self.powers = np.cumprod(np.full(len(steps), _BASE))

    def __len__(self) -> int:
        return len(self.starts)

    def shifts(self, behind: np.ndarray, ahead: np.ndarray, least: int = 2) -> np.ndarray:
        """Return by how many steps each window in `ahead` is ahead of that in `behind`, or 0.

        A window is s steps ahead of another where its step T-1-s has the values of the other's
        last step, and so on backwards. They share `least` steps or more: a single one may agree
        by chance. The smallest s is the answer.
        """
        n_steps = len(self.steps)
        largest = max(n_steps - least, 1)
        shifts = np.zeros(len(behind), dtype=np.int64)
        for block in _blocks(len(behind), n_steps):
            early, late = self._sums(behind[block]), self._sums(ahead[block])
            # For s = 1, 2, ...: the steps from s on, and the first T-s steps.
            ends = early[:, -1:] - early[:, :largest]
            begins = late[:, n_steps - 1 - largest : n_steps - 1][:, ::-1]
            same = ends == begins * self.powers[:largest]
            shifts[block] = np.where(same.any(axis=1), same.argmax(axis=1) + 1, 0)
        return shifts

    def without_an_end(self, windows: np.ndarray) -> tuple[_OfWindows, _OfWindows]:
        """Give fingerprints of all steps but the first, and of all but the last, comparable.

        `windows` are the ones that will be asked for, ascending.
        """
        later, earlier = np.empty((2, len(windows)), dtype=np.uint64)
        for block in _blocks(len(windows), len(self.steps)):
            sums = self._sums(windows[block])
            later[block] = sums[:, -1] - sums[:, 0]
            earlier[block] = sums[:, -2] * _BASE
        return (
            lambda some: later[np.searchsorted(windows, some)],
            lambda some: earlier[np.searchsorted(windows, some)],
        )

    def _sums(self, windows: np.ndarray) -> np.ndarray:
        """Return the fingerprints of the first one, two, ... steps of some windows."""
        terms = self.fingerprints[self.starts[windows, None] + self.steps]
        terms *= self.powers
        return np.cumsum(terms, axis=1, out=terms)


class _OfRows:
    """The fingerprints of the rows of a file, computed for the rows that are asked for."""

    def __init__(self, values: np.ndarray) -> None:
        self.values = values

    def __getitem__(self, rows: np.ndarray) -> np.ndarray:
        first, last = int(rows.min()), int(rows.max())
        found: np.ndarray
        if last - first < rows.size:  # neighbours are read in one stretch
            found = fingerprints_of(self.values[first : last + 1])[rows - first]
        else:
            found = fingerprints_of(self.values[rows.ravel()]).reshape(rows.shape)
        return found


def _fingerprints(values: np.ndarray) -> np.ndarray | _OfRows:
    """Return the fingerprint of each row; for a row in a file, when it is asked for."""
    return _OfRows(values) if stays_in_file(values) else fingerprints_of(values)


def fingerprints_of(values: np.ndarray) -> np.ndarray:
    """Return a number of 64 bits for each row, the same for rows of equal values."""
    size = values.shape[1]
    factors = np.random.default_rng(0).integers(1 << 63, size=size, dtype=np.uint64) * 2 + 1
    rows = np.empty(len(values), dtype=np.uint64)
    for block in _blocks(len(values), size):
        numbers = values[block] + 0  # a copy, in which -0 is 0
        numbers[np.isnan(numbers)] = np.inf  # absent steps are alike
        bits = numbers.view(f"u{numbers.itemsize}").astype(np.uint64, copy=False)
        bits ^= bits >> 32  # small integers differ in their upper bits alone
        rows[block] = np.einsum("ij,j->i", bits, factors)
    rows ^= rows >> 31
    rows *= _MIXER
    return rows ^ (rows >> 29)


def _blocks(n: int, size: int) -> Iterator[slice]:
    """Cut n items of some size into slices of about `_VALUES_AT_ONCE` numbers."""
    step = max(_VALUES_AT_ONCE // size, 1)
    return (slice(start, start + step) for start in range(0, n, step))
