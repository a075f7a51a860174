"""The networks inside scikit-learn's searches, ensembles, pipelines, files and workers."""

import copy
import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, RegressorMixin, TransformerMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import (
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import balanced_accuracy_score, mean_squared_error, r2_score
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    HalvingGridSearchCV,
    KFold,
    RandomizedSearchCV,
    StratifiedKFold,
    TimeSeriesSplit,
    TunedThresholdClassifierCV,
    cross_val_predict,
    cross_val_score,
    cross_validate,
    learning_curve,
    train_test_split,
)
from sklearn.pipeline import Pipeline, make_pipeline

from skrnn import LagWindows, cache_info, series_to_supervised

from .common import (
    assert_same_bits,
    eager_keras,
    ragged_sequences,
    sequences,
    small_classifier,
    small_regressor,
)

THREE_FOLDS = KFold(3)


def wave():
    """Half-hourly values of a noisy wave, and the next value of each."""
    rng = np.random.default_rng(0)
    stamps = pd.date_range("2024-01-01", periods=91, freq="30min")
    values = 20 + 5 * np.sin(np.arange(91) / 3) + rng.normal(scale=0.3, size=91)
    return series_to_supervised(pd.DataFrame({"level": values}, index=stamps), target="level")


def labels(z):
    return np.where(z > 0, "up", "down")


def rows(X, numbers):
    return [X[i] for i in numbers] if isinstance(X, list) else X[numbers]


def scores_by_hand(estimator, X, y, cv):
    """Fit a clone on the training part of each split and score it on the other."""
    return [
        clone(estimator).fit(rows(X, train), y[train]).score(rows(X, test), y[test])
        for train, test in cv.split(X, y)
    ]


class Mean(RegressorMixin, BaseEstimator):
    """Takes sequences and needs no time to fit."""

    def fit(self, X, y):
        self.mean_ = np.mean(y)
        return self

    def predict(self, X):
        return np.full(len(X), self.mean_)


class CountingScaler(TransformerMixin, BaseEstimator):
    """Divides by a number, and counts how often it was really fitted."""

    fits = 0

    def __init__(self, by=2.0):
        self.by = by

    def fit(self, X, y=None):
        type(self).fits += 1
        self.by_ = self.by
        return self

    def transform(self, X):
        return X / self.by_


# Searches


def test_grid_search_over_cell_units_and_window():
    """Every score is that of a pipeline which was fitted on the fold by hand."""
    X, y = wave()
    pipeline = Pipeline([("windows", LagWindows()), ("network", small_regressor())])
    first = {"network__cell": ["simple"], "network__units": [3], "windows__window": [2]}
    others = {"network__cell": ["gru"], "network__units": [4], "windows__window": [6]}
    # One other value at a time: every architecture costs two compilations.
    grid = [first, *(first | {name: values} for name, values in others.items())]
    cv = TimeSeriesSplit(3)
    search = GridSearchCV(pipeline, grid, cv=cv, error_score="raise").fit(X, y)
    assert len(search.cv_results_["params"]) == 4
    for number, params in enumerate(search.cv_results_["params"]):
        candidate = clone(pipeline).set_params(**params)
        for fold, (train, test) in enumerate(cv.split(X)):
            fitted = clone(candidate).fit(X.iloc[train], y.iloc[train])
            assert search.cv_results_[f"split{fold}_test_score"][number] == fitted.score(
                X.iloc[test], y.iloc[test]
            )
    assert len(set(search.cv_results_["mean_test_score"])) == 4  # every parameter arrives
    best = clone(pipeline).set_params(**search.best_params_).fit(X, y)
    assert_same_bits(search.predict(X), best.predict(X))
    window, units = search.best_params_["windows__window"], search.best_params_["network__units"]
    assert search.best_estimator_["windows"].transform(X).shape == (90, window, 1)
    assert search.best_estimator_["network"].network_["units"] == (units,)


def test_folds_and_candidates_share_a_program():
    """Other rows, learning rates and seeds cost no compilation."""
    X, y = sequences()
    small_regressor().fit(X, y).predict(X)
    misses = cache_info().misses
    GridSearchCV(
        small_regressor(),
        {"learning_rate": [0.001, 0.01], "random_state": [0, 1]},
        cv=KFold(4),
        error_score="raise",
    ).fit(X, y)
    assert cache_info().misses == misses


