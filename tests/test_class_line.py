"""What networks, and a line beside them, say of classes, and how much of it counts."""

import warnings

import numpy as np
import onnxruntime
import pytest
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import RidgeCV
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline

from skrnn import LagWindows, RNNClassifier, load, save
from skrnn.exceptions import UninformativeFitWarning

from .common import SMALL as FAST
from .common import assert_same_bits, outputs_of, ragged_sequences, sequences

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

SMALL = {**FAST, "cell": "gru"}  # what a network learns beside a line is told of this cell
X, SIGNAL = sequences()
TWO = np.where(SIGNAL > 0, "up", "down")
KINDS = {
    "two": TWO,
    "three": np.digitize(SIGNAL, [-0.5, 0.5]),
    "labels": np.column_stack([SIGNAL > 0, X[:, -1, 0] > 0.2]).astype(int),
}
NOISE = np.random.default_rng(5).choice(["down", "up"], 60, p=[0.3, 0.7])
LONGER = {**SMALL, "epochs": 40, "learning_rate": 0.02}


@pytest.fixture(scope="module", params=KINDS)
def kind(request):
    """Classes that a line sees, and the network that was fitted to them."""
    return KINDS[request.param], RNNClassifier(**SMALL).fit(X, KINDS[request.param])


def test_what_a_line_sees_is_found_though_the_network_is_small():
    many, _ = sequences(seed=1, n_samples=600)
    rng = np.random.default_rng(2)
    weights = rng.normal(size=(6, 2))
    y = (many * weights).sum(axis=(1, 2)) + 2 * rng.normal(size=600) > 0
    train, test = slice(0, 60), slice(60, None)
    both = RNNClassifier(**LONGER).fit(many[train], y[train])
    alone = RNNClassifier(**LONGER, baseline=None).fit(many[train], y[train])
    assert both.score(many[test], y[test]) > alone.score(many[test], y[test]) + 0.02
    found, before = (log_loss(y[test], m.predict_proba(many[test])) for m in (both, alone))
    assert found < 0.9 * before and found < np.log(2)


def test_the_line_is_the_ridge_regression_of_scikit_learn():
    network = RNNClassifier(**SMALL).fit(X, TWO)
    scaled = (X - X.mean(axis=(0, 1))) / X.std(axis=(0, 1))
    shape = (X - X.mean(axis=1, keepdims=True)) / X.std(axis=1, keepdims=True)
    table = np.concatenate([scaled, shape], axis=2).reshape(60, -1)
    ridge = RidgeCV(np.logspace(-2, 5, 8)).fit(table, np.where(TWO == "up", 1, -1))
    ratios = network.line_["coef"][:, 0] / ridge.coef_
    np.testing.assert_allclose(ratios, ratios[0], rtol=1e-3)
    assert ratios[0] > 0 and 0 < network.line_["share"] <= 1
    # A sample in the middle of all has the shares of the classes.
    middle = (TWO == "up").mean() * 2 - 1
    logit = network.line_["intercept"] + ratios[0] * (middle - ridge.intercept_)
    np.testing.assert_allclose(1 / (1 + np.exp(-logit)), (TWO == "up").mean(), rtol=1e-3)


def test_probabilities_are_the_mean_by_the_share(kind):
    _, network = kind
    share, mean = network.line_["share"], network.predict_proba(X)
    of_each = []
    for only in (0.0, 1.0):
        network.line_["share"] = only
        of_each.append(network.predict_proba(X))
    network.line_["share"] = share
    np.testing.assert_allclose(mean, (1 - share) * of_each[0] + share * of_each[1], rtol=1e-6)
    np.testing.assert_allclose(np.exp(network.predict_log_proba(X)), mean, rtol=1e-9)


def test_its_other_forms_say_the_same(kind, tmp_path):
    _, network = kind
    expected = network.predict_proba(X)
    session = onnxruntime.InferenceSession(network.to_onnx().SerializeToString())
    np.testing.assert_allclose(session.run(None, {"X": X})[0], expected, atol=1e-6)
    found = outputs_of(network.to_keras(), X.astype(np.float32))
    found = found if found.shape == expected.shape else np.hstack([1 - found, found])
    np.testing.assert_allclose(found, expected, atol=1e-6)
    save(network, tmp_path / "network.skrnn")
    assert_same_bits(load(tmp_path / "network.skrnn").predict_proba(X), expected)


