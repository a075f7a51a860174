"""Warnings where the past of rows cannot be found, at the user's line and only once."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler

from skrnn.windows import LagFeatures, LagWindows, series_to_supervised

from .test_ecosystem import WindowMean

FRAME = pd.DataFrame({"a": np.arange(30.0)}, index=pd.date_range("2024-01-01", periods=30))
BARE = FRAME.to_numpy()
REMEDY = (
    "In a pipeline, steps that return arrays take the index away, and "
    'set_output(transform="pandas") on the pipeline keeps it.'
)


def told(function):
    """What is warned in a call, each text at this file's line."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        function()
    ours = [one for one in caught if "feature names" not in str(one.message)]
    assert all(one.filename == __file__ and one.category is UserWarning for one in ours)
    return [str(one.message) for one in ours]


@pytest.mark.parametrize("lag", [LagWindows(4), LagFeatures(4)], ids=str)
def test_the_clock_of_fit_meets_rows_without_one(lag):
    name = type(lag).__name__
    lag = clone(lag).fit(FRAME[:20])
    assert told(lambda: lag.transform(FRAME[20:])) == []
    assert told(lambda: lag.transform(BARE[20:])) == [
        f"{name} was fitted on rows with a clock, and X has none: its rows count as consecutive, "
        f"and the training rows before them are not found. Give X its index. {REMEDY}"
    ]


def test_rows_with_a_clock_after_rows_without_one():
    windows = LagWindows(4).fit(BARE[:20])
    assert told(lambda: windows.transform(BARE[20:])) == []
    assert told(lambda: windows.transform(FRAME[20:])) == [
        "LagWindows was fitted on rows without a clock, so that none are remembered: what was "
        f"before the first rows of X is absent. Fit it on a frame with its index. {REMEDY}"
    ]


def test_fewer_rows_without_a_clock_than_a_window():
    windows = LagWindows(4, dilation=2).fit(BARE)
    assert told(lambda: windows.transform(BARE[:7])) == []
    assert told(lambda: windows.transform(BARE[:6])) == [
        "X has fewer rows than LagWindows looks back, 7 with their own, and no clock by which "
        "those before them would be found: all windows begin with absent steps. Give the rows "
        f"before them too, or frames with their index in fit and here. {REMEDY}"
    ]


def test_a_single_row_of_a_frame_with_a_clock_or_of_a_window_of_one_step():
    assert told(lambda: LagWindows(4).fit(FRAME[:20]).transform(FRAME[20:21])) == []
    assert told(lambda: LagWindows(1).fit(FRAME).transform(BARE[:1])) == []


def test_an_imputer_takes_the_clock_away_and_the_remedy_brings_it_back():
    pipeline = make_pipeline(SimpleImputer(), LagWindows(4), WindowMean())
    pipeline.fit(FRAME[:20], np.zeros(20))
    (text,) = told(lambda: pipeline.predict(FRAME[20:21]))
    assert text.startswith("X has fewer rows") and text.endswith(REMEDY)
    pipeline.set_output(transform="pandas").fit(FRAME[:20], np.zeros(20))
    assert told(lambda: pipeline.predict(FRAME[20:21])) == []
    window = pipeline[:-1].transform(FRAME[20:21])
    np.testing.assert_array_equal(window[0, :, 0], [17, 18, 19, 20])


def test_once_for_each_fit():
    windows = LagWindows(4).fit(FRAME[:20])
    calls = lambda: [windows.transform(BARE[k:]) for k in range(20, 30)]  # noqa: E731
    assert len(told(calls)) == 1
    assert told(calls) == []
    windows.fit(FRAME[:20])
    assert len(told(calls)) == 1


LOST = (
    "LagWindows was given X without an index, and y with times: the rows count as consecutive "
    f"ones, and none are remembered for the windows of later rows. {REMEDY}"
)
STEPS = {
    "StandardScaler": StandardScaler(with_mean=False, with_std=False),
    "SimpleImputer": SimpleImputer(),
    "ColumnTransformer": make_column_transformer(("passthrough", ["a"])),
    "a pipeline": make_pipeline(SimpleImputer(), MinMaxScaler((0, 19))),
}


