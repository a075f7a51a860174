"""Windows by the clock: folds, memory of the training rows, panels, and what is refused."""

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import TimeSeriesSplit, train_test_split

from skrnn.windows import LagFeatures, LagWindows

from .reference import INDEXES, windows_by_dictionary

NAN = np.nan


def series(index, n_rows=40):
    values = np.arange(2.0 * n_rows).reshape(n_rows, 2)
    return pd.DataFrame(values, columns=["a", "b"], index=index(range(n_rows)))


@pytest.fixture(params=INDEXES)
def frame(request):
    return series(request.param)


def equal(actual, expected):
    np.testing.assert_array_equal(actual, expected)
    return True


@pytest.mark.parametrize("dilation", [1, 3])
@pytest.mark.parametrize("fill", ["mask", "edge", 0.0])
def test_a_test_fold_has_the_windows_of_the_whole_series(frame, dilation, fill):
    whole = LagWindows(4, dilation=dilation, fill=fill).fit_transform(frame)
    n_folds = 0
    for train, test in TimeSeriesSplit(4).split(frame):
        windows = LagWindows(4, dilation=dilation, fill=fill).fit(frame.iloc[train])
        assert equal(windows.transform(frame.iloc[test]), whole[test])
        assert equal(windows.transform(frame.iloc[train]), whole[train])
        n_folds += 1
    assert n_folds == 4


def test_a_default_index_does_as_well():
    frame = pd.DataFrame({"a": np.arange(40.0)})
    assert isinstance(frame.index, pd.RangeIndex)
    whole = LagWindows(4).fit_transform(frame)
    for train, test in TimeSeriesSplit(4, gap=2).split(frame):
        windows = LagWindows(4).fit(frame.iloc[train]).transform(frame.iloc[test])
        # The two rows of the gap are unknown; the rest is in place.
        assert equal(windows[3:], whole[test][3:])
        assert equal(windows[0, :, 0], [test[0] - 3, NAN, NAN, test[0]])


def test_each_row_alone_has_its_window(frame):
    whole = LagWindows(4).fit_transform(frame)
    windows = LagWindows(4).fit(frame[:20])
    assert equal(windows.transform(frame[20:21]), whole[20:21])
    assert equal(windows.transform(frame[10:11])[0, -1], frame.to_numpy()[10])


def test_the_order_of_the_rows_does_not_matter(frame, rng):
    order = rng.permutation(len(frame))
    whole = LagWindows(4, dilation=2).fit_transform(frame)
    assert equal(LagWindows(4, dilation=2).fit_transform(frame.iloc[order]), whole[order])
    windows = LagWindows(4, dilation=2).fit(frame.iloc[order])
    assert equal(windows.transform(frame), whole)


def test_a_shuffled_split_keeps_true_distances():
    frame = series(INDEXES[0], 60)
    train, test = train_test_split(frame, random_state=0)
    windows = LagWindows(5).fit(train)
    rows = [(0, t, v) for t, v in zip(train.index, train.to_numpy(), strict=True)]
    assert equal(windows.transform(train), windows_by_dictionary(rows, 5, 1, "mask"))
    new = [(0, t, v) for t, v in zip(test.index, test.to_numpy(), strict=True)]
    assert equal(windows.transform(test), windows_by_dictionary(new, 5, 1, "mask", rows))


def test_given_rows_win_over_remembered_ones(frame):
    windows = LagWindows(4).fit(frame)  # keeps three rows
    revised = frame[-2:] + 1000
    assert equal(windows.transform(revised)[-1, :, 0], [NAN, 74, 1076, 1078])


def test_an_absent_given_row_wins_too(frame):
    revised = frame[-2:].copy()
    revised.iloc[0] = NAN
    assert np.isnan(LagWindows(2).fit(frame).transform(revised)[-1, 0]).all()


def test_remembered_rows_are_never_from_the_future(frame):
    windows = LagWindows(4).fit(frame[20:])
    assert equal(windows.transform(frame[:20]), LagWindows(4).fit_transform(frame[:20]))


def test_a_gap_after_the_training_rows(frame):
    windows = LagWindows(4).fit(frame[:20]).transform(frame[22:23])
    assert equal(windows[0, :, 0], [frame["a"].iloc[19], NAN, NAN, frame["a"].iloc[22]])


@pytest.mark.parametrize("fill", ["mask", "edge", 0.0])
def test_fill_stands_for_rows_that_are_merely_unknown(frame, fill):
    windows = LagWindows(3, fill=fill).fit(frame[:20]).transform(frame[30:31])
    stands = {"mask": np.full(2, NAN), "edge": frame.iloc[19]}.get(fill, np.full(2, fill))
    assert equal(windows[0, :2], [stands, stands])


