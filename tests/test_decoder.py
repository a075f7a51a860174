"""RNNRegressor(decoder="rnn") against plain Keras layers, and what it accepts."""

import pickle

import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline

from skrnn import LagWindows, RNNRegressor, series_to_supervised

from .common import assert_same_bits, outputs_of, sequences, small_regressor

HORIZON = 3


def decoding(**params):
    return small_regressor(decoder="rnn", **params)


def with_steps_ahead():
    """Sequences, some with absent steps, and three sums that follow from one another."""
    X, y = sequences()
    X[::3, :2] = np.nan
    return X, np.cumsum(np.repeat(y[:, None], HORIZON, axis=1), axis=1)


@pytest.mark.parametrize(
    "params",
    [
        {"cell": "simple"},
        {"cell": "gru", "bidirectional": True},
        {"cell": "lstm", "units": (4, 3)},
    ],
)
def test_predictions_equal_keras_layers(params):
    """`to_keras` is made of Keras' own layers, one call of them for each step."""
    X, y = with_steps_ahead()
    network = decoding(**params).fit(1e3 + 10 * X, 50 + y)
    expected = outputs_of(network.to_keras(), 1e3 + 10 * X)[:, :, 0]
    np.testing.assert_allclose(network.predict(1e3 + 10 * X), expected, rtol=1e-5)


def test_a_training_step_equals_keras():
    """One batch, plain gradient steps, the decoder fed the targets of the step before."""
    import tensorflow as tf

    X, y = (part[:16] for part in with_steps_ahead())
    X = np.nan_to_num(X).astype("float32")
    params = {"standardize": False, "early_stopping": False, "epochs": 1, "clipnorm": None}
    params |= {"cell": "gru", "optimizer": "sgd", "batch_size": 16}
    before = decoding(learning_rate=1e-30, **params).fit(X, y)
    after = decoding(learning_rate=0.1, **params).fit(X, y)

    encoder = keras.layers.GRU(4, return_state=True)
    decoder, output = keras.layers.GRU(4, return_sequences=True), keras.layers.Dense(1)
    late = np.concatenate([np.zeros((16, 1)), y[:, :-1]], axis=1)[:, :, None].astype("float32")
    layers = (encoder, decoder, output)
    encoder.build(X.shape), decoder.build(late.shape), output.build((16, HORIZON, 4))
    for layer, first in zip(layers, (0, 3, 6), strict=True):
        layer.set_weights(before.weights_[first : first + len(layer.weights)])
    variables = [v for layer in layers for v in layer.trainable_variables]
    with tf.GradientTape() as tape:
        _, state = encoder(X)
        written = output(decoder(late, initial_state=state))
        loss = tf.reduce_mean((written[:, :, 0] - y.astype("float32")) ** 2)
    gradients = tape.gradient(loss, variables)
    np.testing.assert_allclose(after.history_["loss"], [float(loss)], rtol=1e-5)
    for ours, variable, gradient in zip(after.weights_, variables, gradients, strict=True):
        np.testing.assert_allclose(ours, variable - 0.1 * gradient, atol=1e-6)


def test_validation_is_of_what_it_writes_by_itself():
    X, y = with_steps_ahead()
    network = decoding().fit(X[:40], y[:40], X_val=X[40:], y_val=y[40:])
    scale = network.target_scale_
    errors = ((network.predict(X[40:]) - y[40:]) / scale) ** 2
    best = network.history_["val_loss"][network.best_epoch_ - 1]
    assert best == pytest.approx(errors.mean(), rel=1e-5)


def test_it_follows_a_wave():
    wave = 20 + 5 * np.sin(np.arange(500) / 4)
    X, y = series_to_supervised(wave, horizon=8)
    network = make_pipeline(
        LagWindows(12),
        RNNRegressor(units=16, decoder="rnn", learning_rate=0.01, random_state=0),
    ).fit(X[:400], y[:400])
    assert network.predict(X[400:]).shape == (len(X) - 400, 8)
    assert network.score(X[400:], y[400:]) > 0.9


def test_several_targets_at_each_step():
    X, y = with_steps_ahead()
    both = np.stack([y, -100 * y], axis=2)
    network = decoding(epochs=30, learning_rate=0.02).fit(X, both)
    predicted = network.predict(X)
    assert predicted.shape == both.shape
    np.testing.assert_allclose(network.target_scale_, both.reshape(-1, 2)[:].std(axis=0), rtol=0.2)
    assert network.score(X, both) > 0.3


def test_same_bits_in_any_company():
    X, y = with_steps_ahead()
    network = decoding().fit(X, y)
    together = network.predict(X)
    assert_same_bits(network.predict(X[7:8]), together[7:8])
    assert_same_bits(network.predict(X[::-1]), together[::-1])


def test_ragged_sequences_and_tokens(rng):
    X = [rng.normal(size=(n, 2)) for n in rng.integers(2, 9, size=60)]
    y = np.stack([[x[:, 0].sum()] * HORIZON for x in X])
    network = decoding().fit(X, y)
    assert_same_bits(network.predict(X[3:4]), network.predict(X)[3:4])
    ids = rng.integers(1, 6, size=(60, 5))
    assert decoding(embedding_dim=3).fit(ids, y).predict(ids).shape == y.shape


def test_clone_pickle_search_and_seeds():
    X, y = with_steps_ahead()
    search = GridSearchCV(small_regressor(), {"decoder": ["dense", "rnn"]}, cv=TimeSeriesSplit(2))
    search.fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    network = decoding(dropout=0.2, recurrent_dropout=0.2).fit(X, y)
    assert_same_bits(clone(network).fit(X, y).weights_, network.weights_)
    assert_same_bits(pickle.loads(pickle.dumps(network)).predict(X), network.predict(X))


def test_training_goes_on():
    X, y = with_steps_ahead()
    network = decoding(warm_start=True).fit(X, y).fit(X, y)
    assert network.n_iter_ == 4
    with pytest.raises(ValueError, match=r"kind: EncoderDecoder -> Network"):
        network.set_params(decoder="dense").fit(X, y)


@pytest.mark.parametrize(
    "params",
    [
        {"pooling": "mean"},
        {"hidden_units": 5},
        {"trainable_embeddings": False},
        {"return_sequences": True},
        {"engine": "keras"},
        {"optimizer": "nadam"},
    ],
)
def test_what_it_does_not_cover(params):
    X, y = with_steps_ahead()
    (name,) = params
    with pytest.raises(ValueError, match=rf"Expected a network that decoder='rnn' covers.*{name}"):
        decoding(**params).fit(X, y)


def test_it_has_no_pooling():
    X, y = with_steps_ahead()
    with pytest.raises(ValueError, match=r"fitted with pooling='attention'"):
        decoding().fit(X, y).attention_weights(X)
    assert decoding(hidden_units=[], callbacks=[]).fit(X, y).predict(X).shape == y.shape


def test_targets_of_another_form():
    X, y = with_steps_ahead()
    with pytest.raises(ValueError, match=r"Expected y of several steps.*got shape \(60,\)"):
        decoding().fit(X, y[:, 0])
    network = decoding().fit(X, y)
    with pytest.raises(ValueError, match=r"Expected y with 1 outputs at 3 steps"):
        network.partial_fit(X, y[:, :2])
