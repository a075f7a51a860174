"""Features that a network sees a second time, standardized within each sequence."""

import numpy as np
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

from skrnn import LagWindows, RNNAutoencoder, RNNClassifier, RNNRegressor, load, save
from skrnn._data import memory, scaling, within
from skrnn._data import sequences as sequences_module
from skrnn._data.sequences import Sequences
from skrnn._data.within import features_to_see_within, moments_within
from skrnn._roll_out import roll_out

from .common import (
    SMALL,
    USUAL,
    assert_same_after_saving,
    assert_same_bits,
    outputs_of,
    ragged_sequences,
    sequences,
)

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

X, Y = sequences()
CLASSES = np.where(Y > 0, "up", "down")
# The third feature is constant in each sequence: nothing of it can be standardized there.
WITH_STATIC = np.concatenate([X, np.repeat(X[:, :1, :1], 6, axis=1)], axis=2)
# Each sequence has a unit of its own.
UNITS = X * 10.0 ** np.random.default_rng(1).integers(-3, 4, size=(60, 1, 1))
ALONE = {**SMALL, **USUAL, "baseline": None, "early_stopping": False}


def by_itself(X):
    """Each feature of each sequence with mean 0 and deviation 1; zero where it is constant."""
    deviation = X.std(axis=1, keepdims=True)
    deviation = np.where(deviation < 1e-9, np.inf, deviation)
    return (X - X.mean(axis=1, keepdims=True)) / deviation


def waves(n_samples, rng):
    """Waves of two frequencies in units of their own, and which frequency each has."""
    fast = rng.integers(0, 2, n_samples)
    phase, unit = rng.uniform(0, 6.3, n_samples), 10.0 ** rng.uniform(-3, 3, n_samples)
    angles = np.arange(24) * (0.5 + 0.5 * fast[:, None]) + phase[:, None]
    return (unit[:, None] * np.sin(angles))[:, :, None], fast


def test_a_classifier_sees_what_is_computed_by_hand():
    fitted = RNNClassifier(**ALONE).fit(WITH_STATIC, CLASSES)
    assert fitted.input_["within"] == (0, 1)
    mean, scale = WITH_STATIC.mean(axis=(0, 1)), WITH_STATIC.std(axis=(0, 1))
    by_hand = np.concatenate([(WITH_STATIC - mean) / scale, by_itself(X)], axis=2)
    other = RNNClassifier(**ALONE, standardize=False).fit(by_hand, CLASSES)
    np.testing.assert_allclose(fitted.predict_proba(WITH_STATIC), other.predict_proba(by_hand))


def test_waves_are_told_apart_in_any_unit(rng):
    network = RNNClassifier(units=4, epochs=40, batch_size=16, learning_rate=0.02, random_state=0)
    (few, y), (new, truth) = waves(60, rng), waves(400, rng)
    assert network.fit(few, y).score(new, truth) > 0.95
    assert clone(network).set_params(standardize=True).fit(few, y).score(new, truth) < 0.85


def test_numbers_see_the_shape_where_units_differ_by_decades():
    assert RNNRegressor(**ALONE).fit(UNITS, Y).input_["within"] == (0, 1)
    assert RNNRegressor(**ALONE).fit(X, Y).input_["within"] == ()


def test_numbers_see_the_shape_where_a_line_finds_clearly_more_in_it(rng):
    level, gain = rng.normal(size=(60, 1, 1)), rng.uniform(0.2, 5, size=(60, 1, 1))
    spectra = level + gain * X
    of_shape, of_level = by_itself(X)[:, 2, 0], spectra[:, 2, 0]
    for y, expected in ((of_shape, (0, 1)), (of_level, ())):
        assert RNNRegressor(**ALONE).fit(spectra, y).input_["within"] == expected
    spectra[:, :, 1] = by_itself(X)[:, :, 1]  # standardized beforehand
    assert RNNRegressor(**ALONE).fit(spectra, of_shape).input_["within"] == (0,)


