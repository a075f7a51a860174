"""Causal convolutions before the recurrent layers, with and without strides."""

import keras
import numpy as np
import pytest
from sklearn.base import clone

from skrnn import RNNClassifier
from skrnn._spec import Network

from .common import (
    assert_same_bits,
    outputs_of,
    ragged_sequences,
    sequences,
    small_classifier,
    small_regressor,
)
from .test_engines import assert_alike, both_engines, with_absent_steps


def of_keras(layer, weights):
    """A function of arrays: a layer of Keras with the next of some weights."""
    made = []

    def call(values):
        found = layer(values[None])
        if not made:
            made.append(layer.set_weights([next(weights) for _ in layer.weights]))
            found = layer(values[None])
        return np.asarray(found)[0]

    return call


def layers_of(network):
    """The convolutions and the layers after them, of Keras' own kind."""
    described, weights = Network.from_dict(network.network_), iter(network.weights_)
    size = described.conv_kernel_size
    table = next(weights) if described.n_tokens is not None else None
    convolutions = [
        keras.layers.Conv1D(filters, size, padding="causal", activation="relu")
        for filters in described.conv_filters
    ]
    recurrent = keras.layers.SimpleRNN(4, return_sequences=described.return_sequences)
    if described.bidirectional:
        recurrent = keras.layers.Bidirectional(recurrent)
    rest = [recurrent, keras.layers.Dense(1)]
    first, after = ([of_keras(layer, weights) for layer in part] for part in (convolutions, rest))
    return table, list(zip(first, described.conv_strides, strict=True)), after


def output_for(layers, steps, present):
    """The output for one sequence: its strides counted back from its last present step."""
    _, convolutions, after = layers
    for convolve, stride in convolutions:
        found = convolve(np.where(present[:, None], steps, 0).astype(np.float32))
        last = np.flatnonzero(present)[-1]
        ends = np.arange(last, -1, -stride)[::-1]
        steps = found[ends]
        present = np.array([present[max(end - stride + 1, 0) : end + 1].any() for end in ends])
    steps = steps[present]
    for layer in after:
        steps = layer(steps)
    return steps[..., 0]


def raw_outputs(network, X):
    """What plain layers of Keras give for sequences of numbers or of tokens, one by one."""
    layers = layers_of(network)
    outputs = []
    for x in X:
        if layers[0] is not None:
            outputs.append(output_for(layers, layers[0][x], x != 0))
        else:
            scaled = (x - network.input_mean_) / network.input_scale_
            outputs.append(output_for(layers, scaled, ~np.isnan(x[:, 0])))
    return outputs


@pytest.mark.parametrize(
    ("form", "params"),
    [
        ("masked", {"conv_filters": 3, "conv_strides": 3, "bidirectional": True}),
        ("ragged", {"conv_filters": (3, 2), "conv_kernel_size": 2, "conv_strides": (2, 1)}),
    ],
)
def test_numbers_equal_layers_of_keras(form, params):
    X, y = ragged_sequences() if form == "ragged" else sequences()
    if form == "masked":
        X = with_absent_steps(X)

    def build(engine):
        return small_regressor(engine=engine, learning_rate=0.01, **params)

    network, portable = both_engines(build, X, y)
    assert_alike(network, portable, X)
    assert network.weights_[0].shape == (params.get("conv_kernel_size", 5), 2, 3)
    expected = np.array(raw_outputs(network, X[:12])) * network.target_scale_
    np.testing.assert_allclose(network.predict(X[:12]), expected + network.target_mean_, atol=1e-5)
    model = network.to_keras()
    again = type(model).from_config(model.get_config())
    again.set_weights(model.get_weights())
    expected = outputs_of(again, np.asarray(X[3])[None])[0]
    np.testing.assert_allclose(network.predict(X[3:4]), expected, atol=1e-5)


def test_tokens_equal_layers_of_keras(rng):
    X = [rng.integers(1, 9, size=n) for n in rng.integers(2, 9, size=60)]
    X[0] = np.array([0, 3, 0, 0, 0, 5, 2])
    y = np.array([(x == 3).any() for x in X])

    def build(engine):
        return small_classifier(
            engine=engine,
            embedding_dim=3,
            conv_filters=3,
            conv_kernel_size=3,
            conv_strides=2,
            optimizer="sgd",
            clipnorm=None,
            learning_rate=0.1,
        )

    network, portable = both_engines(build, X, y)
    assert_alike(network, portable, X)
    logits = np.array(raw_outputs(network, X[:12]))
    found = network.predict_proba(X[:12])[:, 1]
    np.testing.assert_allclose(found, 1 / (1 + np.exp(-logits)), atol=1e-6)


