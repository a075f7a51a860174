"""Read-outs over the steps: the last state, mean, maximum, attention."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax

from skrnn._keras.functional.pooling import attention, pooled, pooled_in_order
from skrnn._keras.layers.pooling_layers import LAYERS
from skrnn._keras.layers.stack_model import build_stack
from skrnn._spec import Network
from skrnn._starting_weights import initial_weights, weight_shapes

from .common import (
    assert_other_bits,
    assert_same_after_saving,
    assert_same_bits,
    outputs_of,
    ragged_sequences,
    sequences,
    small_classifier,
    small_regressor,
)
from .test_engines import assert_alike, both_engines, with_absent_steps

OVER_STEPS = ["mean", "max", "attention"]
POOLINGS = ["last", *OVER_STEPS]
# Every pooling, and both directions with and without weights of its own.
READ_OUTS = [*((pooling, False) for pooling in POOLINGS), ("last", True), ("attention", True)]
PLAIN = {"optimizer": "sgd", "clipnorm": None, "learning_rate": 0.1}


def simple_regressor(**params):
    """A read-out sees states, whatever made them: here the cell that compiles fastest."""
    return small_regressor(**{"cell": "simple", **params})


@pytest.mark.parametrize(
    ("pooling", "params"),
    [
        *((pooling, {}) for pooling in OVER_STEPS),
        ("mean", {"cell": "lstm", "bidirectional": True}),
        ("max", {"cell": "gru", "units": (4, 3), "hidden_units": 5}),
        # Plain steps: Adam would make much of the rounding of gradients that are all but zero.
        ("attention", {"cell": "lstm", "units": (4, 3), "bidirectional": True, **PLAIN}),
    ],
)
def test_training_equals_keras_fit(pooling, params):
    X, y = sequences()
    X = with_absent_steps(X)
    weights = np.linspace(0.5, 2, len(X))

    def build(engine):
        return simple_regressor(
            **{"pooling": pooling, "engine": engine, "learning_rate": 0.01, **params}
        )

    assert_alike(*both_engines(build, X, y, weights), X)


@pytest.mark.parametrize("pooling", POOLINGS)
def test_ragged_training_equals_keras_fit(pooling):
    X, y = ragged_sequences()

    def build(engine):
        return simple_regressor(pooling=pooling, engine=engine, learning_rate=0.01)

    assert_alike(*both_engines(build, X, y), X)


@pytest.mark.parametrize("pooling", ["max", "attention"])
def test_training_on_tokens_equals_keras_fit(pooling, rng):
    lengths = rng.integers(2, 9, size=60)
    X = [rng.integers(1, 9, size=n) for n in lengths]
    y = np.array([(x == 3).any() for x in X])

    def build(engine):
        return small_classifier(
            cell="simple",
            pooling=pooling,
            engine=engine,
            embedding_dim=3,
            **PLAIN,
        )

    assert_alike(*both_engines(build, X, y), X)


def plain_keras(cell, pooling, n_steps):
    """The same network of Keras' own layers, for sequences without absent steps."""
    layer = {"simple": "SimpleRNN", "gru": "GRU", "lstm": "LSTM"}[cell]
    inputs = keras.Input((n_steps, 2))
    states = getattr(keras.layers, layer)(4, return_sequences=True)(inputs)
    if pooling == "mean":
        read = keras.layers.GlobalAveragePooling1D()(states)
    elif pooling == "max":
        read = keras.layers.GlobalMaxPooling1D()(states)
    else:
        hidden = keras.layers.Dense(4, activation="tanh")(states)
        shares = keras.layers.Softmax(axis=1)(keras.layers.Dense(1, use_bias=False)(hidden))
        read = keras.layers.Dot(axes=1)([shares, states])
        read = keras.layers.Flatten()(read)
    return keras.Model(inputs, keras.layers.Dense(1)(read))


@pytest.mark.parametrize(
    ("cell", "pooling"),
    # Each cell, and each read-out with one of them.
    [*(("simple", pooling) for pooling in OVER_STEPS), ("gru", "attention"), ("lstm", "max")],
)
def test_predictions_equal_layers_of_keras(cell, pooling):
    X, y = sequences()
    network = simple_regressor(cell=cell, pooling=pooling).fit(X, y)
    plain = plain_keras(cell, pooling, n_steps=6)
    plain.set_weights(network.weights_)
    scaled = (X - network.input_mean_) / network.input_scale_
    expected = outputs_of(plain, scaled)[:, 0] * network.target_scale_
    np.testing.assert_allclose(network.predict(X), expected + network.target_mean_, atol=1e-5)


