"""One training step, through the public ``fit``: skrnn, Keras and PyTorch.

Run ``python -m benchmarks.run --only step-small --only step-mingru --only step-grid``.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from functools import lru_cache, partial
from typing import Any

from ._clock import in_turn, median_of, repeated, seconds
from ._process import in_fresh_process
from ._row import Goal, Row, ratio
from ._sides import SIDES, installed_sides, side_of
from ._task import CELLS, Task

# Epochs and samples are such that a fit on the slowest side takes about a second.
SHAPES = {
    "small": Task(epochs=2),
    "medium": Task(
        units=(64,), n_steps=100, n_features=16, batch_size=128, n_samples=1280, epochs=2
    ),
    "large": Task(units=(64,), n_steps=200, n_features=64, batch_size=64, n_samples=320),
    "tokens": Task(n_steps=100, n_words=5000, embedding_dim=64, n_samples=1600),
    "stacked": Task(units=(32, 32), dropout=0.2, recurrent_dropout=0.2, n_samples=2048),
    "bidirectional": Task(bidirectional=True, n_samples=2048),
}
# With so little work a second thread may cost more than it brings.
ONE_THREAD = {"TF_NUM_INTRAOP_THREADS": "1"}
# A way of running whose first fit takes so many times as long as another's warm one is given up.
_HOPELESS = 3
Runs = dict[str, list[dict[str, Any]]]


def step_small(quick: bool) -> Iterator[Row]:
    """Yield a row for each cell: the small shape beside Keras and beside PyTorch."""
    for cell in CELLS:
        ours, peers, measured = _milliseconds("small", cell, quick)
        yield Row(
            name=f"step-small {cell}",
            what="training step, 24 x 8, 32 units, batch 32",
            unit="ms",
            ours=ours,
            peers=peers,
            goals=(
                Goal("Keras", ratio(peers["Keras"], ours), must=4, aim=5),
                Goal("PyTorch", ratio(peers["PyTorch"], ours), must=1.8, aim=2.5),
            ),
            measured=measured,
        )


def step_mingru(quick: bool) -> Iterator[Row]:
    """Yield a row: a minGRU, whose derivatives a tape finds, beside its Keras layer."""
    task = replace(
        SHAPES["small"], cell="mingru", epochs=SHAPES["small"].epochs * (1 if quick else 3)
    )
    run = partial(in_fresh_process, time_fits, task=asdict(task), n_warm=1 if quick else 3)
    sides = [side for side in ("skrnn", "Keras") if side in installed_sides()]
    runs = in_turn({side: partial(run, side=side) for side in sides}, 1 if quick else 3)
    figures = {side: 1e3 * seconds_a_step(runs[side], task.n_updates) for side in runs}
    ours, theirs = figures["skrnn"], figures.get("Keras")
    yield Row(
        name="step-mingru",
        what="training step, 24 x 8, 32 units, batch 32",
        unit="ms",
        ours=ours,
        peers={"Keras": theirs, "PyTorch": None},
        goals=(Goal("Keras", ratio(theirs, ours), must=4, aim=5),),
        measured={"seconds_of_fits": runs, "steps_of_a_fit": task.n_updates},
    )


def step_grid(quick: bool) -> Iterator[Row]:
    """Yield a row for each shape and cell: beside the faster of Keras and PyTorch."""
    for shape in SHAPES:
        for cell in CELLS:
            ours, peers, measured = _milliseconds(shape, cell, quick)
            faster = min((p for p in peers.values() if p is not None), default=None)
            yield Row(
                name=f"step-grid {shape} {cell}",
                what=_in_words(SHAPES[shape]),
                unit="ms",
                ours=ours,
                peers=peers,
                goals=(Goal("faster peer", ratio(faster, ours), must=1, aim=1.5),),
                measured=measured,
            )


def time_fits(
    side: str, task: dict[str, Any], n_warm: int, least_seconds: float = 1.0
) -> dict[str, dict[str, Any]]:
    """Return the seconds of first and warm fits, for each way that a side can be run."""
    described = Task(**task)
    calls = side_of(side).fits(described, *described.draw())
    timed: dict[str, dict[str, Any]] = {}
    for way, call in calls.items():
        first = seconds(call)
        warm = [t for other in timed.values() for t in other["warm"]]
        hopeless = warm and first > _HOPELESS * min(warm)
        timed[way] = {
            "first": first,
            "warm": [] if hopeless else repeated(call, n_warm, least_seconds),
        }
    return timed


def time_cells(
    side: str, shape: str, n_warm: int, epochs: int, least_seconds: float = 1.0
) -> dict[str, Any]:
    """Return what `time_fits` does, for each cell: the process's own work."""
    task = replace(SHAPES[shape], epochs=epochs)
    return {
        cell: time_fits(side, asdict(replace(task, cell=cell)), n_warm, least_seconds)
        for cell in CELLS
    }


