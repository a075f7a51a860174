"""Sequences of very different lengths: a batch is computed in a length bucket of its own."""

import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from skrnn._keras.compiled.shapes import Shape
from skrnn._keras.compiled.training_programs import _length_buckets
from skrnn._spec import Network, Training

from .common import small_classifier, small_regressor


def long_and_short(n_samples=48):
    """Sequences of 2 to 140 steps; most are short."""
    rng = np.random.default_rng(0)
    lengths = np.clip(rng.lognormal(2.5, 1.2, n_samples), 2, 140).astype(int)
    lengths[:2] = 140, 70
    return [rng.normal(size=(n, 2)) for n in lengths]


def assert_same_training(build, X, y, weights=None):
    compiled, portable = (build(engine).fit(X, y, weights) for engine in ("compiled", "keras"))
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
    from skrnn._keras.compiled import epochs

    X = long_and_short()
    y = np.array([x[-1, 0] for x in X])
    whole = small_regressor().fit(X, y)
    monkeypatch.setattr(epochs, "_LARGE_STEP", 1)
    halved = small_regressor().fit(X, y)
    for a, b in zip(whole.weights_, halved.weights_, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


@pytest.mark.parametrize(
    ("n_steps", "is_ragged", "expected"),
    [
        (16, True, [16]),
        (64, True, [16, 32, 64]),
        (256, True, [32, 64, 128, 256]),
        (256, False, [256]),
    ],
)
def test_length_buckets(n_steps, is_ragged, expected):
    shapes = _length_buckets(wide_network(), Shape(1000, 100, n_steps, is_ragged))
    assert [shape.n_steps for shape in shapes] == expected


def test_a_large_step_is_compiled_once_for_all_batches(tmp_path):
    """XLA would compile again if what it needs to know beforehand depended on the batch."""
    code = """
        import numpy as np
        from skrnn import RNNRegressor
        from skrnn._keras.compiled import epochs

        epochs._LARGE_STEP = 1
        X = [np.ones((n, 1)) for n in range(1, 41)]
        RNNRegressor(units=2, batch_size=8, epochs=2, early_stopping=False).fit(X, np.ones(40))
    """
    flags = f"--xla_dump_to={tmp_path} --xla_dump_hlo_module_re=.*gradient.*"
    subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        check=True,
        env={**os.environ, "XLA_FLAGS": flags},
    )
    assert len(list(tmp_path.glob("*gradient*.before_optimizations.txt"))) == 1


def wide_network():
    return Network(
        cell="simple",
        units=(500,),
        bidirectional=False,
        dropout=0.0,
        recurrent_dropout=0.0,
        hidden_units=(),
        return_sequences=False,
        n_features=500,
        n_outputs=1,
    )


def test_whether_a_step_is_large_is_judged_by_the_mean_length():
    from skrnn._keras.compiled.epochs import _is_large

    training = Training("mean_squared_error", "adam", batch_size=32, clips=True)
    # 3 x 32 x mean steps x (500 x 500 twice, and 500 x 1): 9.6e8 of 20 steps, 4.8e8 of 10.
    shape = Shape(1000, 100, 256, is_ragged=True)
    assert _is_large(wide_network(), training, shape, 20)
    assert not _is_large(wide_network(), training, shape, 10)
