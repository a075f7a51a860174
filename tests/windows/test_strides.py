"""Stride arithmetic, against plain indexing."""

import numpy as np
import pytest

try:
    from numpy.lib.array_utils import byte_bounds
except ImportError:  # NumPy 1
    from numpy import byte_bounds

from skrnn.windows._strides import as_flat_series, lag_view


@pytest.fixture(params=[np.float32, np.float64])
def padded(request):
    return np.arange(60, dtype=request.param).reshape(20, 3)


@pytest.mark.parametrize("window", [1, 2, 5])
@pytest.mark.parametrize("dilation", [1, 2, 4])
def test_lag_view_is_what_the_loop_gives(padded, window, dilation):
    windows = lag_view(padded, window, dilation)
    n_rows = len(padded) - (window - 1) * dilation
    loop = [[padded[i + j * dilation] for j in range(window)] for i in range(n_rows)]
    np.testing.assert_array_equal(windows, loop)
    assert windows.dtype == padded.dtype
    assert windows.strides == (padded.strides[0], dilation * padded.strides[0], padded.itemsize)


def test_lag_view_is_a_read_only_view(padded):
    windows = lag_view(padded, 4, 2)
    assert np.shares_memory(windows, padded)
    with pytest.raises(ValueError, match="read-only"):
        windows[0, 0, 0] = 1


def test_lag_view_without_any_row(padded):
    assert lag_view(padded[:6], 4, 2).shape == (0, 4, 3)


def test_lag_view_of_too_few_rows(padded):
    with pytest.raises(ValueError) as error:
        lag_view(padded[:5], 4, 2)
    assert str(error.value) == (
        "Expected at least (window - 1) * dilation = 6 rows; got 5: pad the series in front."
    )


@pytest.mark.parametrize("window", [1, 2, 5])
@pytest.mark.parametrize("dilation", [1, 2, 4])
@pytest.mark.parametrize("rows", [slice(None), slice(2, 4), slice(1, 2), slice(-1, None)])
def test_flat_series_behind_a_view_and_its_slices(padded, window, dilation, rows):
    windows = lag_view(padded, window, dilation)[rows]
    n_rows, n_steps, _ = windows.shape
    if window > 1 and dilation >= n_rows:  # no row is repeated, as in a transposed array
        assert as_flat_series(windows) is None
        return
    series, found = as_flat_series(windows)
    for i in range(n_rows):
        for j in range(n_steps):
            np.testing.assert_array_equal(series[i + j * found], windows[i, j])
    assert found == (dilation if window > 1 else 1)
    assert len(series) == n_rows + (n_steps - 1) * found
    assert np.shares_memory(series, padded)
    assert not series.flags.writeable
    assert byte_bounds(series) == byte_bounds(windows)


def test_flat_series_of_a_univariate_sliding_window_view():
    series = np.arange(10.0)
    windows = np.lib.stride_tricks.sliding_window_view(series, 4)[:, :, None]
    flat, dilation = as_flat_series(windows)
    np.testing.assert_array_equal(flat[:, 0], series)
    assert dilation == 1


def test_every_other_row_of_a_view_may_still_be_a_series():
    windows = lag_view(np.arange(20.0)[:, None], 3, dilation=4)[::2]
    series, dilation = as_flat_series(windows)
    assert dilation == 2
    np.testing.assert_array_equal(series[:, 0], np.arange(0, 20, 2))


@pytest.mark.parametrize(
    "no_view",
    [
        np.zeros((6, 4, 3)),
        np.zeros((1, 4, 3)),
        np.zeros((6, 1, 3)),
        np.zeros((1, 1, 1)),
        np.zeros((6, 4, 1)),
        np.asfortranarray(np.zeros((6, 4, 3))),
        np.zeros((6, 8, 3))[:, ::2],
        np.broadcast_to(np.zeros((1, 4, 3)), (6, 4, 3)),
        np.zeros((4, 3))[None],
        lag_view(np.zeros((9, 3)), 4)[::-1],
        lag_view(np.zeros((9, 3)), 4)[:, ::-1],
        lag_view(np.zeros((9, 3)), 4)[::2],
        lag_view(np.zeros((9, 3)), 4)[[0, 2, 3]],
        lag_view(np.zeros((9, 3)), 4)[:, :, ::2],
        lag_view(np.zeros((9, 3)), 4)[2:2],
        lag_view(np.zeros((9, 0)), 4),
        np.zeros((6, 4)),
        [[[1.0]]],
    ],
)
def test_what_is_no_view_of_one_series(no_view):
    assert as_flat_series(no_view) is None


def test_some_features_of_a_view():
    windows = lag_view(np.arange(27.0).reshape(9, 3), 4)[:, :, 1:]
    series, dilation = as_flat_series(windows)
    np.testing.assert_array_equal(series[2 + 3 * dilation], windows[2, 3])
    assert byte_bounds(series) == byte_bounds(windows)
