"""What people give as y, as weights and as callbacks.

Like the tests in test_reports.py, each is a situation, with data made by hand.
"""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest

from skrnn import SequenceTokenizer, series_to_supervised

from .common import assert_same_bits, eager_keras, sequences, small_classifier, small_regressor

X, Y = sequences()
YES = X[:, -1] > 0


# Several labels


@pytest.mark.parametrize("pair", [(-1, 1), (0, 2), (0, 255)])
def test_labels_in_several_columns_other_than_0_and_1(pair):
    expected = small_classifier().fit(X, YES.astype(int))
    y = np.where(YES, pair[1], pair[0])
    network = small_classifier().fit(X, y)
    assert_same_bits(network.weights_, expected.weights_)
    found = network.predict(X)
    assert_same_bits(found == pair[1], expected.predict(X) == 1)
    assert set(np.unique(found)) <= set(pair)
    assert network.score(X, y) == expected.score(X, YES.astype(int))
    with pytest.raises(ValueError, match=rf"of {pair[0]} and {pair[1]} as in the first fit, got"):
        network.partial_fit(X, np.where(YES, 7, 0))


def test_three_values_in_several_columns():
    with pytest.raises(ValueError, match=r"which holds two values, .* with \[0, 1, 2\]"):
        small_classifier().fit(X, YES * [1, 2])


@pytest.mark.parametrize("kind", ["boolean", "Int64", "int64[pyarrow]"])
def test_frames_of_nullable_labels(kind):
    if "pyarrow" in kind:
        pytest.importorskip("pyarrow", exc_type=ImportError)
    expected = small_classifier().fit(X, YES.astype(int))
    y = pd.DataFrame(YES.astype(int), columns=["a", "b"]).astype(kind)
    assert_same_bits(small_classifier().fit(X, y).weights_, expected.weights_)
    with pytest.raises(ValueError, match=r"None or NaN for 1 of 120 \(the first: y\[7\]\)"):
        small_classifier().fit(
            X, y.mask(pd.DataFrame(np.arange(120).reshape(60, 2) == 15, columns=["a", "b"]))
        )


def test_labels_of_steps_without_return_sequences():
    with pytest.warns(UserWarning, match=r"6, and is read as 6 labels .* return_sequences=True"):
        network = small_classifier().fit(X, (X[:, :, 0] > 0).astype(int))
    assert network.predict(X).shape == (60, 6)


NAMES = [["film"], ["film", "book"], []] * 20


@pytest.mark.parametrize("y", [NAMES, list(map(set, NAMES)), pd.Series(NAMES)])
def test_lists_of_names_for_several_labels(y):
    with pytest.raises(ValueError, match=r"MultiLabelBinarizer\(\)\.fit_transform\(y\)"):
        small_classifier().fit(X, y)


def test_lists_of_tags_without_return_sequences():
    with pytest.raises(ValueError, match=r"a label for each step: set return_sequences=True"):
        small_classifier().fit(X, [list("abcabc")] * 60)


@pytest.mark.parametrize("steps", [False, True])
def test_one_hot_labels_of_steps(steps):
    y = np.eye(3)[(X[:, :, 0] > 0).astype(int)]
    with pytest.raises(ValueError, match=r"y\.argmax\(axis=-1\)"):
        small_classifier(return_sequences=steps).fit(X, y)


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA, pd.NaT])
def test_labels_that_are_missing(missing):
    with pytest.raises(ValueError, match=r"None or NaN for 30 of 60 \(the first: y\[1\]\)"):
        small_classifier().fit(X, np.array(["a", missing] * 30, dtype=object))


def test_dates_and_texts_where_numbers_are_predicted():
    with pytest.raises(ValueError, match=r"to be numbers, got datetime64"):
        small_regressor().fit(X, pd.date_range("2024", periods=60))
    with pytest.raises(ValueError, match=r"to be numbers, got 'high'. For classes use RNNClass"):
        small_regressor().fit(X, np.where(Y > 0, "high", "low"))


# Tags


@pytest.mark.parametrize("padded", [False, True])
def test_tags_that_do_not_fit_are_named(padded):
    ids = np.where(np.arange(6) < np.arange(60)[:, None] % 3 + 4, 2, 0)
    tags = [["a"] * n for n in (ids > 0).sum(axis=1)]
    tags[8] = tags[8] * 2
    given = ids if padded else [row[row > 0] for row in ids]
    tagger = small_classifier(return_sequences=True, embedding_dim=3)
    with pytest.raises(ValueError, match=r"y\[8\] of shape \(12,\) .* 6 tokens.* max_len") as error:
        tagger.fit(given, tags)
    assert "np." not in str(error.value)


def test_messages_show_numbers_without_their_types():
    with pytest.raises(ValueError, match=r"got 1 class: 4\."):
        small_classifier().fit(X, np.full(60, 4))
    for y, weight in ((Y > 0, {np.int64(3): np.float32(0.5)}), (YES, {np.int64(0): 1})):
        with pytest.raises(ValueError, match="class_weight") as error:
            small_classifier(class_weight=weight).fit(X, y.astype(int))
        assert "np." not in str(error.value)