def test_randomized_search():
    X, y = sequences()
    search = RandomizedSearchCV(
        small_regressor(),
        {"learning_rate": [1e-4, 1e-3, 1e-2, 1e-1], "clipnorm": [None, 0.1, 1.0]},
        n_iter=4,
        cv=THREE_FOLDS,
        random_state=0,
        error_score="raise",
    ).fit(X, y)
    results = search.cv_results_
    for number, params in enumerate(results["params"]):
        by_hand = scores_by_hand(small_regressor(**params), X, y, THREE_FOLDS)
        assert [results[f"split{k}_test_score"][number] for k in range(3)] == by_hand
    assert search.best_score_ == results["mean_test_score"].max()


def test_halving_search_by_epochs():
    """Each rung triples the epochs and keeps the better third."""
    X, y = sequences()
    search = HalvingGridSearchCV(
        small_regressor(early_stopping=False),
        {"learning_rate": [1e-4, 1e-2, 3e-2]},
        resource="epochs",
        min_resources=2,
        max_resources=6,
        factor=3,
        cv=THREE_FOLDS,
        error_score="raise",
    ).fit(X, y)
    assert search.n_resources_ == [2, 6]
    assert search.n_candidates_ == [3, 1]
    assert search.best_estimator_.n_iter_ == 6
    assert search.best_params_["epochs"] == 6
    by_hand = scores_by_hand(
        small_regressor(early_stopping=False, **search.best_params_), X, y, THREE_FOLDS
    )
    assert search.best_score_ == pytest.approx(np.mean(by_hand), abs=1e-15)


# Cross-validation


def test_cross_validate():
    X, z = sequences()
    y = labels(z)
    cv = StratifiedKFold(3)
    result = cross_validate(
        small_classifier(),
        X,
        y,
        cv=cv,
        scoring=["accuracy", "neg_log_loss", "roc_auc"],
        return_estimator=True,
        return_train_score=True,
        error_score="raise",
    )
    for fold, (train, test) in enumerate(cv.split(X, y)):
        fitted = small_classifier().fit(X[train], y[train])
        assert_same_bits(result["estimator"][fold].weights_, fitted.weights_)
        assert result["test_accuracy"][fold] == fitted.score(X[test], y[test])
        assert result["train_accuracy"][fold] == fitted.score(X[train], y[train])
        p = fitted.predict_proba(X[test])
        chosen = p[np.arange(len(test)), (y[test] == "up").astype(int)]
        assert result["test_neg_log_loss"][fold] == pytest.approx(np.log(chosen).mean())
        up, down = p[y[test] == "up", 1], p[y[test] == "down", 1]
        assert result["test_roc_auc"][fold] == pytest.approx((up[:, None] > down).mean())


@pytest.mark.parametrize("method", ["predict", "predict_proba", "predict_log_proba"])
def test_cross_val_predict(method):
    X, z = sequences()
    y = labels(z)
    cv = StratifiedKFold(3)
    predicted = cross_val_predict(small_classifier(), X, y, cv=cv, method=method)
    for train, test in cv.split(X, y):
        fitted = small_classifier().fit(X[train], y[train])
        assert_same_bits(predicted[test], getattr(fitted, method)(X[test]))


def test_cross_val_predict_of_several_outputs():
    X, z = sequences()
    y = np.stack([z, X[:, 0, 0]], axis=1)
    predicted = cross_val_predict(small_regressor(), X, y, cv=THREE_FOLDS)
    for train, test in THREE_FOLDS.split(X):
        assert_same_bits(
            predicted[test], small_regressor().fit(X[train], y[train]).predict(X[test])
        )


