"""Random holes, orders, panels, dilations and fills, against windows by dictionary."""

import contextlib

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pandas.tseries import offsets

from skrnn.windows import LagFeatures, LagWindows, series_to_supervised

from .reference import INDEXES, windows_by_dictionary
from .test_clock import FREQUENCIES, HOLIDAYS, OFFSETS

# Derandomized: the same examples in each run, so that a failure is the code's doing.
settings.register_profile("windows", deadline=None, max_examples=60, derandomize=True)
WINDOWS = settings.get_profile("windows")


@st.composite
def times_of_a_series(draw):
    """Times with holes, of which more than half of all neighbours are one step apart."""
    run = draw(st.integers(4, 12))
    start = draw(st.integers(-5, 5))
    extra = draw(st.sets(st.integers(start - 20, start + 40), max_size=run - 2))
    times = sorted({*range(start, start + run), *extra})
    return draw(st.permutations(times))


@st.composite
def tables(draw):
    """Rows as (series, time, values), and whether they are a panel."""
    names = draw(st.sampled_from([[None], ["u"], ["u", "v", "w"]]))
    stamps = [(name, time) for name in names for time in draw(times_of_a_series())]
    if draw(st.booleans()):
        stamps = draw(st.permutations(stamps))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    values = rng.normal(size=(len(stamps), draw(st.integers(1, 2))))
    return [(name, time, row) for (name, time), row in zip(stamps, values, strict=True)]


def frame_of(rows, index):
    names, times, values = zip(*rows, strict=True)
    # Made from a whole range, so that a row alone has the stamp it has among others.
    stamps = index(range(-100, 500))[np.array(times) + 100]
    if names[0] is not None:
        stamps = pd.MultiIndex.from_arrays([names, stamps])
    values = np.array(values)
    return pd.DataFrame(values, columns=list("abc"[: values.shape[1]]), index=stamps)


fills = st.sampled_from(["mask", "edge", 0.0, -2.5])


@pytest.mark.parametrize("index", INDEXES)
@WINDOWS
@given(tables(), tables(), st.integers(1, 5), st.integers(1, 3), fills)
def test_windows(index, past, rows, window, dilation, fill):
    transformer = LagWindows(window, dilation=dilation, fill=fill).fit(frame_of(past, index))
    np.testing.assert_array_equal(
        transformer.transform(frame_of(past, index)),
        windows_by_dictionary(past, window, dilation, fill),
    )
    rows = [(name, time, row[:1].repeat(len(past[0][2]))) for name, time, row in rows]
    if (past[0][0] is None) == (rows[0][0] is None):
        np.testing.assert_array_equal(
            transformer.transform(frame_of(rows, index)),
            windows_by_dictionary(rows, window, dilation, fill, past),
        )


@WINDOWS
@given(tables(), st.data(), st.integers(1, 5), st.integers(1, 3), fills)
def test_any_split_of_the_rows(rows, data, window, dilation, fill):
    """What follows the training rows, or lies among or before them, and single rows."""
    index = data.draw(st.sampled_from(INDEXES))
    transformer = LagWindows(window, dilation=dilation, fill=fill).fit(frame_of(rows, index))
    some = data.draw(st.lists(st.sampled_from(range(len(rows))), min_size=1, unique=True))
    some = [rows[i] for i in some]
    np.testing.assert_array_equal(
        transformer.transform(frame_of(some, index)),
        windows_by_dictionary(some, window, dilation, fill, rows),
    )


@WINDOWS
@given(tables(), st.data(), st.integers(1, 4), st.integers(1, 2), fills)
def test_causality(rows, data, window, dilation, fill):
    index = data.draw(st.sampled_from(INDEXES))
    now = data.draw(st.integers(-5, 10))
    changed = [(s, t, v + 1.0 if t > now else v) for s, t, v in rows]
    transformer = LagWindows(window, dilation=dilation, fill=fill)
    before = transformer.fit_transform(frame_of(rows, index))
    after = transformer.fit_transform(frame_of(changed, index))
    for (_, time, _), old, new in zip(rows, before, after, strict=True):
        assert time > now or old.tobytes() == new.tobytes()


