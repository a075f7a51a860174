"""How much of what networks say of few sequences counts."""

import warnings

import numpy as np
import pytest

from skrnn import RNNRegressor
from skrnn.exceptions import UninformativeFitWarning

from .common import SMALL, assert_same_bits, ragged_sequences, sequences

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

X, Y = sequences()
PARAMS = {**SMALL, "epochs": 40, "learning_rate": 0.02}


def share_of(X, y):
    """By what the last kernel and bias of the network that is not judged are multiplied."""
    judged = RNNRegressor(**PARAMS).fit(X, y)
    plain = None if judged.line_ is None else "linear"
    as_trained = RNNRegressor(**PARAMS, baseline=plain).fit(X, y)
    assert_same_bits(judged.weights_[:-2], as_trained.weights_[:-2])
    shares = [
        a.ravel() / b.ravel()
        for a, b in zip(judged.weights_[-2:], as_trained.weights_[-2:], strict=True)
    ]
    share = shares[0][0]
    np.testing.assert_allclose(np.concatenate(shares), share, rtol=1e-5)
    np.testing.assert_allclose(judged.network_share_, share, rtol=1e-5)
    assert as_trained.network_share_ == 1
    return share


def test_noise_counts_little_and_a_signal_much():
    noise = np.random.default_rng(1).normal(size=60)
    assert 0 <= share_of(X, noise) < 0.5
    many, _ = sequences(n_samples=200)
    size = np.abs(many[:, -1, 0])  # a line does not see it
    assert 0.5 < share_of(many, size) <= 1


def test_a_network_that_is_no_better_than_the_mean_says_so():
    noise = np.random.default_rng(3).normal(size=60)
    with pytest.warns(UninformativeFitWarning, match="samples not trained on"):
        RNNRegressor(**PARAMS).fit(X, noise)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        RNNRegressor(**PARAMS).fit(X, np.abs(X[:, -1, 0]) + np.abs(X[:, -1, 1]))


def test_a_line_stands_where_it_says_more_than_a_constant():
    """By samples that it was not learnt from: it fits the others in any case."""
    both = np.concatenate([X[:30], -X[:30]])
    last, params = both[:, -1, 0], {**SMALL, "epochs": 1}
    assert RNNRegressor(**params).fit(both, last).line_ is not None
    assert RNNRegressor(**params).fit(both, np.abs(last)).line_ is None
    assert RNNRegressor(**params, baseline="linear").fit(both, np.abs(last)).line_ is not None


def test_nothing_speaks_against_a_line_where_nothing_judges():
    """The last fifth of 60 is too small to tell."""
    params = {**SMALL, "epochs": 1}
    assert RNNRegressor(**params, validation="last").fit(X, Y).line_ is not None


def test_networks_without_a_line_are_judged_too():
    ragged, sums = ragged_sequences()
    noise = np.random.default_rng(1).normal(size=60)
    assert 0 <= share_of(ragged, noise) < 0.5 < share_of(ragged, sums) <= 1


def test_an_output_that_one_sample_knows_does_not_hinder():
    outputs = np.column_stack([Y, np.full(60, np.nan)])
    outputs[7, 1] = 1.0
    assert np.isfinite(RNNRegressor(**SMALL).fit(X, outputs).predict(X)).all()


def test_a_fit_that_goes_on_starts_from_the_share():
    """If weights are averaged, the weights behind the average train on."""
    noise = np.random.default_rng(1).normal(size=60)
    params = {**PARAMS, "epochs": 9, "weight_averaging": 0.9}
    network = RNNRegressor(**params).fit(X, noise)
    found = network.predict(X)
    network.set_params(learning_rate=1e-12).partial_fit(X, noise)
    moved = network.predict(X) - found
    trained = RNNRegressor(**params, baseline=None).fit(X, noise)
    assert np.abs(moved).max() < 0.1 * np.abs(trained.predict(X) - found).max()


def test_callbacks_follow_one_training():
    import keras

    epochs = []
    callback = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: epochs.append(epoch))
    RNNRegressor(**SMALL, callbacks=[callback]).fit(X, Y)
    assert epochs == [0, 1]


def test_few_samples_and_chunks_are_not_judged():
    few = X[:19], Y[:19]
    plain = RNNRegressor(**SMALL, baseline="linear").fit(*few)
    assert_same_bits(RNNRegressor(**SMALL).fit(*few).weights_, plain.weights_)
    chunk = RNNRegressor(**SMALL, baseline=None).partial_fit(X, Y)
    assert_same_bits(RNNRegressor(**SMALL).partial_fit(X, Y).weights_, chunk.weights_)
