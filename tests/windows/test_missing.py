"""Rows that are missing in part: the value last seen and its flag, against a look-up by hand."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skrnn.windows import LagWindows, series_to_supervised

from .reference import INDEXES, last_of_each_series, windows_by_dictionary
from .test_properties import WINDOWS, fills, frame_of, times_of_a_series

NAN = np.nan


def last_seen_by_hand(rows, candidates, means, flagged):
    """Rows with flags: each value looked up in the newest row of `candidates` that has it."""
    found = []
    for name, time, values in rows:
        wide = []
        for column, value in enumerate(values):
            seen = [(t, v[column]) for s, t, v in candidates if s == name and t <= time]
            seen = [(t, v) for t, v in seen if not np.isnan(v)]
            wide.append(max(seen)[1] if seen and np.isnan(value) else value)
            wide[-1] = means[column] if np.isnan(wide[-1]) else wide[-1]
        wide += [float(np.isnan(values[column])) for column in flagged]
        found.append((name, time, np.full(len(wide), NAN) if np.isnan(values).all() else wide))
    return [(name, time, np.array(wide)) for name, time, wide in found]


@st.composite
def tables_with_holes(draw):
    names = draw(st.sampled_from([[None], ["u", "v"]]))
    stamps = [(name, time) for name in names for time in draw(times_of_a_series())]
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    values = rng.normal(size=(len(stamps), 3))
    values[rng.random(values.shape) < draw(st.sampled_from([0.1, 0.5]))] = NAN
    values[:, 2] = np.where(np.isnan(values).all(axis=1), NAN, 1.0)  # never missing in part
    return [(name, time, row) for (name, time), row in zip(stamps, values, strict=True)]


@WINDOWS
@given(tables_with_holes(), st.data(), st.integers(1, 4), fills)
def test_values_last_seen_and_flags(past, data, window, fill):
    """Of the training rows, some of them, or rows that follow them."""
    index = data.draw(st.sampled_from(INDEXES))
    which = data.draw(st.sampled_from(["all", "some", "later"]))
    rows = past
    if which == "some":
        numbers = data.draw(st.lists(st.integers(0, len(past) - 1), min_size=1, unique=True))
        rows = [past[number] for number in numbers]
    if which == "later":
        rows = [(name, time + 70, values) for name, time, values in past]
    transformer = LagWindows(window, fill=fill, missing="flag").fit(frame_of(past, index))
    values = np.array([row for _, _, row in past])
    is_part = np.isnan(values).any(axis=1) & ~np.isnan(values).all(axis=1)
    flagged = np.flatnonzero(np.isnan(values[is_part]).any(axis=0))
    assert transformer.missing_["columns"].tolist() == flagged.tolist()
    known = ~np.isnan(values)
    means = np.where(known, values, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    # What was last seen before the remembered rows is known from the newest forgotten row on.
    remembered = last_of_each_series(past, window - 1)
    is_given = {(name, time) for name, time, _ in rows}
    forgotten = [
        (name, time, row)
        for name, time, row in past
        if (name, time) not in remembered and (name, time) not in is_given
    ]
    ends = {}
    for name, time, _ in past:
        if (name, time) not in remembered:
            ends[name] = max(time, ends.get(name, time))

    def wide(some):
        found = []
        for row in some:
            name, time, _ = row
            candidates = [one for one in past if (one[0], one[1]) in remembered]
            candidates = [one for one in candidates if (one[0], one[1]) not in is_given] + rows
            candidates += forgotten if time >= ends.get(name, np.inf) else []
            found += last_seen_by_hand([row], candidates, means, flagged)
        return found

    np.testing.assert_allclose(
        transformer.transform(frame_of(rows, index)),
        windows_by_dictionary(wide(rows), window, 1, fill, wide(past)),
        rtol=1e-12,
    )


def test_an_update_is_a_longer_fit():
    """As far as it remembers: means and flags are those of fit."""
    rng = np.random.default_rng(0)
    values = rng.normal(size=(60, 3))
    values[rng.random(values.shape) < 0.6] = NAN
    frame = pd.DataFrame(values, pd.date_range("2024-01-01", periods=60))
    for reach in [1, 3, 10]:
        windows = LagWindows(reach, missing="flag").fit(frame[:20])
        windows.update(frame[20:25]).update(frame[25:50])
        (entry,) = windows.context_
        (longer,) = LagWindows(reach, missing="flag").fit(frame[:50]).context_
        np.testing.assert_array_equal(entry["rows"], longer["rows"])
        np.testing.assert_array_equal(entry["seen"]["values"], longer["seen"]["values"])
        assert entry["seen"]["until"] == longer["seen"]["until"]
        whole = LagWindows(reach, missing="flag").fit(frame[:20]).transform(frame)
        np.testing.assert_array_equal(windows.transform(frame[50:]), np.asarray(whole)[50:])


def test_no_later_value_is_taken():
    rng = np.random.default_rng(1)
    values = rng.normal(size=(40, 2))
    values[rng.random(values.shape) < 0.4] = NAN
    changed = values.copy()
    changed[20:] += 1.0
    for index in [None, pd.date_range("2024-01-01", periods=40)]:
        frames = [pd.DataFrame(v, index) if index is not None else v for v in (values, changed)]
        windows = LagWindows(4, missing="flag").fit(frames[0])
        before, after = (np.asarray(windows.transform(frame)) for frame in frames)
        np.testing.assert_array_equal(before[:20], after[:20])
        assert not np.array_equal(before[20:], after[20:], equal_nan=True)


def test_nothing_changes_where_nothing_is_missing_in_part():
    rows = np.array([[1.0, 2.0], [NAN, NAN], [3.0, 4.0]], np.float32)
    flagged = LagWindows(2, missing="flag").fit_transform(rows)
    np.testing.assert_array_equal(flagged, LagWindows(2).fit_transform(rows))
    assert flagged.dtype == np.float32 and flagged.shape == (3, 2, 2)


def test_a_feature_without_a_flag_that_is_missing_later():
    fitted = LagWindows(1, missing="flag").fit([[1.0, 10.0], [3.0, NAN], [5.0, 20.0]])
    later = np.asarray(fitted.transform([[NAN, NAN], [NAN, 7.0], [NAN, NAN], [4.0, NAN]]))
    # The mean of fit stands before the first value; the row that is missing altogether is absent.
    expected = [[NAN, NAN, NAN], [3.0, 7.0, 0.0], [NAN, NAN, NAN], [4.0, 7.0, 1.0]]
    np.testing.assert_array_equal(later[:, 0], expected)


def test_a_feature_that_is_never_known():
    windows = LagWindows(1, missing="flag").fit_transform([[1.0, NAN], [2.0, NAN]])
    assert np.asarray(windows)[:, 0].tolist() == [[1, 0, 1], [2, 0, 1]]


def test_rows_left_out_of_x_are_seen_too():
    days = pd.date_range("2024-01-01", periods=8)
    frame = pd.DataFrame({"a": np.arange(8.0), "b": [1, 2, NAN, 4, 5, NAN, 7, 8]}, days)
    X, _ = series_to_supervised(frame, target="a", origins=3)
    assert X["a"].tolist() == [0, 3, 6]
    windows = np.asarray(LagWindows(3, missing="flag").fit_transform(X))
    assert windows[1].tolist() == [[1, 2, 0], [2, 2, 1], [3, 4, 0]]
    assert windows[2].tolist() == [[4, 5, 0], [5, 5, 1], [6, 7, 0]]


def test_dates_that_nanoseconds_cannot_hold():
    days = pd.date_range("2262-04-01", periods=30, unit="s")
    frame = pd.DataFrame({"a": np.arange(30.0), "b": NAN}, days)
    frame.iloc[[2, 6], 1] = [2.0, 6.0]
    windows = LagWindows(2, missing="flag").fit(frame[:5])
    windows.update(frame[5:9])
    assert np.asarray(windows.transform(frame[20:]))[0, -1].tolist() == [20, 6, 1]


@pytest.mark.parametrize("missing", ["error", None, True])
def test_other_words_are_refused(missing):
    with pytest.raises(ValueError, match="The 'missing' parameter of LagWindows must be a str"):
        LagWindows(missing=missing).fit([[1.0]])