@WINDOWS
@given(tables(), tables(), st.lists(st.integers(0, 9), min_size=1, max_size=4, unique=True), fills)
def test_lag_features_are_steps_of_windows(past, rows, lags, fill):
    index = INDEXES[2]
    rows = [(past[0][0], time, past[0][2]) for time in {time for _, time, _ in rows}]
    reach = max(lags) + 1
    expected = windows_by_dictionary(rows, reach, 1, fill, past)[:, ::-1][:, lags]
    lagged = (
        LagFeatures(lags, fill=fill).fit(frame_of(past, index)).transform(frame_of(rows, index))
    )
    np.testing.assert_array_equal(lagged.reshape(expected.shape), expected)


@WINDOWS
@given(tables(), st.data(), st.lists(st.integers(1, 6), min_size=1, max_size=3, unique=True))
def test_supervised(rows, data, horizons):
    index = data.draw(st.sampled_from(INDEXES))
    known = {(name, time): row for name, time, row in rows}
    expected = [
        (row, np.concatenate([known[name, time + h] for h in horizons]))
        for name, time, row in rows
        if all((name, time + h) in known for h in horizons)
    ]
    frame = frame_of(rows, index)
    if not expected:
        with pytest.raises(ValueError, match="got none in"):
            series_to_supervised(frame, horizon=horizons)
        return
    X, y = series_to_supervised(frame, horizon=horizons)
    np.testing.assert_array_equal(X, [row for row, _ in expected])
    np.testing.assert_array_equal(y, [future for _, future in expected])
    assert X.index.equals(y.index)
    kept = [all((name, time + h) in known for h in horizons) for name, time, _ in rows]
    of_all = LagWindows(3).fit_transform(frame)[np.array(kept)]  # those left out are their past
    np.testing.assert_array_equal(LagWindows(3).fit_transform(X), of_all)


# Arguments that an offset of pandas needs, or that change what it does.
ARGUMENTS = {
    "BQuarterEnd": [{"startingMonth": 2}],
    "BusinessHour": [{"start": "20:00", "end": "02:00"}, {"start": "07:00", "end": "09:30"}],
    "CustomBusinessDay": [{"holidays": HOLIDAYS}, {"weekmask": "Sun Mon Tue"}],
    "CustomBusinessHour": [{"start": ["08:00", "13:00"], "end": ["11:00", "15:30"]}],
    "DateOffset": [{"days": 1}, {"months": 1}, {"hours": 5}, {"weeks": 2, "days": 1}],
    "FY5253": [{"weekday": 4, "startingMonth": 1, "variation": "nearest"}],
    "FY5253Quarter": [
        {"weekday": 4, "startingMonth": 1, "qtr_with_extra_week": 1, "variation": "nearest"}
    ],
    "LastWeekOfMonth": [{"weekday": 4}],
    "SemiMonthBegin": [{"day_of_month": 20}],
    "Week": [{"weekday": 3}],
    "WeekOfMonth": [{"week": 1, "weekday": 2}],
    "YearEnd": [{"month": 6}],
}
NO_STEPS = {"BaseOffset", "Tick"}
KINDS = [
    (getattr(offsets, name), arguments)
    for name in sorted(set(offsets.__all__) - NO_STEPS)
    for arguments in [{}, *ARGUMENTS.get(name, [])]
]
ZONES = [None, "UTC", "Europe/Berlin", "dateutil/America/New_York"]
STARTS = ["2023-01-02 09:00", "2023-01-31 06:30", "2024-03-30", "1600-10-05 11:00", "2350-02-28"]


