"""What goes along with a fit: metadata, callbacks, column names, displays and printed lines."""

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from sklearn.base import clone
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.interrupts import state_of
from skrnn import LagWindows, RNNRegressor, series_to_supervised

from .common import (
    SMALL,
    assert_other_bits,
    assert_same_bits,
    eager_keras,
    sequences,
    small_classifier,
    small_regressor,
)
from .test_architecture import run_in_fresh_interpreter

try:
    import sklearn.callback as sklearn_callback
except ImportError:
    sklearn_callback = None

ENGINES = ["compiled", "keras"]

needs_callbacks = pytest.mark.skipif(
    sklearn_callback is None, reason="scikit-learn before 1.9 has no callbacks"
)


def series():
    rng = np.random.default_rng(0)
    stamps = pd.date_range("2024-01-01", periods=91, freq="D")
    values = 20 + 5 * np.sin(np.arange(91) / 3) + rng.normal(scale=0.3, size=91)
    return series_to_supervised(pd.DataFrame({"level": values}, index=stamps), target="level")


@pytest.fixture
def routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


# Metadata routing


def test_validation_data_through_a_pipeline(routing):
    """X_val passes the steps before the network, fitted on X; the weights go to the network."""
    X, y = series()
    weights = np.linspace(0.5, 2, 70)
    network = small_regressor().set_fit_request(sample_weight=True, X_val=True, y_val=True)
    scaler = StandardScaler().set_fit_request(sample_weight=False)
    pipeline = Pipeline(
        [("scale", scaler), ("windows", LagWindows(6)), ("network", network)],
        transform_input=["X_val"],
    )
    pipeline.set_output(transform="pandas")
    pipeline.fit(X[:70], y[:70], X_val=X[70:], y_val=y[70:], sample_weight=weights)

    scale = StandardScaler().set_output(transform="pandas").fit(X[:70])
    windows = LagWindows(6).fit(scale.transform(X[:70]))
    by_hand = small_regressor().fit(
        windows.transform(scale.transform(X[:70])),
        y[:70],
        weights,
        X_val=windows.transform(scale.transform(X[70:])),
        y_val=y[70:],
    )
    assert pipeline["network"].history_ == by_hand.history_
    assert_same_bits(pipeline["network"].weights_, by_hand.weights_)
    # The first window of the validation rows reaches back into the training rows.
    assert not np.isnan(windows.transform(scale.transform(X[70:]))).any()


def test_val_loss_is_the_loss_of_the_given_validation_data():
    X, y = sequences()
    network = small_regressor(epochs=3).fit(X[:40], y[:40], X_val=X[40:], y_val=y[40:])
    assert len(network.history_["val_loss"]) == 3
    errors = (network.predict(X[40:]) - y[40:]) / network.target_scale_
    best = network.history_["val_loss"][network.best_epoch_ - 1]
    assert best == pytest.approx(np.mean(errors**2), rel=1e-5)


def test_metadata_that_was_not_asked_for_is_refused(routing):
    X, y = sequences()
    pipeline = Pipeline([("network", small_regressor())])
    with pytest.raises(ValueError, match=r"\[sample_weight\] are passed but are not explicitly"):
        pipeline.fit(X, y, sample_weight=np.ones(60))


def test_weights_of_zero_leave_rows_out_through_a_pipeline(routing):
    X, y = sequences()
    network = small_regressor().set_fit_request(sample_weight=True)
    weights = np.repeat([1.0, 0.0], [45, 15])
    y = np.where(weights > 0, y, 1e6)
    pipeline = Pipeline([("network", network)]).fit(X, y, sample_weight=weights)
    assert_same_bits(pipeline[-1].weights_, small_regressor().fit(X[:45], y[:45]).weights_)


