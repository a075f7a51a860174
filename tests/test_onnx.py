"""ONNX models of fitted networks, held to the estimators on onnxruntime."""

import json

import numpy as np
import pytest

from skrnn import RNNRegressor

from .common import (
    SMALL,
    ragged_sequences,
    sequences,
    small_classifier,
    small_regressor,
)
from .test_architecture import run_in_fresh_interpreter
from .test_engines import with_absent_steps
from .test_quantiles import quantiles
from .test_saving import DATA
from .test_steps import TAGGER, tagged

pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

X, Y = sequences()
HOLES = 1e3 + 10 * with_absent_steps(X)
TWO = np.stack([50 * Y - 7, Y**2], axis=1)
CLASSES = np.array(["high", "low", "middle"])[np.digitize(Y, [-0.5, 0.5])]
IDS = np.random.default_rng(0).integers(0, 9, (60, 6))
IDS[:, 2] = 1  # a step of each is there
RAGGED, SUMS = ragged_sequences()


def run(model, X):
    """What an ONNX model gives for an array, or for sequences that are padded to one length."""
    if isinstance(X, list):
        longest = max(map(len, X))
        X = np.stack(
            [np.pad(x, [(0, longest - len(x)), (0, 0)], constant_values=np.nan) for x in X]
        )
    session = onnxruntime.InferenceSession(model.SerializeToString())
    (found,) = session.run(None, {"X": X})
    return found


REGRESSORS = {
    "simple": (small_regressor(cell="simple"), X, Y),
    "gru": (small_regressor(cell="gru"), HOLES, 50 * Y - 7),
    "lstm": (small_regressor(cell="lstm"), HOLES, Y),
    "both ways, attention": (
        small_regressor(pooling="attention", bidirectional=True),
        HOLES,
        Y,
    ),
    "mingru, both ways, two layers": (
        small_regressor(cell="mingru", bidirectional=True, units=(4, 3)),
        HOLES,
        Y,
    ),
    "mean of ragged": (small_regressor(pooling="mean", learning_rate=0.01), RAGGED, SUMS),
    "convolutions": (
        small_regressor(conv_filters=3, conv_strides=3, bidirectional=True, learning_rate=0.01),
        HOLES,
        Y,
    ),
    "quantiles": (quantiles(quantiles=[0.1, 0.5, 0.9]), HOLES, Y),
    "a network alone and one beside a line": (small_regressor(baseline="auto"), HOLES, Y),
    "a line and two networks": (small_regressor(baseline="linear", n_networks=2), HOLES, 50 * Y),
    "a constant among them": (small_regressor(), HOLES, np.stack([Y, 0 * Y + 3], axis=1)),
    "as it is": (small_regressor(standardize=False), X, Y),
}


@pytest.mark.parametrize("name", REGRESSORS)
def test_predictions(name):
    network, X, y = REGRESSORS[name]
    network.fit(X, y)
    expected = network.predict(X)
    found = run(network.to_onnx(), X)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5 * np.ptp(y))


CLASSIFIERS = {
    "three classes, two networks": (small_classifier(n_networks=2), HOLES, CLASSES),
    "two classes of ragged": (small_classifier(), RAGGED, SUMS > 0),
    "labels": (small_classifier(), X, np.stack([Y > 0, Y > 0.5], axis=1).astype(int)),
    "tokens": (small_classifier(embedding_dim=3, pooling="max", baseline=None), IDS, Y > 0),
}


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_probabilities(name):
    network, X, y = CLASSIFIERS[name]
    network.fit(X, y)
    model = network.to_onnx()
    np.testing.assert_allclose(run(model, X), network.predict_proba(X), atol=1e-5)
    (prop,) = model.metadata_props
    assert prop.key == "classes"
    assert json.loads(prop.value) == network.classes_.tolist()


def test_tokens_that_no_fit_has_seen():
    network, X, y = CLASSIFIERS["tokens"]
    network.fit(X, y)
    others = np.where(X == 3, 12, X)
    expected = network.predict_proba(others)
    np.testing.assert_allclose(run(network.to_onnx(), others), expected, atol=1e-5)


