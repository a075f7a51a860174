"""Targets for every step: ragged, partly absent, weighted by class."""

import tracemalloc

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    cross_val_score,
    train_test_split,
)
from sklearn.pipeline import make_pipeline

from skrnn import SequenceTokenizer

from .common import (
    assert_same_bits,
    ragged_sequences,
    sequences,
    small_classifier,
    small_regressor,
)
from .test_engines import both_engines, with_absent_steps

TAGGER = {"return_sequences": True, "learning_rate": 0.01}


def tagged():
    """Ragged sequences, and at each step whether it is "low", "middle" or "high"."""
    X, _ = ragged_sequences()
    return X, [np.array(["low", "middle", "high"])[np.digitize(x[:, 0], [0, 1])] for x in X]


@pytest.mark.parametrize("ragged", [False, True])
@pytest.mark.parametrize("class_weight", [None, "balanced", {"low": 1, "middle": 2, "high": 5}])
def test_training_equals_keras_fit(class_weight, ragged):
    X, y = tagged()
    if not ragged:
        X, _ = sequences()
        y = np.array(["low", "middle", "high"])[np.digitize(X[:, :, 0], [0, 1])]
        X = with_absent_steps(X)
    weights = np.linspace(0.5, 2, len(X))

    def build(engine):
        return small_classifier(engine=engine, class_weight=class_weight, **TAGGER)

    compiled, portable = both_engines(build, X, y, weights)
    for ours, theirs in zip(compiled.weights_, portable.weights_, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=5e-6)
    assert compiled.history_.keys() == portable.history_.keys() == {"loss", "val_loss"}
    for name in compiled.history_:
        np.testing.assert_allclose(compiled.history_[name], portable.history_[name], rtol=2e-5)


@pytest.mark.parametrize("class_weight", [None, "balanced", {"low": 1, "middle": 2, "high": 5}])
def test_the_loss_by_hand(class_weight):
    """Over all present steps, each with the weights of its sample and of its class."""
    X, y = tagged()
    samples = np.linspace(0.5, 2, len(X))
    params = {"early_stopping": False, "batch_size": 64, "epochs": 1, "learning_rate": 1e-30}
    network = small_classifier(class_weight=class_weight, return_sequences=True, **params)
    network.fit(X, y, samples)
    tags, p = np.concatenate(y), np.concatenate(network.predict_proba(X))
    names, counts = np.unique(tags, return_counts=True)
    of_class = {
        None: dict.fromkeys(names, 1.0),
        "balanced": dict(zip(names, len(tags) / (3 * counts), strict=True)),
    }.get(class_weight if isinstance(class_weight, str | None) else "", class_weight)
    of_samples = np.repeat(samples, [len(t) for t in y])
    of_steps = np.array([float(of_class[t]) for t in tags])
    # Only the ratios of weights matter: both kinds are one in the mean.
    of_steps /= np.average(of_steps, weights=of_samples)
    weights = of_samples / samples.mean() * of_steps
    losses = -np.log(p[np.arange(len(tags)), np.searchsorted(names, tags)])
    # As in Keras, weights scale the loss and do not enter its denominator.
    assert network.history_["loss"][0] == pytest.approx((weights * losses).mean(), rel=1e-5)
    assert log_loss(tags, p, labels=names) == pytest.approx(losses.mean(), rel=1e-6)


def test_balanced_is_over_present_steps():
    """Labels at absent steps count in no frequency and in no loss."""
    X, _ = sequences()
    y = (X[:, :, 0] > 1).astype(int)
    X = with_absent_steps(X)
    absent = np.isnan(X[:, :, 0])
    counts = np.bincount(y[~absent])
    explicit = dict(enumerate(counts.sum() / (2 * counts)))
    params = {"early_stopping": False, **TAGGER}
    balanced = small_classifier(class_weight="balanced", **params).fit(X, y)
    by_hand = small_classifier(class_weight=explicit, **params).fit(X, np.where(absent, 1, y))
    assert_same_bits(balanced.weights_, by_hand.weights_)


