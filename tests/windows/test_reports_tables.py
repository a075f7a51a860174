"""What people reported about tables: names of targets, columns of other kinds, other libraries."""

import runpy
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.linear_model import Ridge
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

from skrnn.windows import LagFeatures, LagWindows, series_to_supervised

DAYS = pd.date_range("2024-01-01", periods=6, name="date")
FRAME = pd.DataFrame({"temp_max": np.arange(6.0), "rain": np.arange(6.0) * 10}, index=DAYS)
# As a download of prices has them: the field first, then the ticker.
PRICES = pd.concat({"Close": FRAME, "Open": FRAME + 100}, axis=1)


def leads(target, frame=FRAME):
    _, y = series_to_supervised(frame, target=target)
    return [y.name] if y.ndim == 1 else list(y.columns)


BOTH = ["temp_max_lead1", "rain_lead1"]


@pytest.mark.parametrize(
    "target",
    [
        ("temp_max", "rain"),
        FRAME.columns,
        np.array(["temp_max", "rain"]),
        pd.Series(["temp_max", "rain"]),
        {"temp_max": 1, "rain": 2}.keys(),
        [0, -1],
        np.arange(2),
        [True, True],
        FRAME.columns != "snow",
        None,
    ],
    ids=lambda target: type(target).__name__,
)
def test_several_targets_in_any_container(target):
    assert leads(target) == BOTH


@pytest.mark.parametrize("target", ["rain", 1, -1, np.int64(1)])
def test_one_target_by_name_or_position(target):
    assert leads(target) == ["rain_lead1"]
    assert series_to_supervised(FRAME, target=target)[1].ndim == 1
    assert series_to_supervised(FRAME, target=(target,))[1].ndim == 2


def test_targets_of_columns_with_nested_names():
    assert leads("Close", PRICES) == ["Close_temp_max_lead1", "Close_rain_lead1"]
    assert leads(("Open", "rain"), PRICES) == ["Open_rain_lead1"]
    assert leads([("Open", "rain"), "Close"], PRICES)[0] == "Open_rain_lead1"
    _, y = series_to_supervised(PRICES[[("Close", "rain"), ("Open", "rain")]], target="Close")
    np.testing.assert_array_equal(y, FRAME["rain"][1:])
    assert LagWindows(2).fit_transform(PRICES).shape == (6, 2, 4)


def refusal(function, *args, **kwargs):
    with pytest.raises(ValueError) as error:
        function(*args, **kwargs)
    return str(error.value)


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("temp_mx", "got 'temp_mx': did you mean 'temp_max'? Or name"),
        ("Rain", "got 'Rain': did you mean 'rain'?"),
        ("snowfall", "got 'snowfall': name one"),
        (2, "got 2: name one"),
        (-3, "got -3: name one"),
        ([], "Expected target to name at least one column; got []"),
        ([False, False], "Expected target to name at least one column"),
        ([True], "Expected one truth value for each of 2 columns in target; got 1"),
        (["rain", 1], "Expected each column once in target; got 'rain' 2 times"),
        ([["rain"]], "got ['rain']: name one"),
        (np.array([1.5, 2.5]), "got 1.5: name one"),
        (True, "got True: name one"),
        (len, "name one"),
    ],
    ids=str,
)
def test_a_target_that_is_no_column(target, words):
    assert words in refusal(series_to_supervised, FRAME, target=target)


def test_numbers_as_names_are_no_positions():
    frame = FRAME.set_axis([1, 0], axis=1)
    assert leads(0, frame) == ["0_lead1"]
    assert "got -1: name one" in refusal(series_to_supervised, frame, target=-1)
    _, y = series_to_supervised(FRAME.to_numpy(), target=-1)
    np.testing.assert_array_equal(y, FRAME["rain"][1:])


def test_a_misspelt_part_of_a_nested_name():
    assert "did you mean 'Close'? Or" in refusal(series_to_supervised, PRICES, target="close")
    words = refusal(series_to_supervised, PRICES, target="rain")
    assert "did you mean ('Close', 'rain')? Or" in words


@pytest.mark.parametrize(
    "take",
    [series_to_supervised, LagWindows(2).fit, LagFeatures(2).fit],
    ids=["series_to_supervised", "LagWindows", "LagFeatures"],
)
def test_two_columns_of_one_name(take):
    twice = FRAME.set_axis(["rain", "rain"], axis=1)
    words = refusal(take, twice)
    assert words.startswith(
        "Expected columns of different names; got 'rain' in the columns 0 and 1"
    )
    np.testing.assert_array_equal(
        LagWindows(1).fit_transform(twice.loc[:, ~twice.columns.duplicated()])[:, 0, 0],
        FRAME["temp_max"],
    )


def arrow_table(frame=FRAME):
    pytest.importorskip("pyarrow", exc_type=ImportError)
    return pl.DataFrame(frame.to_dict("list")).to_arrow()


