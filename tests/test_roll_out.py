"""Networks that are fed their own forecasts, beside the same recursion in NumPy, step by step."""

import numpy as np
import pytest

from skrnn._roll_out import roll_out

from .common import sequences, small_regressor

X, Y = sequences()
X = 50 + 10 * X  # in units of their own
KNOWN_AHEAD = 50 + 10 * np.random.default_rng(3).normal(size=(60, 5, 1))
TRAINING = {"epochs": 1, "early_stopping": False}


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def gru(x, state, kernel, recurrent, bias):
    (h,), (of_x, of_h) = state, bias
    (xz, xr, xn), (hz, hr, hn) = np.split(x @ kernel + of_x, 3), np.split(h @ recurrent + of_h, 3)
    z, new = sigmoid(xz + hz), np.tanh(xn + sigmoid(xr + hr) * hn)
    return (z * h + (1 - z) * new,)


def lstm(x, state, kernel, recurrent, bias):
    h, c = state
    i, f, g, o = np.split(x @ kernel + h @ recurrent + bias, 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def by_hand(network, weights, window, ahead, fed_back, known, n_layers, cell):
    """The forecasts after one window: a step of the network, its output, the next step."""
    layers = [weights[3 * i : 3 * i + 3] for i in range(n_layers)]
    dense = weights[3 * n_layers :]
    n_states = 2 if cell is lstm else 1
    states = [(np.zeros(len(recurrent)),) * n_states for _, recurrent, _ in layers]
    rows, forecasts = list(window), []
    for step in range(len(ahead)):
        for row in rows:
            if np.isnan(row).all():
                continue
            hidden = (row - network.input_mean_) / network.input_scale_
            for number, layer in enumerate(layers):
                states[number] = cell(hidden, states[number], *layer)
                hidden = states[number][0]
        for kernel, bias in zip(dense[:-2:2], dense[1:-2:2], strict=True):
            hidden = np.maximum(hidden @ kernel + bias, 0)
        output = (hidden @ dense[-2] + dense[-1]) * network.target_scale_ + network.target_mean_
        forecasts.append(output)
        row = np.empty(window.shape[1])
        row[list(fed_back)], row[list(known)] = output, ahead[step]
        rows = [row]
    return np.array(forecasts)


@pytest.mark.parametrize(
    ("cell", "params", "fed_back", "known"),
    [
        (gru, {"cell": "gru"}, [1], [0]),
        (gru, {"cell": "gru", "standardize": False}, [0], [1]),
        (lstm, {"cell": "lstm", "units": (4, 3), "hidden_units": 5}, [1, 0], []),
    ],
)
def test_many_steps_equal_those_of_numpy(cell, params, fed_back, known):
    y = X[:, -1, 1:] * 0.3 + Y[:, None] if len(fed_back) == 1 else X[:, -1, ::-1] - 20
    network = small_regressor(**TRAINING, **params).fit(X, y)
    windows = X.copy()
    windows[::3, :2] = np.nan  # absent steps
    ahead = KNOWN_AHEAD if known else KNOWN_AHEAD[:, :, :0]
    found = roll_out(network, windows, 5, fed_back=fed_back, known=known, known_values=ahead)
    assert found.shape == (60, 5, len(fed_back))
    np.testing.assert_allclose(found[:, 0], network.predict(windows), rtol=1e-6)
    n_layers = np.size(network.units)
    for sample in (0, 1, 59):
        expected = by_hand(
            network,
            network.weights_,
            windows[sample],
            ahead[sample],
            fed_back,
            known,
            n_layers,
            cell,
        )
        np.testing.assert_allclose(found[sample], expected, rtol=1e-4)


def fitted(**params):
    return small_regressor(**TRAINING, **params).fit(X, X[:, -1, 1])


def rolled(network, windows=X, n_steps=5, ahead=KNOWN_AHEAD):
    return roll_out(network, windows, n_steps, fed_back=[1], known=[0], known_values=ahead)


def test_the_last_known_values_are_not_read_and_no_step_sees_a_later_one():
    network = fitted()
    found = rolled(network)
    np.testing.assert_array_equal(rolled(network, ahead=KNOWN_AHEAD[:, :4]), found)
    np.testing.assert_array_equal(
        rolled(network, n_steps=2, ahead=KNOWN_AHEAD[:, :2]), found[:, :2]
    )
    np.testing.assert_array_equal(rolled(network, X[7:8], ahead=KNOWN_AHEAD[7:8]), found[7:8])
    other = KNOWN_AHEAD.copy()
    other[:, 2] += 5
    changed = rolled(network, ahead=other)
    np.testing.assert_array_equal(changed[:, :3], found[:, :3])
    assert (changed[:, 3] != found[:, 3]).all()


def test_several_networks_are_fed_their_own_forecasts():
    network = fitted(n_networks=2, cell="gru")
    half = len(network.weights_) // 2
    of_each = [
        by_hand(network, weights, X[4], KNOWN_AHEAD[4], [1], [0], 1, gru)
        for weights in (network.weights_[:half], network.weights_[half:])
    ]
    np.testing.assert_allclose(rolled(network)[4], np.mean(of_each, axis=0), rtol=1e-4)


def test_a_window_without_steps():
    windows = X.copy()
    windows[3] = np.nan
    network = fitted()
    with pytest.warns(UserWarning, match="forecasts are NaN"):
        found = rolled(network, windows)
    assert np.isnan(found[3]).all()
    np.testing.assert_array_equal(np.delete(found, 3, 0), np.delete(rolled(network), 3, 0))


def test_what_is_not_known():
    network = fitted()
    with pytest.raises(ValueError, match=r"each of 2 features .* fed_back=\[1\] and known=\[1\]"):
        roll_out(network, X, 5, fed_back=[1], known=[1], known_values=KNOWN_AHEAD)
    with pytest.raises(ValueError, match=r"\(60, 9, 1\), or with one step less, got .*60, 5, 1"):
        rolled(network, n_steps=9)
    gap = KNOWN_AHEAD.copy()
    gap[[2, 8], [1, 4]] = np.nan  # the second one is not read
    with pytest.raises(ValueError, match=r"got nan in known_values\[2, 1, 0\] and at 0 more"):
        rolled(network, ahead=gap)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"baseline": "linear"}, "a ridge line beside it"),
        ({"pooling": "mean"}, "pooling='mean'"),
    ],
)
def test_networks_that_cannot_be_fed_their_outputs(params, message):
    with pytest.raises(ValueError, match=f"Expected a network that can be fed.*{message}"):
        rolled(fitted(**params))
