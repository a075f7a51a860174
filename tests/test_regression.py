"""RNNRegressor: shapes of targets, continued training, scores."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.metrics import r2_score

from skrnn import RNNRegressor

from .common import (
    assert_other_bits,
    assert_same_bits,
    ragged_sequences,
    sequences,
    small_regressor,
)


def test_it_learns_what_a_linear_model_would():
    """The target is linear in two steps, so the noise-free optimum is R² = 1."""
    X, y = sequences(n_samples=600)
    network = RNNRegressor(random_state=0, learning_rate=0.01).fit(X[:500], y[:500])
    assert network.score(X[500:], y[500:]) > 0.97


@pytest.mark.parametrize("shape", [(60,), (60, 1), (60, 3)])
def test_predictions_have_the_shape_of_y(shape):
    X, y = sequences()
    y = np.broadcast_to(y.reshape(60, *[1] * (len(shape) - 1)), shape)
    network = small_regressor().fit(X, y)
    assert network.predict(X).shape == shape
    assert network.predict(X).dtype == np.float64
    assert network.score(X, y) == pytest.approx(r2_score(y, network.predict(X)))


@pytest.mark.parametrize("outputs", [(), (2,)])
def test_targets_at_every_step(outputs):
    X, _ = sequences()
    X[4, :3] = np.nan
    y = np.nancumsum(X[:, :, 0], axis=1).reshape(60, 6, *[1] * len(outputs)) * np.ones(outputs)
    network = small_regressor(return_sequences=True, epochs=30, learning_rate=0.01).fit(X, y)
    predicted = network.predict(X)
    assert predicted.shape == y.shape
    absent = np.isnan(X[:, :, 0])
    np.testing.assert_array_equal(np.isnan(predicted).reshape(60, 6, -1)[:, :, 0], absent)
    expected = r2_score(y[~absent], predicted[~absent])
    assert network.score(X, y) == pytest.approx(expected)
    assert expected > 0.5


def test_targets_at_absent_steps_do_not_matter():
    X, _ = sequences()
    X[::4, :3] = np.nan
    y = np.nancumsum(X[:, :, 0], axis=1)
    other = np.where(np.isnan(X[:, :, 0]), np.nan, y)
    networks = [small_regressor(return_sequences=True).fit(X, t) for t in (y, other)]
    assert_same_bits(networks[0].weights_, networks[1].weights_)


@pytest.mark.parametrize("outputs", [(), (2,)])
def test_ragged_targets(outputs):
    X, _ = ragged_sequences()
    y = [np.cumsum(x[:, 0]).reshape(-1, *[1] * len(outputs)) * np.ones(outputs) for x in X]
    network = small_regressor(return_sequences=True).fit(X, y)
    predicted = network.predict(X)
    assert [p.shape for p in predicted] == [t.shape for t in y]
    expected = r2_score(np.concatenate(y), np.concatenate(predicted))
    assert network.score(X, y) == pytest.approx(expected)


def test_scores_are_weighted():
    X, y = sequences()
    weights = np.arange(60.0)
    network = small_regressor().fit(X, y)
    expected = r2_score(y, network.predict(X), sample_weight=weights)
    assert network.score(X, y, weights) == pytest.approx(expected)
    steps = np.cumsum(X[:, :, 0], axis=1)
    network = small_regressor(return_sequences=True).fit(X, steps)
    expected = r2_score(
        steps.ravel(), network.predict(X).ravel(), sample_weight=np.repeat(weights, 6)
    )
    assert network.score(X, steps, weights) == pytest.approx(expected)


def test_warm_start_continues():
    """Two fits of three epochs are one of six."""
    X, y = sequences()
    whole = small_regressor(epochs=6, early_stopping=False).fit(X, y)
    parts = small_regressor(epochs=3, early_stopping=False, warm_start=True).fit(X, y).fit(X, y)
    assert_same_bits(parts.weights_, whole.weights_)
    assert parts.history_ == whole.history_
    assert (parts.n_iter_, parts.best_epoch_) == (6, 6)


@pytest.mark.parametrize("engine", ["compiled", "keras"])
def test_partial_fit_is_one_epoch(engine):
    X, y = sequences()
    whole = small_regressor(epochs=3, early_stopping=False, engine=engine).fit(X, y)
    parts = small_regressor(engine=engine)
    for _ in range(3):
        parts.partial_fit(X, y)
    for a, b in zip(parts.weights_, whole.weights_, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)
    assert parts.n_iter_ == 3


def test_partial_fit_keeps_the_first_scaling():
    X, y = sequences()
    network = small_regressor().partial_fit(X, y)
    mean = network.input_mean_.copy()
    network.partial_fit(X + 5, y)
    assert_same_bits(network.input_mean_, mean)


def test_another_network_cannot_be_continued():
    X, y = sequences()
    network = small_regressor(warm_start=True).fit(X, y)
    weights = network.weights_
    with pytest.raises(ValueError, match=r"got another \(units: \(4,\) -> \(5,\)\)"):
        network.set_params(units=5).fit(X, y)
    assert_same_bits(network.weights_, weights)
    with pytest.raises(ValueError, match=r"y with 1 outputs as in the first fit, got 2"):
        network.set_params(units=4).fit(X, np.stack([y, y], axis=1))


def test_without_shuffling_the_order_is_that_of_the_samples():
    X, y = sequences()
    params = {"shuffle": False, "early_stopping": False, "standardize": False}
    first = small_regressor(**params).fit(X, y)
    other_seed = small_regressor(**params)
    order = np.random.default_rng(0).permutation(60)
    assert_same_bits(other_seed.fit(X, y).weights_, first.weights_)
    assert_other_bits(small_regressor(**params).fit(X[order], y[order]).weights_, first.weights_)


def test_a_loss_of_the_users_own():
    import keras

    X, y = sequences()

    def pinball(targets, outputs):
        error = targets - outputs
        return keras.ops.mean(keras.ops.maximum(0.9 * error, -0.1 * error), axis=-1)

    network = small_regressor(loss=pinball, epochs=40, learning_rate=0.02).fit(X, y)
    # The 0.9-quantile lies above about nine tenths of the targets.
    assert 0.75 < np.mean(y <= network.predict(X)) <= 1
    assert network.engine_ == "compiled"


def test_a_constant_target():
    X, _ = sequences()
    np.testing.assert_allclose(small_regressor().fit(X, np.full(60, 7.0)).predict(X), 7, atol=1)


def test_predict_before_fit():
    with pytest.raises(NotFittedError):
        small_regressor().predict(sequences()[0])