def test_steps():
    """As padded sequences NaN stands at the absent steps; of both, the shape is that of predict."""
    X, tags = tagged()
    network = small_classifier(**TAGGER).fit(X, tags)
    found = run(network.to_onnx(), X)
    for of_one, expected in zip(found, network.predict_proba(X), strict=True):
        np.testing.assert_allclose(of_one[: len(expected)], expected, atol=1e-5)
        assert np.isnan(of_one[len(expected) :]).all()


def test_sequences_without_any_step():
    given = HOLES[:5].copy()
    given[1] = np.nan
    network = small_regressor(baseline="linear", n_networks=2).fit(HOLES, 50 * Y)
    classifier = small_classifier(n_networks=2).fit(HOLES, CLASSES)
    found, p = run(network.to_onnx(), given), run(classifier.to_onnx(), given)
    assert np.isnan(found).tolist() == [False, True, False, False, False]
    np.testing.assert_allclose(found, network.predict(given), rtol=1e-5)
    np.testing.assert_allclose(p, classifier.predict_proba(given), atol=1e-5)


def test_other_numbers_of_steps_and_samples():
    network = small_regressor().fit(HOLES, 50 * Y - 7)
    longer = 1e3 + 10 * np.random.default_rng(1).normal(size=(3, 20, 2))
    np.testing.assert_allclose(
        run(network.to_onnx(), longer), network.predict(longer), rtol=1e-5, atol=1e-4
    )


def test_sequences_of_plain_numbers_have_an_axis_more():
    network = small_regressor().fit(X[:, :, 0], Y)
    found = run(network.to_onnx(), X[:, :, :1])
    np.testing.assert_allclose(found, network.predict(X[:, :, 0]), atol=1e-5)


def test_single_precision():
    network = small_regressor().fit(X, Y)
    found = run(network.to_onnx("float32"), X.astype(np.float32))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, network.predict(X), atol=1e-5)


def test_a_file_without_tensorflow(tmp_path):
    """A saved estimator becomes a file, and that file predicts, where there is no TensorFlow."""
    saved = DATA / "format_1_windows.skrnn"
    message = run_in_fresh_interpreter(f"""
        import sys
        sys.modules["tensorflow"] = sys.modules["keras"] = None
        import numpy as np, onnxruntime
        import skrnn
        from tests.data.make_format_1 import table
        model = skrnn.load({str(saved)!r})
        windows = np.asarray(model[:-1].transform(table()[30:]))
        served = model[-1].to_onnx().SerializeToString()
        (found,) = onnxruntime.InferenceSession(served).run(None, {{"X": windows}})
        print(found.tolist())
        """)
    expected = json.loads((DATA / "format_1.json").read_text())["windows"]
    np.testing.assert_allclose(json.loads(message), expected, atol=1e-5)


def test_what_is_refused():
    network = small_regressor(cell="mingru", decoder="rnn").fit(X, TWO)
    with pytest.raises(ValueError, match=r"got one with decoder='rnn'. Leave it out"):
        network.to_onnx()
    with pytest.raises(ValueError, match="Expected dtype to be 'float32' or 'float64', got"):
        network.to_onnx("half")


def test_a_model_of_your_own_is_refused():
    import keras

    def build(input_shape, n_outputs):
        return keras.Sequential(
            [keras.Input(input_shape), keras.layers.GRU(2), keras.layers.Dense(1)]
        )

    network = RNNRegressor(model=build, **{**SMALL, "epochs": 1}).fit(X, Y)
    with pytest.raises(ValueError, match="got one with a model of your own"):
        network.to_onnx()


def test_without_onnx(monkeypatch):
    import sys

    network = small_regressor().fit(X, Y)
    for name in [n for n in sys.modules if n.startswith("skrnn.onnx_export")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ModuleNotFoundError, match=r"Run pip install skrnn\[onnx\]"):
        network.to_onnx()
