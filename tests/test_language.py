"""The language model, beside plain Keras layers, exact sums and frequencies."""

import itertools
import math

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score

from skrnn import RNNLanguageModel, cache_info
from skrnn._data.sequences import Sequences
from skrnn.text._streams import pieces, split_last, split_random, stream_count, streams, texts_of

from .common import assert_other_bits, assert_same_bits, outputs_of

PADDING, UNKNOWN, START, END = range(4)
SMALL = {
    "cell": "simple",  # compiles fastest
    "units": 5,
    "embedding_dim": 3,
    "n_steps": 8,
    "batch_size": 4,
    "epochs": 2,
    "learning_rate": 0.02,
    "random_state": 0,
}
TEXTS = ["abba", "a cab", "bad cab", "", "dad", "a bad dad"] * 5
# Too small to change a weight.
NO_STEP = {"learning_rate": 1e-12, "epochs": 1, "early_stopping": False}


def small_model(**params):
    return RNNLanguageModel(**{**SMALL, **params})


@pytest.fixture(scope="module")
def model():
    return small_model().fit(TEXTS)


@pytest.fixture(scope="module")
def two_letters():
    """So few tokens that all short texts can be counted up."""
    return small_model().fit(["ab", "b", "bba", "aab"] * 10)


# The reference: Keras layers with the same weights


class Plain:
    """Embedding, recurrent layers and output of Keras, which give what comes next."""

    def __init__(self, cell, weights, embedding_dim, units):
        n_tokens = len(weights[0])
        self.embedding = keras.layers.Embedding(n_tokens, embedding_dim)
        kind = {"simple": keras.layers.SimpleRNN, "gru": keras.layers.GRU}
        kind["lstm"] = keras.layers.LSTM
        self.layers = [kind[cell](n, return_sequences=True, return_state=True) for n in units]
        self.output = keras.layers.Dense(n_tokens)
        self(np.array([[START]]))
        weights = iter(weights)
        for layer in (self.embedding, *self.layers, self.output):
            layer.set_weights([next(weights) for _ in layer.weights])

    @classmethod
    def of(cls, model):
        units = model.units if isinstance(model.units, tuple) else (model.units,)
        return cls(model.cell, model.weights_, model.embedding_dim, units)

    @property
    def variables(self):
        layers = (self.embedding, *self.layers, self.output)
        return [v for layer in layers for v in layer.trainable_variables]

    def __call__(self, ids, states=None):
        """Return logits (n_texts, n_steps, n_tokens) and the states, which go on to the next."""
        hidden, after = self.embedding(ids), []
        for i, layer in enumerate(self.layers):
            hidden, *state = layer(hidden, initial_state=states and states[i])
            after.append(state)
        logits = self.output(hidden)
        # No text has padding or a start inside.
        never = np.isin(np.arange(logits.shape[-1]), [PADDING, START])
        return tf.where(never, -np.inf, logits), after

    def losses(self, given, told, states=None):
        """Return the cross-entropy of each token told, and the states."""
        logits, states = self(given, states)
        return tf.nn.sparse_softmax_cross_entropy_with_logits(told, logits), states


def ids_of(model, text):
    return [model.vocabulary_.get(c, UNKNOWN) for c in text]


def log_likelihood_by_keras(model, text):
    ids, losses_of = ids_of(model, text), Plain.of(model).losses
    if len(ids) > 1000:  # step by step it takes milliseconds a step
        losses_of = tf.function(losses_of, autograph=False)
    losses, _ = losses_of(np.array([[START, *ids]]), np.array([[*ids, END]]))
    return -float(tf.reduce_sum(tf.cast(losses, tf.float64)))


def streams_by_hand(model, texts, n_streams):
    """What each stream is given and told, where the texts divide evenly."""
    run = [END]
    for text in texts:
        run += [*ids_of(model, text), END]
    told = np.array(run[1:]).reshape(n_streams, -1)
    given = np.array(run[:-1]).reshape(n_streams, -1)
    return np.where(given == END, START, given), told


