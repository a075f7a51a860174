"""What people reported of tools like this one: each test is a situation, with data made by hand.

Those about windows and time are in windows/test_reports.py.
"""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import make_pipeline

from skrnn import RNNAutoencoder, SequenceTokenizer

from .common import assert_same_bits, small_classifier, small_regressor

TEXTS = ["a good film", "a bad film", "good", "a very bad film indeed"] * 15
LABELS = ["yes", "no", "yes", "no"] * 15


@pytest.mark.parametrize("output", ["default", "pandas"])
def test_a_tokenizer_before_a_network_without_an_embedding(output):
    """Ids would be read as measurements."""
    tokenizer = SequenceTokenizer().set_output(transform=output)
    for network in (small_classifier(), small_regressor()):
        with pytest.raises(ValueError, match=r"got token ids .* Set RNN\w+\(embedding_dim=32\)"):
            make_pipeline(tokenizer, network).fit(TEXTS, np.arange(60.0) > 30)
    with pytest.raises(ValueError, match="Expected RNNAutoencoder to be given numbers, got token"):
        make_pipeline(tokenizer, RNNAutoencoder()).fit(TEXTS)


@pytest.mark.parametrize(
    "texts",
    [
        TEXTS,
        np.array(TEXTS),
        pd.Series(TEXTS),
        pd.DataFrame({"text": TEXTS}),
        [text.split() for text in TEXTS],
        [text.encode() for text in TEXTS],
        "one text alone",
    ],
    ids=["list", "array", "series", "frame", "tokens", "bytes", "str"],
)
def test_texts_for_a_network_without_a_tokenizer(texts):
    for network in (small_classifier(), small_classifier(embedding_dim=3)):
        with pytest.raises(ValueError, match=r"make_pipeline\(SequenceTokenizer\(\), RNN") as error:
            network.fit(texts, LABELS)
        assert "film" not in str(error.value)
    with pytest.raises(ValueError, match="RNNAutoencoder to be given numbers, got texts"):
        RNNAutoencoder().fit(texts)


@pytest.mark.parametrize("output", ["default", "pandas"])
def test_a_column_of_numbers_beside_a_tokenizer_is_no_token(output):
    frame = pd.DataFrame({"text": TEXTS, "year": np.arange(60)})
    columns = ColumnTransformer(
        [("words", SequenceTokenizer(), "text"), ("year", "passthrough", ["year"])]
    ).set_output(transform=output)
    model = make_pipeline(columns, small_classifier(embedding_dim=3))
    with pytest.raises(ValueError, match="columns of a SequenceTokenizer with others beside them"):
        model.fit(frame, LABELS)


def test_rows_of_ids_that_are_joined_keep_their_vocabulary():
    tokenizer = SequenceTokenizer().fit(TEXTS)
    parts = tokenizer.transform(TEXTS[:3]), tokenizer.transform(TEXTS[3:])
    for joined in (np.concatenate(parts), np.vstack(parts), np.append(*parts, axis=0)):
        assert joined.vocabulary == tokenizer.vocabulary_
    other = SequenceTokenizer().fit(["another text"])
    assert type(np.concatenate([parts[0], np.zeros((1, 5), dtype=int)])) is np.ndarray
    assert type(np.hstack([parts[0], other.transform(["text"] * 3)])) is np.ndarray


@pytest.mark.parametrize("by", ["config", "set_output", "ColumnTransformer"])
def test_given_vectors_behind_a_tokenizer_that_returns_frames(by):
    vectors = {"good": [1.0, 0.0], "bad": [0.0, 1.0], "film": [0.5, 0.5]}
    network = small_classifier(embeddings=vectors, trainable_embeddings=False)
    expected = make_pipeline(SequenceTokenizer(), network).fit(TEXTS, LABELS)[-1].weights_
    tokenizer, X = SequenceTokenizer(), TEXTS
    if by == "ColumnTransformer":
        tokenizer = ColumnTransformer([("words", tokenizer, "text")])
        X = pd.DataFrame({"text": TEXTS})
    model = make_pipeline(tokenizer, clone(network))
    if by == "config":
        with config_context(transform_output="pandas"):
            model.fit(X, LABELS)
    else:
        model.set_output(transform="pandas").fit(X, LABELS)
    assert_same_bits(model[-1].weights_, expected)


def test_frames_of_ids_share_one_vocabulary_however_often_they_are_copied():
    tokenizer = SequenceTokenizer().set_output(transform="pandas")
    frame = tokenizer.fit_transform(pd.Series(TEXTS, index=range(100, 160)))
    assert list(frame.index) == list(range(100, 160))
    later = frame.copy().iloc[3:9].astype("int64")
    assert later.attrs["vocabulary"] == tokenizer.vocabulary_
    assert later.attrs["vocabulary"] is frame.attrs["vocabulary"]
    again = pickle.loads(pickle.dumps(frame))
    assert again.attrs["vocabulary"] == tokenizer.vocabulary_


def test_given_vectors_behind_a_polars_frame_say_what_to_do():
    pytest.importorskip("polars")
    network = small_classifier(embeddings={"good": [1.0, 0.0]})
    model = make_pipeline(SequenceTokenizer(), network).set_output(transform="polars")
    with pytest.raises(ValueError, match="with arrays or pandas frames as its output"):
        model.fit(TEXTS, LABELS)
