"""Columns whose future is known, the calendar, categories, and scales."""

import numpy as np
import pytest

from .common import N_ROWS, N_TRAIN, small, table

TABLE = table().assign(sale=np.arange(N_ROWS) % 5 == 0)


@pytest.fixture(scope="module")
def fitted():
    return small(known=["sale"]).fit(TABLE[:N_TRAIN])


def test_the_known_future_counts_as_far_as_the_forecast_goes(fitted):
    other = TABLE.copy()
    other.iloc[203, 2] = not other.iloc[203, 2]
    changed = (fitted.predict(TABLE) != fitted.predict(other)).any(axis=1)
    # Rows from which step 203 is at most three steps ahead, up to the last window that holds it.
    assert np.flatnonzero(changed).tolist()[:3] == [200, 201, 202]
    assert not changed[:200].any()


def test_rows_whose_known_future_is_not_given_are_nan(fitted):
    missing = np.isnan(fitted.predict(TABLE)).any(axis=1)
    assert np.flatnonzero(missing).tolist() == [N_ROWS - 3, N_ROWS - 2, N_ROWS - 1]


def test_rows_without_a_target_tell_what_is_known(fitted):
    upto = TABLE[:203].copy()
    upto.iloc[200:, :2] = np.nan
    frame = fitted.forecast(upto)
    assert frame.index[0] == TABLE.index[200]
    np.testing.assert_array_equal(frame["y"], fitted.predict(TABLE)[199])


def test_training_rows_may_end_with_what_is_known():
    upto = TABLE[:163].copy()
    upto.iloc[160:, :2] = np.nan
    found = small(known="sale").fit(upto)
    np.testing.assert_array_equal(found.forecast()["y"], found.predict(upto)[159])
    assert list(found.forecast().index) == list(TABLE.index[160:163])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t[:200], "got no row for 2024-07-19 00:00:00, step 1. Append rows"),
        (lambda t: t.assign(sale=t["sale"].where(t.index != t.index[180])), "missing value in row"),
    ],
)
def test_what_is_not_known_is_named(fitted, change, message):
    with pytest.raises(ValueError, match=f"column 'sale' .*{message}"):
        fitted.forecast(change(TABLE.astype({"sale": object})))


def test_holidays_are_known_ahead():
    days = TABLE.index[::5]
    found = small(holidays=days).fit(TABLE[["y", "x"]][:N_TRAIN])
    upto = TABLE[["y", "x"]][:200]
    np.testing.assert_array_equal(found.forecast(upto)["y"], found.predict(upto)[-1])
    as_column = TABLE.assign(sale=TABLE.index.isin(days))
    ahead = as_column[: N_TRAIN + 3].copy()
    ahead.iloc[N_TRAIN:, :2] = np.nan
    column = small(known="sale").fit(ahead)
    np.testing.assert_array_equal(found.predict(upto), column.predict(as_column)[:200])


def test_categories_are_taken_as_they_come():
    kinds = np.where(np.arange(N_ROWS) % 3 == 0, "wet", "dry")
    texts = TABLE[["y"]].assign(kind=kinds)
    numbers = TABLE[["y"]].assign(dry=kinds == "dry", wet=kinds == "wet")
    expected = small().fit(numbers[:N_TRAIN]).predict(numbers)
    np.testing.assert_array_equal(small().fit(texts[:N_TRAIN]).predict(texts), expected)
    category = texts.astype({"kind": "category"})
    np.testing.assert_array_equal(small().fit(category[:N_TRAIN]).predict(category), expected)
    found = small().fit(texts[:N_TRAIN])
    new = texts.assign(kind="unheard of")
    assert np.isfinite(found.predict(new)).all()


def test_the_calendar_is_read_off_the_index():
    days = TABLE[["y"]]
    found = small(calendar=["day_of_week"]).fit(days[:N_TRAIN])
    angle = 2 * np.pi * days.index.day_of_week / 7
    by_hand = days.assign(sin=np.sin(angle), cos=np.cos(angle))
    expected = small().fit(by_hand[:N_TRAIN])
    columns = found.design_.network_columns(found.history_)
    assert columns.shape[1] == 3
    np.testing.assert_allclose(
        columns[:, 1:], by_hand.loc[found.history_.index, ["sin", "cos"]], atol=1e-6
    )
    assert expected.predict(by_hand).shape == found.predict(days).shape
    with pytest.raises(ValueError, match=r"hour_of_day"):
        small(calendar=["hour_of_day"]).fit(days)


def test_units_do_not_matter():
    found = small().fit(TABLE[["y", "x"]][:N_TRAIN]).predict(TABLE[["y", "x"]])
    scaled = TABLE[["y", "x"]] * [1024.0, 0.25]
    other = small().fit(scaled[:N_TRAIN]).predict(scaled)
    np.testing.assert_allclose(other, found * 1024, rtol=1e-5)


def test_a_decoder_is_told_each_step():
    found = small(strategy="decoder", known="sale", calendar=["day_of_week"]).fit(TABLE[:N_TRAIN])
    other = TABLE.copy()
    other.iloc[203, 2] = not other.iloc[203, 2]
    changed = found.predict(TABLE) != found.predict(other)
    assert not changed[:200].any()
    # A step that is known counts from its own forecast on.
    np.testing.assert_array_equal(changed[200:203], np.tri(3)[:, ::-1] == 1)
    frame = small(strategy="decoder", calendar=["day_of_week"]).fit(TABLE[["y"]]).forecast()
    assert np.isfinite(frame).all(axis=None)
