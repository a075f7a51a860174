"""RNNRegressor(loss="quantile"): levels of one network that cannot cross."""

import numpy as np
import pytest
from sklearn.linear_model import QuantileRegressor
from sklearn.metrics import d2_pinball_score, mean_pinball_loss

from skrnn import cache_info

from .common import eager_keras, outputs_of, sequences, small_regressor

LEVELS = (0.1, 0.5, 0.9)
X, Y = sequences()
BOTH = np.stack([Y, 3 - 100 * Y], axis=1)
ONE_STEP = {
    "epochs": 1,
    "batch_size": 64,
    "early_stopping": False,
    "optimizer": "sgd",
    "clipnorm": None,
}


def quantiles(**params):
    return small_regressor(loss="quantile", **params)


def pinball(y, predicted, **options):
    return np.mean(
        [
            mean_pinball_loss(y, predicted[..., k], alpha=level, **options)
            for k, level in enumerate(LEVELS)
        ]
    )


def test_a_training_step_by_hand():
    """The loss is that of scikit-learn; each level pulls at all levels that are made of it."""
    before = quantiles(learning_rate=1e-30, **ONE_STEP).fit(X, Y)
    after = quantiles(learning_rate=0.1, **ONE_STEP).fit(X, Y)
    predicted = before.predict(X)
    loss = pinball(Y, predicted) / before.target_scale_[0]
    np.testing.assert_allclose(before.history_["loss"], [loss], rtol=1e-5)
    pull = ((Y[:, None] < predicted) - np.array(LEVELS)) / 3
    # The lengths of the steps are softplus(r), whose slope is 1 - exp(-softplus(r)).
    slopes = 1 - np.exp(-np.abs(predicted[:, [0, 2]] - predicted[:, [1]]) / before.target_scale_)
    gradient = np.stack(
        [-pull[:, 0] * slopes[:, 0], pull.sum(axis=1), pull[:, 2] * slopes[:, 1]], axis=1
    ).mean(axis=0)
    expected = before.weights_[-1] - 0.1 * gradient
    np.testing.assert_allclose(after.weights_[-1], expected, atol=1e-6)


def test_both_engines_and_keras_layers_agree():
    expected = quantiles(learning_rate=0.1, **ONE_STEP).fit(X, Y)
    with eager_keras():
        network = quantiles(engine="keras", learning_rate=0.1, **ONE_STEP).fit(X, Y)
    np.testing.assert_allclose(network.history_["loss"], expected.history_["loss"], rtol=1e-5)
    for a, b in zip(network.weights_, expected.weights_, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)
    of_layers = outputs_of(expected.to_keras(), X)
    np.testing.assert_allclose(of_layers[:, 0], expected.predict(X), atol=1e-5)


def test_it_learns_what_quantile_regression_would():
    """The target is linear in two features of noise that is in no feature."""
    X, y = sequences(n_samples=900)
    y = y + np.random.default_rng(5).exponential(size=900)
    training = {"epochs": 60, "learning_rate": 0.02, "batch_size": 64, "early_stopping": False}
    network = quantiles(**training).fit(X[:600], y[:600])
    predicted = network.predict(X[600:])
    assert predicted.shape == (300, 3)
    for k, level in enumerate(LEVELS):
        line = QuantileRegressor(quantile=level, alpha=0).fit(X[:600].reshape(600, -1), y[:600])
        best = mean_pinball_loss(y[600:], line.predict(X[600:].reshape(300, -1)), alpha=level)
        assert mean_pinball_loss(y[600:], predicted[:, k], alpha=level) < 1.2 * best
        assert (y[600:] < predicted[:, k]).mean() == pytest.approx(level, abs=0.06)
    expected = np.mean(
        [d2_pinball_score(y[600:], predicted[:, k], alpha=q) for k, q in enumerate(LEVELS)]
    )
    assert network.score(X[600:], y[600:]) == pytest.approx(expected)
    assert (np.diff(network.predict(1e4 * X), axis=1) >= 0).all()


def test_levels_are_an_input_of_the_program():
    quantiles(**ONE_STEP).fit(X, Y)
    misses = cache_info().misses
    other = quantiles(quantiles=[0.3, 0.4, 0.8], **ONE_STEP).fit(X, Y)
    assert cache_info().misses == misses
    assert other.target_["quantiles"] == (0.3, 0.4, 0.8)


def test_several_outputs_some_of_them_missing():
    y = np.where(np.random.default_rng(0).random((60, 2)) < 0.7, BOTH, np.nan)
    y[np.isnan(y).all(axis=1)] = 1.0
    y[:, 1] = np.where(np.isnan(y[:, 1]), np.nan, 0.1)  # a constant, where it is known
    network = quantiles(n_networks=2, learning_rate=1e-30, **ONE_STEP).fit(X, y)
    predicted, spread = network.predict(X, return_std=True)
    assert predicted.shape == spread.shape == (60, 2, 3)
    assert set(predicted[:, 1].ravel()) == {0.1}
    known = ~np.isnan(y)
    assert network.score(X, y) == pytest.approx(
        np.mean(
            [
                d2_pinball_score(y[known[:, o], o], predicted[known[:, o], o, k], alpha=q)
                for k, q in enumerate(LEVELS)
                for o in range(2)
            ]
        )
    )


def test_quantiles_at_every_step():
    network = quantiles(return_sequences=True, epochs=1).fit(X, X)
    predicted = network.predict(X)
    assert predicted.shape == (60, 6, 2, 3)
    np.testing.assert_allclose(outputs_of(network.to_keras(), X), predicted, atol=1e-5)
    expected = np.mean(
        [
            d2_pinball_score(X.reshape(-1, 2), predicted.reshape(-1, 2, 3)[..., k], alpha=q)
            for k, q in enumerate(LEVELS)
        ]
    )
    assert network.score(X, X) == pytest.approx(expected)


@pytest.mark.parametrize("levels", [(), (0.5, 0.1), (0, 0.5), (0.5, 1), (0.5, 0.5), [[0.5]]])
def test_levels_are_ascending_shares(levels):
    with pytest.raises(ValueError, match=r"Expected quantiles to be ascending levels between"):
        quantiles(quantiles=levels).fit(X, Y)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"decoder": "rnn"}, "got decoder='rnn'"),
        ({"model": lambda shape, n: None}, "got a model"),
        ({"baseline": "linear"}, "loss='quantile'"),
    ],
)
def test_what_it_does_not_go_with(params, message):
    with pytest.raises(ValueError, match=message):
        quantiles(**params).fit(X, BOTH)


def test_training_goes_on_with_the_same_levels():
    network = quantiles(warm_start=True, **ONE_STEP).fit(X, Y)
    assert network.fit(X, Y).n_iter_ == 2
    with pytest.raises(ValueError, match=r"quantiles: \(0.1, 0.5, 0.9\) -> \(0.5,\)"):
        network.set_params(quantiles=[0.5]).fit(X, Y)
    with pytest.raises(ValueError, match=r"quantiles: \(0.1, 0.5, 0.9\) -> None"):
        network.set_params(loss="auto").fit(X, Y)
