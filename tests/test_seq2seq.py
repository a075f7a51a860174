"""RNNSeq2Seq against plain Keras layers, exhaustive search and answers worked by hand."""

import itertools
import pickle

import numpy as np
import pandas as pd
import pytest
from scipy.special import log_softmax
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, KFold

from skrnn import AttentionDisplay, RNNSeq2Seq

from .common import assert_other_bits, assert_same_bits, outputs_of

WORDS = "zero one two three four five six seven eight nine".split()
SMALL = {
    "units": 5,
    "embedding_dim": 3,
    "epochs": 1,
    "batch_size": 32,
    "early_stopping": False,
    "random_state": 0,
}
# Cells that compile fast, where the test is not about cells.
PLAIN = {"cell": "simple", "bidirectional": False}
# One of the networks that are compared with Keras, to share its program.
NO_ATTENTION = {"attention": None, **PLAIN}
# Three characters in, up to three at a time, and three tokens out: the tiny cases share programs.
TINY = {"max_len": 2, "beam_width": 16, **PLAIN}
TINY_X, TINY_Y = ["abc", "cab", "bbb", "b"] * 10, ["x y", "z", "", "y x"] * 10
START, END = 2, 3


def small(**params):
    """A network that fits in no time once its program is compiled."""
    return RNNSeq2Seq(**{**SMALL, "source_level": "char", **params})


@pytest.fixture(scope="module")
def numerals():
    """Numbers as figures, of 1 to 4 characters, and as words."""
    X = [str(i) for i in np.random.default_rng(0).permutation(2000)[:400]]
    return X, [" ".join(WORDS[int(figure)] for figure in x) for x in X]


@pytest.fixture(scope="module")
def fitted(numerals):
    """A network that reads and writes numbers well, but for some."""
    return small(units=16, embedding_dim=8, epochs=30, learning_rate=0.02).fit(*numerals)


def source_ids(network, X):
    """Padded ids of texts by their characters."""
    ids = np.zeros((len(X), max(map(len, X))), dtype=np.int32)
    for row, x in zip(ids, X, strict=True):
        row[: len(x)] = [network.source_vocabulary_.get(c, 1) for c in x]
    return ids


def target_ids(network, y):
    """Padded ids of texts by their words, the end included."""
    ids = [[*(network.target_vocabulary_.get(w, 1) for w in t.split()), END] for t in y]
    padded = np.zeros((len(y), max(map(len, ids))), dtype=np.int32)
    for row, i in zip(padded, ids, strict=True):
        row[: len(i)] = i
    return padded


def one_late(ids):
    return np.concatenate([np.full((len(ids), 1), START), ids[:, :-1]], axis=1)


def keras_log_proba(network, X, fed):
    """Log-probabilities of the next token after each one that is fed, by plain Keras layers."""
    logits = outputs_of(network.to_keras(), source_ids(network, X), fed)
    return log_softmax(logits.astype(float), axis=-1)


@pytest.mark.parametrize(
    ("attention", "cell", "params"),
    [
        ("dot", "gru", {}),
        (None, "simple", {"bidirectional": False}),
        ("additive", "simple", {"units": (5, 4), "bidirectional": False}),
        ("dot", "lstm", {"units": (5, 4)}),
    ],
)
def test_log_probabilities_equal_keras_layers(numerals, attention, cell, params):
    X, y = numerals
    network = small(attention=attention, cell=cell, **params).fit(X, y)
    ids = target_ids(network, y[:40])
    log_p = keras_log_proba(network, X[:40], one_late(ids))
    of_tokens = np.take_along_axis(log_p, ids[:, :, None], axis=2)[:, :, 0]
    expected = (of_tokens * (ids != 0)).sum(axis=1)
    np.testing.assert_allclose(network.score_samples(X[:40], y[:40]), expected, atol=2e-5)


