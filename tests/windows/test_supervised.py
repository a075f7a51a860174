"""series_to_supervised: by hand, for every kind of table."""

import json
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skrnn.windows import LagFeatures, LagWindows, series_to_supervised


@pytest.fixture
def frame():
    return pd.DataFrame(
        {"temp": [1.0, 2, 3, 4, 5], "rain": [0, 1, 0, 1, 1], "sky": list("abcde")},
        index=pd.date_range("2024-01-01", periods=5),
    )


def test_one_target_one_step(frame):
    X, y = series_to_supervised(frame, target="temp")
    pd.testing.assert_frame_equal(X, frame[:4])
    pd.testing.assert_series_equal(
        y, pd.Series([2.0, 3, 4, 5], frame.index[:4], name="temp_lead1"), check_freq=False
    )


def test_targets_keep_their_type(frame):
    assert series_to_supervised(frame, target="rain", horizon=[2])[1]["rain_lead2"].tolist() == [
        0,
        1,
        1,
    ]
    assert series_to_supervised(frame, target="rain")[1].dtype == frame["rain"].dtype
    assert series_to_supervised(frame, target="sky", horizon=[3])[1]["sky_lead3"].tolist() == [
        "d",
        "e",
    ]


def test_several_horizons_and_targets_stand_horizon_by_horizon(frame):
    X, y = series_to_supervised(frame, target=["temp", "rain"], horizon=[1, 3])
    assert X.index.equals(frame.index[:2])
    expected = {"temp_lead1": [2.0, 3], "rain_lead1": [1, 0]}
    expected |= {"temp_lead3": [4.0, 5], "rain_lead3": [1, 1]}
    pd.testing.assert_frame_equal(y, pd.DataFrame(expected, frame.index[:2]), check_freq=False)


def test_the_shape_of_y(frame):
    shapes = {
        ("temp", 1): (4,),
        (("temp",), 1): (4, 1),
        ("temp", (1,)): (4, 1),
        ("temp", (1, 2)): (3, 2),
        ("temp", (3,)): (2, 1),
        ("temp", 2): (3, 2),
        (("temp",), 2): (3, 2),
        (("temp", "rain"), 2): (3, 4),
        (("temp", "rain"), (1, 2)): (3, 4),
        (None, 1): (4, 3),
    }
    for (target, horizon), shape in shapes.items():
        target = list(target) if isinstance(target, tuple) else target
        assert series_to_supervised(frame, target=target, horizon=horizon)[1].shape == shape


def test_an_integer_is_the_steps_up_to_it(frame):
    for target in ["temp", ["temp", "rain"], None]:
        X, y = series_to_supervised(frame, target=target, horizon=3)
        X_of_list, y_of_list = series_to_supervised(frame, target=target, horizon=[1, 2, 3])
        pd.testing.assert_frame_equal(X, X_of_list)
        pd.testing.assert_frame_equal(y, y_of_list)
    holes = frame.iloc[[0, 1, 2, 4]]  # of the row before the hole not all of the future is known
    with pytest.warns(UserWarning, match="1 because no row stands where"):
        assert series_to_supervised(holes, target="temp", horizon=2)[0]["temp"].tolist() == [1]


def test_by_the_clock(frame):
    holes = frame.iloc[[4, 0, 1, 3]]
    X, y = series_to_supervised(holes, target="temp")
    assert X["temp"].tolist() == [1, 4]
    assert y.tolist() == [2, 5]
    assert y.index.equals(X.index)


def test_a_future_that_is_nan_is_not_known(frame):
    frame.iloc[2, 0] = np.nan
    X, y = series_to_supervised(frame, target="temp")
    assert y.tolist() == [2, 4, 5]
    assert X["temp"].tolist()[:1] == [1]  # the row that is NaN itself stays
    assert np.isnan(X["temp"].iloc[1])
    assert series_to_supervised(frame, target="temp", horizon=[1, 2])[1].to_numpy().tolist() == [
        [4, 5]
    ]


