"""Backtests: what is forecast from where, beside what, and how it is summed up."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mean_absolute_error, root_mean_squared_error
from sklearn.model_selection import TimeSeriesSplit
from sklearn.pipeline import make_pipeline

from skrnn import LagFeatures, cache_info
from skrnn.forecast import (
    BacktestDisplay,
    ForecastDisplay,
    backtest,
    backtest_scores,
    forecast_scorer,
)

from .common import N_TRAIN, panel, small, table

TABLE = table()
SPLITS = list(TimeSeriesSplit(2, test_size=20).split(TABLE))


@pytest.fixture(scope="module")
def found():
    return backtest(small(season=7), TABLE, cv=SPLITS, coverage=0.8, refit=True)


def of(frame, model):
    return frame[frame["model"] == model].reset_index(drop=True)


def test_every_row_before_a_test_row_is_an_origin_once(found):
    ours = of(found, "RNNForecaster")
    assert list(ours["origin"].unique()) == list(TABLE.index[179:219])
    # The last origins have fewer steps with a known truth.
    assert ours.groupby("origin").size().tolist() == [3] * 38 + [2, 1]
    assert (ours["time"] - ours["origin"] == pd.to_timedelta(ours["step"], "D")).all()
    np.testing.assert_array_equal(ours["true"], TABLE["y"][ours["time"]])


def test_each_fold_is_forecast_by_a_forecaster_of_its_training_rows(found):
    ours = of(found, "RNNForecaster")
    for train, _ in SPLITS:
        rows = range(train[-1], train[-1] + 20)
        said = small(season=7).fit(TABLE.iloc[train]).predict(TABLE)[rows]
        in_fold = ours[ours["origin"].isin(TABLE.index[list(rows)])]
        truth = np.stack([TABLE["y"].shift(-h).to_numpy()[rows] for h in (1, 2, 3)], axis=1)
        np.testing.assert_array_equal(in_fold["predicted"], said[~np.isnan(truth)])


def test_later_rows_change_no_earlier_forecast(found):
    later = TABLE.copy()
    later.iloc[205:] += 50
    other = backtest(small(season=7), later, cv=SPLITS, coverage=0.8, refit=True)
    columns = ["predicted", "lower", "upper"]
    before = found["origin"] < TABLE.index[205]
    pd.testing.assert_frame_equal(found[before][columns], other[before][columns])


def test_a_refit_compiles_nothing(found):
    before = cache_info().misses
    small(season=7).fit(TABLE.iloc[SPLITS[0][0]]).predict(TABLE)
    assert cache_info().misses == before


def test_plain_forecasts_by_hand(found):
    last, season = of(found, "last"), of(found, "season")
    np.testing.assert_array_equal(last["predicted"], TABLE["y"][last["origin"]])
    np.testing.assert_array_equal(
        season["predicted"], TABLE["y"][season["time"] - pd.Timedelta(days=7)]
    )
    usual = of(found, "climatology")
    first = usual[usual["origin"] == TABLE.index[179]].iloc[0]
    near = TABLE["y"][:180][TABLE.index[:180].day_of_year >= first["time"].day_of_year - 15]
    assert first["predicted"] == pytest.approx(near.mean())


def test_without_refit_one_network_forecasts_all():
    forecaster = small().fit(TABLE[:180])
    found = backtest(forecaster, TABLE, cv=SPLITS, baselines=[])
    said = forecaster.predict(TABLE)[179:219]
    truth = np.stack([TABLE["y"].shift(-h).to_numpy()[179:219] for h in (1, 2, 3)], axis=1)
    np.testing.assert_array_equal(found["predicted"], said[~np.isnan(truth)])
    unfitted = backtest(small(), TABLE, cv=SPLITS, baselines=[])
    pd.testing.assert_frame_equal(found, unfitted)
    with pytest.raises(ValueError, match="learnt from rows before the test rows alone"):
        backtest(small().fit(TABLE), TABLE, cv=SPLITS)


def test_a_regressor_of_rows_stands_in_the_same_table():
    line = make_pipeline(LagFeatures([0, 1], fill="edge"), LinearRegression())
    found = backtest(line, TABLE, cv=SPLITS, target="y", horizon=2, refit=True, baselines=["last"])
    first = of(found, "LinearRegression").iloc[0]
    train = TABLE[:180]
    lags = np.column_stack([train, train.shift(1).fillna(train.iloc[0])])
    by_hand = LinearRegression().fit(lags[:-2], train["y"].iloc[1:-1])
    assert first["predicted"] == pytest.approx(by_hand.predict(lags[-1:])[0])
    assert list(found["step"].unique()) == [1, 2]


def test_a_panel_has_a_column_of_series():
    data = panel()
    forecaster = small().fit(data.groupby("series").head(N_TRAIN))
    rows = np.arange(len(data)).reshape(2, -1)
    found = backtest(
        forecaster,
        data,
        cv=[(rows[:, :N_TRAIN].ravel(), rows[:, N_TRAIN:].ravel())],
        baselines=["last", "ridge"],
    )
    assert found.groupby(["model", "series"], sort=False).size().tolist() == [177] * 6
    last = of(found, "last")
    assert last["predicted"].tolist() == [
        data.loc[(series, origin), "y"]
        for series, origin in zip(last["series"], last["origin"], strict=True)
    ]


def test_scores_are_those_of_sklearn(found):
    scores = backtest_scores(found)
    ours = of(found, "RNNForecaster")
    step = ours[ours["step"] == 2]
    row = scores.loc[("RNNForecaster", 2)]
    assert row["mae"] == pytest.approx(mean_absolute_error(step["true"], step["predicted"]))
    assert row["rmse"] == pytest.approx(root_mean_squared_error(step["true"], step["predicted"]))
    assert row["n_forecasts"] == len(step)
    assert row["coverage"] == (step["true"].between(step["lower"], step["upper"])).mean()
    assert np.isnan(scores.loc[("last", 2), "coverage"])
    assert list(backtest_scores(found, "model").index)[:2] == ["RNNForecaster", "last"]
    with pytest.raises(ValueError, match="to group by; got 'fold'"):
        backtest_scores(found, "fold")


def test_scorers_by_hand():
    forecaster, test = small().fit(TABLE[:N_TRAIN]), TABLE[N_TRAIN:]
    frame = backtest(
        forecaster,
        TABLE,
        cv=[(range(N_TRAIN), range(N_TRAIN, len(TABLE)))],
        baselines=[],
        coverage=0.8,
    )
    row = backtest_scores(frame, "model").iloc[0]
    naive = TABLE["y"][:N_TRAIN].diff().abs().mean()
    width, miss = frame["upper"] - frame["lower"], frame["true"]
    beyond = (frame["lower"] - miss).clip(lower=0) + (miss - frame["upper"]).clip(lower=0)
    expected = {
        "mae": -row["mae"],
        "rmse": -row["rmse"],
        "mase": -row["mae"] / naive,
        "skill": forecaster.score(test),
        "coverage": -abs(row["coverage"] - 0.8),
        "interval": -(width + 2 / 0.2 * beyond).mean(),
    }
    for metric, value in expected.items():
        scorer = forecast_scorer(metric, coverage=0.8)
        assert scorer(forecaster, test) == pytest.approx(value), metric
    with pytest.raises(ValueError, match="Expected metric among"):
        forecast_scorer("mape")


def test_the_pictures(found):
    import matplotlib.pyplot as plt

    forecaster = small().fit(TABLE[:N_TRAIN])
    display = ForecastDisplay.from_estimator(forecaster, TABLE[:200], coverage=0.8)
    frame = forecaster.forecast(TABLE[:200], coverage=0.8)
    np.testing.assert_array_equal(display.line_.get_ydata()[1:], frame["y"])
    assert display.line_.get_ydata()[0] == display.history_.get_ydata()[-1] == TABLE["y"].iloc[199]
    assert display.band_.get_paths()[0].vertices[:, 1].min() == frame["y_lower"].min()
    errors = BacktestDisplay.from_predictions(found)
    assert [line.get_label() for line in errors.lines_][:2] == ["RNNForecaster", "last"]
    np.testing.assert_allclose(
        errors.lines_[0].get_ydata(), backtest_scores(found).loc["RNNForecaster", "mae"]
    )
    by_time = BacktestDisplay.from_predictions(found, by="time", ax=display.ax_)
    assert by_time.figure_ is display.figure_
    plt.close("all")
