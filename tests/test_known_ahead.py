"""RNNRegressor(decoder="rnn") with values that are known ahead."""

import keras
import numpy as np
import pytest
from sklearn import config_context
from sklearn.model_selection import cross_val_score

from .common import assert_same_bits, outputs_of, sequences, small_regressor

HORIZON = 3
X, Y = sequences()
KNOWN = 7 + 5 * np.random.default_rng(2).normal(size=(60, HORIZON, 2))
STEPS = np.cumsum(Y[:, None] + KNOWN[:, :, 0], axis=1)
FORM = r"Expected known of shape \(n_samples, n_target_steps, n_known\)"


def decoding(**params):
    return small_regressor(decoder="rnn", **params)


def test_the_decoder_is_fed_what_is_known_of_its_own_step():
    """`to_keras` is made of Keras' layers, which are fed [number written, known values]."""
    absent = X.copy()
    absent[::3, :2] = np.nan
    network = decoding(cell="gru").fit(1e3 + 10 * absent, 50 + STEPS, known=KNOWN)
    predicted = network.predict(1e3 + 10 * absent, known=KNOWN)
    assert predicted.shape == STEPS.shape
    model = network.to_keras()
    expected = outputs_of(model, 1e3 + 10 * absent, KNOWN)[:, :, 0]
    np.testing.assert_allclose(predicted, expected, rtol=1e-5)
    # A kernel row for the number, and one for each of the known values.
    assert [w.shape for w in network.weights_[3:6]] == [(3, 12), (4, 12), (2, 12)]


def test_no_step_sees_what_is_known_of_later_ones():
    network = decoding().fit(X, STEPS, known=KNOWN)
    predicted = network.predict(X, known=KNOWN)
    for step in range(HORIZON):
        other = KNOWN.copy()
        other[:, step] += 3
        changed = network.predict(X, known=other)
        assert_same_bits(changed[:, :step], predicted[:, :step])
        assert (changed[:, step:] != predicted[:, step:]).all()
    # Rows and their known values go together, and stand for themselves.
    assert_same_bits(network.predict(X[::-1], known=KNOWN[::-1]), predicted[::-1])
    assert_same_bits(network.predict(X[7:8], known=KNOWN[7:8]), predicted[7:8])


def test_a_training_step_equals_keras():
    """One batch and one plain gradient step; the decoder is fed the step before, and the known."""
    import tensorflow as tf

    x, y, known = (part[:16].astype("float32") for part in (X, STEPS, KNOWN))
    params = {"standardize": False, "early_stopping": False, "epochs": 1, "clipnorm": None}
    params |= {"optimizer": "sgd", "batch_size": 16}
    before = decoding(learning_rate=1e-30, **params).fit(x, y, known=known)
    after = decoding(learning_rate=1e-3, **params).fit(x, y, known=known)

    encoder = keras.layers.SimpleRNN(4, return_state=True)
    decoder, output = keras.layers.SimpleRNN(4, return_sequences=True), keras.layers.Dense(1)
    late = np.concatenate([np.zeros((16, 1)), y[:, :-1]], axis=1)[:, :, None]
    fed = np.concatenate([late, known], axis=2).astype("float32")
    layers = (encoder, decoder, output)
    encoder.build(x.shape), decoder.build(fed.shape), output.build((16, HORIZON, 4))
    for layer, first in zip(layers, (0, 3, 6), strict=True):
        layer.set_weights(before.weights_[first : first + len(layer.weights)])
    variables = [v for layer in layers for v in layer.trainable_variables]
    with tf.GradientTape() as tape:
        written = output(decoder(fed, initial_state=encoder(x)[1]))
        loss = tf.reduce_mean((written[:, :, 0] - y) ** 2)
    gradients = tape.gradient(loss, variables)
    np.testing.assert_allclose(after.history_["loss"], [float(loss)], rtol=1e-5)
    for ours, variable, gradient in zip(after.weights_, variables, gradients, strict=True):
        np.testing.assert_allclose(ours, variable - 1e-3 * gradient, atol=1e-5)


def test_they_are_standardized_as_in_fit():
    network = decoding().fit(X[:50], STEPS[:50], known=KNOWN[:50])
    inches = decoding().fit(X[:50], STEPS[:50], known=KNOWN[:50] / 25.4 - 3)
    np.testing.assert_allclose(
        inches.predict(X[50:], known=KNOWN[50:] / 25.4 - 3),
        network.predict(X[50:], known=KNOWN[50:]),
        rtol=1e-4,
    )