def test_a_future_word_that_is_missing_is_not_known(frame):
    frame.loc[frame.index[1], "sky"] = None
    assert series_to_supervised(frame, target="sky")[1].tolist() == ["c", "d", "e"]


def test_panel():
    index = pd.MultiIndex.from_product([["u", "v"], pd.date_range("2024", periods=3, freq="h")])
    frame = pd.DataFrame({"a": [1, 2, 3, 10, 20, 30]}, index=index).iloc[[3, 0, 4, 1, 5, 2]]
    X, y = series_to_supervised(frame)
    assert X["a"].tolist() == [10, 1, 20, 2]
    assert y.tolist() == [20, 2, 30, 3]
    assert X.index.equals(y.index)


def test_a_series():
    series = pd.Series([1, 2, 3], pd.RangeIndex(3), name="load")
    X, y = series_to_supervised(series)
    assert X.columns.tolist() == ["load"]
    assert y.tolist() == [2, 3]
    assert y.name == "load_lead1"
    assert series_to_supervised(series.rename(None))[0].columns.tolist() == ["value"]


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
def test_arrays(dtype):
    data = np.arange(10, dtype=dtype).reshape(5, 2)
    X, y = series_to_supervised(data, target=1, horizon=2)
    np.testing.assert_array_equal(X, data[:3])
    np.testing.assert_array_equal(y, [[3, 5], [5, 7], [7, 9]])
    assert X.dtype == y.dtype == dtype
    assert series_to_supervised(data)[1].shape == (4, 2)
    X, y = series_to_supervised(data[:, 0])
    assert X.shape == (4, 1)
    assert y.tolist() == [2, 4, 6, 8]


def test_polars(frame):
    data = pl.DataFrame(frame.to_dict("list"))
    X, y = series_to_supervised(data, target="sky")
    assert X.equals(data[:4])
    assert y.to_list() == list("bcde")
    assert y.name == "sky_lead1"
    _, y = series_to_supervised(data, target=["temp", "rain"], horizon=[1, 2])
    assert y.columns == ["temp_lead1", "rain_lead1", "temp_lead2", "rain_lead2"]
    assert y.row(0) == (2.0, 1, 3.0, 0)
    X, y = series_to_supervised(pl.Series("load", [1.0, None, 3.0, 4.0]))
    assert y.to_list() == [3, 4]
    assert X.columns == ["load"]


def test_months():
    series = pd.Series([1.0, 2, 4], pd.to_datetime(["2024-01-31", "2024-02-29", "2024-04-30"]))
    assert series_to_supervised(series, horizon=[2])[1].iloc[:, 0].tolist() == [4]


def test_what_is_left_is_what_to_predict_from(frame):
    data = frame[["temp"]]
    X, _ = series_to_supervised(data, horizon=2)
    rest = data.iloc[len(X) :]
    np.testing.assert_array_equal(
        LagWindows(3).fit(X).transform(rest)[:, :, 0], [[2, 3, 4], [3, 4, 5]]
    )


def test_the_data_stay_as_they_are(frame):
    before = frame.copy()
    X, _ = series_to_supervised(frame, target="temp")
    X.iloc[0, 0] = -1
    pd.testing.assert_frame_equal(frame, before)


FILLS = ["mask", "edge", -1.0]


@pytest.mark.parametrize("fill", FILLS)
def test_a_row_before_a_gap_has_no_future_and_is_known(fill):
    days = pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-04", "2024-01-05", "2024-01-06"])
    frame = pd.DataFrame({"a": [1.0, 2, 4, 5, 6]}, index=days)
    X, y = series_to_supervised(frame)
    assert X["a"].tolist() == [1, 4, 5] and y.tolist() == [2, 5, 6]
    windows = LagWindows(3, fill=fill)
    expected = windows.fit_transform(frame)[[0, 2, 3]]
    np.testing.assert_array_equal(expected[1, [0, 2], 0], [2, 4])
    np.testing.assert_array_equal(windows.fit_transform(X), expected)
    np.testing.assert_array_equal(windows.fit(X[:2]).transform(X[2:]), expected[2:])
    np.testing.assert_array_equal(windows.fit(X[:1]).transform(X[1:2]), expected[1:2])
    lags = LagFeatures(3, fill=fill).fit(X[:2])
    np.testing.assert_array_equal(lags.transform(X)[:, ::-1], expected[:, :, 0])
    again = pickle.loads(pickle.dumps(X))
    np.testing.assert_array_equal(windows.fit_transform(again), expected)


