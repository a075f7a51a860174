"""What people give as X, in the containers that they have it in.

Like the tests in test_reports.py, each is a situation, with data made by hand.
"""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import GridSearchCV, KFold, LeaveOneOut, cross_val_score

from skrnn import RNNAutoencoder

from .common import (
    SMALL,
    assert_same_bits,
    sequences,
    small_classifier,
    small_regressor,
)

X, Y = sequences()
NAN = np.nan


@pytest.fixture(scope="module")
def regressor():
    return small_regressor().fit(X, Y)


@pytest.fixture(scope="module")
def autoencoder():
    return RNNAutoencoder(latent_dim=2, **SMALL).fit(X)


# Equal lengths by chance


def lists_by_chance():
    """Lists of numbers: in the first half all of 4 steps, in the second of 4 to 6."""
    return [x[: 4 + (i % 3 if i > 29 else 0), 0].tolist() for i, x in enumerate(X)]


def objects_of(lists):
    objects = np.empty(len(lists), dtype=object)
    objects[:] = lists
    return objects


def test_a_fold_of_lists_of_equal_lengths():
    lists = lists_by_chance()
    cv = [(np.arange(30), np.arange(30, 60)), (np.arange(30, 60), np.arange(30))]
    scores = cross_val_score(small_regressor(), lists, Y, cv=cv, error_score="raise")
    network = small_regressor()
    for container in (objects_of(lists), pd.Series(lists)):
        again = cross_val_score(network, container, Y, cv=cv[:1], error_score="raise")
        assert again[0] == scores[0]
    network.fit(lists[:30], Y[:30])
    assert network.n_features_in_ == 1
    assert_same_bits(network.predict(lists)[30:31], network.predict(lists[30:31]))


def test_one_sequence_left_out():
    lists = lists_by_chance()[28:31]
    autoencoder = RNNAutoencoder(latent_dim=2, **SMALL)
    scores = cross_val_score(autoencoder, lists, cv=LeaveOneOut(), error_score="raise")
    assert np.isfinite(scores).all()


def test_a_search_over_labels_for_each_step_of_lists_equally_long_by_chance():
    lists = lists_by_chance()
    y = [[int(step > 0) for step in x] for x in lists]
    tagger = small_classifier(return_sequences=True, early_stopping=False)
    search = GridSearchCV(tagger, {"units": [4]}, cv=KFold(2), error_score="raise").fit(lists, y)
    assert np.isfinite(search.best_score_)
    tagger.fit(lists[:30], y[:30])
    assert [len(p) for p in tagger.predict(lists[:2])] == [4, 4]


def test_a_table_has_the_columns_of_fit_also_as_lists():
    network = small_regressor().fit(X[:, :, 0], Y)
    assert_same_bits(network.predict(X[:, :, 0].tolist()), network.predict(X[:, :, 0]))
    with pytest.raises(ValueError, match=r"table with 6 values in each row, .* Give fit a list"):
        network.predict(lists_by_chance())
    for row in (X[0, :, 0], X[0, :, 0].tolist(), pd.Series(X[0, :, 0])):
        with pytest.raises(ValueError, match=r"got one axis of 6 values\. Reshape your data"):
            network.predict(row)
    listed = small_regressor().fit(X[:, :, 0].tolist(), Y)
    assert_same_bits(listed.predict(X[:, :, 0]), listed.predict(X[:, :, 0].tolist()))
    assert len(listed.predict(X[:, :4, 0].tolist())) == 60
    with pytest.raises(ValueError, match=r"with 6 columns, .* got shape \(60, 4\)"):
        listed.predict(X[:, :4, 0])


# A sample without its first axis


def test_a_sample_without_its_first_axis(regressor, autoencoder):
    one = small_classifier().fit(list(X[:, :, :1]), Y > 0)
    for predict, n_features in (
        (regressor.predict, 2),
        (autoencoder.transform, 2),
        (one.predict_proba, 1),
    ):
        part = X[:, :, :n_features]
        with pytest.raises(ValueError, match=r"It looks like a single sequence: give X\[None\]"):
            predict(part[0])
        with pytest.raises(ValueError, match=r"got one axis of 6 values\. .* X\[None\]"):
            predict(part[0, :, 0])
        assert len(predict(part[:1])) == 1
    with pytest.raises(ValueError, match=r"X\[\.\.\., None\], so that each step has its one"):
        one.predict(X[:, :, 0])


# Outages

KEPT = np.delete(np.arange(60), [3, 50])
THERE = X.copy()
THERE[[3, 50]] = NAN
OUTAGE = r"2 of 60 sequences without any present step \(the first: sample 3\)"