@pytest.mark.parametrize(("attention", "cells"), [("dot", {}), ("additive", PLAIN)])
def test_a_training_step_equals_keras(numerals, attention, cells):
    """One batch, plain gradient steps: the loss and every weight after it."""
    import tensorflow as tf

    X, y = (part[:32] for part in numerals)
    y = [" ".join([text] * 3) for text in y]  # more than one block of the read-out
    params = {
        "attention": attention,
        **cells,
        "optimizer": "sgd",
        "learning_rate": 0.5,
        "clipnorm": None,
    }
    before = small(**{**params, "learning_rate": 1e-30}).fit(X, y)
    after = small(**params).fit(X, y)
    model = before.to_keras()
    ids = target_ids(before, y)
    present = (ids != 0).astype("float32")
    with tf.GradientTape() as tape:
        logits = model([source_ids(before, X), one_late(ids)], training=True)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(ids, logits)
        loss = tf.reduce_sum(losses * present) / present.sum()
    gradients = tape.gradient(loss, model.trainable_variables)
    for variable, gradient in zip(model.trainable_variables, gradients, strict=True):
        variable.assign_sub(0.5 * tf.convert_to_tensor(gradient))
    np.testing.assert_allclose(after.history_["loss"], [float(loss)], rtol=1e-5)
    ours, theirs = (
        sorted(weights, key=lambda w: (w.shape, float(np.abs(w).sum())))
        for weights in (after.weights_, model.get_weights())
    )
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, atol=2e-6)


def greedy_by_hand(network, X, max_len):
    """Take the most probable next token again and again, with one Keras call a step."""
    fed = np.full((len(X), 1), START)
    ended = np.zeros(len(X), dtype=bool)
    for step in range(max_len + 1):
        log_p = keras_log_proba(network, X, fed)[:, -1]
        log_p[:, :3] = -np.inf  # padding, unknown and start are never written
        if step == max_len:
            log_p[:, END + 1 :] = -np.inf
        token = np.where(ended, 0, log_p.argmax(axis=1))
        ended |= token == END
        fed = np.concatenate([fed, token[:, None]], axis=1)
    names = {i: word for word, i in network.target_vocabulary_.items()}
    return [" ".join(names[i] for i in row[1:] if i > END) for row in fed]


def test_beam_width_one_is_the_greedy_search(fitted, numerals):
    X = [*numerals[0][:30], "98765", "0"]
    expected = greedy_by_hand(fitted, X, fitted.max_len_)
    assert fitted.predict(X).tolist() == expected


def test_a_wide_beam_finds_the_best_sequence_of_all():
    """Every output of up to two of three tokens, by exhaustion."""
    network = small(**TINY).fit(TINY_X, TINY_Y)
    outputs = [" ".join(words) for n in range(3) for words in itertools.product("xyz", repeat=n)]
    for x in ("abc", "cab", "bbb"):
        # The output of two tokens may be cut before its end, which is not counted then.
        log_p = network.score_samples([x] * len(outputs), outputs)
        found, found_log_p = network.predict([x], return_log_proba=True)
        assert found[0] == outputs[log_p.argmax()]
        np.testing.assert_allclose(found_log_p[0], log_p.max(), atol=1e-5)


def test_what_decoding_reports_is_what_the_network_gives_to_the_output(fitted, numerals):
    network = clone(fitted).set_params(beam_width=3)
    vars(network).update({k: v for k, v in vars(fitted).items() if k.endswith("_") or k[0] == "_"})
    for searcher in (fitted, network):
        y, log_p = searcher.predict(numerals[0][:60], return_log_proba=True)
        ended = [len(t.split()) <= fitted.max_len_ for t in y]
        assert all(ended)
        taught = fitted.score_samples(numerals[0][:60], y.tolist())
        np.testing.assert_allclose(log_p, taught, atol=1e-5)


def test_a_wider_beam_is_not_worse(fitted, numerals):
    X = [str(i) for i in range(5000, 5060)]
    widths = {}
    for width in (1, 3):
        widths[width] = fitted.set_params(beam_width=width).predict(X, return_log_proba=True)[1]
    fitted.set_params(beam_width=1)
    assert widths[3].mean() >= widths[1].mean()
    assert numerals is not None


def test_it_learns(fitted):
    X = [str(i) for i in range(2000) if i % 7 == 0]
    y = [" ".join(WORDS[int(figure)] for figure in x) for x in X]
    assert fitted.score(X, y) > 0.95
    assert fitted.score(X, y, metric="exact_match") > 0.85


