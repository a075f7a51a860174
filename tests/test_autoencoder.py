"""RNNAutoencoder beside plain Keras layers, PCA, NumPy and its own invariants."""

import tracemalloc

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.utils import get_tags

from skrnn import LagWindows, RNNAutoencoder, cache_info

from .common import (
    N_FEATURES,
    N_SAMPLES,
    N_STEPS,
    SMALL,
    assert_other_bits,
    assert_same_bits,
    outputs_of,
    ragged_sequences,
    sequences,
)

LAYERS = {
    "simple": keras.layers.SimpleRNN,
    "gru": keras.layers.GRU,
    "lstm": keras.layers.LSTM,
}
NETWORKS = {
    "simple": {"cell": "simple"},
    "gru": {"cell": "gru"},
    "lstm stacked": {"cell": "lstm", "units": (4, 3)},
    "gru bidirectional": {"cell": "gru", "bidirectional": True},
}


def small_autoencoder(**params):
    """An autoencoder that fits in milliseconds once its program is compiled."""
    usual = {"learning_rate_schedule": "constant", "early_stopping": True}
    return RNNAutoencoder(**{**SMALL, **usual, "latent_dim": 3, **params})


def with_absent_steps(X):
    """The same sequences with steps missing at the front, in the middle and at the end."""
    X = X.copy()
    X[::3, :2] = np.nan
    X[1::5, 3] = np.nan
    X[2::7, 4:] = np.nan
    return X


def padded(arrays):
    """Ragged sequences as one array, NaN past their ends."""
    out = np.full((len(arrays), max(map(len, arrays)), arrays[0].shape[1]), np.nan)
    for row, array in zip(out, arrays, strict=True):
        row[: len(array)] = array
    return out


class PlainKeras:
    """The network of plain Keras layers, with the weights of a fitted autoencoder."""

    def __init__(self, fitted):
        self.cell, units = fitted.cell, np.atleast_1d(fitted.units)
        layer = LAYERS[self.cell]
        self.encoder = [layer(n, return_sequences=n_left > 0) for n_left, n in _numbered(units)]
        if fitted.bidirectional:
            self.encoder = [keras.layers.Bidirectional(one) for one in self.encoder]
        self.latent = keras.layers.Dense(fitted.latent_dim)
        n_states = 2 if self.cell == "lstm" else 1
        self.starts = [
            [keras.layers.Dense(int(n), activation="tanh") for _ in range(n_states)]
            for n in units[::-1]
        ]
        self.decoder = [
            layer(int(n), return_sequences=True, go_backwards=True) for n in units[::-1]
        ]
        self.output = keras.layers.TimeDistributed(keras.layers.Dense(fitted.n_features_in_))
        self(np.zeros((1, 2, fitted.n_features_in_), np.float32))
        weights = iter(fitted.weights_)
        for one in self.layers:
            one.set_weights([next(weights) for _ in one.weights])
        assert next(weights, None) is None

    @property
    def layers(self):
        starts = [dense for of_layer in self.starts for dense in of_layer]
        return [*self.encoder, self.latent, *starts, *self.decoder, self.output]

    @property
    def variables(self):
        return [v for one in self.layers for v in one.trainable_variables]

    def encode(self, X):
        """Latent vectors of (n_samples, n_steps, n_features), NaN for absent steps."""
        mask = ~np.isnan(X[:, :, 0])
        hidden = np.nan_to_num(X).astype(np.float32)
        for one in self.encoder:
            hidden = one(hidden, mask=mask)
        return self.latent(hidden)

    def __call__(self, X):
        """The reconstruction, where the steps past the last present one mean nothing."""
        latent = self.encode(X)
        present = ~np.isnan(X[:, :, 0])
        until_last = np.flip(np.logical_or.accumulate(np.flip(present, 1), axis=1), 1)
        hidden = keras.layers.RepeatVector(X.shape[1])(latent)
        for start, one in zip(self.starts, self.decoder, strict=True):
            hidden = one(hidden, mask=until_last, initial_state=[dense(latent) for dense in start])
            hidden = keras.ops.flip(hidden, axis=1)  # back to the order of time
        return self.output(hidden)


