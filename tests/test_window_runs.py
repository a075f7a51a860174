"""Windows are found by the values they share, fast; short series are held out as a whole."""

import time
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from skrnn import LagWindows
from skrnn._data.inputs import NumberInputs
from skrnn._data.sequences import Sequences
from skrnn._data.splitting import split_validation
from skrnn._data.window_runs import fingerprints_of, window_runs

from .common import small_regressor


def split(X, labels=None, fraction=0.1, how="auto", seed=0):
    sequences = NumberInputs.of(X).read(small_regressor(), X, reset=True)
    return split_validation(sequences, labels, fraction=fraction, how=how, seed=seed)


def panel(n_series, n_rows):
    """Windows of two steps of a panel, series by series, and the series of each."""
    index = pd.MultiIndex.from_product(
        [range(n_series), pd.date_range("2020", periods=n_rows, freq="D")]
    )
    values = np.random.default_rng(0).normal(size=(len(index), 2))
    return LagWindows(2).fit_transform(pd.DataFrame(values, index=index)), index.codes[0]


# Finding windows


def reference_shift(behind, ahead):
    """The smallest s by which one window is ahead of another, step for step."""
    n_steps = len(behind)
    for s in range(1, n_steps):
        if np.array_equal(behind[s:], ahead[: n_steps - s]):
            return s
    return 0


@pytest.mark.parametrize("newest_first", [False, True])
def test_runs_of_windows_step_for_step(newest_first, rng):
    """A fold of scattered windows: where they are in their series, by comparing all steps."""
    values = rng.integers(0, 50, size=(300, 2)).astype(float)
    kept = np.sort(rng.permutation(290)[:80])
    X = np.stack([values[start : start + 8] for start in kept])
    expected = np.array([reference_shift(a, b) for a, b in pairwise(X)])
    assert (expected == 0).any()
    assert (expected > 1).any()
    runs = window_runs(Sequences.from_dense(X[:, ::-1] if newest_first else X))
    shifts = np.diff(np.concatenate(runs.positions))
    np.testing.assert_array_equal(shifts, expected)
    assert [len(run) for run in runs.samples] == np.diff(
        [0, *(np.flatnonzero(expected == 0) + 1), 80]
    ).tolist()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rows_have_one_number_where_they_are_equal_and_others_where_not(dtype):
    """Small integers, which differ in few bits, powers of two, fractions, signs, zeros, gaps."""
    parts = [np.arange(-20, 21), 2.0 ** np.arange(-20, 21), np.arange(1, 10) / 7, [-0.0, 1e30]]
    numbers = np.concatenate(parts).astype(dtype)
    rows = np.stack(np.meshgrid(numbers, numbers, numbers[:20]), axis=-1).reshape(-1, 3)
    found = np.unique(fingerprints_of(rows))
    assert len(found) == len(np.unique(rows, axis=0))
    absent = np.full((2, 3), np.nan, dtype=dtype)
    absent[1] *= -1  # another NaN, by its bits
    assert len({*fingerprints_of(absent), *found}) == len(found) + 1


@pytest.mark.parametrize("kind", ["independent", "mostly zero", "one event each"])
def test_independent_sequences_are_known_at_once(kind, rng):
    """5 000 sequences of 200 steps; by comparing all steps with all it takes many seconds."""
    X = rng.normal(size=(5000, 200, 2))
    if kind == "mostly zero":
        X[rng.random((5000, 200)) < 0.95] = 0
    if kind == "one event each":
        X = np.zeros((5000, 200, 2))
        X[np.arange(5000), rng.integers(0, 200, 5000)] = 1
    started = time.process_time()
    assert window_runs(Sequences.from_dense(X)) is None
    assert time.process_time() - started < 1


# Short series


@pytest.mark.parametrize("n_rows", [1, 2, 3])
def test_of_many_short_series_some_are_held_out_as_a_whole(n_rows, seed):
    windows, number = panel(200, n_rows)
    train, validation = split(windows, seed=seed)
    assert len(validation) == 20 * n_rows
    assert len(train) == 180 * n_rows
    assert not set(number[train]) & set(number[validation])
    assert not np.array_equal(np.unique(number[validation]), np.arange(180, 200))
    assert not np.array_equal(validation, split(windows, seed=seed + 1)[1])


def test_long_series_are_held_out_by_their_last_rows():
    windows, _ = panel(20, 10)
    train, validation = split(windows)
    np.testing.assert_array_equal(validation, np.arange(9, 200, 10))
    assert len(train) == 200 - 2 * 20  # each tail, and the window that reaches into it


def test_a_long_series_outweighs_short_ones():
    """The tail of one series is a tenth of all, so that nothing else is needed."""
    lengths = [1] * 20 + [200]
    index = pd.MultiIndex.from_tuples(
        [(s, t) for s, n in enumerate(lengths) for t in pd.date_range("2020", periods=n, freq="D")]
    )
    windows = LagWindows(2).fit_transform(pd.DataFrame(np.ones((220, 1)), index=index))
    np.testing.assert_array_equal(split(windows)[1], np.arange(200, 220))


def test_last_means_last_however_short_the_series():
    windows, _ = panel(200, 3)
    train, validation = split(windows, how="last")
    np.testing.assert_array_equal(validation, np.arange(2, 600, 3))
    np.testing.assert_array_equal(train, np.arange(0, 600, 3))
    windows, _ = panel(200, 1)
    with pytest.warns(UserWarning, match=r"more windows than these 200 of 200 series: after 0"):
        assert len(split(windows, how="last")[1]) == 0


def test_a_network_stops_early_on_series_of_one_row():
    windows, _ = panel(60, 1)
    network = small_regressor().fit(windows, np.arange(60.0))
    assert "val_loss" in network.history_


# One step


@pytest.mark.parametrize("form", ["owned", "view", "table"])
def test_sequences_of_one_step_are_independent_samples(form, rng):
    """Sorted by class, as files are: both parts have all classes."""
    labels = np.repeat([0, 1, 2], [70, 20, 10])
    rows = rng.normal(size=(100, 1 if form == "table" else 3))
    X = {"owned": rows[:, None].copy(), "view": rows[:, None], "table": rows}[form]
    train, validation = split(X, labels)
    np.testing.assert_array_equal(np.bincount(labels[validation]), [7, 2, 1])
    np.testing.assert_array_equal(np.bincount(labels[train]), [63, 18, 9])


def test_windows_of_one_step_are_windows_all_the_same(rng):
    windows = LagWindows(1).fit_transform(rng.normal(size=(100, 2)))
    np.testing.assert_array_equal(split(windows)[1], np.arange(90, 100))
