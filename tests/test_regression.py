"""RNNRegressor: shapes of targets, continued training, scores."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.metrics import r2_score

from skrnn import RNNRegressor

from .common import (
    assert_other_bits,
    assert_same_bits,
    eager_keras,
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
@eager_keras()
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


CHANGES = {
    "optimizer": ({}, {"optimizer": "rmsprop"}),
    "fewer slots": ({}, {"optimizer": "sgd"}),
    "more slots": ({"optimizer": "sgd"}, {"optimizer": "adam"}),
    "to keras": ({}, {"engine": "keras"}),
    "from keras": ({"engine": "keras"}, {"engine": "compiled"}),
}


@pytest.mark.parametrize("case", CHANGES)
@eager_keras()
def test_training_goes_on_with_another_optimizer_or_engine(case):
    """Its state belongs to one optimizer of one engine, so another starts anew."""
    X, y = sequences()
    before, after = CHANGES[case]
    network = small_regressor(warm_start=True, early_stopping=False, **before).fit(X, y)
    weights = network.weights_
    network.set_params(**after, epochs=1).fit(X, y)
    fresh = small_regressor(warm_start=True, early_stopping=False, epochs=2, **before).fit(X, y)
    assert_same_bits(fresh.weights_, weights)
    assert network.n_iter_ == 3
    assert np.isfinite(network.history_["loss"]).all()


@pytest.mark.parametrize("engine", ["compiled", "keras"])
def test_a_new_learning_rate_holds_at_once(engine):
    X, y = sequences()
    network = small_regressor(warm_start=True, engine=engine).fit(X, y)
    weights = network.weights_
    network.set_params(learning_rate=1e-12).fit(X, y)
    for a, b in zip(network.weights_, weights, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-8)


def test_the_history_of_a_fit_and_more_epochs():
    X, y = sequences()
    network = small_regressor().fit(X, y).partial_fit(X, y)
    assert [len(v) for v in network.history_.values()] == [3, 3]
    np.testing.assert_array_equal(np.isnan(network.history_["val_loss"]), [False, False, True])


def test_without_early_stopping_validation_data_are_only_watched():
    X, y = sequences()
    network = small_regressor(early_stopping=False, epochs=12, n_iter_no_change=1)
    network.fit(X, y, X_val=X[:5], y_val=-y[:5])
    assert network.n_iter_ == network.best_epoch_ == 12
    plain = small_regressor(early_stopping=False, epochs=12).fit(X, y)
    assert_same_bits(network.weights_, plain.weights_)


def test_a_validation_loss_that_overflows():
    X, y = sequences()
    with pytest.raises(ValueError, match=r"Expected a finite val_loss, got inf"):
        small_regressor().fit(X, y, X_val=X[:5], y_val=y[:5] * 1e30)


def test_weights_that_overflow_in_the_last_step():
    X, y = sequences()
    network = small_regressor(
        learning_rate=1e38, optimizer="sgd", clipnorm=None, epochs=1, batch_size=64
    )
    network.set_params(early_stopping=False, loss=lambda t, p: 1e6 * (t - p)[..., 0] ** 2)
    with pytest.raises(ValueError, match=r"Expected finite weights, got infinite ones"):
        network.fit(X, y)


def test_parameters_set_after_fit_change_nothing_that_was_fitted():
    X, y = sequences()
    network = small_regressor().fit(X, y)
    before = network.predict(X)
    network.set_params(return_sequences=True, units=9, embedding_dim=3, cell="lstm", model=len)
    assert_same_bits(network.predict(X), before)
    assert network.score(X, y) == r2_score(y, before)


def test_batches_larger_than_the_data_are_one_batch():
    X, y = sequences()
    params = {"early_stopping": False, "epochs": 3}
    exact = small_regressor(batch_size=60, **params).fit(X, y)
    larger = small_regressor(batch_size=100_000, **params).fit(X, y)
    for a, b in zip(exact.weights_, larger.weights_, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


@pytest.mark.parametrize("dtype", [np.int64, object])
def test_large_integers_keep_their_digits(dtype):
    series = 10**9 + 100 * np.sin(np.arange(80) / 3)
    X = np.lib.stride_tricks.sliding_window_view(series.astype(np.int64), 6)[:, :, None]
    y = X[:, -1, 0].astype(float)
    floats = small_regressor().fit(X.astype(float), y)
    assert_same_bits(small_regressor().fit(X.astype(dtype), y).weights_, floats.weights_)


def test_small_variation_far_from_zero_is_not_constant(rng):
    X = (1e4 + 0.01 * rng.normal(size=(60, 6, 2))).astype(np.float32)
    network = small_regressor().fit(X, X[:, -1, 0].astype(float))
    assert (network.input_scale_ < 0.02).all()


def test_targets_at_every_step_in_a_frame():
    import pandas as pd

    X, _ = sequences()
    y = np.cumsum(X[:, :, 0], axis=1)
    framed = small_regressor(return_sequences=True).fit(X, pd.DataFrame(y))
    assert_same_bits(framed.weights_, small_regressor(return_sequences=True).fit(X, y).weights_)
