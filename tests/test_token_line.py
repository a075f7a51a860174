"""A linear model of counted tokens beside networks that read texts."""

import pickle

import numpy as np
import pytest
from scipy.special import logit
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, RidgeCV

from skrnn import RNNClassifier, RNNRegressor, load, save

from .common import SMALL, USUAL, assert_same_bits

N_SAMPLES, N_TOKENS = 150, 9
HELD_OUT = {**SMALL, **USUAL, "embedding_dim": 3, "validation_fraction": 0.2}
rng = np.random.default_rng(0)
TEXTS = [rng.integers(1, N_TOKENS, size=rng.integers(2, 7)) for _ in range(N_SAMPLES)]
GOOD = np.array([float((text > 5).sum() - (text == 2).sum()) for text in TEXTS])
WEIGHTS = np.where(np.arange(N_SAMPLES) % 3, 1.0, 2.0)
PADDED = np.array([[*text, *[0] * (7 - len(text))] for text in TEXTS])


def terms_of(text):
    """All terms up to four letters long: | is an end."""
    line = ["|", *map(str, text), "|"]
    rows = [line[i : i + n] for n in (1, 2, 3, 4) for i in range(len(line) - n + 1)]
    return [" ".join(row) for row in rows if row != ["|"]]


def weights_of_terms():
    return TfidfVectorizer(analyzer=terms_of, sublinear_tf=True).fit_transform(TEXTS)


@pytest.fixture(scope="module")
def classifier():
    return RNNClassifier(**HELD_OUT).fit(TEXTS, GOOD > 0, WEIGHTS)


@pytest.fixture(scope="module")
def alone():
    return RNNClassifier(**HELD_OUT, baseline=None).fit(TEXTS, GOOD > 0, WEIGHTS)


def test_log_odds_are_a_mean_with_those_of_a_logistic_regression(classifier, alone):
    assert_same_bits(classifier.weights_, alone.weights_)
    table = weights_of_terms()
    line = LogisticRegression(C=10, max_iter=1000).fit(table, GOOD > 0, WEIGHTS / WEIGHTS.mean())
    share = classifier.token_line_["share"]
    assert 0.5 < share <= 1  # two epochs teach a network less
    expected = share * line.decision_function(table) + (1 - share) * logit(
        alone.predict_proba(TEXTS)[:, 1]
    )
    found = logit(classifier.predict_proba(TEXTS)[:, 1])
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3)
    assert classifier.score(TEXTS, GOOD > 0) > alone.score(TEXTS, GOOD > 0) + 0.1


def test_numbers_are_a_mean_with_those_of_a_ridge_regression():
    y = np.column_stack([100 + GOOD, -GOOD])
    y[::7, 1] = np.nan
    params = {**HELD_OUT, "learning_rate": 1e-30}  # a network that knows nothing
    network = RNNRegressor(**params).fit(TEXTS, y)
    assert network.token_line_["share"] == 1
    table = weights_of_terms()
    for output in range(2):
        known = ~np.isnan(y[:, output])
        mean, scale = network.target_mean_[output], network.target_scale_[output]
        ridge = RidgeCV(np.logspace(-2, 5, 15))
        ridge.fit(table[known], (y[known, output] - mean) / scale)
        expected = ridge.predict(table) * scale + mean
        np.testing.assert_allclose(network.predict(TEXTS)[:, output], expected, atol=1e-5)


def test_a_line_for_each_label():
    Y = np.column_stack([GOOD > 0, GOOD > 1]).astype(int)
    network = RNNClassifier(**{**HELD_OUT, "learning_rate": 1e-30}).fit(TEXTS, Y)
    share, table = network.token_line_["share"], weights_of_terms()
    assert share > 0.5
    network.token_line_["share"] = 1.0
    lines = [LogisticRegression(C=10, max_iter=1000).fit(table, y) for y in Y.T]
    expected = np.column_stack([line.predict_proba(table)[:, 1] for line in lines])
    np.testing.assert_allclose(network.predict_proba(TEXTS), expected, atol=1e-4)


@pytest.mark.parametrize("form", ["padded", "padded before", "each alone"])
def test_padding_is_no_token(classifier, form):
    expected = classifier.predict_proba(TEXTS)
    if form == "each alone":
        for i in (0, 9):
            assert_same_bits(classifier.predict_proba(TEXTS[i : i + 1])[0], expected[i])
        return
    X = PADDED if form == "padded" else np.array([np.roll(x, (x == 0).sum()) for x in PADDED])
    np.testing.assert_allclose(classifier.predict_proba(list(X)), expected, atol=1e-6)