def _numbered(units):
    """Each number with how many come after it."""
    return [(len(units) - 1 - i, int(n)) for i, n in enumerate(units)]


def mean_over_present(errors, X):
    present = ~np.isnan(X[:, :, 0])
    return np.where(present, errors, 0.0).sum(axis=1) / present.sum(axis=1)


# Plain Keras layers


@pytest.mark.parametrize("network", NETWORKS)
def test_everything_equals_plain_keras_layers(network):
    """Outputs, loss and gradients on ragged sequences with holes, a step of gradient descent."""
    X = [x.copy() for x in ragged_sequences(n_samples=16)[0]]
    for x in X[::3]:
        x[1] = np.nan
    plain_step = {"early_stopping": False, "clipnorm": None, "optimizer": "sgd", "epochs": 1}
    fitted = small_autoencoder(warm_start=True, **plain_step, **NETWORKS[network]).fit(X)
    before, plain = fitted.weights_, PlainKeras(fitted)
    scaled = padded([(x - fitted.input_mean_) / fitted.input_scale_ for x in X])
    present = ~np.isnan(scaled[:, :, 0])

    np.testing.assert_allclose(fitted.transform(X), plain.encode(scaled), atol=2e-6)
    expected = np.asarray(plain(scaled)) * fitted.input_scale_ + fitted.input_mean_
    written = padded(fitted.reconstruct(X))
    np.testing.assert_allclose(written[present], expected[present], atol=5e-6)
    assert np.isnan(written[~present]).all()

    latent, of_keras = outputs_of(fitted.to_keras(), padded(X))
    np.testing.assert_allclose(latent, fitted.transform(X), atol=2e-6)
    np.testing.assert_allclose(of_keras[present], written[present], atol=5e-6)

    ends = [
        [states[step] for states in fitted.cell_states(X, layer=-1, backward=backward)["hidden"]]
        for backward, step in [(False, -1), (True, 0)][: 1 + fitted.bidirectional]
    ]
    np.testing.assert_allclose(plain.latent(np.hstack(ends)), latent, atol=1e-5)

    weights = np.linspace(0.5, 1.5, len(X))  # one in the mean, as all are brought to
    fitted.set_params(learning_rate=0.1).fit(X, sample_weight=weights)
    with tf.GradientTape() as tape:
        errors = keras.losses.mean_squared_error(np.nan_to_num(scaled), plain(scaled))
        loss = tf.reduce_sum(errors * present * weights[:, None]) / present.sum()
    assert fitted.history_["loss"][-1] == pytest.approx(float(loss), rel=1e-5)
    gradients = tape.gradient(loss, plain.variables)
    for old, new, gradient in zip(before, fitted.weights_, gradients, strict=True):
        np.testing.assert_allclose(old - 0.1 * np.asarray(gradient), new, atol=2e-6)


def test_score_is_minus_the_mean_squared_error_of_the_reconstruction():
    X = with_absent_steps(sequences()[0])
    fitted = small_autoencoder().fit(X)
    errors = ((fitted.reconstruct(X) - X) / fitted.input_scale_) ** 2
    expected = -mean_over_present(errors.mean(axis=2), X)
    np.testing.assert_allclose(fitted.score_samples(X), expected, rtol=1e-5)
    assert fitted.score(X) == pytest.approx(expected.mean(), rel=1e-5)
    weights = np.arange(len(X))
    weighted = fitted.score(X, sample_weight=weights)
    assert weighted == pytest.approx(np.average(expected, weights=weights), rel=1e-5)


# What it learns


def test_sequences_of_one_shape_need_one_number():
    """Multiples of one pattern: PCA with one component is exact, and so nearly is the network."""
    rng = np.random.default_rng(0)
    pattern = np.array([1.0, 2.0, 0.5, -1.0, -2.0, 0.0])
    X = rng.uniform(-1, 1, (200, 1)) * pattern
    flat = PCA(1).fit(X)
    np.testing.assert_allclose(flat.inverse_transform(flat.transform(X)), X, atol=1e-12)
    fitted = small_autoencoder(
        latent_dim=1, units=16, learning_rate=0.02, epochs=100, early_stopping=False
    ).fit(X)
    assert -fitted.score(X) < 0.01  # of a variance of 1
    # The one number is the multiple, up to a monotonous function.
    latent = fitted.transform(X)[:, 0]
    order = np.argsort(flat.transform(X)[:, 0])
    share_rising = (np.diff(latent[order]) > 0).mean()
    assert max(share_rising, 1 - share_rising) > 0.97