# 4 streams of 64 tokens: 8 pieces of 8.
EVEN = ["abcabcabcab", "cab", "", "abcabc" * 7 + "cbab"] * 4


@pytest.mark.parametrize(
    "params",
    [{"cell": "gru"}, {"cell": "lstm"}, {"cell": "simple"}, {"cell": "lstm", "units": (4, 6)}],
    ids=str,
)
def test_log_likelihood_equals_keras(params):
    model = small_model(**params).fit(TEXTS)
    texts = ["", "a", "dad", "a bad cab", "x", "bad " * 40, "abc" * 11, "ab" * 16]
    expected = [log_likelihood_by_keras(model, text) for text in texts]
    np.testing.assert_allclose(model.score_samples(texts), expected, rtol=2e-6)


def test_a_long_text_is_read_by_itself_and_like_any_other(model):
    long = "a bad dad. " * 500
    alone = model.score_samples([long])
    np.testing.assert_allclose(alone, log_likelihood_by_keras(model, long), rtol=1e-6)
    together = model.score_samples(["a", long, "cab", long[:900], "bad " * 200])
    assert_same_bits(together[1], alone[0])
    assert_same_bits(together[3], model.score_samples([long[:900]])[0])


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_loss_of_an_epoch_is_that_of_one_long_run(cell):
    model = small_model(cell=cell, **NO_STEP).fit(EVEN)
    losses, _ = Plain.of(model).losses(*streams_by_hand(model, EVEN, 4))
    assert losses.shape == (4, 64)
    np.testing.assert_allclose(model.history_["loss"], [np.mean(losses)], rtol=1e-6)


def test_steps_that_fill_up_do_not_count():
    """7 tokens told, in one stream by itself: a piece of 4 and one of 3."""
    model = small_model(batch_size=1, n_steps=4, **NO_STEP).fit(["abcabc"])
    ids = ids_of(model, "abcabc")
    losses, _ = Plain.of(model).losses(np.array([[START, *ids]]), np.array([[*ids, END]]))
    means = np.mean(losses[0, :4]), np.mean(losses[0, 4:])
    np.testing.assert_allclose(model.history_["loss"], [np.mean(means)], rtol=1e-6)


@pytest.mark.parametrize(
    "params",
    [
        {"cell": "gru"},
        {"cell": "lstm", "units": (5, 4)},
        # 3 x 32 streams x 33 steps x 175 000 weights: halves, for two cores.
        pytest.param(
            {"cell": "gru", "units": 240, "batch_size": 32, "n_steps": 32}, id="in halves"
        ),
    ],
)
def test_gradients_of_pieces_equal_keras(params):
    """Eight steps down the gradient, each from the states that the piece before has left."""
    params = {**SMALL, **params}
    n_streams, n_steps, rate = params["batch_size"], params["n_steps"], 0.5
    rng = np.random.default_rng(0)
    text = "".join(rng.choice(list("abcd "), n_streams * n_steps * 8 - 1))
    start = small_model(**{**params, **NO_STEP}).fit([text])
    model = clone(start).set_params(optimizer="sgd", learning_rate=rate, clipnorm=None).fit([text])

    plain, states = Plain.of(start), None
    given, told = streams_by_hand(start, [text], n_streams)
    for first in range(0, given.shape[1], n_steps):
        piece = slice(first, first + n_steps)
        with tf.GradientTape() as tape:
            losses, states = plain.losses(given[:, piece], told[:, piece], states)
            loss = tf.reduce_mean(losses)
        gradients = tape.gradient(loss, plain.variables)
        states = tf.nest.map_structure(tf.stop_gradient, states)
        for variable, gradient in zip(plain.variables, gradients, strict=True):
            variable.assign_sub(rate * tf.convert_to_tensor(gradient))
    moved = 0.0
    for ours, theirs, before in zip(model.weights_, plain.variables, start.weights_, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=2e-6)
        moved = max(moved, np.abs(ours - before).max())
    assert moved > 0.01