def test_a_line_reads_the_shape_too(rng):
    level = rng.normal(size=(60, 1, 1))
    shape = by_itself(rng.normal(size=(60, 6, 1)))
    y = shape[:, 1, 0] - shape[:, 4, 0]
    spectra = 10 * level + rng.uniform(0.2, 5, size=(60, 1, 1)) * shape
    fitted = RNNRegressor(**{**SMALL, "epochs": 1}).fit(spectra, y)
    assert fitted.line_["coef"].shape == (6 * 2, 1)
    assert np.abs(fitted.predict(spectra) - y).mean() < 0.2 * np.abs(y).mean()


@pytest.mark.parametrize(
    "params",
    [{"standardize": True}, {"standardize": False}, {"return_sequences": True}],
    ids=["standardized as a whole", "as given", "at every step"],
)
def test_sequences_are_seen_once_where_the_shape_is_not_asked_for(params):
    y = np.where(X[:, :, 0] > 0, "up", "down") if "return_sequences" in params else CLASSES
    assert RNNClassifier(**{**ALONE, **params}).fit(X, y).input_["within"] == ()


def test_windows_and_what_is_standardized_already_are_seen_once():
    table = X.reshape(-1, 2)[:65]
    windows = LagWindows(6).fit_transform(table)
    copies = np.lib.stride_tricks.sliding_window_view(table, 6, axis=0).swapaxes(1, 2).copy()
    for some, y in ((windows, table[:, 0] > 0), (copies, CLASSES), (by_itself(X), CLASSES)):
        assert RNNClassifier(**ALONE).fit(some, y).input_["within"] == ()


def test_pretrained_layers_see_what_they_were_trained_on():
    autoencoder = RNNAutoencoder(**SMALL).fit(X)
    fitted = RNNClassifier(**SMALL, pretrained=autoencoder).fit(X, CLASSES)
    assert fitted.input_["within"] == ()


def test_a_model_of_ones_own_is_given_the_features_of_x():
    import keras

    def model(shape, n_outputs):
        assert shape == (None, 2)
        layers = [keras.Input(shape), keras.layers.GRU(4), keras.layers.Dense(n_outputs)]
        return keras.Sequential(layers)

    fitted = RNNClassifier(model=model, epochs=1, random_state=0).fit(X, CLASSES)
    assert fitted.input_["within"] == ()


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 10**6), st.floats(-1e3, 1e3), st.floats(1e-3, 1e3))
def test_moments_are_those_of_numpy_whatever_stands_beside(seed, level, unit):
    rng = np.random.default_rng(seed)
    present = [level + unit * rng.normal(size=(n, 2)) for n in rng.integers(1, 40, size=5)]
    mean, scale = moments_within(Sequences.from_ragged(present), [0, 1])
    means, deviations = ([f(x, axis=0) for x in present] for f in (np.mean, np.std))
    np.testing.assert_allclose(mean, means, rtol=1e-9, atol=1e-9 * unit)
    np.testing.assert_allclose(scale, deviations, rtol=1e-6, atol=1e-12 * abs(level))
    holes = []
    for x in present:
        places = np.sort(rng.permutation(len(x) + 7)[: len(x)])
        holes.append(np.full((len(x) + 7, 2), np.nan))
        holes[-1][places] = x
    found = moments_within(Sequences.from_ragged(holes[::-1]), [0, 1])
    assert_same_bits(found, [mean[::-1], scale[::-1]])


def test_a_value_with_rounding_errors_has_no_shape():
    constant = np.full((20, 6, 1), 0.1, np.float32)
    constant[:, ::2] *= 1 + 2e-6
    found = Sequences.from_dense(constant * np.arange(1, 21, dtype=np.float32)[:, None, None])
    assert features_to_see_within(found, all_that_differ=True) == ()


@pytest.mark.parametrize("unit", [1e-22, 1e-15, 1e18])
def test_a_keras_model_sees_shapes_in_any_unit(unit):
    fitted = RNNClassifier(**ALONE).fit(X * unit, CLASSES)
    as_keras = outputs_of(fitted.to_keras(), (X * unit).astype(np.float32))
    np.testing.assert_allclose(as_keras[:, 0], fitted.predict_proba(X * unit)[:, 1], atol=1e-4)


