"""How much a network is trained: schedules, averages, what "auto" stands for, and warnings."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import RidgeCV

from skrnn import (
    LagWindows,
    RNNAutoencoder,
    RNNClassifier,
    RNNLanguageModel,
    RNNRegressor,
    RNNSeq2Seq,
    cache_info,
)
from skrnn._schedule import Schedule
from skrnn.exceptions import RareValuesWarning, UninformativeFitWarning

from .common import SMALL, assert_other_bits, assert_same_bits, eager_keras, sequences

X, y = sequences()
LABELS = np.where(y > 0, "up", "down")
FIXED = {**SMALL, "early_stopping": False, "learning_rate": 0.01}


def a_chaos(n=600):
    """A series whose next value is a parabola of the last: no line has a part in it."""
    series = [0.3]
    for _ in range(n):
        series.append(3.8 * series[-1] * (1 - series[-1]))
    series = np.array(series)[:, None]
    return LagWindows(6).fit_transform(series)[:-1], series[1:, 0]


def fitted(cls=RNNRegressor, **params):
    target = LABELS if cls is RNNClassifier else y
    return cls(**{**FIXED, **params}).fit(X, target)


# Schedules


def test_a_cosine_rises_and_falls():
    cosine = Schedule.cosine(100)
    found = [cosine.scale(update) for update in (0, 1, 4, 50, 100, 1000)]
    fall = [1 - 0.45 * (1 - np.cos(np.pi * u / 100)) for u in (0, 1, 4, 50, 100)]
    assert found[:3] == pytest.approx([fall[0] / 5, fall[1] * 2 / 5, fall[2]])
    assert found[3:] == pytest.approx([0.55, 0.1, 0.1])


@pytest.mark.parametrize(
    "params",
    [
        {"learning_rate_schedule": "cosine"},
        {"weight_averaging": 0.9},
        {"learning_rate_schedule": "plateau", "early_stopping": True, "n_iter_no_change": 1},
    ],
    ids=["cosine", "average", "plateau"],
)
def test_keras_trains_the_same(params):
    compiled = fitted(**params)
    with eager_keras():
        keras = fitted(engine="keras", **params)
    np.testing.assert_allclose(keras.predict(X), compiled.predict(X), rtol=1e-4, atol=1e-5)
    for name, losses in compiled.history_.items():
        np.testing.assert_allclose(keras.history_[name], losses, rtol=1e-4, err_msg=name)


def test_plain_descent_follows_the_cosine():
    # One batch an epoch, and so little change that the gradient hardly does.
    params = {"optimizer": "sgd", "learning_rate": 1e-4, "batch_size": 60, "shuffle": False}
    paths = [
        [fitted(epochs=e, learning_rate_schedule=s, **params).weights_[0] for e in (9, 10)]
        for s in ("constant", "cosine")
    ]
    (_, constant), (_, cosine) = paths
    start = fitted(epochs=1, learning_rate_schedule="constant", **{**params, "learning_rate": 1e-9})
    moved = [np.linalg.norm(end - start.weights_[0]) for end in (constant, cosine)]
    schedule = Schedule.cosine(10)
    expected = np.mean([schedule.scale(update) for update in range(10)])
    assert moved[1] / moved[0] == pytest.approx(expected, rel=0.02)


def test_a_schedule_and_its_length_need_no_program():
    fitted()
    before = cache_info().misses
    fitted(learning_rate_schedule="cosine", epochs=3)
    fitted(learning_rate_schedule="plateau", learning_rate=0.02)
    assert cache_info().misses == before


def test_an_average_by_hand():
    params = {"batch_size": 60, "shuffle": False, "learning_rate_schedule": "constant"}
    after = [fitted(epochs=e, **params).weights_ for e in (1, 2)]
    averaged = [fitted(epochs=e, weight_averaging=0.5, **params).weights_ for e in (1, 2)]
    # The first update leaves (1 + 0) / (10 + 0) of the starting weights, the second 2 / 11.
    start = [(a - 0.9 * b) / 0.1 for a, b in zip(averaged[0], after[0], strict=True)]
    for begin, first, second, average in zip(start, *after, averaged[1], strict=True):
        expected = 2 / 11 * (0.1 * begin + 0.9 * first) + 9 / 11 * second
        np.testing.assert_allclose(average, expected, atol=1e-6)


def test_an_average_goes_on_from_the_weights_themselves():
    # Two epochs, or one and another: the same average, and the same weights under it.
    params = {"weight_averaging": 0.9, "learning_rate_schedule": "constant", "shuffle": False}
    whole = fitted(epochs=2, **params)
    parts = fitted(epochs=1, warm_start=True, **params).fit(X, y)
    for a, b in zip(whole.weights_, parts.weights_, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


# What "auto" stands for


def test_few_samples_are_trained_by_updates():
    few = RNNRegressor(units=1, random_state=0).fit(X[:, -2:], y)
    assert "val_loss" not in few.history_
    assert (few.batch_size_, few.n_updates_ >= 1000) == (16, True)
    assert few.n_updates_ == few.n_iter_ * 4  # batches of 16 make 60 samples
    assert few.score(X[:, -2:], y) > 0.9


def test_many_windows_are_held_to_a_part_of_them():
    X, y = a_chaos()
    many = RNNRegressor(units=4, epochs=3, baseline=None, random_state=0).fit(X, y)
    assert (many.batch_size_, many.learning_rate_) == (32, 1e-3)
    assert len(many.history_["val_loss"]) == 3
    assert many.n_updates_ == 3 * 17  # of 600 windows 60 are held out, and 5 overlap with them


@pytest.mark.parametrize("network", [RNNLanguageModel(), RNNSeq2Seq()], ids=repr)
def test_networks_with_numbers_as_defaults_take_numbers_alone(network):
    for name in ("learning_rate", "epochs", "batch_size", "early_stopping", "n_iter_no_change"):
        with pytest.raises(ValueError, match=f"The '{name}' parameter of .* Got 'auto' instead"):
            clone(network).set_params(**{name: "auto"}).fit(["ab", "ba"], ["ab", "ba"])


def test_numbers_mean_what_they_say():
    network = fitted(batch_size=30, epochs=4, learning_rate=0.005)
    found = network.batch_size_, network.epochs_, network.n_iter_, network.learning_rate_
    assert found == (30, 4, 4, 0.005)


def test_read_outs_by_kind_of_task():
    whole = fitted(RNNClassifier).network_
    steps = RNNClassifier(return_sequences=True, **FIXED).fit(X, np.where(X[..., 0] > 0, 1, 0))
    series = np.sin(np.arange(60.0))[:, None]
    windows = RNNClassifier(**FIXED).fit(LagWindows(6).fit_transform(series), series[:, 0] > 0)
    number = fitted().network_
    found = [
        (network["bidirectional"], network["pooling"])
        for network in (whole, steps.network_, windows.network_, number)
    ]
    assert found == [(True, "last"), *[(False, "last")] * 3]
    ragged = RNNClassifier(**FIXED).fit([x[: 3 + i % 4] for i, x in enumerate(X)], LABELS).network_
    assert (ragged["bidirectional"], ragged["pooling"]) == (True, "max")


def test_a_read_out_stays_when_the_training_goes_on():
    network = fitted(RNNClassifier)
    windows = LagWindows(6).fit_transform(np.sin(np.arange(60.0))[:, None].repeat(2, axis=1))
    network.partial_fit(windows, LABELS)
    assert network.network_["bidirectional"]


# Several networks


def test_the_mean_of_networks():
    alone, three = fitted(), fitted(n_networks=3)
    outputs, *_ = three._outputs_of_each(X)
    mean, std = three.predict(X, return_std=True)
    each = [three.target_mean_ + three.target_scale_ * o[:, 0].astype(float) for o in outputs]
    assert_same_bits(each[0], alone.predict(X))
    np.testing.assert_allclose(mean, np.mean(each, axis=0), rtol=1e-12)
    np.testing.assert_allclose(std, np.std(each, axis=0), rtol=1e-12)
    assert len(three.weights_) == 3 * len(alone.weights_)
    assert_same_bits(fitted(n_networks=3).predict(X), mean)


@pytest.mark.parametrize("labels", [LABELS, np.arange(60) % 3, (X[:, -1] > 0).astype(int)])
def test_the_mean_of_probabilities(labels):
    network = RNNClassifier(n_networks=2, **FIXED).fit(X, labels)
    outputs, _, task = network._outputs_of_each(X)
    mean = np.mean([task.targets.probabilities(o) for o in outputs], axis=0)
    np.testing.assert_allclose(network.predict_proba(X), mean, atol=1e-12)
    np.testing.assert_allclose(np.exp(network.predict_log_proba(X)), mean, atol=1e-12)


def test_several_networks_as_one_keras_model():
    network = fitted(RNNClassifier, n_networks=2)
    found = np.asarray(network.to_keras()(X.astype(np.float32)))
    np.testing.assert_allclose(found[:, -1], network.predict_proba(X)[:, -1], atol=1e-5)


def test_several_networks_go_on():
    whole = fitted(n_networks=2, epochs=2, learning_rate_schedule="constant", shuffle=False)
    parts = fitted(
        n_networks=2, epochs=1, learning_rate_schedule="constant", shuffle=False, warm_start=True
    )
    assert_other_bits(parts.predict(X), whole.predict(X))
    parts.fit(X, y)
    np.testing.assert_allclose(parts.predict(X), whole.predict(X), atol=1e-5)
    assert (parts.n_iter_, list(parts.best_epoch_)) == (2, [2, 2])


def test_the_spread_of_one_network():
    with pytest.raises(ValueError, match="n_networks of 2 or more for return_std=True"):
        fitted().predict(X, return_std=True)


def test_another_number_of_networks_is_another_network():
    network = fitted(n_networks=2, warm_start=True)
    with pytest.raises(ValueError, match=r"n_networks: 2 -> 3"):
        network.set_params(n_networks=3).fit(X, y)
    assert clone(network).fit(X, y).n_networks_ == 3


# Trainings that did not work


def caught(network, X, y):
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        network.fit(X, y)
    return [w.category for w in found]


def test_a_training_that_could_go_on():
    network = RNNRegressor(**{**FIXED, "cell": "gru", "early_stopping": True, "epochs": 4})
    assert caught(network, X, y) == [ConvergenceWarning]
    assert caught(network.set_params(epochs=2, early_stopping=False), X, y) == []


def test_a_network_that_learns_nothing():
    # The opposite of what the starting weights say, at a rate that leaves them as they are.
    params = {**FIXED, "learning_rate": 1e-12}
    opposite = -RNNRegressor(**params).fit(X, y).predict(X)
    assert caught(RNNRegressor(**params), X, opposite) == [UninformativeFitWarning]
    p = RNNClassifier(**params).fit(X, LABELS).predict_proba(X)[:, 1]
    labels = np.where(p > np.median(p), "down", "up")
    assert caught(RNNClassifier(**params), X, labels) == [UninformativeFitWarning]


def test_features_that_hardly_vary_are_named():
    rare = X * [1, 0]
    rare[3, 2, 1] = 7.0
    assert caught(RNNRegressor(**SMALL), rare, y) == []  # an indicator
    rare[9, 2, 1] = 8.0  # two of 360 steps are more than 0.5 %
    assert caught(RNNRegressor(**SMALL), rare, y) == []
    many = np.concatenate([rare, rare[:40] * [1, 0]])
    targets = np.concatenate([y, y[:40]])
    assert caught(RNNRegressor(**SMALL), many, targets) == [RareValuesWarning]
    with pytest.warns(RareValuesWarning, match=r"counted from 0: 1 \(usually 0\)"):
        RNNAutoencoder(**SMALL).fit(list(many))


def test_windows_that_are_left_out_name_no_feature():
    """A panel's windows share all its rows, those of other folds too."""
    rows = pd.DataFrame({"y": np.tile(y, 10), "rain": 0.0})
    rows.loc[598:, "rain"] = 3.0, 7.0
    panel = pd.concat({"a": rows, "b": rows})
    windows = LagWindows(6).fit_transform(panel)
    network = RNNRegressor(**{**SMALL, "early_stopping": False, "learning_rate": 0.02})
    assert caught(network, windows, panel["y"]) == [RareValuesWarning]
    assert caught(network, windows[:500], panel["y"][:500]) == []


