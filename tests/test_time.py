"""Time is respected: what is validated on, what is purged, what a prediction can depend on."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import r2_score
from sklearn.pipeline import make_pipeline

from skrnn import LagWindows, RNNRegressor, series_to_supervised
from skrnn._data.inputs import NumberInputs
from skrnn._data.sequences import Sequences
from skrnn._data.splitting import split_validation

from .common import (
    assert_other_bits,
    assert_same_bits,
    sequences,
    small_classifier,
    small_regressor,
)

WINDOW = 6
FEW = {"units": 4, "epochs": 2, "batch_size": 16, "random_state": 0}


def series(n_rows=120, seed=0):
    return np.random.default_rng(seed).normal(size=(n_rows, 2))


def forecaster(window=WINDOW, dilation=1, **params):
    return make_pipeline(LagWindows(window, dilation=dilation), RNNRegressor(**{**FEW, **params}))


def training_rows(fit, y):
    """Find the rows whose target changes the trained weights, by changing one after the other.

    The loss on a validation row shows in the history but, in one epoch, not in the weights.
    """
    reference = fit(y)
    trained, validated = [], []
    for row in range(len(y)):
        changed = y.copy()
        changed[row] += 0.25
        other = fit(changed)
        if any((a != b).any() for a, b in zip(reference.weights_, other.weights_, strict=True)):
            trained.append(row)
        elif reference.history_["val_loss"] != other.history_["val_loss"]:
            validated.append(row)
    return np.array(trained), np.array(validated)


def fit_one_epoch(X, **params):
    params = {"epochs": 1, "standardize": False, "baseline": None, "early_stopping": True, **params}
    return lambda y: RNNRegressor(**{**FEW, **params}).fit(X, y)


@pytest.mark.parametrize("copied", [False, True])
def test_exactly_the_overlapping_windows_are_purged(copied):
    """Through the public door: which targets matter to training, which to validation?

    60 windows of 6 steps, the last 6 validated on. Window i covers the times i-5 ... i, so
    windows 49 ... 53 share times with window 54, and they alone may be missing.
    """
    windows = LagWindows(WINDOW).fit_transform(series(60))
    X = windows.copy() if copied else windows
    trained, validated = training_rows(fit_one_epoch(X), series(60, seed=1)[:, 0])
    np.testing.assert_array_equal(validated, np.arange(54, 60))
    np.testing.assert_array_equal(trained, np.arange(49))


def test_independent_sequences_are_validated_at_random_and_none_is_purged():
    X, y = sequences()
    trained, validated = training_rows(fit_one_epoch(X), y)
    assert len(validated) == 6
    assert not np.array_equal(validated, np.arange(54, 60))
    np.testing.assert_array_equal(np.sort(np.concatenate([trained, validated])), np.arange(60))


def brute_force_overlaps(windows, train, validation):
    """Pairs of a training and a validation window whose spans of time meet."""
    times = {i: set(range(windows[i], windows[i] + WINDOW)) for i in range(len(windows))}
    return [(i, j) for i in train for j in validation if times[i] & times[j]]


@pytest.mark.parametrize("stride", [1, 2, 4])
def test_windows_known_by_their_values(stride):
    """Copies of windows, one every `stride` rows."""
    values = series(200)
    starts = np.arange(0, 190, stride)
    X = np.stack([values[s : s + WINDOW] for s in starts])
    train, validation = split_validation(
        Sequences.from_dense(X), None, fraction=0.1, how="auto", seed=0
    )
    n_validation = -(-len(X) // 10)
    np.testing.assert_array_equal(validation, np.arange(len(X) - n_validation, len(X)))
    assert brute_force_overlaps(starts, train, validation) == []
    # One more training window would overlap.
    assert brute_force_overlaps(starts, [train[-1] + 1], validation)


def split_of(X, **params):
    windows = LagWindows(WINDOW).fit_transform(X)
    sequences = NumberInputs.of(windows).read(small_regressor(**params), windows, reset=True)
    return split_validation(sequences, None, fraction=0.1, how="auto", seed=0)


def test_windows_of_few_distinct_values_in_any_order(rng):
    """Demand that is mostly zero, a missing day, shuffled rows: the windows know their time."""
    index = pd.date_range("2020-01-01", periods=401, freq="D").delete(333)
    demand = rng.poisson(0.1, size=(400, 1)).astype(float)
    train, validation = split_of(pd.DataFrame(demand, index=index))
    np.testing.assert_array_equal(validation, np.arange(360, 400))
    np.testing.assert_array_equal(train, np.arange(355))
    order = rng.permutation(400)
    shuffled_train, shuffled_validation = split_of(pd.DataFrame(demand, index=index).iloc[order])
    np.testing.assert_array_equal(np.sort(order[shuffled_validation]), validation)
    np.testing.assert_array_equal(np.sort(order[shuffled_train]), train)


def test_weekends_without_rows_make_no_new_series():
    index = pd.bdate_range("2020-01-01", periods=400)
    frame = pd.DataFrame(series(400), index=pd.DatetimeIndex(index, freq=None))
    train, validation = split_of(frame)
    np.testing.assert_array_equal(validation, np.arange(360, 400))
    assert len(train) > 350  # five days, weekends among them, lie between the parts


def test_a_panel_keeps_the_tail_of_each_series_in_any_order(rng):
    index = pd.MultiIndex.from_product(
        [["EWR", "JFK", "LGA"], pd.date_range("2020", periods=50, freq="h")]
    )
    frame = pd.DataFrame(rng.poisson(0.1, size=(150, 1)).astype(float), index=index)
    tails = np.concatenate([np.arange(45, 50) + 50 * k for k in range(3)])
    np.testing.assert_array_equal(split_of(frame)[1], tails)
    by_time = frame.iloc[np.arange(150).reshape(3, 50).T.ravel()]
    np.testing.assert_array_equal(split_of(by_time)[1], np.arange(135, 150))


def test_samples_without_weight_do_not_break_the_series():
    X = series(200)
    windows = LagWindows(WINDOW).fit_transform(X)
    weights = np.ones(200)
    weights[80:120] = 0
    network = small_regressor().fit(windows, X[:, 0], weights)
    kept = weights > 0
    held_out = np.flatnonzero(kept)[-16:]
    expected = X[:, 0][kept & (np.arange(200) < held_out[0] - WINDOW + 1)]
    np.testing.assert_allclose(network.target_mean_, expected.mean())


def test_windows_are_as_small_pickled_as_their_rows():
    windows = LagWindows(100).fit_transform(series(1000))
    again = pickle.loads(pickle.dumps(windows))
    assert len(pickle.dumps(windows)) < 3 * 1100 * 2 * 8
    np.testing.assert_array_equal(again, windows)
    assert again.strides == windows.strides
    np.testing.assert_array_equal(again.table.rows, windows.table.rows)
    assert type(windows[5:]) is np.ndarray
    plain = pickle.loads(pickle.dumps(windows[5:]))
    np.testing.assert_array_equal(plain, windows[5:])


def test_series_in_a_row_each_keep_their_own_tail():
    panel = [LagWindows(WINDOW).fit_transform(series(50, seed)) for seed in range(3)]
    X = np.concatenate(panel)
    train, validation = split_validation(
        Sequences.from_dense(X), None, fraction=0.1, how="auto", seed=0
    )
    np.testing.assert_array_equal(
        validation, np.concatenate([np.arange(45, 50) + 50 * k for k in range(3)])
    )
    np.testing.assert_array_equal(train, np.concatenate([np.arange(40) + 50 * k for k in range(3)]))


def test_windows_with_a_hole_in_their_clock():
    """A missing day is an absent step; the windows around it are still windows of one series."""
    index = pd.date_range("2020-01-01", periods=120, freq="D").delete([30, 31, 77])
    X = pd.DataFrame(series(117), index=index)
    windows = LagWindows(WINDOW).fit_transform(X)
    train, validation = split_validation(
        Sequences.from_dense(windows.copy()), None, fraction=0.1, how="auto", seed=0
    )
    np.testing.assert_array_equal(validation, np.arange(105, 117))
    np.testing.assert_array_equal(train, np.arange(100))


def test_few_distinct_values_do_not_make_a_series(rng):
    X = rng.integers(0, 2, size=(200, 10, 1)).astype(float)
    _, validation = split_validation(
        Sequences.from_dense(X), None, fraction=0.1, how="auto", seed=0
    )
    assert not np.array_equal(validation, np.arange(180, 200))


@pytest.mark.parametrize("order", ["oldest first", "newest first"])
@pytest.mark.parametrize("dilation", [1, 2, 7])
def test_copies_of_dilated_windows_and_tables_of_lags(order, dilation):
    windows = LagWindows(WINDOW, dilation=dilation).fit_transform(series(300)).copy()[60:]
    X = windows[:, ::-1].copy() if order == "newest first" else windows
    train, validation = split_validation(
        Sequences.from_dense(X), None, fraction=0.1, how="auto", seed=0
    )
    np.testing.assert_array_equal(validation, np.arange(216, 240))
    np.testing.assert_array_equal(train, np.arange(216 - 5 * dilation))


def test_a_fold_of_scattered_windows(rng):
    """Every other window at random, in order: neighbours are one or several rows apart."""
    windows = LagWindows(WINDOW).fit_transform(series(300))
    kept = np.sort(rng.permutation(300)[:150])
    train, validation = split_validation(
        Sequences.from_dense(windows[kept]), None, fraction=0.1, how="auto", seed=0
    )
    assert len(validation) >= 15
    assert brute_force_overlaps(kept, train, validation) == []


def test_aligned_events_between_zeros_are_no_windows(rng):
    X = np.zeros((200, 30, 1))
    X[:, 10:16, 0] = rng.normal(size=(200, 6))
    _, validation = split_validation(
        Sequences.from_dense(X), np.repeat([0, 1], 100), fraction=0.1, how="auto", seed=0
    )
    assert (validation < 100).sum() == 10


@pytest.mark.parametrize("axes", ["F", "time first"])
def test_transposed_arrays_are_no_windows(axes, rng):
    X = rng.normal(size=(200, 6, 1))
    X = np.asfortranarray(X) if axes == "F" else rng.normal(size=(6, 200, 2)).swapaxes(0, 1)
    network = small_regressor().fit(X, np.arange(200.0))
    assert "val_loss" in network.history_
    assert_same_bits(network.predict(X), network.predict(np.ascontiguousarray(X)))


def test_a_random_split_keeps_the_proportions_of_the_classes(rng):
    X, _ = sequences(n_samples=100)
    labels = np.repeat([0, 1, 2], [70, 20, 10])  # sorted, as files of sequences often are
    _, validation = split_validation(
        Sequences.from_dense(X), labels, fraction=0.1, how="auto", seed=0
    )
    np.testing.assert_array_equal(np.bincount(labels[validation]), [7, 2, 1])


@pytest.mark.parametrize(("how", "expected"), [("last", True), ("random", False)])
def test_the_choice_can_be_made_by_hand(how, expected):
    windows = LagWindows(WINDOW).fit_transform(series())
    _, validation = split_validation(
        Sequences.from_dense(windows.copy()), None, fraction=0.1, how=how, seed=0
    )
    assert np.array_equal(validation, np.arange(108, 120)) == expected


def test_too_few_windows_to_hold_any_out():
    X = LagWindows(WINDOW).fit_transform(series(9))
    with pytest.warns(UserWarning, match=r"Early stopping needs more windows than these 9"):
        network = small_regressor().fit(X, np.arange(9.0))
    assert "val_loss" not in network.history_
    assert network.best_epoch_ == network.n_iter_ == 2


def test_the_future_changes_no_bit_of_an_earlier_prediction():
    """Perturb the rows after a time: predictions up to it stay as they are."""
    X = series()
    model = forecaster().fit(X, X[:, 0])
    before = model.predict(X)
    for row in (1, 40, 119):
        changed = X.copy()
        changed[row:] = 1e3
        assert_same_bits(model.predict(changed)[:row], before[:row])
        assert_other_bits(model.predict(changed)[row:], before[row:])


def test_the_future_of_the_training_rows_changes_nothing_that_was_learnt():
    frame = pd.DataFrame(series(), index=pd.date_range("2020", periods=120, freq="D"))
    X, y = series_to_supervised(frame, target=0)
    changed = frame.copy()
    changed.iloc[81:] = 50.0
    other, _ = series_to_supervised(changed, target=0)
    first, second = forecaster().fit(X[:80], y[:80]), forecaster().fit(other[:80], y[:80])
    assert_same_bits(first[-1].weights_, second[-1].weights_)
    assert_same_bits(first[-1].input_mean_, second[-1].input_mean_)


def test_per_step_predictions_are_causal():
    X, _ = sequences()
    y = np.cumsum(X[:, :, 0], axis=1)
    network = small_regressor(return_sequences=True, units=(4, 3)).fit(X, y)
    changed = X.copy()
    changed[:, 4:] += 3
    before, after = network.predict(X), network.predict(changed)
    assert_same_bits(after[:, :4], before[:, :4])
    assert (after[:, 4:] != before[:, 4:]).all()


def test_a_test_fold_sees_the_history_that_was_there():
    frame = pd.DataFrame(series(), index=pd.date_range("2020", periods=120, freq="D"))
    X, y = series_to_supervised(frame, target=0)
    model = forecaster().fit(X[:100], y[:100])
    whole = LagWindows(WINDOW).fit_transform(X)
    assert_same_bits(model.predict(X[100:]), model[-1].predict(whole)[100:])


def test_held_out_rows_are_not_standardized_on():
    """The mean of the inputs is that of the training windows, weighted as they hold the rows."""
    X = series()
    X[-12:] += 100  # the last tenth, which is held out
    windows = LagWindows(WINDOW, fill="edge").fit_transform(X)
    network = small_regressor().fit(windows, X[:, 0])
    expected = windows[: 120 - 12 - 5].mean(axis=(0, 1))
    np.testing.assert_allclose(network.input_mean_, expected)
    np.testing.assert_allclose(network.input_scale_, windows[: 120 - 12 - 5].std(axis=(0, 1)))
    np.testing.assert_allclose(network.target_mean_, X[: 120 - 12 - 5, 0].mean())


@pytest.mark.parametrize("dilation", [1, 3])
def test_absent_steps_do_not_enter_the_standardization(dilation):
    windows = LagWindows(4, dilation=dilation).fit_transform(series())
    network = small_regressor(early_stopping=False).fit(windows, series()[:, 0])
    np.testing.assert_allclose(network.input_mean_, np.nanmean(windows, axis=(0, 1)))
    np.testing.assert_allclose(network.input_scale_, np.nanstd(windows, axis=(0, 1)))


@pytest.mark.parametrize("unit", [1e4, 1e-4])
@pytest.mark.parametrize("offset", [0, 5])
def test_units_do_not_matter(unit, offset):
    """Raw, unscaled data give the scores of scaled ones."""
    X, y = sequences(n_samples=200)
    params = {"epochs": 12, "learning_rate": 0.01}
    scaled = small_regressor(**params).fit(X, y).score(X, y)
    raw_X, raw_y = unit * (X + offset), unit * (y - offset)
    network = small_regressor(**params).fit(raw_X, raw_y)
    assert scaled > 0.5
    assert network.score(raw_X, raw_y) == pytest.approx(scaled, abs=0.01)


def test_given_validation_data_are_used():
    X, y = sequences()
    X_val, y_val = sequences(seed=1, n_samples=20)
    network = small_regressor(standardize=False).fit(X, y, X_val=X_val, y_val=y_val)
    reached = np.mean((network.predict(X_val) - y_val) ** 2)
    best = network.history_["val_loss"][network.best_epoch_ - 1]
    assert reached == pytest.approx(best, rel=1e-5)


def test_the_weights_of_the_best_epoch_are_kept():
    X, y = sequences()
    X_val, y_val = sequences(seed=1, n_samples=20)
    fit = {"X_val": X_val, "y_val": y_val}
    params = {"standardize": False, "learning_rate": 0.05, "n_iter_no_change": 3}
    long = small_regressor(epochs=60, **params).fit(X, y, **fit)
    assert long.n_iter_ == long.best_epoch_ + 3
    assert np.argmin(long.history_["val_loss"]) == long.best_epoch_ - 1
    # A fit that ends at the best epoch has the same weights.
    short = small_regressor(epochs=long.best_epoch_, **params).fit(X, y, **fit)
    assert_same_bits(short.weights_, long.weights_)


def test_forecasting_beats_the_naive_answer(seattle):
    """Tomorrow's maximum in Seattle, a small network, a year held out."""
    inputs = seattle[["precipitation", "temp_max", "temp_min", "wind"]]
    X, y = series_to_supervised(inputs, target="temp_max")
    model = make_pipeline(LagWindows(14), RNNRegressor(units=16, random_state=0))
    model.fit(X[:1095], y[:1095])
    score = model.score(X[1095:], y[1095:])
    assert score > r2_score(y[1095:], X["temp_max"][1095:])