def test_errors_flow_back_n_steps():
    """The last letter is the first, four dots ago."""
    texts = [letter + "...." + letter for letter in "ab"] * 150
    rng = np.random.default_rng(0)
    sure = {}
    for n_steps in (1, 16):
        model = small_model(cell="gru", n_steps=n_steps, units=16, epochs=40, learning_rate=0.03)
        model.fit(rng.permutation(texts).tolist())
        sure[n_steps] = model.next_token_proba(["a....", "b...."])[[0, 1], ids_of(model, "ab")]
    assert sure[16].min() > 0.95
    assert sure[1].min() < 0.7


@pytest.mark.parametrize("first", [START, END])
def test_to_keras_equals_the_model(model, first):
    """A text begins with the start, or with the end of the text before."""
    text = "a bad cab"
    ids = ids_of(model, text)
    logits = outputs_of(model.to_keras(), [[first, *ids]])
    log_p = tf.nn.log_softmax(logits[0]).numpy()[np.arange(len(ids) + 1), [*ids, END]]
    np.testing.assert_allclose(model.score_samples([text]), [log_p.sum()], rtol=1e-5)


# Probabilities


def test_next_tokens_have_all_the_probability(model):
    proba = model.next_token_proba(["", "a", "bad ca", "never seen"])
    assert proba.shape == (4, model.n_tokens_)
    assert model.n_tokens_ == 4 + len(model.vocabulary_)
    np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-12)
    assert (proba[:, [PADDING, START]] == 0).all()
    assert (np.delete(proba, [PADDING, START], axis=1) > 0).all()


def test_a_text_is_as_probable_as_its_tokens_one_after_the_other(model):
    text = "bad cab, dad"
    proba = model.next_token_proba([text[:i] for i in range(len(text) + 1)])
    log_p = np.log(proba[np.arange(len(text) + 1), [*ids_of(model, text), END]])
    np.testing.assert_allclose(model.score_samples([text]), [log_p.sum()], rtol=1e-5)


def test_all_texts_together_have_probability_one(two_letters):
    """Texts of up to two tokens one by one, and what is left to the longer ones."""
    letters = "ab?"  # one that is unknown
    texts = ["".join(t) for n in range(3) for t in itertools.product(letters, repeat=n)]
    short = np.exp(two_letters.score_samples(texts)).sum()
    after = {text: two_letters.next_token_proba([text])[0] for text in texts}
    longer = 0.0
    for first, second in itertools.product(letters, repeat=2):
        (a,), (b,) = ids_of(two_letters, first), ids_of(two_letters, second)
        longer += after[""][a] * after[first][b] * (1 - after[first + second][END])
    np.testing.assert_allclose(short + longer, 1, rtol=1e-6)
    assert 0.1 < short < 0.9


def test_what_follows_does_not_change_what_came_before(model):
    begins = "a bad ca"
    proba = model.next_token_proba([begins])[0]
    of_beginning = []
    for letter in "abc":
        end = model.next_token_proba([begins + letter])[0, END]
        rest = math.log(proba[model.vocabulary_[letter]]) + math.log(end)
        of_beginning.append(model.score_samples([begins + letter])[0] - rest)
    np.testing.assert_allclose(of_beginning, of_beginning[0], rtol=1e-6)


def test_score_and_perplexity(model):
    texts = ["dad", "", "a cab"]
    mean = model.score_samples(texts).sum() / (3 + 0 + 5 + 3)
    assert model.score(texts) == pytest.approx(mean, rel=1e-12)
    assert model.perplexity(texts) == pytest.approx(math.exp(-mean), rel=1e-12)


def test_a_model_without_training_finds_all_tokens_alike():
    """Where each token is as probable as any other, the perplexity is their number."""
    model = small_model(**NO_STEP, units=1).fit(["abcdefgh"])
    # 8 letters, the unknown token and the end.
    assert model.perplexity(["abcdefgh"]) == pytest.approx(10, rel=0.03)


# Writing