def test_cross_val_score_of_targets_per_step():
    """scikit-learn's own scores take no y of three axes, and would turn into NaN in silence."""
    X, _ = sequences()
    y = np.cumsum(X, axis=1)
    network = small_regressor(return_sequences=True)
    scores = cross_val_score(network, X, y, cv=THREE_FOLDS)
    assert scores.tolist() == scores_by_hand(network, X, y, THREE_FOLDS)
    train, test = next(THREE_FOLDS.split(X))
    predicted = network.fit(X[train], y[train]).predict(X[test])
    assert scores[0] == pytest.approx(r2_score(y[test].reshape(-1, 2), predicted.reshape(-1, 2)))


def test_learning_curve():
    X, y = sequences()
    sizes, train_scores, test_scores = learning_curve(
        small_regressor(), X, y, train_sizes=[20, 40], cv=THREE_FOLDS, error_score="raise"
    )
    assert sizes.tolist() == [20, 40]
    for fold, (train, test) in enumerate(THREE_FOLDS.split(X)):
        for number, size in enumerate(sizes):
            part = train[:size]
            fitted = small_regressor().fit(X[part], y[part])
            assert train_scores[number, fold] == fitted.score(X[part], y[part])
            assert test_scores[number, fold] == fitted.score(X[test], y[test])


# Sequences of any length, as lists


def test_ragged_lists_through_cross_validation():
    X, y = ragged_sequences()
    scores = cross_val_score(small_regressor(), X, y, cv=THREE_FOLDS, error_score="raise")
    assert scores.tolist() == scores_by_hand(small_regressor(), X, y, THREE_FOLDS)


def test_ragged_lists_through_a_search():
    X, y = ragged_sequences()
    search = GridSearchCV(
        make_pipeline(small_regressor()),
        {"rnnregressor__learning_rate": [0.001, 0.1]},
        cv=THREE_FOLDS,
        error_score="raise",
    ).fit(X, y)
    for number, rate in enumerate([0.001, 0.1]):
        by_hand = scores_by_hand(small_regressor(learning_rate=rate), X, y, THREE_FOLDS)
        assert [search.cv_results_[f"split{k}_test_score"][number] for k in range(3)] == by_hand


def test_ragged_lists_through_train_test_split():
    X, y = ragged_sequences()
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=15, random_state=0)
    assert (len(X_train), len(X_test)) == (45, 15)
    assert all(x[:, 0].sum() == target for x, target in zip(X_test, y_test, strict=True))
    network = small_regressor(epochs=30, learning_rate=0.03).fit(X_train, y_train)
    assert network.score(X_test, y_test) > 0.5


def test_ragged_object_arrays_are_lists_too():
    X, y = ragged_sequences()
    objects = np.empty(len(X), dtype=object)
    objects[:] = X
    assert_same_bits(
        cross_val_score(small_regressor(), objects, y, cv=THREE_FOLDS, error_score="raise"),
        cross_val_score(small_regressor(), X, y, cv=THREE_FOLDS, error_score="raise"),
    )


# Wrappers


def test_transformed_target():
    X, z = sequences()
    y = np.exp(3 + z)
    wrapped = TransformedTargetRegressor(small_regressor(), func=np.log, inverse_func=np.exp)
    inner = small_regressor().fit(X, np.log(y))
    assert_same_bits(wrapped.fit(X, y).predict(X), np.exp(inner.predict(X)))


def test_stacked_regressors():
    """The final estimator sees the predictions of folds that its parts were not fitted on."""
    X, y = sequences()
    parts = [("small", small_regressor()), ("mean", Mean())]
    stack = StackingRegressor(parts, LinearRegression(), cv=THREE_FOLDS).fit(X, y)
    held_out = np.stack([cross_val_predict(e, X, y, cv=THREE_FOLDS) for _, e in parts], axis=1)
    final = LinearRegression().fit(held_out, y)
    np.testing.assert_allclose(stack.final_estimator_.coef_, final.coef_, rtol=1e-12)
    whole = np.stack([clone(e).fit(X, y).predict(X) for _, e in parts], axis=1)
    np.testing.assert_allclose(stack.predict(X), final.predict(whole), rtol=1e-12)


