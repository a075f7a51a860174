"""The tokenizer in front of a network: pipelines, searches, callbacks, displays."""

import warnings

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_predict
from sklearn.pipeline import make_pipeline

from skrnn import SequenceTokenizer

from ..common import assert_same_bits, eager_keras, small_classifier

try:
    import sklearn.callback as sklearn_callback
except ImportError:  # scikit-learn before 1.9
    sklearn_callback = None

needs_callbacks = pytest.mark.skipif(
    sklearn_callback is None, reason="scikit-learn before 1.9 has no callbacks"
)


@pytest.fixture
def opinions(rng):
    """90 texts of 2 to 8 words, each with a rare word that tells its label."""
    fillers = ["film", "story", "actor", "plot", "scene"]
    texts, labels = [], []
    for i in range(90):
        words = rng.choice(fillers, rng.integers(2, 9)).tolist()
        words[rng.integers(len(words))] = ["awful", "great"][i % 2]
        texts.append(" ".join(words))
        labels.append(["neg", "pos"][i % 2])
    return texts, np.array(labels)


@pytest.fixture
def pipeline():
    return make_pipeline(
        SequenceTokenizer(max_len=8),
        small_classifier(cell="gru", embedding_dim=8, epochs=30, learning_rate=0.02),
    )


def test_a_search_over_the_vocabulary(opinions, pipeline):
    """With two ids for words, those that tell the label are unknown: it cannot be learned."""
    texts, labels = opinions
    grid = {"sequencetokenizer__max_tokens": [4, None]}
    search = GridSearchCV(pipeline, grid, cv=3).fit(texts, labels)
    poor, good = search.cv_results_["mean_test_score"]
    assert poor < 0.7 < 0.95 < good
    assert search.predict(["great film", "awful, awful"]).tolist() == ["pos", "neg"]
    # Words that fit never saw, and no words at all.
    proba = search.predict_proba(["zzz", "", "film zzz film " * 9])
    np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_array_equal(proba[0], proba[1])  # an unknown token both


def test_any_container_gives_the_same_network(opinions, pipeline):
    texts, labels = opinions
    pipeline.set_params(rnnclassifier__epochs=2)
    expected = clone(pipeline).fit(texts, labels).predict_proba(texts)
    analyzed = [text.split() for text in texts]
    for X in [np.array(texts), pd.Series(texts), pd.DataFrame({"text": texts}), analyzed]:
        assert_same_bits(clone(pipeline).fit(X, labels).predict_proba(X), expected)
    frames = clone(pipeline).set_output(transform="pandas").fit(pd.Series(texts), labels)
    assert_same_bits(frames.predict_proba(pd.Series(texts)), expected)


def test_lists_of_texts_are_split(opinions, pipeline):
    texts, labels = opinions
    pipeline.set_params(rnnclassifier__epochs=2)
    analyzed = [text.split() for text in texts]
    proba = [
        cross_val_predict(pipeline, X, labels, cv=3, method="predict_proba")
        for X in (texts, analyzed, pd.Series(texts))
    ]
    assert_same_bits(proba[1], proba[0])
    assert_same_bits(proba[2], proba[0])


def test_worker_processes(opinions):
    texts, _ = opinions
    tokenizer = SequenceTokenizer(stop_words={"film", "plot"})
    there = joblib.Parallel(n_jobs=2)(
        joblib.delayed(clone(tokenizer).fit_transform)(texts) for _ in range(2)
    )
    assert_same_bits(there, [tokenizer.fit_transform(texts)] * 2)


@needs_callbacks
@pytest.mark.parametrize("method", ["fit", "fit_transform"])
def test_a_fit_is_reported_to_callbacks(opinions, method, capsys):
    texts, _ = opinions
    tokenizer = SequenceTokenizer().set_callbacks(sklearn_callback.ProgressBar())
    getattr(tokenizer, method)(texts)
    assert "SequenceTokenizer - fit" in capsys.readouterr().out


@needs_callbacks
def test_the_steps_of_a_pipeline_are_reported_to_callbacks(opinions, pipeline, capsys):
    pipeline.set_params(rnnclassifier__epochs=1, rnnclassifier__early_stopping=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pipeline.set_callbacks(sklearn_callback.ProgressBar()).fit(*opinions)
    assert "fit-transform-sequencetokenizer" in capsys.readouterr().out


def test_display_links_to_the_reference():
    html = make_pipeline(SequenceTokenizer("char"))._repr_html_()
    assert "https://skrnn.readthedocs.io/en/stable/generated/skrnn.SequenceTokenizer.html" in html


@pytest.mark.parametrize("engine", ["compiled", "keras"])
@pytest.mark.parametrize("early_stopping", [True, False], ids=["held-out", "all"])
@eager_keras()
def test_padding_is_no_work(opinions, engine, early_stopping):
    """Padded rows are trained on, in batches of like lengths, just as ragged lists are."""
    texts, labels = opinions
    padded = SequenceTokenizer(max_len=12).fit_transform(texts)
    ragged = [row[row > 0] for row in padded]
    network = small_classifier(embedding_dim=3, engine=engine, early_stopping=early_stopping)
    expected, fitted = clone(network).fit(ragged, labels), clone(network).fit(padded, labels)
    assert fitted.history_ == expected.history_
    assert_same_bits(fitted.weights_, expected.weights_)
    assert_same_bits(fitted.predict_proba(padded), expected.predict_proba(ragged))


def test_a_label_for_every_step_of_padded_rows(opinions):
    """y has the form of X then, padding included, and so has what is predicted."""
    padded = SequenceTokenizer(max_len=12).fit_transform(opinions[0])
    labels = np.where(padded % 2, "odd", "even")
    tagger = small_classifier(embedding_dim=3, return_sequences=True).fit(padded, labels)
    assert tagger.predict(padded).shape == padded.shape
    present = padded > 0
    proba = tagger.predict_proba(padded)
    assert np.isfinite(proba[present]).all()
    assert np.isnan(proba[~present]).all()
