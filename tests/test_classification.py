"""RNNClassifier: kinds of labels, probabilities, weights of classes, labels at every step."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, log_loss

from .common import (
    assert_other_bits,
    assert_same_bits,
    ragged_sequences,
    sequences,
    small_classifier,
)

LABELS = {
    "numbers": np.array([3, 7, 11]),
    "strings": np.array(["low", "mid", "up"]),
    "objects": np.array(["low", "mid", "up"], dtype=object),
    "negative": np.array([-1, 0, 1]),
}


def classes_of(z, n_classes):
    return np.digitize(z, [0.0] if n_classes == 2 else [-0.7, 0.7])


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("kind", LABELS)
def test_labels_of_any_kind(kind, n_classes):
    X, z = sequences(n_samples=200)
    numbers = classes_of(z, n_classes)
    y = LABELS[kind][:n_classes][numbers]
    params = {"epochs": 20, "learning_rate": 0.02}
    network = small_classifier(**params).fit(X, y)
    np.testing.assert_array_equal(network.classes_, LABELS[kind][:n_classes])
    assert network.score(X, y) > 0.85
    plain = small_classifier(**params).fit(X, numbers)
    assert_same_bits(network.predict_proba(X), plain.predict_proba(X))
    np.testing.assert_array_equal(network.predict(X), LABELS[kind][plain.predict(X)])


@pytest.mark.parametrize("n_classes", [2, 3])
def test_probabilities(n_classes):
    X, z = sequences()
    y = classes_of(z, n_classes)
    network = small_classifier().fit(X, y)
    p = network.predict_proba(X)
    assert p.shape == (60, n_classes)
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-12)
    np.testing.assert_allclose(np.exp(network.predict_log_proba(X)), p)
    # The loss that was trained is the one that scikit-learn computes from the probabilities.
    watched = small_classifier().fit(X, y, X_val=X, y_val=y)
    expected = log_loss(y, watched.predict_proba(X))
    assert watched.history_["val_loss"][watched.best_epoch_ - 1] == pytest.approx(
        expected, rel=1e-4
    )


def test_several_labels_at_once():
    X, _ = sequences(n_samples=200)
    y = (X[:, -1] > 0).astype(int)
    network = small_classifier(epochs=25, learning_rate=0.02).fit(X, y)
    p = network.predict_proba(X)
    assert p.shape == y.shape
    np.testing.assert_array_equal(network.predict(X), p > 0.5)
    assert network.score(X, y) > 0.7
    np.testing.assert_array_equal(network.classes_, [0, 1])


def test_labels_at_every_step():
    X, _ = sequences()
    X[4, :3] = np.nan
    y = np.where(X[:, :, 0] > 0, "up", "down")
    network = small_classifier(return_sequences=True, epochs=40, learning_rate=0.03).fit(X, y)
    present = ~np.isnan(X[:, :, 0])
    assert network.predict(X).shape == y.shape
    assert network.predict_proba(X).shape == (60, 6, 2)
    assert np.isnan(network.predict_proba(X)[4, :3]).all()
    expected = accuracy_score(y[present], network.predict(X)[present])
    assert network.score(X, y) == pytest.approx(expected)
    assert expected > 0.85


def test_ragged_labels():
    X, _ = ragged_sequences()
    y = [np.where(x[:, 0] > 1, "high", np.where(x[:, 0] > 0, "middle", "a")) for x in X]
    network = small_classifier(return_sequences=True).fit(X, y)
    assert [p.shape for p in network.predict(X)] == [t.shape for t in y]
    assert [p.shape for p in network.predict_proba(X)] == [(len(t), 3) for t in y]
    assert list(network.classes_) == ["a", "high", "middle"]
    expected = accuracy_score(np.concatenate(y), np.concatenate(network.predict(X)))
    assert network.score(X, y) == pytest.approx(expected)


def test_class_weights_are_sample_weights():
    X, z = sequences()
    y = (z > 1).astype(int)
    by_class = small_classifier(class_weight={0: 1, 1: 5}).fit(X, y)
    by_sample = small_classifier().fit(X, y, np.where(y == 1, 5.0, 1.0))
    assert_same_bits(by_class.weights_, by_sample.weights_)
    n_samples, counts = len(y), np.bincount(y)
    balanced = small_classifier(class_weight="balanced").fit(X, y)
    explicit = small_classifier(class_weight=dict(enumerate(n_samples / (2 * counts)))).fit(X, y)
    assert_same_bits(balanced.weights_, explicit.weights_)


def test_balanced_weights_find_the_rare_class():
    X, z = sequences(n_samples=300)
    y = np.where(z > 1.2, "rare", "usual")
    params = {"epochs": 6, "learning_rate": 0.01}
    plain = small_classifier(**params).fit(X, y)
    balanced = small_classifier(class_weight="balanced", **params).fit(X, y)
    assert (balanced.predict(X) == "rare").sum() > (plain.predict(X) == "rare").sum()


def test_partial_fit_with_classes_to_come():
    X, z = sequences()
    y = classes_of(z, 3)
    network = small_classifier().partial_fit(X[y < 2], y[y < 2], classes=[0, 1, 2])
    network.partial_fit(X, y)
    assert network.predict_proba(X).shape == (60, 3)
    with pytest.raises(ValueError, match=r"among classes_ = \[0, 1\], got \[2\] as well"):
        small_classifier().partial_fit(X[y < 2], y[y < 2]).partial_fit(X, y)


def test_what_is_refused():
    X, z = sequences()
    y = (z > 0).astype(int)
    with pytest.raises(ValueError, match=r"at least 2 classes, got 1 class: 0"):
        small_classifier().fit(X, np.zeros(60, dtype=int))
    with pytest.raises(ValueError, match="Unknown label type: continuous"):
        small_classifier().fit(X, z)
    with pytest.raises(ValueError, match=r"multiclass-multioutput targets.*Fit one classifier"):
        small_classifier().fit(X, np.stack([y + 1, y * 2], axis=1))
    with pytest.raises(ValueError, match=r"among classes_ = \[0, 1\], got \[5\] as well"):
        small_classifier().fit(X, y, X_val=X[:3], y_val=[0, 1, 5])
    with pytest.raises(ValueError, match=r"class_weight=None for a multilabel y"):
        small_classifier(class_weight="balanced").fit(X, (X[:, -1] > 0).astype(int))


def test_labels_of_another_kind_in_continued_training():
    X, z = sequences()
    y = classes_of(z, 3)
    indicator = (X[:, -1] > 0).astype(int)
    network = small_classifier().fit(X, y)
    with pytest.raises(ValueError, match=r"one label a sample .* got a binary indicator"):
        network.partial_fit(X, indicator)
    with pytest.raises(ValueError, match=r"one label a sample .* got a binary indicator"):
        small_classifier().fit(X, y, X_val=X, y_val=indicator)
    network = small_classifier().fit(X, indicator)
    with pytest.raises(ValueError, match=r"a binary indicator .* got one label a sample"):
        network.partial_fit(X, y)


@pytest.mark.parametrize("weights", [{0: -1, 1: 1}, {0: 0, 1: 0}])
def test_class_weights_that_make_no_sense(weights):
    X, z = sequences()
    with pytest.raises(ValueError, match="without negative weights and not all zero"):
        small_classifier(class_weight=weights).fit(X, classes_of(z, 2))


def test_labels_that_are_missing_or_mixed():
    X, z = sequences()
    y = np.array(["a", "b"], dtype=object)[classes_of(z, 2)]
    for hole in (None, float("nan")):
        y[3] = hole
        with pytest.raises(ValueError, match=r"got None or NaN for 1 of 60 \(the first: y\[3\]\)"):
            small_classifier().fit(X, y)
    y[3] = 7
    with pytest.raises((ValueError, TypeError), match=r"number|mixture|str"):
        small_classifier().fit(X, y)


def test_labels_at_every_step_with_an_axis_to_spare():
    X, _ = ragged_sequences()
    y = [(x[:, :1] > 0).astype(int) for x in X]
    spared = small_classifier(return_sequences=True).fit(X, y)
    plain = small_classifier(return_sequences=True).fit(X, [t[:, 0] for t in y])
    assert_same_bits(spared.weights_, plain.weights_)


def test_labels_at_every_step_without_saying_so():
    X, _ = ragged_sequences()
    y = [(x[:, 0] > 0).astype(int) for x in X]
    with pytest.raises(ValueError, match=r"set return_sequences=True"):
        small_classifier().fit(X, y)


def test_balanced_weights_are_those_of_the_first_samples():
    """Later chunks and validation data are weighed alike, whatever their own proportions."""
    X, z = sequences()
    y = (z > 0.5).astype(int)
    share = np.bincount(y)
    explicit = dict(enumerate(len(y) / (2 * share)))
    chunk = np.flatnonzero(y == 0)[:10]
    networks = [
        small_classifier(class_weight=weights).fit(X, y, X_val=X[chunk], y_val=y[chunk])
        for weights in ("balanced", explicit)
    ]
    assert networks[0].history_ == networks[1].history_
    for network in networks:
        network.partial_fit(X[chunk], y[chunk])
    assert_same_bits(networks[0].weights_, networks[1].weights_)


def test_class_weights_that_are_set_later():
    X, z = sequences()
    y = (z > 0.8).astype(int)
    plain = small_classifier(warm_start=True).fit(X, y)
    weighted = small_classifier(warm_start=True).fit(X, y).set_params(class_weight="balanced")
    assert_other_bits(weighted.fit(X, y).weights_, plain.fit(X, y).weights_)
    heavier = small_classifier(warm_start=True, class_weight={0: 1, 1: 5}).fit(X, y)
    same = small_classifier(warm_start=True, class_weight={0: 1, 1: 5}).fit(X, y).fit(X, y)
    heavier.set_params(class_weight={0: 1, 1: 50})
    assert_other_bits(heavier.fit(X, y).weights_, same.weights_)
