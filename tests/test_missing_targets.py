"""A y of several outputs, of which some are missing."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import RidgeCV
from sklearn.metrics import r2_score

from .common import eager_keras, sequences, small_regressor

X, Y = sequences()
COMPLETE = np.stack([Y, 3 - 100 * Y, X[:, -1, 1]], axis=1)
IS_KNOWN = np.random.default_rng(1).random((60, 3)) < 0.7
IS_KNOWN[~IS_KNOWN.any(axis=1), 0] = True
SOME = np.where(IS_KNOWN, COMPLETE, np.nan)
ONE_STEP = {
    "epochs": 1,
    "batch_size": 64,
    "early_stopping": False,
    "optimizer": "sgd",
    "clipnorm": None,
}


def errors(network, y):
    return (network.predict(X) - y) / network.target_scale_


def test_missing_outputs_have_no_loss():
    """One plain gradient step, with the loss and the derivatives of the biases by hand."""
    weights = np.arange(1.0, 61)
    before = small_regressor(learning_rate=1e-30, **ONE_STEP).fit(X, SOME, weights)
    after = small_regressor(learning_rate=0.1, **ONE_STEP).fit(X, SOME, weights)
    e, w = errors(before, SOME), (weights / weights.mean())[:, None]
    loss = np.nansum(w * e**2) / IS_KNOWN.sum()
    np.testing.assert_allclose(before.history_["loss"], [loss], rtol=1e-5)
    gradient = np.nansum(2 * w * e, axis=0) / IS_KNOWN.sum()
    np.testing.assert_allclose(
        after.weights_[-1], before.weights_[-1] - 0.1 * gradient, rtol=1e-4, atol=1e-6
    )


def test_both_engines_agree():
    expected = small_regressor(learning_rate=0.1, **ONE_STEP).fit(X, SOME)
    with eager_keras():
        network = small_regressor(engine="keras", learning_rate=0.1, **ONE_STEP).fit(X, SOME)
    np.testing.assert_allclose(network.history_["loss"], expected.history_["loss"], rtol=1e-5)
    for a, b in zip(network.weights_, expected.weights_, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_scales_and_scores_are_of_what_is_known():
    network = small_regressor(**ONE_STEP).fit(X, pd.DataFrame(SOME))
    np.testing.assert_allclose(network.target_mean_, np.nanmean(SOME, axis=0))
    np.testing.assert_allclose(network.target_scale_, np.nanstd(SOME, axis=0))
    predicted, columns = network.predict(X), IS_KNOWN.T
    expected = [r2_score(SOME[k, o], predicted[k, o]) for o, k in enumerate(columns)]
    assert network.score(X, SOME) == pytest.approx(np.mean(expected))


def test_a_decoder_learns_the_steps_that_are_known():
    """What it is judged by are its own forecasts; a step that follows a missing one has a loss."""
    y = np.where(IS_KNOWN, np.cumsum(COMPLETE[:, [0, 2, 0]], axis=1), np.nan)
    network = small_regressor(decoder="rnn").fit(X[:40], y[:40], X_val=X[40:], y_val=y[40:])
    assert np.isfinite(network.history_["loss"]).all()
    best = network.history_["val_loss"][network.best_epoch_ - 1]
    assert best == pytest.approx(np.nanmean(errors(network, y)[40:] ** 2), rel=1e-5)


def test_the_line_of_each_output_is_learnt_from_the_samples_that_know_it():
    network = small_regressor(baseline="linear", **ONE_STEP).fit(X, SOME)
    table = ((X - network.input_mean_) / network.input_scale_).astype(np.float32).reshape(60, -1)
    for output, known in enumerate(IS_KNOWN.T):
        ridge = RidgeCV(np.logspace(-2, 5, 8)).fit(table[known], SOME[known, output])
        np.testing.assert_allclose(network.line_["coef"][:, output], ridge.coef_, rtol=1e-4)
        np.testing.assert_allclose(network.line_["intercept"][output], ridge.intercept_)


def test_a_constant_output_that_is_known_at_times():
    y = SOME.copy()
    y[:, 1] = np.where(np.isnan(y[:, 1]), np.nan, 0.1)
    assert set(small_regressor(**ONE_STEP).fit(X, y).predict(X)[:, 1]) == {0.1}


@pytest.mark.parametrize("one", [Y, Y[:, None]])
def test_the_only_output_is_known(one):
    with pytest.raises(ValueError, match="Input y contains NaN"):
        small_regressor().fit(X, np.where(Y.reshape(one.shape) > 0, one, np.nan))


def test_what_nobody_knows():
    y = SOME.copy()
    y[[7, 9]] = np.nan
    with pytest.raises(ValueError, match=r"NaN alone for 2 of 60 \(the first: y\[7\]\). Leave"):
        small_regressor().fit(X, y)
    with pytest.raises(ValueError, match=r"NaN alone for 1 of 3 outputs \(the first: output 2\)"):
        small_regressor().fit(X[:40], np.where([True, True, False], COMPLETE[:40], np.nan))
    with pytest.raises(ValueError, match="contains infinity"):
        small_regressor().fit(X, np.where(IS_KNOWN, COMPLETE, np.inf))


def test_a_loss_of_ones_own_needs_all_targets():
    with pytest.raises(ValueError, match=r"Expected y without missing values for a loss of your"):
        small_regressor(loss=lambda targets, outputs: targets).fit(X, SOME)


def test_steps_of_sequences_are_known():
    with pytest.raises(ValueError, match="Input y contains NaN"):
        small_regressor(return_sequences=True).fit(X, np.where(X[:, :, :1] > 0, X, np.nan))
