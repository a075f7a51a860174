"""Sequences of very different lengths, of which each batch is given room for its own."""

import numpy as np
import pytest

from skrnn._keras.programs import Shape, _step_capacities

from .common import small_classifier, small_regressor
from .test_engines import both_engines


def long_and_short(n_samples=48):
    """Sequences of 2 to 140 steps; most are short."""
    rng = np.random.default_rng(0)
    lengths = np.clip(rng.lognormal(2.5, 1.2, n_samples), 2, 140).astype(int)
    lengths[:2] = 140, 70
    return [rng.normal(size=(n, 2)) for n in lengths]


def assert_same_training(build, X, y, weights=None):
    compiled, portable = both_engines(build, X, y, weights)
    for ours, theirs in zip(compiled.weights_, portable.weights_, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)
    for name in compiled.history_:
        np.testing.assert_allclose(compiled.history_[name], portable.history_[name], rtol=5e-5)


@pytest.mark.parametrize("pooling", ["last", "attention"])
def test_training_equals_keras_fit(pooling):
    X = long_and_short()
    y = np.array([x[-1, 0] + x[:, 1].mean() for x in X])

    def build(engine):
        return small_regressor(engine=engine, pooling=pooling, learning_rate=0.01)

    assert_same_training(build, X, y, np.linspace(0.5, 2, len(X)))


def test_training_at_every_step_equals_keras_fit():
    X = long_and_short()
    y = [(x[:, 0] > 1).astype(int) for x in X]

    def build(engine):
        return small_classifier(
            engine=engine, return_sequences=True, class_weight="balanced", learning_rate=0.01
        )

    assert_same_training(build, X, y)


def test_halves_of_a_large_step_equal_the_whole(monkeypatch):
    from skrnn._keras import compiled

    X = long_and_short()
    y = np.array([x[-1, 0] for x in X])
    whole = small_regressor().fit(X, y)
    monkeypatch.setattr(compiled, "_LARGE_STEP", 1)
    halved = small_regressor().fit(X, y)
    for a, b in zip(whole.weights_, halved.weights_, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


@pytest.mark.parametrize(
    ("n_steps", "is_ragged", "expected"),
    [(64, True, [64]), (128, True, [48, 128]), (256, True, [32, 96, 256]), (256, False, [256])],
)
def test_room_for_steps(n_steps, is_ragged, expected):
    assert _step_capacities(Shape(1000, 100, n_steps, is_ragged)) == expected
