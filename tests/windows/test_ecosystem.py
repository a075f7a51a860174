"""The transformers among pipelines, searches, containers and files."""

import json
import pickle
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags

from skrnn.windows import LagFeatures, LagWindows, series_to_supervised


class WindowMean(RegressorMixin, BaseEstimator):
    """Takes windows, as a network does, and needs no time to fit."""

    def fit(self, X, y):
        assert X.ndim == 3
        self.offset_ = np.mean(y - np.nanmean(X, axis=(1, 2)))
        return self

    def predict(self, X):
        return np.nanmean(X, axis=(1, 2)) + self.offset_


@pytest.fixture
def frame(rng):
    index = pd.date_range("2024-01-01", periods=120, freq="h")
    return pd.DataFrame(rng.normal(size=(120, 2)), columns=["a", "b"], index=index)


TRANSFORMERS = [LagWindows(5, dilation=2), LagFeatures([0, 3])]


@pytest.mark.parametrize("container", ["default", "pandas", "polars"])
def test_set_output_of_a_pipeline(frame, container):
    pipeline = make_pipeline(StandardScaler(), LagWindows(3)).set_output(transform=container)
    assert pipeline.fit_transform(frame).shape == (120, 3, 2)
    with sklearn.config_context(transform_output=container):
        assert isinstance(LagWindows(3).fit_transform(frame), np.ndarray)


def test_a_pipeline_in_pandas_keeps_the_clock(frame):
    pipeline = make_pipeline(StandardScaler(), LagWindows(3)).set_output(transform="pandas")
    windows = pipeline.fit(frame[:100]).transform(frame[100:])
    assert not np.isnan(windows).any()


def test_search_over_windows(frame):
    X, y = series_to_supervised(frame, target="a")
    search = GridSearchCV(
        make_pipeline(LagWindows(), WindowMean()),
        {"lagwindows__window": [1, 4], "lagwindows__dilation": [1, 2]},
        cv=TimeSeriesSplit(3),
        error_score="raise",
    ).fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_ridge_on_lags():
    """A sine is a linear function of two of its own lags: 2 cos(w) y[t] - y[t - 1]."""
    stamps = pd.date_range("2024-01-01", periods=100, freq="h")
    X, y = series_to_supervised(pd.Series(np.sin(0.3 * np.arange(100)), stamps))
    lags = LagFeatures(2, fill=0.0)
    scores = cross_val_score(make_pipeline(lags, Ridge(alpha=1e-9)), X, y, cv=TimeSeriesSplit(3))
    assert scores.min() > 0.999  # the first training row, of which the past is filled, disturbs
    ridge = Ridge(alpha=1e-9, fit_intercept=False).fit(lags.fit_transform(X)[1:], y[1:])
    np.testing.assert_allclose(ridge.coef_, [2 * np.cos(0.3), -1], atol=1e-6)


@pytest.mark.parametrize("transformer", TRANSFORMERS, ids=str)
def test_clone_and_parameters(transformer):
    copy = clone(transformer)
    assert copy.get_params() == transformer.get_params()
    assert not hasattr(copy, "context_")


def round_trips(transformer, tmp_path):
    yield pickle.loads(pickle.dumps(transformer))
    joblib.dump(transformer, tmp_path / "transformer.joblib")
    yield joblib.load(tmp_path / "transformer.joblib")
    skops = pytest.importorskip("skops.io")
    stored = skops.dumps(transformer)
    untrusted = skops.get_untrusted_types(data=stored)
    assert all(name.startswith("skrnn.") for name in untrusted)
    yield skops.loads(stored, trusted=untrusted)


@pytest.mark.parametrize("transformer", TRANSFORMERS, ids=str)
@pytest.mark.parametrize("panel", [False, True])
def test_stored_and_loaded(transformer, panel, frame, tmp_path):
    if panel:
        frame = pd.concat({"u": frame[:60], "v": frame[60:]}).swaplevel().sort_index().swaplevel()
    fitted = clone(transformer).fit(frame[:100])
    expected = fitted.transform(frame[100:])
    assert not np.isnan(expected).any()
    for copy in round_trips(fitted, tmp_path):
        np.testing.assert_array_equal(copy.transform(frame[100:]), expected)


def test_fitted_state_is_arrays_and_json(frame):
    for entry in LagWindows(3).fit(pd.concat({"u": frame, 2: frame})).context_:
        plain = {name: value for name, value in entry.items() if type(value) is not np.ndarray}
        assert json.loads(json.dumps(plain)) == plain
        assert set(entry) - set(plain) == {"stamps", "rows", "first"}
        assert entry["rows"].base is None


def test_polars_in():
    data = pl.DataFrame({"a": [1.0, 2.0, 3.0], "b": [4, 5, 6]})
    windows = LagWindows(2).fit(data)
    np.testing.assert_array_equal(
        windows.transform(data), LagWindows(2).fit_transform(data.to_numpy())
    )
    lagged = LagFeatures([1]).set_output(transform="polars").fit(data)
    # scikit-learn before 1.9 reads names through a protocol that polars 2 has dropped.
    if find_spec("sklearn.callback") is not None or hasattr(data, "__dataframe__"):
        assert windows.feature_names_in_.tolist() == ["a", "b"]
        assert lagged.transform(data).columns == ["a_lag1", "b_lag1"]


def test_names_and_tags(frame):
    windows = LagWindows(3).fit(frame)
    assert windows.n_features_in_ == 2
    assert windows.feature_names_in_.tolist() == ["a", "b"]
    with pytest.raises(ValueError, match="feature names should match"):
        windows.transform(frame.rename(columns={"a": "z"}))
    tags = get_tags(windows)
    assert tags.input_tags.allow_nan
    assert tags.transformer_tags.preserves_dtype == ["float64", "float32"]


def test_fit_leaves_the_frame_as_it_is(frame):
    before = frame.copy()
    LagWindows(3, fill=0).fit_transform(frame)
    LagFeatures(3).fit_transform(frame)
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.skipif(find_spec("sklearn.callback") is None, reason="scikit-learn before 1.9")
@pytest.mark.parametrize("transformer", TRANSFORMERS, ids=str)
def test_callbacks_hear_of_the_fit(transformer, frame):
    heard = []

    class Listener:
        def setup(self, estimator, context):
            heard.append("setup")

        def on_fit_task_begin(self, *args, **kwargs):
            heard.append("begin")

        def on_fit_task_end(self, *args, **kwargs):
            heard.append("end")

        def teardown(self, estimator, context):
            heard.append("teardown")

    clone(transformer).set_callbacks(Listener()).fit(frame)
    assert heard == ["setup", "begin", "end", "teardown"]


def test_importing_loads_no_tensorflow():
    code = "import sys, skrnn.windows; print({'tensorflow', 'keras', 'torch'} & set(sys.modules))"
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