def test_stacked_classifiers():
    X, z = sequences()
    y = labels(z)
    cv = StratifiedKFold(3)
    parts = [(str(seed), small_classifier(random_state=seed)) for seed in (0, 1)]
    stack = StackingClassifier(parts, LogisticRegression(), cv=cv).fit(X, y)
    held_out = np.stack(
        [cross_val_predict(e, X, y, cv=cv, method="predict_proba")[:, 1] for _, e in parts], axis=1
    )
    final = LogisticRegression().fit(held_out, (y == "up").astype(int))
    np.testing.assert_allclose(stack.final_estimator_.coef_, final.coef_, rtol=1e-9)
    assert set(stack.predict(X)) <= {"up", "down"}


def test_voting_regressors():
    X, y = sequences()
    parts = [(str(seed), small_regressor(random_state=seed)) for seed in (0, 1)]
    vote = VotingRegressor(parts, weights=[3, 1]).fit(X, y)
    first, second = (clone(e).fit(X, y).predict(X) for _, e in parts)
    np.testing.assert_allclose(vote.predict(X), (3 * first + second) / 4, rtol=1e-12)


@pytest.mark.parametrize("voting", ["soft", "hard"])
def test_voting_classifiers(voting):
    X, z = sequences()
    y = labels(z)
    parts = [(str(seed), small_classifier(random_state=seed)) for seed in (0, 1, 2)]
    vote = VotingClassifier(parts, voting=voting).fit(X, y)
    fitted = [clone(e).fit(X, (y == "up").astype(int)) for _, e in parts]
    if voting == "soft":
        mean = np.mean([e.predict_proba(X) for e in fitted], axis=0)
        np.testing.assert_allclose(vote.predict_proba(X), mean, rtol=1e-12)
        expected = mean[:, 1] > 0.5
    else:
        expected = np.sum([e.predict(X) for e in fitted], axis=0) >= 2
    assert_same_bits(vote.predict(X), np.where(expected, "up", "down"))


def test_calibrated_classifier():
    """Sigmoid calibration is a logistic curve of the probability, so it keeps the order."""
    X, z = sequences()
    y = labels(z)
    network = small_classifier(epochs=10, learning_rate=0.03).fit(X[:40], y[:40])
    calibrated = CalibratedClassifierCV(FrozenEstimator(network)).fit(X[40:], y[40:])
    p, q = network.predict_proba(X)[:, 1], calibrated.predict_proba(X)[:, 1]
    assert_same_bits(np.argsort(p, kind="stable"), np.argsort(q, kind="stable"))
    np.testing.assert_allclose(calibrated.predict_proba(X).sum(axis=1), 1)
    # Platt's method makes the mean probability that of the (smoothed) labels it is fitted on.
    n_up, n_down = (y[40:] == "up").sum(), (y[40:] == "down").sum()
    smoothed = (n_up * (n_up + 1) / (n_up + 2) + n_down / (n_down + 2)) / 20
    assert q[40:].mean() == pytest.approx(smoothed, abs=1e-3)


def test_calibrated_classifier_fits_a_network_for_each_fold():
    X, z = sequences()
    y = labels(z)
    cv = StratifiedKFold(3)
    calibrated = CalibratedClassifierCV(small_classifier(), cv=cv).fit(X, y)
    for part, (train, _) in zip(calibrated.calibrated_classifiers_, cv.split(X, y), strict=True):
        assert_same_bits(
            part.estimator.weights_, small_classifier().fit(X[train], y[train]).weights_
        )


def test_frozen_estimator():
    X, y = sequences()
    network = small_regressor().fit(X, y)
    frozen = clone(FrozenEstimator(network)).fit(-X, y + 7)
    assert_same_bits(frozen.predict(X), network.predict(X))
    assert frozen.n_features_in_ == 2


def test_tuned_threshold():
    """The threshold that was chosen is better on the held-out part than the usual one half."""
    X, z = sequences()
    y = (z > 1).astype(int)
    train, test = train_test_split(np.arange(60), test_size=0.5, stratify=y, random_state=0)
    network = small_classifier(epochs=10, learning_rate=0.03).fit(X[train], y[train])
    thresholds = np.linspace(0.01, 0.99, 50)
    tuned = TunedThresholdClassifierCV(
        FrozenEstimator(network), cv="prefit", refit=False, thresholds=thresholds
    ).fit(X[test], y[test])
    p = network.predict_proba(X[test])[:, 1]
    best = max(balanced_accuracy_score(y[test], p >= threshold) for threshold in thresholds)
    assert tuned.best_score_ == pytest.approx(best)
    assert best > balanced_accuracy_score(y[test], p >= 0.5)  # a quarter of the labels is 1
    assert_same_bits(tuned.predict(X[test]), (p >= tuned.best_threshold_).astype(int))