def test_an_outage_in_fit_is_left_out():
    y, weights = np.where(np.isin(np.arange(60), KEPT), Y, NAN), np.linspace(1, 2, 60)
    network = small_regressor()
    with pytest.warns(UserWarning, match=OUTAGE + ".* left out of the fit") as caught:
        network.fit(THERE, y, weights)
    assert sum("left out" in str(w.message) for w in caught) == 1
    without = small_regressor().fit(X[KEPT], Y[KEPT], weights[KEPT])
    assert_same_bits(network.weights_, without.weights_)
    with pytest.warns(UserWarning, match=OUTAGE):
        network.partial_fit(THERE, y, weights)
    assert_same_bits(
        network.weights_, without.partial_fit(X[KEPT], Y[KEPT], weights[KEPT]).weights_
    )
    with pytest.raises(ValueError, match="got 60 of 60 sequences without any present step"):
        network.fit(np.full_like(X, NAN), Y)


@pytest.mark.parametrize("form", ["array", "list"])
def test_an_outage_in_a_regression(form, regressor):
    there = THERE if form == "array" else [x if i in KEPT else [] for i, x in enumerate(X)]
    with pytest.warns(UserWarning, match=OUTAGE + ".* predictions are NaN") as caught:
        predicted = regressor.predict(there)
    assert len(caught) == 1
    assert np.isnan(predicted[[3, 50]]).all()
    assert_same_bits(predicted[KEPT], regressor.predict(X)[KEPT])
    with pytest.warns(UserWarning, match=OUTAGE):
        assert regressor.score(there, Y) == regressor.score(X[KEPT], Y[KEPT])
    with pytest.warns(UserWarning, match="1 of 1 sequences"):
        assert np.isnan(regressor.predict(there[3:4])).all()


def test_an_outage_in_a_classification():
    y = np.repeat(["rain", "sun", "fog"], [30, 20, 10])
    network = small_classifier().fit(X, y)
    with pytest.warns(UserWarning, match="by the shares of the classes"):
        p = network.predict_proba(THERE)
    np.testing.assert_allclose(p[3], [1 / 6, 1 / 2, 1 / 3])
    assert_same_bits(p[KEPT], network.predict_proba(X)[KEPT])
    with pytest.warns(UserWarning, match="by the shares of the classes"):
        assert network.predict(THERE)[3] == "rain"
    with pytest.warns(UserWarning, match="by the shares of the classes"):
        np.testing.assert_allclose(network.predict_log_proba(THERE)[3], np.log(p[3]))


def test_an_outage_in_an_autoencoder(autoencoder):
    for method in ("transform", "score_samples", "reconstruct"):
        with pytest.warns(UserWarning, match=OUTAGE):
            found = getattr(autoencoder, method)(THERE)
        assert np.isnan(found[3]).all()
        assert_same_bits(found[KEPT], getattr(autoencoder, method)(X)[KEPT])
    with pytest.warns(UserWarning, match=OUTAGE):
        assert autoencoder.predict(THERE)[3] == -1
    with pytest.warns(UserWarning, match=OUTAGE):
        assert autoencoder.score(THERE) == pytest.approx(autoencoder.score(X[KEPT]))


def test_an_outage_where_each_step_is_predicted():
    tagger = small_classifier(return_sequences=True).fit(X, (X[:, :, 0] > 0).astype(int))
    with pytest.warns(UserWarning, match=OUTAGE):
        p = tagger.predict_proba(THERE)
    assert np.isnan(p[3]).all()
    assert_same_bits(p[4], tagger.predict_proba(X)[4])


# Nested and long frames


def nested(container):
    if container == "sktime":
        return pd.DataFrame({"u": [pd.Series(x[:, 0]) for x in X], "v": [x[:, 1] for x in X]})
    lists = {"u": [x[:, 0].tolist() for x in X], "v": [x[:, 1].tolist() for x in X]}
    return (
        pd.DataFrame(lists)
        if container == "pandas"
        else pytest.importorskip("polars").DataFrame(lists)
    )


@pytest.mark.parametrize("container", ["sktime", "pandas", "polars"])
def test_a_nested_frame_is_read_as_a_list_of_sequences(container):
    frame = nested(container)
    network = small_regressor().fit(frame, Y)
    assert_same_bits(network.weights_, small_regressor().fit(list(X), Y).weights_)
    assert_same_bits(network.predict(frame[:3]), network.predict(list(X[:3])))
    assert list(network.feature_names_in_) == ["u", "v"]
    with pytest.raises(ValueError, match="feature names should match"):
        network.predict(frame[["v", "u"]])