@st.composite
def indexes(draw):
    """An index of 40 stamps that pandas makes from a frequency, onwards or backwards in time."""
    freq = draw(st.sampled_from(FREQUENCIES + OFFSETS + KINDS))
    start = draw(st.sampled_from(STARTS))
    zone = draw(st.sampled_from(ZONES[:2] if start < "2" else ZONES))
    try:
        if isinstance(freq, tuple):
            kind, arguments = freq
            freq = kind(draw(st.sampled_from([1, 2, 3, -1, -2])), **arguments)
        whole = pd.date_range(start, periods=40, freq=freq, tz=zone, unit="us")
    except (TypeError, ValueError, NotImplementedError, AttributeError, OverflowError):
        assume(False)  # some arguments are needed; no nanoseconds in 1600; dateutil and pandas 2.2
    assume(len(whole) == 40 and whole.freq is not None)  # from some days pandas does not move on
    return whole


@st.composite
def periods(draw):
    """An index of 40 periods."""
    freq = draw(st.sampled_from(["3s", "15min", "h", "D", "W-WED", "2M", "Q-FEB", "Y-JUN"]))
    return pd.period_range(draw(st.sampled_from(["2023-01-31", "1500-03-05"])), None, 40, freq)


@st.composite
def parts_of_an_index(draw):
    """An index, a run of it that states the frequency, and some of its rows in any order."""
    whole = draw(st.one_of(indexes(), indexes(), indexes(), periods()))
    first = draw(st.integers(0, 20))
    n_fitted = draw(st.integers(1, 15))
    some = st.lists(st.integers(0, len(whole) - 1), min_size=1, unique=True)
    return whole, slice(first, first + n_fitted), draw(some)


@settings(WINDOWS, max_examples=200)
@given(parts_of_an_index(), st.integers(1, 5), st.integers(1, 2), fills)
def test_any_frequency_holes_and_order(parts, window, dilation, fill):
    """As by `get_indexer`, or refused by name: from a month cut short one cannot count back."""
    whole, fitted, some = parts
    frame = pd.DataFrame({"a": np.arange(float(len(whole)))}, index=whole)
    assert frame[fitted].index.freq is not None
    rows = frame.iloc[some]
    times, values = whole.sort_values().get_indexer(whole).tolist(), frame.to_numpy()
    triples = [(None, time, row) for time, row in zip(times, values, strict=True)]
    past, given_rows = triples[fitted], [triples[row] for row in some]
    try:
        transformer = LagWindows(window, dilation=dilation, fill=fill).fit(frame[fitted])
        windows = transformer.transform(rows)
    except ValueError as error:
        assert str(error).startswith("Expected stamps on") and type(whole.freq) is pd.DateOffset
        assert set(whole.freq.kwds) not in [{"days"}, {"hours"}, {"weeks", "days"}]
        return
    np.testing.assert_array_equal(
        windows, windows_by_dictionary(given_rows, window, dilation, fill, past)
    )


def test_the_frequencies_are_all_that_pandas_knows():
    """But for those that need arguments, each makes an index; few are refused."""
    made = {type(freq) for freq in OFFSETS}
    for kind, arguments in KINDS:
        with contextlib.suppress(TypeError, NotImplementedError):
            made.add(type(kind(**arguments)))
    assert {kind for kind, _ in KINDS} <= made
    assert len(made) > 30


@WINDOWS
@given(tables(), tables(), st.data(), st.integers(1, 5), st.sampled_from(["auto", "rows"]))
def test_an_update_is_a_longer_fit(past, since, data, window, clock):
    index = data.draw(st.sampled_from(INDEXES))
    if (past[0][0] is None) != (since[0][0] is None):
        return
    since = [(name, time + 200, row[:1].repeat(len(past[0][2]))) for name, time, row in since]
    transformer = LagWindows(window, clock=clock).fit(frame_of(past, index))
    later = frame_of([(name, time + 400, row) for name, time, row in past], index)
    transformer.update(frame_of(since, index))
    both = LagWindows(window, clock=clock).fit(frame_of(past + since, index))
    np.testing.assert_array_equal(transformer.transform(later), both.transform(later))
