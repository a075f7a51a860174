"""Small data and small networks that the tests share, so that they share compiled programs too."""

from contextlib import contextmanager
from unittest import mock

import numpy as np

from skrnn import RNNClassifier, RNNRegressor

N_SAMPLES, N_STEPS, N_FEATURES = 60, 6, 2
# The cell that compiles fastest: a test of a cell, or of what cells do otherwise, names its own.
SMALL = {"cell": "simple", "units": 4, "epochs": 2, "batch_size": 16, "random_state": 0}
# The usual training of many samples, which nothing of the data decides.
USUAL = {
    "bidirectional": False,
    "pooling": "last",
    "learning_rate": 1e-3,
    "learning_rate_schedule": "constant",
    "early_stopping": True,
    "n_iter_no_change": 5,
}


def small_regressor(**params):
    """A regressor that fits in milliseconds once its program is compiled."""
    return RNNRegressor(**{**SMALL, **USUAL, "baseline": None, **params})


def small_classifier(**params):
    """A classifier that fits in milliseconds once its program is compiled."""
    return RNNClassifier(**{**SMALL, **USUAL, "baseline": None, "standardize": True, **params})


def sequences(seed=0, n_samples=N_SAMPLES, n_steps=N_STEPS, n_features=N_FEATURES):
    """Independent sequences and a target that depends on their last two steps."""
    X = np.random.default_rng(seed).normal(size=(n_samples, n_steps, n_features))
    return X, X[:, -1, 0] - 0.5 * X[:, -2, 1]


def ragged_sequences(seed=0, n_samples=N_SAMPLES, n_features=N_FEATURES):
    """Sequences of 3 to 8 steps, and their sums as a target."""
    rng = np.random.default_rng(seed)
    X = [rng.normal(size=(rng.integers(3, 9), n_features)) for _ in range(n_samples)]
    return X, np.array([x[:, 0].sum() for x in X])


def assert_same_bits(a, b):
    """Assert that arrays, or lists of them, are equal to the bit."""
    a, b = (list(x) if isinstance(x, (list, tuple)) else [x] for x in (a, b))
    assert len(a) == len(b)
    for left, right in zip(a, b, strict=True):
        np.testing.assert_array_equal(left, right)


def assert_other_bits(a, b):
    """Assert that arrays, or lists of them, differ somewhere."""
    a, b = (list(x) if isinstance(x, (list, tuple)) else [x] for x in (a, b))
    assert any(not np.array_equal(x, y, equal_nan=True) for x, y in zip(a, b, strict=True))


def outputs_of(model, *inputs):
    """What a Keras model gives; unlike its `predict` it makes no graph first."""
    given = [np.asarray(part) for part in inputs]
    found = model(given[0] if len(given) == 1 else given)
    return [np.asarray(f) for f in found] if isinstance(found, list) else np.asarray(found)


def assert_same_after_saving(model, X, folder):
    """Assert that a Keras model gives the same bits for X after it has been saved and loaded."""
    import keras

    model.save(folder / "model.keras")
    loaded = keras.saving.load_model(folder / "model.keras")
    assert_same_bits(outputs_of(loaded, X), outputs_of(model, X))


@contextmanager
def eager_keras():
    """Let Keras train without graphs: the same arithmetic, with nothing to trace beforehand.

    For a few small batches that takes a third of the time, if sequences are short.
    """
    import keras

    compile_model = keras.Model.compile

    def compile_eagerly(model, *args, **kwargs):
        compile_model(model, *args, **{**kwargs, "run_eagerly": True, "jit_compile": False})

    with mock.patch.object(keras.Model, "compile", compile_eagerly):
        yield
