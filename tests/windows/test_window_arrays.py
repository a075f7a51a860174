"""What `LagWindows` returns: views that stay with their rows, and windows copied on demand."""

import copy
import pickle
import tracemalloc

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import KFold, cross_val_predict, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import check_array, resample

from skrnn.windows import LagWindows

from .test_ecosystem import WindowMean


def panel_of(n_series, n_rows, n_features=2):
    index = pd.MultiIndex.from_product([range(n_series), pd.date_range("2024", periods=n_rows)])
    values = np.random.default_rng(0).normal(size=(len(index), n_features))
    return pd.DataFrame(values, index=index).rename(columns=str)


@pytest.fixture
def lazy():
    """Windows of a panel, which are no view: shape (40, 5, 2)."""
    return LagWindows(5, dilation=2).fit_transform(panel_of(4, 10))


@pytest.fixture
def dense(lazy):
    """The same windows as an array, gathered step by step."""
    table = lazy.table
    return np.stack([table.rows[table.starts + j * table.dilation] for j in range(5)], axis=1)


def test_windows_of_a_panel_cost_no_more_than_their_rows():
    panel = panel_of(50, 200, 4)  # 0.3 MB; its windows would be 32 MB
    transformer = LagWindows(100).fit(panel)
    tracemalloc.start()
    windows = transformer.transform(panel)
    chosen = [windows[train] for train, _ in KFold(5, shuffle=True).split(windows)]
    again = pickle.loads(pickle.dumps(windows))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(chosen[0]) == 8000
    assert peak < 6e6
    assert again.shape == windows.shape == (10_000, 100, 4)
    assert len(pickle.dumps(windows[:50])) < 200 * 5 * 8  # rows and index
    np.testing.assert_array_equal(again[-1], windows[-1])


@pytest.mark.parametrize("holes", ["missing", "shuffled"])
def test_windows_with_holes_or_in_any_order_are_lazy(holes):
    frame = pd.DataFrame({"a": np.arange(100.0)}, index=pd.date_range("2024", periods=100))
    frame = frame.drop(frame.index[40:60:3]) if holes == "missing" else frame.sample(frac=1)
    windows = LagWindows(7).fit_transform(frame)
    assert windows.table.rows.size < 150
    np.testing.assert_array_equal(windows[:, -1, 0], frame["a"])
    assert not isinstance(windows, np.ndarray)


MASK = np.arange(40) % 3 == 0
KEYS = [
    *[0, -1, np.int64(7), slice(None), slice(5, 30, 2), slice(3, 3), ..., None, True],
    *[[3, 1, 2], [], np.array([5, 5, 39, -2]), np.arange(4, 9), MASK, MASK.tolist()],
    *[(MASK, ...), (np.array([3, 1]), ...), (slice(2, 9), slice(None), slice(None)), ()],
    *[(slice(None), -1), (slice(None), -1, 0), (3, slice(1, 3)), (7, 2, 1), (..., 0)],
    *[([4, 2], slice(None), 0), ([4, 2], [0, 1]), (slice(9), [0, 1]), (slice(None), None, 2)],
    *[([4, 2], 0, 1), (slice(4), slice(None), [1, 0]), np.array([[1, 2], [3, 4]]), (None, 3)],
]


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_indexing_is_that_of_an_array(key, lazy, dense):
    found = lazy[key]
    assert np.shape(found) == np.shape(dense[key])
    np.testing.assert_array_equal(found, dense[key])


@pytest.mark.parametrize("key", [40, -41, [0, 40], (0, 5), (0, 0, 0, 0), MASK[:7], "a", 1.5])
def test_indexing_out_of_range(key, lazy, dense):
    with pytest.raises(IndexError):
        dense[key]
    with pytest.raises(IndexError):
        lazy[key]


@pytest.mark.parametrize(
    "function",
    [
        len,
        np.asarray,
        np.shape,
        np.isnan,
        lambda a: a + 1,
        lambda a: 2 * a == a,
        lambda a: np.nanmean(a, axis=(1, 2)),
        lambda a: np.concatenate([a, a]),
        lambda a: a.reshape(40, -1),
        lambda a: a.tobytes(),
        lambda a: [list(window) for window in a],
        lambda a: [*a.shape, a.ndim, a.size, a.nbytes, a.dtype.itemsize],
        lambda a: np.asarray(a, dtype="float32"),
        lambda a: np.array(a.astype("float32")),
        lambda a: check_array(a, allow_nd=True, ensure_all_finite=False),
    ],
)
def test_it_is_as_good_as_an_array(function, lazy, dense):
    found, expected = function(lazy), function(dense)
    assert type(found) is type(expected)
    np.testing.assert_array_equal(found, expected)


