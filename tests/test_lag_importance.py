"""Permutation importance on windows: against scikit-learn's, and where the answer is known."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import NotFittedError
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skrnn import LagImportanceDisplay, LagWindows, RNNRegressor, lag_importance

from .common import ragged_sequences, sequences, small_regressor


@pytest.fixture(autouse=True)
def _closed_figures():
    yield
    plt.close("all")


def flat(X):
    return np.nan_to_num(np.reshape(np.asarray(X), (len(X), -1)))


def linear(estimator=None):
    return make_pipeline(FunctionTransformer(flat), estimator or LinearRegression())


def windows(n_samples=80, n_steps=5, n_features=3):
    X = np.random.default_rng(0).normal(size=(n_samples, n_steps, n_features))
    return X, 2 * X[:, 1, 1]  # lag 3 of feature 1


def test_a_target_that_is_one_lag_of_one_feature():
    X, y = windows()
    result = lag_importance(linear().fit(X, y), X, y, random_state=0)
    assert result.importances.shape == (5, 3, 5)
    assert result.lags.tolist() == [4, 3, 2, 1, 0]
    others = result.importances_mean.copy()
    others[1, 1] = 0
    assert result.lags[1] == 3
    # R² of values in another order: 1 - 2 (1 - r), and r is about 0.
    assert result.importances_mean[1, 1] == pytest.approx(2, abs=0.3)
    np.testing.assert_allclose(others, 0, atol=1e-9)


@pytest.mark.parametrize("scoring", [None, "neg_mean_absolute_error"])
def test_equal_to_scikit_learn_on_flat_windows(scoring):
    X, y = windows()
    y = y + X[:, 4, 0]
    kwargs = {"scoring": scoring, "n_repeats": 3, "random_state": 7}
    table = permutation_importance(Ridge().fit(flat(X), y), flat(X), y, **kwargs)
    model = linear(Ridge()).fit(X, y)
    for n_jobs in (None, 2):
        result = lag_importance(model, X, y, **kwargs, n_jobs=n_jobs)
        np.testing.assert_array_equal(result.importances.reshape(15, 3), table.importances)
        np.testing.assert_array_equal(result.importances_std.ravel(), table.importances_std)


def test_a_network_beside_the_permutation_by_hand():
    X, y = sequences()
    network = small_regressor().fit(X, y)
    before = X.copy()
    result = lag_importance(network, X, y, n_repeats=1, random_state=0)
    np.testing.assert_array_equal(X, before)
    seed = np.random.RandomState(0).randint(np.iinfo(np.int32).max + 1)
    order = np.random.RandomState(seed).permutation(len(X))
    other = X.copy()
    other[:, 4, 1] = X[order, 4, 1]
    fall = network.score(X, y) - network.score(other, y)
    assert result.importances[4, 1, 0] == pytest.approx(fall, abs=1e-12)
    assert result.score == pytest.approx(network.score(X, y), abs=1e-12)


class Watched(RegressorMixin, BaseEstimator):
    """Adds up what is present, and keeps which steps were in every X that it has seen."""

    def fit(self, X, y=None):
        self.present_ = []
        return self

    def predict(self, X):
        self.present_.append(~np.isnan(X))
        return np.nansum(np.asarray(X), axis=(1, 2))


@pytest.mark.parametrize("by", ["both", "lag", "feature"])
def test_absent_steps_stay_absent(by):
    table = pd.DataFrame({"a": np.arange(20.0), "b": np.arange(20.0) ** 2})
    model = make_pipeline(StandardScaler().set_output(transform="pandas"), LagWindows(4), Watched())
    model.fit(table, table["a"])
    lag_importance(model, table, table["a"], by=by, random_state=0)
    first, *others = model[-1].present_
    assert not first.all()
    assert others
    for other in others:
        np.testing.assert_array_equal(other, first)


def test_a_pipeline_on_a_table_names_its_lags_and_features():
    table = pd.DataFrame(np.random.default_rng(0).normal(size=(90, 2)), columns=["rain", "wind"])
    y = table["wind"].shift(6).fillna(0.0)  # lag 6, the third of steps of 3
    scaler = StandardScaler().set_output(transform="pandas")
    pipeline = make_pipeline(scaler, LagWindows(4, dilation=3), *linear())
    search = GridSearchCV(pipeline, {"linearregression__fit_intercept": [True]}, cv=2)
    result = lag_importance(search.fit(table, y), table, y, random_state=0)
    assert result.features == ["rain", "wind"]
    assert result.lags.tolist() == [9, 6, 3, 0]
    assert np.unravel_index(result.importances_mean.argmax(), (4, 2)) == (1, 1)


@pytest.mark.parametrize("form", ["ahead", "behind", "windows"])
def test_lags_of_dilated_windows_wherever_they_are_made(form):
    table = pd.DataFrame(np.random.default_rng(0).normal(size=(90, 2)), columns=["rain", "wind"])
    columns = ColumnTransformer([("w", StandardScaler(), ["wind"]), ("r", "passthrough", ["rain"])])
    maker = make_pipeline(columns, LagWindows(4, dilation=3, fill="edge"))
    y, X = table["wind"].shift(6).fillna(0.0), table
    model = make_pipeline(maker, linear())
    if form == "behind":
        model = make_pipeline("passthrough", make_pipeline(*maker, *linear()))
    if form == "windows":
        X, model = maker.fit_transform(table), linear()
    result = lag_importance(model.fit(X, y), X, y, random_state=0)
    assert result.lags.tolist() == [9, 6, 3, 0]
    # The columns stand in another order now.
    assert result.features == (["x0", "x1"] if form == "windows" else ["w__wind", "r__rain"])
    assert np.unravel_index(result.importances_mean.argmax(), (4, 2)) == (1, 0)


def test_a_search_is_judged_by_its_own_score():
    X, y = windows()
    y = y + np.random.default_rng(1).normal(size=len(y))
    pipeline = linear(Ridge())
    error = "neg_mean_absolute_error"
    for scoring, refit in ((error, True), (["r2", error], error)):
        search = GridSearchCV(pipeline, {"ridge__alpha": [1.0]}, scoring=scoring, refit=refit, cv=2)
        search.fit(X, y)
        assert lag_importance(search, X, y, n_repeats=1).score == search.score(X, y) < 0


def test_a_target_for_each_step_of_sequences_of_several_lengths():
    X, _ = ragged_sequences()
    y = [x[:, 0] for x in X]
    network = small_regressor(return_sequences=True).fit(X, y)
    result = lag_importance(network, X, y, n_repeats=1, by="lag", random_state=0)
    assert result.score == pytest.approx(network.score(X, y), abs=1e-9)
    assert result.importances.shape == (8, 1, 1)


def test_blocks_and_axes_are_permuted_together():
    X, y = windows()
    model = linear().fit(X, y)
    weeks = lag_importance(model, X, y, block=2, random_state=0)
    assert weeks.importances_mean.shape == (3, 3)
    assert weeks.lags.tolist() == [4, 2, 0]  # the newest of 4; 3 and 2; 1 and 0
    assert weeks.importances_mean.argmax() == 1 * 3 + 1
    lags = lag_importance(model, X, y, by="lag", random_state=0)
    assert lags.importances_mean.shape == (5, 1)
    assert lags.features == ["all"]
    assert lags.importances_mean.argmax() == 1
    features = lag_importance(model, X, y, by="feature", random_state=0)
    assert features.importances_mean.shape == (1, 3)
    assert features.importances_mean.argmax() == 1
    # One cell is all that matters here, and its permutations are the same.
    alone = lag_importance(model, X, y, random_state=0).importances[1, 1]
    for other in (weeks.importances[1, 1], lags.importances[1, 0], features.importances[0, 1]):
        np.testing.assert_allclose(other, alone)


def test_sequences_of_several_lengths_end_together():
    X, y = windows()
    model = linear().fit(X, y)
    whole = lag_importance(model, list(X), y, random_state=0)
    np.testing.assert_array_equal(
        whole.importances, lag_importance(model, X, y, random_state=0).importances
    )
    shorter = [x[3:] if number % 2 else x for number, x in enumerate(X)]
    last = np.array([x[-1, 0] for x in shorter])
    model = linear().fit(X, last)
    result = lag_importance(model, shorter, last, random_state=0)
    assert np.unravel_index(result.importances_mean.argmax(), (5, 3)) == (4, 0)


def test_some_samples_are_drawn():
    X, y = windows()
    watched = Watched().fit(X, y)
    lag_importance(watched, X, y, max_samples=0.25, n_repeats=1)
    lag_importance(watched, X, y, max_samples=30, n_repeats=1)
    assert {len(present) for present in watched.present_} == {20, 30}


def test_what_is_refused():
    X, y = windows()
    model = linear().fit(X, y)
    with pytest.raises(NotFittedError):
        lag_importance(RNNRegressor(), X, y)
    with pytest.raises(ValueError, match=r"Expected windows of shape .* LagWindows makes them"):
        lag_importance(LinearRegression().fit(flat(X), y), flat(X), y)
    for given in (None, y[:0]):
        with pytest.raises(ValueError, match=r"a target for each of .* samples of X; got 0"):
            lag_importance(model, X[: len(y) if given is None else 0], given)
    with pytest.raises(ValueError, match="Expected scoring as the name of one score"):
        lag_importance(model, X, y, scoring=["r2"])
    with pytest.raises(ValueError, match="Expected a target for each of 80 samples of X; got 79"):
        lag_importance(model, X, y[1:])
    for name, value in (("n_repeats", 0), ("block", True), ("by", "day"), ("max_samples", 1.5)):
        with pytest.raises(ValueError, match=f"Expected {name} as"):
            lag_importance(model, X, y, **{name: value})


def test_a_display_of_lags_and_features():
    X, y = windows()
    model = linear().fit(X, y)
    result = lag_importance(model, X, y, random_state=0)
    _, ax = plt.subplots()
    drawn = LagImportanceDisplay.from_estimator(model, X, y, random_state=0, ax=ax, cmap="Greens")
    assert drawn.ax_ is ax
    assert drawn.image_.get_cmap().name == "Greens"
    np.testing.assert_array_equal(drawn.image_.get_array(), result.importances_mean.T)
    assert [t.get_text() for t in ax.get_xticklabels()] == ["4", "3", "2", "1", "0"]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["x0", "x1", "x2"]
    assert drawn.colorbar_.ax.get_ylabel() == "fall of the score"
    for wrong in ({"importances": [0.1]}, {"lags": [0]}, {"features": ["rain"]}):
        given = {"importances": np.zeros((2, 2)), **wrong}
        with pytest.raises(ValueError, match=r"importances of shape \(n_lags, n_features\)"):
            LagImportanceDisplay(**given).plot()
    many = LagImportanceDisplay(np.zeros((100, 2)), features=["rain", "wind"]).plot()
    ticks = [int(t.get_text()) for t in many.ax_.get_xticklabels()]
    assert ticks[-1] == 0
    assert len(ticks) <= 15
    assert ticks == sorted(ticks, reverse=True)
