"""What a fit learns beside the weights, and that later calls obey it, whatever they are given."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from skrnn import RNNSeq2Seq

from .common import (
    SMALL,
    assert_same_bits,
    ragged_sequences,
    sequences,
    small_classifier,
    small_regressor,
)
from .test_callbacks_and_routing import needs_callbacks
from .test_every_estimator import CASES

# In plain values


def test_numbers_of_a_sampler_become_plain():
    X, y = sequences()
    network = small_regressor(
        units=(np.int64(4),), dropout=np.float32(0), bidirectional=np.bool_(False)
    ).fit(X, y)
    plain = small_regressor().fit(X, y)
    assert json.dumps(network.network_) == json.dumps(plain.network_)
    assert_same_bits(network.weights_, plain.weights_)


# The form of X


def test_a_list_of_sequences_stays_one_whatever_their_lengths():
    X, _ = ragged_sequences()
    y = [x[:, 0] for x in X]
    network = small_regressor(return_sequences=True).fit(X, y)
    alike = [x[:3] for x in X[:4]]
    for part in (X, alike, alike[:1]):
        predicted = network.predict(part)
        assert isinstance(predicted, list)
        assert [p.shape for p in predicted] == [(len(x),) for x in part]
    X, y = sequences()
    steps = np.repeat(y[:, None], X.shape[1], axis=1)
    assert small_regressor(return_sequences=True).fit(X, steps).predict(X[:1]).shape == (1, 6)


def test_lists_of_numbers_stay_sequences_where_their_lengths_agree_by_chance():
    X = [x[:, 0].tolist() for x in ragged_sequences()[0]]
    y = np.array([sum(x) for x in X])
    network = small_regressor().fit(X, y)
    whole = network.predict(X)
    alike = [i for i, x in enumerate(X) if len(x) == len(X[0])]
    assert len(alike) > 1
    np.testing.assert_array_equal(network.predict([X[i] for i in alike]), whole[alike])
    np.testing.assert_array_equal(network.predict(X[:1]), whole[:1])


# A decoder that compiles fast.
WRITER = {"bidirectional": False, "attention": None, "embedding_dim": 3, **SMALL}
WRITTEN = ["x", "y x", "x x y", "y", "x y y x", "y x x y"] * 10


@pytest.mark.parametrize("kind", ["vectors", "lists of numbers", "sequences of one feature"])
def test_a_decoder_reads_one_input_as_it_read_many(kind):
    """A single sequence of numbers looks like a vector, and the other way round."""
    X = sequences()[0][:, :, 0]
    if kind == "vectors":
        X = sequences()[0][:, 0]
    elif kind == "lists of numbers":  # sequences, whether their lengths agree or not
        X = X.tolist()
    else:
        X = [x[: 3 + i % 4] for i, x in enumerate(X)]
    network = RNNSeq2Seq(**WRITER).fit(X, WRITTEN)
    assert network.n_features_in_ == (2 if kind == "vectors" else 1)
    whole = network.score_samples(X, WRITTEN)
    for i in (0, 7):
        assert_same_bits(network.score_samples(X[i : i + 1], WRITTEN[i : i + 1]), whole[i : i + 1])
    assert network.predict(X[:1]).tolist() == network.predict(X)[:1].tolist()


def test_one_vector_without_its_first_axis():
    X = sequences()[0][:, 0]
    network = RNNSeq2Seq(**WRITER).fit(X, WRITTEN)
    with pytest.raises(ValueError, match=r"a single vector is X\[None\]"):
        network.predict(X[0])
    with pytest.raises(
        ValueError, match="a vector for each sample as in the first fit, got an array with dim 3"
    ):
        network.predict(X[:, None])


# Classes and their weights


def labelled():
    X, z = sequences()
    return X, np.where(z > 0.5, "high", np.where(z < -0.5, "low", "mean"))


def test_class_weights_where_a_class_is_missing():
    """A dict of weights is as good as a weight for each sample, also of two classes of three."""
    X, y = labelled()
    weights = {"high": 3.0, "low": 0.5}
    by_class = small_classifier(class_weight=weights).partial_fit(X, y)
    by_sample = small_classifier().partial_fit(X, y, sample_weight=[weights.get(v, 1) for v in y])
    some = y != "high"
    by_class.partial_fit(X[some], y[some])
    by_sample.partial_fit(X[some], y[some], sample_weight=[weights.get(v, 1) for v in y[some]])
    assert_same_bits(by_class.weights_, by_sample.weights_)


def test_class_weights_where_the_validation_data_lack_a_class():
    X, y = labelled()
    some = y != "high"
    for weights in ({"high": 3.0, "low": 0.5}, "balanced"):
        network = small_classifier(class_weight=weights)
        network.fit(X, y, X_val=X[some], y_val=y[some])
        assert len(network.history_["val_loss"]) == SMALL["epochs"]


def test_class_weights_of_steps_where_a_batch_lacks_a_class():
    X, _ = sequences()
    y = np.where(X[:, :, 0] > 0, "up", "down")
    network = small_classifier(return_sequences=True, class_weight={"up": 2.0})
    network.partial_fit(X, y)
    network.partial_fit(X, np.full(y.shape, "down"))
    assert network.n_iter_ == 2


def test_class_weights_that_leave_nothing_of_a_batch():
    X, y = labelled()
    network = small_classifier(class_weight={"high": 0.0}).partial_fit(X, y)
    with pytest.raises(ValueError, match=r"a class of positive weight, got \['high'\] alone"):
        network.partial_fit(X[:3], ["high"] * 3)


@pytest.mark.parametrize("unit", ["D", "s", "ns"])
def test_dates_as_labels(unit):
    X, y = labelled()
    days = np.array(["2024-01-01", "2024-02-01", "2024-03-01"], dtype=f"datetime64[{unit}]")
    dates = days[np.searchsorted(["high", "low", "mean"], y)]
    network, plain = small_classifier().fit(X, dates), small_classifier().fit(X, y)
    np.testing.assert_array_equal(network.classes_, days)
    assert network.classes_.dtype == network.predict(X).dtype == days.dtype
    assert_same_bits(network.weights_, plain.weights_)
    again = json.loads(json.dumps(network.target_))
    network.target_ = again
    assert network.predict(X).dtype == days.dtype


@pytest.mark.parametrize("weights", [{"hihg": 2.0}, {"high": 2.0, 3: 1.0}])
def test_class_weights_of_no_class(weights):
    X, y = labelled()
    match = r"class_weight with keys among classes_ = \['high', 'low', 'mean'\], got \["
    with pytest.raises(ValueError, match=match):
        small_classifier(class_weight=weights).fit(X, y)


def test_log_probabilities_where_a_probability_rounds_to_zero():
    """Worked by hand: with a huge bias of one class, its rivals are that much less probable."""
    X, y = labelled()
    network = small_classifier().fit(X, y)
    network.weights_ = [*network.weights_[:-1], np.float32([0, 2000, 0])]
    assert (network.predict_proba(X)[:, [0, 2]] == 0).all()
    log_p = network.predict_log_proba(X)
    assert np.isfinite(log_p).all()
    np.testing.assert_allclose(log_p[:, [0, 2]], -2000, atol=10)
    two = small_classifier().fit(X, y == "high")
    two.weights_ = [*two.weights_[:-1], np.float32([2000])]
    np.testing.assert_allclose(two.predict_log_proba(X)[:, 0], -2000, atol=10)


@pytest.mark.parametrize("missing", [pd.NA, None, np.nan, pd.NaT])
def test_a_missing_label(missing):
    X, y = labelled()
    y = y.astype(object)
    y[3] = missing
    with pytest.raises(ValueError, match="a label for every sample, got None or NaN"):
        small_classifier().fit(X, y)


# The last thing that an autoencoder learns


@needs_callbacks
def test_callbacks_find_the_bound_for_anomalies():
    class Watcher:
        """Predict with the network of each epoch, and with the one that was fitted."""

        seen: list = []

        def setup(self, estimator, context):
            pass

        def on_fit_task_begin(self, estimator, context):
            pass

        def on_fit_task_end(self, estimator, context, *, X, fitted_estimator):
            self.seen.append((context.task_name, fitted_estimator.predict(X).tolist()))

        def teardown(self, estimator, context):
            pass

    name = "autoencoder"
    watcher = Watcher()
    estimator = clone(CASES[name].estimator).set_params(early_stopping=False)
    estimator.set_callbacks(watcher).fit(*CASES[name].data)
    assert [task for task, _ in watcher.seen] == ["epoch"] * SMALL["epochs"] + ["fit"]
    assert watcher.seen[-1][1] == estimator.predict(*CASES[name].data).tolist()
    assert watcher.seen[-2][1] == watcher.seen[-1][1]