def test_fill_before_the_beginning_is_the_same_at_transform(frame):
    windows = LagWindows(4, fill="edge").fit(frame)
    assert equal(windows.transform(frame[1:3])[0, :2], np.tile(frame.to_numpy()[0], (2, 1)))


def test_fit_transform_is_fit_and_transform(frame, rng):
    scattered = frame.iloc[np.sort(rng.permutation(40)[:30])]
    for transformer in [LagWindows(4, dilation=2), LagFeatures([0, 3])]:
        assert equal(
            transformer.fit_transform(scattered), transformer.fit(scattered).transform(scattered)
        )


def test_a_single_training_row_learns_its_step_from_the_given_ones(frame):
    bare = frame.set_axis(frame.index[[0, *range(1, 40)]])
    windows = LagWindows(3).fit(bare[:1]).transform(bare[1:5])
    assert equal(windows, LagWindows(3).fit_transform(bare)[1:5])


def test_a_frame_that_starts_again_at_zero_gets_no_history():
    frame = pd.DataFrame({"a": np.arange(20.0)})
    again = pd.DataFrame({"a": np.arange(100.0, 125.0)})
    windows = LagWindows(3).fit(frame).transform(again)
    assert equal(windows, LagWindows(3).fit_transform(again))


def test_bare_arrays_have_no_memory(frame):
    values = frame.to_numpy()
    windows = LagWindows(3).fit(values)
    assert windows.context_ == []
    assert equal(windows.transform(values[20:]), LagWindows(3).fit_transform(values[20:]))


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
def test_a_bare_array_after_a_frame_begins_anew(frame):
    values = frame.to_numpy()[20:]
    windows = LagWindows(3).fit(frame[:20]).transform(values)
    assert equal(windows, LagWindows(3).fit_transform(values))


@pytest.mark.filterwarnings("ignore:X has feature names")
def test_a_frame_after_a_bare_array_has_its_own_clock(frame):
    holes = frame.iloc[[0, 1, 2, 3, 6]]
    windows = LagWindows(3).fit(frame.to_numpy()).transform(holes)
    assert equal(windows, LagWindows(3).fit_transform(holes))


def test_rows_of_any_other_index_are_consecutive():
    frame = pd.DataFrame({"a": [1.0, 2, 3]}, index=["x", "x", "z"])
    assert equal(LagWindows(2).fit_transform(frame)[:, :, 0], [[NAN, 1], [1, 2], [2, 3]])


@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
def test_the_night_of_summer_time(zone):
    index = pd.date_range("2024-03-30 12:00", periods=48, freq="h", tz=zone)
    frame = pd.DataFrame({"a": np.arange(48.0)}, index=index)
    same_hour = LagWindows(2, dilation=24).fit_transform(frame)
    assert equal(same_hour[24:, 0, 0], np.arange(24))
    days = pd.DataFrame(
        {"a": np.arange(60.0)}, index=pd.date_range("2024-03-01", periods=60, tz=zone)
    )
    windows = LagWindows(3).fit(days[:20]).transform(days[20:])
    assert not np.isnan(windows).any()


def test_causality(frame, rng):
    """No bit of a window changes when later rows do."""
    for transformer in [LagWindows(4, dilation=2, fill="edge"), LagFeatures([0, 2, 5], fill=0.0)]:
        base = transformer.fit_transform(frame).tobytes()
        for now in [0, 7, 23]:
            changed = frame.copy()
            changed.iloc[now + 1 :] = rng.normal(size=(39 - now, 2))
            some = transformer.fit_transform(changed)
            length = (now + 1) * some[0].nbytes
            assert some.tobytes()[:length] == base[:length]


# Panels


@pytest.fixture
def panel(rng):
    parts = {
        "JFK": pd.date_range("2024-01-01", periods=12, freq="h"),
        "LGA": pd.date_range("2023-05-05", periods=9, freq="D"),
        "EWR": pd.date_range("2024-01-01 03:00", periods=12, freq="h").delete([4, 5]),
    }
    index = pd.MultiIndex.from_tuples([(name, t) for name, stamps in parts.items() for t in stamps])
    return pd.DataFrame(rng.normal(size=(len(index), 2)), columns=["a", "b"], index=index)


def test_each_series_of_a_panel_is_as_if_alone(panel, rng):
    windows = LagWindows(4).fit_transform(panel)
    for name in ["JFK", "LGA", "EWR"]:
        rows = panel.index.get_level_values(0) == name
        assert equal(windows[rows], LagWindows(4).fit_transform(panel.loc[name]))
    order = rng.permutation(len(panel))
    assert equal(LagWindows(4).fit_transform(panel.iloc[order]), windows[order])


def test_each_series_of_a_panel_is_remembered(panel):
    whole = LagWindows(4).fit_transform(panel)
    first = panel.groupby(level=0).cumcount().to_numpy() < 6
    windows = LagWindows(4).fit(panel[first])
    assert equal(windows.transform(panel[~first]), whole[~first])
    assert [entry["series"] for entry in windows.context_] == ["JFK", "LGA", "EWR"]


