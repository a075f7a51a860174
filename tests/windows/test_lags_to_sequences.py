"""Columns of lags become sequences: answers worked by hand, and those of the other transformers."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skrnn import LagFeatures, LagsToSequences, LagWindows
from tests.common import small_regressor


@pytest.fixture
def lagged():
    """As skforecast gives it: the newest lag first, exogenous columns behind."""
    columns = {"lag_1": [3.0, 4.0], "lag_2": [2.0, 3.0], "lag_7": [1.0, 2.0], "holiday": [0.0, 1.0]}
    return pd.DataFrame(columns)


def test_steps_in_the_order_of_time(lagged):
    transformer = LagsToSequences()
    sequences = transformer.fit_transform(lagged)
    np.testing.assert_array_equal(sequences[0], [[1, 0], [2, 0], [3, 0]])
    np.testing.assert_array_equal(sequences[1], [[2, 1], [3, 1], [4, 1]])
    np.testing.assert_array_equal(transformer.lags_, [7, 2, 1])


def test_columns_in_any_order(lagged):
    mixed = lagged[["holiday", "lag_7", "lag_1", "lag_2"]]
    np.testing.assert_array_equal(
        LagsToSequences().fit_transform(mixed), LagsToSequences().fit_transform(lagged)
    )


def test_an_array_follows_a_frame(lagged):
    """skforecast fits with a frame and forecasts with arrays."""
    transformer = LagsToSequences().fit(lagged)
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        sequences = transformer.transform(lagged.to_numpy())
    np.testing.assert_array_equal(sequences, transformer.transform(lagged))


def test_a_table_without_names(lagged):
    table = lagged.to_numpy()
    by_number = LagsToSequences(lags=3).fit_transform(table)
    np.testing.assert_array_equal(by_number, LagsToSequences().fit_transform(lagged))
    np.testing.assert_array_equal(
        LagsToSequences().fit_transform(table[:, :3]), table[:, 2::-1, np.newaxis]
    )


def test_lag_features_become_lag_windows(rng):
    stamps = pd.date_range("2024-01-01", periods=20, freq="D")
    frame = pd.DataFrame(rng.normal(size=(20, 2)), stamps, columns=["temp_max", "wind"])
    features = LagFeatures(4).set_output(transform="pandas").fit_transform(frame)
    np.testing.assert_array_equal(
        LagsToSequences().fit_transform(features), np.asarray(LagWindows(4).fit_transform(frame))
    )


def test_in_a_pipeline_with_pandas_output(lagged):
    flatten = FunctionTransformer(lambda sequences: sequences.reshape(len(sequences), -1))
    pipeline = make_pipeline(LagsToSequences(), flatten, Ridge()).set_output(transform="pandas")
    assert pipeline.fit(lagged, [0.0, 1.0]).predict(lagged).shape == (2,)


def test_names_that_are_no_lags_are_refused():
    frame = pd.DataFrame({"temp": [1.0], "wind": [2.0]})
    with pytest.raises(ValueError, match=r"names such as lag_1, lag_2; got \['temp', 'wind'\]"):
        LagsToSequences().fit(frame)


def test_other_lags_of_another_series_are_refused():
    frame = pd.DataFrame({"a_lag1": [1.0], "a_lag2": [2.0], "b_lag1": [3.0]})
    with pytest.raises(ValueError, match=r"got \[1, 2\] of 'a' and \[1\] of 'b'"):
        LagsToSequences().fit(frame)


def test_too_few_columns_are_refused():
    with pytest.raises(ValueError, match="at least lags=3 columns; got X with 2"):
        LagsToSequences(lags=3).fit([[1.0, 2.0]])


def test_a_network_warns_of_lags_that_it_would_read_backwards(rng):
    frame = pd.DataFrame(rng.normal(size=(60, 6)), columns=[f"lag_{n}" for n in range(1, 7)])
    with pytest.warns(UserWarning, match=r"'lag_1' to 'lag_6'.*put skrnn.LagsToSequences\(\)"):
        small_regressor().fit(frame, frame["lag_1"])
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="Expected columns that are the steps")
        small_regressor().fit(frame[frame.columns[::-1]], frame["lag_1"])
