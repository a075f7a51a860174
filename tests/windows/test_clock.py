"""Clocks: which step is learned, which stamps are refused, and in which words."""

import json

import numpy as np
import pandas as pd
import pytest
from pandas import offsets

from skrnn.windows import LagWindows
from skrnn.windows._clock import learn_clock, steps_of
from skrnn.windows._stamps import read_series

from .reference import INDEXES

REMEDY = (
    "fill or resample the index (asfreq, resample), or pass a bare array, X.to_numpy(), whose rows "
    "count as consecutive."
)


def stamps_of(index):
    (series,) = read_series(pd.DataFrame({"a": range(len(index))}, index=index), len(index))
    return series.stamps


def steps(index, fitted=None):
    stamps = stamps_of(index)
    return steps_of(stamps, learn_clock(stamps if fitted is None else stamps_of(fitted))).tolist()


@pytest.mark.parametrize("index", INDEXES)
def test_holes_and_order_of_every_kind_of_index(index):
    times = [0, 1, 2, 3, 4, 5, 6, 7, 12, 13, 14, 20]
    assert steps(index(times)) == times
    assert steps(index(times[::-1])) == times[::-1]


@pytest.mark.parametrize("index", INDEXES)
def test_a_learned_clock_reads_any_later_and_earlier_stamp(index):
    assert steps(index([40, -3, 11]), fitted=index(range(10))) == [40, -3, 11]
    assert steps(index([40]), fitted=index(range(10))) == [40]


@pytest.mark.parametrize("index", INDEXES)
def test_a_clock_is_plain_data(index):
    stamps = stamps_of(index(range(10)))
    clock = learn_clock(stamps)
    assert json.loads(json.dumps(clock)) == clock


FREQUENCIES = ["90min", "h", "3h", "D", "2D", "W-WED", "MS", "ME", "2MS", "QS-FEB", "QE", "2QE"]
FREQUENCIES += ["YS", "YE", "B", "2B", "BME", "SME"]
HOLIDAYS = ["2023-02-01", "2023-02-17", "2023-03-03"]
OFFSETS = [
    offsets.DateOffset(days=1),
    offsets.DateOffset(3),
    offsets.DateOffset(hours=6),
    offsets.DateOffset(minutes=90),
    offsets.DateOffset(weeks=1, days=1),
    offsets.DateOffset(months=1),  # on the 31st, then on the 28th of each month
    offsets.DateOffset(2, months=1),
    offsets.DateOffset(years=1, months=1),
    offsets.DateOffset(months=1, days=1),
    offsets.DateOffset(months=1, day=15),
    offsets.CustomBusinessDay(holidays=HOLIDAYS),
    offsets.CustomBusinessDay(2, weekmask="Sun Mon Tue Wed Thu", holidays=HOLIDAYS),
    offsets.CustomBusinessDay(calendar=np.busdaycalendar("1110011", HOLIDAYS)),
    offsets.CustomBusinessMonthEnd(holidays=["2023-03-31"]),
    offsets.CustomBusinessMonthBegin(weekmask="Tue Wed Sat"),
    offsets.BusinessHour(start="10:00", end="13:00"),
    offsets.CustomBusinessHour(start=["09:00", "13:00"], end=["12:00", "15:00"], holidays=HOLIDAYS),
    offsets.Easter(),
    offsets.LastWeekOfMonth(weekday=1),
    offsets.FY5253Quarter(weekday=1, startingMonth=12, qtr_with_extra_week=4, variation="last"),
]


@pytest.mark.parametrize("freq", FREQUENCIES + OFFSETS, ids=str)
@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
def test_a_stated_frequency_is_the_step(freq, zone):
    index = pd.date_range("2023-01-31 06:00", periods=60, freq=freq, tz=zone)
    for keep in [slice(1), slice(2), slice(30), slice(29, None, -1)]:
        assert index[keep].freq is not None
        assert steps(index[[3, 50, 0, 58]], fitted=index[keep]) == [3, 50, 0, 58]
    clock = learn_clock(stamps_of(index))
    assert json.loads(json.dumps(clock)) == clock
    if freq not in OFFSETS[6:9]:  # of these a month was cut, from the 31st to the 30th or the 28th
        assert steps(index[[7, 3]], fitted=index[20:40]) == [-13, -17]


@pytest.mark.parametrize("n", [-1, -2])
@pytest.mark.parametrize("freq", OFFSETS[15:17], ids=str)
def test_business_hours_counted_backwards(freq, n):
    index = pd.date_range("2023-01-31 10:30", periods=30, freq=n * freq)
    assert index[0] > index[-1]
    assert steps(index[[3, 29, 0]], fitted=index[5:20]) == [16, -10, 19]


