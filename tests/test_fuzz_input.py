"""Inputs of all kinds for all estimators: an answer or a clear refusal; `benchmarks.fuzz_input`.

A few of its cases run here, those that need few programs; and what it once found, by hand.
"""

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from sklearn.exceptions import NotFittedError

import skrnn
from benchmarks.fuzz_input import KINDS, Case, Given, cases, judged

FEW = settings(
    max_examples=100,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
CHEAP = ("LagWindows", "LagFeatures", "LagsToSequences", "SequenceTokenizer")


@FEW
@given(cases(CHEAP))
def test_transformers(case):
    assert judged(case) in ("answered", "refused")


@FEW
@given(cases(tuple(KINDS)))
def test_unfitted_and_what_no_network_can_read(case):
    """Without the cases that train: these are the benchmark's."""
    if case.estimator not in CHEAP and case.is_fitted:
        case = Case(case.estimator, case.words, Given("number"), case.y, case.method, case.later)
    assert judged(case) in ("answered", "refused")


def test_a_judge_knows_a_fault():
    """NumPy's own error, a wrong number of rows, and another answer are faults."""

    class Wrong(skrnn.LagWindows):
        def transform(self, X):
            return np.asarray(X)[1:]

    class Broken(skrnn.LagWindows):
        def fit(self, X, y=None):
            np.zeros(3).reshape(2)

    case = Case("LagWindows", X=Given("table"), method="transform")
    assert judged(case) == "answered"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(skrnn, "LagWindows", Wrong)
        assert judged(case) == "fault: 8 answers to 9 samples"
        patch.setattr(skrnn, "LagWindows", Broken)
        assert judged(case).startswith("fault: ValueError at test_fuzz_input.py")


def table(n_rows=9):
    return pd.DataFrame({"a": np.arange(float(n_rows))})


@pytest.mark.parametrize(
    "name, X, message",
    [
        ("RNNRegressor", table()[[]], r"at least one column; got a frame of shape \(9, 0\)"),
        ("LagWindows", table()[[]], r"at least one column; got a frame of shape \(9, 0\)"),
        ("RNNSeq2Seq", 3.5, r"or a list of sequences, got float"),
        ("LagsToSequences", [[1.0], [1.0, 2.0]], "got rows of several lengths"),
        ("RNNForecaster", [[1.0], [1.0, 2.0]], "got rows of several lengths"),
        ("RNNForecaster", np.empty((0, 2)), "Expected a table with rows; got none"),
    ],
)
def test_what_it_found_is_refused_in_words(name, X, message):
    estimator = getattr(skrnn, name)()
    with pytest.raises(ValueError, match=message):
        estimator.fit(X, np.arange(9.0)) if name in ("RNNRegressor", "RNNSeq2Seq") else (
            estimator.fit(X)
        )


def test_words_of_a_forecaster_that_are_none():
    with pytest.raises(ValueError, match=r"Expected words of the calendar.*got 1: leave it out"):
        skrnn.RNNForecaster(calendar=1).fit(table())
    with pytest.raises(ValueError, match="'holidays' parameter of RNNForecaster must be"):
        skrnn.RNNForecaster(holidays=1).fit(table())


@pytest.mark.parametrize("X", [np.zeros((2, 3, 1)), [np.zeros((2, 1))]], ids=["array", "list"])
@pytest.mark.parametrize("method", ["transform", "predict", "reconstruct", "score_samples"])
def test_an_autoencoder_that_is_not_fitted(method, X):
    with pytest.raises(NotFittedError):
        getattr(skrnn.RNNAutoencoder(), method)(X)


@pytest.mark.parametrize("X", [None, 3, "text", {"a": 1}])
def test_single_values_are_no_rows(X):
    with pytest.raises(ValueError, match=r"Expected a table of shape|Expected a table: a Series"):
        skrnn.LagWindows().fit(X)
    tokenizer = skrnn.SequenceTokenizer().fit(["a b"])
    with pytest.raises(ValueError, match=r"Expected X as rows of token ids.*a list: \[row\]"):
        tokenizer.inverse_transform(X)
    with pytest.raises(ValueError, match=r"Expected every sequence to hold token ids"):
        tokenizer.inverse_transform(np.empty((2, 3, 0)))


@pytest.mark.parametrize(
    "embeddings", [("c0",), [[1.0, 2.0], [3.0]], {"a": ["x", "y"]}], ids=["text", "ragged", "map"]
)
def test_vectors_of_tokens_that_are_no_numbers(embeddings):
    texts = ["a b", "b c a"]
    ids = skrnn.SequenceTokenizer().set_output(transform="pandas").fit_transform(texts)
    with pytest.raises(ValueError, match="Expected embeddings with vectors of numbers, got"):
        skrnn.RNNClassifier(embeddings=embeddings).fit(ids, [0, 1])


@pytest.mark.parametrize("quantiles", [("c0",), [[0.1], [0.5, 0.9]]])
def test_levels_that_are_no_numbers(quantiles):
    message = "Expected quantiles to be ascending levels between 0 and 1"
    with pytest.raises(ValueError, match=message):
        skrnn.RNNForecaster(quantiles=quantiles).fit(table())
    with pytest.raises(ValueError, match=message):
        skrnn.RNNRegressor(loss="quantile", quantiles=quantiles).fit(np.zeros((9, 3, 2)), range(9))


@pytest.mark.parametrize("cell", [1.0, np.ones(3)], ids=["table", "nested"])
@pytest.mark.parametrize("name", ["RNNRegressor", "RNNClassifier", "RNNAutoencoder", "RNNSeq2Seq"])
def test_columns_of_one_name(name, cell):
    X = pd.DataFrame({"a": [cell] * 9, "b": [cell] * 9}).set_axis(["c0", "c0"], axis=1)
    y = ["a"] * 9 if name == "RNNSeq2Seq" else np.arange(9.0)
    with pytest.raises(ValueError, match=r"columns of different names; got 'c0' in the columns 0"):
        getattr(skrnn, name)().fit(X, y)


def test_true_is_the_number_one_and_no_steps_are_answered_by_nan():
    """As in scikit-learn, whose check of an int lets True pass."""
    given, none = Given("sequences"), Given("sequences", steps=0)
    case = Case("RNNRegressor", (("batch_size", True),), given, method="predict", later=none)
    assert judged(case) == "answered"
