"""What holds of every network, whatever it reads and predicts.

scikit-learn's own checks give a table of numbers; some of these read texts or sequences of any
lengths. Here each has data of its own, and one function that shows what it predicts.
"""

import json
import pickle
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple
from unittest import mock

import numpy as np
import pytest
import skops.io
import tensorflow as tf
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

import skrnn
from skrnn._keras.compiled.xla import XlaFunction

from .common import (
    SMALL,
    assert_other_bits,
    assert_same_bits,
    ragged_sequences,
    sequences,
)
from .test_architecture import run_in_fresh_interpreter


class Case(NamedTuple):
    """An estimator, what it is fitted on, and what it predicts from a part of that."""

    estimator: Any
    data: tuple[Any, ...]
    predicted: Callable[..., Any]
    # For a fresh interpreter: the same estimator as source code.
    code: str


def predictions(estimator, X):
    return estimator.predict(X)


TEXTS = ["ab", "ba b", "aab", "b a", "abba", "baab"] * 10
WRITTEN = ["x", "y x", "x x y", "y", "x y y x", "y x x y"] * 10


def case(name, data, predicted=predictions, **params):
    params = {**SMALL, **params}
    words = ", ".join(f"{k}={v!r}" for k, v in params.items())
    return Case(getattr(skrnn, name)(**params), data, predicted, f"skrnn.{name}({words})")


def steps_ahead():
    X, y = sequences()
    return X, np.stack([y, 2 * y, -y], axis=1)


def classes():
    X, y = ragged_sequences()
    return X, np.where(y > 0, "up", "down")


CASES = {
    "regressor": case("RNNRegressor", sequences()),
    "regressor with a decoder": case("RNNRegressor", steps_ahead(), decoder="rnn"),
    "classifier of ragged sequences": case(
        "RNNClassifier", classes(), lambda e, X: e.predict_proba(X), pooling="attention"
    ),
    "texts to texts": case("RNNSeq2Seq", (TEXTS, WRITTEN), source_level="char", embedding_dim=3),
    "vectors to texts": case(
        "RNNSeq2Seq", (sequences()[0][:, 0], WRITTEN), attention=None, embedding_dim=3
    ),
    "autoencoder": case(
        "RNNAutoencoder", (sequences()[0],), lambda e, X: e.reconstruct(X), latent_dim=2
    ),
    "outlier detector of ragged sequences": case(
        "RNNAutoencoder",
        (ragged_sequences()[0],),
        lambda e, X: e.score_samples(X),
        latent_dim=2,
        bidirectional=True,
    ),
    "language model": case(
        "RNNLanguageModel", (TEXTS,), lambda e, X: e.score_samples(X), level="char", embedding_dim=3
    ),
}
every_estimator = pytest.mark.parametrize("name", CASES)


def fitted(name, **params):
    estimator = clone(CASES[name].estimator).set_params(**params)
    return estimator.fit(*CASES[name].data)


def predicted_by(name, estimator, part=slice(None)):
    return CASES[name].predicted(estimator, CASES[name].data[0][part])


@every_estimator
def test_the_constructor_only_stores(name):
    estimator = CASES[name].estimator
    params = estimator.get_params()
    again = type(estimator)(**params)
    assert {k: v for k, v in vars(again).items() if k in params} == params
    assert set(vars(again)) == set(params)
    assert clone(estimator).get_params() == params


@every_estimator
def test_the_same_seed_gives_the_same_bits(name):
    first, second = fitted(name), fitted(name)
    assert_same_bits(first.weights_, second.weights_)
    assert first.history_ == second.history_
    assert_other_bits(fitted(name, random_state=1).weights_, first.weights_)


@every_estimator
def test_a_second_fit_forgets_the_first(name):
    estimator = fitted(name)
    weights = [w.copy() for w in estimator.weights_]
    assert_same_bits(estimator.fit(*CASES[name].data).weights_, weights)
    assert estimator.n_iter_ == SMALL["epochs"]


@every_estimator
def test_want_of_memory_is_told_by_every_estimator(name, monkeypatch):
    estimator = fitted(name)
    error = tf.errors.ResourceExhaustedError(None, None, "no memory for a tensor\nmore of it")
    monkeypatch.setattr(XlaFunction, "__call__", mock.Mock(side_effect=error))
    with pytest.raises(MemoryError, match=r"got 'no memory for a tensor' .*Give shorter sequences"):
        predicted_by(name, estimator)
    with pytest.raises(MemoryError, match="Lower batch_size or units"):
        estimator.fit(*CASES[name].data)


@every_estimator
def test_global_generators_are_left_alone(name):
    np.random.seed(3)  # noqa: NPY002
    random.seed(3)
    before = np.random.get_state()[1].copy(), random.getstate()  # noqa: NPY002
    predicted_by(name, fitted(name))
    np.testing.assert_array_equal(np.random.get_state()[1], before[0])  # noqa: NPY002
    assert random.getstate() == before[1]


@every_estimator
def test_threads_give_the_bits_of_one_after_the_other(name):
    seeds = [0, 1]
    alone = [fitted(name, random_state=seed).weights_ for seed in seeds]
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(lambda seed: fitted(name, random_state=seed).weights_, seeds))
    for a, b in zip(alone, together, strict=True):
        assert_same_bits(a, b)


def plain(value):
    """Whether a value is made of what any format can hold."""
    if isinstance(value, dict):
        return all(isinstance(k, str) and plain(v) for k, v in value.items())
    if isinstance(value, list | tuple):
        return all(map(plain, value))
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "biufU"
    return value is None or isinstance(value, bool | int | float | str | np.number)


@every_estimator
def test_fitted_state_is_plain(name):
    state = vars(fitted(name))
    assert [k for k, v in state.items() if not plain(v)] == []


