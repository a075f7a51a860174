"""The benchmark of the defaults: what its tasks ask, how answers are judged, and its table."""

import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier

from benchmarks.quality import TASKS, task
from benchmarks.quality.__main__ import chosen_tasks, dearest_first, n_seeds
from benchmarks.quality._packages import folder
from benchmarks.quality.answers import SIMPLE
from benchmarks.quality.data import forecasts
from benchmarks.quality.measure import measure
from benchmarks.quality.published import PUBLISHED
from benchmarks.quality.results import Results
from benchmarks.quality.sequences import read_ts, stacked, thinned
from benchmarks.quality.table import as_markdown
from benchmarks.quality.tasks import LONG

GUNPOINT, SEATTLE = task("GunPoint"), task("seattle-day")


def results_of(**figures):
    """Return results of GunPoint and seattle-day: for each answer one score of each."""
    results = Results()
    for answer, scores in figures.items():
        for each, score in zip((GUNPOINT, SEATTLE), scores, strict=True):
            found = {"scores": [score], "seconds": [1.5], "warned": [[]]}
            results.add(each.name, answer, found)
    return results


def test_both_halves_have_every_kind():
    assert len({each.name for each in TASKS}) == len(TASKS) >= 24
    assert {(each.half, each.kind) for each in TASKS} == {
        (half, kind)
        for half in ("choose", "report")
        for kind in ("forecast", "classify", "regress", "text")
    }
    assert set(PUBLISHED) <= {each.name for each in TASKS}
    assert {each.half for each in chosen_tasks(None, None, quick=True)} == {"choose", "report"}
    assert set(LONG) < {each.name for each in TASKS}


def test_tomorrow_is_like_today_in_seattle():
    path = folder("vega_datasets") / "_data" / "seattle-weather.csv"
    highs = pd.read_csv(path, index_col="date")["temp_max"]
    days_2015 = [day for day in highs.index if day.startswith("2015")]
    data = SEATTLE.load()
    assert len(data.y_test) == len(days_2015) == 365
    assert SEATTLE.figure(data.naive, data) == pytest.approx(highs.diff()[days_2015].abs().mean())
    assert data.X_train.index[-1] == pd.Timestamp("2014-12-30")
    assert data.X_test.index[0] == pd.Timestamp("2014-12-31")


def test_the_commonest_class_of_500_reviews():
    reviews = task("reviews-500")
    data = reviews.load()
    assert (len(data.y_train), len(data.y_test)) == (500, 1500)
    commonest = DummyClassifier().fit(data.X_train, data.y_train).predict(data.X_test)
    assert reviews.figure(data.naive, data) == (data.y_test == commonest).mean()
    assert not set(data.X_train) & set(data.X_test)


def test_targets_and_seasons_by_hand():
    table = pd.DataFrame({"x": range(20)}, dtype=float)
    data = forecasts(table, "x", ahead=[1, 4], train=8, test=5, season=3)
    # Rows 3 to 15 have a future in the table. Row 11 is the first of the test part.
    assert data.X_train["x"].tolist() == [3, 4, 5, 6, 7, 8, 9, 10]
    assert data.y_train[-1].tolist() == [11, 14]
    assert data.X_test["x"].tolist() == [11, 12, 13, 14, 15]
    assert data.y_test[0].tolist() == [12, 15]
    assert data.naive[0].tolist() == [9, 9]  # 12 - 3, and 15 - 6: 12 is not known yet
    # 14 was learnt from; what counts begins with the row whose first target is 15.
    assert data.judged.tolist() == [False, False, False, True, True]


def test_a_panel_has_as_many_rows_of_each_series():
    parts = {"a": pd.DataFrame({"x": range(9)}, dtype=float)}
    parts["b"] = parts["a"] + 100
    data = forecasts(pd.concat(parts), "x", ahead=[2], train=4, test=3)
    assert data.y_train.tolist() == [2, 3, 4, 5, 102, 103, 104, 105]
    assert data.naive.tolist() == [4, 5, 6, 104, 105, 106]
    assert data.judged.tolist() == [False, True, True] * 2


