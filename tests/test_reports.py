"""What people reported of tools like this one: each test is a situation, with data made by hand."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import StackingRegressor
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.pipeline import make_pipeline

from skrnn import RNNAutoencoder, SequenceTokenizer
from skrnn.windows import LagFeatures, LagWindows, series_to_supervised

from .common import assert_same_bits, small_classifier, small_regressor

NAN = np.nan


@pytest.mark.parametrize("fill", [0.0, "edge"])
def test_lags_that_are_filled_have_no_holes_in_a_fold_from_the_middle(fill):
    frame = pd.DataFrame({"a": np.arange(60.0)}, index=pd.date_range("2024-01-01", periods=60))
    model = make_pipeline(LagFeatures(7, fill=fill), Ridge())
    folds = KFold(3)
    assert np.isfinite(cross_val_predict(model, frame, frame["a"], cv=folds)).all()
    stack = StackingRegressor([("lags", model)], final_estimator=Ridge(), cv=folds)
    assert np.isfinite(stack.fit(frame, frame["a"]).predict(frame)).all()


HOLIDAYS = pd.to_datetime(["2023-12-25", "2024-01-01", "2024-03-29"])


@pytest.fixture
def prices():
    """Closing prices of 120 trading days: no weekends, three holidays, no frequency."""
    days = pd.bdate_range("2023-11-01", periods=123).difference(HOLIDAYS)
    return pd.DataFrame({"close": np.arange(120.0)}, index=pd.DatetimeIndex(list(days)))


def test_a_price_file_has_no_weekends(prices):
    windows = LagWindows(14).fit(prices[:60]).transform(prices[60:])[:, :, 0]
    np.testing.assert_array_equal(windows[0], np.arange(47.0, 61))
    with pytest.warns(UserWarning) as caught:
        X, _ = series_to_supervised(prices, target="close")
    assert len(X) == 120 - 1 - 3  # but for the last day, and those before a holiday
    assert str(caught[0].message) == (
        "series_to_supervised left out 4 of 120 rows: 1 because the data end, 3 because no row "
        "stands where their future would, and 0 because it is NaN. Fill the index (asfreq) or the "
        'targets, or take the next row as the next step (clock="rows").'
    )
    assert caught[0].filename == __file__
    _, week = series_to_supervised(prices[45:80], horizon=[1, 2, 3, 4, 5])
    assert len(week) == 30


def test_a_clock_of_rows_has_no_holidays_either(prices, recwarn):
    X, y = series_to_supervised(prices, horizon=[1, 5], clock="rows")
    np.testing.assert_array_equal(y - X.to_numpy(), np.tile([1.0, 5.0], (115, 1)))
    for lag in [LagWindows(30, clock="rows"), LagFeatures(30, clock="rows")]:
        lag.fit(prices[:60])
        fold = prices.iloc[[75, 60, 61]]  # in any order; the newest is one step after its neighbour
        rows = np.asarray(lag.transform(fold)).reshape(3, 30)
        rows = rows if isinstance(lag, LagWindows) else rows[:, ::-1]
        np.testing.assert_array_equal(rows[0], [*range(33, 60), 60, 61, 75])
        np.testing.assert_array_equal(rows[1], np.arange(31, 61))
        again = np.asarray(lag.transform(prices[20:22])).reshape(
            2, 30
        )  # before the rows that fit keeps
        assert np.isfinite(again).sum() == 3
    assert not recwarn.list


def test_visits_of_patients_are_rows_of_a_panel(recwarn):
    dates = ["2024-01-01", "2024-01-09", "2024-03-02", "2024-02-02", "2024-02-03"]
    index = pd.MultiIndex.from_arrays([["p", "p", "p", "q", "q"], pd.to_datetime(dates)])
    visits = pd.DataFrame({"a": np.arange(5.0)}, index=index)
    windows = LagWindows(3, clock="rows").fit_transform(visits)[:, :, 0]
    np.testing.assert_array_equal(
        windows, [[NAN, NAN, 0], [NAN, 0, 1], [0, 1, 2], [NAN, NAN, 3], [NAN, 3, 4]]
    )
    _, y = series_to_supervised(visits, clock="rows")
    np.testing.assert_array_equal(y, [1, 2, 4])
    with pytest.raises(ValueError, match=r"Series 'p': Expected each stamp once"):
        LagWindows(3, clock="rows").fit(visits.iloc[[0, 0, 1]])


@pytest.mark.parametrize("make", [lambda c: LagWindows(clock=c), lambda c: LagFeatures(clock=c)])
def test_a_clock_of_another_name(make, prices):
    with pytest.raises(ValueError, match="The 'clock' parameter"):
        make("days").fit(prices)
    with pytest.raises(ValueError, match=r'Expected clock as "auto" or "rows"; got'):
        series_to_supervised(prices, clock="days")


TEXTS = ["a good film", "a bad film", "good", "a very bad film indeed"] * 15
LABELS = ["yes", "no", "yes", "no"] * 15


@pytest.mark.parametrize("output", ["default", "pandas"])
def test_a_tokenizer_before_a_network_without_an_embedding(output):
    """Ids would be read as measurements."""
    tokenizer = SequenceTokenizer().set_output(transform=output)
    for network in (small_classifier(), small_regressor()):
        with pytest.raises(ValueError, match=r"got token ids .* Set RNN\w+\(embedding_dim=32\)"):
            make_pipeline(tokenizer, network).fit(TEXTS, np.arange(60.0) > 30)
    with pytest.raises(ValueError, match="Expected RNNAutoencoder to be given numbers, got token"):
        make_pipeline(tokenizer, RNNAutoencoder()).fit(TEXTS)


@pytest.mark.parametrize(
    "texts",
    [
        TEXTS,
        np.array(TEXTS),
        pd.Series(TEXTS),
        pd.DataFrame({"text": TEXTS}),
        [text.split() for text in TEXTS],
        [text.encode() for text in TEXTS],
        "one text alone",
    ],
    ids=["list", "array", "series", "frame", "tokens", "bytes", "str"],
)
def test_texts_for_a_network_without_a_tokenizer(texts):
    for network in (small_classifier(), small_classifier(embedding_dim=3)):
        with pytest.raises(ValueError, match=r"make_pipeline\(SequenceTokenizer\(\), RNN") as error:
            network.fit(texts, LABELS)
        assert "film" not in str(error.value)
    with pytest.raises(ValueError, match="RNNAutoencoder to be given numbers, got texts"):
        RNNAutoencoder().fit(texts)


@pytest.mark.parametrize("output", ["default", "pandas"])
def test_a_column_of_numbers_beside_a_tokenizer_is_no_token(output):
    frame = pd.DataFrame({"text": TEXTS, "year": np.arange(60)})
    columns = ColumnTransformer(
        [("words", SequenceTokenizer(), "text"), ("year", "passthrough", ["year"])]
    ).set_output(transform=output)
    model = make_pipeline(columns, small_classifier(embedding_dim=3))
    with pytest.raises(ValueError, match="columns of a SequenceTokenizer with others beside them"):
        model.fit(frame, LABELS)


def test_rows_of_ids_that_are_joined_keep_their_vocabulary():
    tokenizer = SequenceTokenizer().fit(TEXTS)
    parts = tokenizer.transform(TEXTS[:3]), tokenizer.transform(TEXTS[3:])
    for joined in (np.concatenate(parts), np.vstack(parts), np.append(*parts, axis=0)):
        assert joined.vocabulary == tokenizer.vocabulary_
    other = SequenceTokenizer().fit(["another text"])
    assert type(np.concatenate([parts[0], np.zeros((1, 5), dtype=int)])) is np.ndarray
    assert type(np.hstack([parts[0], other.transform(["text"] * 3)])) is np.ndarray


@pytest.mark.parametrize("by", ["config", "set_output", "ColumnTransformer"])
def test_given_vectors_behind_a_tokenizer_that_returns_frames(by):
    vectors = {"good": [1.0, 0.0], "bad": [0.0, 1.0], "film": [0.5, 0.5]}
    network = small_classifier(embeddings=vectors, trainable_embeddings=False)
    expected = make_pipeline(SequenceTokenizer(), network).fit(TEXTS, LABELS)[-1].weights_
    tokenizer, X = SequenceTokenizer(), TEXTS
    if by == "ColumnTransformer":
        tokenizer = ColumnTransformer([("words", tokenizer, "text")])
        X = pd.DataFrame({"text": TEXTS})
    model = make_pipeline(tokenizer, clone(network))
    if by == "config":
        with config_context(transform_output="pandas"):
            model.fit(X, LABELS)
    else:
        model.set_output(transform="pandas").fit(X, LABELS)
    assert_same_bits(model[-1].weights_, expected)


def test_frames_of_ids_share_one_vocabulary_however_often_they_are_copied():
    tokenizer = SequenceTokenizer().set_output(transform="pandas")
    frame = tokenizer.fit_transform(pd.Series(TEXTS, index=range(100, 160)))
    assert list(frame.index) == list(range(100, 160))
    later = frame.copy().iloc[3:9].astype("int64")
    assert later.attrs["vocabulary"] == tokenizer.vocabulary_
    assert later.attrs["vocabulary"] is frame.attrs["vocabulary"]
    again = pickle.loads(pickle.dumps(frame))
    assert again.attrs["vocabulary"] == tokenizer.vocabulary_


def test_given_vectors_behind_a_polars_frame_say_what_to_do():
    pytest.importorskip("polars")
    network = small_classifier(embeddings={"good": [1.0, 0.0]})
    model = make_pipeline(SequenceTokenizer(), network).set_output(transform="polars")
    with pytest.raises(ValueError, match="with arrays or pandas frames as its output"):
        model.fit(TEXTS, LABELS)