def test_noise_is_answered_by_the_shares_of_the_classes():
    with pytest.warns(UninformativeFitWarning, match="samples not trained on") as warned:
        network = RNNClassifier(**LONGER).fit(X, NOISE)
    assert len(warned) == 1 and network.network_share_ == 0 and network.line_ is None
    prior = DummyClassifier(strategy="prior").fit(X, NOISE).predict_proba(X)
    np.testing.assert_allclose(network.predict_proba(X), prior, rtol=1e-6)


def test_a_line_that_sees_the_classes_warns_of_nothing():
    """Though one epoch teaches the network less than the shares of the classes."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        network = RNNClassifier(**{**SMALL, "epochs": 1}).fit(X, TWO)
    assert network.line_["share"] > 0.5


def test_networks_without_a_line_are_judged_too():
    ragged, sums = ragged_sequences()
    network = RNNClassifier(**LONGER).fit(ragged, sums > 0)
    assert network.line_ is None and network.network_share_ > 0.3
    assert RNNClassifier(**LONGER).fit(ragged, NOISE).network_share_ < 0.3


def test_samples_that_are_held_out_judge():
    """The user's own say the contrary of what a line learns here."""
    contrary = np.where(TWO == "up", "down", "up")
    assert RNNClassifier(**SMALL).fit(X, TWO, X_val=X, y_val=contrary).line_ is None
    assert RNNClassifier(**SMALL).fit(X, TWO, X_val=X, y_val=TWO).line_["share"] > 0


def test_the_last_samples_judge_if_asked_for():
    """They say the contrary of what a line learns from the others."""
    change = np.where((np.arange(60) < 40) == (TWO == "up"), "up", "down")
    params = {**SMALL, "epochs": 1}
    many, changes = np.concatenate([X, X + 0.01]), np.concatenate([TWO, change])
    order = np.argsort(np.tile(np.arange(60) >= 40, 2), kind="stable")
    many, changes = many[order], changes[order]
    assert RNNClassifier(**params).fit(many, changes).line_ is not None
    assert RNNClassifier(**params, validation="last").fit(many, changes).line_ is None


def test_few_windows_of_a_series_are_left_as_they_are():
    model = make_pipeline(LagWindows(6, fill="edge"), RNNClassifier(**SMALL)).fit(X[:, 0], TWO)
    assert model[-1].network_share_ == 1 and model[-1].line_ is None


def squares(truth, logits):
    return (truth[:, 0] - logits[:, 0]) ** 2


@pytest.mark.parametrize("params", [{"early_stopping": False}, {"loss": squares}])
def test_what_is_asked_for_otherwise_is_trained_as_it_is(params):
    network = RNNClassifier(**SMALL, **params).fit(X, TWO)
    alone = RNNClassifier(**SMALL, **params, baseline=None).fit(X, TWO)
    assert network.network_share_ == 1 and network.line_ is None
    assert_same_bits(network.weights_, alone.weights_)


def test_few_samples_and_chunks_are_not_judged():
    few = X[:19], TWO[:19]
    plain = RNNClassifier(**SMALL, baseline=None).fit(*few)
    assert_same_bits(RNNClassifier(**SMALL).fit(*few).weights_, plain.weights_)
    chunk = RNNClassifier(**SMALL, baseline=None).partial_fit(X, TWO)
    assert_same_bits(RNNClassifier(**SMALL).partial_fit(X, TWO).weights_, chunk.weights_)


@pytest.mark.parametrize("averaging", [None, 0.9])
def test_a_training_that_goes_on_leaves_the_line_out(averaging):
    """It starts from the networks as they count, behind an average of weights too."""
    noisy = np.where(np.arange(60) % 4, TWO, NOISE)
    network = RNNClassifier(**LONGER, weight_averaging=averaging).fit(X, noisy)
    assert network.network_share_ < 1 and network.line_ is not None
    network.line_ = {**network.line_, "share": 0.0}
    alone = network.predict_proba(X)
    network.set_params(learning_rate=1e-12).partial_fit(X, noisy)
    np.testing.assert_allclose(network.predict_proba(X), alone, atol=0.05)
    assert network.network_share_ == 1 and network.line_ is None
    network.set_params(learning_rate=0.02)
    for _ in range(30):  # what it has learnt can be unlearnt
        network.partial_fit(X, np.where(TWO == "up", "down", "up"))
    assert network.score(X, TWO) < 0.3


