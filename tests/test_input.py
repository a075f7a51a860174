"""What X and y may be, what they give, and what is said about those that may not be."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skrnn._data.sequences import Sequences

from .common import (
    assert_same_bits,
    eager_keras,
    outputs_of,
    ragged_sequences,
    sequences,
    small_classifier,
    small_regressor,
)


@st.composite
def ragged_lists(draw):
    lengths = draw(st.lists(st.integers(1, 6), min_size=1, max_size=8))
    rng = np.random.default_rng(draw(st.integers(0, 1000)))
    X = [rng.normal(size=(n, 2)) for n in lengths]
    for x in X:
        x[rng.random(len(x)) < 0.3] = np.nan
        x[rng.integers(len(x))] = 1.0
    return X


@given(ragged_lists())
@settings(deadline=None, derandomize=True)
def test_ragged_sequences_against_a_loop(X):
    s = Sequences.from_ragged(X)
    longest = max(len(x) for x in X)
    dense = np.full((len(X), longest, 2), np.nan)
    for row, x in zip(dense, X, strict=True):
        row[: len(x)] = x
    np.testing.assert_array_equal(s.dense(), dense)
    np.testing.assert_array_equal(s.present(), ~np.isnan(dense[:, :, 0]))
    np.testing.assert_array_equal(s.n_present(), (~np.isnan(dense[:, :, 0])).sum(axis=1))
    some = np.arange(len(X))[::-2]
    np.testing.assert_array_equal(s.take(some).dense(), dense[some][:, : s.take(some).n_steps])


@given(
    n_rows=st.integers(1, 12),
    n_steps=st.integers(1, 5),
    dilation=st.integers(1, 3),
    seed=st.integers(0, 99),
)
@settings(deadline=None, derandomize=True)
def test_windows_of_a_series_against_a_loop(n_rows, n_steps, dilation, seed):
    rng = np.random.default_rng(seed)
    series = rng.normal(size=(n_rows + (n_steps - 1) * dilation, 2))
    series[rng.random(len(series)) < 0.2] = np.nan
    s = Sequences.from_series(series, n_rows, n_steps, dilation)
    rows = [[i + j * dilation for j in range(n_steps)] for i in range(n_rows)]
    np.testing.assert_array_equal(s.dense(), series[np.array(rows)])
    counts = np.bincount(np.ravel(rows), minlength=len(series))
    np.testing.assert_array_equal(s.row_counts(), counts)
    np.testing.assert_array_equal(s.n_present(), (~np.isnan(series[np.array(rows), 0])).sum(axis=1))


def test_ragged_sequences_equal_padded_ones():
    """A list of sequences, and the same padded with absent steps, are one thing.

    In the same order, that is: of a list, like lengths come in one batch.
    """
    X, y = ragged_sequences()
    padded = np.full((len(X), 8, 2), np.nan)
    for row, x in zip(padded, X, strict=True):
        row[: len(x)] = x
    listed = small_regressor(validation="random", shuffle=False).fit(X, y)
    dense = small_regressor(validation="random", shuffle=False).fit(padded, y)
    for left, right in zip(listed.weights_, dense.weights_, strict=True):
        np.testing.assert_allclose(left, right, atol=1e-6)
    np.testing.assert_allclose(listed.predict(X), dense.predict(padded), atol=1e-6)
    objects = np.empty(len(X), dtype=object)
    objects[:] = X
    assert_same_bits(listed.predict(objects), listed.predict(X))


def test_a_sequence_longer_than_any_in_training():
    X, y = ragged_sequences()
    network = small_regressor().fit(X, y)
    long = [np.ones((40, 2)), X[0]]
    assert_same_bits(network.predict(long)[1:], network.predict(X[:1]))
    model = network.to_keras()
    np.testing.assert_allclose(
        network.predict(long)[:1], outputs_of(model, np.ones((1, 40, 2)))[:, 0], rtol=1e-4
    )


def test_absent_steps_are_skipped():
    """Removing a step and marking it absent are the same."""
    X, y = sequences()
    network = small_regressor().fit(X, y)
    marked = X.copy()
    marked[:, [1, 3]] = np.nan
    removed = [np.delete(x, [1, 3], axis=0) for x in X]
    np.testing.assert_allclose(network.predict(marked), network.predict(removed), rtol=1e-6)


def test_tables_are_univariate_sequences():
    X, y = sequences()
    table = X[:, :, 0]
    flat = small_regressor().fit(table, y)
    deep = small_regressor().fit(table[:, :, None], y)
    assert_same_bits(flat.weights_, deep.weights_)
    assert (flat.n_features_in_, deep.n_features_in_) == (6, 1)
    frame = pd.DataFrame(table, columns=[f"lag{i}" for i in range(6)])
    named = small_regressor().fit(frame, y)
    assert_same_bits(named.predict(frame), flat.predict(table))
    assert list(named.feature_names_in_) == list(frame.columns)


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.int64, np.int8, bool])
def test_numeric_types(dtype):
    X, y = sequences()
    X = np.abs(X * 3).astype(dtype)
    network = small_regressor().fit(X, y)
    assert_same_bits(network.predict(X), network.predict(X.astype(np.float64)))


def test_token_ids(rng):
    X = rng.integers(1, 9, size=(200, 6))
    y = (X == 3).any(axis=1)
    network = small_classifier(embedding_dim=4, epochs=15, learning_rate=0.03).fit(X, y)
    assert network.score(X, y) > 0.9
    assert network.weights_[0].shape == (9, 4)
    # Padding changes nothing, and what training never saw is read as the unknown token 1.
    assert_same_bits(network.predict_proba(np.pad(X, ((0, 0), (0, 2)))), network.predict_proba(X))
    unseen = np.where(X == 5, 77, X)
    assert_same_bits(network.predict_proba(unseen), network.predict_proba(np.where(X == 5, 1, X)))
    listed = [row.tolist() for row in X]
    listed[0] = listed[0] + [3]
    assert_same_bits(network.predict_proba(listed)[1:], network.predict_proba(X)[1:])


# What is refused, with the reason and the way out.

NAN = np.nan


def with_value(value, where=(3, 2, 1)):
    X, _ = sequences()
    X[where] = value
    return X


BAD_X = {
    "partly absent": (with_value(NAN), r"NaN in some features only, in step 2 of sample 3.*fill"),
    "infinite": (with_value(np.inf), r"contains infinity, in step 2 of sample 3\."),
    "all absent": (with_value(NAN, where=...), r"one present step, got 60 of 60.*sample 0"),
    "four axes": (np.zeros((3, 2, 2, 2)), r"n_steps, n_features\), got an array with dim 4"),
    "one axis": (np.arange(6.0), r"got one axis of 6 values. Reshape your data: .* X\[None\]"),
    "text": (np.full((4, 3, 2), "a"), r"Expected X to hold numbers, got the text 'a'"),
    "nothing": (np.zeros((0, 6, 2)), r"0 sample"),
    "no steps": (np.zeros((5, 0, 2)), r"at least one present step|0 feature|minimum of 1"),
    "no features": (np.zeros((5, 6, 0)), r"at least one feature"),
    "other widths": (
        [np.zeros((3, 2)), np.zeros((4, 3))],
        r"every sequence in X to have 2 features, got 3 in sequence 1",
    ),
    "empty sequences": ([np.zeros((0, 2)), []], r"at least one present step, got 2 of 2"),
    "text in a list": ([np.ones((3, 1)), np.array([["a"]])], r"to be numeric.*sequence 1"),
    "deep list": (
        [np.ones((3, 2, 2)), np.zeros((4, 2, 2))],
        r"shape \(n_steps, n_features\), got shape \(3, 2, 2\) in sequence 0",
    ),
}


@pytest.mark.parametrize("case", BAD_X)
def test_bad_X(case):
    X, message = BAD_X[case]
    with pytest.raises(ValueError, match=message):
        small_regressor().fit(X, np.zeros(len(X)))


def test_the_check_of_a_view_names_the_sample():
    series = np.ones((30, 2))
    series[10, 0] = np.nan
    view = np.lib.stride_tricks.sliding_window_view(series, 6, axis=0).swapaxes(1, 2)
    with pytest.raises(ValueError, match=r"step 5 of sample 5, step 4 of sample 6, .* 3 more"):
        small_regressor().fit(view, np.zeros(25))


def test_other_widths_in_prediction():
    X, y = sequences()
    network = small_regressor().fit(X, y)
    with pytest.raises(ValueError, match="X has 3 features, but RNNRegressor is expecting 2"):
        network.predict(np.zeros((4, 6, 3)))
    with pytest.raises(ValueError, match=r"to have 2 features, got 3 in sequence 0"):
        network.predict([np.zeros((4, 3)), np.zeros((5, 3))])


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        (np.array([[1, -2]]), r"token ids, integers from 0 up.*embedding_dim"),
        (np.array([[1, 2.5]]), r"token ids, integers from 0 up"),
        (np.zeros((2, 3), dtype=int), r"at least one present step"),
        (np.zeros((2, 3, 2), dtype=int), r"dim 3"),
    ],
)
def test_bad_token_ids(ids, message):
    with pytest.raises(ValueError, match=message):
        small_regressor(embedding_dim=2).fit(ids, np.zeros(len(ids)))


def repeat_steps(y):
    return np.repeat(y[:, None], 6, axis=1)


BAD_Y = {
    "missing": ({}, lambda y: None, r"requires y to be passed, but the target y is None"),
    "short": ({}, lambda y: y[:-1], r"inconsistent numbers of samples: \[60, 59\]"),
    "NaN": ({}, lambda y: np.where(y > 0, y, NAN), r"Input y contains NaN"),
    "text": ({}, lambda y: y.astype(str).astype(object) + "x", r"Expected y to be numbers, got"),
    "steps": ({}, lambda y: repeat_steps(y)[:, :, None], r"\(n_samples,\).*return_sequences=True"),
    "no steps": ({"return_sequences": True}, lambda y: y, r"a target for every step.*sample|step"),
    "other steps": (
        {"return_sequences": True},
        lambda y: repeat_steps(y)[:, :5],
        r"y\[0\] of shape \(5,\) for a sequence of 6 steps",
    ),
}


@pytest.mark.parametrize("case", BAD_Y)
def test_bad_y(case):
    params, change, message = BAD_Y[case]
    X, y = sequences()
    with pytest.raises(ValueError, match=message):
        small_regressor(**params).fit(X, change(y))


BAD_PARAMS = {
    "cell": "rnn",
    "units": 0,
    "dropout": 1.0,
    "recurrent_dropout": -0.1,
    "embedding_dim": 0,
    "loss": "rmse",
    "learning_rate": 0,
    "clipnorm": 0,
    "epochs": 0,
    "batch_size": 0,
    "validation_fraction": 1.0,
    "validation": "first",
    "engine": "torch",
    "device": "tpu",
    "random_state": "a",
}


@pytest.mark.parametrize("name", BAD_PARAMS)
def test_bad_parameters(name):
    X, y = sequences()
    with pytest.raises(ValueError, match=rf"The '{name}' parameter of RNNRegressor must be"):
        small_regressor(**{name: BAD_PARAMS[name]}).fit(X, y)


@pytest.mark.parametrize("units", [(), (4, 0), (4, 2.5)])
def test_bad_layer_widths(units):
    X, y = sequences()
    with pytest.raises(ValueError, match=r"The 'units' parameter .* one for each layer\. Got"):
        small_regressor(units=units).fit(X, y)


def test_an_optimizer_that_does_not_exist():
    X, y = sequences()
    with pytest.raises(
        ValueError, match=r"The 'optimizer' parameter of RNNRegressor must be .*'adam'.* Got 'adm'"
    ):
        small_regressor(optimizer="adm").fit(X, y)


def test_one_of_the_validation_arguments():
    X, y = sequences()
    with pytest.raises(ValueError, match=r"X_val and y_val together, got X_val without y_val"):
        small_regressor().fit(X, y, X_val=X)


def test_weights_that_are_all_zero():
    X, y = sequences()
    with pytest.raises(ValueError, match=r"a positive sample_weight for some samples, got zero"):
        small_regressor().fit(X, y, np.zeros(60))


def test_zero_weight_is_no_sample():
    X, y = sequences()
    weights = np.ones(60)
    weights[[3, 7, 50]] = 0
    kept = weights > 0
    weighted = small_regressor().fit(X, np.where(kept, y, 1e9), weights)
    assert_same_bits(weighted.weights_, small_regressor().fit(X[kept], y[kept]).weights_)


def test_divergence_is_an_error():
    X, y = sequences()
    with pytest.raises(ValueError, match=r"Expected (a )?finite .* Lower learning_rate"):
        small_regressor(learning_rate=1e38, optimizer="sgd", clipnorm=None, epochs=9).fit(X, y)


def test_the_users_arrays_are_left_alone():
    X, y = sequences()
    X[3, :2] = np.nan
    before = X.copy(), y.copy()
    X.flags.writeable = y.flags.writeable = False
    small_regressor().fit(X, y).predict(X)
    assert_same_bits([X, y], list(before))


@pytest.mark.parametrize("n_axes", [2, 3])
def test_other_axes_in_prediction(n_axes):
    """The last axis is as long as in fit, but means something else."""
    X = np.random.default_rng(0).normal(size=(60, 4, 6))
    seen, other = (X[:, 0], X) if n_axes == 2 else (X, X[:, 0])
    network = small_regressor().fit(seen, X[:, -1, 0])
    with pytest.raises(ValueError, match=r"features at each step, as in the first|X\[None\]"):
        network.predict(other)


@given(ragged_lists())
@settings(deadline=None, derandomize=True)
def test_sequences_without_their_tails_against_a_loop(X):
    def cut(x):
        return x[: np.flatnonzero(~np.isnan(x[:, 0])).max() + 1]

    longest = max(len(x) for x in X)
    dense = np.full((len(X), longest, 2), np.nan)
    for row, x in zip(dense, X, strict=True):
        row[: len(x)] = x
    for padded in (Sequences.from_ragged(X), Sequences.from_dense(dense)):
        trimmed = padded.trimmed()
        assert list(trimmed.lengths) == [len(cut(x)) for x in X]
        np.testing.assert_array_equal(trimmed.n_present(), padded.n_present())
        for row, x in zip(trimmed.dense(), X, strict=True):
            np.testing.assert_array_equal(row[: len(cut(x))], cut(x))
    ids = np.where(np.isnan(dense[:, :, 0]), 0, 5)
    assert list(Sequences.from_dense(ids).trimmed().lengths) == [len(cut(x)) for x in X]


def test_windows_keep_their_tails():
    series = np.arange(20.0)[:, None]
    series[10] = np.nan
    windows = Sequences.from_series(series, 16, 5)
    assert windows.trimmed() is windows


@pytest.mark.parametrize("engine", ["compiled", "keras"])
@eager_keras()
def test_padded_arrays_are_trained_like_lists(engine):
    """The same batches, of like lengths, and the same numbers: padding costs no steps."""
    X, y = ragged_sequences()
    padded = np.full((len(X), 30, 2), np.nan)
    for row, x in zip(padded, X, strict=True):
        row[: len(x)] = x
    fit = {"validation": "random", "engine": engine}
    listed, dense = (small_regressor(**fit).fit(form, y) for form in (X, padded))
    assert_same_bits(dense.weights_, listed.weights_)
    assert_same_bits(dense.predict(padded), listed.predict(X))


def test_padded_tokens_are_trained_like_lists(rng):
    X = [rng.integers(1, 9, size=n) for n in rng.integers(3, 9, size=60)]
    y = np.array([(x == 3).any() for x in X])
    padded = np.array([np.pad(x, (0, 30 - len(x))) for x in X])
    listed, dense = (small_classifier(embedding_dim=3).fit(form, y) for form in (X, padded))
    assert_same_bits(dense.weights_, listed.weights_)
    assert_same_bits(dense.predict_proba(padded), listed.predict_proba(X))
    assert dense.predict_proba(padded).shape == (60, 2)


@pytest.mark.parametrize("dtype", ["uint8", "float16"])
def test_windows_of_an_integer_series_are_cast_as_rows(dtype):
    """7 MB of windows of bytes would be 56 MB of doubles, of 4100 rows."""
    series = np.random.default_rng(0).integers(0, 2, size=(4100, 1)).astype(dtype)
    X = np.lib.stride_tricks.sliding_window_view(series, 100, axis=0).swapaxes(1, 2)
    network = small_regressor(epochs=1).fit(X[:50], np.arange(50.0))
    network.predict(X[:8])
    tracemalloc.start()
    predicted = network.predict(X)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1e6
    as_floats = network.predict(np.array(X[-8:], dtype=float))
    np.testing.assert_allclose(predicted[-8:], as_floats, rtol=1e-5)
