"""States of fitted layers are those of Keras' layers, and gates obey the equations of the cells."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from skrnn import RNNRegressor

from .common import eager_keras, outputs_of, ragged_sequences, sequences, small_regressor

NAMES = {
    "simple": {"hidden"},
    "gru": {"update", "reset", "candidate", "hidden"},
    "lstm": {"input", "forget", "output", "candidate", "cell", "hidden"},
    "mingru": {"update", "candidate", "hidden"},
}
N_SAMPLES = 8


def fitted(X, y, **params):
    """A network of two layers, trained a little without a program to compile."""
    with eager_keras():
        return small_regressor(
            **{"engine": "keras", "units": (4, 3), "epochs": 1, "early_stopping": False, **params}
        ).fit(X, y)


def keras_outputs(network, X, kinds):
    """What the layers of these kinds give in the network's Keras model."""
    import keras

    model = network.to_keras()
    outputs = [layer.output for layer in model.layers if type(layer).__name__ in kinds]
    return outputs_of(keras.Model(model.inputs[0], outputs), X)


def padded(X):
    n_steps = max(map(len, X))
    return np.stack([np.pad(x, ((0, n_steps - len(x)), (0, 0)), constant_values=np.nan) for x in X])


def gates_by_hand(cell, x, kernel, bias):
    """The gates after the first step, when there is no state, in the order of Keras' layers."""
    if cell == "gru":
        # The bias of the state's part counts too.
        update, reset, new = np.split(x @ kernel + bias[0], 3, axis=1)
        of_update, of_reset, of_new = np.split(bias[1], 3)
        update, reset = sigmoid(update + of_update), sigmoid(reset + of_reset)
        return {"update": update, "reset": reset, "candidate": np.tanh(new + reset * of_new)}
    if cell == "lstm":
        into, forget, new, out = np.split(x @ kernel + bias, 4, axis=1)
        gates = {"input": sigmoid(into), "forget": sigmoid(forget), "output": sigmoid(out)}
        return {**gates, "candidate": np.tanh(new)}
    if cell == "mingru":
        update, new = np.split(x @ kernel + bias, 2, axis=1)
        return {"update": sigmoid(update), "candidate": new}
    return {"hidden": np.tanh(x @ kernel + bias)}


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def assert_states_follow_from_gates(cell, states):
    """Assert the equation by which a cell's gates make its state of the one before."""
    gates = {name: values[:, 1:] for name, values in states.items()}
    state = states["cell" if cell == "lstm" else "hidden"]
    if cell == "lstm":
        expected = gates["forget"] * state[:, :-1] + gates["input"] * gates["candidate"]
        hidden = states["output"] * np.tanh(state)
        np.testing.assert_allclose(states["hidden"], hidden)
    elif cell in ("gru", "mingru"):
        new = 1 - gates["update"] if cell == "gru" else gates["update"]
        expected = (1 - new) * state[:, :-1] + new * gates["candidate"]
    else:
        return
    np.testing.assert_allclose(state[:, 1:], expected)


@pytest.mark.parametrize("cell", NAMES)
def test_states_are_those_of_the_keras_layers(cell):
    X, y = sequences(n_samples=N_SAMPLES)
    X[1, :2] = X[2, 3] = np.nan
    network = fitted(X, y, cell=cell, standardize=False)
    first, last = keras_outputs(network, X, {"SimpleRNN", "GRU", "LSTM", "MinGRU"})
    states, above = network.cell_states(X), network.cell_states(X, layer=-1)
    assert set(states) == set(above) == NAMES[cell]
    absent = np.isnan(X[:, :, 0])
    assert all((np.isnan(each).all(axis=2) == absent).all() for each in states.values())
    np.testing.assert_allclose(states["hidden"][~absent], first[~absent], atol=1e-5)
    np.testing.assert_allclose(above["hidden"][:, -1], last, atol=1e-5)
    whole = {name: values[3:] for name, values in states.items()}
    kernel, bias = network.weights_[0], network.weights_[1 if cell == "mingru" else 2]
    for name, expected in gates_by_hand(cell, X[3:, 0], kernel, bias).items():
        np.testing.assert_allclose(whole[name][:, 0], expected, atol=1e-5)
    assert_states_follow_from_gates(cell, whole)


def test_both_directions_behind_a_convolution():
    X, y = ragged_sequences(n_samples=N_SAMPLES)
    network = fitted(
        X, y, cell="gru", bidirectional=True, conv_filters=3, conv_kernel_size=3, conv_strides=2
    )
    first, last = keras_outputs(network, padded(X), {"Bidirectional"})
    forwards, backwards = (network.cell_states(X, backward=way)["hidden"] for way in (False, True))
    for x, ahead, back, expected in zip(X, forwards, backwards, first, strict=True):
        # Two steps share a state. The last step ends a pair.
        pair = (np.arange(len(x)) + len(x) % 2) // 2
        np.testing.assert_allclose(np.hstack([ahead, back]), expected[pair], atol=1e-5)
    forwards = network.cell_states(X, layer=1)["hidden"]
    backwards = network.cell_states(X, layer=1, backward=True)["hidden"]
    ends = [np.hstack([a[-1], b[0]]) for a, b in zip(forwards, backwards, strict=True)]
    np.testing.assert_allclose(ends, last, atol=1e-5)


def test_token_ids():
    X = np.array([[2, 3, 4, 0], [4, 4, 0, 0]])
    network = fitted(X, [0.0, 1.0], embedding_dim=3, validation_fraction=0.5)
    first, _ = keras_outputs(network, X, {"SimpleRNN"})
    states = network.cell_states(X)["hidden"]
    np.testing.assert_array_equal(np.isnan(states[:, :, 0]), X == 0)
    np.testing.assert_allclose(states[X > 0], first[X > 0], atol=1e-5)


def test_a_layer_or_network_that_is_not_there_is_refused():
    with pytest.raises(NotFittedError):
        RNNRegressor().cell_states([[1.0, 2.0]])
    X, y = sequences()
    network = small_regressor(n_networks=2).fit(X, y)
    first, second = (network.cell_states(X, network=number)["hidden"] for number in (0, 1))
    assert np.abs(first - second).max() > 0.01
    with pytest.raises(ValueError, match=r"network to be a number from 0 to 1.*2 networks. Got -3"):
        network.cell_states(X, network=-3)
    for number in (1, None, 0.0):
        with pytest.raises(ValueError, match=rf"number from 0 .*layer\. Got {number}"):
            network.cell_states(X, layer=number)
    with pytest.raises(ValueError, match="set bidirectional=True"):
        network.cell_states(X, backward=True)


def test_a_model_of_your_own_is_refused():
    import keras

    X, y = sequences(n_samples=N_SAMPLES)
    network = fitted(
        X, y, model=lambda shape, n: keras.Sequential([keras.Input(shape), keras.layers.GRU(n)])
    )
    with pytest.raises(ValueError, match="got a model of your own"):
        network.cell_states(X)