def time_shapes(side: str, n_warm: int, least_seconds: float) -> dict[str, Any]:
    """Return what `time_cells` does, for all shapes in one process."""
    return {
        shape: time_cells(side, shape, n_warm, task.epochs, least_seconds)
        for shape, task in SHAPES.items()
    }


def seconds_a_step(runs: list[dict[str, Any]], n_updates: int) -> float:
    """Return the median over warm fits, of the fastest way that the side can be run."""
    warm = {way: [run[way] for run in runs if run[way]["warm"]] for way in runs[0]}
    return min(median_of(timed, "warm") for timed in warm.values() if timed) / n_updates


@lru_cache
def _measured(shape: str, quick: bool) -> tuple[Task, Runs]:
    if quick:
        runs = _measured_together()
        return SHAPES[shape], {side: [run[shape] for run in runs[side]] for side in runs}
    task = replace(SHAPES[shape], epochs=3 * SHAPES[shape].epochs)
    sides: dict[str, Callable[[], Any]] = {
        side: partial(
            in_fresh_process, time_cells, side=side, shape=shape, n_warm=3, epochs=task.epochs
        )
        for side in installed_sides()
    }
    return task, in_turn(sides, 3)


@lru_cache
def _measured_together() -> Runs:
    """Return quick runs of all shapes: starting Keras for each would take longer than they do."""
    run = partial(in_fresh_process, time_shapes, n_warm=1, least_seconds=0.3)
    return in_turn({side: partial(run, side=side) for side in installed_sides()}, 1)


@lru_cache
def _in_one_thread(quick: bool) -> Runs:
    """Return runs of the small shape with one thread of TensorFlow; PyTorch tries that itself."""
    repeats = 1 if quick else 3  # of processes, of fits in each, and of epochs in a fit
    run = partial(
        in_fresh_process,
        time_cells,
        shape="small",
        epochs=repeats * SHAPES["small"].epochs,
        n_warm=repeats,
        environment=ONE_THREAD,
    )
    sides = [side for side in ("skrnn", "Keras") if side in installed_sides()]
    with ThreadPoolExecutor(len(sides)) as pool:  # at once: each needs one core
        runs = [list(pool.map(lambda side: run(side=side), sides)) for _ in range(repeats)]
    return {side: [of_sides[i] for of_sides in runs] for i, side in enumerate(sides)}


def _milliseconds(
    shape: str, cell: str, quick: bool
) -> tuple[float, dict[str, float | None], dict[str, Any]]:
    """Return our figure, the peers', and all repetitions."""
    task, runs = _measured(shape, quick)
    of_cell = {side: [run[cell] for run in runs[side]] for side in runs}
    if shape == "small":
        for side, ways in _in_one_thread(quick).items():
            of_cell[side] = [
                {**run, **{f"{way}, one thread": timed for way, timed in more[cell].items()}}
                for run, more in zip(of_cell[side], ways, strict=True)
            ]
    figures = {
        side: 1e3 * seconds_a_step(of_cell[side], task.n_updates) if side in runs else None
        for side in SIDES
    }
    ours = figures.pop("skrnn")
    assert ours is not None
    return ours, figures, {"seconds_of_fits": of_cell, "steps_of_a_fit": task.n_updates}


def _in_words(task: Task) -> str:
    steps = f"up to {task.n_steps} words" if task.n_words else f"{task.n_steps} x {task.n_features}"
    layers = " + ".join(map(str, task.units))
    extras = [word for word in ("bidirectional", "dropout") if getattr(task, word)]
    return ", ".join(
        [f"training step, {steps}", f"{layers} units", f"batch {task.batch_size}", *extras]
    )