def test_a_table_of_arrow_keeps_its_names():
    table = arrow_table()
    X, y = series_to_supervised(table, target="rain")
    assert X.column_names == ["temp_max", "rain"]
    np.testing.assert_array_equal(y, FRAME["rain"][1:])
    _, both = series_to_supervised(table, target=["rain", 0], horizon=[1, 2])
    assert both.column_names == ["rain_lead1", "temp_max_lead1", "rain_lead2", "temp_max_lead2"]
    np.testing.assert_array_equal(both["temp_max_lead2"], [2, 3, 4, 5])
    lags = LagFeatures([0, 2], fill=0.0).fit(table)
    assert list(lags.get_feature_names_out())[2:] == ["temp_max_lag2", "rain_lag2"]
    scores = cross_val_score(make_pipeline(lags, Ridge()), X, y, cv=2)
    assert np.isfinite(scores).all()
    gaps = FRAME.assign(rain=[0, np.nan, 2, 3, 4, 5])
    table = table.set_column(1, "rain", [[None if np.isnan(v) else v for v in gaps["rain"]]])
    with pytest.warns(UserWarning, match="left out 2 of 6 rows"):
        _, y = series_to_supervised(table, target="rain")
    np.testing.assert_array_equal(y, [2, 3, 4, 5])


COLUMNS = {
    "date": DAYS.to_pydatetime().tolist(),
    "day": list(DAYS.strftime("%d.%m.%Y")),
    "station": list("AAABBB"),
}
LIBRARIES = {
    "pandas": pd.DataFrame,
    "polars": pl.DataFrame,
    "pyarrow": lambda columns: arrow_table(pd.DataFrame(columns)),
    "array": lambda columns: pd.DataFrame(columns, dtype=object).to_numpy(),
    "list": lambda columns: pd.DataFrame(columns, dtype=object).to_numpy().tolist(),
}


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_of_dates_or_texts_in_a_table_of_any_library(library, name):
    table = LIBRARIES[library]({"a": list(range(6)), name: COLUMNS[name]})
    shown = repr(name if library not in ("array", "list") else 1)
    kind = "got 'A'" if name == "station" else "got dates"
    for lag in [LagWindows(2), LagFeatures(2)]:
        words = refusal(lag.fit, table)
        assert words.startswith(f"Expected columns of numbers; {kind} in column {shown}: ")
    if name != "station":
        words = refusal(series_to_supervised, table)
        assert words.startswith(f"Expected columns of numbers; got dates in column {shown}: ")
        remedy = words.rpartition(", ")[2] if name == "date" else words.partition("index, ")[2]
        if library == "polars":
            pytest.importorskip("pyarrow", exc_type=ImportError)  # for to_pandas
        mended = eval(remedy.rstrip("."), {"X": table, "pd": pd})
        assert list(mended.index) == list(DAYS)
        np.testing.assert_array_equal(LagWindows(1).fit_transform(mended)[:, 0, 0], range(6))


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_a_column_of_lists(library):
    words = refusal(LagWindows(2).fit, LIBRARIES[library]({"a": [1, 2], "b": [[1, 2], [3, 4]]}))
    assert words.startswith("Expected columns of numbers; got list such as [1, 2] in column 'b'")


def test_dates_that_are_index_and_column(recwarn):
    X, _ = series_to_supervised(FRAME.reset_index().set_index("date", drop=False), target="rain")
    assert list(X.columns) == ["date", "temp_max", "rain"]
    assert not recwarn.list


OTHER_SHAPES = {
    "a Series. X.to_frame()": FRAME["rain"],
    "a Series. X.to_frame() makes": pl.Series([1.0, 2.0]),
    "one dimension. Reshape your data": [1, 2, 3],
    "one dimension. Reshape": np.arange(3.0),
    "one dimension.": [],
    "rows of several lengths": [[1, 2], [3]],
    "a dictionary. pd.DataFrame(X)": {"a": [1, 2]},
    "an array with dim 3: give the rows, not windows of them": np.zeros((2, 3, 1)),
}


@pytest.mark.parametrize("words", OTHER_SHAPES)
def test_what_is_no_table(words):
    refused = refusal(LagWindows(2).fit, OTHER_SHAPES[words])
    assert refused.startswith("Expected a table of shape (n_rows, n_features); got " + words)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"a": [1, 2]}, "got a dictionary: give pd.DataFrame(data)."),
        (FRAME.to_records(), "got records: give pd.DataFrame(data)."),
        ([[1, 2], [3]], "got lists of several lengths"),
        (FRAME[:0], "Expected at least one row and one column; got 0 rows and 2 columns"),
        (FRAME[[]], "got 6 rows and 0 columns"),
    ],
    ids=["dict", "records", "ragged", "no rows", "no columns"],
)
def test_what_is_no_series(data, words):
    assert words in refusal(series_to_supervised, data)


def test_the_file_of_prices_in_the_guide_and_its_picture(monkeypatch):
    guide = Path(__file__).parents[2] / "docs" / "guide"
    monkeypatch.setattr(plt, "show", lambda: None)
    shown = runpy.run_path(str(guide / "prices.py"))
    nan = np.nan
    np.testing.assert_array_equal(shown["of_weekdays"], [127, 128, 129, nan, 102])
    np.testing.assert_array_equal(shown["of_rows"], [126, 127, 128, 129, 102])
    np.testing.assert_array_equal(shown["of_days"], [129, nan, nan, nan, 102])
    (axes,) = plt.gcf().axes
    drawn = [(text.get_text(), *map(round, text.get_position())) for text in axes.texts]
    days = list(shown["days"].day)
    for text, at, height in drawn:
        assert text == "absent" or int(text) % 100 == days[at]
        assert (text == "absent") == (shown["days"][at] not in shown["prices"].index)
        assert height in (0, 1, 2)
    assert [sum(t == "absent" for t, _, h in drawn if h == row) for row in range(3)] == [1, 0, 3]
    plt.close()
    text = (guide / "time.rst").read_text("utf-8")
    assert "literalinclude:: prices.py" in text and "plot:: guide/prices.py" in text