@pytest.mark.parametrize("weights", [None, np.linspace(0, 2, 60)])
def test_the_loss_of_a_constant_is_that_of_a_network_of_zeros(weights):
    # Training at a rate of next to nothing, from weights whose last layer gives zero.
    network = RNNClassifier(**{**FIXED, "learning_rate": 1e-12, "warm_start": True})
    shares = np.average(LABELS == "up", weights=weights)
    network.fit(X, LABELS, sample_weight=weights)
    network.weights_[-2][:] = 0
    network.weights_[-1][:] = np.log(shares / (1 - shares))
    network.fit(X, LABELS, sample_weight=weights)
    task = network._task()
    data = task.samples(*_read(task, network), weights)
    assert task.targets.loss_of_constant(data) == pytest.approx(network.history_["loss"][-1])


def _read(task, network):
    sequences = task.inputs.read(network, X)
    return sequences, task.targets.read(LABELS, sequences)


# A line beside the network


def a_trend(n=600):
    """A random walk with a trend: a line forecasts it, a network has never seen its heights."""
    steps = np.random.default_rng(0).normal(size=n) + 0.5
    series = steps.cumsum()[:, None]
    return LagWindows(6).fit_transform(series)[:-1], series[1:, 0]


def test_a_line_where_it_is_better():
    X, y = a_trend()
    params = {"units": 4, "epochs": 3, "random_state": 0}
    network = RNNRegressor(**params).fit(X[:500], y[:500])
    alone = RNNRegressor(baseline=None, **params).fit(X[:500], y[:500])
    errors = [np.abs(n.predict(X[500:]) - y[500:]).mean() for n in (network, alone)]
    assert network.line_ is not None
    assert alone.line_ is None
    assert errors[0] < 1.2  # the steps have a mean distance of 0.8 from their mean
    assert errors[0] < 0.2 * errors[1]