def test_sequences_of_the_archives(tmp_path):
    path = tmp_path / "set.ts"
    path.write_text("@problemName set\n@data\n1,2,3:4,5,6:up\n7,8:9,10:down\n")
    X, y = read_ts(path)
    assert [x.tolist() for x in X] == [[[1, 4], [2, 5], [3, 6]], [[7, 9], [8, 10]]]
    assert y.tolist() == ["up", "down"]
    assert thinned(X[0], 2).tolist() == [[1.5, 4.5]]
    assert isinstance(stacked(X), list)
    assert stacked([thinned(x, 2) for x in X]).shape == (2, 1, 2)


def test_ridge_beats_yesterday_in_seattle():
    ridge, naive = (measure("seattle-day", answer, n_seeds=1) for answer in ("linear", "naive"))
    assert 1.9 < ridge["scores"][0] < naive["scores"][0]


def test_what_a_loss_is():
    assert GUNPOINT.lost(0.8, best=0.9) == pytest.approx(1 / 9)
    assert SEATTLE.lost(2.2, best=2.0) == pytest.approx(0.1)
    results = results_of(naive=[0.5, 2.4], linear=[0.9, 2.0], third=[0.8, 2.2], ours=[0.9, 2.2])
    assert [results.best_simple(each) for each in (GUNPOINT, SEATTLE)] == [0.9, 2.0]
    answers = [*SIMPLE, "ours"]
    assert results.ranks(GUNPOINT, answers) == {"naive": 4, "linear": 1.5, "third": 3, "ours": 1.5}
    assert results.ranks(SEATTLE, answers) == {"naive": 4, "linear": 1, "third": 2.5, "ours": 2.5}
    assert results.ranks(SEATTLE, [*answers, "keras"]) is None


def test_table_and_its_sum():
    figures = {"naive": [0.5, 2.4], "linear": [0.9, 2.0], "third": [0.8, 2.2], "ours": [0.9, 2.2]}
    results = results_of(**figures)
    found = {"scores": [0.88, 0.92], "seconds": [3.0, 1.0], "warned": [["ConvergenceWarning"], []]}
    results.add(GUNPOINT.name, "ours", found)
    text = as_markdown(results, TASKS)
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines()]
    gunpoint, seattle = (next(r for r in rows if r[:1] == [t.name]) for t in (GUNPOINT, SEATTLE))
    shown = ["GunPoint", "accuracy", "0.500", "**0.900**", "0.800", "**0.900** (0.020)"]
    assert gunpoint[:-1] == [*shown, "+0.0 %", "2.0", "ConvergenceWarning"]
    assert seattle[5:] == ["2.2", "-10.0 % !", "1.5", "-", "-"]
    assert "at or above the best simple answer on 1 of 2 tasks (50 %)" in text
    assert "by more than 5 %: seattle-day -10.0 % !" in text


def test_ours_alone_is_measured_anew(tmp_path):
    path = tmp_path / "results.json"
    results_of(linear=[0.9, 2.0], ours=[0.7, 2.5]).write(path, {"cores": 2})
    results = Results.read(path)
    results.add(GUNPOINT.name, "ours", {"scores": [0.8, 1.0], "seconds": [9.0, 9.0]})
    assert results.error(GUNPOINT.name) is None
    assert results.mean(GUNPOINT.name, "ours") == pytest.approx(0.9)
    assert results.spread(GUNPOINT.name, "ours") == pytest.approx(0.1)
    assert results.mean(GUNPOINT.name, "linear") == 0.9
    jobs = [(SEATTLE.name, "ours"), (GUNPOINT.name, "linear"), (GUNPOINT.name, "ours")]
    assert dearest_first(jobs, results)[0] == (GUNPOINT.name, "ours")
    assert Results.read(tmp_path / "none.json").figures == {}


@pytest.mark.parametrize(
    "answer, given, quick, expected",
    [
        ("ours", None, False, 3),
        ("ours", None, True, 1),
        ("keras", 5, True, 5),
        ("linear", 5, False, 1),
    ],
)
def test_only_networks_have_seeds(answer, given, quick, expected):
    assert n_seeds(answer, given, quick) == expected


def test_an_unknown_task_names_the_known_ones():
    with pytest.raises(ValueError, match=r"'GunPont'.*seattle-day.*GunPoint"):
        task("GunPont")