def test_arguments_are_shown_without_their_types():
    series = np.arange(20.0)
    for call in (
        lambda: series_to_supervised(series, horizon=np.int64(-4)),
        lambda: series_to_supervised(series, target=np.int64(4)),
        lambda: SequenceTokenizer().fit([[np.int64(4)], ["a"]]),
        lambda: small_regressor(units=(np.int64(-4),)).fit(X, Y),
    ):
        with pytest.raises(ValueError, match=r"[ (]-?4[:;, )]") as error:
            call()
        assert "np." not in str(error.value)


# Weights


def test_the_unit_of_sample_weights_does_not_matter():
    weights = np.linspace(1, 3, 60)
    expected = small_regressor().fit(X, Y, weights)
    for scale in (4e-10, 1e25, 1e-310, 5e305):
        network = small_regressor().fit(X, Y, weights * scale)
        for ours, theirs in zip(network.weights_, expected.weights_, strict=True):
            np.testing.assert_allclose(ours, theirs, atol=1e-5)
    alike = small_regressor().fit(X, Y, np.full(60, 2.0**70))
    assert_same_bits(alike.weights_, small_regressor().fit(X, Y).weights_)


def test_the_unit_of_class_weights_does_not_matter():
    expected = small_classifier(class_weight={False: 1, True: 3}).fit(X, Y > 0)
    network = small_classifier(class_weight={False: 2.0**80, True: 3 * 2.0**80}).fit(X, Y > 0)
    assert_same_bits(network.weights_, expected.weights_)


def test_weights_of_later_calls_are_in_the_unit_of_the_first():
    weights = np.full(60, 1e-12)
    network = small_regressor().partial_fit(X, Y, weights).partial_fit(X, Y, 0.5 * weights)
    plain = small_regressor().partial_fit(X, Y, np.ones(60)).partial_fit(X, Y, np.full(60, 0.5))
    for ours, theirs in zip(network.weights_, plain.weights_, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


@pytest.mark.parametrize("form", ["column", "frame"])
def test_a_column_of_sample_weights(form):
    weights = np.linspace(1, 3, 60)
    column = weights[:, None] if form == "column" else pd.DataFrame({"w": weights})
    expected = small_regressor().fit(X, Y, weights)
    assert_same_bits(small_regressor().fit(X, Y, column).weights_, expected.weights_)
    assert expected.score(X, Y, column) == expected.score(X, Y, weights)
    with pytest.raises(ValueError, match=r"of shape \(n_samples,\), got shape \(60, 2\)"):
        small_regressor().fit(X, Y, np.ones((60, 2)))


# Constant targets


@pytest.mark.parametrize("value", [0.1, -3e-200, 7e150])
def test_a_constant_target_is_predicted_exactly(value):
    network = small_regressor().fit(X, np.full(60, value))
    assert set(network.predict(X)) == {value}
    several = small_regressor().fit(X, np.stack([Y, np.full(60, value)], axis=1))
    assert set(several.predict(X)[:, 1]) == {value}
    assert len(set(several.predict(X)[:, 0])) > 1


def test_a_target_that_is_constant_in_the_first_batch_alone():
    network = small_regressor().partial_fit(X[:1], Y[:1])
    assert set(network.predict(X)) == {Y[0]}
    assert len(set(network.partial_fit(X, Y).predict(X))) > 1


# partial_fit and its classes


def test_classes_of_partial_fit():
    y = np.where(Y > 0, "b", "a")
    network = small_classifier().partial_fit(X, y, classes={"a", "b"})
    assert list(network.classes_) == ["a", "b"]
    network.partial_fit(X, y, classes=["b", "a"])
    with pytest.raises(ValueError, match=r"classes=\['a', 'b'\] as in the first .* \['a', 'c'\]"):
        network.partial_fit(X, y, classes=["a", "c"])


# Keras callbacks


def test_the_users_own_callback_is_filled():
    import keras

    class Trial:
        """As of optuna: reports go to whoever holds it."""

        def __init__(self):
            self.reports = []

    class Pruning(keras.callbacks.Callback):
        def __init__(self, trial):
            super().__init__()
            self.trial = trial

        def on_epoch_end(self, epoch, logs=None):
            self.trial.reports.append(logs["loss"])
            self.model.stop_training |= len(self.trial.reports) == 2

    history, trial = keras.callbacks.History(), Trial()
    network = small_regressor(callbacks=[history, Pruning(trial)], epochs=5)
    with eager_keras():
        network.fit(X, Y)
        assert history.history["loss"] == trial.reports == network.history_["loss"]
        assert len(trial.reports) == 2
        assert len(network.fit(X, Y).history_["loss"]) == 5
        assert history.history["loss"][2:] == network.history_["loss"]  # as Keras goes on with it
    # Nothing of the network stays in them.
    assert history.model is None
    assert len(pickle.dumps(history)) < 10_000
    copy.deepcopy(network)