def test_a_new_series_of_a_panel_has_no_history(panel):
    windows = LagWindows(4).fit(panel.loc[["JFK", "LGA"]])
    alone = LagWindows(4).fit_transform(panel.loc["EWR"])
    assert equal(windows.transform(panel.loc[["EWR"]]), alone)


def test_a_series_too_short_to_tell_its_step_takes_that_of_the_others():
    hours = pd.date_range("2024-01-01", periods=6, freq="h")
    stamps = [("a", t) for t in hours] + [("b", hours[0]), ("b", hours[3])]
    frame = pd.DataFrame({"x": np.arange(8.0)}, index=pd.MultiIndex.from_tuples(stamps))
    windows = LagWindows(4).fit(frame)
    assert equal(windows.transform(frame)[-1, :, 0], [6, NAN, NAN, 7])
    later = pd.DataFrame({"x": [9.0]}, index=pd.MultiIndex.from_tuples([("b", hours[4])]))
    assert equal(windows.transform(later)[:, :, 0], [[NAN, NAN, 7, 9]])


def test_a_panel_without_clock_keeps_its_series_apart():
    index = pd.MultiIndex.from_tuples([("a", "u"), ("b", "u"), ("a", "v"), ("b", "w")])
    frame = pd.DataFrame({"x": [1.0, 10, 2, 20]}, index=index)
    assert equal(
        LagWindows(2).fit_transform(frame)[:, :, 0], [[NAN, 1], [NAN, 10], [1, 2], [10, 20]]
    )


def test_series_may_have_any_names():
    names = [1, "one", pd.Timedelta("1h"), pd.Interval(0, 1), ("a", 1), 2.5, True, np.float32(3)]
    for name in names:
        index = pd.MultiIndex.from_arrays(
            [pd.Index([name, name, name, name], tupleize_cols=False), [0, 1, 2, 3]]
        )
        frame = pd.DataFrame({"x": [1.0, 2, 3, 4]}, index=index)
        windows = LagWindows(2).fit(frame[:2]).transform(frame[2:])
        assert equal(windows[:, :, 0], [[2, 3], [3, 4]])


def message(function, *args):
    with pytest.raises(ValueError) as error:
        function(*args)
    return str(error.value)


def test_the_series_with_the_odd_stamp_is_named(panel):
    twice = pd.concat([panel, panel[13:14]])
    assert message(LagWindows(2).fit, twice).startswith(
        "Series 'LGA': Expected each stamp once in a series; got 2023-05-06 00:00:00 again in row 9"
    )
    windows = LagWindows(2).fit(panel)
    moved = panel[:3].rename(index=lambda t: t + pd.Timedelta("20min"), level=1)
    assert message(windows.transform, moved).startswith(
        "Series 'JFK': Expected stamps on the clock learned in fit"
    )


def test_times_before_series_are_refused(panel):
    assert message(LagWindows(2).fit, panel.swaplevel()) == (
        "Expected a panel's index in the order (series, time); got [None, None] with the times "
        "first: use X.swaplevel()."
    )


def test_an_index_of_three_levels_is_refused(panel):
    three = pd.concat({"x": panel}, names=["region", "airport", "time"])
    assert message(LagWindows(2).fit, three) == (
        "Expected an index of two levels, (series, time), for a panel; got 3 levels, ['region', "
        "'airport', 'time']: join the levels that name a series into one."
    )


def test_a_row_of_no_series_is_refused():
    index = pd.MultiIndex.from_arrays([["a", None], [0, 1]])
    assert message(LagWindows(2).fit, pd.DataFrame({"x": [1.0, 2]}, index=index)) == (
        "Expected a series for every row of a panel; got a missing one in row 1: name it or drop "
        "the row."
    )


def test_a_panel_and_a_single_series_do_not_mix(panel):
    panel_text = "a panel, indexed by (series, time)"
    single_text = "one series, indexed by time"
    end = ", or pass a bare array, X.to_numpy(), to start without history."
    windows = LagWindows(2).fit(panel)
    one = panel.loc["JFK"]
    words = message(windows.transform, one)
    name = panel.index[0][0]
    assert words == (
        f"Expected {panel_text}, as in fit; got {single_text}: say which of the series it is, "
        f"pd.concat({{{name!r}: X}}) if it is {name!r}{end}"
    )
    np.testing.assert_array_equal(
        windows.transform(pd.concat({"JFK": one})), windows.transform(panel.loc[["JFK"]])
    )
    assert message(LagWindows(2).fit(one).transform, panel) == (
        f"Expected {single_text}, as in fit; got {panel_text}: give a single series, X.xs(name), "
        f"or fit on a panel{end}"
    )