def test_fixed_threshold():
    X, z = sequences()
    y = labels(z)
    fixed = FixedThresholdClassifier(small_classifier(), threshold=0.7, pos_label="up").fit(X, y)
    p = small_classifier().fit(X, y).predict_proba(X)[:, 1]
    threshold = np.median(p)
    assert_same_bits(fixed.predict(X), np.where(p >= 0.7, "up", "down"))
    fixed.set_params(threshold=threshold)
    assert (fixed.fit(X, y).predict(X) == "up").sum() == 30


def test_pipeline_with_a_memory(tmp_path):
    """The windows are made once; the network after them does not notice."""
    X, y = wave()
    CountingScaler.fits = 0
    steps = [CountingScaler(), LagWindows(6), small_regressor()]
    remembering = make_pipeline(*steps, memory=joblib.Memory(tmp_path, verbose=0))
    first = clone(remembering).fit(X, y).predict(X)
    second = clone(remembering).fit(X, y).predict(X)
    assert CountingScaler.fits == 1
    plain = make_pipeline(*steps).fit(X, y).predict(X)
    assert_same_bits([first, second], [plain, plain])


# Copies and files


def test_clone_is_unfitted_and_fits_alike():
    X, y = sequences()
    network = small_regressor(units=(4, 3), hidden_units=[5], cell="simple").fit(X, y)
    copied = clone(network)
    assert copied.get_params() == network.get_params()
    assert not [name for name in vars(copied) if name.endswith("_")]
    assert_same_bits(copied.fit(X, y).weights_, network.weights_)


def through_skops(estimator):
    skops = pytest.importorskip("skops.io")
    stored = skops.dumps(estimator)
    untrusted = skops.get_untrusted_types(data=stored)
    module = type(estimator).__module__
    assert untrusted == [f"{module}.{type(estimator).__name__}"]
    return skops.loads(stored, trusted=untrusted)


def through_joblib(estimator, tmp_path):
    joblib.dump(estimator, tmp_path / "network.joblib")
    # Read-only arrays, mapped from the file.
    return joblib.load(tmp_path / "network.joblib", mmap_mode="r")


ROUND_TRIPS = {
    "pickle": lambda estimator, _: pickle.loads(pickle.dumps(estimator)),
    "joblib": through_joblib,
    "deepcopy": lambda estimator, _: copy.deepcopy(estimator),
    "skops": lambda estimator, _: through_skops(estimator),
}


@pytest.mark.parametrize("route", ROUND_TRIPS)
@pytest.mark.parametrize("kind", ["regressor", "classifier"])
def test_stored_and_loaded(route, kind, tmp_path):
    X, y = sequences()
    network = small_regressor() if kind == "regressor" else small_classifier()
    y = y if kind == "regressor" else labels(y)
    network.fit(X, y)
    loaded = ROUND_TRIPS[route](network, tmp_path)
    assert loaded is not network
    assert loaded.get_params() == network.get_params()
    assert_same_bits(loaded.weights_, network.weights_)
    assert loaded.history_ == network.history_
    assert_same_bits(loaded.predict(X), network.predict(X))
    if kind == "classifier":
        assert_same_bits(loaded.predict_proba(X), network.predict_proba(X))
    # It can be trained on, and from the same place.
    assert_same_bits(
        loaded.partial_fit(X, y).weights_, clone_of(network).partial_fit(X, y).weights_
    )


def clone_of(fitted):
    return pickle.loads(pickle.dumps(fitted))


def test_a_copy_has_a_life_of_its_own():
    X, y = sequences()
    network = small_regressor().fit(X, y)
    before = [w.copy() for w in network.weights_]
    copy.deepcopy(network).partial_fit(X, y + 1)
    assert_same_bits(network.weights_, before)