def test_small_changes_of_a_large_value_have_a_shape():
    pressure = 101325 + 0.5 * X
    assert RNNClassifier(**ALONE).fit(pressure, CLASSES).input_["within"] == (0, 1)


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("value", [1e155, 1e300])
def test_values_that_are_too_large_are_refused_in_words(value):
    huge = np.where(X > 1, value, X)
    for network, y in ((RNNClassifier(**ALONE), CLASSES), (RNNRegressor(**ALONE), Y)):
        with pytest.raises(ValueError, match="whose squares fit in float64"):
            network.fit(huge, y)


RAGGED, SUMS = ragged_sequences()
PADDED = np.full((60, 9, 2), np.nan)
for row, sequence in zip(PADDED, RAGGED, strict=True):
    row[1 : 1 + len(sequence)] = sequence
LISTED = RNNClassifier(**SMALL).fit(RAGGED, SUMS > 0)
WHOLE = RNNClassifier(**{**SMALL, "n_networks": 2}).fit(UNITS, CLASSES)


@pytest.mark.parametrize("case", ["list", "array"])
def test_all_forms_say_the_same(case, tmp_path):
    network, some = (LISTED, PADDED) if case == "list" else (WHOLE, UNITS)
    assert network.input_["within"] == (0, 1)
    expected = network.predict_proba(RAGGED if case == "list" else some)
    assert_same_bits(network.predict_proba(list(some)), expected)
    session = onnxruntime.InferenceSession(network.to_onnx().SerializeToString())
    np.testing.assert_allclose(session.run(None, {"X": some})[0], expected, atol=1e-6)
    as_keras = outputs_of(network.to_keras(), some.astype(np.float32))
    np.testing.assert_allclose(np.ravel(as_keras), expected[:, 1], atol=1e-4)
    save(network, tmp_path / "network.skrnn")
    assert_same_bits(load(tmp_path / "network.skrnn").predict_proba(list(some)), expected)


def test_a_keras_model_of_shapes_can_be_saved(tmp_path):
    assert_same_after_saving(WHOLE.to_keras(), UNITS, tmp_path)


def test_a_sequence_is_seen_alike_in_any_company():
    expected = WHOLE.predict_proba(UNITS)
    order = np.random.default_rng(2).permutation(60)
    assert_same_bits(WHOLE.predict_proba(UNITS[order]), expected[order])
    assert_same_bits(WHOLE.predict_proba(UNITS[7:8]), expected[7:8])
    windows = np.lib.stride_tricks.sliding_window_view(UNITS[:11, :, :].reshape(-1, 2), 6, axis=0)
    windows = windows.swapaxes(1, 2)
    assert_same_bits(WHOLE.predict_proba(windows), WHOLE.predict_proba(windows.copy()))


@pytest.mark.parametrize("engine", ["compiled", "keras"])
def test_held_out_samples_are_seen_in_their_own_scale(engine):
    network = RNNClassifier(**{**ALONE, "early_stopping": True}, engine=engine)
    inside = network.fit(UNITS, CLASSES)
    losses = inside.history_["val_loss"]
    assert inside.input_["within"] == (0, 1) and np.isfinite(losses).all()
    apart = clone(network).fit(UNITS[:50], CLASSES[:50], X_val=UNITS[50:], y_val=CLASSES[50:])
    p = apart.predict_proba(UNITS[50:])[:, 1]
    of_truth = np.where(CLASSES[50:] == "up", p, 1 - p)
    best = apart.history_["val_loss"][apart.best_epoch_ - 1]
    np.testing.assert_allclose(-np.log(of_truth).mean(), best, rtol=1e-4)


def test_a_file_of_sequences_is_learnt_like_an_array(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "LARGE", 1)
    np.save(tmp_path / "X.npy", UNITS)
    from_file = np.load(tmp_path / "X.npy", mmap_mode="r")
    for network, y in ((RNNClassifier(**ALONE), CLASSES), (RNNRegressor(**ALONE), Y)):
        a, b = (clone(network).fit(some, y) for some in (from_file, UNITS))
        assert a.input_["within"] == (0, 1)
        assert_same_bits(a.weights_, b.weights_)
        assert_same_bits(a.predict(from_file), b.predict(UNITS))