def test_an_offset_adds_hours_of_the_clock_on_the_wall():
    index = pd.date_range(
        "2024-03-30", periods=9, freq=offsets.DateOffset(hours=6), tz="Europe/Berlin"
    )
    assert {2, 5, 6} >= set(np.diff(index.asi8) // (3600 * 10 ** {"ns": 9, "us": 6}[index.unit]))
    assert steps(index[::-1], fitted=index[:3]) == list(range(9))[::-1]
    # No night of summer time was seen in fit.
    later = pd.date_range("2024-07-01", periods=2, freq="6h", tz="Europe/Berlin")
    assert steps(later, fitted=index[:3]) == [93 * 4, 93 * 4 + 1]


@pytest.mark.parametrize("freq", [OFFSETS[10], OFFSETS[15]], ids=str)
def test_a_day_off_the_calendar_of_the_index_is_named(freq):
    index = pd.date_range("2023-01-31 11:00", periods=30, freq=freq)
    holiday = pd.DatetimeIndex([index[0], pd.Timestamp("2023-02-04 11:00")])  # a Saturday
    assert "got 2023-02-04 11:00:00 in row 1, which lies between" in message(steps, holiday, index)


def test_a_frequency_without_a_plain_form_is_refused_by_name():
    freq = offsets.CustomBusinessDay(offset=pd.Timedelta("1h"))
    frame = pd.DataFrame({"a": [1.0]}, index=pd.DatetimeIndex(["2024-01-01"]))
    frame.index.freq = freq
    words = message(LagWindows(2).fit, frame)
    assert "leave the frequency out (X.index.freq = None)" in words
    assert "made of numbers and words; got <CustomBusinessDay: offset=" in words


@pytest.mark.parametrize("zone", [None, "UTC"])
@pytest.mark.parametrize(
    "freq", ["D", "h", "MS", "ME", "W-WED", "YE", "B", "BME", OFFSETS[10]], ids=str
)
@pytest.mark.parametrize("start", ["1512-03-01", "1676-12-01", "2261-12-01", "9000-01-01"])
@pytest.mark.parametrize("states", [True, False])
def test_dates_that_nanoseconds_cannot_hold(start, freq, zone, states):
    index = pd.date_range(start, periods=400, freq=freq, tz=zone, unit="us")
    if not states and freq != OFFSETS[10]:
        index = index.as_unit("s")
        index.freq = None
    assert steps(index[[399, 0, 7]], fitted=index[:50]) == [399, 0, 7]
    assert steps(index[[39, 0, 7]], fitted=index[380:]) == [39 - 380, -380, 7 - 380]


def test_a_clock_of_our_days_reads_dates_that_nanoseconds_cannot_hold():
    days = pd.date_range("2024-01-01", periods=5, unit="us")
    assert steps(pd.DatetimeIndex(np.array(["2262-04-12"], "M8[us]")), fitted=days) == [87029]
    fine = pd.date_range("2024-01-01", periods=5, freq="100ns", unit="ns")
    words = message(steps, pd.DatetimeIndex(np.array(["3000-01-01"], "M8[s]")), fitted=fine)
    assert (
        "between 1677 and 2262, because the clock learned in fit, every 0 days 00:00:00.0000"
        in words
    )
    late = pd.date_range("2290-01-01", periods=5, unit="s")
    words = message(steps, fine, fitted=late)
    assert "Expected stamps in whole microseconds" in words and "in row 1" in words


MORE = ["MS", "ME", "QE", "YS", "YE", "BME", "BQE", "SME", "W", "D", "12h"]


@pytest.mark.parametrize("freq", MORE)
def test_a_regular_index_without_stated_frequency(freq):
    index = pd.date_range("2021-02-01", periods=60, freq=freq)
    bare = pd.DatetimeIndex(list(index))
    assert bare.freq is None
    assert steps(bare[30:], fitted=bare[:30]) == list(range(30, 60))


def test_months_are_found_from_two_stamps_and_beyond_holes():
    index = pd.to_datetime(["2024-01-31", "2024-02-29", "2024-06-30", "2024-07-31"])
    assert steps(index) == [0, 1, 5, 6]
    two = pd.to_datetime(["2023-07-01", "2023-08-01"])
    assert steps(pd.to_datetime(["2023-09-01", "2023-10-01"]), fitted=two) == [2, 3]


def test_a_day_of_the_month():
    index = pd.to_datetime(["2024-01-15 12:00", "2024-02-15 12:00", "2024-03-15 12:00"])
    assert steps(index) == [0, 1, 2]


def test_years_of_365_days_do_not_hide_the_leap_year():
    index = pd.to_datetime(["2021-06-01", "2022-06-01", "2023-06-01"])
    assert steps(pd.to_datetime(["2024-06-01", "2025-06-01"]), fitted=index) == [3, 4]


def test_local_days_learned_in_winter_hold_in_summer():
    winter = pd.date_range("2024-02-01", periods=20, tz="Europe/Berlin")
    winter = pd.DatetimeIndex(list(winter))
    assert winter.freq is None
    summer = pd.date_range("2024-05-01", periods=3, tz="Europe/Berlin")
    assert steps(summer, fitted=winter) == [90, 91, 92]


def test_24_hours_are_no_local_day_if_the_stamps_say_so():
    index = pd.date_range("2024-03-29", periods=5, freq="24h", tz="Europe/Berlin")
    assert steps(pd.DatetimeIndex(list(index))) == [0, 1, 2, 3, 4]


def test_hours_of_a_local_day_of_25_hours():
    index = pd.date_range("2024-10-27", periods=27, freq="h", tz="Europe/Berlin")
    assert len(set(index.tz_localize(None))) == 26  # 02:00 comes twice
    assert steps(pd.DatetimeIndex(list(index))) == list(range(27))


def test_local_half_days():
    noons = pd.date_range("2024-03-29", periods=8, freq="12h").tz_localize("Europe/Berlin")
    assert steps(pd.DatetimeIndex(list(noons))) == list(range(8))


def test_the_same_instants_in_another_time_zone():
    index = pd.date_range("2024-03-29", periods=50, freq="h", tz="Europe/Berlin")
    assert steps(index.tz_convert("America/New_York"), fitted=index) == list(range(50))
    days = pd.date_range("2024-03-29", periods=5, freq="D", tz="Europe/Berlin")
    assert steps(days.tz_convert("UTC"), fitted=days) == list(range(5))


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_the_resolution_of_the_index_does_not_matter(unit):
    index = pd.date_range("2024-01-01", periods=5, freq="h")
    assert steps(index.as_unit(unit), fitted=index) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("zone", [None, "America/New_York", "Asia/Tokyo"])
def test_days_without_weekends_are_weekdays(zone):
    business = pd.date_range("2024-01-01 16:00", periods=300, freq="B", tz=zone)
    bare = pd.DatetimeIndex(list(business))
    assert bare.freq is None
    assert steps(bare[:8]) == list(range(8))
    assert steps(bare[[9, 0, 299]], fitted=bare[:9]) == [9, 0, 299]
    holidays = [k for k in range(300) if k % 17]
    assert steps(bare[holidays]) == [k - 1 for k in holidays]
    scattered = np.sort(np.random.default_rng(0).permutation(300)[:100])
    assert steps(bare[scattered]) == (scattered - scattered[0]).tolist()


def test_sunday_to_thursday():
    week = offsets.CustomBusinessDay(weekmask="Sun Mon Tue Wed Thu")
    bare = pd.DatetimeIndex(list(pd.date_range("2024-01-01", periods=30, freq=week)))
    assert steps(bare[[29, 0]], fitted=bare[:9]) == [29, 0]


def test_days_that_may_have_weekends_are_days():
    days = pd.date_range("2024-01-01", periods=60)  # a Monday
    for rows in [range(5), [0, 1, 2, 3, 4, 5, 7], [0, 1, 4, 7, 9], [*range(5), 6], range(60)]:
        assert steps(pd.DatetimeIndex(list(days[rows]))) == list(rows)
    with_gaps = days[days.day_of_week < 5]
    assert steps(with_gaps[:8].to_period("D")) == [0, 1, 2, 3, 4, 7, 8, 9]  # as its frequency says
    saturday = days[[7, 12]]
    assert "every 1 B; got 2024-01-13 00:00:00" in message(steps, saturday, with_gaps)


def test_timedeltas_and_periods():
    assert steps(pd.to_timedelta([0, 30, 60, 150], unit="min")) == [0, 1, 2, 5]
    assert steps(pd.PeriodIndex(["2024Q1", "2024Q2", "2025Q1"], freq="Q")) == [0, 1, 4]
    assert steps(pd.period_range("2024-01", periods=3, freq="3M")) == [0, 1, 2]


def test_a_scattered_sample_of_rows_finds_the_step():
    rows = np.array([3, 11, 14, 15, 29, 37, 40, 62, 70])  # no difference has a majority
    assert steps(pd.Index(rows)) == (rows - 3).tolist()
    hours = pd.Timestamp("2024-01-01") + pd.to_timedelta(rows, unit="h")
    assert steps(hours) == (rows - 3).tolist()


@pytest.mark.parametrize("index", ["abcd", [0.0, 1.0, 2.0, 3.0], [True, False, True, False]])
def test_other_indexes_are_no_clock(index):
    assert stamps_of(pd.Index(list(index))) is None


def message(function, *args, **kwargs):
    with pytest.raises(ValueError) as error:
        function(*args, **kwargs)
    return str(error.value)


def test_a_stamp_between_two_steps_is_named():
    index = pd.date_range("2024-01-01", periods=9, freq="h").to_list()
    index[5] += pd.Timedelta("20min")
    assert message(steps, pd.DatetimeIndex(index)) == (
        "Expected stamps on a regular step (the commonest is 0 days 01:00:00); got "
        "2024-01-01 05:20:00 in row 5, which lies between two steps, more than 5% of a step away "
        f"from either: {REMEDY}"
    )
    assert message(steps, pd.Index([0, 10, 20, 30, 35, 40])) == (
        "Expected stamps on a regular step (the commonest is 10); got 35 in row 4, which lies "
        f"between two steps: {REMEDY}"
    )


def test_the_odd_stamp_is_named_even_if_it_is_the_first():
    index = pd.to_datetime(
        ["2024-01-01 00:30", *pd.date_range("2024-01-01 01:00", periods=6, freq="h")]
    )
    assert "got 2024-01-01 00:30:00 in row 0" in message(steps, index)


def test_random_moments_have_no_step():
    rng = np.random.default_rng(0)
    moments = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 10**12, 50), unit="ns")
    assert "on a regular step" in message(steps, moments)