def test_they_go_with_their_samples():
    """Through held-out samples, samples without a step or a weight, and folds."""
    network = decoding().fit(
        X[:40], STEPS[:40], known=KNOWN[:40], X_val=X[40:], y_val=STEPS[40:], known_val=KNOWN[40:]
    )
    errors = (network.predict(X[40:], known=KNOWN[40:]) - STEPS[40:]) / network.target_scale_
    best = network.history_["val_loss"][network.best_epoch_ - 1]
    assert best == pytest.approx(np.square(errors).mean(), rel=1e-5)

    weights = np.where(np.arange(60) % 5 == 0, 0.0, 1.0)
    kept = weights > 0
    weighted = decoding().fit(X, STEPS, weights, known=KNOWN)
    expected = decoding().fit(X[kept], STEPS[kept], known=KNOWN[kept])
    assert_same_bits(weighted.weights_, expected.weights_)
    off = np.where(kept[:, None, None], X, np.nan)
    with pytest.warns(UserWarning, match="left out of the fit"):
        without = decoding().fit(off, STEPS, known=KNOWN)
    assert_same_bits(without.weights_, expected.weights_)

    with config_context(enable_metadata_routing=True):
        routed = decoding().set_fit_request(known=True).set_score_request(known=True)
        scores = cross_val_score(routed, X, STEPS, cv=2, params={"known": KNOWN})
    by_hand = decoding().fit(X[30:], STEPS[30:], known=KNOWN[30:])
    assert scores[0] == by_hand.score(X[:30], STEPS[:30], known=KNOWN[:30])


def test_known_values_of_another_form():
    with pytest.raises(ValueError, match=FORM + r", got shape \(60, 3\). .*\[:, :, None\]"):
        decoding().fit(X, STEPS, known=KNOWN[:, :, 0])
    with pytest.raises(ValueError, match=FORM + r" = \(60, 3, n_known\), got shape \(60, 2, 2\)"):
        decoding().fit(X, STEPS, known=KNOWN[:, :2])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        decoding().fit(X, STEPS, known=KNOWN[:50])
    with pytest.raises(ValueError, match="Input known contains NaN"):
        decoding().fit(X, STEPS, known=np.where(KNOWN > 0, KNOWN, np.nan))
    with pytest.raises(ValueError, match=r"Expected decoder='rnn' .* got a network without a deco"):
        small_regressor().fit(X, STEPS, known=KNOWN)
    with pytest.raises(ValueError, match="got token ids as X"):
        decoding(embedding_dim=2).fit(np.ones((60, 6), int), STEPS, known=KNOWN)


def test_what_fit_knew_is_known_later():
    network = decoding().fit(X, STEPS, known=KNOWN)
    for call in (network.predict, lambda X: network.score(X, STEPS)):
        with pytest.raises(ValueError, match=FORM + r" = \(60, 3, 2\), as fit .* got None"):
            call(X)
    with pytest.raises(ValueError, match=FORM + r" = \(60, 3, 2\), got shape \(60, 3, 1\)"):
        network.partial_fit(X, STEPS, known=KNOWN[:, :, :1])
    assert network.partial_fit(X, STEPS, known=KNOWN).n_iter_ == 3
    with pytest.raises(ValueError, match=r"Expected known=None, as in fit, got .*\(20, 3, 2\)"):
        decoding().fit(X, STEPS, X_val=X[:20], y_val=STEPS[:20], known_val=KNOWN[:20])
    with pytest.raises(ValueError, match=FORM + r" = \(20, 3, 2\), as fit was given it, got None"):
        decoding().fit(X, STEPS, known=KNOWN, X_val=X[:20], y_val=STEPS[:20])


def test_a_step_may_be_told_what_is_known_of_it_alone():
    network = decoding(autoregressive=False).fit(X, STEPS, known=KNOWN)
    predicted = network.predict(X, known=KNOWN)
    expected = outputs_of(network.to_keras(), X, KNOWN)[:, :, 0]
    np.testing.assert_allclose(predicted, expected, rtol=1e-5)
    # The row of the kernel for the number before is never learnt.
    start = decoding(autoregressive=False, learning_rate=1e-30).fit(X, STEPS, known=KNOWN)
    assert_same_bits(network.weights_[3][:1], start.weights_[3][:1])
    assert (network.predict(X, known=KNOWN + 3) != predicted).all()