def test_a_line_is_ridge_regression():
    X, y = a_trend()
    network = RNNRegressor(units=4, epochs=1, baseline="linear", early_stopping=False).fit(X, y)
    windows = pd.DataFrame(np.asarray(X)[..., 0]).bfill(axis=1)  # steps before the first row
    table = (windows.to_numpy() - network.input_mean_) / network.input_scale_
    ridge = RidgeCV(np.logspace(-2, 5, 8)).fit(table, y)
    np.testing.assert_allclose(network.line_["coef"][:, 0], ridge.coef_, rtol=1e-3, atol=1e-4)
    left = y - ridge.predict(table)
    np.testing.assert_allclose(network.line_["scale"], left.std(), rtol=1e-3)
    added = (network.predict(X) - ridge.predict(table)) / left.std()
    assert np.abs(added).max() < 2  # the network adds what it has learnt in one epoch


def test_few_windows_tell_that_a_network_alone_is_far_worse_than_a_line():
    params = {"units": 4, "random_state": 0, "epochs": 20}
    for (X, y), n_networks in ((a_trend(150), 1), (a_chaos(150), 2)):
        network = RNNRegressor(**params).fit(X, y)
        assert network.n_networks_ == n_networks
        assert "val_loss" not in network.history_  # the networks that are kept saw every sample


