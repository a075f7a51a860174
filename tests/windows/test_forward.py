"""The clock forwards, against what pandas continues with."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pandas.tseries.offsets import BusinessHour

from skrnn.windows import LagWindows
from skrnn.windows._clock import learn_clock
from skrnn.windows._forward import index_of, stamps_after
from skrnn.windows._stamps import stamps_of

from .reference import INDEXES
from .test_clock import FREQUENCIES, MORE
from .test_properties import WINDOWS, indexes, periods


def same(one, other):
    assert type(one) is type(other) and one.dtype == other.dtype and one.name == other.name
    assert one.equals(other) and getattr(one, "tz", None) == getattr(other, "tz", None)


def is_contradicted_by_pandas(in_order):
    """Whether pandas goes on otherwise from the first stamp, by the frequency that it states.

    pandas counts business hours back from 10:00 to 17:00 of the day before, and forwards from 16:00
    to 9:00: two names of one moment, the end of one day of work and the start of the next.
    """
    if not isinstance(in_order.freq, BusinessHour):
        return False
    again = pd.date_range(
        in_order[0], periods=len(in_order), freq=in_order.freq, unit=in_order.unit
    )
    return not again.equals(in_order)


@settings(WINDOWS, max_examples=200)
@given(st.one_of(indexes(), indexes(), indexes(), periods()), st.integers(1, 25), st.booleans())
def test_any_frequency_goes_on_as_pandas_goes_on(whole, n_known, is_shuffled):
    """An index that runs backwards goes on in the order of time all the same."""
    in_order = whole if len(whole) < 2 or whole[0] < whole[-1] else whole[::-1]
    assume(not is_contradicted_by_pandas(in_order))
    known = (whole if in_order is whole else whole[::-1])[:n_known].rename("when")
    clock = learn_clock(stamps_of(known if in_order is whole else whole[::-1][:n_known]))
    rows = known[np.random.default_rng(0).permutation(n_known)] if is_shuffled else known
    future = stamps_after(rows, 9, clock)
    same(future, in_order[n_known : n_known + 9].rename("when"))
    if in_order is whole and not is_shuffled:
        assert future.freq == whole.freq


@pytest.mark.parametrize("index", INDEXES)
def test_holes_and_order_of_every_kind_of_index(index):
    times = [12, 0, 1, 2, 3, 4, 5, 6, 7, 13]
    same(stamps_after(index(times), 3), index([14, 15, 16]))


@pytest.mark.parametrize("freq", sorted({*FREQUENCIES, *MORE} - {"2B"}))
@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
def test_an_index_that_states_no_frequency(freq, zone):
    whole = pd.date_range("2023-01-31 06:00", periods=60, freq=freq, tz=zone)
    bare = pd.DatetimeIndex(list(whole[:40]), name="when")
    assert bare.freq is None
    same(stamps_after(bare, 20), whole[40:].rename("when"))


def test_the_frequency_is_said_where_pandas_has_one():
    for freq in ["h", "90min", "D", "2D", "MS", "ME", "B"]:
        whole = pd.date_range("2023-01-31 06:00", periods=60, freq=freq)
        assert stamps_after(pd.DatetimeIndex(list(whole)), 3).freq == whole.freq
    days = pd.date_range("2024-03-25", periods=4, tz="Europe/Berlin")
    assert stamps_after(days[[0, 1, 3]], 9).freq == days.freq


def test_a_clock_change_ahead():
    hours = pd.date_range("2024-10-26", periods=24, freq="h", tz="Europe/Berlin")
    future = stamps_after(hours, 26)
    assert future[[2, 3]].hour.tolist() == [2, 2] and future[-1].hour == 0
    days = pd.date_range("2024-10-24", periods=3, tz="Europe/Berlin")
    assert (stamps_after(days, 3).hour == 0).all()
    # pandas refuses to name 2:30 on the day on which it does not exist.
    early = pd.DatetimeIndex(["2024-03-29 02:30", "2024-03-30 02:30"], tz="Europe/Berlin")
    assert stamps_after(early, 2).strftime("%d %H:%M").tolist() == ["31 03:00", "01 02:30"]
    twice = pd.DatetimeIndex(["2024-10-25 02:30", "2024-10-26 02:30"], tz="Europe/Berlin")
    assert stamps_after(twice, 1).strftime("%H:%M %z").tolist() == ["02:30 +0200"]


def test_another_time_zone_than_in_fit():
    days = pd.date_range("2024-03-25", periods=4, tz="Europe/Berlin")
    future = stamps_after(days.tz_convert("UTC"), 4, learn_clock(stamps_of(days)))
    assert future.hour.tolist() == [23, 23, 23, 22] and str(future.tz) == "UTC"


def test_rounded_steps_do_not_drift():
    ticks = pd.date_range("2024-01-01", periods=3601, end="2024-01-01 00:01:00", unit="ns")  # 60 Hz
    future = stamps_after(ticks[:1800], 1801)
    assert abs(future - ticks[1800:]).max() <= pd.Timedelta(100, unit="ns")
    shaky = pd.to_timedelta([0, 1.001, 1.999, 3, 4.002, 5], unit="s")
    assert np.allclose(stamps_after(shaky, 3).total_seconds(), [6, 7, 8], atol=0.01)


def test_beyond_what_nanoseconds_hold():
    years = pd.date_range("2250-01-01", periods=5, freq="YS", unit="us")
    assert stamps_after(years, 20)[-1] == pd.Timestamp("2274-01-01")


def test_integers_and_lengths_of_time():
    same(stamps_after(pd.RangeIndex(3, 10, 3, name="n"), 2), pd.RangeIndex(12, 18, 3, name="n"))
    same(stamps_after(pd.Index([9, 5, 7], dtype="int32"), 2), pd.Index([11, 13], dtype="int32"))
    hours = pd.timedelta_range("1h", periods=5, freq="h")
    assert stamps_after(hours, 2).equals(pd.to_timedelta([6, 7], unit="h"))


def test_what_a_transformer_remembers_goes_on():
    days = pd.date_range("2024-03-25", periods=4, tz="Europe/Berlin", name="day", unit="s")
    frame = pd.DataFrame({"a": np.arange(4.0)}, index=days)
    (entry,) = LagWindows(3).fit(frame).context_
    known = index_of(entry, "day", "s")
    same(known, days[2:])
    same(stamps_after(known, 3, entry["clock"]), stamps_after(days, 3))
    both = pd.concat({"u": frame, "v": frame[:1]})
    of_one = LagWindows(3).fit(both).context_[1]  # takes its clock over from the other series
    same(stamps_after(index_of(of_one, "day", "s"), 3, of_one["clock"]), days[1:])


def message(function, *args):
    with pytest.raises(ValueError) as error:
        function(*args)
    return str(error.value)


def test_what_comes_after_cannot_always_be_told():
    days = pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-05"])
    (entry,) = LagWindows(2, clock="rows").fit(pd.DataFrame({"a": [1.0, 2, 3]}, days)).context_
    words = message(stamps_after, days, 1, entry["clock"])
    assert 'got clock="rows", which says how rows follow each other' in words
    words = message(stamps_after, days[:1], 1)
    assert "got the single stamp 2024-01-01 00:00:00: give more rows, or the freq" in words
    assert "got Index ['a', 'b']: give the stamps of the future" in message(
        stamps_after, pd.Index(["a", "b"]), 1
    )
    assert "got no rows" in message(stamps_after, days[:0], 1)
    weeks = pd.date_range("2024-01-01", periods=3, freq="7D")
    assert "which lies between two steps" in message(
        stamps_after, days, 1, learn_clock(stamps_of(weeks))
    )