def test_scores_by_hand(fitted):
    X = ["123", "7"]
    assert fitted.predict(X).tolist() == ["one two three", "seven"]
    # Three of four tokens are right; an insertion counts as an error too.
    assert fitted.score(X, ["one two four", "seven"]) == pytest.approx(3 / 4)
    weighted = fitted.score(X, ["one two three", "one"], sample_weight=[3, 1])
    assert weighted == pytest.approx(1 - 1 / 10)
    assert fitted.score(X, ["two three", "seven"]) == pytest.approx(1 - 1 / 3)
    assert fitted.score(X, ["one two three", "one"], metric="exact_match") == 0.5
    with pytest.raises(ValueError, match=r"Expected metric to be one of .*exact_match.*, got 'no'"):
        fitted.score(X, ["one", "seven"], metric="no")


def test_attention_looks_where_the_figure_is(fitted, numerals):
    (shares,) = fitted.attention_weights(["1234"])
    assert shares.shape == (5, 4)  # four words and the end
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-12)
    short, long = fitted.attention_weights(["7", "1234"], ["seven", "one two three four"])
    assert short.shape == (2, 1)
    np.testing.assert_allclose(long, shares, atol=1e-6)
    with pytest.raises(ValueError, match=r"Expected a network with attention"):
        small(**NO_ATTENTION).fit(*numerals).attention_weights(["a"])


def test_states_are_those_of_the_encoder(fitted):
    import keras

    model = fitted.to_keras()
    (encoder,) = [layer for layer in model.layers if layer.name.startswith("bidirectional")]
    steps, *_ = encoder.output
    expected = outputs_of(keras.Model(model.inputs[0], steps), source_ids(fitted, ["12", "345"]))
    ahead, back = (
        fitted.cell_states(["12", "345"], backward=way)["hidden"] for way in (False, True)
    )
    assert np.isnan(ahead[0, 2]).all()
    np.testing.assert_allclose(ahead[1], expected[1, :, :16], atol=1e-5)
    np.testing.assert_allclose(back[0, :2], expected[0, :2, 16:], atol=1e-5)


def test_a_picture_of_the_attention(fitted):
    import matplotlib.pyplot as plt

    display = AttentionDisplay.from_estimator(fitted, "1234")
    np.testing.assert_array_equal(display.image_.get_array(), fitted.attention_weights(["1234"])[0])
    labels = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert labels == ["one", "two", "three", "four", "(end)"]
    assert [label.get_text() for label in display.ax_.get_xticklabels()] == list("1234")
    plt.close(display.figure_)


def test_later_outputs_do_not_change_earlier_probabilities(fitted):
    """The probability of a beginning is the same whatever comes after it."""
    ids = np.array([[START, 5, 6, 7], [START, 5, 9, 4]])
    log_p = keras_log_proba(fitted, ["123", "123"], ids)
    assert_same_bits(log_p[0, :2], log_p[1, :2])
    first = fitted.attention_weights(["123"] * 2, ["one two three", "one nine nine"])
    assert_same_bits(first[0][:2], first[1][:2])


def test_any_company_and_any_order(fitted, numerals):
    X = numerals[0][:50]
    alone = [fitted.predict([x])[0] for x in X[:5]]
    assert fitted.predict(X).tolist()[:5] == alone
    assert fitted.predict(X[::-1]).tolist() == fitted.predict(X).tolist()[::-1]


def test_longer_inputs_than_in_training(fitted):
    # None of the fit has more than 4; as many as in the greedy search by hand share its program.
    assert len(fitted.predict(["12345678"])) == 1


def test_the_length_penalty_chooses_among_what_was_found():
    network = small(**TINY).fit(TINY_X, TINY_Y)
    lengths = []
    for penalty in (-5.0, 0.0, 5.0):
        y = network.set_params(length_penalty=penalty).predict(["abc"])
        lengths.append(len(y[0].split()))
    assert lengths == sorted(lengths)
    assert lengths[0] < lengths[-1]


OF_VECTORS = {
    **PLAIN,
    "level": "char",
    "units": 16,
    "embedding_dim": 4,
    "learning_rate": 0.02,
    "random_state": 0,
}