def test_class_weights_find_the_rare_tag():
    X, _ = sequences(n_samples=200)
    y = np.where(X[:, :, 0] > 1.5, "event", "O")
    params = {**TAGGER, "epochs": 6}
    plain = small_classifier(**params).fit(X, y)
    balanced = small_classifier(class_weight="balanced", **params).fit(X, y)
    assert (balanced.predict(X) == "event").sum() > (plain.predict(X) == "event").sum()


def test_a_class_of_no_weight_and_samples_of_no_weight():
    """A sample none of whose steps has a weight is no sample."""
    X, y = tagged()
    y[0][:], y[1][:] = "low", "low"
    weight = {"low": 0, "middle": 1, "high": 1}
    params = {"early_stopping": False, **TAGGER}
    whole = small_classifier(class_weight=weight, **params).fit(X, y)
    kept = [i for i, t in enumerate(y) if (t != "low").any()]
    assert len(kept) < len(X)
    part = small_classifier(class_weight=weight, **params)
    part.fit([X[i] for i in kept], [y[i] for i in kept])
    for ours, theirs in zip(whole.weights_[1:], part.weights_[1:], strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-2)  # other scaling of X, else the same
    assert whole.n_iter_ == part.n_iter_


def test_what_stands_at_absent_steps_does_not_matter():
    X, _ = sequences()
    X = with_absent_steps(X)
    absent = np.isnan(X[:, :, 0])
    y = np.where(np.nan_to_num(X[:, :, 0]) > 0, "up", "down").astype(object)
    first = small_classifier(**TAGGER).fit(X, y)
    for filler in ("up", "", None, float("nan"), 7):
        other = y.copy()
        other[absent] = filler
        assert_same_bits(small_classifier(**TAGGER).fit(X, other).weights_, first.weights_)
        assert first.score(X, other) == first.score(X, y)


def test_a_padded_array_equals_a_list():
    """In the same order: of a list, like lengths come in one batch."""
    X, y = tagged()
    dense = np.full((len(X), 8, 2), np.nan)
    tags = np.full((len(X), 8), "", dtype="<U6")
    for i, (x, t) in enumerate(zip(X, y, strict=True)):
        dense[i, : len(x)], tags[i, : len(t)] = x, t
    params = {"validation": "random", "shuffle": False, "class_weight": "balanced", **TAGGER}
    listed = small_classifier(**params).fit(X, y)
    stacked = small_classifier(**params).fit(dense, tags)
    for a, b in zip(listed.weights_, stacked.weights_, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)
    assert listed.score(X, y) == stacked.score(dense, tags)


@pytest.mark.parametrize("tokens", [False, True])
def test_predictions_have_the_lengths_that_came_in(tokens):
    """Of sequences shorter and longer than any in training too, whatever else is predicted."""
    X, y = tagged()
    params = dict(TAGGER)
    if tokens:
        X = [np.digitize(x[:, 0], [-1, 0, 1]) + 2 for x in X]
        params["embedding_dim"] = 3
    network = small_classifier(**params).fit(X, y)
    long = np.concatenate([X[i] for i in range(5)])
    mixed = [X[0][:1], long, X[1]]
    for method in ("predict", "predict_proba", "predict_log_proba"):
        found = getattr(network, method)(mixed)
        assert [len(f) for f in found] == [1, len(long), len(X[1])]
        alone = getattr(network, method)([X[1]])[0]
        assert_same_bits(found[2], alone)
    assert network.predict(mixed)[1].dtype.kind == "U"
    p = np.concatenate(network.predict_proba(X))
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-15)