@pytest.mark.parametrize("name", STEPS)
def test_steps_that_return_arrays_before_the_windows(name):
    X, y = series_to_supervised(FRAME)
    pipeline = make_pipeline(clone(STEPS[name]), LagWindows(4), WindowMean())
    assert told(lambda: pipeline.fit(X[:20], y[:20])) == [LOST]
    pipeline.set_output(transform="pandas")
    assert told(lambda: pipeline.fit(X[:20], y[:20])) == []
    window = pipeline[:-1].transform(X[20:21])
    np.testing.assert_allclose(window[0, :, 0], [17, 18, 19, 20])


@pytest.mark.parametrize(("function", "texts"), [(np.asarray, [LOST]), (np.log1p, [])])
def test_a_function_that_returns_arrays_or_frames(function, texts):
    pipeline = make_pipeline(FunctionTransformer(function), LagWindows(4), WindowMean())
    assert told(lambda: pipeline.fit(FRAME, FRAME["a"])) == texts


def test_a_scaler_takes_the_clock_away_in_every_fold():
    X, y = series_to_supervised(FRAME)
    pipeline = make_pipeline(StandardScaler(), LagWindows(4), WindowMean())
    assert set(told(lambda: cross_val_score(pipeline, X, y, cv=3))) >= {LOST}


def test_a_scaler_makes_one_series_of_a_panel():
    panel = pd.concat({"u": FRAME, "v": FRAME})
    pipeline = make_pipeline(StandardScaler(), LagFeatures(4))
    (text,) = told(lambda: pipeline.fit(panel, panel["a"]))
    assert "the rows count as consecutive ones of one series" in text


@pytest.mark.parametrize(
    ("X", "y"),
    [
        (BARE, BARE[:, 0]),
        (BARE, pd.Series(BARE[:, 0])),
        (BARE.tolist(), BARE[:, 0].tolist()),
        (FRAME, FRAME["a"]),
        (FRAME, BARE[:, 0]),
        (FRAME.reset_index(drop=True), FRAME["a"]),
    ],
    ids=["arrays", "a default index", "lists", "frames", "a frame", "two indexes"],
)
def test_nothing_was_lost(X, y):
    for lag in [LagWindows(4), LagFeatures(4)]:
        assert told(lambda lag=lag: lag.fit(X, y)) == []
    assert told(lambda: LagWindows(1).fit(BARE, FRAME["a"])) == []


def test_rows_from_the_midst_of_fit_that_are_no_longer_known():
    windows = LagWindows(4).fit(FRAME)
    for rows in [slice(0, 1), slice(0, 3), slice(10, 14), slice(29, 30)]:
        assert told(lambda rows=rows: windows.transform(FRAME[rows])) == []
    assert told(lambda: [windows.transform(FRAME[10:n]) for n in (11, 13)]) == [
        "X lies among rows of fit that LagWindows no longer remembers, and has fewer rows than it "
        "looks back: the steps before them are absent from all windows. Give the rows before them "
        "too."
    ]


def test_rows_of_years_after_the_training():
    windows = LagWindows(4).fit(FRAME)
    later = FRAME.shift(freq=pd.Timedelta(days=2000))
    (text,) = told(lambda: windows.transform(later[:1]))
    assert text.startswith("X begins later than the rows that LagWindows remembers end")


def test_a_file_that_is_newest_first():
    newest_first = FRAME[::-1]
    (text,) = told(lambda: series_to_supervised(newest_first))
    assert text.startswith("The rows are not in the order of time.")
    assert told(lambda: series_to_supervised(FRAME)) == []
    for lag in [LagWindows(4), LagFeatures(4)]:
        (text,) = told(lambda lag=lag: lag.fit(newest_first))
        assert text.startswith(f"{type(lag).__name__} was given rows that are newest first.")
        assert told(lambda lag=lag: lag.fit(FRAME.sample(frac=1, random_state=0))) == []
        assert told(lambda lag=lag: lag.fit(newest_first[:5])) == []
    windows = LagWindows(4).fit(FRAME[:20])
    np.testing.assert_array_equal(windows.transform(newest_first)[0, :, 0], [26, 27, 28, 29])


def test_a_panel_that_is_not_in_order_within_a_series():
    panel = pd.concat({"u": FRAME, "v": FRAME[:4]})
    assert told(lambda: series_to_supervised(panel.sample(frac=1, random_state=0).iloc[:0:-1]))
    by_day = panel.swaplevel().sort_index().swaplevel()
    assert told(lambda: series_to_supervised(by_day)) == []