def test_a_classifier_of_windows_validates_on_the_last_rows():
    windows = LagWindows(WINDOW).fit_transform(series(60))
    y = (series(60)[:, 0] > 0).astype(int)

    def validation_loss(row):
        changed = y.copy()
        changed[row] = 1 - changed[row]
        return small_classifier(epochs=1).fit(windows, changed).history_["val_loss"]

    unchanged = small_classifier(epochs=1).fit(windows, y).history_["val_loss"]
    assert validation_loss(50) == unchanged  # purged
    assert validation_loss(57) != unchanged


def test_windows_of_a_panel_are_read_from_their_rows(rng, monkeypatch):
    index = pd.MultiIndex.from_product([range(10), pd.date_range("1990", periods=50)])
    frame = pd.DataFrame(rng.normal(size=(500, 2)), index=index)
    X, y = sequences()
    network = small_regressor(standardize=False).fit(X, y)
    windows = LagWindows(X.shape[1], fill=0.0).fit_transform(frame)[rng.permutation(500)[:64]]
    expected = network.predict(np.asarray(windows))
    monkeypatch.setattr(type(windows), "__array__", lambda *args, **kwargs: pytest.fail("a copy"))
    assert_same_bits(network.predict(windows), expected)
    network.fit(windows, np.arange(64.0))
