"""Vectors of tokens: trained, given, frozen."""

import copy
import pickle

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline

from skrnn import SequenceTokenizer
from skrnn.text._token_array import TokenArray, tokens_of

from .common import (
    assert_other_bits,
    assert_same_bits,
    outputs_of,
    small_classifier,
    small_regressor,
)
from .test_engines import assert_alike, both_engines

PLAIN = {"optimizer": "sgd", "clipnorm": None, "learning_rate": 0.1}


def tokens(n_tokens=8, n_samples=60):
    """Sentences of 6 ids with padding after some, and how often 3 occurs in them."""
    rng = np.random.default_rng(0)
    X = rng.integers(1, n_tokens, size=(n_samples, 6))
    X[::4, 4:] = 0
    return X, (X == 3).sum(axis=1).astype(float)


def vectors(n_tokens=8, dim=3):
    return np.random.default_rng(1).normal(size=(n_tokens, dim))


@pytest.mark.parametrize("pooling", ["last", "attention"])
@pytest.mark.parametrize("trainable", [False, True])
def test_training_equals_keras_fit(trainable, pooling):
    X, y = tokens()

    def build(engine):
        return small_regressor(
            embeddings=vectors(),
            trainable_embeddings=trainable,
            pooling=pooling,
            engine=engine,
            **PLAIN,
        )

    compiled, portable = both_engines(build, X, y)
    assert_alike(compiled, portable, X)
    started = vectors().astype(np.float32)
    for network in (compiled, portable):
        assert np.array_equal(network.weights_[0], started) == (not trainable)


def test_training_equals_a_plain_keras_model():
    """An outside answer: Keras' own layers and `fit` from the same weights, frozen vectors."""
    X, y = tokens()
    params = {
        "shuffle": False,
        "early_stopping": False,
        "standardize": False,
        "learning_rate": 0.01,
    }
    network = small_regressor(
        embeddings=vectors(), trainable_embeddings=False, optimizer="adamw", **params
    )
    start = clone(network).set_params(learning_rate=1e-30, epochs=1).fit(X, y).weights_
    network.fit(X, y)
    plain = keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            keras.layers.Embedding(8, 3, mask_zero=True, trainable=False),
            keras.layers.SimpleRNN(4),
            keras.layers.Dense(1),
        ]
    )
    plain.set_weights(start)
    plain.compile(keras.optimizers.AdamW(0.01, clipnorm=1.0), "mse")
    plain.fit(X, y, batch_size=16, epochs=2, shuffle=False, verbose=0)
    for ours, theirs in zip(network.weights_, plain.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=5e-6)


@pytest.mark.parametrize("optimizer", ["sgd", "rmsprop", "adam", "adamw", "nadam"])
def test_frozen_vectors_stay_to_the_bit(optimizer):
    """In every optimizer, weight decay included; the rest of the network learns."""
    X, y = tokens()
    network = small_regressor(
        embeddings=vectors(), trainable_embeddings=False, optimizer=optimizer, learning_rate=0.01
    ).fit(X, y)
    assert_same_bits(network.weights_[0], vectors().astype(np.float32))
    later = network.partial_fit(X, y).weights_
    assert_same_bits(later[0], vectors().astype(np.float32))
    first = clone(network).set_params(epochs=1).fit(X, y).weights_
    assert_other_bits(first[1:], later[1:])