@pytest.mark.parametrize("kind", ["regressor", "classifier"])
def test_weights_through_a_search(routing, kind):
    """Fits and scores both get the weights of their rows."""
    X, y = sequences()
    network = small_regressor() if kind == "regressor" else small_classifier()
    y = y if kind == "regressor" else (y > 0).astype(int)
    weights = np.linspace(0.1, 3, 60)
    network.set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
    cv = KFold(2, shuffle=True, random_state=0)
    search = GridSearchCV(network, {"learning_rate": [0.01, 0.1]}, cv=cv, error_score="raise")
    search.fit(X, y, sample_weight=weights)
    for fold, (train, test) in enumerate(cv.split(X)):
        fitted = clone(network).set_params(learning_rate=0.1)
        fitted.fit(X[train], y[train], weights[train])
        score = fitted.score(X[test], y[test], weights[test])
        assert search.cv_results_[f"split{fold}_test_score"][1] == score
        assert score != fitted.score(X[test], y[test])
    refitted = clone(network).set_params(**search.best_params_)
    assert_same_bits(search.best_estimator_.weights_, refitted.fit(X, y, weights).weights_)
    assert_other_bits(search.best_estimator_.weights_, refitted.fit(X, y).weights_)


# Callbacks of scikit-learn


class Listener:
    """Writes down what it hears; stops a fit after some epochs if it is told to."""

    def __init__(self, stop_after=None):
        self.stop_after = stop_after
        self.heard = []

    def setup(self, estimator, context):
        self.heard.append(("setup", context.task_name))

    def teardown(self, estimator, context):
        self.heard.append(("teardown", context.task_name))

    def on_fit_task_begin(self, estimator, context):
        self.heard.append(("begin", context.task_name))

    def on_fit_task_end(self, estimator, context):
        self.heard.append(("end", context.task_name))
        return context.task_name == "epoch" and context.task_id + 1 == self.stop_after


class Interrupter(Listener):
    """Stands for a user who presses Ctrl-C in the second epoch."""

    def on_fit_task_begin(self, estimator, context):
        super().on_fit_task_begin(estimator, context)
        if context.task_name == "epoch" and context.task_id == 1:
            raise KeyboardInterrupt


ONE_EPOCH = [("begin", "epoch"), ("end", "epoch")]


@needs_callbacks
@pytest.mark.parametrize("engine", ENGINES)
@eager_keras()
def test_an_epoch_is_a_task(engine):
    X, y = sequences()
    listener = Listener()
    network = small_regressor(engine=engine, epochs=3).set_callbacks(listener).fit(X, y)
    assert listener.heard == [
        ("setup", "fit"),
        ("begin", "fit"),
        *ONE_EPOCH * 3,
        ("end", "fit"),
        ("teardown", "fit"),
    ]
    # Hearing changes nothing, and nothing is left of it.
    silent = small_regressor(engine=engine, epochs=3).fit(X, y)
    assert_same_bits(network.weights_, silent.weights_)
    assert set(vars(network)) - set(vars(silent)) == {"_skl_callbacks"}


@needs_callbacks
def test_early_stopping_ends_the_tasks():
    X, y = sequences()
    listener = Listener()
    network = small_regressor(epochs=50, learning_rate=0.1, n_iter_no_change=2)
    network.set_callbacks(listener).fit(X, y[::-1])
    assert network.n_iter_ < 50
    assert listener.heard.count(("end", "epoch")) == network.n_iter_
    assert listener.heard[-2:] == [("end", "fit"), ("teardown", "fit")]


@needs_callbacks
def test_partial_fit_is_a_fit_of_one_epoch():
    X, y = sequences()
    listener = Listener()
    network = small_regressor().set_callbacks(listener).partial_fit(X, y).partial_fit(X, y)
    assert network.n_iter_ == 2
    assert listener.heard.count(("begin", "fit")) == listener.heard.count(("end", "epoch")) == 2


@needs_callbacks
@pytest.mark.parametrize("engine", ENGINES)
@eager_keras()
def test_a_callback_stops_the_fit(engine):
    X, y = sequences()
    listener = Listener(stop_after=2)
    network = small_regressor(engine=engine, epochs=9, early_stopping=False)
    network.set_callbacks(listener).fit(X, y)
    assert (network.n_iter_, network.best_epoch_) == (2, 2)
    assert listener.heard[-4:] == [*ONE_EPOCH, ("end", "fit"), ("teardown", "fit")]
    two = small_regressor(engine=engine, epochs=2, early_stopping=False).fit(X, y)
    assert_same_bits(network.weights_, two.weights_)


@needs_callbacks
def test_a_callback_stops_every_fit_of_a_search():
    X, y = sequences()
    network = small_regressor(epochs=9, early_stopping=False).set_callbacks(Listener(stop_after=2))
    search = GridSearchCV(network, {"learning_rate": [0.01, 0.1]}, cv=KFold(2)).fit(X, y)
    listener = search.best_estimator_._skl_callbacks[0]
    assert listener.heard.count(("end", "epoch")) == 2 * (2 * 2 + 1)
    assert search.best_estimator_.n_iter_ == 2


