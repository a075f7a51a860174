"""The benchmarks' own bookkeeping: verdicts, tables, JSON. Nothing is timed here."""

import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import run
from benchmarks._clock import repeated
from benchmarks._data import drawn_texts
from benchmarks._row import Goal, Row, ratio
from benchmarks._table import HEADER, as_rst, as_text
from benchmarks._task import Task, padded
from benchmarks.ragged import TASKS, drawn_lengths, equal_lengths, sequences_of
from benchmarks.scaling import n_operations, off_the_line
from benchmarks.steps import seconds_a_step

ROOT = Path(__file__).resolve().parents[1]


def a_row(*goals, peers=None):
    peers = {"Keras": 8.0, "PyTorch": None} if peers is None else peers
    return Row("step-small gru", "a step", "ms", 2.0, peers, goals, {"all": [1.0, 2.0, 3.0]})


@pytest.mark.parametrize(
    "value, at_most, reached",
    [
        (4.0, False, True),
        (math.nextafter(4.0, 0), False, False),
        (4.0, True, True),
        (math.nextafter(4.0, 5), True, False),
        (None, False, None),
    ],
)
def test_the_border_is_reached_and_nothing_short_of_it(value, at_most, reached):
    assert Goal("Keras", value, must=4, aim=5, at_most=at_most).is_reached is reached


@pytest.mark.parametrize(
    "values, reached",
    [([4, 4], True), ([4, 3], False), ([4, None], True), ([3, None], False), ([None], None)],
)
def test_a_row_needs_all_goals_that_could_be_measured(values, reached):
    row = a_row(*(Goal("peer", value, must=4, aim=5) for value in values))
    assert row.is_reached is reached


def test_ratio_to_a_peer():
    assert ratio(8.0, 2.0) == 4.0
    assert ratio(None, 2.0) is None


def test_rows_survive_json():
    row = a_row(Goal("Keras", 4.0, must=4, aim=5), Goal("PyTorch", None, must=2, aim=None))
    written = json.loads(run.as_json([row], {"cores": 2}, True, {}))
    assert [Row.from_dict(r) for r in written["rows"]] == [row]
    assert written["rows"][0]["is_reached"] is True
    assert [g["is_reached"] for g in written["rows"][0]["goals"]] == [True, None]


def test_text_table():
    rows = [
        a_row(Goal("Keras", 3.999, must=4, aim=5)),
        a_row(Goal("", 480.2, must=514, aim=None, unit="MiB", at_most=True), peers={}),
    ]
    lines = [line.split("  ") for line in as_text(rows).splitlines()]
    cells = [[cell.strip() for cell in line if cell.strip()] for line in lines]
    assert cells[0] == list(HEADER)
    assert cells[2][2:] == [
        "2.00 ms",
        "Keras 8.00 ms, PyTorch not installed",
        "4.00x Keras",
        "≥ 4x",
        "no",
        "≥ 5x",
    ]
    assert cells[3][2:] == ["2.00 ms", "-", "480 MiB", "≤ 514 MiB", "yes", "-"]


def test_rst_table():
    lines = as_rst([a_row(Goal("Keras", 4.0, must=4, aim=5))], {"cores": 2}).splitlines()
    assert lines[0] == "cores 2"
    assert lines[2] == ".. list-table::"
    assert sum(line.startswith("   * - ") for line in lines) == 2
    assert sum(line.startswith("     - ") for line in lines) == 2 * (len(HEADER) - 1)


@pytest.mark.parametrize("name", run.BENCHMARKS)
def test_every_row_is_documented(name):
    assert f"\n## `{name}`\n" in (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")


def test_nothing_undocumented_is_described():
    text = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    described = [line[4:-1] for line in text.splitlines() if line.startswith("## `")]
    assert described == list(run.BENCHMARKS)


def test_the_process_that_starts_others_is_small():
    """It would pass its own peak memory on to them."""
    modules = "sys, benchmarks.run, benchmarks.quality.__main__"
    code = f"import {modules}; print({{'tensorflow', 'torch', 'keras'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == "set()", done.stderr


def test_the_fastest_way_to_run_a_peer_counts():
    runs = [
        {"one": {"warm": [4.0, 6.0]}, "two": {"warm": [3.0, 3.0]}},
        {"one": {"warm": [5.0, 5.0]}, "two": {"warm": []}},
    ]
    assert seconds_a_step(runs, n_updates=10) == 0.3
    assert seconds_a_step([{"one": run["one"]} for run in runs], n_updates=10) == 0.5


def test_operations_of_a_step():
    # By hand: 2 samples x 3 steps; each forward 2 x 4 + 4 x 4 multiply-adds, backward 2 x 4 for
    # the kernel and 2 x 4 x 4 for the recurrent kernel and the state.
    assert n_operations(Task("simple", (4,), 3, 2, batch_size=2)) == 2 * 6 * (24 + 8 + 32)


def test_equal_costs_are_on_the_line():
    assert off_the_line([3.0, 3.0, 3.0]) == pytest.approx(0)
    assert off_the_line([1.0, 4.0]) == pytest.approx(1)


def test_short_calls_are_repeated_until_they_fill_the_time():
    assert len(repeated(lambda: None, 3, least_seconds=0)) == 3
    assert sum(repeated(lambda: None, 1, least_seconds=0.01)) >= 0.01


def test_texts_are_padded_at_the_end():
    texts = drawn_texts(50, n_words=20, most=9)
    ids = padded(texts, 9)
    assert ids.shape == (50, 9)
    assert {len(text) for text in texts} <= set(range(1, 10))
    for text, row in zip(texts, ids, strict=True):
        assert text.min() >= 1 and text.max() <= 20
        np.testing.assert_array_equal(row[: len(text)], text)
        assert not row[len(text) :].any()


@pytest.mark.parametrize("name", TASKS)
def test_ragged_and_equal_sequences_are_as_many_steps(name):
    task = TASKS[name]
    lengths = drawn_lengths(task)
    equal = equal_lengths(lengths)
    assert len(equal) == len(lengths) == task.n_samples
    assert len(set(equal)) == 1
    assert equal.sum() == pytest.approx(lengths.sum(), rel=0.02)
    assert lengths.max() == task.n_steps
    X = sequences_of(task, lengths)
    assert [len(x) for x in X] == list(lengths)
    assert X[0].shape[1:] == (() if task.n_words else (task.n_features,))
