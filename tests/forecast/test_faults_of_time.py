"""Gaps, late targets, short memories and the order of rows change no forecast."""

import numpy as np
import pandas as pd
import polars
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import Pipeline, make_pipeline

import skrnn
from skrnn import LagFeatures, RNNForecaster, backtest, forecast_scorer

from .common import N_TRAIN, WORDS, panel, small, table

TABLE = table()


@pytest.fixture(scope="module")
def decoder():
    words = {"strategy": "decoder", "season": 7, "calendar": ["day_of_week"]}
    return small(**words).fit(TABLE[:N_TRAIN])


def test_what_is_remembered_is_as_far_as_any_lag_reaches(decoder):
    whole = decoder.predict(TABLE)
    np.testing.assert_array_equal(decoder.forecast()["y"], whole[N_TRAIN - 1])
    np.testing.assert_array_equal(decoder.predict(TABLE[N_TRAIN : N_TRAIN + 1])[0], whole[N_TRAIN])


@pytest.mark.parametrize("gap", [slice(166, 168), slice(167, 170)])
def test_rows_behind_a_gap_change_no_forecast_before_it(decoder, gap):
    later = TABLE[N_TRAIN:180].drop(TABLE.index[gap])
    before = TABLE[N_TRAIN : gap.start]
    np.testing.assert_array_equal(decoder.predict(later)[: len(before)], decoder.predict(before))


def test_targets_that_arrive_late(decoder):
    late = TABLE.copy()
    late.iloc[166:170, 0] = np.nan
    early = decoder.predict(late[N_TRAIN:170])
    np.testing.assert_array_equal(decoder.predict(late[N_TRAIN:185])[:10], early)


def test_an_unseen_series_is_scaled_by_what_is_known():
    found = small().fit(panel().groupby("series").head(N_TRAIN))
    new = pd.concat({"new": TABLE * 10}, names=["series", "day"])
    whole = found.predict(new)
    np.testing.assert_array_equal(found.predict(new[:1]), whole[:1])
    np.testing.assert_array_equal(found.predict(new[:3]), whole[:3])
    found.update(new[:100])
    np.testing.assert_allclose(found.predict(new[100:]), whole[100:])


def test_the_order_of_the_training_rows_does_not_matter():
    shuffled = TABLE[:N_TRAIN].sample(frac=1, random_state=1)
    expected = small().fit(TABLE[:N_TRAIN]).forecast()
    np.testing.assert_array_equal(small().fit(shuffled).forecast(), expected)


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: small(target=0).fit(TABLE.to_numpy()).update(TABLE.to_numpy()), "on an array"),
        (lambda: small(target="d").fit(TABLE.assign(d=TABLE.index)), "got dates in column 'd'"),
        (lambda: small().fit(TABLE).predict(TABLE[:0]), "a table with rows; got none"),
        (lambda: backtest(Pipeline([("f", small())]), TABLE), "Give the forecaster itself"),
    ],
)
def test_what_is_refused(act, message):
    with pytest.raises(ValueError, match=message):
        act()


def test_nothing_new_is_no_error():
    found = small().fit(TABLE[:N_TRAIN])
    pd.testing.assert_frame_equal(found.update(TABLE[:0]).forecast(), found.forecast())


def test_columns_of_any_name_and_kind():
    nested = TABLE.set_axis(pd.MultiIndex.from_tuples([("a", "y"), ("a", "x")]), axis=1)
    frame = small(target=[("a", "y")]).fit(nested[:N_TRAIN]).forecast(coverage=0.8)
    assert list(frame.columns) == [("a", "y"), "a_y_lower", "a_y_upper"]
    kinds = TABLE.assign(x=pd.Categorical(np.arange(len(TABLE)) % 3))
    found = small().fit(kinds[:N_TRAIN])
    assert found.design_.columns.categories == {"x": (0, 1, 2)}
    scores = backtest(found, kinds, cv=[(range(N_TRAIN), range(N_TRAIN, 200))])
    assert set(scores["model"]) == {"RNNForecaster", "last", "climatology", "ridge"}


def test_backtests_of_other_tables():
    frame = polars.DataFrame({"y": TABLE["y"].to_numpy(), "x": TABLE["x"].to_numpy()})
    cv = [(range(N_TRAIN), range(N_TRAIN, 200))]
    line = make_pipeline(LagFeatures([0, 1], fill="edge"), LinearRegression())
    found = backtest(line, TABLE["y"].tolist(), cv=cv, baselines=["ridge"])
    assert found.groupby("model").size().tolist() == [40, 40]
    assert len(backtest(small(), frame, cv=cv, baselines=["last"])) == 2 * 40 * 3
    by_time = backtest(small(), panel(), cv=np.int64(2), baselines=["last"])
    assert by_time["series"].nunique() == 2


def test_a_pipeline_of_it_is_scored():
    model = Pipeline([("forecast", RNNForecaster(**WORDS))]).fit(TABLE[:N_TRAIN])
    expected = forecast_scorer("mae")(model[-1], TABLE[N_TRAIN:])
    assert forecast_scorer("mae")(model, TABLE[N_TRAIN:]) == expected


def test_quantiles_are_saved(tmp_path):
    found = small(quantiles=(0.1, 0.5, 0.9)).fit(TABLE[:N_TRAIN])
    skrnn.save(found, tmp_path / "model.skrnn")
    loaded = skrnn.load(tmp_path / "model.skrnn")
    np.testing.assert_array_equal(loaded.predict_quantiles(TABLE), found.predict_quantiles(TABLE))
