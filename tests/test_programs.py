"""The compiled programs of a process: counted, shared and dropped through the public door."""

import functools
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from textwrap import dedent

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, KFold

from skrnn import RNNSeq2Seq, cache_info, clear_cache

from .common import SMALL, assert_same_bits, sequences, small_classifier, small_regressor
from .test_architecture import ROOT, run_in_fresh_interpreter

LEVEL = "TF_CPP_MIN_LOG_LEVEL"
# TensorFlow 2.18 logs a few lines when it first compiles, whatever the level of its log was.
IS_QUIET = tuple(map(int, version("tensorflow").split(".")[:2])) > (2, 18)


@pytest.fixture(autouse=True)
def empty_cache():
    """No program is kept when the test begins."""
    clear_cache()


def small_without_validation(**params):
    """A regressor whose fit predicts nothing, and whose programs compile fast."""
    return small_regressor(cell="simple", early_stopping=False, **params)


def test_counting_and_clearing_start_no_tensorflow():
    out = run_in_fresh_interpreter("""
        import sys
        import skrnn
        skrnn.clear_cache()
        print(skrnn.cache_info())
        loaded = {"tensorflow", "keras", "scikeras"} & set(sys.modules)
        assert not loaded, loaded
        """)
    assert out == "CacheInfo(hits=0, misses=0, maxsize=128, currsize=0)\n"


def test_a_first_fit_writes_no_lines_but_those_of_the_user():
    code = """
        import os, sys
        import numpy as np
        import skrnn
        sys.meta_path.insert(0, type("Finder", (), {"find_spec": lambda name, *_: name ==
            "tensorflow" and print("I0000 is mine", file=sys.stderr) or None}))
        X = np.random.default_rng(0).normal(size=(60, 6, 2))
        network = skrnn.RNNRegressor(cell="simple", units=4, epochs=1, baseline=None)
        network.set_params(early_stopping=False, verbose=0).fit(X, X[:, -1, 0])
        assert "TF_CPP_MIN_LOG_LEVEL" not in os.environ
        """
    inherited = {name: value for name, value in os.environ.items() if name != LEVEL}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", dedent(code)],
        capture_output=True,
        text=True,
        env=inherited,
        cwd=ROOT,
    )
    lines = done.stderr.splitlines()
    if not IS_QUIET:  # when it first compiles
        known = ("before absl::Init", "XLA service", "StreamExecutor", "Compiled cluster")
        lines = [line for line in lines if not any(words in line for words in known)]
    assert (done.returncode, done.stdout, lines) == (0, "", ["I0000 is mine"])


def test_a_fit_makes_a_program_to_train_and_one_to_predict():
    X, y = sequences()
    network = small_without_validation().fit(X, y)
    assert cache_info() == (0, 2, 128, 2)
    network.predict(X)
    network.predict(X)
    assert cache_info() == (2, 2, 128, 2)
    small_without_validation(learning_rate=0.01).fit(X, y)
    assert cache_info() == (4, 2, 128, 2)
    small_without_validation(units=5).fit(X, y)
    assert cache_info() == (4, 4, 128, 4)


def test_fitted_estimators_survive_a_cleared_cache():
    X, y = sequences()
    network = small_without_validation().fit(X, y)
    expected = network.predict(X)
    weights = [w.copy() for w in network.weights_]
    clear_cache()
    assert cache_info() == (0, 0, 128, 0)
    assert_same_bits(network.predict(X), expected)
    assert_same_bits(network.fit(X, y).weights_, weights)
    assert cache_info() == (1, 2, 128, 2)


def test_clearing_while_other_threads_fit():
    X, y = sequences()

    def fit_and_clear(seed):
        network = small_without_validation(random_state=seed).fit(X, y)
        clear_cache()
        return [*network.weights_, network.predict(X)]

    alone = [fit_and_clear(seed) for seed in (0, 1)]
    with ThreadPoolExecutor(4) as pool:
        for one, other in zip(alone * 2, pool.map(fit_and_clear, (0, 1, 0, 1)), strict=True):
            assert_same_bits(one, other)


def test_candidates_that_differ_in_values_share_programs_across_threads():
    """Learning rate, seed and rows are values; twelve fits and their scores have two programs."""
    X, y = sequences()
    grid = {"learning_rate": [0.001, 0.01, 0.1], "random_state": [0, 1]}

    def scores(backend):
        clear_cache()
        search = GridSearchCV(small_without_validation(), grid, cv=KFold(2), refit=False)
        with joblib.parallel_config(backend, n_jobs=2):
            found = search.fit(X, y).cv_results_["mean_test_score"]
        assert cache_info()[1] == 2, cache_info()
        return found

    np.testing.assert_array_equal(scores("threading"), scores("sequential"))


