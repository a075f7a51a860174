"""Probabilities and rare classes, through scikit-learn's tools, for every form of X."""

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    get_scorer,
    log_loss,
    roc_auc_score,
)
from sklearn.model_selection import (
    GridSearchCV,
    StratifiedKFold,
    TunedThresholdClassifierCV,
    cross_val_predict,
    cross_val_score,
    learning_curve,
    train_test_split,
)

from .common import assert_same_bits, small_classifier

FORMS = ["3-D", "ragged", "tokens", "ragged tokens"]


def pick(X, numbers):
    return [X[i] for i in numbers] if isinstance(X, list) else X[numbers]


def events(form, n_samples=120):
    """Sequences of which one in four holds a large value, or the word 5, and which they are."""
    rng = np.random.default_rng(0)
    y = (np.arange(n_samples) % 4 == 0).astype(int)
    X = rng.normal(size=(n_samples, 8, 2))
    X[:, :, 0] = np.minimum(X[:, :, 0], 1.0)
    X[y == 1, rng.integers(3, size=y.sum()), 0] = 3.0
    lengths = rng.integers(3, 9, size=n_samples)
    if "tokens" in form:
        X = np.digitize(X[:, :, 0], [-1, 0, 2]) + 2
        X[np.arange(8) >= lengths[:, None]] = 0
        return (
            ([row[:n].tolist() for row, n in zip(X, lengths, strict=True)], y)
            if (form == "ragged tokens")
            else (X, y)
        )
    if form == "ragged":
        return [x[:n] for x, n in zip(X, lengths, strict=True)], y
    return X, y


def finder(form, **params):
    """A classifier that learns in a few epochs."""
    tokens = {"embedding_dim": 3} if "tokens" in form else {}
    learning = {"pooling": "max", "epochs": 8, "learning_rate": 0.05, "early_stopping": False}
    return small_classifier(cell="gru", **{**learning, **tokens, **params})


@pytest.mark.parametrize("form", FORMS)
def test_scores_of_folds(form):
    """As if each fold were fitted and scored by hand; scorers use the probabilities."""
    X, y = events(form)
    labels = np.where(y == 1, "event", "none")
    network = finder(form)
    folds = StratifiedKFold(3)
    for scoring, by_hand in {
        "accuracy": lambda t, p: accuracy_score(t, np.where(p[:, 0] > 0.5, "event", "none")),
        "neg_log_loss": lambda t, p: -log_loss(t, p, labels=["event", "none"]),
        "roc_auc": lambda t, p: roc_auc_score(t == "none", p[:, 1]),
    }.items():
        scores = cross_val_score(network, X, labels, cv=folds, scoring=scoring, error_score="raise")
        train, test = next(iter(folds.split(np.zeros(len(y)), labels)))
        fitted = finder(form).fit(pick(X, train), labels[train])
        expected = by_hand(labels[test], fitted.predict_proba(pick(X, test)))
        assert scores[0] == pytest.approx(expected, rel=1e-12)
    assert not hasattr(network, "decision_function")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("labels", [["low", "mid", "top"], [10, 20, 30], [-1.0, 0.0, 2.0]])
def test_probabilities_are_those_of_the_loss(form, labels):
    """The log loss of scikit-learn is the loss that training saw, and rows sum to one."""
    X, y = events(form)
    y = np.asarray(labels)[y + (np.arange(len(y)) % 3 == 0)]
    network = finder(form, epochs=2).fit(X, y, X_val=X, y_val=y)
    p = network.predict_proba(X)
    assert p.dtype == np.float64
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=4e-16)
    assert log_loss(y, p) == pytest.approx(network.history_["val_loss"][-1], rel=1e-5)
    assert get_scorer("neg_log_loss")(network, X, y) == pytest.approx(-log_loss(y, p))
    assert list(network.classes_) == labels
    assert set(network.predict(X)) <= set(labels)
    np.testing.assert_array_equal(network.predict(X), network.classes_[p.argmax(axis=1)])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
def test_calibration_mends_what_class_weights_bend(form, method):
    X, y = events(form)
    bent = finder(form, class_weight={0: 1, 1: 30}, epochs=3)
    calibrated = CalibratedClassifierCV(bent, method=method, cv=3).fit(X, y)
    p = calibrated.predict_proba(X)
    np.testing.assert_allclose(p.sum(axis=1), 1)
    before = np.abs(bent.fit(X, y).predict_proba(X)[:, 1].mean() - y.mean())
    assert np.abs(p[:, 1].mean() - y.mean()) < before / 2
    assert log_loss(y, p) < log_loss(y, bent.predict_proba(X))


@pytest.mark.parametrize("form", FORMS)
def test_the_threshold_is_tuned_for_the_rare_class(form):
    """One event in three is marked as one: by one half none is, by a lower threshold all are."""
    X, y = events(form)
    y = np.where(np.arange(len(y)) % 12 == 0, y, 0)
    network = finder(form)
    tuned = TunedThresholdClassifierCV(network, scoring="balanced_accuracy", cv=3).fit(X, y)
    plain = network.fit(X, y)
    assert balanced_accuracy_score(y, tuned.predict(X)) > balanced_accuracy_score(
        y, plain.predict(X)
    )
    expected = (plain.predict_proba(X)[:, 1] >= tuned.best_threshold_).astype(int)
    np.testing.assert_array_equal(tuned.predict(X), expected)


@pytest.mark.parametrize("form", ["ragged", "ragged tokens"])
def test_lists_through_everything_that_indexes_them(form):
    X, y = events(form)
    network = finder(form)
    by_fold = cross_val_predict(network, X, y, cv=3, method="predict_proba")
    assert by_fold.shape == (len(X), 2)
    search = GridSearchCV(
        network, {"pooling": ["max", "attention"]}, cv=2, error_score="raise"
    ).fit(X, y)
    assert search.best_score_ > 0.8
    _, train_scores, test_scores = learning_curve(
        network, X, y, cv=2, train_sizes=[0.5, 1.0], error_score="raise"
    )
    assert np.isfinite([train_scores, test_scores]).all()
    X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
    assert network.fit(X_train, y_train).score(X_test, y_test) > 0.8
    last = finder(form, pooling="last")
    stack = StackingClassifier([("max", network), ("last", last)], cv=2).fit(X, y)
    vote = VotingClassifier([("max", network), ("last", last)], voting="soft").fit(X, y)
    mean = (network.fit(X, y).predict_proba(X) + last.fit(X, y).predict_proba(X)) / 2
    np.testing.assert_allclose(vote.predict_proba(X), mean, rtol=1e-12)
    assert_same_bits(stack.transform(X)[:, 0], network.predict_proba(X)[:, 1])
    assert stack.score(X, y) > 0.8