def test_a_second_fit_does_not_ask_samples_that_the_first_may_have_seen():
    network = RNNClassifier(**SMALL, warm_start=True).fit(X, TWO, X_val=X, y_val=TWO)
    assert network.line_ is not None
    network.fit(X, TWO, X_val=X, y_val=TWO)
    assert network.line_ is None and network.network_share_ == 1


def test_forms_take_an_array_that_is_padded_alike_everywhere():
    padded = np.concatenate([X, np.full((60, 2, 2), np.nan)], axis=1)
    network = RNNClassifier(**SMALL).fit(padded, TWO)
    session = onnxruntime.InferenceSession(network.to_onnx().SerializeToString())
    found = session.run(None, {"X": padded})[0]
    np.testing.assert_allclose(found, network.predict_proba(padded), atol=1e-6)


def test_a_training_that_goes_on_keeps_the_scale_of_weights():
    network = RNNClassifier(**SMALL).fit(X, TWO)
    network.partial_fit(X, TWO, sample_weight=np.full(60, 1000.0))
    assert network.weight_scale_ == 1000


def test_a_second_training_on_all_windows_keeps_its_scale():
    """A feature is constant but for the newest tenth, which the first training has not seen."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(600, 2))
    rows[:540, 1] = 0
    y = rows[:, 0] > 0
    params = {**SMALL, "batch_size": 64, "epochs": 3}
    found, alone = (
        make_pipeline(LagWindows(4), RNNClassifier(**params, baseline=b)).fit(rows, y)[-1]
        for b in ("auto", None)
    )
    assert found.line_["share"] > 0
    assert_same_bits(found.weights_[:-2], alone.weights_[:-2])
    assert found.input_["bends"] == alone.input_["bends"]


def test_absent_steps_at_the_ends_change_nothing(kind):
    _, network = kind
    absent = np.full((60, 3, 2), np.nan)
    for padded in ([X, absent], [absent, X]):
        found = network.predict_proba(np.concatenate(padded, axis=1))
        np.testing.assert_allclose(found, network.predict_proba(X), rtol=1e-6)


def test_a_line_reads_whole_sequences(kind):
    """Networks predict shorter ones alone, however these are padded, in all forms."""
    _, network = kind
    short, absent = X[:, :4], np.full((60, 2, 2), np.nan)
    expected = network.predict_proba(list(short))
    at_the_end = np.concatenate([short, absent], axis=1)
    for padded in (short, at_the_end, np.concatenate([absent, short], axis=1)):
        np.testing.assert_allclose(network.predict_proba(padded), expected, rtol=1e-5)
    session = onnxruntime.InferenceSession(network.to_onnx().SerializeToString())
    np.testing.assert_allclose(session.run(None, {"X": at_the_end})[0], expected, atol=1e-6)
    found = outputs_of(network.to_keras(), at_the_end.astype(np.float32))
    found = found if found.shape == expected.shape else np.hstack([1 - found, found])
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_padded_sequences_are_fitted_as_the_list_of_them():
    ragged, sums = ragged_sequences()
    padded = np.full((60, 8, 2), np.nan)
    for row, sequence in zip(padded, ragged, strict=True):
        row[: len(sequence)] = sequence
    network = RNNClassifier(**SMALL, pooling="max")
    of_list, of_array = (clone(network).fit(some, sums > 0) for some in (ragged, padded))
    assert of_array.line_ is None
    found = of_array.predict_proba(ragged)
    np.testing.assert_allclose(found, of_list.predict_proba(ragged), rtol=1e-4)


def test_a_class_of_one_sample_and_weights():
    y = np.where(np.arange(60) == 7, "once", TWO)
    network = RNNClassifier(**SMALL).fit(X, y, sample_weight=np.linspace(0, 2, 60))
    probabilities = network.predict_proba(X)
    assert probabilities.shape == (60, 3)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)


def test_several_networks_are_judged_together(kind):
    y, _ = kind
    network = RNNClassifier(**LONGER, n_networks=2).fit(X, y)
    assert network.n_networks_ == 2 and np.isfinite(network.predict_proba(X)).all()
    assert 0 <= network.network_share_ <= 1


@pytest.mark.parametrize("share", [2.0, 1, None])
def test_another_share_is_refused(share, tmp_path):
    network = RNNClassifier(**SMALL).fit(X, TWO)
    network.line_ = {**network.line_, "share": share}
    with pytest.raises(ValueError, match="share of line_ from 0 to 1"):
        save(network, tmp_path / "network.skrnn")
