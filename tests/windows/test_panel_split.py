"""Folds of a panel: by hand, by an invariant, and beside TimeSeriesSplit."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline

from skrnn.windows import LagFeatures, LagWindows, PanelTimeSeriesSplit, series_to_supervised

DAYS = pd.date_range("2024-01-01", periods=40)
SETTINGS = [
    {},
    {"n_splits": 3, "gap": 2},
    {"n_splits": 2, "test_size": 5, "max_train_size": 7},
    {"n_splits": 4, "test_size": 3, "gap": 1, "max_train_size": 10},
]


def a_panel():
    """Three series that begin and end at different times, in any order of the rows."""
    parts = {"u": DAYS, "v": DAYS[7:33], "w": DAYS[[3, 4, 9, *range(20, 40)]]}
    rng = np.random.default_rng(0)
    frames = {key: pd.DataFrame({"a": rng.normal(size=len(d))}, d) for key, d in parts.items()}
    return pd.concat(frames)


@pytest.mark.parametrize("settings", SETTINGS)
def test_all_series_are_cut_at_the_times_of_time_series_split(settings):
    panel = a_panel().sample(frac=1, random_state=0)
    days = panel.index.get_level_values(1)
    splitter = PanelTimeSeriesSplit(**settings)
    folds = list(splitter.split(panel))
    of_times = list(TimeSeriesSplit(**settings).split(DAYS))
    assert len(folds) == len(of_times) == splitter.get_n_splits()
    for fold, times in zip(folds, of_times, strict=True):
        for rows, of_fold in zip(fold, times, strict=True):
            np.testing.assert_array_equal(rows, np.flatnonzero(days.isin(DAYS[of_fold])))


@pytest.mark.parametrize("settings", SETTINGS)
def test_one_series_is_cut_as_by_time_series_split(settings):
    expected = list(TimeSeriesSplit(**settings).split(DAYS))
    with_holes = DAYS + pd.to_timedelta(np.arange(40) // 10 * 30, "D")
    for X in [pd.Series(range(40), with_holes), np.zeros((40, 2)), [[0.0]] * 40]:
        for fold, other in zip(PanelTimeSeriesSplit(**settings).split(X), expected, strict=True):
            np.testing.assert_array_equal(np.concatenate(fold), np.concatenate(other))
    shuffled = np.random.default_rng(0).permutation(40)
    frame = pd.DataFrame({"a": 1.0}, DAYS[shuffled])
    for fold, other in zip(PanelTimeSeriesSplit(**settings).split(frame), expected, strict=True):
        for rows, places in zip(fold, other, strict=True):
            np.testing.assert_array_equal(np.sort(shuffled[rows]), places)


def test_windows_and_an_index_of_y_are_enough():
    X, y = series_to_supervised(a_panel(), target="a", clock="rows")
    expected = list(PanelTimeSeriesSplit(3).split(X))
    windows = LagWindows(4, clock="rows").fit_transform(X)
    for fold, other, third in zip(
        PanelTimeSeriesSplit(3).split(windows),
        PanelTimeSeriesSplit(3).split(X.to_numpy(), y),
        expected,
        strict=True,
    ):
        for rows, again, by_frame in zip(fold, other, third, strict=True):
            np.testing.assert_array_equal(rows, by_frame)
            np.testing.assert_array_equal(again, by_frame)


def test_a_search():
    X, y = series_to_supervised(a_panel(), target="a", clock="rows")
    splitter = PanelTimeSeriesSplit(2, gap=1)
    assert repr(splitter) == (
        "PanelTimeSeriesSplit(gap=1, max_train_size=None, n_splits=2, test_size=None)"
    )
    model = make_pipeline(LagFeatures(2, fill=0.0, clock="rows"), Ridge())
    search = GridSearchCV(model, {"ridge__alpha": [0.1, 1.0]}, cv=splitter).fit(X, y)
    assert search.n_splits_ == 2 and np.isfinite(search.cv_results_["mean_test_score"]).all()


@pytest.mark.parametrize(
    ("splitter", "X", "words"),
    [
        (PanelTimeSeriesSplit(5), a_panel()[:3], "gap + n_splits * test_size = 0 + 5 * 1 differe"),
        (
            PanelTimeSeriesSplit(2, test_size=20),
            a_panel(),
            "0 + 2 * 20 different times in X; got",
        ),
        (PanelTimeSeriesSplit(2, gap=30), a_panel(), "got 40: lower n_splits, test_size or gap."),
        (
            PanelTimeSeriesSplit(2),
            pd.DataFrame({"a": 1}, pd.MultiIndex.from_product([[0, 1], ["x", "y"]])),
            "got str such as 'x': give the rows their dates.",
        ),
    ],
)
def test_what_cannot_be_cut(splitter, X, words):
    with pytest.raises(ValueError) as error:
        list(splitter.split(X))
    assert str(error.value).startswith("Expected ") and words in str(error.value)


def test_a_fold_that_was_cut_by_the_place_of_the_rows_is_told(recwarn):
    days = pd.date_range("2020-01-01", periods=60)
    panel = pd.concat({key: pd.DataFrame({"a": np.arange(60.0)}, days) for key in "uvw"})

    def told(train, test):
        recwarn.clear()
        LagWindows(3).fit(panel.iloc[train]).transform(panel.iloc[test])
        return [
            str(warning.message) for warning in recwarn if "if this is a" in str(warning.message)
        ]

    by_place = [told(*fold) for fold in TimeSeriesSplit(4).split(panel)]
    assert [len(messages) for messages in by_place] == [0, 1, 1, 1]
    assert by_place[1][0] == (
        "36 rows of series 'v' follow those of fit, and fit had rows of series 'u' that are as "
        "late as these: if this is a fold, it was cut by the place of the rows, and the training "
        "rows know the times of the test. PanelTimeSeriesSplit cuts all series at the same times."
    )
    assert not any(told(*fold) for fold in PanelTimeSeriesSplit(4).split(panel))
    assert not told(range(60), range(60, 120))  # a series that fit never saw
    assert not told([*range(60), *range(60, 110)], range(110, 114))  # one that is reported late
    assert not told([*range(60), *range(60, 110)], range(180))
