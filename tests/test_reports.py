"""What people reported of tools like this one: each test is a situation, with data made by hand."""

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import StackingRegressor
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.pipeline import make_pipeline

from skrnn.windows import LagFeatures, LagWindows, series_to_supervised

NAN = np.nan


@pytest.mark.parametrize("fill", [0.0, "edge"])
def test_lags_that_are_filled_have_no_holes_in_a_fold_from_the_middle(fill):
    frame = pd.DataFrame({"a": np.arange(60.0)}, index=pd.date_range("2024-01-01", periods=60))
    model = make_pipeline(LagFeatures(7, fill=fill), Ridge())
    folds = KFold(3)
    assert np.isfinite(cross_val_predict(model, frame, frame["a"], cv=folds)).all()
    stack = StackingRegressor([("lags", model)], final_estimator=Ridge(), cv=folds)
    assert np.isfinite(stack.fit(frame, frame["a"]).predict(frame)).all()


HOLIDAYS = pd.to_datetime(["2023-12-25", "2024-01-01", "2024-03-29"])


@pytest.fixture
def prices():
    """Closing prices of 120 trading days: no weekends, three holidays, no frequency."""
    days = pd.bdate_range("2023-11-01", periods=123).difference(HOLIDAYS)
    return pd.DataFrame({"close": np.arange(120.0)}, index=pd.DatetimeIndex(list(days)))


def test_a_price_file_has_no_weekends(prices):
    windows = LagWindows(14).fit(prices[:60]).transform(prices[60:])[:, :, 0]
    np.testing.assert_array_equal(windows[0], np.arange(47.0, 61))
    with pytest.warns(UserWarning) as caught:
        X, _ = series_to_supervised(prices, target="close")
    assert len(X) == 120 - 1 - 3  # but for the last day, and those before a holiday
    assert str(caught[0].message) == (
        "series_to_supervised left out 4 of 120 rows: 1 because the data end, 3 because no row "
        "stands where their future would, and 0 because it is NaN. Fill the index (asfreq) or the "
        'targets, or take the next row as the next step (clock="rows").'
    )
    assert caught[0].filename == __file__
    _, week = series_to_supervised(prices[45:80], horizon=[1, 2, 3, 4, 5])
    assert len(week) == 30


def test_a_clock_of_rows_has_no_holidays_either(prices, recwarn):
    X, y = series_to_supervised(prices, horizon=[1, 5], clock="rows")
    np.testing.assert_array_equal(y - X.to_numpy(), np.tile([1.0, 5.0], (115, 1)))
    for lag in [LagWindows(30, clock="rows"), LagFeatures(30, clock="rows")]:
        lag.fit(prices[:60])
        fold = prices.iloc[[75, 60, 61]]  # in any order; the newest is one step after its neighbour
        rows = np.asarray(lag.transform(fold)).reshape(3, 30)
        rows = rows if isinstance(lag, LagWindows) else rows[:, ::-1]
        np.testing.assert_array_equal(rows[0], [*range(33, 60), 60, 61, 75])
        np.testing.assert_array_equal(rows[1], np.arange(31, 61))
        again = np.asarray(lag.transform(prices[20:22])).reshape(
            2, 30
        )  # before the rows that fit keeps
        assert np.isfinite(again).sum() == 3
    assert not recwarn.list


def test_visits_of_patients_are_rows_of_a_panel(recwarn):
    dates = ["2024-01-01", "2024-01-09", "2024-03-02", "2024-02-02", "2024-02-03"]
    index = pd.MultiIndex.from_arrays([["p", "p", "p", "q", "q"], pd.to_datetime(dates)])
    visits = pd.DataFrame({"a": np.arange(5.0)}, index=index)
    windows = LagWindows(3, clock="rows").fit_transform(visits)[:, :, 0]
    np.testing.assert_array_equal(
        windows, [[NAN, NAN, 0], [NAN, 0, 1], [0, 1, 2], [NAN, NAN, 3], [NAN, 3, 4]]
    )
    _, y = series_to_supervised(visits, clock="rows")
    np.testing.assert_array_equal(y, [1, 2, 4])
    with pytest.raises(ValueError, match=r"Series 'p': Expected each stamp once"):
        LagWindows(3, clock="rows").fit(visits.iloc[[0, 0, 1]])


@pytest.mark.parametrize("make", [lambda c: LagWindows(clock=c), lambda c: LagFeatures(clock=c)])
def test_a_clock_of_another_name(make, prices):
    with pytest.raises(ValueError, match="The 'clock' parameter"):
        make("days").fit(prices)
    with pytest.raises(ValueError, match=r'Expected clock as "auto" or "rows"; got'):
        series_to_supervised(prices, clock="days")
