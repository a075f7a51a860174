"""What people reported about windows and time: each test is a situation, with data made by hand."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.ensemble import StackingRegressor
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

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
    _, week = series_to_supervised(prices[45:80], horizon=5)
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


DAYS = pd.date_range("2024-01-28", periods=6)
OTHER_FORMS = {
    "ISO": DAYS.strftime("%Y-%m-%d"),
    "with a time": DAYS.strftime("%Y/%m/%d %H:%M"),
    "German": DAYS.strftime("%d.%m.%Y"),
    "American": DAYS.strftime("%m/%d/%y"),
    "digits": DAYS.strftime("%Y%m%d"),
    "words": DAYS.strftime("%d %b %Y"),
    "objects": pd.Index([day.date() for day in DAYS], dtype=object),
    "categories": pd.CategoricalIndex(DAYS),
    "categories of text": pd.CategoricalIndex(DAYS.strftime("%Y-%m-%d")),
}


@pytest.mark.parametrize("form", OTHER_FORMS)
@pytest.mark.parametrize("newest_first", [False, True])
def test_dates_of_a_file_read_without_parse_dates(form, newest_first):
    frame = pd.DataFrame({"a": np.arange(6.0)}, index=OTHER_FORMS[form])
    frame = frame[::-1] if newest_first else frame
    for take in [LagWindows(3).fit, LagFeatures(3).fit, series_to_supervised]:
        with pytest.raises(
            ValueError, match="Expected dates in the index as dates of pandas; got"
        ) as e:
            take(frame)
        mended = frame.copy()
        exec(str(e.value).rpartition(": ")[2].rstrip("."), {"X": mended, "pd": pd})
        assert sorted(mended.index) == list(DAYS)
    panel = frame.set_axis(pd.MultiIndex.from_product([["u"], frame.index]))
    with pytest.raises(ValueError, match="set_levels") as e:
        LagWindows(3).fit(panel)
    remedy = str(e.value).rpartition(": ")[2].rstrip(".")
    mended = {"X": panel, "pd": pd}
    exec(remedy, mended)
    assert sorted(mended["X"].index.get_level_values(1)) == list(DAYS)


@pytest.mark.parametrize(
    ("labels", "wrong"),
    [([3.0, 1.0, 2.0], "1.0 after 3.0 in row 1"), (["r1", "r3", "r2"], "'r2' after 'r3' in row 2")],
)
def test_rows_without_a_clock_that_are_not_in_order(labels, wrong):
    frame = pd.DataFrame({"a": [1.0, 2, 3]}, index=labels)
    with pytest.raises(ValueError, match="Expected rows in the order of time") as error:
        LagWindows(2).fit(frame)
    assert wrong in str(error.value)
    in_order = LagWindows(2).fit_transform(frame.sort_index())
    np.testing.assert_array_equal(in_order[:, 1, 0], frame["a"].sort_index())


@pytest.mark.parametrize(
    "labels", [["r9", "r10", "r11"], ["a", "a", "b"], [0.5, 0.5, 2], [True, False, True]]
)
def test_rows_without_a_clock_that_are_in_order(labels):
    frame = pd.DataFrame({"a": [1.0, 2, 3]}, index=labels)
    np.testing.assert_array_equal(LagWindows(2).fit_transform(frame)[2, :, 0], [2, 3])


@pytest.mark.parametrize("form", ["%Y%m%d", "%Y%m"])
def test_an_integer_index_that_looks_like_dates(form):
    dates = pd.date_range("2023-12-01", periods=40, freq="D" if form == "%Y%m%d" else "MS")
    frame = pd.DataFrame({"a": np.arange(40.0)}, index=dates.strftime(form).astype(int))
    windows = LagWindows(3)
    for take in [windows.fit, lambda X: series_to_supervised(X)]:
        with pytest.warns(UserWarning, match="looks like dates") as caught:
            take(frame)
        assert f"pd.to_datetime(X.index, format={form!r})" in str(caught[0].message)
        assert caught[0].filename == __file__


@pytest.mark.parametrize("start", [0, 20_240_095, 202_395, 2000])
def test_an_integer_index_that_does_not(start, recwarn):
    LagWindows(3).fit(pd.DataFrame({"a": np.arange(40.0)}, index=np.arange(start, start + 40)))
    assert not recwarn.list


COLUMNS = {
    "date": (DAYS, "got dates in column 'date': make them the index, X.set_index('date')."),
    "day": (
        DAYS.strftime("%d.%m.%Y"),
        "X.set_index(pd.to_datetime(X['day'], dayfirst=True)).drop(columns='day')",
    ),
    "month": (DAYS.to_period("M"), "got dates in column 'month'"),
    "age": (DAYS - DAYS[0], "got dates in column 'age'"),
    "station": (list("AAABBB"), "got 'A' in column 'station': encode it, for example with"),
    "kind": (
        pd.Categorical(list("xyzxyz")),
        "OneHotEncoder; or, if it names the series of each row",
    ),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_that_is_no_number_is_named(name):
    values, words = COLUMNS[name]
    frame = pd.DataFrame({"a": np.arange(6.0), name: values})
    for lag in [LagWindows(2), LagFeatures(2)]:
        with pytest.raises(ValueError, match="Expected columns of numbers") as error:
            lag.fit(frame)
        assert words in str(error.value)
    if name in ("date", "day", "station"):
        with pytest.raises(ValueError, match=f"column '{name}'"):
            LagWindows(2).fit(pl.DataFrame({"a": np.arange(6.0), name: list(values)}))


def test_columns_of_objects_that_are_numbers():
    frame = pd.DataFrame({"a": [1, 2.5, None], "b": ["1", "2", "3"]}, dtype=object)
    np.testing.assert_array_equal(
        LagWindows(1).fit_transform(frame)[:, 0], [[1, 1], [2.5, 2], [NAN, 3]]
    )


def one_day_after_the_other(frame, lag):
    """What is seen each day, from the row of that day alone."""
    for day in range(20, 40):
        row = frame[day : day + 1]
        yield np.asarray(lag.transform(row))[0]
        lag.update(row)


LAGS = [LagWindows(6), LagWindows(3, dilation=2), LagFeatures([5, 2])]


@pytest.mark.parametrize("lag", LAGS, ids=str)
@pytest.mark.parametrize("clock", ["auto", "rows"])
def test_one_new_row_a_day_with_an_update(lag, clock, recwarn):
    frame = pd.DataFrame({"a": np.arange(40.0)}, index=pd.date_range("2024-01-01", periods=40))
    lag = clone(lag).set_params(clock=clock).fit(frame[:20])
    seen = list(one_day_after_the_other(frame, lag))
    whole = lag.transform(frame)
    np.testing.assert_array_equal(seen, whole[20:])
    assert not recwarn.list
    again = type(lag)(**lag.get_params()).fit(frame)  # the same memory as if all had been there
    np.testing.assert_array_equal(lag.context_[0]["rows"], again.context_[0]["rows"])
    np.testing.assert_array_equal(lag.context_[0]["stamps"], again.context_[0]["stamps"])


def test_one_new_row_a_day_without_an_update():
    frame = pd.DataFrame({"a": np.arange(40.0)}, index=pd.date_range("2024-01-01", periods=40))
    windows = LagWindows(6).fit(frame[:20])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        windows.transform(frame[20:21])
        assert not caught
        for day in range(21, 40):
            windows.transform(frame[day : day + 1])
    (warning,) = caught
    assert "X begins later than the rows that LagWindows remembers end" in str(warning.message)
    assert warning.filename == __file__


def test_the_memory_of_a_panel_moves_on_in_a_pipeline():
    days = pd.date_range("2024-01-01", periods=8)
    index = pd.MultiIndex.from_product([["u", "v", "w"], days])
    panel = pd.DataFrame({"a": np.arange(24.0)}, index=index)
    model = make_pipeline(StandardScaler(with_std=False), LagWindows(4), FunctionTransformer())
    model.set_output(transform="pandas")
    model.fit(panel.loc[["u", "v"]].loc[(slice(None), days[:4]), :])
    mean = model[0].mean_
    since = panel.loc[["w", "v"]].loc[(slice(None), days[4:6]), :]
    assert model[-2].update(model[:-2].transform(since)) is model[-2]
    last = panel.loc[(slice(None), days[6:]), :]
    rows = np.asarray(model.transform(last))[[0, 2, 4], :, 0] + mean
    nothing = [NAN, NAN]
    np.testing.assert_array_equal(rows, [[3, *nothing, 6], [11, 12, 13, 14], [NAN, 20, 21, 22]])


def test_an_update_without_a_clock():
    frame = pd.DataFrame({"a": np.arange(9.0)}, index=pd.date_range("2024-01-01", periods=9))
    for fitted, given, where in [
        (frame, frame.to_numpy(), "update"),
        (frame.to_numpy(), frame, "fit"),
    ]:
        with pytest.raises(ValueError, match=f"Expected rows with a clock .* got none in {where}:"):
            LagWindows(2).fit(fitted).update(given)
    with pytest.raises(ValueError, match="which lies between two steps"):
        LagWindows(2).fit(frame).update(frame.shift(freq="6h"))


def test_rows_and_memory_begin_with_a_single_row():
    frame = pd.DataFrame(
        {"a": np.arange(9.0)}, index=pd.date_range("2024-01-01", periods=9, freq="h")
    )
    frame.index.freq = None
    windows = LagWindows(4).fit(frame[:1]).update(frame[1:3])
    np.testing.assert_array_equal(windows.transform(frame[3:4])[0, :, 0], [0, 1, 2, 3])


def rows_are_consecutive(index, cut=None):
    """Whether windows of two rows hold each row and the one before it, after fit on a part too."""
    frame = pd.DataFrame({"a": np.arange(float(len(index)))}, index=index)
    cut = len(index) // 2 if cut is None else cut
    expected = np.column_stack([np.arange(len(index)) - 1.0, np.arange(len(index))])
    whole = LagWindows(2).fit_transform(frame)[1:, :, 0]
    split = LagWindows(2).fit(frame[:cut]).transform(frame[cut:])[:, :, 0]
    return np.array_equal(whole, expected[1:]) and np.array_equal(split, expected[cut:])


def jittered(step, n=200, part=0.02):
    noise = np.random.default_rng(0).uniform(-part, part, n)
    return pd.Timestamp("2024-01-01") + pd.TimedeltaIndex(
        pd.Timedelta(step) * (np.arange(n) + noise)
    )


ROUNDED = {
    "60 Hz": pd.to_datetime(np.rint(np.arange(500) * 1e9 / 60).astype(np.int64)),
    "30 Hz in microseconds": pd.to_datetime(np.rint(np.arange(500) * 1e6 / 30) * 1000),
    "lengths of time": pd.to_timedelta(np.rint(np.arange(500) * 1e9 / 60).astype(np.int64)),
    "50 of a day": pd.date_range("2024-01-01", "2024-01-02", periods=50),
    "two minutes": jittered("2min"),
    "a shaky hour": jittered("1h", part=0.01),
    "a day": jittered("1D").tz_localize("UTC"),
    "holes": jittered("1h")[[0, 1, 2, *range(3, 200)]],
    "before nanoseconds": jittered("2min").as_unit("us") - pd.DateOffset(years=410),
}


@pytest.mark.parametrize("name", ROUNDED)
def test_rounded_and_shaky_stamps(name):
    assert rows_are_consecutive(ROUNDED[name])
    assert rows_are_consecutive(ROUNDED[name], cut=20)  # an error in the step does not add up


def test_shaky_stamps_with_holes():
    kept = np.r_[0:50, 53:120, 160:200]
    frame = pd.DataFrame({"a": kept.astype(float)}, index=jittered("2min")[kept])
    windows = LagWindows(4).fit_transform(frame)[:, :, 0]
    expected = kept[:, None] + np.arange(-3.0, 1)
    np.testing.assert_array_equal(windows, np.where(np.isin(expected, kept), expected, NAN))


def test_a_stamp_beyond_the_tolerance_is_named():
    index = jittered("2min").to_series()
    index.iloc[77] += pd.Timedelta("20s")
    frame = pd.DataFrame({"a": np.arange(200.0)}, index=pd.DatetimeIndex(index))
    with pytest.raises(ValueError, match="more than 5% of a step away from either"):
        LagWindows(2).fit(frame)
    windows = LagWindows(2).fit(frame[:77])
    with pytest.raises(ValueError, match=r"every 0 days 00:02:00 from .*; got .* in row 0, which"):
        windows.transform(frame[77:])


def test_shaky_stamps_after_exact_ones():
    exact = pd.DataFrame(
        {"a": np.arange(9.0)}, index=pd.date_range("2024-01-01", periods=9, freq="2min")
    )
    later = pd.DataFrame({"a": [9.0, 10]}, index=jittered("2min")[9:11])
    np.testing.assert_array_equal(LagWindows(3).fit(exact).transform(later)[1, :, 0], [8, 9, 10])


def test_a_sensor_that_was_off_leaves_windows_without_a_step():
    off = pd.date_range("2024-01-05", periods=4)
    frame = pd.DataFrame({"a": np.arange(1.0, 13)}, index=pd.date_range("2024-01-01", periods=12))
    frame.loc[off] = NAN
    windows = LagWindows(3).fit_transform(frame.pct_change(fill_method=None))[:, :, 0]
    assert np.flatnonzero(np.isnan(windows).all(axis=1)).tolist() == [0, 6, 7, 8]


def test_a_division_by_zero_is_named_by_row_and_column():
    days = pd.date_range("2024-01-01", periods=4)
    frame = pd.DataFrame({"a": 1.0, "rain": [NAN, 2.0, np.inf, 0.0]}, index=days)
    for X, name in [(frame, "'rain'"), (frame.to_numpy(), "1"), (pl.DataFrame(frame), "'rain'")]:
        words = f"Input X contains infinity, in row 2 of column {name}: "
        with pytest.raises(ValueError, match=words):
            LagWindows(2).fit(X)
    mended = frame.replace([np.inf, -np.inf], np.nan)
    assert np.isnan(LagWindows(1).fit(frame[:2]).transform(mended)[2, 0, 1])


def test_a_record_that_became_denser_has_the_finer_step():
    index = pd.date_range("2024-01-01", periods=50, freq="2h").append(
        pd.date_range("2024-01-05 05:00", periods=9, freq="h")
    )
    frame = pd.DataFrame({"a": np.arange(59.0)}, index=index)
    windows = LagWindows(3).fit_transform(frame)[:, :, 0]
    np.testing.assert_array_equal(windows[10], [9, NAN, 10])
    np.testing.assert_array_equal(windows[-1], [56, 57, 58])


@pytest.mark.parametrize("day", [28, 29, 30, 31])
@pytest.mark.parametrize("start", range(1, 13, 2))
@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
def test_bills_of_the_same_day_of_each_month(day, start, zone):
    months = pd.period_range(f"2023-{start:02}", periods=30, freq="M")
    index = pd.DatetimeIndex(
        [pd.Timestamp(m.year, m.month, min(day, m.days_in_month), 9) for m in months]
    ).tz_localize(zone)
    assert rows_are_consecutive(index)
    frame = pd.DataFrame({"a": np.arange(30.0)}, index=index)
    with pytest.raises(ValueError, match="which lies between two steps"):
        LagWindows(2).fit(frame[:24]).transform(frame[24:].shift(freq="-1D"))


@pytest.mark.parametrize("freq", ["D", "W-WED", "MS", "h"])
def test_a_time_zone_of_dateutil(freq):
    try:
        index = pd.date_range("2024-01-05", periods=400, freq=freq, tz="dateutil/Europe/Berlin")
    except AttributeError:
        pytest.skip("pandas 2.2 and dateutil 4 do not go together")
    assert rows_are_consecutive(index)
    assert rows_are_consecutive(pd.DatetimeIndex(list(index)))