def test_vectors_to_sequences(rng):
    """A vector is a sequence of a single step."""
    X = rng.normal(size=(200, 3)) * [1, 10, 100] + 5
    y = ["".join("ab"[int(v)] for v in row) for row in X > 5]
    network = RNNSeq2Seq(**OF_VECTORS, epochs=40).fit(X, y)
    assert network.n_features_in_ == 3
    assert network.score(X, y) > 0.9
    steps = RNNSeq2Seq(**OF_VECTORS, epochs=1).fit(X[:, None], y)
    assert_same_bits(steps.weights_, RNNSeq2Seq(**OF_VECTORS, epochs=1).fit(X, y).weights_)


def test_ragged_sequences_of_numbers(rng):
    X = [rng.normal(size=(n, 2)) for n in rng.integers(1, 6, size=80)]
    y = ["".join("-+"[int(v)] for v in x[:, 0] > 0) for x in X]
    network = RNNSeq2Seq(
        level="char",
        bidirectional=False,
        units=12,
        embedding_dim=4,
        epochs=60,
        learning_rate=0.02,
        early_stopping=False,
        random_state=0,
    ).fit(X, y)
    assert network.score(X, y) > 0.8
    assert network.predict(X[:3])[0] == network.predict(X[:1])[0]


def test_token_lists(numerals):
    X, y = numerals
    lists = small(**NO_ATTENTION).fit([list(x) for x in X], [t.split() for t in y])
    texts = small(**NO_ATTENTION).fit(X, y)
    assert_same_bits(lists.weights_, texts.weights_)
    written = lists.predict([list("123")])
    assert isinstance(written[0], list)
    assert " ".join(written[0]) == texts.predict(["123"])[0]


def test_characters_are_joined_without_blanks():
    network = RNNSeq2Seq("char", **SMALL, **TINY).fit(["a b", "b"] * 10, ["b a", "b"] * 10)
    assert set(network.target_vocabulary_) == set("ab ")
    (written,) = network.predict(["a b"])
    assert set(written) <= set("ab ")
    assert len(written) <= network.max_len_


def test_no_more_than_max_len_is_written(fitted):
    # Two tokens at most: test_a_wide_beam_finds_the_best_sequence_of_all.
    y, log_p = fitted.set_params(max_len=1).predict(["123"], return_log_proba=True)
    assert len(y[0].split()) == 1
    np.testing.assert_allclose(log_p, fitted.score_samples(["123"], list(y)), atol=1e-5)
    fitted.set_params(max_len=None)


def test_empty_token_lists():
    X, y = [["a", "b", "c"], [], ["b"]] * 10, [["x"], [], ["y", "z"]] * 10
    network = small(**TINY).fit(X, y)
    assert len(network.predict([[]])) == 1
    assert np.isfinite(network.score_samples([X[0]], [[]])).all()
    (shares,) = network.attention_weights([X[0]], [[]])
    assert shares.shape == (1, 3)


def test_parameters_of_reading_are_those_of_the_fit(numerals):
    X, y = numerals
    network = small(**NO_ATTENTION).fit(X, y)
    before = network.score_samples(X[:9], y[:9])
    network.set_params(source_level="word", target_level="char", lowercase=True)
    assert_same_bits(network.score_samples(X[:9], y[:9]), before)


def test_vectors_are_no_windows_of_a_series(rng):
    """They may be sorted, so early stopping takes some of them at random."""
    X = np.sort(rng.normal(size=(60, 3)), axis=0)
    y = ["".join("ab"[int(v)] for v in row) for row in X > 0]
    networks = [
        RNNSeq2Seq(**OF_VECTORS, epochs=2, validation=kind).fit(X, y) for kind in ("auto", "random")
    ]
    assert_same_bits(networks[0].weights_, networks[1].weights_)
    assert networks[0].history_ == networks[1].history_


def test_empty_inputs_and_outputs():
    network = small(**TINY).fit(["abc", "", "b"] * 10, ["x", "", "y z"] * 10)
    assert len(network.predict(["", "ab", "zzz"])) == 3
    assert np.isfinite(network.score_samples(["", "abc"], ["", "x"])).all()


def test_scheduled_sampling(numerals):
    X, y = numerals
    plain = small(**NO_ATTENTION).fit(X, y)
    never, *half = (
        small(scheduled_sampling=share, **NO_ATTENTION).fit(X, y) for share in (0.0, 0.5, 0.5)
    )
    assert_same_bits(never.weights_, plain.weights_)
    assert_other_bits(half[0].weights_, plain.weights_)
    assert_same_bits(half[1].weights_, half[0].weights_)


