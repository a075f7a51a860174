"""LagFeatures: columns by hand, names, and the same steps as LagWindows."""

import numpy as np
import pandas as pd
import pytest

from skrnn.windows import LagFeatures, LagWindows

NAN = np.nan


@pytest.fixture
def frame():
    index = pd.date_range("2024-01-01", periods=6, freq="D", name="day")
    return pd.DataFrame({"temp": [1.0, 2, 3, 4, 5, 6], "rain": [10.0, 20, 30, 40, 50, 60]}, index)


def test_by_hand(frame):
    lagged = LagFeatures([0, 2]).fit_transform(frame.iloc[[0, 1, 2, 4]])
    np.testing.assert_array_equal(
        lagged,
        [[1, 10, NAN, NAN], [2, 20, NAN, NAN], [3, 30, 1, 10], [5, 50, 3, 30]],
    )


def test_names(frame):
    lagged = LagFeatures(3).fit(frame)
    assert lagged.get_feature_names_out().tolist() == [
        "temp_lag0",
        "rain_lag0",
        "temp_lag1",
        "rain_lag1",
        "temp_lag2",
        "rain_lag2",
    ]
    bare = LagFeatures([3, 1]).fit(frame.to_numpy())
    assert bare.get_feature_names_out().tolist() == ["x0_lag3", "x1_lag3", "x0_lag1", "x1_lag1"]
    assert bare.get_feature_names_out(["a", "b"]).tolist() == [
        "a_lag3",
        "b_lag3",
        "a_lag1",
        "b_lag1",
    ]


def test_a_number_of_lags_is_a_window(frame):
    lagged = LagFeatures(4).fit_transform(frame)
    windows = LagWindows(4).fit_transform(frame)
    np.testing.assert_array_equal(lagged.reshape(6, 4, 2), windows[:, ::-1])


def test_pandas_out_keeps_the_index(frame):
    lagged = LagFeatures([0, 3]).set_output(transform="pandas").fit(frame[:3])
    out = lagged.transform(frame[3:])
    expected = pd.DataFrame(
        {"temp_lag0": [4.0, 5, 6], "rain_lag0": [40.0, 50, 60]}
        | {"temp_lag3": [1.0, 2, 3], "rain_lag3": [10.0, 20, 30]},
        index=frame.index[3:],
    )
    pd.testing.assert_frame_equal(out, expected, check_freq=False)


def test_a_gap_before_the_test_rows_is_bridged_by_a_longer_lag(frame):
    lagged = LagFeatures([3]).fit(frame[:4]).transform(frame[5:])
    np.testing.assert_array_equal(lagged, [[3, 30]])


@pytest.mark.parametrize(("fill", "before"), [("edge", 1), (0, 0), ("mask", NAN), (NAN, NAN)])
def test_fill(frame, fill, before):
    lagged = LagFeatures([2], fill=fill).fit_transform(frame[["temp"]])
    np.testing.assert_array_equal(lagged[:, 0], [before, before, 1, 2, 3, 4])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_types(frame, dtype):
    assert LagFeatures(2).fit_transform(frame.astype(dtype)).dtype == dtype


@pytest.mark.parametrize("lags", [(1, 2), np.array([1, 2]), [1, 2], range(1, 3), pd.Series([1, 2])])
def test_any_sequence_of_lags(frame, lags):
    np.testing.assert_array_equal(
        LagFeatures(lags).fit_transform(frame), LagFeatures([1, 2]).fit_transform(frame)
    )


@pytest.mark.parametrize("lags", [[], [1, 1], [-1], [0.5], [[1]], ["a"], [True]])
def test_lags_that_are_none(frame, lags):
    with pytest.raises(ValueError) as error:
        LagFeatures(lags).fit(frame)
    assert str(error.value) == (
        "Expected lags as a number or as distinct integers that are not negative; got "
        f"{lags}: lag 0 is the row itself, lag 1 the step before it."
    )


@pytest.mark.parametrize("lags", [0, -1, 1.5, None])
def test_a_number_of_lags_out_of_range(frame, lags):
    with pytest.raises(ValueError, match="The 'lags' parameter of LagFeatures must be an int in"):
        LagFeatures(lags).fit(frame)