def frequencies(texts, outcomes):
    assert set(texts) <= set(outcomes)
    return [texts.count(o) for o in outcomes]


def next_letters(model, prompt):
    """The probability of each next letter, "" for the end; the unknown token is never written."""
    proba = model.next_token_proba([prompt])[0]
    ids = {"": END, **model.vocabulary_}
    total = sum(proba[i] for i in ids.values())
    return {letter: proba[i] / total for letter, i in ids.items()}


@pytest.mark.parametrize(
    ("how", "changed"),
    [
        ({}, lambda p: p),
        ({"temperature": 0.5}, lambda p: p**2),
        ({"temperature": 2.0}, lambda p: p**0.5),
        ({"top_k": 2}, lambda p: np.where(p >= np.sort(p)[-2], p, 0)),
        ({"top_p": 0.5}, lambda p: np.where(p >= _least_of(p, 0.5), p, 0)),
        ({"top_p": 0.8, "temperature": 2.0}, lambda p: _nucleus_of_root(p, 0.8)),
        ({"top_k": 100, "top_p": 1.0}, lambda p: p),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_tokens_are_written_as_often_as_they_are_probable(two_letters, how, changed):
    expected = next_letters(two_letters, "ab")
    p = changed(np.array(list(expected.values())))
    p = p / p.sum()
    written = two_letters.sample("ab", 1, n_samples=3000, random_state=0, **how)
    counts = np.array(frequencies(written, ["ab" + letter for letter in expected]))
    assert (counts[p == 0] == 0).all()
    if (p > 0).sum() > 1:
        assert chisquare(counts[p > 0], 3000 * p[p > 0]).pvalue > 0.001


def _least_of(p, share):
    """The probability of the last of the most probable tokens that have a share together."""
    ordered = np.sort(p)[::-1]
    return ordered[np.searchsorted(np.cumsum(ordered), share)]


def _nucleus_of_root(p, share):
    root = p**0.5 / (p**0.5).sum()
    return np.where(root >= _least_of(root, share), root, 0)


def test_texts_are_written_as_often_as_they_are_probable(two_letters):
    """Two tokens: the second is drawn after the first, and neither with the other's noise."""
    expected = {}
    for first, p in next_letters(two_letters, "").items():
        followers = next_letters(two_letters, first) if first else {"": 1.0}
        for second, q in followers.items():
            expected[first + second] = expected.get(first + second, 0) + p * q
    assert sum(expected.values()) == pytest.approx(1)
    written = two_letters.sample(max_len=2, n_samples=4000, random_state=1)
    counts = frequencies(written, expected)
    assert chisquare(counts, 4000 * np.array(list(expected.values()))).pvalue > 0.001


def test_without_temperature_the_most_probable_token_is_written(model):
    text = "a b"
    for _ in range(12):
        after = next_letters(model, text)
        best = max(after, key=after.get)
        if best == "":
            break
        text += best
    for how in ({}, {"top_k": 3}, {"top_p": 0.9}):
        assert model.sample("a b", 12, temperature=0, random_state=5, **how) == text
    assert model.sample("a b", 12, temperature=1.0, top_k=1) == text


def test_one_seed_one_text(model):
    text = model.sample(max_len=50, random_state=3)
    assert model.sample(max_len=50, random_state=3) == text
    assert model.sample(max_len=50, random_state=np.random.RandomState(0)) == model.sample(
        max_len=50, random_state=np.random.RandomState(0)
    )
    several = model.sample(max_len=50, random_state=3, n_samples=4)
    assert len(set(several)) > 1
    assert len({model.sample(max_len=50) for _ in range(4)}) > 1


def test_a_shorter_text_is_the_beginning_of_a_longer_one(model):
    long = model.sample("bad ", 60, random_state=2)
    assert long.startswith(model.sample("bad ", 5, random_state=2))
    assert len(model.sample("bad ", 5, random_state=2)) <= 9


def test_values_of_sampling_need_no_other_program(model):
    model.sample("a", 30, top_k=2, random_state=0)
    misses = cache_info().misses
    model.sample("bad dad", 50, temperature=0.3, top_k=3, top_p=0.9, random_state=7)
    assert cache_info().misses == misses


def test_the_end_ends(two_letters):
    texts = two_letters.sample(max_len=64, n_samples=200, random_state=0)
    assert set("".join(texts)) == {"a", "b"}
    assert np.mean([len(t) < 64 for t in texts]) > 0.9


def test_unknown_characters(model):
    """A prompt may have some, and keeps them; none is written, however high the temperature."""
    written = model.sample("Übel: ", 100, temperature=1e6, n_samples=20, random_state=0)
    assert all(text.startswith("Übel: ") for text in written)
    assert set("".join(text[6:] for text in written)) <= set(model.vocabulary_)
    assert_same_bits(model.score_samples(["a§b"]), model.score_samples(["a%b"]))


# Words


def test_words():
    texts = ["the cat sat.", "the dog sat, the cat didn't."] * 10
    model = small_model(level="word", epochs=5, units=12).fit(texts)
    assert set(model.vocabulary_) == {"the", "cat", "dog", "sat", "didn't", ".", ","}
    written = model.sample("The fox", 8, random_state=0)
    assert written.startswith("The fox ")
    assert set(written.split()[2:]) <= set(model.vocabulary_)
    # Tokens are taken as they are.
    assert_same_bits(
        model.score_samples([["the", "cat", "sat", "."]]), model.score_samples(["the cat sat."])
    )
    assert model.sample(["the", "cat"], 3, temperature=0).startswith("the cat ")
    assert model.sample(max_len=3, random_state=1).split()[0] in model.vocabulary_


def test_words_that_are_left_out_are_unknown():
    texts = ["a b c", "a b d", "a b e", "a b"] * 4
    model = small_model(level="word", max_tokens=6).fit(texts)
    assert model.vocabulary_ == {"a": 4, "b": 5}
    assert_same_bits(model.score_samples(["a b c"]), model.score_samples(["a b z"]))
    assert model.next_token_proba(["a b"])[0, UNKNOWN] > 0.01
    assert small_model(level="word", min_df=0.9).fit(texts).vocabulary_ == {"a": 4, "b": 5}
    lower = small_model(lowercase=True).fit(["Ab", "aB"] * 10)
    assert set(lower.vocabulary_) == {"a", "b"}
    assert_same_bits(lower.score_samples(["AB"]), lower.score_samples(["ab"]))


# Streams


TOKENS = st.lists(st.lists(st.integers(4, 9), max_size=12), min_size=1, max_size=8)


def as_texts(lists):
    return texts_of([np.array([*tokens, END], dtype=np.int32) for tokens in lists])


def pairs(run):
    return list(itertools.pairwise(run))


def whole(lists):
    run = [END]
    for tokens in lists:
        run += [*tokens, END]
    return run


@given(TOKENS, st.integers(1, 5), st.integers(1, 7))
def test_every_token_is_told_once_after_the_one_before_it(lists, n_streams, n_steps):
    found = pieces(as_texts(lists), n_streams, n_steps)
    n = min(n_streams, len(whole(lists)) - 1)
    assert len(found) % n == 0
    assert found.n_steps == n_steps + 1 and not found.is_ragged
    rows = found.dense().reshape(-1, n, n_steps + 1)
    told = []
    for stream in range(n):
        run = rows[:, stream]
        # The last token of a piece is the first of the stream's next.
        assert (run[1:, 0] == run[:-1, -1]).all()
        tokens = [*run[:, :-1].ravel(), run[-1, -1]]
        told += [pair for pair in pairs(tokens) if pair[1] != PADDING]
    assert told == pairs(whole(lists))
    n_told = [(rows[:, stream, 1:] != PADDING).sum() for stream in range(n)]
    assert max(n_told) - min(n_told) <= 1


@given(TOKENS, st.floats(0.01, 0.99))
def test_the_last_part_is_held_out(lists, fraction):
    train, held_out = split_last(as_texts(lists), fraction)
    told = pairs(pieces(train, 1, 1000).dense()[0])
    told = [(int(a), int(b)) for a, b in told if b != PADDING]
    if held_out is None:
        assert len(whole(lists)) == 2
    else:
        later = [p for row in held_out.dense() for p in pairs(row) if p[1] != PADDING]
        assert len(later) == min(
            math.ceil(fraction * (len(whole(lists)) - 1)), len(told + later) - 1
        )
        told += later
    assert told == pairs(whole(lists))


@given(TOKENS, st.floats(0.01, 0.99), st.integers(0, 5))
def test_random_texts_are_held_out_whole(lists, fraction, seed):
    texts = as_texts(lists)
    train, held_out = split_random(texts, fraction, seed)
    found = [tuple(row[row != 0]) for part in (train, held_out) if part for row in part.dense()]
    assert sorted(found) == sorted((END, *tokens, END) for tokens in lists)
    assert (held_out is None) == (len(lists) == 1)
    rows = iter(pieces(train, 1, 1000).dense()[0])
    assert next(rows) == END


@pytest.mark.parametrize(
    ("n_tokens", "n_streams"),
    [(1, 1), (159, 1), (160, 2), (319, 2), (320, 4), (479, 4), (10**6, 6)],
)
def test_short_texts_have_few_streams(n_tokens, n_streams):
    """Never less than 8 pieces of 10 tokens in each of several."""
    texts = as_texts([[4] * (n_tokens - 1)])
    assert stream_count(texts, 6, 10) == n_streams
    found = pieces(texts, n_streams, 10)
    assert len(found) >= 8 * n_streams or n_streams == 1


def test_memory_is_that_of_the_text():
    tokens = np.full(5_000_000, 4, dtype=np.int32)
    found = pieces(texts_of([tokens]), 32, 100)
    assert found.values.nbytes < 1.01 * tokens.nbytes
    assert found.starts.nbytes < 0.03 * tokens.nbytes
    assert found.lengths.base.nbytes < 100
    assert len(streams(texts_of([tokens]), 64)) == 64


# As an estimator


def test_validation_loss_is_that_of_the_texts_held_out():
    model = small_model(epochs=4, learning_rate=1e-3)
    model.fit(TEXTS[:20], X_val=TEXTS[20:])
    assert model.best_epoch_ == 4
    assert model.history_["val_loss"][-1] == pytest.approx(-model.score(TEXTS[20:]), rel=1e-6)


def test_validation_on_the_last_part_or_on_random_texts():
    """The last texts are of other letters than the rest."""
    texts = ["abab"] * 180 + ["zyxz"] * 20
    last = small_model(epochs=4, validation="last").fit(texts).history_["val_loss"][-1]
    random = small_model(epochs=4, validation="random").fit(texts).history_
    assert last > 3 > random["val_loss"][-1]
    assert small_model(epochs=4).fit(texts).history_ == random
    one = small_model(epochs=4).fit(["".join(texts)]).history_["val_loss"][-1]
    assert one > 3
    assert "val_loss" not in small_model(early_stopping=False).fit(texts).history_


def test_training_lowers_the_loss():
    model = small_model(units=16, epochs=30).fit(["abcd" * 100])
    assert model.score(["abcd" * 10]) > -0.4
    assert model.perplexity(["dcba" * 10]) > 20


@pytest.mark.parametrize("params", [{"dropout": 0.3}, {"recurrent_dropout": 0.3}], ids=str)
def test_dropout_is_for_training_alone(params):
    model = small_model(**params).fit(TEXTS)
    assert_same_bits(model.score_samples(TEXTS), model.score_samples(TEXTS))
    assert_same_bits(model.weights_, small_model(**params).fit(TEXTS).weights_)
    assert_other_bits(model.weights_, small_model().fit(TEXTS).weights_)
    np.testing.assert_allclose(
        model.score_samples(["bad cab"]), log_likelihood_by_keras(model, "bad cab"), rtol=1e-6
    )


def test_search():
    grid = {"learning_rate": [1e-6, 0.05]}
    search = GridSearchCV(small_model(epochs=10), grid, cv=KFold(3)).fit(TEXTS)
    assert search.best_params_ == {"learning_rate": 0.05}
    assert search.score(TEXTS) == search.best_estimator_.score(TEXTS)
    scores = cross_val_score(small_model(), np.array(TEXTS, dtype=object), cv=KFold(3))
    assert np.isfinite(scores).all()


def test_training_goes_on_with_the_vocabulary_it_has():
    model = small_model().partial_fit(["abab", "ba"])
    assert model.n_iter_ == 1
    model.partial_fit(["abc"])
    assert set(model.vocabulary_) == {"a", "b"}
    assert model.n_iter_ == len(model.history_["loss"]) == 2
    model.set_params(warm_start=True, epochs=3).fit(["bac"])
    assert model.n_iter_ == 5
    assert set(model.vocabulary_) == {"a", "b"}
    assert set(model.set_params(warm_start=False).fit(["bac"]).vocabulary_) == {"a", "b", "c"}


def test_few_tokens():
    model = small_model().fit(["a"])
    assert np.isfinite(model.score(["a"]))
    assert np.isfinite(small_model().fit(["", "", "b"]).score([""]))


def test_unfitted():
    for name, args in {"sample": (), "score_samples": (["a"],), "perplexity": (["a"],)}.items():
        with pytest.raises(NotFittedError):
            getattr(RNNLanguageModel(), name)(*args)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ("a text", r"string object received\. Put a single text in a list: \[text\]"),
        ([], r"Expected at least one text, got 0 samples.*''"),
        ([1, 2], r"Expected every text to be a str.*got 1 \(int\) in row 0"),
        (np.zeros((3, 2)), r"Expected texts in one dimension.*shape \(3, 2\)"),
        (["a", None], r"got None in row 1\. A missing text is not an empty one"),
        (["", ""], r"Expected texts with at least one token, got 2 without any"),
    ],
    ids=str,
)
def test_what_is_no_text(X, message):
    with pytest.raises(ValueError, match=message):
        small_model().fit(X)