def test_a_stamp_off_the_learned_clock_is_named():
    fitted = pd.date_range("2024-01-01", periods=5, freq="h")
    assert message(steps, fitted + pd.Timedelta("15min"), fitted=fitted) == (
        "Expected stamps on the clock learned in fit, every 0 days 01:00:00 from 2024-01-01 "
        "00:00:00; got 2024-01-01 00:15:00 in row 0, which lies between two steps, more than 5% of "
        "a step away from either: " + REMEDY
    )
    months = pd.date_range("2024-01-01", periods=5, freq="MS")
    off = pd.to_datetime(["2024-06-01", "2024-07-02"])
    assert message(steps, off, fitted=months) == (
        "Expected stamps on the clock learned in fit, every month; got 2024-07-02 00:00:00 in "
        "row 1, which lies between two steps: " + REMEDY
    )
    business = pd.date_range("2024-01-01", periods=5, freq="B")
    saturday = pd.to_datetime(["2024-01-08", "2024-01-13"])
    assert "every 1 B; got 2024-01-13 00:00:00 in row 1" in message(steps, saturday, business)
    assert "every 3 months; got" in message(
        steps, off, pd.date_range("2024-01-01", periods=3, freq="QS")
    )


def test_a_stamp_that_comes_twice_is_named():
    index = pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-02", "2024-01-01"])
    assert message(steps, index) == (
        "Expected each stamp once in a series; got 2024-01-02 00:00:00 again in row 3: drop the "
        "duplicates (X[~X.index.duplicated()]), number the rows anew (reset_index), or name the "
        "series in a (series, time) index."
    )