def test_tables_of_tokens_of_any_width_share_a_program(rng):
    X = rng.integers(1, 7, size=(60, 8))
    network = small_classifier(embedding_dim=3, early_stopping=False).fit(X, X[:, -1] > 3)
    expected = network.predict_proba(X[:1])
    for width in (5, 6, 7):
        network.predict_proba(X[:, :width])
    assert cache_info().misses == 2
    assert_same_bits(network.predict_proba(np.pad(X[:1], ((0, 0), (0, 3)))), expected)


def test_outputs_of_like_lengths_share_a_program():
    network = RNNSeq2Seq("word", attention=None, **SMALL, embedding_dim=3)
    network.set_params(bidirectional=False, early_stopping=False)
    network.fit(["a b", "b a"] * 8, ["x", "y x"] * 8)
    for n_tokens in (5, 8, 9, 12):
        network.score_samples(["a b"], ["x " * n_tokens])
    assert cache_info().misses == 3  # to train, to read up to 8 tokens, to read up to 16


def scaled_loss(targets, outputs, scale=1.0):
    return scale * ((targets - outputs) ** 2)[..., 0]


class ScaledLoss:
    """An object that can be no key, and whose copies are no other loss."""

    __hash__ = None

    def __init__(self, scale):
        self.scale = scale

    def __eq__(self, other):
        return isinstance(other, ScaledLoss) and self.scale == other.scale

    def __call__(self, targets, outputs):
        return scaled_loss(targets, outputs, self.scale)


@pytest.mark.parametrize("loss", [functools.partial(scaled_loss, scale=2.0), ScaledLoss(2.0)])
def test_copies_of_a_loss_share_a_program(loss):
    X, y = sequences()
    network = small_without_validation(loss=loss)
    first = network.fit(X, y).history_
    assert clone(network).fit(X, y).history_ == first
    assert cache_info().misses == 2


def test_a_loss_that_uses_another_value_is_another_loss():
    X, y = sequences()
    scale = 1.0

    def loss(targets, outputs):
        return scaled_loss(targets, outputs, scale)

    network = small_without_validation(loss=loss, learning_rate=1e-30, epochs=1)
    (once,) = network.fit(X, y).history_["loss"]
    scale = 2.0
    assert network.fit(X, y).history_["loss"] == [pytest.approx(2 * once, rel=1e-6)]


FACTOR = 1.0


def loss_of_the_module(targets, outputs, scale):
    return FACTOR * scaled_loss(targets, outputs, scale)


class LossOfTheModule:
    """Uses a value of its module, as an object that is called and by a method."""

    def __call__(self, targets, outputs):
        return loss_of_the_module(targets, outputs, 1.0)

    def method(self, targets, outputs):
        return loss_of_the_module(targets, outputs, 1.0)


@pytest.mark.parametrize("kind", ["partial", "object", "method"])
def test_every_kind_of_loss_is_compiled_anew_for_another_value(kind, monkeypatch):
    X, y = sequences()
    loss = {
        "partial": functools.partial(loss_of_the_module, scale=1.0),
        "object": LossOfTheModule(),
        "method": LossOfTheModule().method,
    }[kind]
    network = small_without_validation(loss=loss, learning_rate=1e-30, epochs=1)
    (once,) = network.fit(X, y).history_["loss"]
    monkeypatch.setitem(globals(), "FACTOR", 100.0)
    assert network.fit(X, y).history_["loss"] == [pytest.approx(100 * once, rel=1e-6)]


def test_a_loss_with_a_name_that_has_no_value():
    X, y = sequences()

    def make():
        def loss(targets, outputs):
            return scaled_loss(targets, outputs) if targets is not None else later()

        if X is None:
            later = len
        return loss

    assert small_without_validation(loss=make(), epochs=1).fit(X, y).n_iter_ == 1


def test_two_threads_compile_different_programs_at_once():
    """Each loss is traced when its program is made, and waits until the other one is, too."""
    X, y = sequences()
    meeting = threading.Barrier(2)

    def loss_that_waits():
        has_met = threading.Event()

        def loss(targets, outputs):
            if not has_met.is_set():
                has_met.set()
                meeting.wait(timeout=60)
            return ((targets - outputs) ** 2)[..., 0]

        return loss

    def fit(loss):
        return small_without_validation(loss=loss).fit(X, y)

    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(fit, [loss_that_waits(), loss_that_waits()])
    assert_same_bits(one.weights_, other.weights_)
