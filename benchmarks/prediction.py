"""Prediction: one window as fast as it comes, and many windows that are a view.

Run ``python -m benchmarks.run --only predict-one --only predict-many``.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

from ._clock import in_turn, median_of, seconds
from ._data import INPUTS, drawn, standardized_windows
from ._process import in_fresh_process, peak_memory, resident_memory
from ._row import Goal, Row, ratio
from ._sides import SIDES, installed_sides, side_of
from ._task import Task

ONE = Task("gru", (32,), 28, len(INPUTS), n_samples=256)
MANY = Task("gru", (32,), 48, 8, n_samples=256)
N_MANY = 100_000
KERAS_BATCHES = (32, 1024)


def predict_one(quick: bool) -> Iterator[Row]:
    """Yield the row of one window of Seattle's weather through the public method."""
    n_calls = 100 if quick else 2000
    sides = {
        side: partial(in_fresh_process, time_one, side=side, n_calls=n_calls)
        for side in installed_sides()
    }
    runs = in_turn(sides, 1 if quick else 3)
    taken = {s: 1e3 * median_of(runs[s], "calls") if s in runs else None for s in SIDES}
    ours = taken.pop("skrnn")
    assert ours is not None
    yield Row(
        name="predict-one",
        what="one window, 28 x 4, GRU of 32 units",
        unit="ms",
        ours=ours,
        peers=taken,
        goals=(Goal("", ours, must=1, aim=0.3, unit="ms", at_most=True),),
        measured={"runs": runs},
    )


def time_one(side: str, n_calls: int) -> dict[str, Any]:
    """Return the seconds of the first call of a prediction, and of many after a warm-up."""
    X, y, _ = standardized_windows(ONE.n_steps)
    predict = side_of(side).predictor(ONE, X[: ONE.n_samples], y[: ONE.n_samples])
    first = seconds(lambda: predict(X[:1]))
    for _ in range(20):
        predict(X[:1])
    calls = [partial(predict, X[i % 100 : i % 100 + 1]) for i in range(n_calls)]
    return {"first": first, "calls": [seconds(call) for call in calls]}


def predict_many(quick: bool) -> Iterator[Row]:
    """Yield the row of 100 000 windows of one drawn series, given as a view."""
    run = partial(in_fresh_process, time_many, n_calls=1 if quick else 3)
    sides = {"skrnn": partial(run, side="skrnn", options={})}
    if "Keras" in installed_sides():
        for batch_size in KERAS_BATCHES[-1:] if quick else KERAS_BATCHES:
            options = {"batch_size": batch_size}
            sides[f"Keras, batch {batch_size}"] = partial(run, side="Keras", options=options)
    runs = in_turn(sides, 1 if quick else 3)
    taken: dict[str, float | None] = {side: median_of(runs[side], "calls") for side in runs}
    ours = taken.pop("skrnn")
    assert ours is not None
    faster = min((t for t in taken.values() if t is not None), default=None)
    grown = median_of(runs["skrnn"], "grown_by")
    copy = N_MANY * MANY.n_steps * MANY.n_features * 4 / 2**20
    yield Row(
        name="predict-many",
        what=f"100 000 windows, 48 x 8; peak +{grown:.0f} MiB, a copy has {copy:.0f}",
        unit="s",
        ours=ours,
        peers=taken or {"Keras": None},
        goals=(Goal("faster Keras", ratio(faster, ours), must=2, aim=4),),
        measured={"runs": runs},
    )


def time_many(side: str, options: dict[str, Any], n_calls: int) -> dict[str, Any]:
    """Return the seconds of predictions, and the memory that they added to what was held.

    Whatever is compiled is compiled before, by a prediction of so many that it is made alike.
    """
    from skrnn import LagWindows

    series = drawn(N_MANY, MANY.n_features)
    X = LagWindows(MANY.n_steps, fill="edge").fit_transform(series)
    y = drawn(MANY.n_samples, seed=1)
    predict = side_of(side).predictor(MANY, X[: MANY.n_samples], y, **options)
    first = seconds(lambda: predict(X[: N_MANY // 5]))
    resident, peak = resident_memory(), peak_memory()
    calls = [seconds(lambda: predict(X)) for _ in range(n_calls)]
    return {
        "first": first,
        "calls": calls,
        "resident_before": resident,
        "peak_before": peak,
        "peak": peak_memory(),
        "grown_by": peak_memory() - resident,
    }