@needs_callbacks
@pytest.mark.parametrize("engine", ENGINES)
@eager_keras()
def test_callbacks_are_torn_down_after_an_interruption(engine):
    X, y = sequences()
    listener = Interrupter()
    network = small_regressor(engine=engine).set_callbacks(listener)
    before = set(vars(network))
    with pytest.raises(KeyboardInterrupt):
        network.fit(X, y)
    assert listener.heard[-1] == ("teardown", "fit")
    assert set(vars(network)) == before


class Failing(Listener):
    """Fails at the end of an epoch."""

    def on_fit_task_end(self, estimator, context):
        if context.task_name == "epoch":
            raise ZeroDivisionError("of their own")


@needs_callbacks
def test_a_callback_that_raises():
    """The error comes out as it is, and a fitted network stays as it was."""
    X, y = sequences()
    listener = Failing()
    network = small_regressor().fit(X, y).set_callbacks(listener)
    before = state_of(network)
    for fit in (network.fit, network.set_params(warm_start=True).fit, network.partial_fit):
        with pytest.raises(ZeroDivisionError, match="of their own"):
            fit(X, -y)
        network.set_params(warm_start=False)
        listener.heard.clear()
        assert state_of(network) == before
    network.set_callbacks().fit(X, y)  # it can be fitted again
    assert_same_bits(network.weights_, small_regressor().fit(X, y).weights_)