def test_it_stays_when_training_goes_on_and_on_disk(classifier, tmp_path):
    network = pickle.loads(pickle.dumps(classifier))
    save(network, tmp_path / "network.skrnn")
    for other in (network, load(tmp_path / "network.skrnn")):
        assert_same_bits(other.predict_proba(TEXTS), classifier.predict_proba(TEXTS))
    network.partial_fit(TEXTS, GOOD > 0)
    assert_same_bits(network.token_line_["coef"], classifier.token_line_["coef"])
    assert network.token_line_["share"] == classifier.token_line_["share"]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ({"share": 2.0}, "share of token_line_ from 0 to 1, got 2.0"),
        ({"n_tokens": 5}, "token_line_ of 9 tokens, with up to 4 in a row, got 5 and 4"),
        ({"idf": np.ones(3)}, "token_line_ of the shapes"),
        ({"terms": np.zeros(1, int), "idf": np.ones(1), "coef": np.ones((1, 2))}, "of the shapes"),
        ({"more": 1}, "a line of tokens in token_line_"),
    ],
)
def test_a_damaged_line_is_refused(classifier, tmp_path, damage, message):
    network = pickle.loads(pickle.dumps(classifier))
    network.token_line_ |= damage
    with pytest.raises(ValueError, match=message):
        save(network, tmp_path / "network.skrnn")


def test_few_texts_train_the_network_that_is_alone():
    """A part of them judges the line; the network learns from all of them nevertheless."""
    params = {**HELD_OUT, "early_stopping": "auto", "n_networks": 2}
    network, alone = (
        RNNClassifier(**params, baseline=baseline).fit(TEXTS, GOOD > 0)
        for baseline in ("auto", None)
    )
    assert_same_bits(network.weights_, alone.weights_)
    assert network.token_line_["share"] > 0.5
    assert network.n_networks_ == 2
    assert alone.token_line_ is None


def test_no_line_of_tokens(alone):
    assert alone.token_line_ is None
    for params in ({"early_stopping": False}, {"validation_fraction": 0.1}):
        network = RNNClassifier(**{**HELD_OUT, **params}).fit(TEXTS, GOOD > 0)
        assert network.token_line_ is None  # nothing, or too little, to judge it by
    with pytest.raises(ValueError, match=r"Expected baseline='linear' with sequences of numbers"):
        RNNRegressor(**HELD_OUT, baseline="linear").fit(TEXTS, GOOD)


def test_no_keras_model_counts_tokens(classifier):
    with pytest.raises(ValueError, match=r"Expected networks alone for to_keras.*baseline=None"):
        classifier.to_keras()


def run_in_onnx(network, X):
    pytest.importorskip("onnx")
    onnxruntime = pytest.importorskip("onnxruntime")
    session = onnxruntime.InferenceSession(network.to_onnx().SerializeToString())
    return session.run(None, {"X": X})[0]


def test_the_onnx_model_counts_tokens(classifier):
    """Wherever the padding stands; of tokens that no fit has seen, and of a text without any."""
    np.testing.assert_allclose(
        run_in_onnx(classifier, PADDED), classifier.predict_proba(TEXTS), atol=1e-6
    )
    given = np.zeros((4, 12), dtype=np.int64)
    given[0, ::2], given[1, [3, 4, 9]], given[2, 5] = TEXTS[0][0], [5, 20, 5], 8
    np.testing.assert_allclose(
        run_in_onnx(classifier, given), classifier.predict_proba(given), atol=1e-6
    )


def test_the_onnx_model_counts_pairs_of_many_tokens():
    """Two networks, and numbers; words have pairs where letters have up to four in a row."""
    many = [text + 300 * (text > 3) for text in TEXTS]
    padded = PADDED + 300 * (PADDED > 3)
    network = RNNRegressor(**HELD_OUT, n_networks=2).fit(many, 100 + GOOD)
    assert network.token_line_["n_in_a_row"] == 2 and network.token_line_["share"] > 0.5
    np.testing.assert_allclose(run_in_onnx(network, padded), network.predict(many), rtol=1e-6)