def test_a_tagger_learns_from_words(seed):
    """The tag of a word is its own kind, or "not" after the word 2: context counts."""
    rng = np.random.default_rng(seed)
    X = [rng.integers(2, 8, size=n).tolist() for n in rng.integers(2, 9, size=300)]
    kinds = np.array(["", "", "turn", "a", "a", "b", "b", "b"])
    y = [
        [("not" if i and x[i - 1] == 2 else str(kinds[token])) for i, token in enumerate(x)]
        for x in X
    ]
    network = small_classifier(
        return_sequences=True,
        embedding_dim=4,
        units=8,
        epochs=40,
        learning_rate=0.02,
        random_state=seed,
    ).fit(X[:200], y[:200])
    assert network.score(X[200:], y[200:]) > 0.95
    assert list(network.predict([[2, 3, 3]])[0]) == ["turn", "not", "a"]


def test_through_splitters_and_searches():
    X, y = tagged()
    tagger = small_classifier(early_stopping=False, **TAGGER)
    scores = cross_val_score(tagger, X, y, cv=KFold(3), error_score="raise")
    assert scores.shape == (3,)
    train = next(iter(KFold(3).split(X)))[0]
    test = np.setdiff1d(np.arange(len(X)), train)
    tagger.fit([X[i] for i in train], [y[i] for i in train])
    assert tagger.score([X[i] for i in test], [y[i] for i in test]) == scores[0]
    search = GridSearchCV(tagger, {"units": [4]}, cv=KFold(2), error_score="raise").fit(X, y)
    predicted = search.predict(X)
    assert search.score(X, y) == accuracy_score(np.concatenate(y), np.concatenate(predicted))
    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    assert tagger.fit(X_train, y_train).score(X_test, y_test) > 0


def test_numbers_at_ragged_steps_equal_keras():
    X, _ = ragged_sequences()
    y = [np.cumsum(x[:, 0]) for x in X]

    def build(engine):
        return small_regressor(engine=engine, **TAGGER)

    compiled, portable = both_engines(build, X, y)
    for ours, theirs in zip(compiled.weights_, portable.weights_, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=5e-6)
    assert [p.shape for p in compiled.predict(X)] == [t.shape for t in y]


def test_class_weights_of_several_labels_are_refused():
    X, _ = sequences()
    with pytest.raises(ValueError, match=r"class_weight=None for a multilabel y.*sample_weight"):
        small_classifier(class_weight="balanced").fit(X, (X[:, -1] > 0).astype(int))


def test_unknown_tags_in_class_weight():
    X, y = tagged()
    with pytest.raises(ValueError, match=r"\['high', 'middle'\], are not in class_weight"):
        small_classifier(class_weight={"low": 1, "absent": 2}, **TAGGER).fit(X, y)


def test_tags_of_words_behind_a_tokenizer():
    """The tokenizer pads its rows; the tags are those of the words, and so are the predictions."""
    texts = ["the cat sleeps", "a dog", "the old dog sleeps", "cat"] * 15
    kinds = {"the": "D", "a": "D", "old": "A", "cat": "N", "dog": "N", "sleeps": "V"}
    y = [[kinds[word] for word in text.split()] for text in texts]
    tagger = make_pipeline(
        SequenceTokenizer(),
        small_classifier(
            return_sequences=True, embedding_dim=4, epochs=40, learning_rate=0.05, units=8
        ),
    ).fit(texts, y)
    assert [list(tags) for tags in tagger.predict(texts[:4])] == y[:4]
    assert tagger.score(texts, y) == 1
    alone = tagger.predict(["a cat"])
    assert [list(tags) for tags in alone] == [["D", "N"]]
    with pytest.raises(ValueError, match=r"Expected y to have a target for every step"):
        tagger.fit(texts, [tags[:1] for tags in y])


def test_one_long_sequence_among_many_takes_no_memory_for_the_others():
    """Padded to the longest, the outputs alone would take 96 MB, and y 32."""
    X, y = tagged()
    network = small_classifier(early_stopping=False, **TAGGER).fit(X, y)
    many = [X[0][:2]] * 1000 + [np.resize(X[1], (4000, 2))]
    tags = [y[0][:2]] * 1000 + [np.resize(y[1], 4000)]
    network.predict([many[-1]])
    tracemalloc.start()
    assert len(network.predict_proba(many)[-1]) == 4000
    assert 0 <= network.score(many, tags) <= 1
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**24