def test_what_an_array_refuses(lazy, dense):
    for change in [
        lambda: lazy.__setitem__(0, 1.0),
        lambda: lazy.fill(0.0),
        lambda: np.add(lazy, 1, out=lazy),
        lambda: np.array(lazy, copy=False) if np.__version__ >= "2" else lazy.sort(),
    ]:
        with pytest.raises(ValueError):
            change()
    assert not hasattr(lazy, "iloc") and not hasattr(lazy, "no_such_thing")
    assert repr(lazy) == "LazyWindows(shape=(40, 5, 2), dtype=float64)"
    np.testing.assert_array_equal(lazy, dense)


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda a: a.astype("float64")])
@pytest.mark.parametrize("chosen", [slice(None), slice(11, 17), [33, 3, 30]], ids=str)
def test_copies_and_chosen_windows_keep_their_table(duplicate, chosen, lazy):
    windows = lazy[chosen]
    stored = pickle.loads(pickle.dumps(windows))
    for again in [stored, duplicate(windows)]:
        assert again.shape == windows.shape
        np.testing.assert_array_equal(again, windows)
    assert stored.table.starts.shape == (len(windows),)
    np.testing.assert_array_equal(stored.table.series, lazy.table.series[chosen])
    assert not stored.flags.writeable


def test_properties_and_truth_are_those_of_an_array(lazy, dense):
    np.testing.assert_array_equal(lazy.T, dense.T)
    np.testing.assert_array_equal(lazy.real, dense)
    assert lazy.itemsize == dense.itemsize
    with pytest.raises(ValueError, match="truth value of windows is ambiguous"):
        bool(lazy)


def test_hashes_tell_the_values(lazy):
    same = LagWindows(5, dilation=2).fit_transform(panel_of(4, 10))
    assert joblib.hash(same) == joblib.hash(lazy)
    assert joblib.hash(lazy[::-1]) != joblib.hash(lazy)


def test_scikit_learn_chooses_rows_of_it(lazy, dense):
    y = np.arange(40.0)
    for split in [train_test_split, lambda *a, **k: resample(*a, **k)]:
        for one, other in zip(
            split(lazy, y, random_state=0), split(dense, y, random_state=0), strict=True
        ):
            np.testing.assert_array_equal(one, other)
    folds = KFold(4, shuffle=True, random_state=0)
    pipeline = make_pipeline(FunctionTransformer(), WindowMean())
    np.testing.assert_array_equal(
        cross_val_predict(pipeline, lazy[2:], y[2:], cv=folds),
        cross_val_predict(pipeline, dense[2:], y[2:], cv=folds),
    )


@pytest.mark.parametrize(
    "made",
    [
        lambda w: w.reshape(30, -1),
        lambda w: w.mean(axis=0),
        lambda w: w + 1,
        lambda w: -w,
        lambda w: w[3:],
        lambda w: w[[3, 1]],
        lambda w: w.copy(),
        lambda w: w.T,
        lambda w: np.concatenate([w, w]),
        lambda w: np.swapaxes(w, 0, 1),
        lambda w: np.split(w, 3)[0],
        lambda w: next(iter(w)),
        np.nanmax,
    ],
)
def test_what_is_made_of_a_view_is_a_plain_array(made):
    windows = LagWindows(4, fill=0.0).fit_transform(np.arange(60.0).reshape(30, 2))
    found, expected = made(windows), made(np.asarray(windows))
    assert type(found) is type(expected)
    np.testing.assert_array_equal(found, expected)


def plain_type(result):
    return type(result) if not isinstance(result, tuple) else tuple(map(type, result))


@pytest.mark.parametrize("method", ["__call__", "reduce", "accumulate", "outer", "reduceat"])
def test_every_function_of_numpy_makes_a_plain_array(method):
    windows = LagWindows(4, fill=0.0).fit_transform(np.arange(60.0).reshape(30, 2))
    more = {"outer": [windows[:2]], "reduceat": [[0, 3]]}.get(method, [])
    called = 0
    for function in vars(np).values():
        if not isinstance(function, np.ufunc):
            continue
        if method == "__call__":
            more = [windows] * (function.nin - 1)
        try:
            with np.errstate(all="ignore"):
                expected = getattr(function, method)(np.asarray(windows), *map(np.asarray, more))
        except (TypeError, ValueError, RuntimeError):  # of whole numbers only, of pairs only ...
            continue
        with np.errstate(all="ignore"):
            found = getattr(function, method)(windows, *more)
        assert plain_type(found) == plain_type(expected), function
        called += 1
    assert called > 5


def test_an_array_of_the_same_class_is_no_window_array():
    windows = LagWindows(4).fit_transform(np.arange(60.0).reshape(30, 2))
    same = np.array(windows, subok=True)
    assert same.table is None
    for again in [copy.copy(same), copy.deepcopy(same), pickle.loads(pickle.dumps(same))]:
        assert type(again) is np.ndarray
        np.testing.assert_array_equal(again, windows)
    of_one_step = LagWindows(1).fit_transform(np.arange(60.0).reshape(30, 2))
    of_one_step.shape = (30, 2)
    assert of_one_step.table is None


@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, lambda w: pickle.loads(pickle.dumps(w))]
)
def test_a_copy_of_a_view_is_one_too(again):
    windows = LagWindows(4).fit_transform(np.arange(60.0).reshape(30, 2))
    copied = again(windows)
    assert copied.strides == windows.strides
    np.testing.assert_array_equal(copied.table.rows, windows.table.rows)