def test_a_training_that_goes_on_keeps_what_is_seen():
    network = RNNClassifier(**{**ALONE, "epochs": 1}, warm_start=True).fit(UNITS, CLASSES)
    network.set_params(epochs=2).fit(by_itself(X), CLASSES)
    assert network.input_["within"] == (0, 1)
    network.partial_fit(UNITS, CLASSES)
    assert np.isfinite(network.predict_proba(UNITS)).all()
    started = RNNClassifier(**ALONE).partial_fit(UNITS, CLASSES, classes=["down", "up"])
    assert started.input_["within"] == ()  # a first chunk does not tell


SERIES = np.random.default_rng(3).normal(size=(205, 2))
WINDOWS = np.lib.stride_tricks.sliding_window_view(SERIES, 6, axis=0).swapaxes(1, 2)
RISES = np.where(SERIES[5:, 0] > 0, "up", "down")


@pytest.mark.parametrize("early_stopping", [True, False])
def test_a_training_may_go_on_with_windows(early_stopping):
    def gone_on(some):
        network = RNNClassifier(**{**ALONE, "epochs": 1, "early_stopping": early_stopping})
        network.set_params(warm_start=True, batch_size="auto", learning_rate="auto")
        network.fit(UNITS, CLASSES)
        return network.set_params(epochs=2).fit(some, RISES)

    expected = gone_on(WINDOWS.copy())
    for some in (WINDOWS, LagWindows(6).fit_transform(SERIES)[5:]):
        found = gone_on(some)
        assert_same_bits(found.predict_proba(some), expected.predict_proba(WINDOWS.copy()))
        assert found.history_["loss"] == expected.history_["loss"]


def test_many_windows_are_predicted_a_few_at_a_time(monkeypatch):
    expected = WHOLE.predict_proba(WINDOWS.copy())
    monkeypatch.setattr(sequences_module, "_VALUES_OF_A_PART", 7 * 6 * 2)
    assert_same_bits(WHOLE.predict_proba(WINDOWS), expected)


@pytest.mark.parametrize(("values", "chunk"), [(1, 1), (40, 7), (100, 2**13)])
def test_sequences_are_standardized_a_few_at_a_time(values, chunk, monkeypatch):
    of_lists, of_arrays = LISTED.predict_proba(RAGGED), WHOLE.predict_proba(UNITS)
    monkeypatch.setattr(within, "_VALUES_AT_ONCE", values)
    monkeypatch.setattr(scaling, "_CHUNK", chunk)
    assert_same_bits(LISTED.predict_proba(RAGGED), of_lists)
    assert_same_bits(WHOLE.predict_proba(UNITS), of_arrays)


def test_held_out_targets_do_not_choose(rng):
    level, gain = rng.normal(size=(60, 1, 1)), rng.uniform(0.2, 5, size=(60, 1, 1))
    spectra = level + gain * X
    y = by_itself(X)[:, 2, 0]
    y[54:] = 1e3 * rng.normal(size=6)
    network = RNNRegressor(**{**ALONE, "early_stopping": True}, validation="last")
    assert network.fit(spectra, y).input_["within"] == (0, 1)
    network.set_params(validation="random")  # some of the six are learnt from
    assert network.fit(spectra, y).input_["within"] == ()


def test_shapes_cannot_be_fed_back():
    network = RNNRegressor(**ALONE).fit(UNITS, Y)
    with pytest.raises(ValueError, match="fitted on windows of a series"):
        roll_out(network, UNITS, 3, fed_back=[0], known=[1], known_values=UNITS[:, :3, 1:])


@pytest.mark.parametrize("within", [(1, 0), (0, 0), (5,), (0.0,), (0,), "01"])
def test_a_file_with_other_features_is_refused(within, tmp_path):
    network = clone(LISTED).fit(RAGGED, SUMS > 0)
    network.input_["within"] = within
    with pytest.raises(ValueError, match=r"within|n_features=3"):
        save(network, tmp_path / "network.skrnn")