LEARNT = ("input_", "target_", "network_")


@every_estimator
def test_it_survives_json(name):
    estimator = fitted(name)
    before = predicted_by(name, estimator)
    for attribute in LEARNT:
        kept = getattr(estimator, attribute)
        setattr(estimator, attribute, json.loads(json.dumps(kept)))
    assert_same_bits(predicted_by(name, estimator), before)
    more = clone(estimator).set_params(warm_start=True).fit(*CASES[name].data)
    for attribute in LEARNT:
        setattr(more, attribute, json.loads(json.dumps(getattr(more, attribute))))
    assert more.fit(*CASES[name].data).n_iter_ == 2 * SMALL["epochs"]


@every_estimator
def test_what_fit_sets_ends_with_an_underscore(name):
    estimator = fitted(name)
    assert [
        k for k in vars(estimator) if not k.endswith("_") and k not in estimator.get_params()
    ] == []


@every_estimator
def test_the_optimizer_can_be_left_out_of_a_pickle(name):
    estimator = fitted(name, warm_start=True)
    before, size = predicted_by(name, estimator), len(pickle.dumps(estimator))
    del estimator.optimizer_state_
    n_bytes = sum(w.nbytes for w in estimator.weights_)
    assert len(pickle.dumps(estimator)) <= size - 2 * n_bytes  # Adam's two slots
    estimator = pickle.loads(pickle.dumps(estimator))
    assert_same_bits(predicted_by(name, estimator), before)
    assert estimator.fit(*CASES[name].data).n_iter_ == 2 * SMALL["epochs"]


@every_estimator
@pytest.mark.parametrize("route", ["pickle", "skops", "save"])
def test_stored_and_loaded(name, route, tmp_path):
    estimator = fitted(name)
    if route == "save":
        skrnn.save(estimator, tmp_path / "estimator.skrnn", training=False)
        loaded = skrnn.load(tmp_path / "estimator.skrnn")
    elif route == "pickle":
        loaded = pickle.loads(pickle.dumps(estimator))
    else:
        data = skops.io.dumps(estimator)
        loaded = skops.io.loads(data, trusted=skrnn.trusted_types())
    assert_same_bits(predicted_by(name, loaded), predicted_by(name, estimator))


@every_estimator
def test_a_prediction_does_not_depend_on_its_companions(name):
    estimator = fitted(name)
    together = predicted_by(name, estimator)
    assert_same_bits(predicted_by(name, estimator, slice(7, 8)), together[7:8])
    assert_same_bits(predicted_by(name, estimator, slice(None, None, -1)), together[::-1])


@every_estimator
def test_unfitted(name):
    with pytest.raises(NotFittedError):
        predicted_by(name, clone(CASES[name].estimator))


@every_estimator
def test_a_fit_that_fails_changes_nothing(name):
    estimator = fitted(name)
    before = predicted_by(name, estimator)
    for params in ({"units": 0}, {"learning_rate": -1}, {"optimizer": "no"}):
        kept = {k: estimator.get_params()[k] for k in params}
        with pytest.raises(ValueError, match=next(iter(params))):
            estimator.set_params(**params).fit(*CASES[name].data)
        estimator.set_params(**kept)
    assert_same_bits(predicted_by(name, estimator), before)


@every_estimator
def test_training_goes_on(name):
    estimator = fitted(name, warm_start=True)
    before = [w.copy() for w in estimator.weights_]
    estimator.fit(*CASES[name].data)
    assert estimator.n_iter_ == 2 * SMALL["epochs"] == len(estimator.history_["loss"])
    assert_other_bits(estimator.weights_, before)
    with pytest.raises(ValueError, match=r"Expected the network of the earlier fit.*units"):
        estimator.set_params(units=3).fit(*CASES[name].data)


@every_estimator
def test_a_program_serves_all_that_differ_in_values(name):
    fitted(name)
    misses = skrnn.cache_info().misses
    fitted(name, learning_rate=0.1, random_state=3, clipnorm=0.5, epochs=1)
    assert skrnn.cache_info().misses == misses


@pytest.mark.slow
def test_nothing_but_a_fit_or_a_prediction_starts_tensorflow(tmp_path):
    lines = [c.code for c in CASES.values()]
    paths = []
    for name in CASES:
        paths.append(tmp_path / f"{len(paths)}.pkl")
        paths[-1].write_bytes(pickle.dumps(fitted(name)))
    run_in_fresh_interpreter(f"""
        import pathlib, pickle, sys
        from sklearn.base import clone
        import skrnn
        estimators = [{", ".join(lines)}]
        estimators += [pickle.loads(pathlib.Path(p).read_bytes()) for p in {list(map(str, paths))}]
        for estimator in estimators:
            clone(estimator), repr(estimator), estimator._repr_html_(), dir(estimator)
        loaded = {{"tensorflow", "keras", "scikeras"}} & set(sys.modules)
        assert not loaded, loaded
        """)


INPUTS_OF_LENGTH = {
    "classifier of ragged sequences": lambda n: [np.ones((n, 2))],
    "texts to texts": lambda n: ["a" * n],
    "outlier detector of ragged sequences": lambda n: [np.ones((n, 2))],
}


@pytest.mark.parametrize("name", INPUTS_OF_LENGTH)
def test_sequences_of_like_lengths_share_a_program(name):
    """Each alone, where nothing but the kind of the input tells that others may be shorter."""
    estimator = fitted(name)
    before = skrnn.cache_info().misses
    for n_steps in range(5, 9):
        CASES[name].predicted(estimator, INPUTS_OF_LENGTH[name](n_steps))
    assert skrnn.cache_info().misses <= before + 1
