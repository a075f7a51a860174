"""A forecast depends on rows up to its own; stamps, history and shapes are what they should be."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit, cross_val_score

from skrnn import RNNForecaster
from skrnn.exceptions import RareValuesWarning

from .common import N_ROWS, N_TRAIN, panel, small, table

TABLE = table()
PANEL = panel()


@pytest.fixture(scope="module")
def fitted():
    return small().fit(TABLE[:N_TRAIN])


@pytest.fixture(scope="module")
def of_panel():
    return small().fit(PANEL.groupby("series").head(N_TRAIN))


def test_a_row_is_the_forecast_made_when_it_is_the_last_one(fitted):
    rows = fitted.predict(TABLE)
    assert rows.shape == (N_ROWS, 3)
    for last in (20, N_TRAIN, N_ROWS - 1):
        frame = fitted.forecast(TABLE[: last + 1])
        np.testing.assert_array_equal(frame["y"], rows[last])
        assert list(frame.index) == list(TABLE.index[last] + pd.to_timedelta([1, 2, 3], "D"))


def test_the_future_changes_nothing(fitted):
    later = TABLE.copy()
    later.iloc[190:] = later.iloc[190:] * -3 + 100
    before, after = fitted.predict(TABLE), fitted.predict(later)
    np.testing.assert_array_equal(before[:190], after[:190])
    assert not np.isclose(before[190:], after[190:]).any()
    bands = [fitted.predict_interval(one, 0.8)[:190] for one in (TABLE, later)]
    np.testing.assert_array_equal(*bands)


def test_the_future_of_one_series_changes_nothing_in_another(of_panel):
    later = PANEL.copy()
    later.loc["two"] = later.loc["two"].to_numpy() * 2
    before, after = of_panel.predict(PANEL), of_panel.predict(later)
    np.testing.assert_array_equal(before[:N_ROWS], after[:N_ROWS])
    assert not np.isclose(before[N_ROWS:], after[N_ROWS:]).any()


def test_training_rows_are_remembered(fitted, of_panel):
    np.testing.assert_array_equal(fitted.predict(TABLE[N_TRAIN:]), fitted.predict(TABLE)[N_TRAIN:])
    tail = PANEL.groupby("series").tail(N_ROWS - N_TRAIN)
    every = pd.DataFrame(of_panel.predict(PANEL), index=PANEL.index)
    np.testing.assert_array_equal(of_panel.predict(tail), every.loc[tail.index])


def test_the_order_of_rows_does_not_matter(of_panel):
    shuffled = PANEL.sample(frac=1, random_state=0)
    every = pd.DataFrame(of_panel.predict(PANEL), index=PANEL.index)
    np.testing.assert_array_equal(of_panel.predict(shuffled), every.loc[shuffled.index])


@pytest.mark.parametrize("rows", [None, 3, "rows"])
def test_update_refuses_what_is_no_table(fitted, rows):
    with pytest.raises(ValueError, match="Expected a table"):
        fitted.update(rows)


def test_update_is_as_if_the_rows_were_in_x(fitted):
    moved = pickle.loads(pickle.dumps(fitted))
    whole = moved.predict_interval(TABLE[N_TRAIN:], 0.8)[-20:]
    moved.update(TABLE[N_TRAIN:180]).update(TABLE[180:200])
    np.testing.assert_array_equal(moved.predict_interval(TABLE[200:], 0.8), whole)
    frame = moved.forecast(coverage=0.8)
    assert frame.index[0] == TABLE.index[200]
    assert list(frame.columns) == ["y", "y_lower", "y_upper"]
    np.testing.assert_array_equal(frame["y"], fitted.predict(TABLE)[199])


def test_a_gap_between_history_and_x_is_told(fitted):
    with pytest.warns(UserWarning, match="X begins later than the remembered rows end"):
        fitted.predict(TABLE[N_TRAIN + 2 :])


def test_a_panel_has_its_stamps_and_units(of_panel):
    frame = of_panel.forecast()
    assert frame.index.names == ["series", "day"]
    assert list(frame.index.get_level_values(0)) == ["one"] * 3 + ["two"] * 3
    assert (frame.loc["two"] > 500).all(axis=None) and (frame.loc["one"] < 20).all(axis=None)
    assert list(of_panel.forecast(PANEL.loc[["two"]]).index.unique("series")) == ["two"]


def test_a_series_that_fit_never_saw(of_panel):
    new = pd.concat({"new": table(seed=2) * 10 + 3}, names=["series", "day"])
    found = of_panel.predict(new)
    error = np.abs(found[:-1, 0] - new["y"].to_numpy()[1:]).mean()
    assert error < 2 * new["y"].diff().abs().mean()


def test_one_series_is_no_panel(fitted, of_panel):
    with pytest.raises(ValueError, match=r"Expected a panel, .* as in fit; got one series"):
        of_panel.predict(PANEL.loc["one"])
    with pytest.raises(ValueError, match=r"Expected one series, .* as in fit; got a panel"):
        fitted.predict(PANEL)
    with pytest.raises(ValueError, match=r"Expected a table with rows; got none"):
        fitted.predict(PANEL.loc["one"][:0])


def test_arrays_are_one_series_in_order():
    values = TABLE.to_numpy()
    found = small(target=0).fit(values[:N_TRAIN])
    expected = small().fit(TABLE[:N_TRAIN]).predict(TABLE)
    np.testing.assert_array_equal(found.predict(values), expected)
    assert list(found.forecast().index) == [N_TRAIN, N_TRAIN + 1, N_TRAIN + 2]


def test_partial_fit_trains_on_new_forecasts_once(fitted):
    moved = pickle.loads(pickle.dumps(fitted))
    moved.partial_fit(TABLE[N_TRAIN:180])
    assert not np.allclose(moved.predict(TABLE[200:]), fitted.predict(TABLE[200:]))
    before = moved.regressor_.weights_
    moved.partial_fit(TABLE[N_TRAIN:180])  # nothing has come since
    for old, new in zip(before, moved.regressor_.weights_, strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize(("horizon", "expected"), [(2, [1, 2]), ([3], [3]), ([3, 1], [3, 1])])
def test_what_a_horizon_means(horizon, expected):
    found = small(horizon=horizon).fit(TABLE[:N_TRAIN])
    assert found.horizons_ == expected
    assert found.predict(TABLE[-2:]).shape == (2, len(expected))
    days = TABLE.index[-1] + pd.to_timedelta(expected, "D")
    assert list(found.forecast(TABLE).index) == list(days)


def test_one_of_the_steps(fitted):
    frame = fitted.forecast(horizon=[2])
    np.testing.assert_array_equal(frame["y"], fitted.forecast()["y"].iloc[[1]])
    with pytest.raises(ValueError, match=r"among the horizons of fit, \[1, 2, 3\]; got 4"):
        fitted.forecast(horizon=5)


def test_several_targets_have_an_axis():
    found = small(target=["x", "y"]).fit(TABLE[:N_TRAIN])
    assert found.predict(TABLE).shape == (N_ROWS, 3, 2)
    assert list(found.forecast().columns) == ["x", "y"]
    assert small(target=None).fit(TABLE[:N_TRAIN]).predict(TABLE[:4]).shape == (4, 3, 2)
    assert small(target=["y"]).fit(TABLE[:N_TRAIN]).predict(TABLE[:4]).shape == (4, 3, 1)


def test_missing_rows_and_values():
    holed = TABLE.drop(TABLE.index[100:103])
    holed.iloc[40, 0] = holed.iloc[50, 1] = np.nan
    holed.iloc[60:64] = np.nan
    found = small().fit(holed[:150])
    assert np.isfinite(found.predict(holed[150:])).all()
    later = TABLE[160:].copy()
    later.iloc[5:, 0] = np.nan  # the target alone: x is seen
    assert np.isfinite(found.predict(later)).all()


def test_the_score_is_the_share_of_the_naive_error(fitted):
    test = TABLE[N_TRAIN:]
    said = fitted.predict(TABLE)[N_TRAIN - 1 :]
    truth = np.stack([TABLE["y"].shift(-h).iloc[N_TRAIN - 1 :] for h in (1, 2, 3)], axis=1)
    naive = TABLE["y"].to_numpy()[N_TRAIN - 1 :, None]
    expected = 1 - np.nanmean(np.abs(said - truth)) / np.nanmean(np.abs(naive - truth))
    assert fitted.score(test) == pytest.approx(expected)


def test_it_is_searched_and_cloned():
    search = GridSearchCV(small(), {"window": [4, 6]}, cv=TimeSeriesSplit(2)).fit(TABLE)
    assert search.best_estimator_.predict(TABLE[-1:]).shape == (1, 3)
    folds = list(TimeSeriesSplit(2).split(TABLE))
    by_hand = [small().fit(TABLE.iloc[a]).score(TABLE.iloc[b]) for a, b in folds]
    assert cross_val_score(small(), TABLE, cv=folds).tolist() == by_hand
    assert not hasattr(clone(small().fit(TABLE)), "regressor_")


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: small().fit(TABLE, TABLE["y"]), "Expected y=None, because the targets are col"),
        (lambda: small(horizon=[0]).fit(TABLE), "each at least 1; got \\[0\\]"),
        (lambda: small(horizon=[1, 1]).fit(TABLE), "each step of horizon once"),
        (lambda: small(horizon=300).fit(TABLE), "next 300 steps are known; got none in 220 rows"),
        (lambda: small(target="z").fit(TABLE), "'y', 'x'; got 'z'"),
        (lambda: small(known=["y"]).fit(TABLE), "got 'y' in target and in known"),
        (lambda: small(target=None, known=["x", "y"]).fit(TABLE), "all 2 columns are in known"),
        (lambda: small(baseline="season").fit(TABLE), "such as season=7 for days"),
        (lambda: small(target="s").fit(TABLE.assign(s="a")), "got 'a' in row 0 .* of column 's'"),
        (lambda: small().fit(TABLE.assign(d=TABLE.index)), "got dates in column 'd'"),
        (lambda: small().fit(TABLE.replace(TABLE.iloc[5, 0], np.inf)), "infinity in row 5"),
        (lambda: small().fit(TABLE[:0]), "Expected a table with rows; got none"),
        (lambda: small().fit(np.ones((9, 2, 2))), "of one or two dimensions; got 3"),
        (lambda: small(holidays=["2024-01-01"]).fit(TABLE.reset_index(drop=True)), "with dates"),
        (lambda: small(holidays=["2024-01-01", "Easter"]).fit(TABLE), "dates; got 'Easter'"),
        (lambda: small(holidays=[20240101]).fit(TABLE), "dates; got 20240101"),
        (lambda: small(holidays=["12-25"]).fit(TABLE), "got '12-25'.* with its year"),
    ],
)
def test_what_is_refused_in_fit(act, message):
    with pytest.raises(ValueError, match=message):
        act()


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda f: f.predict(TABLE[["y"]]), "'x' is missing"),
        (
            lambda f: clone(f).fit(TABLE.set_axis(np.arange(220) / 4)).forecast(),
            "float64 values such as .* whole numbers, and fit again",
        ),
        (lambda f: f.predict(TABLE.to_numpy()), "a frame with its index as in fit; got an array"),
        (lambda f: f.predict_interval(TABLE, 0.99), "at least 99 forecasts .* got 30"),
        (lambda f: f.predict_interval(TABLE, 1.5), "between 0 and 1"),
        (lambda f: f.score(TABLE[:1]), "Expected rows with a known future to score"),
        (lambda f: f.forecast(TABLE[-9:] * np.nan), None),
    ],
)
def test_what_is_refused_of_a_fitted_one(fitted, act, message):
    if message is None:
        assert act(fitted).index[0] == TABLE.index[N_TRAIN]  # nothing is known since fit
        return
    with pytest.raises(ValueError, match=message):
        act(fitted)


def test_a_failed_fit_leaves_it_as_it_was(fitted):
    copy = pickle.loads(pickle.dumps(fitted))
    before = copy.predict(TABLE)
    with pytest.raises(ValueError):
        copy.set_params(horizon=4).fit(TABLE, TABLE["y"])
    np.testing.assert_array_equal(copy.predict(TABLE), before)


def test_parameters_that_change_after_fit_change_no_forecast(fitted):
    copy = pickle.loads(pickle.dumps(fitted))
    copy.set_params(strategy="recursive", season=5, quantiles=(0.5,), window=3, horizon=9)
    np.testing.assert_array_equal(copy.predict(TABLE), fitted.predict(TABLE))


def test_defaults_need_nothing_but_a_table():
    found = RNNForecaster(random_state=0).fit(TABLE["y"])
    assert found.predict(TABLE["y"]).shape == (N_ROWS, 1)
    assert found.baseline_ in ("none", "last")


def test_columns_that_hardly_vary_are_named():
    rain = np.zeros(500)
    rain[[50, 90]] = 3.0, 7.0
    index = pd.date_range("2024-01-01", periods=500, freq="h")
    rows = pd.DataFrame({"rain": rain, "y": np.sin(np.arange(500) / 4)}, index)
    with pytest.warns(RareValuesWarning, match=r"in columns 'rain' \(usually 0\): at most 0\.5%"):
        small(cell="gru").fit(rows)
