"""Features whose values span decades, or are constant."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skrnn import LagWindows, RNNClassifier, RNNRegressor, load, save
from skrnn._data.bends import Bends
from skrnn._data.inputs import NumberInputs
from skrnn._data.sequences import Sequences
from skrnn._roll_out import roll_out

from .common import (
    SMALL,
    USUAL,
    assert_other_bits,
    assert_same_after_saving,
    assert_same_bits,
    outputs_of,
)

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

# Windows of a series: other sequences are seen standardized within each of them as well.
SERIES = np.random.default_rng(0).normal(size=(65, 2))
X = np.lib.stride_tricks.sliding_window_view(SERIES, 6, axis=0).swapaxes(1, 2).copy()
Y = X[:, -1, 0] - 0.5 * X[:, -2, 1]
DECADES = X.copy()
DECADES[:, :, 1] = 3 + np.exp(5 * X[:, :, 1])
CONSTANT = X.copy()
CONSTANT[:, :, 1] = 7.0


def network(estimator=RNNRegressor, **params):
    """A small network that learns its scale from all samples, and so from those of `DECADES`."""
    params = {**SMALL, **USUAL, "baseline": None, "early_stopping": False, **params}
    return estimator(**params)


def bent_by_hand(X):
    """asinh of the distance from the median, in median distances of the other values."""
    column = X[:, :, 1]
    centre = np.median(column)
    distances = np.abs(column - centre)
    X = X.copy()
    X[:, :, 1] = np.arcsinh((column - centre) / np.median(distances[distances > 0]))
    return X


@pytest.mark.parametrize("estimator", [RNNRegressor, RNNClassifier])
def test_a_feature_that_spans_decades_is_seen_as_its_logarithm(estimator):
    y = Y if estimator is RNNRegressor else Y > 0
    bent = network(estimator).fit(DECADES, y)
    by_hand = network(estimator, standardize=True).fit(bent_by_hand(DECADES), y)
    assert_same_bits(bent.weights_, by_hand.weights_)
    assert_same_bits(bent.predict(DECADES), by_hand.predict(bent_by_hand(DECADES)))
    assert_other_bits(bent.weights_, network(estimator, standardize=True).fit(DECADES, y).weights_)


def test_other_features_are_seen_as_they_are():
    bent, plain = network().fit(X, Y), network(standardize=True).fit(X, Y)
    assert_same_bits(bent.weights_, plain.weights_)


@settings(deadline=None, max_examples=20)
@given(st.integers(-20, 20))
def test_the_unit_of_a_feature_does_not_matter(power):
    unit = 2.0**power  # exact in binary
    fitted = network(epochs=1).fit(DECADES * unit, Y)
    assert_same_bits(fitted.predict(DECADES * unit), BENT.predict(DECADES))


BENT = network(epochs=1).fit(DECADES, Y)


def test_another_value_of_a_constant_feature_changes_no_prediction():
    other = CONSTANT.copy()
    other[:, :, 1] = X[:, :, 1] * 1e6
    fitted = network().fit(CONSTANT, Y)
    assert_same_bits(fitted.predict(other), fitted.predict(CONSTANT))
    plain = network(standardize=True).fit(CONSTANT, Y)
    assert_other_bits(plain.predict(other), plain.predict(CONSTANT))


def test_a_feature_with_one_other_value_is_learnt():
    hardly_varies, other = CONSTANT.copy(), CONSTANT.copy()
    hardly_varies[0, 0, 1] += 1
    other[:, :, 1] += 1
    fitted = network(epochs=1).fit(hardly_varies, Y)
    assert_other_bits(fitted.predict(other), fitted.predict(CONSTANT))


@pytest.mark.parametrize("n_days", [15, 9000], ids=["few rows", "many rows"])
def test_a_feature_that_is_zero_in_the_night_is_seen_as_it_is(n_days):
    """The sine of a half turn is not quite 0, and each midnight is 0."""
    hours = np.arange(24 * n_days) % 24
    light = 300 * np.maximum(np.sin((hours - 6) * np.pi / 12), 0)
    assert not Bends.learn(light[:, None], np.ones(len(light), bool))


def test_no_copy_of_all_values_is_made():
    many = np.random.default_rng(0).normal(size=(5000, 20, 10))
    many[:, :, 1] = 7.0
    sequences = Sequences.from_dense(many)
    tracemalloc.start()
    try:
        inputs = NumberInputs.of(many).learnt_from(sequences, "auto")
        assert tracemalloc.get_traced_memory()[1] < 0.5 * many.nbytes
        inputs.in_network_units(sequences)
        assert tracemalloc.get_traced_memory()[1] < 0.7 * many.nbytes  # float32 has a half
    finally:
        tracemalloc.stop()


def test_a_number_that_stands_for_missing_values_hides_no_others():
    given = X.copy()
    given[::20, :, 1] = 1e20
    (feature,), _, (unit,), *_ = network(epochs=1).fit(given, Y).input_["bends"]
    others = given[:, :, 1]
    assert feature == 1
    assert unit == np.median(np.abs(others - np.median(others))[others != np.median(others)])


def test_other_samples_without_bends_leave_none():
    learnt = NumberInputs.of(X).learnt_from(Sequences.from_dense(DECADES), "auto")
    plain = NumberInputs.of(X).learnt_from(Sequences.from_dense(X), "auto")
    assert learnt.bent_as(Sequences.from_dense(X)) == plain


@pytest.mark.parametrize("given", [DECADES, CONSTANT], ids=["decades", "constant"])
@pytest.mark.parametrize("baseline", [None, "linear"])
def test_other_forms_see_the_same(given, baseline, tmp_path):
    holes = given.copy()
    holes[::3, :2] = np.nan
    holes[1::3, :, 1] *= 2
    fitted = network(baseline=baseline).fit(given, Y)
    expected = fitted.predict(holes)
    as_keras = outputs_of(fitted.to_keras(), holes.astype(np.float32))
    np.testing.assert_allclose(as_keras.ravel(), expected, rtol=1e-4, atol=1e-5)
    save(fitted, tmp_path / "saved.skrnn")
    assert_same_bits(load(tmp_path / "saved.skrnn").predict(holes), expected)
    pytest.importorskip("onnx")
    onnxruntime = pytest.importorskip("onnxruntime")
    session = onnxruntime.InferenceSession(fitted.to_onnx().SerializeToString())
    (as_onnx,) = session.run(None, {"X": holes})
    np.testing.assert_allclose(as_onnx.ravel(), expected, rtol=1e-5, atol=1e-6)


def test_a_keras_model_with_bent_features_can_be_saved(tmp_path):
    assert_same_after_saving(BENT.to_keras(), DECADES, tmp_path)


def test_known_values_are_bent_where_outputs_are_fed_back():
    by_hand = network(standardize=True, epochs=1).fit(bent_by_hand(DECADES), Y)
    known = DECADES[:, :3, 1:]
    found = roll_out(BENT, DECADES, 3, fed_back=[0], known=[1], known_values=known)
    bent = bent_by_hand(DECADES)
    expected = roll_out(by_hand, bent, 3, fed_back=[0], known=[1], known_values=bent[:, :3, 1:])
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_a_bent_feature_cannot_be_fed_back():
    with pytest.raises(ValueError, match=r"got feature 1, .*Set standardize=True and fit again"):
        roll_out(BENT, DECADES, 3, fed_back=[1], known=[0], known_values=DECADES[:, :3, :1])


def test_a_first_chunk_fixes_nothing():
    fitted = network().partial_fit(CONSTANT, Y)
    plain = network(standardize=True).partial_fit(CONSTANT, Y)
    for some in (DECADES, X):
        assert_same_bits(fitted.predict(some), plain.predict(some))


def test_a_feature_that_begins_to_vary_in_the_held_out_rows_is_learnt_by_refit():
    rng = np.random.default_rng(1)
    table = rng.normal(size=(100, 2))
    table[:92, 1] = 0.0
    windows = LagWindows(6).fit_transform(table)
    y = table[:, 0]
    networks = {
        refit: network(early_stopping=True, refit=refit, validation="last").fit(windows, y)
        for refit in (True, False)
    }
    other = table.copy()
    other[:, 1] += 1
    changes = {
        refit: not np.array_equal(
            fitted.predict(windows), fitted.predict(LagWindows(6).fit_transform(other))
        )
        for refit, fitted in networks.items()
    }
    assert changes == {True: True, False: False}


@pytest.mark.parametrize("baseline", ["linear", "auto"])
def test_a_line_beside_networks_sees_features_as_they_are(baseline):
    bent, plain = (
        network(baseline=baseline, early_stopping=True, standardize=how).fit(DECADES, Y)
        for how in ("auto", True)
    )
    assert_other_bits(bent.weights_, plain.weights_)
    assert_same_bits(bent.line_["coef"], plain.line_["coef"])