@st.composite
def states_and_masks(draw):
    n_steps, batch = draw(st.integers(1, 7)), draw(st.integers(1, 4))
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    states = rng.normal(size=(n_steps, batch, 3)).astype(np.float32)
    present = rng.random((n_steps, batch, 1)) < 0.6
    present[rng.integers(n_steps, size=batch), np.arange(batch)] = True
    weights = [rng.normal(size=s).astype(np.float32) for s in ((3, 3), (3,), (3, 1))]
    return states, present, weights


@given(states_and_masks())
@settings(deadline=None, derandomize=True, max_examples=50)
def test_pooling_by_hand(case):
    """Against NumPy, one sequence after the other, with rubbish where no step was run."""
    states, present, weights = case
    rubbish = np.where(present, states, np.nan).astype(np.float32)
    for b in range(states.shape[1]):
        own = states[present[:, b, 0], b]
        scores = np.tanh(own @ weights[0] + weights[1]) @ weights[2]
        shares = softmax(scores, axis=0)
        expected = {
            "mean": own.mean(axis=0),
            "max": own.max(axis=0),
            "attention": (shares * own).sum(axis=0),
        }
        for how in OVER_STEPS:
            found = pooled(how, rubbish, present, weights)[b]
            np.testing.assert_allclose(found, expected[how], rtol=2e-5, atol=1e-6)
            in_order = pooled_in_order(how, rubbish, present, weights)[b]
            np.testing.assert_allclose(in_order, expected[how], rtol=2e-5, atol=1e-6)
        all_shares = attention(rubbish, present, weights)[:, b, 0].numpy()
        np.testing.assert_allclose(all_shares[present[:, b, 0]], shares[:, 0], rtol=2e-5)
        assert not all_shares[~present[:, b, 0]].any()


@pytest.mark.parametrize("pooling", OVER_STEPS)
def test_absent_steps_are_as_if_removed(pooling):
    X, y = sequences()
    network = simple_regressor(pooling=pooling).fit(X, y)
    marked = X.copy()
    marked[:, [1, 3]] = np.nan
    removed = [np.delete(x, [1, 3], axis=0) for x in X]
    np.testing.assert_allclose(network.predict(marked), network.predict(removed), rtol=1e-5)


@pytest.mark.parametrize(("pooling", "bidirectional"), READ_OUTS)
def test_companions_do_not_matter(pooling, bidirectional):
    """Each sequence alone, with others, and with one longer than any seen in training."""
    X, y = ragged_sequences()
    network = simple_regressor(pooling=pooling, bidirectional=bidirectional).fit(X, y)
    together = network.predict(X)
    alone = np.concatenate([network.predict([x]) for x in X[:10]])
    assert_same_bits(alone, together[:10])
    assert_same_bits(network.predict(X[:10] + X[20:30])[:10], together[:10])
    long = network.predict([np.ones((40, 2)), *X])
    assert_same_bits(long[1:], together)
    assert_same_bits(network.predict([np.ones((40, 2)), np.ones((3, 2))])[:1], long[:1])


@pytest.mark.parametrize(("pooling", "bidirectional"), READ_OUTS)
def test_to_keras(pooling, bidirectional, tmp_path):
    X, y = sequences()
    X = 1e3 + 10 * with_absent_steps(X)
    network = simple_regressor(pooling=pooling, bidirectional=bidirectional).fit(X, y)
    model = network.to_keras()
    assert_same_bits(model.get_weights(), network.weights_)
    expected = network.predict(X)
    np.testing.assert_allclose(outputs_of(model, X)[:, 0], expected, rtol=1e-3, atol=1e-5)
    assert_same_after_saving(model, X, tmp_path)


@pytest.mark.parametrize("how", LAYERS)
def test_a_layer_without_a_mask_reads_all_steps(how):
    X = np.random.default_rng(0).normal(size=(3, 5, 4)).astype(np.float32)
    layer = LAYERS[how]()
    assert layer.compute_mask(X, np.ones((3, 5))) is None
    everywhere = layer(X, mask=np.ones((3, 5), bool))
    np.testing.assert_array_equal(layer(X), everywhere)
    assert layer.compute_output_shape((3, 5, 4)) == tuple(everywhere.shape)
    assert type(layer).from_config(layer.get_config()).get_config() == layer.get_config()