def test_a_line_fills_absent_steps_with_their_neighbours():
    X, y = a_trend()
    network = RNNRegressor(units=4, epochs=1, baseline="linear", early_stopping=False).fit(X, y)
    gaps = np.array(X[10:])
    gaps[:50, 2] = gaps[:50, 0] = gaps[100:150, -1] = np.nan
    filled = gaps.copy()
    filled[:50, 2] = filled[:50, 1]
    filled[:50, 0] = filled[:50, 1]
    filled[100:150, -1] = filled[100:150, -2]
    line, scale, offset = network._task().line, network.input_scale_, network.input_mean_
    flat = ((filled - offset) / scale).reshape(len(filled), -1)
    by_hand = flat @ line.coef + line.intercept
    network.weights_[-2][:] = network.weights_[-1][:] = 0  # the line alone
    found = network.predict(gaps) - line.mean
    np.testing.assert_allclose(found, by_hand[:, 0], rtol=1e-5)
    keras = np.asarray(network.to_keras()(gaps.astype(np.float32)))[:, 0]
    np.testing.assert_allclose(keras - line.mean, by_hand[:, 0], rtol=1e-4, atol=1e-4)


def test_a_line_as_a_keras_model_and_when_training_goes_on():
    X, y = a_trend()
    network = RNNRegressor(units=4, epochs=1, baseline="linear", early_stopping=False).fit(X, y)
    found = np.asarray(network.to_keras()(np.asarray(X, dtype=np.float32)))[:, 0]
    np.testing.assert_allclose(found, network.predict(X), rtol=1e-4)
    line = network.line_["coef"].copy()
    assert_same_bits(network.partial_fit(X, y).line_["coef"], line)
    assert np.abs(network.predict(X) - y).mean() < 1.2


def test_the_mean_of_networks_alone_and_beside_a_line():
    X, y = a_chaos()
    params = {"units": 8, "epochs": 8, "learning_rate": 0.01, "random_state": 0}
    alone, beside, both = (
        RNNRegressor(baseline=baseline, **params).fit(X, y) for baseline in (None, "linear", "auto")
    )
    assert (both.line_["n_alone"], both.n_networks_) == (1, 2)
    for _ in range(2):
        mean = (alone.predict(X) + beside.predict(X)) / 2
        np.testing.assert_allclose(both.predict(X), mean, rtol=1e-12)
        for network in (alone, beside, both):
            network.partial_fit(X, y)
    found = np.asarray(both.to_keras()(np.asarray(X, dtype=np.float32)))[:, 0]
    np.testing.assert_allclose(found, both.predict(X), rtol=1e-4)


def test_no_line_is_possible():
    ragged = [x[: 3 + i % 4] for i, x in enumerate(X)]
    with pytest.raises(ValueError, match=r"sequences of numbers of one length.*Set baseline=None"):
        RNNRegressor(baseline="linear", **FIXED).fit(ragged, y)
    assert fitted(return_sequences=False).line_ is None  # nothing is held out to judge it by
