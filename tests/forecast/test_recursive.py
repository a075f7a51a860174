"""One step after the other: each forecast is made from the ones before it."""

import numpy as np
import pandas as pd
import pytest

from skrnn.windows import LagWindows

from .common import N_TRAIN, small, table

TABLE = table()
KNOWN = TABLE.assign(sale=np.arange(len(TABLE)) % 5 == 0)


def recursive(**params):
    return small(**{"strategy": "recursive", "baseline": "auto", **params})


@pytest.fixture(scope="module")
def fitted():
    return recursive().fit(TABLE[:N_TRAIN])


def test_the_next_step_is_the_prediction_of_the_network(fitted):
    scale = TABLE[:N_TRAIN].std(ddof=0)
    standardized = (TABLE - TABLE[:N_TRAIN].mean()) / scale
    windows = LagWindows(6).fit_transform(standardized)
    expected = fitted.regressor_.predict(windows)[:, 0] * scale["y"] + TABLE["y"][:N_TRAIN].mean()
    np.testing.assert_allclose(fitted.predict(TABLE)[:, 0], expected, rtol=1e-5)


def test_any_horizon_is_the_continuation_of_a_shorter_one(fitted):
    far = fitted.forecast(horizon=12)
    assert len(far) == 12
    np.testing.assert_allclose(far["y"][:3], fitted.forecast()["y"], rtol=1e-6)
    # A state that is carried along is that of a longer window.
    longer = recursive(window=7).fit(TABLE[:N_TRAIN])
    assert longer.forecast(horizon=[30]).index[0] == TABLE.index[N_TRAIN + 29]


def test_a_known_value_counts_from_its_step_on():
    found = recursive(known="sale").fit(KNOWN[:N_TRAIN])
    other = KNOWN.copy()
    other.iloc[203, 2] = not other.iloc[203, 2]
    changed = found.predict(KNOWN) != found.predict(other)
    assert not changed[:200].any()
    np.testing.assert_array_equal(changed[200:203], np.tri(3)[:, ::-1] == 1)


def test_the_calendar_goes_on():
    found = recursive(calendar=["day_of_week"]).fit(TABLE[:N_TRAIN])
    np.testing.assert_allclose(found.forecast(TABLE[:200])["y"], found.predict(TABLE)[199])
    assert np.isfinite(found.forecast(horizon=20)).all(axis=None)


def test_values_that_span_decades_are_fed_back():
    spikes = TABLE.copy()
    spikes.iloc[::9] *= 1000
    assert np.isfinite(recursive().fit(spikes[:N_TRAIN]).forecast()).all(axis=None)


def test_bands_reach_as_far_as_the_horizon_of_fit(fitted):
    assert fitted.forecast(coverage=0.8).shape == (3, 3)
    with pytest.raises(ValueError, match=r"bands for the horizons of fit, up to 3; got 5"):
        fitted.forecast(horizon=5, coverage=0.8)


@pytest.mark.parametrize("baseline", ["last", "season"])
def test_it_starts_from_no_baseline(baseline):
    with pytest.raises(ValueError, match="strategy='recursive', whose network is fed its own"):
        recursive(baseline=baseline, season=7).fit(TABLE)


def test_a_panel_goes_on_series_by_series():
    both = pd.concat({"a": TABLE[:N_TRAIN], "b": TABLE[:N_TRAIN] * 10})
    frame = recursive().fit(both).forecast(horizon=4)
    np.testing.assert_allclose(frame.loc["b", "y"], frame.loc["a", "y"] * 10, rtol=1e-4)