def test_rows_that_were_changed_do_not_stand_beside_rows_as_they_were():
    days = pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-04", "2024-01-05", "2024-01-06"])
    frame = pd.DataFrame({"a": [1.0, 2, 4, 5, 6], "b": 1.0}, index=days)
    X, _ = series_to_supervised(frame, target="a")
    changed = [np.log(X), X * 2, X[["a"]], X[["b", "a"]], X.assign(b=0.0), X.shift(2)]
    for other in [*changed, X.set_axis(X.index + pd.Timedelta("1D"))]:
        windows = LagWindows(2, clock="rows").fit_transform(other)
        np.testing.assert_array_equal(windows[1:, 0], other[:-1])
    np.testing.assert_array_equal(LagWindows(2).fit_transform(X)[:, 0, 0], [np.nan, np.nan, 4])
    assert LagWindows(2, clock="rows").fit_transform(X)[1, 0, 0] == 2


def test_an_incomplete_row_is_not_taken_along():
    days = pd.date_range("2024-01-01", periods=6)
    frame = pd.DataFrame({"a": [1.0, 2, 3, 4, 5, 6], "b": [1, np.nan, 1, 1, 1, 1]}, index=days)
    X, _ = series_to_supervised(frame.drop(days[2]), target="a")
    windows = LagWindows(3).fit_transform(X)
    assert np.isnan(windows[1, :2]).all()


def test_a_frame_that_knows_rows_left_out_can_be_stored_and_joined():
    days = pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-04", "2024-01-05"])
    X, _ = series_to_supervised(pd.DataFrame({"a": [1.0, 2, 4, 5]}, index=days))
    assert json.loads(json.dumps(X.attrs)) == {"skrnn_rows_left_out": {}}
    assert len(pd.concat([X, X])) == 4 and X.equals(X.copy())
    pd.testing.assert_frame_equal(X, pd.DataFrame({"a": [1.0, 4]}, index=days[[0, 2]]))


def test_no_row_is_taken_along_where_none_is_missing(frame):
    assert not series_to_supervised(frame, target="temp", horizon=2)[0].attrs
    assert not series_to_supervised(frame.reset_index(drop=True), target="temp")[0].attrs


HOURS = pd.date_range("2024-03-01", periods=96, freq="h", tz="Europe/Berlin")


@pytest.mark.parametrize(
    ("origins", "rows"),
    [
        (24, [0, 24, 48]),
        (lambda times: times.hour == 6, [6, 30, 54]),
        (np.arange(96) % 50 == 7, [7, 57]),
        ([row in (0, 40) for row in range(96)], [0, 40]),
    ],
)
def test_windows_of_some_origins_are_those_of_all_rows(origins, rows):
    load = pd.DataFrame({"load": np.arange(96.0)}, index=HOURS)
    X, y = series_to_supervised(load, horizon=24, origins=origins)
    assert X["load"].tolist() == rows
    np.testing.assert_array_equal(y, np.array(rows)[:, None] + np.arange(1, 25))
    windows = LagWindows(30)
    expected = windows.fit_transform(load)[rows]
    np.testing.assert_array_equal(windows.fit_transform(X), expected)
    np.testing.assert_array_equal(windows.fit(X[:-1]).transform(X[-1:]), expected[-1:])


