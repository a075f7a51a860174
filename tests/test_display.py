"""Pictures of attention (of networks that pool their steps) and of trainings."""

import matplotlib.dates as mdates
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

from skrnn import (
    AttentionDisplay,
    ConfusionOverTimeDisplay,
    SequenceTokenizer,
    TrainingCurveDisplay,
)

from .common import sequences, small_classifier, small_regressor

TEXTS = ["a good film", "a bad film indeed", "good", "a very bad film"] * 10
LABELS = ["yes", "no", "yes", "no"] * 10


@pytest.fixture(autouse=True)
def _closed_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def reader():
    """Texts to labels, by attention."""
    network = small_classifier(embedding_dim=3, pooling="attention")
    return make_pipeline(SequenceTokenizer(), network).fit(TEXTS, LABELS)


def names(labels):
    return [label.get_text() for label in labels]


def test_a_text_through_a_pipeline_names_its_words(reader):
    display = AttentionDisplay.from_estimator(reader, "A good, unheard film!")
    assert names(display.ax_.get_xticklabels()) == ["a", "good", "[UNK]", "film"]
    assert names(display.ax_.get_yticklabels()) == [reader.predict(["a good unheard film"])[0]]
    ids = reader[0].transform(["a good unheard film"])
    np.testing.assert_allclose(
        display.image_.get_array(), reader[1].attention_weights(ids)[:, :4], atol=1e-7
    )
    assert display.image_.get_array().sum() == pytest.approx(1)


def test_a_row_of_ids_knows_its_vocabulary_and_its_padding(reader):
    row = reader[0].transform(["bad film"])[0]
    display = AttentionDisplay.from_estimator(reader[1], row)
    assert names(display.ax_.get_xticklabels()) == ["bad", "film"]
    assert display.image_.get_array().shape == (1, 2)
    # Ids alone have no names, and keep their steps.
    plain = AttentionDisplay.from_estimator(reader[1], np.asarray(row))
    assert plain.source is None
    np.testing.assert_allclose(plain.image_.get_array()[0, :2], display.image_.get_array()[0])
    assert not plain.image_.get_array()[0, 2:].any()


def test_a_sequence_of_numbers_in_axes_of_ones_own():
    X, y = sequences()
    network = small_regressor(pooling="attention").fit(X, y)
    _, ax = plt.subplots()
    display = AttentionDisplay.from_estimator(network, X[0], ax=ax, cmap="Greens")
    assert display.ax_ is ax
    assert display.image_.get_cmap().name == "Greens"
    np.testing.assert_allclose(display.image_.get_array(), network.attention_weights(X[:1]))
    assert len(ax.get_yticks()) == 0


def test_what_is_refused(reader):
    with pytest.raises(ValueError, match=r"Expected y=None with RNNClassifier.*got 'yes'"):
        AttentionDisplay.from_estimator(reader, "a film", "yes")
    linear = LinearRegression().fit([[0.0], [1.0]], [0, 1])
    with pytest.raises(ValueError, match=r"pooling='attention', got LinearRegression"):
        AttentionDisplay.from_estimator(linear, [0.0])


def test_a_training_curve_is_the_history():
    X, y = sequences()
    network = small_regressor(epochs=3).fit(X, y)
    display = TrainingCurveDisplay.from_estimator(make_pipeline("passthrough", network))
    drawn = [line.get_ydata() for line in display.lines_]
    np.testing.assert_array_equal(drawn[0], network.history_["loss"])
    np.testing.assert_array_equal(drawn[1], network.history_["val_loss"])
    assert display.best_epoch == network.best_epoch_
    with pytest.raises(TypeError, match="got LinearRegression"):
        TrainingCurveDisplay.from_estimator(LinearRegression().fit([[1.0]], [1.0]))


# Confusion over time


class Sayings:
    """A classifier that says what it was told to, whatever it is asked."""

    def __init__(self, labels):
        self.labels = labels

    def predict(self, X):
        return self.labels


def cells(display):
    """The kind of each cell by its colour: 0 neither, 1 right, 2 missed, 3 false."""
    return np.asarray(display.mesh_.get_array()).reshape(len(display.ax_.get_yticks()), -1).tolist()


def test_labels_over_time():
    true, predicted = ["sun", "sun", "rain", "fog"], ["sun", "rain", "rain", "sun"]
    display = ConfusionOverTimeDisplay.from_predictions(true, predicted)
    assert names(display.ax_.get_yticklabels()) == ["fog", "rain", "sun"]
    assert cells(display) == [[0, 0, 0, 2], [0, 3, 1, 0], [1, 2, 0, 3]]
    legend = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert legend == ["right", "missed", "false"]
    ordered = ConfusionOverTimeDisplay(
        true, predicted, labels=["sun", "rain", "snow", "fog"]
    ).plot()
    assert cells(ordered) == [[1, 2, 0, 3], [0, 3, 1, 0], [0, 0, 0, 0], [0, 0, 0, 2]]


def test_labels_of_rows_with_dates_and_of_one_sequence():
    X = pd.DataFrame({"rain": [0.0, 1.0, 2.0]}, pd.date_range("2024-05-01", periods=3))
    display = ConfusionOverTimeDisplay.from_estimator(Sayings([0, 1, 1]), X, [0, 0, 1])
    assert display.ax_.get_xlabel() == "time"
    first, last = mdates.num2date(display.ax_.get_xlim())
    assert (first.day, last.day) == (30, 3)  # half a day more on both sides
    _, ax = plt.subplots()
    sequence = [np.zeros((3, 2))]
    display = ConfusionOverTimeDisplay.from_estimator(
        Sayings([np.array([0, 1, 1])]), sequence, [[0, 0, 1]], ax=ax
    )
    assert display.ax_ is ax and ax.get_xlabel() == "step"
    assert cells(display) == [[1, 2, 0], [0, 3, 1]]


def test_labels_over_time_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="got labels without 'b'"):
        ConfusionOverTimeDisplay.from_predictions(["a", "b"], ["a", "a"], labels=["a"])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        ConfusionOverTimeDisplay.from_predictions(["a", "b"], ["a"])
    two = Sayings([np.array([0, 1])] * 2)
    with pytest.raises(ValueError, match="got 2 sequences"):
        ConfusionOverTimeDisplay.from_estimator(two, [[1], [2]], [[0, 1], [0, 1]])