@pytest.mark.parametrize("bidirectional", [False, True])
def test_weight_shapes_are_those_of_keras(bidirectional):
    network = Network(
        "lstm", (4, 3), bidirectional, 0.0, 0.0, (5,), False, 3, 2, pooling="attention"
    )
    expected = [tuple(w.shape) for w in build_stack(network).weights]
    assert [shape for _, shape in weight_shapes(network)] == expected
    assert [w.shape for w in initial_weights(network, 0)] == expected


@pytest.mark.parametrize("engine", ["compiled", "keras"])
@pytest.mark.parametrize("tokens", [False, True])
def test_attention_weights(engine, tokens):
    """They are shares of the present steps, and make of the states what is predicted."""
    if tokens:
        rng = np.random.default_rng(0)
        X = rng.integers(1, 7, size=(60, 6))
        X[::3, 4:] = 0
        y, present, params = (X == 3).sum(axis=1), X != 0, {"embedding_dim": 3}
    else:
        X, y = sequences()
        X = with_absent_steps(X)
        present, params = ~np.isnan(X[:, :, 0]), {}
    network = simple_regressor(
        pooling="attention", engine=engine, learning_rate=0.05, epochs=5, **params
    ).fit(X, y.astype(float))
    shares = network.attention_weights(X)
    assert shares.shape == X.shape[:2]
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-15)
    np.testing.assert_array_equal(shares > 0, present)
    assert shares.max() > 1.1 * shares[present].min()
    # By the layers of the Keras model: the states, and their mean with these weights.
    model = network.to_keras()
    (at,) = [i for i, layer in enumerate(model.layers) if isinstance(layer, LAYERS["attention"])]
    states = outputs_of(keras.Model(model.inputs[0], model.layers[at - 1].output), X)
    read = outputs_of(keras.Model(model.inputs[0], model.layers[at].output), X)
    np.testing.assert_allclose((shares[:, :, None] * states).sum(axis=1), read, atol=1e-6)


def test_attention_weights_of_ragged_sequences():
    X, y = ragged_sequences()
    network = simple_regressor(pooling="attention").fit(X, y)
    shares = network.attention_weights(X)
    assert [len(s) for s in shares] == [len(x) for x in X]
    np.testing.assert_allclose([s.sum() for s in shares], 1, rtol=1e-15)
    np.testing.assert_allclose(network.attention_weights(X[3:4])[0], shares[3], atol=1e-7)


def test_attention_finds_the_step_that_matters(seed):
    """The label is the sign of the one marked step; attention learns to look there."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(400, 12, 2))
    marked = rng.integers(12, size=400)
    X[:, :, 1] = 0
    X[np.arange(400), marked, 1] = 1
    y = X[np.arange(400), marked, 0] > 0
    network = small_classifier(
        pooling="attention", units=8, epochs=30, learning_rate=0.02, random_state=seed
    ).fit(X[:300], y[:300])
    assert network.score(X[300:], y[300:]) > 0.9
    shares = network.attention_weights(X[300:])
    at_mark = shares[np.arange(100), marked[300:]].mean()
    before = np.concatenate([s[:m] for s, m in zip(shares, marked[300:], strict=True)]).mean()
    assert at_mark > 2 * before


def test_attention_weights_of_another_network():
    X, y = sequences()
    for pooling in ("last", "mean", "max"):
        with pytest.raises(
            ValueError, match=rf"fitted with pooling='attention', got one where pooling='{pooling}'"
        ):
            simple_regressor(pooling=pooling).fit(X, y).attention_weights(X)


def test_steps_are_not_pooled_and_predicted_at_once():
    X, _ = sequences()
    for pooling in OVER_STEPS:
        with pytest.raises(ValueError, match=rf"pooling='last' with return_.*got '{pooling}'"):
            simple_regressor(pooling=pooling, return_sequences=True).fit(X, X[:, :, 0])
    with pytest.raises(ValueError, match=r"The 'pooling' parameter of RNNRegressor must be"):
        simple_regressor(pooling="first").fit(X, X[:, -1, 0])


def test_another_pooling_is_another_network():
    X, y = sequences()
    outputs = [simple_regressor(pooling=p).fit(X, y).predict(X) for p in POOLINGS]
    for i, a in enumerate(outputs):
        for b in outputs[:i]:
            assert_other_bits(a, b)
    network = simple_regressor(pooling="mean", warm_start=True).fit(X, y)
    with pytest.raises(ValueError, match=r"another \(pooling: mean -> max\)"):
        network.set_params(pooling="max").fit(X, y)