def test_origins_are_counted_by_the_clock_in_each_series():
    hours = HOURS.tz_localize(None)
    panel = pd.concat(
        {"u": pd.DataFrame({"a": range(12)}, hours[:12]).drop(hours[[1, 5]])}
        | {"v": pd.DataFrame({"a": range(6)}, hours[2:8])}
    ).sample(frac=1, random_state=0)
    X, _ = series_to_supervised(panel, horizon=[2], origins=3)
    assert {*zip(X.index.get_level_values(0), X["a"], strict=True)} == {
        ("u", 0), ("u", 6), ("u", 9), ("v", 0), ("v", 3)
    }  # fmt: skip
    by_hour, _ = series_to_supervised(panel, horizon=[2], origins=lambda times: times.hour == 4)
    assert {*by_hour["a"]} == {4, 2}


@pytest.mark.parametrize(
    ("origins", "words"),
    [
        (0, "got 0: origins=24"),
        (True, "got True: origins=24"),
        ([1, 2], "got an array of shape (2,) and dtype int64: origins=24"),
        (lambda times: times.hour, "got a function that returns an array of shape (96,) and dty"),
        (96 * [False], "Expected origins among the rows with a known future; got [False"),
    ],
)
def test_origins_that_name_no_rows(origins, words):
    load = pd.DataFrame({"load": np.arange(96.0)}, index=HOURS)
    assert words in message(load, origins=origins)


def test_rows_between_origins_that_were_lost_are_told(recwarn):
    load = pd.DataFrame({"load": np.arange(96.0)}, index=HOURS)
    X, y = series_to_supervised(load, horizon=24, origins=24)
    scaler = StandardScaler().set_output(transform="pandas")
    make_pipeline(scaler, LagWindows(3)).fit(X, y)
    (told,) = recwarn
    assert "was given origins without the rows between them, which a step before it" in str(
        told.message
    )
    recwarn.clear()
    assert json.dumps(y.attrs)
    LagWindows(3).fit(X, y)
    LagWindows(3).fit(X[:2], y[:2])
    make_pipeline(scaler, LagWindows(3)).fit(*series_to_supervised(load))
    LagWindows(3).fit(*series_to_supervised(load, origins=1))
    assert not recwarn


def test_origins_need_a_clock():
    words = "by it the windows find the rows between them; got ndarray without one: give a DataFr"
    assert words in message(np.arange(9.0), origins=3)


def message(*args, **kwargs):
    with pytest.raises(ValueError) as error:
        series_to_supervised(*args, **kwargs)
    return str(error.value)


def test_a_target_that_does_not_exist(frame):
    assert message(frame, target="tmp") == (
        "Expected target among the columns 'temp', 'rain', 'sky'; got 'tmp': did you mean 'temp'? "
        "Or name one or several of them in a list, or leave target out."
    )
    assert "among the columns 0, 1; got 2: name" in message(np.zeros((4, 2)), target=[0, 2])


@pytest.mark.parametrize("horizon", [0, -1, 1.5, [1, 0], [], "1", None])
def test_a_horizon_out_of_range(frame, horizon):
    assert message(frame, horizon=horizon) == (
        f"Expected horizon as an integer of at least 1, or several; got {horizon!r}: horizon=1 is "
        "the next step, and horizon=7 the next seven."
    )


def test_no_row_has_a_future(frame):
    assert message(frame, target="temp", horizon=5) == (
        "Expected rows whose target is known 1 to 5 steps later; got none in 5 rows: give more "
        "rows, a shorter horizon, or targets that are not NaN."
    )
    assert "known 1 to 1000000000000 steps later" in message(frame, horizon=10**12)
    assert "known [2, 9] steps later" in message(frame, horizon=[2, 9])
    assert "known one step later" in message(frame[:1])


def test_three_dimensions():
    assert message(np.zeros((3, 2, 1))) == (
        "Expected data of one or two dimensions; got 3: give the series itself, not windows of it."
    )


def test_stamps_on_no_regular_step(frame):
    odd = frame.rename(index={frame.index[2]: frame.index[2] + pd.Timedelta("6h")})
    assert message(odd).startswith("Expected stamps on a regular step")
