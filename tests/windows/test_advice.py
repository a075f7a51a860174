"""Warnings where the past of rows cannot be found, at the user's line and only once."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline

from skrnn.windows import LagFeatures, LagWindows

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
