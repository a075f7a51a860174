"""Networks that start from the layers of a fitted language model or autoencoder."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skrnn import RNNAutoencoder, RNNLanguageModel, SequenceTokenizer

from .common import (
    SMALL,
    assert_other_bits,
    assert_same_bits,
    sequences,
    small_classifier,
    small_regressor,
)
from .test_engines import assert_alike, both_engines

READING = {"level": "word", "lowercase": True, "token_pattern": r"\w+"}
UNLABELLED = ["the film was dull", "the cast was good", "was the film good", "good good film"]
TEXTS = ["a good film", "a dull film", "good cast", "the plot was dull", "A GOOD plot"] * 12
LABELS = np.array([1, 0, 1, 0, 1] * 12)


@pytest.fixture(scope="module")
def language_model():
    params = {**SMALL, **READING, "embedding_dim": 3, "early_stopping": False, "epochs": 1}
    return RNNLanguageModel(**params).fit(UNLABELLED)


@pytest.fixture(scope="module")
def autoencoder():
    X, _ = sequences(seed=1)
    params = {**SMALL, "bidirectional": True, "latent_dim": 2, "early_stopping": False}
    return RNNAutoencoder(**params).fit(3 + 2 * X)


def a_reader(language_model, **params):
    params = {"early_stopping": False, "learning_rate": 0.01, **params}
    classifier = small_classifier(pretrained=language_model, **params)
    return make_pipeline(SequenceTokenizer(**READING), classifier)


def test_vectors_are_found_by_their_tokens(language_model):
    """Whatever the ids; tokens that the model lacks start as its unknown token."""
    tokenizer, classifier = a_reader(language_model, learning_rate=1e-30, epochs=1).fit(
        TEXTS, LABELS
    )
    ours, theirs = tokenizer.vocabulary_, language_model.vocabulary_
    assert set(ours) - set(theirs) == {"a", "plot"}
    assert ours["dull"] != theirs["dull"]
    for token, i in ours.items():
        row = language_model.weights_[0][theirs.get(token, 1)]
        np.testing.assert_array_equal(classifier.weights_[0][i], row)
    np.testing.assert_array_equal(classifier.weights_[0][:2], language_model.weights_[0][:2])
    assert_same_bits(classifier.weights_[1:4], language_model.weights_[1:4])


def test_frozen_layers_stay_to_the_bit_until_they_are_tuned(language_model):
    before = [w.copy() for w in language_model.weights_]
    ids = SequenceTokenizer(**READING).fit_transform(TEXTS)

    def build(engine):
        return small_classifier(
            pretrained=language_model,
            trainable_pretrained=False,
            warm_start=True,
            engine=engine,
            early_stopping=False,
            optimizer="sgd",
            learning_rate=0.1,
            clipnorm=None,
        )

    compiled, portable = both_engines(build, ids, LABELS)
    assert_alike(compiled, portable, ids)
    for network in (compiled, portable):
        assert_same_bits(network.weights_[1:4], before[1:4])
    after_one = clone(compiled).set_params(epochs=1).fit(ids, LABELS)
    assert_other_bits(after_one.weights_[4:5], compiled.weights_[4:5])
    compiled.set_params(trainable_pretrained=True).fit(ids, LABELS)
    for tuned, given in zip(compiled.weights_[1:4], before[1:4], strict=True):
        assert (tuned != given).any()
    assert_same_bits(language_model.weights_, before)


def test_an_autoencoder_lends_its_layers_and_its_scale(autoencoder):
    X, y = sequences()
    pretrained = make_pipeline(FunctionTransformer(), autoencoder)
    network = small_regressor(
        pretrained=pretrained,
        trainable_pretrained=False,
        bidirectional=True,
        early_stopping=False,
    ).fit(X, y)
    assert_same_bits(network.weights_[:6], autoencoder.weights_[:6])
    assert_same_bits(network.input_mean_, autoencoder.input_mean_)
    assert_same_bits(network.input_scale_, autoencoder.input_scale_)
    assert network.target_mean_ == pytest.approx(y.mean())
    # The read-out of the last states alone was learnt.
    states = network.to_keras().layers[:-2]
    hidden = X
    for layer in states:
        hidden = layer(hidden)
    kernel, bias = network.weights_[6:]
    expected = (np.asarray(hidden) @ kernel + bias)[:, 0] * network.target_scale_
    np.testing.assert_allclose(network.predict(X), expected + network.target_mean_, atol=1e-5)


def test_clones_share_it_and_copies_keep_it(language_model):
    reader = a_reader(language_model)
    assert clone(reader)[-1].pretrained is language_model
    copied = pickle.loads(pickle.dumps(reader))[-1].pretrained
    assert_same_bits(copied.weights_, language_model.weights_)


def test_ids_in_frames_have_their_vocabulary(language_model):
    reader = a_reader(language_model, learning_rate=1e-30, epochs=1)
    found = clone(reader).set_output(transform="pandas").fit(TEXTS, LABELS)
    assert_same_bits(found[-1].weights_, reader.fit(TEXTS, LABELS)[-1].weights_)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"units": 5}, r"units is \(5,\) here and \(4,\) in pretrained\. Set"),
        ({"cell": "lstm", "units": 5}, r"cell is 'lstm' here and 'simple' in pretrained; units is"),
        ({"bidirectional": True}, "bidirectional is True here and False in pretrained"),
        ({"embedding_dim": 7}, "embedding_dim is 7 here and 3 in pretrained"),
        ({"conv_filters": 8}, r"conv_filters is \(8,\) here and \(\) in pretrained"),
        ({"embeddings": np.ones((9, 3))}, "embeddings=None with pretrained"),
        ({"model": lambda shape, n: None}, "model=None with pretrained"),
    ],
)
def test_other_layers_are_refused(language_model, params, message):
    with pytest.raises(ValueError, match=message):
        a_reader(language_model, **params).fit(TEXTS, LABELS)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"lowercase": False}, "lowercase is False here and True in pretrained"),
        ({"level": "char"}, r"level is 'char' here and 'word' in pretrained; token_pattern is No"),
        ({"stop_words": ["a", "the"]}, r"stop_words is \['a', 'the'\] here and None"),
        ({"analyzer": str.split}, r"analyzer is 'str\.split' here and None"),
    ],
)
def test_texts_that_are_read_otherwise_are_refused(language_model, params, message):
    reader = a_reader(language_model).set_params(
        **{f"sequencetokenizer__{name}": value for name, value in params.items()}
    )
    with pytest.raises(ValueError, match=message):
        reader.fit(TEXTS, LABELS)


def test_other_inputs_are_refused(language_model, autoencoder):
    network = small_classifier(pretrained=language_model)
    with pytest.raises(ValueError, match="look up its tokens in pretrained; got ndarray"):
        network.fit(np.ones((60, 4), dtype=int), LABELS)
    with pytest.raises(ValueError, match="tokens that pretrained knows, got none: of 'deux'"):
        a_reader(language_model).fit(["un", "deux", "trois"] * 20, LABELS)
    network = small_regressor(pretrained=autoencoder, bidirectional=True)
    with pytest.raises(ValueError, match="2 features at each step, as in pretrained, got 3"):
        network.fit(*sequences(n_features=3))


def test_what_is_not_pretrained_is_refused(language_model):
    X, y = sequences()
    with pytest.raises(NotFittedError):
        small_regressor(pretrained=RNNAutoencoder()).fit(X, y)
    with pytest.raises(TypeError, match=r"RNNAutoencoder, or a Pipeline .* got SequenceTokenizer"):
        small_regressor(pretrained=SequenceTokenizer()).fit(X, y)
    with pytest.raises(ValueError, match="decoder='rnn' covers, got one with pretrained"):
        small_regressor(pretrained=language_model, decoder="rnn").fit(X, y)


def test_pretrained_layers_keep_their_scale_in_a_second_training(autoencoder):
    X, y = sequences()
    X[:, :, 1] = 7.0
    params = {"pretrained": autoencoder, "bidirectional": "auto", "learning_rate": 0.01}
    again = small_regressor(**params, refit=True).fit(X, y)
    assert_same_bits(again.input_mean_, autoencoder.input_mean_)
