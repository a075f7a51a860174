"""Planted leaks are found, each by its name and number of rows; clean pipelines have none."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.compose import ColumnTransformer
from sklearn.frozen import FrozenEstimator
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, GroupKFold, KFold, TimeSeriesSplit
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    OneHotEncoder,
    RobustScaler,
    StandardScaler,
)

from skrnn import (
    LagFeatures,
    LagWindows,
    PanelTimeSeriesSplit,
    RNNForecaster,
    RNNRegressor,
    leakage_report,
    series_to_supervised,
)

from .common import sequences, small_regressor

N_ROWS = 200
FOLDS = TimeSeriesSplit(3)


def weather(seed=0, n_rows=N_ROWS):
    """Random walks of a temperature and a wind, and a season of no meaning."""
    rng = np.random.default_rng(seed)
    days = pd.date_range("2024-01-01", periods=n_rows)
    walks = rng.normal(size=(n_rows, 2)).cumsum(axis=0)
    frame = pd.DataFrame(walks, days, columns=["temp", "wind"]).round(2)
    return frame.assign(is_weekend=(days.day_of_week > 4).astype(int))


def supervised(data=None, horizon=1):
    return series_to_supervised(weather() if data is None else data, target="temp", horizon=horizon)


def found(*args, **kwargs):
    """Return kind, place and number of rows of each leak."""
    frame = leakage_report(*args, **kwargs).to_frame()
    return list(frame[["kind", "where", "n_rows"]].itertuples(index=False, name=None))


def pipe(*steps):
    return make_pipeline(*steps, Ridge())


def rows_of_pandas(function):
    return FunctionTransformer(function)


# Steps


@pytest.mark.parametrize("window", [3, 7])
def test_a_centred_mean_sees_half_its_window(window):
    smooth = rows_of_pandas(lambda X: X.rolling(window, center=True, min_periods=1).mean())
    kind = "rows that see later rows"
    steps = pipe(smooth, StandardScaler())
    assert found(steps, *supervised()) == [(kind, "step 'functiontransformer'", window // 2)]
    past = rows_of_pandas(lambda X: X.rolling(window, min_periods=1).mean())
    assert not found(pipe(past), *supervised())


def test_a_shift_the_wrong_way_is_found_in_arrays_too():
    lead = FunctionTransformer(lambda X: np.roll(X, -2, axis=0))
    X, y = supervised()
    assert found(pipe(lead), X.to_numpy(), y.to_numpy()) == [
        ("rows that see later rows", "step 'functiontransformer'", 2)
    ]


def test_the_first_rows_are_filled_from_behind():
    mean = rows_of_pandas(lambda X: X.rolling(7).mean().bfill())
    (leak,) = found(pipe(mean, StandardScaler()), *supervised())
    assert leak[:2] == ("rows that see later rows", "step 'functiontransformer'")
    # The first row stands in the seventh then, and fills those before.
    assert not found(pipe(rows_of_pandas(lambda X: X.shift(7).bfill())), *supervised())


def test_statistics_of_what_is_transformed_change_every_row():
    scale = rows_of_pandas(lambda X: (X - X.mean()) / X.std())
    report = leakage_report(pipe(scale), *supervised())
    (leak,) = report
    # The last of the cuts has the most rows before it: 0.87 of 199.
    assert (leak.kind, leak.n_rows) == ("rows that see later rows", 173)
    assert leak.what.startswith("all 173 earlier rows change")
    assert "a step that learns it in fit" in leak.remedy


def test_an_interpolation_fills_a_gap_from_behind():
    data = weather()
    data.iloc[120:125, 1] = np.nan
    X, y = supervised(data)
    interpolate = rows_of_pandas(lambda X: X.interpolate())
    assert found(pipe(interpolate), X, y) == [
        ("gaps filled from behind", "step 'functiontransformer'", 5)
    ]
    assert not found(pipe(rows_of_pandas(lambda X: X.ffill())), X, y)
    assert not found(pipe(SimpleImputer()), X, y)
    assert not found(pipe(KNNImputer()), X, y)


def test_the_guilty_part_of_a_union_is_named():
    smooth = rows_of_pandas(lambda X: X.rolling(5, center=True, min_periods=1).mean())
    columns = ColumnTransformer(
        [("scale", StandardScaler(), ["temp"]), ("smooth", smooth, ["wind"])]
    )
    kind = "rows that see later rows"
    assert found(pipe(columns), *supervised()) == [(kind, "step 'columntransformer__smooth'", 2)]
    union = make_union(StandardScaler(), smooth)
    where = "step 'featureunion__functiontransformer'"
    assert found(pipe(union), *supervised()) == [(kind, where, 2)]


def test_a_leak_is_named_once_and_in_a_search_too():
    smooth = rows_of_pandas(lambda X: X.rolling(5, center=True, min_periods=1).mean())
    inner = make_pipeline(smooth, LagFeatures(3), SimpleImputer())
    search = GridSearchCV(make_pipeline(inner, Ridge()), {"ridge__alpha": [1.0, 2.0]}, cv=FOLDS)
    where = "step 'pipeline__functiontransformer'"
    assert found(search, *supervised()) == [("rows that see later rows", where, 2)]


def test_rows_are_judged_by_their_times():
    """Shuffled rows of a panel: the future is what is later, wherever it stands."""
    panel = pd.concat({"north": weather(0), "south": weather(1)})

    def lead(X):
        return X.sort_index().groupby(level=0).shift(-1).fillna(0.0).loc[X.index]

    X, y = supervised(panel)
    order = np.random.default_rng(0).permutation(len(X))
    where = "step 'functiontransformer'"
    assert found(pipe(rows_of_pandas(lead)), X.iloc[order], y.iloc[order]) == [
        ("rows that see later rows", where, 2)  # one of each series
    ]


def test_a_prediction_that_looks_ahead():
    class Smoother(RegressorMixin, BaseEstimator):
        def fit(self, X, y=None):
            self.fitted_ = True
            return self

        def predict(self, X):
            return X["temp"].rolling(3, center=True, min_periods=1).mean().to_numpy()

    X, y = supervised()
    assert not found(Smoother(), X, y)  # it is not fitted here, and the report says so
    report = leakage_report(Smoother(), X, y)
    assert "predictions of Smoother: it is not fitted" in str(report)
    kind = "rows that see later rows"
    assert found(Smoother().fit(X, y), X, y) == [(kind, "predict of Smoother", 1)]
    assert not found(Smoother().fit(X, y), X, y, known=["temp"])


def test_what_could_not_be_checked_is_said():
    drop = FunctionTransformer(lambda X: X[1:])
    noise = FunctionTransformer(lambda X: X + np.random.default_rng().normal(size=X.shape))
    refuse = FunctionTransformer(lambda X: 1 / 0)
    X, y = supervised()
    for step, reason in (
        (drop, "its rows do not stand for the rows that it was given"),
        (noise, "it gives other numbers each time"),
        (refuse, "it does not fit the earlier rows: ZeroDivisionError"),
    ):
        report = leakage_report(pipe(step, StandardScaler()), X, y)
        assert not report
        assert reason in "\n".join(report.not_checked)
        assert not any("standardscaler" in entry for entry in report.checked)


# What was done before


@pytest.mark.parametrize("scaler", [StandardScaler(), MinMaxScaler(), RobustScaler()])
def test_a_scaler_over_all_rows(scaler):
    data = weather()
    scaled = scaler.set_output(transform="pandas").fit_transform(data[["temp", "wind"]])
    X, y = supervised(scaled)  # without the last row, whose future is not known
    kinds = {(kind, where) for kind, where, _ in found(pipe(), X, y)}
    if isinstance(scaler, RobustScaler):  # its quartiles are those of all rows alone
        X, y = scaled[:], data["wind"]
        kinds = {(kind, where) for kind, where, _ in found(pipe(), X, None)}
    assert kinds == {("fitted before the split", "X")}
    # Of the training rows alone, it is as it should be.
    scaled = scaler.fit(data[["temp", "wind"]][:100]).transform(data[["temp", "wind"]])
    assert not found(pipe(), *supervised(scaled))


def test_a_step_that_was_fitted_before():
    X, y = supervised()
    scaler = StandardScaler().fit(X)
    for step in (FrozenEstimator(scaler), FunctionTransformer(scaler.transform)):
        (leak,) = leakage_report(pipe(step), X, y)
        assert leak.kind == "fitted before the split"
        assert leak.n_rows == len(X)
        assert "StandardScaler keeps what it learnt from all rows" in leak.what
    elsewhere = FrozenEstimator(StandardScaler().fit(weather(1)))
    report = leakage_report(pipe(elsewhere), X, y)
    assert not report
    assert "on which rows is not to be seen" in str(report)


def test_a_preparation_is_seen_whole():
    raw = weather()

    def scaled(data):
        values = StandardScaler().fit_transform(data)
        return supervised(pd.DataFrame(values, data.index, data.columns), horizon=3)

    kind = "fitted before the split"
    report = found(pipe(), raw, prepare=scaled, cv=TimeSeriesSplit(3, gap=2), horizon=3)
    assert [entry[:2] for entry in report] == [(kind, "prepare, X"), (kind, "prepare, y")]

    def smooth(data):
        X, y = supervised(data)
        return X.rolling(5, center=True, min_periods=1).mean(), y

    assert found(pipe(), raw, prepare=smooth) == [("rows that see later rows", "prepare, X", 2)]


def test_a_preparation_tells_how_far_ahead_the_target_is():
    raw = weather()

    def lagged(data):
        X, y = supervised(data, horizon=3)
        return X.shift(1).iloc[1:].rename(columns=str.upper) * 2, y.iloc[1:].max(axis=1)

    found_in = found(pipe(), raw, prepare=lagged, cv=TimeSeriesSplit(2))
    kind = "training targets inside the test"
    assert found_in == [(kind, "fold 0", 2), (kind, "fold 1", 2)]
    assert not found(pipe(), raw, prepare=lagged, cv=TimeSeriesSplit(2, gap=2))


def test_y_and_prepare_are_refused_together():
    X, y = supervised()
    with pytest.raises(ValueError, match="Expected y=None with prepare"):
        leakage_report(pipe(), X, y, prepare=supervised)
    with pytest.raises(ValueError, match="Expected a target for each of 199 rows of X; got 198"):
        leakage_report(pipe(), X, y[1:])
    with pytest.raises(ValueError, match="Expected horizon as an integer of at least 1"):
        leakage_report(pipe(), X, y, horizon=0)
    with pytest.raises(ValueError, match=r"Expected time_ordered as .* got 'yes'"):
        leakage_report(pipe(), X, y, time_ordered="yes")


# Targets


def test_targets_in_x_and_of_the_past():
    data = weather()
    kinds = found(pipe(), data, data["temp"])
    assert kinds == [("target in X", "column 'temp'", N_ROWS)]
    X, y = supervised()
    lead = X.assign(lead=2 * y + 1)  # scaled, and so not equal
    assert found(pipe(), lead, y) == [("target in X", "column 'lead'", N_ROWS - 1)]
    late = data["temp"].shift(2)[2:]
    report = leakage_report(pipe(), data[2:], late)
    assert [(x.kind, x.where) for x in report] == [("target from the past", "column 'temp'")]
    assert "2 rows before it" in str(report)


def test_a_ramp_and_a_season_are_no_targets_of_the_past():
    data = pd.DataFrame({"ramp": np.arange(200.0), "season": np.sin(np.arange(200) * np.pi / 6)})
    for target in data:
        X, y = series_to_supervised(data, target=target)
        assert not found(pipe(), X, y, cv=FOLDS)


# Folds


def test_training_rows_behind_the_test_are_counted():
    X, y = supervised(weather(n_rows=61))
    kind = "training rows behind the test rows"
    assert found(pipe(), X, y, cv=3) == [(kind, "fold 0", 40), (kind, "fold 1", 20)]
    shuffled = found(pipe(), X, y, cv=KFold(3, shuffle=True, random_state=0))
    for number, (train, test) in enumerate(KFold(3, shuffle=True, random_state=0).split(X)):
        n_later = int((train > test.min()).sum())
        assert shuffled[number] == ("shuffled folds", f"fold {number}", n_later)


def test_windows_behind_the_test_reach_into_it():
    X, y = supervised(weather(n_rows=61))
    report = leakage_report(make_pipeline(LagWindows(5), RNNRegressor()), X, y, cv=3)
    assert "the windows of 4 of them reach into the test" in str(report)


@pytest.mark.parametrize(("gap", "n_rows"), [(0, 6), (4, 2), (5, 1), (6, 0)])
def test_targets_that_reach_into_the_test(gap, n_rows):
    X, y = supervised(horizon=7)
    kind = "training targets inside the test"
    expected = [(kind, f"fold {number}", n_rows) for number in range(3) if n_rows]
    assert found(pipe(), X, y, cv=TimeSeriesSplit(3, gap=gap)) == expected
    # Where the target is no column of X, the horizon has to be given.
    kwargs = {"cv": TimeSeriesSplit(3, gap=gap)}
    assert found(pipe(), X[["wind"]], y, **kwargs, horizon=7) == expected
    untold = leakage_report(pipe(), X[["wind"]], y, **kwargs)
    assert not untold
    assert "give horizon=" in str(untold)


def test_a_row_in_both_parts():
    X, y = supervised()
    folds = [(np.arange(101), np.arange(100, 199))]
    assert found(pipe(), X, y, cv=folds) == [("rows in both parts of a fold", "fold 0", 1)]


def test_copies_across_folds():
    X, y = (x.to_numpy() for x in supervised(weather()[["temp", "wind"]]))
    rows = np.r_[: len(X), 20:60]
    folds = [(np.arange(len(X)), np.arange(len(X), len(X) + 40))]
    kind = "duplicated rows across folds"
    assert found(pipe(), X[rows], y[rows], cv=folds) == [(kind, "fold 0", 40)]
    X, y = sequences()
    rows = np.r_[:60, :10]
    folds = [(np.arange(60), np.arange(60, 70))]
    assert found(RNNRegressor(), X[rows], y[rows], cv=folds) == [(kind, "fold 0", 10)]


# No false alarm


CLEAN = {
    "scaled": pipe(StandardScaler()),
    "encoded": pipe(
        ColumnTransformer([("s", RobustScaler(), ["temp"]), ("o", OneHotEncoder(), ["is_weekend"])])
    ),
    "lags": pipe(LagFeatures(5), SimpleImputer()),
    "windows": make_pipeline(StandardScaler(), LagWindows(5), RNNRegressor()),
    "ewm": pipe(FunctionTransformer(lambda X: X.ewm(span=5).mean())),
    "nothing": RNNRegressor(),
}


@pytest.mark.parametrize("name", CLEAN)
@pytest.mark.parametrize("horizon", [1, 4])
def test_clean_pipelines(name, horizon):
    X, y = supervised(horizon=horizon)
    assert not found(CLEAN[name], X, y, cv=TimeSeriesSplit(3, gap=horizon - 1))


def test_clean_panels():
    panel = pd.concat({"north": weather(0), "south": weather(1)[60:]})
    X, y = supervised(panel, horizon=2)
    steps = make_pipeline(LagWindows(5), RNNRegressor())
    assert not found(steps, X, y, cv=PanelTimeSeriesSplit(3, gap=1))
    assert {kind for kind, *_ in found(steps, X, y, cv=TimeSeriesSplit(3))} >= {"shuffled folds"}
    # Other series are another question, whose answer needs no order.
    groups = X.index.get_level_values(0)
    assert not found(steps, X, y, cv=list(GroupKFold(2).split(X, groups=groups)))


def test_real_weather_is_clean(seattle):
    """Rounded to a tenth, with dry days that resemble one another."""
    X, y = series_to_supervised(seattle.drop(columns="weather"), target="temp_max")
    assert not found(pipe(StandardScaler()), X, y, cv=TimeSeriesSplit(5))
    assert {k for k, *_ in found(pipe(), X, y, cv=KFold(5, shuffle=True, random_state=0))} == {
        "shuffled folds"
    }
    tomorrow = seattle["weather"].shift(-1)[:-1]
    assert not found(LogisticRegression(), X, tomorrow, cv=TimeSeriesSplit(5))


def lasting(share=0.03, seed=0, n_rows=1000):
    """A machine that is on or off for long."""
    return (np.random.default_rng(seed).random(n_rows) < share).cumsum() % 2


@pytest.mark.parametrize("ahead", [1, 3])
def test_a_state_that_lasts_is_no_target_of_the_same_row(ahead):
    state = lasting()
    X, y = state[:-ahead, None], state[ahead:]
    assert not found(LogisticRegression(), X, y, cv=TimeSeriesSplit(3, gap=ahead - 1))
    assert not found(LogisticRegression(), X, np.where(y, "on", "off"), cv=FOLDS, horizon=1)
    kinds = {kind for kind, *_ in found(LogisticRegression(), X, y, cv=FOLDS)}
    assert kinds == ({"training targets inside the test"} if ahead > 1 else set())
    assert found(LogisticRegression(), state[:, None], state) == [("target in X", "column 0", 1000)]


def test_counts_shares_and_trends_are_not_scaled():
    rng = np.random.default_rng(0)
    counts = np.repeat([0, 0, 0, 1, 1, *range(1, 13)], [90, 90, 90, 30, 30, *[4] * 12])
    share = rng.uniform(0.1, 0.9, len(counts)).round(2)
    share[[40, 90]] = 0, 1
    walk = rng.normal(size=len(counts)).cumsum()
    columns = {"counts": rng.permutation(counts), "share": share}
    X = pd.DataFrame({**columns, "trend": np.linspace(0, 1, len(counts)), "walk": walk})
    assert np.percentile(X["counts"], [25, 50, 75]).tolist() == [0, 0, 1]
    assert not found(pipe(), X)
    scaled = X.assign(walk=(walk - walk.mean()) / walk.std())
    assert found(pipe(), scaled) == [("fitted before the split", "X", len(counts))]
    assert not found(pipe(), scaled, known=["walk"])


def test_rows_of_few_values_come_again():
    hours = pd.date_range("2024-01-01", periods=24 * 100, freq="h")
    noise = np.random.default_rng(0).random(len(hours)) < 0.1
    y = np.where((hours.hour > 6) ^ noise, "high", "low")
    turns = {f"{f.__name__} {k}": f(k * hours.hour / 4) for f in (np.sin, np.cos) for k in (1, 2)}
    X = pd.DataFrame({**turns, "hour": hours.hour, "day": hours.day_of_week}, hours)
    assert not found(LogisticRegression(), X, y, cv=FOLDS)
    day = np.random.default_rng(0).normal(size=24)
    X = np.lib.stride_tricks.sliding_window_view(np.tile(day, 20), 3)
    assert not found(pipe(), X[:-1], X[1:, -1], cv=FOLDS)
    state = lasting(n_rows=2000)
    X = np.lib.stride_tricks.sliding_window_view(state, 24)[:-1]
    assert not found(LogisticRegression(), X, state[24:], cv=FOLDS)


def test_texts_and_rows_that_a_network_reads_as_sequences_are_independent():
    rng = np.random.default_rng(0)
    shuffled = KFold(3, shuffle=True, random_state=0)
    values, y = rng.normal(size=(60, 6)), rng.normal(size=60)
    ragged = np.array([list(row[: 3 + n % 3]) for n, row in enumerate(values)], dtype=object)
    texts = ["".join(rng.choice(list("abcdefgh "), 30)) for _ in range(60)]
    for X in (values, values.tolist(), pd.DataFrame(values), ragged, np.array(texts), texts):
        assert not found(RNNRegressor(), X, y, cv=shuffled)
    assert not found(pipe(), pd.Series(texts), y, cv=shuffled)
    kinds = {"shuffled folds"}
    days = pd.date_range("2024-01-01", periods=60)
    for X, more in (
        (pd.DataFrame(values, days), {}),
        (values, {"time_ordered": np.True_}),
        (np.lib.stride_tricks.sliding_window_view(values.ravel(), 6)[:60], {}),
    ):
        leaks = found(RNNRegressor(), X, y, cv=shuffled, **more)
        assert {kind for kind, *_ in leaks} == kinds
    assert not found(pipe(), values, y, cv=shuffled, time_ordered=np.False_)
    assert {kind for kind, *_ in found(pipe(), values, y, cv=shuffled)} == kinds


def test_targets_in_lists_and_labels_are_seen():
    X = np.random.default_rng(0).normal(size=(60, 2))
    assert found(pipe(), X, X[:, 1].tolist()) == [("target in X", "column 1", 60)]
    weather = np.random.default_rng(0).choice(["sun", "rain", "snow"], 60)
    table = pd.DataFrame({"temp": X[:, 0], "weather": weather})
    leaks = found(LogisticRegression(), table, weather)
    assert leaks == [("target in X", "column 'weather'", 60)]
    report = leakage_report(pipe(StandardScaler()), X[:3], X[:3, 0])
    assert "rows are too few" in str(report)


def test_clean_forecasters_and_independent_sequences():
    assert not found(RNNForecaster(3, target="temp"), weather(), cv=FOLDS)
    X, y = sequences()
    assert not found(RNNRegressor(), X, y, cv=KFold(3, shuffle=True, random_state=0))
    assert not found(RNNRegressor(), list(X), y, cv=KFold(3, shuffle=True, random_state=0))
    windows = np.asarray(LagWindows(6, fill="edge").fit_transform(supervised()[0]))
    kinds = {k for k, *_ in found(RNNRegressor(), windows, supervised()[1], cv=3)}
    assert kinds == {"training rows behind the test rows"}
    assert not found(RNNRegressor(), windows, supervised()[1], cv=FOLDS)


@pytest.mark.filterwarnings("ignore::skrnn.exceptions.UninformativeFitWarning")
def test_a_fitted_network_sees_no_future():
    X, y = supervised(weather(n_rows=61)[["temp", "wind"]])
    windows = np.asarray(LagWindows(6, fill="edge").fit_transform(X))
    report = leakage_report(small_regressor().fit(windows, y), windows, y)
    assert not report
    assert any(entry.startswith("predictions:") for entry in report.checked)


def test_a_report_reads_like_a_list():
    X, y = supervised()
    report = leakage_report(pipe(), X, y, cv=3)
    assert report
    assert len(report) == len(list(report)) == len(report.to_frame()) == 2
    assert str(report).startswith("Leaks found: 2\n\ntraining rows behind the test rows\n  fold 0:")
    empty = leakage_report(pipe(), X, y, cv=FOLDS)
    assert not empty
    assert empty.to_frame().columns.tolist() == ["kind", "where", "n_rows", "what", "remedy"]
