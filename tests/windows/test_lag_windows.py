"""LagWindows: values by hand, memory, types, fills, errors."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest

from skrnn.windows import LagWindows
from skrnn.windows._strides import as_flat_series

NAN = np.nan


def column(*values):
    return np.array(values, dtype=float)[:, None]


def base_of(array):
    while isinstance(getattr(array, "base", None), np.ndarray):
        array = array.base
    return array.base.base if hasattr(array.base, "base") else array


def test_by_hand():
    windows = LagWindows(3).fit_transform(np.array([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]]))
    np.testing.assert_array_equal(
        windows,
        [
            [[NAN, NAN], [NAN, NAN], [1, 10]],
            [[NAN, NAN], [1, 10], [2, 20]],
            [[1, 10], [2, 20], [3, 30]],
        ],
    )


@pytest.mark.parametrize(
    ("fill", "before"), [("mask", NAN), ("edge", 7), (0, 0), (-1.5, -1.5), (NAN, NAN)]
)
def test_what_stands_before_the_beginning(fill, before):
    windows = LagWindows(3, dilation=2, fill=fill).fit_transform(column(7, 8, 9))
    np.testing.assert_array_equal(
        windows[:, :, 0], [[before, before, 7], [before, before, 8], [before, 7, 9]]
    )


@pytest.mark.parametrize(("fill", "stands"), [("mask", NAN), ("edge", 2), (7.5, 7.5)])
def test_what_stands_for_a_missing_row(fill, stands):
    frame = pd.DataFrame({"a": [0.0, 1, 2, 5]}, index=[0, 1, 2, 5])
    windows = LagWindows(3, fill=fill).fit_transform(frame)[:, :, 0]
    np.testing.assert_array_equal(windows[-2:], [[0, 1, 2], [stands, stands, 5]])


def test_an_absent_row_that_is_given_is_not_filled():
    frame = pd.DataFrame({"a": [0.0, NAN, 4]}, index=[0, 1, 3])
    for fill, stands in [("edge", NAN), (7.5, 7.5)]:
        windows = LagWindows(3, fill=fill).fit_transform(frame)[:, :, 0]
        np.testing.assert_array_equal(windows[-1], [NAN, stands, 4])


def test_the_edge_is_the_first_row_even_if_it_is_absent():
    # The first known row would be the third: in the windows of the first two that is the future.
    windows = LagWindows(2, fill="edge").fit_transform(column(NAN, NAN, 3, 4))[:, :, 0]
    np.testing.assert_array_equal(windows, [[NAN, NAN], [NAN, NAN], [NAN, 3], [3, 4]])


def test_window_of_one_step():
    X = column(1, 2, 3)
    np.testing.assert_array_equal(LagWindows(1).fit_transform(X), X[:, None])


@pytest.mark.parametrize("window", [1, 3, 9])
@pytest.mark.parametrize("dilation", [1, 4])
@pytest.mark.parametrize("as_frame", [False, True])
def test_windows_are_a_view_on_one_padded_copy(window, dilation, as_frame):
    X = np.arange(400.0).reshape(200, 2)
    before = X.copy()
    windows = LagWindows(window, dilation=dilation).fit_transform(
        pd.DataFrame(X) if as_frame else X
    )
    reach = (window - 1) * dilation
    assert windows.strides == (16, dilation * 16, 8)
    assert base_of(windows).shape == (200 + reach, 2)
    assert not np.shares_memory(windows, X)
    np.testing.assert_array_equal(X, before)
    series, found = as_flat_series(windows)
    assert len(series) == 200 + reach
    assert found == (dilation if window > 1 else 1)
    np.testing.assert_array_equal(series[reach:], X)


def test_windows_after_fit_are_a_view_too():
    frame = pd.DataFrame(np.arange(50.0), index=pd.date_range("2024", periods=50, freq="h"))
    windows = LagWindows(6).fit(frame[:30]).transform(frame[30:])
    np.testing.assert_array_equal(as_flat_series(windows)[0][:, 0], np.arange(25, 50))


def test_memory_grows_with_the_rows_not_with_the_window():
    X = np.zeros((20_000, 4))
    tracemalloc.start()
    windows = LagWindows(500).fit_transform(X)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert windows.nbytes == 500 * X.nbytes
    assert peak < 4 * X.nbytes


def test_a_gap_of_ages_costs_no_memory():
    index = pd.to_datetime(
        ["1990-01-01 00:00", "1990-01-01 00:01", "1990-01-01 00:02", "2090-01-01 00:00"]
    )
    tracemalloc.start()
    windows = LagWindows(3).fit_transform(pd.DataFrame({"a": [1.0, 2, 3, 4]}, index=index))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    np.testing.assert_array_equal(windows[-1, :, 0], [NAN, NAN, 4])
    assert peak < 2**20


@pytest.mark.parametrize("index", [None, [0, 1, 2, 9], [3, 1, 0, 2]])
def test_windows_are_read_only(index):
    windows = LagWindows(2).fit_transform(pd.DataFrame({"a": [1.0, 2, 3, 4]}, index=index))
    assert not windows.flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        windows[0] = 0


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        ("float32", "float32"),
        ("float64", "float64"),
        ("float16", "float64"),
        ("int64", "float64"),
        ("uint8", "float64"),
        ("bool", "float64"),
    ],
)
@pytest.mark.parametrize("as_frame", [False, True])
def test_types(dtype, expected, as_frame):
    X = np.array([[0, 1], [1, 0], [1, 1]], dtype=dtype)
    X = pd.DataFrame(X, index=[1, 2, 4]) if as_frame else X
    assert LagWindows(2).fit_transform(X).dtype == expected


def test_the_type_of_what_is_given_counts_not_that_of_fit():
    frame = pd.DataFrame({"a": [1.0, 2, 3, 4]})
    windows = LagWindows(2).fit(frame[:2]).transform(frame[2:].astype("float32"))
    assert windows.dtype == "float32"
    np.testing.assert_array_equal(windows[:, :, 0], [[2, 3], [3, 4]])


def test_nan_passes_and_infinity_does_not():
    X = np.array([[1, NAN], [NAN, NAN], [2, 3]])
    np.testing.assert_array_equal(LagWindows(2).fit_transform(X)[1:], [X[:2], X[1:]])
    with pytest.raises(ValueError, match="infinity"):
        LagWindows(2).fit(np.array([[1.0], [np.inf]]))


def test_the_parameters_may_change_after_fit():
    windows = LagWindows(2).fit(pd.DataFrame({"a": [1.0, 2, 3]}))
    later = pd.DataFrame({"a": [4.0]}, index=[3])
    np.testing.assert_array_equal(
        windows.set_params(window=3).transform(later)[:, :, 0], [[NAN, 3, 4]]
    )


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {"window": 0},
            "The 'window' parameter of LagWindows must be an int in the range [1, inf). "
            "Got 0 instead.",
        ),
        (
            {"dilation": 1.5},
            "The 'dilation' parameter of LagWindows must be an int in the range [1, inf). "
            "Got 1.5 instead.",
        ),
    ],
)
def test_parameters_out_of_range(parameters, message):
    with pytest.raises(ValueError) as error:
        LagWindows(**parameters).fit(column(1, 2))
    assert str(error.value) == message


@pytest.mark.parametrize("fill", ["zero", np.inf, None])
def test_fill_out_of_range(fill):
    with pytest.raises(ValueError, match="The 'fill' parameter of LagWindows must be a str among"):
        LagWindows(fill=fill).fit(column(1, 2))


def test_another_number_of_features():
    with pytest.raises(ValueError, match="X has 2 features, but LagWindows is expecting 1"):
        LagWindows(2).fit(column(1, 2)).transform(np.zeros((3, 2)))