def test_a_column_of_lists_is_read_as_a_list():
    column = nested("pandas")["u"]
    network = small_regressor().fit(column, Y)
    assert_same_bits(network.weights_, small_regressor().fit(column.tolist(), Y).weights_)
    other = nested("polars")["u"]
    assert_same_bits(network.predict(other), network.predict(column))


def test_a_nested_frame_that_does_not_fit_together():
    frame = nested("sktime")
    frame.at[7, "v"] = np.ones(3)
    with pytest.raises(ValueError, match="got 6 in column 'u' and 3 in column 'v' of row 7"):
        small_regressor().fit(frame, Y)
    with pytest.raises(ValueError, match="got float in row 0 of column 'age'"):
        small_regressor().fit(nested("pandas").assign(age=40.0), Y)


LONG = pd.concat(
    {i: pd.DataFrame(x, columns=["u", "v"]) for i, x in enumerate(X)}, names=["id", "day"]
)


@pytest.mark.parametrize(
    ("frame", "line"),
    [
        (LONG, "[series.to_numpy() for _, series in X.groupby(level=0, sort=False)]"),
        (
            LONG.reset_index("id"),
            "[series.drop(columns=['id']).to_numpy() for _, series in X.groupby('id', sort=False)]",
        ),
    ],
    ids=["index", "column"],
)
def test_a_long_frame_given_to_a_network(frame, line):
    with pytest.raises(ValueError, match="a frame of 360 rows for 60 targets") as error:
        small_classifier().fit(frame, Y > 0)
    assert f"X = {line}" in str(error.value)
    np.testing.assert_array_equal(np.array(eval(line, {"X": frame})), X)


# Columns that are no numbers


@pytest.mark.parametrize("library", ["pandas", "polars", "numpy", "steps"])
def test_texts_among_the_numbers(library):
    column, table = "'kind'", {"size": np.arange(60.0), "kind": ["A", "B"] * 30}
    if library == "numpy":
        column, table = "1", np.array([[1.0, "A"]] * 60, dtype=object)
    elif library == "steps":
        column, table = "", np.full((60, 6, 2), "A")
    else:
        table = pytest.importorskip(library).DataFrame(table)
    for network in (small_regressor(), small_classifier()):
        with pytest.raises(ValueError, match=rf"'A'.*{column}.*OneHotEncoder"):
            network.fit(table, Y > 0)


@pytest.mark.parametrize(
    ("dates", "way"),
    [
        (
            pd.DataFrame({"size": 1.0, "day": pd.date_range("2024", periods=60)}),
            r"set_index\('day'\)",
        ),
        (np.full((60, 6, 1), np.datetime64("2024-01-01")), "Leave the dates out"),
    ],
)
def test_dates_among_the_numbers(dates, way):
    with pytest.raises(ValueError, match=way):
        small_regressor().fit(dates, Y)


# Token ids


def test_ids_padded_with_what_is_missing():
    ids = np.where(np.arange(6) < np.arange(2, 62)[:, None] % 5 + 1, 2.0, NAN)
    padded = np.nan_to_num(ids).astype(int)
    expected = small_classifier(embedding_dim=3).fit(padded, Y > 0)
    for form in (ids, pd.DataFrame(ids).astype("Int64")):
        network = small_classifier(embedding_dim=3).fit(form, Y > 0)
        assert_same_bits(network.weights_, expected.weights_)
        assert_same_bits(network.predict_proba(form), expected.predict_proba(padded))


# Messages


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([], "at least one sequence of numbers, got 0 samples"),
        (np.zeros((0, 6, 2)), "at least one sequence of numbers, got 0 samples"),
        (np.zeros((2, 3, 6, 2)), "got an array with dim 4, of shape"),
        ({"a": 1}, "got dict"),
        ([1, [2], 3], "got one axis of 3 values"),
    ],
    ids=["empty list", "empty array", "four axes", "dict", "mixture"],
)
def test_what_is_no_collection_of_sequences(given, message, regressor):
    for use in (regressor.predict, RNNAutoencoder().fit, lambda X: small_classifier().fit(X, [])):
        with pytest.raises(ValueError, match=message):
            use(given)


def test_values_far_out_of_proportion_in_a_prediction(regressor, autoencoder):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for use in (regressor.predict, autoencoder.transform, autoencoder.score_samples):
            with pytest.raises(ValueError, match=r"got up to .*e[+]60, .* beyond float32"):
                use(X * 1e60)