def test_a_pipeline_through_skops():
    """Only names of this package ask to be trusted."""
    skops = pytest.importorskip("skops.io")
    X, y = wave()
    pipeline = make_pipeline(LagWindows(6), small_regressor()).fit(X, y)
    stored = skops.dumps(pipeline)
    untrusted = skops.get_untrusted_types(data=stored)
    assert all(name.startswith("skrnn.") for name in untrusted)
    loaded = skops.loads(stored, trusted=untrusted)
    assert_same_bits(loaded.predict(X), pipeline.predict(X))


# Workers


@pytest.mark.parametrize("backend", ["threading", pytest.param("loky", marks=pytest.mark.slow)])
def test_workers_give_the_same_bits(backend):
    """Same scores, same refitted weights, in whatever process or thread a fit runs."""
    X, y = wave()
    search = GridSearchCV(
        make_pipeline(LagWindows(6), small_regressor(dropout=0.2)),
        {"rnnregressor__random_state": [0, 1], "rnnregressor__learning_rate": [0.001, 0.01]},
        cv=TimeSeriesSplit(2),
        error_score="raise",
    )
    alone = clone(search).fit(X, y)
    with joblib.parallel_config(backend, n_jobs=2):
        together = clone(search).set_params(n_jobs=2).fit(X, y)
    for fold in range(2):
        name = f"split{fold}_test_score"
        assert_same_bits(together.cv_results_[name], alone.cv_results_[name])
    assert_same_bits(together.best_estimator_[-1].weights_, alone.best_estimator_[-1].weights_)


@eager_keras()
def test_the_engines_agree_inside_a_search():
    X, y = sequences()
    search = GridSearchCV(
        small_regressor(),
        {"engine": ["compiled", "keras"]},
        cv=KFold(2),
        scoring="neg_mean_squared_error",
        refit=False,
        error_score="raise",
    ).fit(X, y)
    compiled, portable = search.cv_results_["mean_test_score"]
    assert compiled == pytest.approx(portable, rel=1e-5)
    train, test = next(KFold(2).split(X))
    by_hand = small_regressor(engine="keras").fit(X[train], y[train]).predict(X[test])
    assert search.cv_results_["split0_test_score"][1] == -mean_squared_error(y[test], by_hand)


# Conformal prediction


def conformal_data():
    """Two features in time, with gaps between the training and the other rows left out."""
    X, y = wave()
    return X.assign(slope=X["level"].diff().fillna(0.0)), y


def test_split_conformal_intervals_of_mapie():
    """Half widths are the quantile of the errors on the rows between, taken by hand."""
    regression = pytest.importorskip("mapie.regression")
    X, y = conformal_data()
    fitted = make_pipeline(LagWindows(6), small_regressor()).fit(X[:50], y[:50])
    windows = np.array(fitted[0].transform(X))
    errors = np.sort(np.abs(y[50:70] - fitted.predict(X)[50:70]))
    for model, rows in [(fitted, X), (fitted[-1], windows)]:
        conformal = regression.SplitConformalRegressor(model, confidence_level=0.8, prefit=True)
        conformal.conformalize(rows[50:70], y[50:70])
        centre, interval = conformal.predict_interval(rows[50:])
        np.testing.assert_allclose(centre, model.predict(rows[50:]))
        half_widths = np.diff(interval[:, :, 0]).ravel() / 2
        np.testing.assert_allclose(half_widths, errors[16], rtol=1e-6)  # the 17th of 20: 0.8 * 21


@pytest.mark.parametrize("small", [small_regressor, small_classifier])
def test_a_probe_of_zeros_is_answered_and_a_row_in_place_of_windows_is_not(small):
    X, y = sequences()
    model = small().fit(X, y if small is small_regressor else labels(y))
    probe = np.zeros((1, model.n_features_in_))  # as MAPIE asks whether a model is fitted
    assert_same_bits(model.predict(probe), model.predict(probe[:, None]))
    for rows in [probe + 1, np.zeros((2, 2))]:
        with pytest.raises(ValueError, match=r"shape \(n_samples, n_steps, 2\)"):
            model.predict(rows)