def test_a_missing_stamp_is_named():
    index = pd.to_datetime(["2024-01-01", None, "2024-01-03"])
    assert message(steps, index) == (
        "Expected a stamp for every row; got NaT in row 1 of its series: drop the row or give it a "
        "stamp."
    )


@pytest.mark.parametrize(
    ("fitted", "given", "words"),
    [
        (
            pd.date_range("2024", periods=3),
            pd.RangeIndex(3),
            "a naive DatetimeIndex as in fit; got an integer index",
        ),
        (
            pd.RangeIndex(3),
            pd.date_range("2024", periods=3),
            "an integer index as in fit; got a naive DatetimeIndex",
        ),
        (
            pd.date_range("2024", periods=3),
            pd.date_range("2024", periods=3, tz="UTC"),
            "got a DatetimeIndex with a time zone",
        ),
        (
            pd.period_range("2024", periods=3, freq="M"),
            pd.period_range("2024", periods=3, freq="D"),
            "a PeriodIndex of frequency M as in fit; got a PeriodIndex of frequency D",
        ),
        (pd.timedelta_range("1h", periods=3), pd.RangeIndex(3), "a TimedeltaIndex as in fit; got"),
    ],
)
def test_another_kind_of_index_than_in_fit(fitted, given, words):
    text = message(steps, given, fitted=fitted)
    assert text.startswith("Expected ") and words in text
    assert text.endswith(
        ": give X the index of the training rows continued, or pass a bare array, X.to_numpy(), "
        "to start without history."
    )