def failing_in_keras():
    import keras

    class Failing(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise ZeroDivisionError("of their own")

    return Failing()


def test_a_callback_of_keras_that_raises():
    X, y = sequences()
    network = small_regressor().fit(X, y)
    network.set_params(engine="keras", callbacks=[failing_in_keras])
    before = state_of(network)
    with pytest.raises(ZeroDivisionError, match="of their own"):
        network.fit(X, -y)
    assert state_of(network) == before


@needs_callbacks
@pytest.mark.parametrize("engine", ENGINES)
@eager_keras()
def test_scoring_monitor_scores_the_network_of_each_epoch(engine):
    """After k epochs it is, to the bit, the network that was fitted for k epochs."""
    X, y = sequences()
    monitor = sklearn_callback.ScoringMonitor(scoring="r2")
    network = small_regressor(engine=engine, epochs=2, early_stopping=False, learning_rate=0.02)
    network.set_callbacks(monitor).fit(X, y)
    log = monitor.get_logs().data_as_pandas
    scores = log[log["task_name"] == "epoch"].sort_values("task_id")["r2"].tolist()
    expected = []
    for epochs in (1, 2):
        alone = clone(network).set_callbacks().set_params(epochs=epochs).fit(X, y)
        expected.append(r2_score(y, alone.predict(X)))
    assert scores == expected
    assert log.loc[log["task_name"] == "fit", "r2"].tolist() == expected[-1:]


@needs_callbacks
def test_scoring_monitor_of_a_classifier():
    X, z = sequences()
    y = np.where(z > 0, "up", "down")
    monitor = sklearn_callback.ScoringMonitor(scoring=["accuracy", "neg_log_loss"])
    network = small_classifier().set_callbacks(monitor).fit(X, y)
    log = monitor.get_logs().data_as_pandas
    assert log["task_name"].tolist() == ["fit", "epoch", "epoch"]
    assert log.loc[0, "accuracy"] == network.score(X, y)
    assert log["neg_log_loss"].notna().all()


@needs_callbacks
def test_scoring_monitor_through_a_pipeline_and_a_search():
    """One row for every epoch of every fit, each under the candidate and fold it belongs to."""
    X, y = series()
    monitor = sklearn_callback.ScoringMonitor(scoring="r2")
    network = small_regressor(early_stopping=False).set_callbacks(monitor)
    pipeline = Pipeline([("windows", LagWindows(6)), ("network", network)])
    search = GridSearchCV(
        pipeline, {"network__epochs": [1, 3]}, cv=KFold(2), error_score="raise"
    ).fit(X, y)
    log = monitor.get_logs().data_as_pandas
    epochs = log[log["task_name"] == "epoch"].groupby("parent_task_id_path").size()
    assert sorted(epochs) == sorted([1, 1, 3, 3, search.best_params_["network__epochs"]])
    fits = log[(log["task_name"] == "fit") & (log["estimator_name"] == "RNNRegressor")]
    assert len(fits) == 5
    refitted = search.best_estimator_
    assert r2_score(y, refitted.predict(X)) in fits["r2"].tolist()


@needs_callbacks
def test_progress_bar_through_a_pipeline_and_a_search(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    X, y = series()
    pipeline = Pipeline([("windows", LagWindows(6)), ("network", small_regressor())])
    bar = sklearn_callback.ProgressBar(max_propagation_depth=None)
    search = GridSearchCV(pipeline, {"network__epochs": [1, 2]}, cv=KFold(2), error_score="raise")
    search.set_callbacks(bar).fit(X, y)
    lines = capsys.readouterr().out.splitlines()
    last = [line for line in lines if "RNNRegressor - fit" in line][-5:]
    assert len(last) == 5
    assert all("fit-final-estimator" in line and "100%" in line for line in last)
    assert sum("LagWindows - fit" in line and "100%" in line for line in lines) >= 5


def test_set_callbacks_exists_where_scikit_learn_has_callbacks():
    assert hasattr(small_regressor(), "set_callbacks") == (sklearn_callback is not None)


# Displays


@pytest.mark.parametrize("fitted", [False, True])
@pytest.mark.parametrize("make", [small_regressor, small_classifier])
def test_html_display(make, fitted):
    X, y = sequences()
    network = make(units=4, learning_rate=0.0123)
    if fitted:
        network.fit(X, y if make is small_regressor else y > 0)
    html = network._repr_html_()
    name = type(network).__name__
    assert f'href="https://skrnn.readthedocs.io/en/stable/generated/skrnn.{name}.html"' in html
    assert "0.0123" in html
    assert f"<span>{'Fitted' if fitted else 'Not fitted'}</span>" in html
    version = tuple(map(int, sklearn.__version__.split(".")[:2]))
    if version >= (1, 7):
        assert 'class="parameters-table"' in html
        assert all(name in html for name in network.get_params())
    if version >= (1, 9):
        # The tooltips come from the docstring.
        assert "Seed of the starting weights, the order of the samples" in html
        assert ("best_epoch_" in html) == fitted


def test_display_of_a_fitted_pipeline():
    X, y = series()
    pipeline = Pipeline([("windows", LagWindows(6)), ("network", RNNRegressor(**SMALL))]).fit(X, y)
    html = pipeline._repr_html_()
    for name in ("LagWindows", "RNNRegressor"):
        assert f"generated/skrnn.{name}.html" in html
    one_line = " ".join(repr(pipeline).split())
    changed = "batch_size=16, cell='simple', epochs=2, random_state=0, units=4"
    assert f"RNNRegressor({changed})" in one_line


# Names of the columns

COLUMNS = [f"level_{hours}h_ago" for hours in (5, 4, 3, 2, 1, 0)]


def names_are_read(frame):
    # scikit-learn before 1.9 reads names through a protocol that polars 2 has dropped.
    return (
        isinstance(frame, pd.DataFrame)
        or sklearn_callback is not None
        or hasattr(frame, "__dataframe__")
    )


@pytest.mark.parametrize("library", [pd, pl], ids=["pandas", "polars"])
def test_feature_names(library):
    X, y = sequences()
    frame = library.DataFrame({name: X[:, i, 0] for i, name in enumerate(COLUMNS)})
    plain = small_regressor().fit(X[:, :, 0], y)
    assert not hasattr(plain, "feature_names_in_")
    network = small_regressor().fit(frame, y)
    assert_same_bits(network.weights_, plain.weights_)
    assert_same_bits(network.predict(frame), plain.predict(X[:, :, 0]))
    assert network.n_features_in_ == 6
    if not names_are_read(frame):
        return
    assert network.feature_names_in_.tolist() == COLUMNS
    other = library.DataFrame({name: X[:, i, 0] for i, name in enumerate([*COLUMNS[:-1], "now"])})
    with pytest.raises(ValueError, match=r"feature names should match[\s\S]*now"):
        network.predict(other)
    with pytest.raises(ValueError, match="feature names should match"):
        network.predict(frame[COLUMNS[::-1]])
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        network.predict(X[:, :, 0])
    assert not hasattr(network.fit(X[:, :, 0], y), "feature_names_in_")


@pytest.mark.parametrize("library", [pd, pl], ids=["pandas", "polars"])
def test_feature_names_of_a_pipeline(library):
    X, y = sequences()
    frame = library.DataFrame({"temperature": X[:, 0, 0], "wind": X[:, 0, 1]})
    pipeline = Pipeline([("windows", LagWindows(6)), ("network", small_regressor())])
    pipeline.fit(frame, y)
    assert pipeline["network"].n_features_in_ == 2
    if names_are_read(frame):
        assert pipeline.feature_names_in_.tolist() == ["temperature", "wind"]
        with pytest.raises(ValueError, match="feature names should match"):
            pipeline.predict(frame[["wind", "temperature"]])


@pytest.mark.parametrize("library", [pd, pl], ids=["pandas", "polars"])
def test_targets_from_frames(library):
    X, y = sequences()
    labels = np.where(y > 0, "up", "down")
    frame = library.DataFrame({"trend": labels, "a": y, "b": -y})
    from_series = small_classifier().fit(X, frame["trend"])
    assert from_series.classes_.tolist() == ["down", "up"]
    assert_same_bits(from_series.weights_, small_classifier().fit(X, labels).weights_)
    from_table = small_regressor().fit(X, frame[["a", "b"]])
    assert_same_bits(
        from_table.weights_, small_regressor().fit(X, np.stack([y, -y], axis=1)).weights_
    )


# What is printed


@pytest.mark.parametrize("engine", ENGINES)
@eager_keras()
def test_verbose_prints_a_line_an_epoch(engine, capfd):
    X, y = sequences()
    network = small_regressor(engine=engine, epochs=3, verbose=1).fit(X, y)
    printed = capfd.readouterr().out.splitlines()
    assert printed == [
        f"Epoch {epoch}/3 - loss: {loss:.4f} - val_loss: {val_loss:.4f}"
        for epoch, loss, val_loss in zip(
            (1, 2, 3), network.history_["loss"], network.history_["val_loss"], strict=True
        )
    ]


@pytest.mark.parametrize("engine", ENGINES)
def test_nothing_is_printed_by_default(engine, capfd):
    X, y = sequences()
    network = small_regressor(engine=engine).fit(X, y)
    capfd.readouterr()  # where TensorFlow starts just now, it says so itself
    network.fit(X, y).predict(X)
    network.partial_fit(X, y).score(X, y)
    assert capfd.readouterr() == ("", "")


# Without TensorFlow


def test_a_fitted_estimator_is_loaded_and_displayed_without_tensorflow(tmp_path):
    """Only its predictions need TensorFlow, and they have the bits that they had elsewhere."""
    skops = pytest.importorskip("skops.io")
    X, y = series()
    pipeline = Pipeline([("windows", LagWindows(6)), ("network", small_regressor())]).fit(X, y)
    joblib.dump((pipeline, X, pipeline.predict(X)), tmp_path / "fitted.joblib")
    skops.dump(pipeline, tmp_path / "fitted.skops")
    run_in_fresh_interpreter(f"""
        import copy, pathlib, pickle, sys
        import joblib, numpy, skops.io
        from sklearn.base import clone
        from sklearn.frozen import FrozenEstimator
        from sklearn.utils.validation import check_is_fitted

        folder = pathlib.Path({str(tmp_path)!r})
        pipeline, X, expected = joblib.load(folder / "fitted.joblib")
        untrusted = skops.io.get_untrusted_types(file=folder / "fitted.skops")
        skops.io.load(folder / "fitted.skops", trusted=untrusted)
        network = pipeline["network"]
        for estimator in (pipeline, network):
            check_is_fitted(estimator)
            estimator._repr_html_()
            repr(estimator)
            dir(estimator)
            estimator.get_params()
            clone(estimator)
            pickle.loads(pickle.dumps(copy.deepcopy(estimator)))
            FrozenEstimator(estimator)
        assert network.n_iter_ == 2 and len(network.history_["loss"]) == 2
        loaded = {{"tensorflow", "keras", "scikeras"}} & set(sys.modules)
        assert not loaded, loaded
        numpy.testing.assert_array_equal(pipeline.predict(X), expected)
        assert "tensorflow" in sys.modules
        """)