def test_what_is_no_text_when_scored(model):
    with pytest.raises(ValueError, match="Put a single text in a list"):
        model.score_samples("abc")
    with pytest.raises(ValueError, match="Expected at least one text"):
        model.score([])


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"level": "byte"}, "level"),
        ({"n_steps": 0}, "n_steps"),
        ({"max_tokens": 4}, "max_tokens"),
        ({"units": (4, 0)}, "units"),
        ({"optimizer": "lion"}, "optimizer"),
        ({"dropout": 1.0}, "dropout"),
    ],
    ids=str,
)
def test_parameters_are_checked(params, message):
    with pytest.raises(ValueError, match=f"The '{message}' parameter"):
        small_model(**params).fit(TEXTS)


@pytest.mark.parametrize(
    "how",
    [
        {"max_len": 0},
        {"max_len": 2.5},
        {"temperature": -1},
        {"top_k": 0},
        {"top_p": 0},
        {"top_p": 1.5},
        {"n_samples": 0},
        {"random_state": "a"},
    ],
    ids=str,
)
def test_arguments_of_sample_are_checked(model, how):
    with pytest.raises(ValueError, match=f"The {next(iter(how))!r} parameter of sample must be"):
        model.sample(**how)


def test_prompts_that_are_none(model):
    with pytest.raises(ValueError, match="Expected every text to be a str"):
        model.sample(3)


def test_sequences_of_texts_share_one_run():
    texts = as_texts([[4, 5], [], [6]])
    assert isinstance(texts, Sequences)
    assert texts.values.tolist() == [END, 4, 5, END, END, 6, END]
    assert [row[row != 0].tolist() for row in texts.dense()] == [
        [END, 4, 5, END],
        [END, END],
        [END, 6, END],
    ]