def test_noise_is_of_the_training_only():
    X, _ = sequences()
    clean, noisy = small_autoencoder().fit(X), small_autoencoder(noise=0.5).fit(X)
    assert_other_bits(clean.weights_, noisy.weights_)
    assert_same_bits(noisy.transform(X), noisy.transform(X))
    assert_same_bits(small_autoencoder(noise=0.5).fit(X).weights_, noisy.weights_)


# What must not matter


def test_absent_steps_do_not_count():
    """Sequences of different lengths: a list, or NaN past their ends."""
    X, _ = ragged_sequences()
    fitted = small_autoencoder(early_stopping=False).fit(X)
    table = padded(X)
    same = small_autoencoder(early_stopping=False, shuffle=False).fit(table)
    ragged = small_autoencoder(early_stopping=False, shuffle=False).fit(X)
    for a, b in zip(same.weights_, ragged.weights_, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)
    np.testing.assert_allclose(fitted.transform(table), fitted.transform(X), atol=1e-6)
    np.testing.assert_allclose(fitted.score_samples(table), fitted.score_samples(X), atol=1e-6)
    for written, of_table, x in zip(
        fitted.reconstruct(X), fitted.reconstruct(table), X, strict=True
    ):
        assert written.shape == x.shape
        np.testing.assert_allclose(of_table[: len(x)], written, atol=1e-5)
        assert np.isnan(of_table[len(x) :]).all()


@pytest.mark.parametrize(("cell", "kind"), [("gru", "dense"), ("lstm", "ragged")])
def test_same_bits_in_any_company(cell, kind):
    X = ragged_sequences()[0] if kind == "ragged" else with_absent_steps(sequences()[0])
    fitted = small_autoencoder(cell=cell).fit(X)
    some = [5, 2, 31]
    few = [X[i] for i in some] if kind == "ragged" else X[some]
    for method in ("transform", "score_samples", "decision_function", "predict"):
        everything = getattr(fitted, method)(X)
        assert_same_bits(getattr(fitted, method)(few), everything[some])
    everything = fitted.reconstruct(X)
    assert_same_bits(list(fitted.reconstruct(few)), [everything[i] for i in some])


def test_the_last_steps_are_written_first():
    """Fewer steps are the last ones of more steps, whatever the number."""
    X, _ = sequences()
    fitted = small_autoencoder().fit(X)
    Z = fitted.transform(X)
    everything = fitted.inverse_transform(Z)
    assert everything.shape == (N_SAMPLES, N_STEPS, N_FEATURES)
    np.testing.assert_allclose(everything, fitted.reconstruct(X), atol=1e-6)
    np.testing.assert_allclose(fitted.inverse_transform(Z, 2), everything[:, -2:], atol=1e-6)
    np.testing.assert_allclose(fitted.inverse_transform(Z, 9)[:, -N_STEPS:], everything, atol=1e-6)


def test_units_do_not_matter():
    X, _ = sequences()
    scale, offset = np.array([1000.0, 0.01]), np.array([5.0, -70.0])
    fitted, other = small_autoencoder().fit(X), small_autoencoder().fit(X * scale + offset)
    np.testing.assert_allclose(
        other.reconstruct(X * scale + offset), fitted.reconstruct(X) * scale + offset, rtol=1e-4
    )
    np.testing.assert_allclose(
        other.score_samples(X * scale + offset), fitted.score_samples(X), rtol=1e-4
    )
    plain = small_autoencoder(standardize=False).fit(X)
    assert_same_bits(plain.input_scale_, np.ones(N_FEATURES))


def test_windows_are_not_copied():
    rng = np.random.default_rng(0)
    window, n_rows = 400, 2000
    X = LagWindows(window, fill="edge").fit_transform(rng.normal(size=(n_rows, 1)))
    network = small_autoencoder(cell="simple", units=2, epochs=1, batch_size=256)
    network.fit(X)  # the program is compiled here
    tracemalloc.start()
    network.fit(X).score_samples(X)
    network.transform(X)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < n_rows * window * 4  # what one copy takes in float32