def test_large_steps_leave_frozen_vectors_alone_too(monkeypatch):
    """The halved step, for which a batch must be large, gives what the whole step does."""
    from skrnn._keras.compiled import epochs

    X, y = tokens()
    params = {"embeddings": vectors(), "trainable_embeddings": False}
    whole = small_regressor(**params).fit(X, y)
    monkeypatch.setattr(epochs, "_LARGE_STEP", 1)
    halved = small_regressor(**params).fit(X, y)
    assert_same_bits(halved.weights_[0], whole.weights_[0])
    for a, b in zip(halved.weights_, whole.weights_, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


def test_the_users_vectors_are_left_alone():
    X, y = tokens()
    given = vectors().astype(np.float32)
    before = given.copy()
    network = small_regressor(embeddings=given, learning_rate=0.1).fit(X, y)
    assert_same_bits(given, before)
    assert not np.shares_memory(network.weights_[0], given)


def test_the_length_of_the_vectors_is_known_from_them():
    X, y = tokens()
    network = small_regressor(embeddings=vectors().tolist()).fit(X, y)
    assert network.network_["embedding_dim"] == 3
    named = small_regressor(embeddings=pd.DataFrame(vectors()), embedding_dim=3).fit(X, y)
    assert_same_bits(named.weights_, network.weights_)


def test_tokens_past_the_table():
    """Rows for ids that training never saw serve in prediction; ids without a row are unknown."""
    X, y = tokens()
    network = small_regressor(embeddings=vectors(n_tokens=12)).fit(X, y)
    other = network.predict(np.where(X == 5, 11, X))
    assert_other_bits(other, network.predict(np.where(X == 5, 1, X)))
    assert_same_bits(
        network.predict(np.where(X == 5, 12, X)), network.predict(np.where(X == 5, 1, X))
    )


def test_freeze_then_tune():
    X, y = tokens()
    network = small_regressor(
        embeddings=vectors(), trainable_embeddings=False, warm_start=True, learning_rate=0.05
    ).fit(X, y)
    frozen = network.predict(X)
    network.set_params(trainable_embeddings=True).fit(X, y)
    assert network.n_iter_ == 4
    assert_other_bits(network.weights_[0], vectors().astype(np.float32))
    assert_other_bits(network.predict(X), frozen)


def test_to_keras(tmp_path):
    X, y = tokens()
    network = small_regressor(embeddings=vectors(), trainable_embeddings=False).fit(X, y)
    model = network.to_keras()
    assert_same_bits(model.get_weights(), network.weights_)
    assert not model.layers[0].trainable
    np.testing.assert_allclose(outputs_of(model, X)[:, 0], network.predict(X), atol=1e-5)


@pytest.mark.parametrize(
    ("params", "change", "message"),
    [
        ({"embeddings": vectors()[:5]}, None, r"ids below 5, the number of rows .* got 7 in X"),
        ({"embeddings": vectors()[:1]}, None, r"a row for each token id, got shape \(1, 3\)"),
        ({"embeddings": vectors()[:, 0]}, None, r"Expected 2D array, got 1D array"),
        ({"embeddings": vectors() * np.nan}, None, r"embeddings contains NaN"),
        ({"embeddings": vectors(), "embedding_dim": 4}, None, r"embedding_dim=4, got 3\. Leave"),
        ({"embeddings": "glove"}, None, r"(?s)embeddings"),
        ({"embeddings": {"a": [1.0]}}, None, r"Expected X with a vocabulary.*got ndarray without"),
        ({"embeddings": vectors()}, lambda X: X + 0.5, r"because embedding_dim or embeddings is"),
        ({"embeddings": vectors(), "model": len}, None, r"Expected embeddings=None with model"),
        ({"embeddings": {"zebra": [1.0]}}, "known", r"got none for any of its 6 \(such as 'w2'"),
        ({"embeddings": {"w3": [1.0], "w4": [1, 2]}}, "known", r"a vector of the same length"),
        ({"embeddings": {"w3": 1.0}}, "known", r"a vector of the same length .* such as \[\(\)\]"),
    ],
)
def test_what_is_refused(params, change, message):
    X, y = tokens()
    if change == "known":
        X = tokens_of(X, {f"w{i}": i for i in range(2, 8)})
    elif change is not None:
        X = change(X)
    network = small_regressor(**params)
    with pytest.raises((ValueError, TypeError), match=message):
        network.fit(X, y)
    assert not [name for name in vars(network) if name.endswith("_")]


def texts(seed=0):
    rng = np.random.default_rng(seed)
    words = np.array(["good", "bad", "film", "plot", "the", "a", "very", "odd"])
    texts = [" ".join(words[rng.integers(8, size=rng.integers(3, 7))]) for _ in range(80)]
    return texts, np.array([t.count("good") > t.count("bad") for t in texts])


WORD_VECTORS = {
    "good": np.array([2.0, 0.0]),
    "bad": np.array([-2.0, 0.5]),
    "film": np.array([0.0, 1.0]),
    "never seen": np.array([9.0, 9.0]),
}


def test_a_mapping_is_aligned_to_the_tokenizer_in_the_pipeline():
    X, y = texts()
    pipeline = make_pipeline(
        SequenceTokenizer(), small_classifier(embeddings=WORD_VECTORS, trainable_embeddings=False)
    ).fit(X, y)
    vocabulary, network = pipeline[0].vocabulary_, pipeline[-1]
    table = network.weights_[0]
    assert table.shape == (len(vocabulary) + 2, 2)
    for word, i in vocabulary.items():
        if word in WORD_VECTORS:
            np.testing.assert_array_equal(table[i], WORD_VECTORS[word])
    assert not table[0].any()
    # A uniform variable of standard deviation s lies within sqrt(3) s of its mean.
    known = np.array([WORD_VECTORS[w] for w in ("good", "bad", "film")])
    others = np.delete(table, [0, *(vocabulary[w] for w in ("good", "bad", "film"))], axis=0)
    assert len(np.unique(others, axis=0)) == len(others) == 6
    assert (np.abs(others - known.mean(axis=0)) <= np.sqrt(3) * known.std(axis=0) + 1e-6).all()
    assert_same_bits(clone(pipeline).fit(X, y)[-1].weights_[0], table)


def test_vectors_of_a_series_and_of_an_object_with_lookup():
    X, y = texts()

    class Vectors:
        """As word vectors of other libraries come: look-up, membership and a length."""

        def __getitem__(self, word):
            return WORD_VECTORS[word]

        def __contains__(self, word):
            return word in WORD_VECTORS

        def __len__(self):
            return len(WORD_VECTORS)

    tables = [
        make_pipeline(SequenceTokenizer(), small_classifier(embeddings=e)).fit(X, y)[-1].weights_[0]
        for e in (WORD_VECTORS, pd.Series(WORD_VECTORS), Vectors())
    ]
    assert_same_bits(tables[1], tables[0])
    assert_same_bits(tables[2], tables[0])


def test_a_mapping_in_a_search():
    X, y = texts()
    pipeline = make_pipeline(SequenceTokenizer(), small_classifier(embeddings=WORD_VECTORS))
    grid = {"rnnclassifier__trainable_embeddings": [True, False], "rnnclassifier__units": [4]}
    search = GridSearchCV(pipeline, grid, cv=2, error_score="raise").fit(X, y)
    assert search.cv_results_["mean_test_score"].shape == (2,)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert np.isfinite(cross_val_score(pipeline, X, y, cv=2, error_score="raise")).all()


def test_given_vectors_help_from_the_first_epoch():
    """With vectors that hold the answer and are frozen, few samples are enough."""
    X, y = texts()
    vectors = {w: [w == "good", w == "bad"] for w in " ".join(X).split()}
    params = {"epochs": 60, "learning_rate": 0.05, "pooling": "mean", "early_stopping": False}
    pipeline = make_pipeline(
        SequenceTokenizer(),
        small_classifier(embeddings=vectors, trainable_embeddings=False, **params),
    )
    assert pipeline.fit(X[:40], y[:40]).score(X[40:], y[40:]) > 0.9


def test_ids_keep_their_vocabulary():
    vocabulary = {"a": 2, "b": 3}
    ids = tokens_of(np.array([[2, 3], [3, 0], [1, 2]]), vocabulary)
    for kept in (
        ids[1:],
        ids[[0, 2]],
        ids.copy(),
        train_test_split(ids, random_state=0)[0],
        copy.deepcopy(ids),
        pickle.loads(pickle.dumps(ids)),
    ):
        assert isinstance(kept, TokenArray)
        assert kept.vocabulary == vocabulary
    computed = ids + 1
    assert type(computed) is np.ndarray
    np.testing.assert_array_equal(computed, [[3, 4], [4, 1], [2, 3]])
    assert type(ids == 2) is np.ndarray
    assert type(ids.sum(axis=1)) is np.ndarray
    np.add(ids, 1, out=ids)
    np.testing.assert_array_equal(np.asarray(ids), computed)


def test_dropout_of_embedded_tokens_drops_channels():
    """In the stack of Keras layers, training drops what SpatialDropout1D would."""
    from skrnn._keras.layers.stack_model import build_stack
    from skrnn._spec import Network

    network = Network("simple", (2,), False, 0.5, 0.0, (), True, 0, 1, n_tokens=5, embedding_dim=2)
    model = build_stack(network)
    # A cell that adds nothing of its own: tanh of the embedded token at a hundredth.
    eye = np.eye(2, dtype=np.float32)
    model.set_weights(
        [np.full((5, 2), 0.01), eye, 0 * eye, np.zeros(2), np.array([[1.0], [10.0]]), np.zeros(1)]
    )
    outputs = model(np.ones((400, 4), dtype=int), training=True).numpy()[:, :, 0]
    # Each channel is kept or dropped at all steps of a sequence: four outcomes, none mixed.
    assert (outputs == outputs[:, :1]).all()
    expected = np.tanh(0.02) * np.array([0, 1, 10, 11])
    np.testing.assert_allclose(np.unique(outputs.round(6)), expected, atol=1e-5)


def test_ids_that_do_not_count_tokens_are_refused_before_a_table_is_made():
    X, y = tokens()
    far = np.where(X == 7, 2_000_000_000, X)
    network = small_regressor(embedding_dim=3)
    match = r"got 2000000000 as the largest of 8 distinct ids.* 3 numbers .* 22\.4 GiB"
    with pytest.raises(ValueError, match=match):
        network.fit(far, y)
    with pytest.raises(ValueError, match="2000000000 as the largest"):
        network.fit(list(far), y)
    assert not hasattr(network, "weights_")


@pytest.mark.parametrize("in_pipeline", [False, True])
def test_clones_share_the_given_vectors(in_pipeline):
    given = {f"w{i}": np.zeros(3) for i in range(1000)}
    network = small_classifier(embeddings=given, units=7)
    copied = clone(make_pipeline(network))[-1] if in_pipeline else clone(network)
    assert copied is not network
    assert copied.embeddings is given
    assert copied.get_params() == network.get_params()
    assert network.embeddings is given
    table = vectors()
    assert clone(small_regressor(embeddings=table)).embeddings is table


def test_a_clone_keeps_what_scikit_learn_puts_beside_the_parameters():
    with config_context(enable_metadata_routing=True):
        network = small_classifier(embeddings=vectors()).set_fit_request(sample_weight=True)
        requests = clone(network).get_metadata_routing().fit.requests
    assert requests["sample_weight"] is True
    X, y = tokens()
    fitted = clone(network).fit(X, y > 0)
    again = clone(fitted)
    assert not [name for name in vars(again) if name.endswith("_")]
