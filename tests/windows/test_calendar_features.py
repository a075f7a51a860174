"""Cyclic pairs of the calendar, by hand."""

import numpy as np
import pandas as pd
import pytest

from skrnn.windows._calendar_features import CALENDAR_WORDS, calendar_features


def angles(index, word):
    """How much of the cycle has run, from the pair."""
    pairs, names = calendar_features(index, [word])
    assert names == [f"{word}_sin", f"{word}_cos"] and pairs.dtype == np.float32
    np.testing.assert_allclose((pairs**2).sum(axis=1), 1, rtol=1e-6)
    parts = np.arctan2(*pairs.T.astype(float)) / (2 * np.pi)
    return (parts.round(5) % 1).round(5).tolist()


def test_each_word_by_hand():
    dates = pd.to_datetime(["2024-01-01 00:00", "2024-07-03 18:00", "2024-12-29 01:30"])
    assert angles(dates, "hour") == [0, 0.75, 0.0625]
    assert angles(dates, "day_of_week") == [0, round(2 / 7, 5), round(6 / 7, 5)]
    assert angles(dates, "month") == [0, 0.5, round(11 / 12, 5)]
    assert angles(dates, "day_of_year") == [0, round(184 / 366, 5), round(363 / 366, 5)]


def test_the_last_day_of_any_year_is_next_to_the_first():
    lasts = pd.to_datetime(["2023-12-31", "2024-12-31", "1900-12-31", "2000-12-31"])
    days = np.array([365, 366, 365, 366])
    assert angles(lasts, "day_of_year") == ((days - 1) / days).round(5).tolist()


def test_the_hour_is_that_of_the_clock_on_the_wall():
    hours = pd.date_range("2024-10-26 22:00", periods=6, freq="h", tz="UTC")
    local = angles(hours.tz_convert("Europe/Berlin"), "hour")
    assert local == [round(hour / 24, 5) for hour in (0, 1, 2, 2, 3, 4)]


@pytest.mark.parametrize("freq", ["h", "D", "M", "Q"])
def test_periods_are_read_by_their_beginning(freq):
    periods = pd.period_range("2024-01-01", periods=30, freq=freq)
    features, _ = calendar_features(periods, CALENDAR_WORDS)
    np.testing.assert_array_equal(
        features, calendar_features(periods.to_timestamp(how="start"), CALENDAR_WORDS)[0]
    )


def test_weeks_begin_on_their_first_day_and_old_periods_are_no_trouble():
    weeks = pd.period_range("2024-01-01", periods=2, freq="W-SUN")  # Monday to Sunday
    assert angles(weeks, "day_of_week") == [0, 0]
    assert angles(pd.PeriodIndex(["1500-07"], freq="M"), "month") == [0.5]


def test_a_panel_has_the_dates_of_its_rows():
    dates = pd.date_range("2024-01-01", periods=3)
    panel = pd.MultiIndex.from_product([["u", "v"], dates])
    features, _ = calendar_features(panel, ["month", "hour"])
    one, names = calendar_features(dates, ["month", "hour"])
    np.testing.assert_array_equal(features, np.tile(one, (2, 1)))
    assert names == ["month_sin", "month_cos", "hour_sin", "hour_cos"]
    assert calendar_features(pd.RangeIndex(3), [])[0].shape == (3, 0)


@pytest.mark.parametrize(
    ("index", "words", "text"),
    [
        (pd.RangeIndex(3), ["hour"], "got RangeIndex [0, 1, 2]: give the rows their dates"),
        (pd.timedelta_range("1h", periods=3), "month", "got TimedeltaIndex ["),
        (pd.Index(["a"]), ["month"], "got Index ['a']: give"),
        (pd.date_range("2024", periods=3), ["hours"], "\"month\"; got 'hours': leave it out"),
        (pd.date_range("2024", periods=3), ["month", "month"], "got 'month' again: leave"),
    ],
)
def test_what_has_no_calendar_is_refused(index, words, text):
    with pytest.raises(ValueError) as error:
        calendar_features(index, words)
    assert str(error.value).startswith("Expected ") and text in str(error.value)