def test_weights_of_zero_leave_samples_out():
    X, _ = sequences()
    weights = np.arange(N_SAMPLES) % 3 > 0
    params = {"shuffle": False, "early_stopping": False}
    weighted = small_autoencoder(**params).fit(X, sample_weight=weights)
    assert_same_bits(weighted.weights_, small_autoencoder(**params).fit(X[weights]).weights_)


# Anomalies


@pytest.mark.parametrize("contamination", [0.05, 0.1, 0.5])
def test_contamination_is_the_share_of_anomalies_in_training(contamination):
    X, _ = sequences()
    fitted = small_autoencoder(contamination=contamination)
    assert (fitted.fit_predict(X) == -1).mean() == pytest.approx(contamination, abs=1 / N_SAMPLES)
    assert fitted.offset_ == np.percentile(fitted.score_samples(X), 100 * contamination)
    np.testing.assert_array_equal(
        fitted.decision_function(X), fitted.score_samples(X) - fitted.offset_
    )


def test_auto_contamination_is_a_robust_bound():
    X, _ = sequences()
    fitted = small_autoencoder().fit(X)
    logs = np.log(-fitted.score_samples(X))
    z = 0.6745 * (logs - np.median(logs)) / np.median(np.abs(logs - np.median(logs)))
    np.testing.assert_array_equal(fitted.predict(X), np.where(z > 3.5, -1, 1))
    assert get_tags(fitted).estimator_type == "outlier_detector"


# What "auto" stands for


def test_few_sequences_are_trained_by_updates():
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, (N_SAMPLES, 1, 1)) * rng.normal(size=(N_STEPS, 2))
    fitted = RNNAutoencoder(latent_dim=3, units=4, random_state=0).fit(X)
    found = fitted.batch_size_, fitted.learning_rate_, fitted.epochs_, fitted.n_updates_
    assert found == (16, 3e-3, 250, 1000)  # batches of 16 make 60 samples in 4 updates
    assert "val_loss" not in fitted.history_
    assert -fitted.score(X) < 0.25  # one number tells all of a sequence; a constant has 1


def test_many_windows_are_held_to_a_part_of_them():
    X = np.random.default_rng(0).normal(size=(505, 2))
    windows = LagWindows(N_STEPS, fill="edge").fit_transform(X)
    fitted = RNNAutoencoder(latent_dim=3, units=4, epochs=2, batch_size=16, random_state=0)
    fitted.fit(windows)
    assert len(fitted.history_["val_loss"]) == 2
    assert (fitted.batch_size_, fitted.learning_rate_) == (16, 3e-3)


# As an estimator


def test_latent_vectors_have_names():
    X, _ = sequences()
    frame = small_autoencoder().set_output(transform="pandas").fit_transform(X)
    assert list(frame.columns) == ["rnnautoencoder0", "rnnautoencoder1", "rnnautoencoder2"]
    assert_same_bits(frame.to_numpy(), small_autoencoder().fit(X).transform(X))
    column = pd.Series(list(X[:, :, 0]), index=range(5, 5 + N_SAMPLES))
    latent = small_autoencoder().set_output(transform="pandas").fit_transform(column)
    assert list(latent.index) == list(column.index)


@pytest.mark.parametrize("holes", [False, True])
def test_latent_vectors_of_windows_have_their_dates(holes):
    days = pd.date_range("2024-01-01", periods=N_SAMPLES, name="day").delete([30] if holes else [])
    frame = pd.DataFrame(sequences()[0][: len(days), 0], index=days)
    model = make_pipeline(LagWindows(N_STEPS), small_autoencoder()).set_output(transform="pandas")
    latent = model.fit_transform(frame)
    assert latent.index.equals(days) and latent.index.name == "day"
    some = model[-1].transform(model[0].transform(frame[40:20:-1])[:5])
    assert holes or list(some.index) == list(days[40:35:-1])
    plain = model[-1].set_output(transform="default").transform(model[0].transform(frame))
    assert_same_bits(latent.to_numpy(), plain)
    assert list(latent.columns) == ["rnnautoencoder0", "rnnautoencoder1", "rnnautoencoder2"]