def test_predictions_at_steps_see_no_later_step():
    X, _ = sequences()
    X = with_absent_steps(X)
    y = np.cumsum(np.nan_to_num(X[:, :, 0]), axis=1)
    network = small_regressor(
        conv_filters=3, conv_kernel_size=3, return_sequences=True, early_stopping=False
    ).fit(X, y)
    found = network.predict(X[:8])
    expected = np.concatenate(raw_outputs(network, X[:8])) * network.target_scale_
    np.testing.assert_allclose(found[~np.isnan(found)], expected + network.target_mean_, atol=1e-5)
    changed = X[:8].copy()
    changed[:, 4:] += 10
    after = network.predict(changed)
    assert_same_bits(after[:, :4], found[:, :4])
    assert np.nanmin(np.abs(after[:, 4:] - found[:, 4:])) > 0


def test_a_sequence_alone_has_the_same_bits_and_its_newest_step_counts(rng):
    """Alone, with others, and with one longer than any seen in training."""
    X, y = ragged_sequences()
    network = small_regressor(
        conv_filters=8, conv_kernel_size=2, conv_strides=3, early_stopping=False
    ).fit(X, y)
    X = [rng.normal(size=(n, 2)) for n in (1, 2, 5, 6, 7, 40)]
    together = network.predict(X)
    assert_same_bits(np.concatenate([network.predict([x]) for x in X]), together)
    longer = [np.concatenate([x, np.full((5, 2), np.nan)]) for x in X]
    assert_same_bits(network.predict(longer), together)
    newest = [np.concatenate([x[:-1], -x[-1:]]) for x in X]
    assert (network.predict(newest) != together).all()
    # A kernel of two steps sees the last two of each three.
    passed_over = [x + 5 * (np.arange(len(x))[::-1, None] % 3 == 2) for x in X]
    assert_same_bits(network.predict(passed_over), together)


def test_attention_goes_to_the_steps_of_a_group():
    X, y = sequences()
    X = with_absent_steps(X)
    network = small_regressor(
        pooling="attention",
        conv_filters=3,
        conv_kernel_size=2,
        conv_strides=2,
        early_stopping=False,
    ).fit(X, y)
    shares = network.attention_weights(X)
    absent = np.isnan(X[:, :, 0])
    assert (shares[absent] == 0).all()
    assert (shares[~absent] > 0).all()
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    full = shares[~absent.any(axis=1)]
    np.testing.assert_array_equal(full[:, ::2], full[:, 1::2])
    assert (full[:, 0] != full[:, 2]).any()


def test_networks_described_before_there_were_convolutions():
    X, y = sequences()
    network = small_regressor().fit(X, y)
    found = network.predict(X)
    network.network_ = {k: v for k, v in network.network_.items() if not k.startswith("conv_")}
    assert_same_bits(network.predict(X), found)


def test_strides_without_filters_change_no_program():
    X, y = sequences()
    network = small_regressor(conv_kernel_size=3, conv_strides=2).fit(X, y)
    assert network.network_ == clone(network).set_params(conv_strides=1).fit(X, y).network_


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"conv_filters": (4, 4), "conv_strides": (2,)}, "2 layers of conv_filters, got"),
        ({"conv_filters": (4, 0)}, "'conv_filters' parameter"),
        ({"conv_filters": 4, "conv_strides": (1.5,)}, "'conv_strides' parameter"),
        ({"conv_filters": 4, "conv_kernel_size": 0}, "'conv_kernel_size' parameter"),
        (
            {"conv_filters": 4, "conv_strides": 2, "return_sequences": True},
            r"Expected conv_strides=1 with return_sequences=True, got 2",
        ),
        ({"conv_filters": 4, "decoder": "rnn"}, "conv_filters=4"),
    ],
)
def test_refused(params, message):
    X, y = sequences()
    with pytest.raises(ValueError, match=message):
        small_regressor(**params).fit(X, y)


# "auto"


def fitted_on(n_steps, **params):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(16, n_steps, 1))
    y = np.where(X.mean(axis=(1, 2)) > 0, "up", "down")
    small = {"cell": "simple", "units": 2, "epochs": 2, "random_state": 0}
    return RNNClassifier(**{**small, **params}).fit(X, y), X, y


def test_long_sequences_have_a_convolution_by_themselves():
    network, X, y = fitted_on(51)
    named, *_ = fitted_on(51, conv_filters=32, conv_strides=2, pooling="max", bidirectional=True)
    assert_same_bits(network.predict_proba(X), named.predict_proba(X))
    assert network.partial_fit(X, y).network_ == named.network_
    assert fitted_on(51, conv_strides=3)[0].network_["conv_strides"] == (3,)
    assert fitted_on(101)[0].network_["conv_strides"] == (2, 2)


@pytest.mark.parametrize(
    ("n_steps", "params"),
    [
        (50, {}),
        (51, {"conv_filters": ()}),
        (51, {"pooling": "max"}),
    ],
)
def test_others_have_none(n_steps, params):
    assert fitted_on(n_steps, **params)[0].network_["conv_filters"] == ()


def test_labels_of_steps_have_no_convolution_by_themselves():
    X = np.random.default_rng(0).normal(size=(8, 51, 1))
    network = RNNClassifier("simple", 2, epochs=1, return_sequences=True, conv_strides=2)
    assert network.fit(X, X[..., 0] > 0).network_["conv_filters"] == ()