def test_dropout_is_random_by_its_seed(numerals):
    X, y = numerals
    params = {"dropout": 0.3, "recurrent_dropout": 0.3, **NO_ATTENTION}
    first = small(**params).fit(X, y)
    assert_same_bits(small(**params).fit(X, y).weights_, first.weights_)
    assert_other_bits(small(**params, random_state=1).fit(X, y).weights_, first.weights_)


def test_sample_weights(numerals):
    """A sample of no weight is no sample, and has no say in the vocabulary's weights."""
    X, y = numerals
    weights = np.ones(len(X))
    weights[200:] = 0
    weighted = small(**NO_ATTENTION).fit(X, y, weights)
    assert_other_bits(weighted.weights_, small(**NO_ATTENTION).fit(X, y).weights_)
    np.testing.assert_array_equal(weighted.predict(X[:5]).shape, (5,))


def test_pickle_clone_and_search(numerals):
    X, y = (part[:120] for part in numerals)
    search = GridSearchCV(
        small(epochs=8, **NO_ATTENTION),
        {"learning_rate": [0.001, 0.02], "beam_width": [1]},
        cv=KFold(2),
    )
    search.fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.best_params_["learning_rate"] == 0.02
    copy = pickle.loads(pickle.dumps(search.best_estimator_))
    assert copy.predict(X[:20]).tolist() == search.predict(X[:20]).tolist()
    assert clone(copy).get_params() == copy.get_params()


def test_warm_start_and_partial_fit(numerals):
    X, y = numerals
    network = small(warm_start=True).fit(X, y)
    first = [w.copy() for w in network.weights_]
    network.fit(X, y)
    assert network.n_iter_ == 2
    assert_other_bits(network.weights_, first)
    stepwise = small().partial_fit(X, y).partial_fit(X, y)
    assert_same_bits(stepwise.weights_, network.weights_)


def test_validation_data(numerals):
    X, y = numerals
    network = small(epochs=2, early_stopping=True, **NO_ATTENTION).fit(
        X[:200], y[:200], X_val=X[200:], y_val=y[200:]
    )
    assert len(network.history_["val_loss"]) == 2
    log_p = network.score_samples(X[200:], y[200:]).sum()
    n_tokens = sum(len(t.split()) + 1 for t in y[200:])
    assert network.history_["val_loss"][-1] == pytest.approx(-log_p / n_tokens, rel=1e-5)


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        ("abc", ["x"], "string object received"),
        (["a", "b"], "xy", "string object received"),
        (["a", "b"], [1, 2], "Expected y to be texts or lists of tokens"),
        (["a", None], ["x", "y"], "Expected every text to be a str"),
        ([None, "a"], ["x", "y"], "got None in row 0"),
        ([np.nan, "a"], ["x", "y"], "got nan in row 0"),
        ([pd.NA, "a"], ["x", "y"], "got <NA> in row 0"),
        (["a", "b"], [None, "x"], "got None in row 0"),
        ([["a"], [None, "b"]], ["x", "y"], "tokens of text 1 to be str, got None"),
        ([[None, "b"], ["a"]], ["x", "y"], "tokens of text 0 to be str, got None"),
        (["a", "b"], ["x"], "inconsistent numbers of samples"),
        (["a", "b"], None, "requires y to be passed"),
        ([[1.0, np.inf], [1.0, 2.0]], ["x", "y"], "infinity"),
    ],
)
def test_bad_input(X, y, message):
    network = small()
    with pytest.raises(ValueError, match=message):
        network.fit(X, y)
    assert not hasattr(network, "weights_")
    assert not hasattr(network, "source_vocabulary_")


def test_another_kind_of_input_than_in_fit(fitted, numerals):
    with pytest.raises(ValueError, match=r"Expected X to be texts as in fit, got numbers"):
        fitted.predict(np.zeros((3, 2)))
    with pytest.raises(ValueError, match=r"Expected the network of the earlier fit"):
        small(warm_start=True).fit(*numerals).set_params(units=3).fit(*numerals)