def test_tables_are_univariate_sequences():
    X = sequences()[0][:, :, 0]
    frame = pd.DataFrame(X, columns=[f"step {i}" for i in range(N_STEPS)])
    fitted, of_frame = small_autoencoder().fit(X), small_autoencoder().fit(frame)
    assert list(of_frame.feature_names_in_) == list(frame.columns)
    assert_same_bits(of_frame.transform(frame), fitted.transform(X))
    assert fitted.reconstruct(X).shape == fitted.inverse_transform(fitted.transform(X)).shape
    assert fitted.reconstruct(X).shape == X.shape
    of_axis = small_autoencoder().fit(X[:, :, None])
    assert of_axis.reconstruct(X[:, :, None]).shape == (*X.shape, 1)
    assert_same_bits(of_axis.reconstruct(X[:, :, None])[:, :, 0], fitted.reconstruct(X))


def test_in_pipelines_and_searches(seattle):
    weather = seattle[["temp_max", "wind"]][:200]
    rains = seattle["precipitation"][:200] > 0
    features = make_pipeline(LagWindows(7), small_autoencoder())
    assert features.fit_transform(weather).shape == (200, 3)
    assert features.score_samples(weather).shape == features.predict(weather).shape == (200,)
    classifier = make_pipeline(LagWindows(7), small_autoencoder(), LogisticRegression())
    assert classifier.fit(weather, rains).predict(weather).shape == (200,)
    search = GridSearchCV(features, {"rnnautoencoder__learning_rate": [1e-3, 1e-2]}, cv=2).fit(
        weather
    )
    assert search.best_score_ < 0
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_given_validation_data_and_more_epochs():
    X, _ = sequences()
    fitted = small_autoencoder(warm_start=True).fit(X, X_val=X[:20])
    assert len(fitted.history_["val_loss"]) == 2
    scores = small_autoencoder(warm_start=True, n_iter_no_change=3).fit(X, X_val=X[:20])
    best = min(scores.history_["val_loss"])
    assert -scores.score(X[:20]) == pytest.approx(best, rel=1e-5)
    assert fitted.fit(X).n_iter_ == 4
    assert len(fitted.partial_fit(X).history_["loss"]) == 5


# Bad input


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda a, X: a.inverse_transform(np.zeros((2, 4))), r"Expected Z of shape .*latent_dim=3"),
        (lambda a, X: a.inverse_transform([[0, 0, np.nan]]), "Input Z contains NaN"),
        (lambda a, X: a.inverse_transform(np.zeros((2, 3)), 0), "Expected n_steps to be an int"),
        (lambda a, X: a.transform(X[:, :, :1]), "X has 1 features"),
        (lambda a, X: a.fit(np.full_like(X, np.nan)), "at least one present step"),
        (lambda a, X: a.set_params(latent_dim=2, warm_start=True).fit(X), "latent_dim: 3 -> 2"),
        (lambda a, X: a.set_params(contamination=0.7).fit(X), "'contamination' parameter"),
        (lambda a, X: a.set_params(noise=-1.0).fit(X), "'noise' parameter"),
        (lambda a, X: a.fit(np.where(X > 2, np.inf, X)), "contains infinity"),
        (lambda a, X: a.fit(X, sample_weight=np.zeros(len(X))), "positive sample_weight"),
    ],
)
def test_bad_input_is_told_and_loses_nothing(call, message):
    X, _ = sequences()
    fitted = small_autoencoder().fit(X)
    before = fitted.score_samples(X)
    with pytest.raises(ValueError, match=message):
        call(fitted, X)
    assert_same_bits(fitted.score_samples(X), before)


def test_numbers_of_steps_share_a_program():
    X, _ = sequences()
    network = small_autoencoder().fit(X)
    Z = network.transform(X[:3])
    whole = network.inverse_transform(Z, n_steps=8)
    before = cache_info().misses
    for n_steps in (5, 6, 7):
        assert network.inverse_transform(Z, n_steps).shape == (3, n_steps, 2)
    assert cache_info().misses == before
    # The last step is written first, so that other numbers of steps end alike.
    assert_same_bits(network.inverse_transform(Z, 6), whole[:, 2:])
