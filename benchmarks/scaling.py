"""How training grows: with cores, rows and the window; what bounds it, and what comes before it.

Run ``python -m benchmarks.run --only matmul-share --only two-cores --only linear``.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from functools import partial
from statistics import geometric_mean
from typing import Any

from ._clock import first_and_warm, in_turn, median_of, processor_seconds, repeated, seconds
from ._data import drawn
from ._process import in_fresh_process
from ._row import Goal, Row
from ._sides import side_of
from ._task import CELLS, Task
from .steps import SHAPES, seconds_a_step, time_cells, time_fits

# How many gates a cell computes in one product.
GATES = {"simple": 1, "gru": 3, "lstm": 4}

# A hundred steps, which what a fit does once (it checks and standardizes X) hardly adds to.
LARGE_FITS = {
    "100 x 16": Task("lstm", (64,), 100, 16, n_samples=2560, batch_size=128, epochs=5),
    "200 x 64": Task("lstm", (64,), 200, 64, n_samples=1280, batch_size=64, epochs=5),
}

# One network, on windows of one series.
LINEAR = Task("simple", (16,), 24, 4, batch_size=256)
ROWS = (10_000, 100_000, 1_000_000)
WINDOWS = (24, 48, 96, 192, 384)
WINDOW_ROWS = 10_000

# Sequences to be told from windows of a series before a part of them is held out.
HELD_OUT = Task(n_steps=200, n_features=10, n_samples=5000)


def matmul_share(quick: bool) -> Iterator[Row]:
    """Yield a row for each cell: our step beside its matrix products alone, on one core."""
    n_products, epochs = (500, SHAPES["small"].epochs) if quick else (5000, 10)
    pinned = partial(in_fresh_process, one_core=True, shape="small", n_warm=5)
    sides = {
        "skrnn": partial(pinned, time_cells, side="skrnn", epochs=epochs),
        "products": partial(pinned, time_products, n_repeats=n_products),
    }
    runs = in_turn(sides, 1 if quick else 3)
    for cell in CELLS:
        task = replace(SHAPES["small"], cell=cell, epochs=epochs)
        of_cell = {side: [run[cell] for run in runs[side]] for side in runs}
        step = seconds_a_step(of_cell["skrnn"], task.n_updates)
        products = median_of(of_cell["products"], "warm") / n_products
        operations = n_operations(task)
        yield Row(
            name=f"matmul-share {cell}",
            what=f"rate of a small training step, {operations / 1e6:.1f} Mflop, one core",
            unit="Gflop/s",
            ours=operations / step / 1e9,
            peers={"matrix products alone": operations / products / 1e9},
            goals=(Goal("", 100 * products / step, must=70, aim=85, unit="%"),),
            measured={"runs": of_cell, "steps_of_a_fit": task.n_updates, "flop": operations},
        )


def n_operations(task: Task) -> int:
    """Return the floating point operations of a training step's matrix products.

    The input's and the recurrent product forward; backward, the gradient of both kernels and that
    of the state. Nobody needs a gradient of the input. The product with the one output's
    weights is left out, a thousandth of the rest.
    """
    units = task.units[0]
    width = GATES[task.cell] * units
    steps = task.batch_size * task.n_steps
    return 2 * steps * width * (2 * task.n_features + 3 * units)


def time_products(shape: str, n_repeats: int, n_warm: int) -> dict[str, Any]:
    """Return the seconds of one step's matrix products, `n_repeats` times, for each cell."""
    tasks = {cell: replace(SHAPES[shape], cell=cell) for cell in CELLS}
    return {
        cell: first_and_warm(matrix_products(task, n_repeats), n_warm)
        for cell, task in tasks.items()
    }


def matrix_products(task: Task, n_repeats: int) -> Callable[[], Any]:
    """Return a call that runs the matrix products of `n_repeats` training steps.

    One XLA program: a loop over repeats, and in it one over steps. Every product takes the result
    of an earlier one, so that none can be left out or moved before the loop. The matrices are
    parts of orthogonal ones, so that the numbers neither grow nor vanish.
    """
    import numpy as np
    import tensorflow as tf

    units, n_steps = task.units[0], task.n_steps
    width = GATES[task.cell] * units

    def orthonormal(n_rows: int, n_columns: int) -> Any:
        columns, _ = np.linalg.qr(drawn(n_rows, n_columns))
        return tf.constant(columns)

    inputs = orthonormal(task.batch_size * n_steps, task.n_features)
    kernel = tf.constant(drawn(task.n_features, width))
    recurrent = tf.transpose(orthonormal(width, units))
    state = tf.constant(drawn(task.batch_size, units))

    def one_step(count: Any, state: Any, gradient: Any) -> tuple[Any, ...]:
        gates = tf.matmul(state, recurrent)
        gradient = tf.matmul(state, gates, transpose_a=True)
        return count + 1, tf.matmul(gates, recurrent, transpose_b=True), gradient

    def one_update(count: Any, kernel: Any, state: Any, gradient: Any) -> tuple[Any, ...]:
        projected = tf.matmul(inputs, kernel)
        loop = (0, state, gradient)
        _, state, gradient = tf.while_loop(lambda c, *_: c < n_steps, one_step, loop)
        return count + 1, tf.matmul(inputs, projected, transpose_a=True), state, gradient

    @tf.function(jit_compile=True, autograph=False)
    def run() -> Any:
        loop = (0, kernel, state, tf.zeros_like(recurrent))
        return tf.while_loop(lambda c, *_: c < n_repeats, one_update, loop)[1:]

    return lambda: run()[1].numpy()


def two_cores(quick: bool) -> Iterator[Row]:
    """Yield a row for each large fit: bound to one core, and on all."""
    for name, task in LARGE_FITS.items():
        fit = partial(in_fresh_process, time_fits, side="skrnn", task=asdict(task), n_warm=3)
        sides = {"all cores": fit, "one core": partial(fit, one_core=True)}
        runs = in_turn(sides, 1 if quick else 3)
        step = {side: 1e3 * seconds_a_step(runs[side], task.n_updates) for side in runs}
        yield Row(
            name=f"two-cores {name}",
            what=f"training step, LSTM, {name}, 64 units, batch {task.batch_size}",
            unit="ms",
            ours=step["all cores"],
            peers={"skrnn on one core": step["one core"]},
            goals=(Goal("one core", step["one core"] / step["all cores"], must=1.4, aim=1.8),),
            measured={"runs": runs, "steps_of_a_fit": task.n_updates},
        )


def linear(quick: bool) -> Iterator[Row]:
    """Yield a row for growing rows and one for growing windows."""
    epochs = 1 if quick else 3
    sizes = {n: replace(LINEAR, n_samples=n, epochs=epochs * ROWS[-1] // n) for n in ROWS}
    yield _growth("linear rows", "an epoch, 10^4 to 10^6 rows", sizes, quick)
    sizes = {
        n: replace(LINEAR, n_samples=WINDOW_ROWS, n_steps=n, epochs=epochs * WINDOWS[-1] // n)
        for n in WINDOWS
    }
    yield _growth("linear window", "an epoch, windows of 24 to 384", sizes, quick)


def _growth(name: str, what: str, tasks: dict[int, Task], quick: bool) -> Row:
    described = {str(size): asdict(task) for size, task in tasks.items()}
    if quick:
        together = in_fresh_process(time_sizes, tasks=described, n_warm=1)
        runs = {size: [run] for size, run in together.items()}
    else:
        sides = {
            size: partial(in_fresh_process, time_windows, task=task, n_warm=2)
            for size, task in described.items()
        }
        runs = in_turn(sides, 3)
    cost = {
        size: 1e9 * median_of(runs[str(size)], "warm") / n_cells(task)
        for size, task in tasks.items()
    }
    smallest, *_, largest = cost.values()
    return Row(
        name=name,
        what=what,
        unit="ns a row and step",
        ours=geometric_mean(cost.values()),
        peers={},
        goals=(
            Goal("off the line", 100 * off_the_line(list(cost.values())), 15, None, "%", True),
            Goal("largest over smallest", largest / smallest, 1.15, None, at_most=True),
        ),
        measured={"runs": runs, "nanoseconds": {str(n): c for n, c in cost.items()}},
    )


def n_cells(task: Task) -> int:
    """Return how often a cell is run forward in a fit: rows x steps x epochs."""
    return task.n_samples * task.n_steps * task.epochs


def off_the_line(costs: list[float]) -> float:
    """Return how far, as a fraction, the cost of one row and step is at most from the typical.

    Time is linear in the size when this cost is the same at all sizes. The typical cost is the
    geometric mean: the line through the times, in logarithms.
    """
    typical = geometric_mean(costs)
    return max(abs(cost / typical - 1) for cost in costs)


def time_sizes(tasks: dict[str, dict[str, Any]], n_warm: int) -> dict[str, Any]:
    """Return what `time_windows` does, for several tasks in one process."""
    return {size: time_windows(task, n_warm) for size, task in tasks.items()}


def time_windows(task: dict[str, Any], n_warm: int) -> dict[str, Any]:
    """Return the seconds of a first epoch on windows of one series, and those of warm fits."""
    from skrnn import LagWindows

    described = Task(**task)
    X = LagWindows(described.n_steps).fit_transform(
        drawn(described.n_samples, described.n_features)
    )
    y = drawn(described.n_samples, seed=1)
    build = side_of("skrnn").build
    first = seconds(lambda: build(described, epochs=1).fit(X, y))
    return {"first": first, "warm": repeated(lambda: build(described).fit(X, y), n_warm)}


def held_out(quick: bool) -> Iterator[Row]:
    """Yield a row for each kind of sequences: finding out which of them to validate on."""
    runs = [in_fresh_process(time_held_out, n_warm=1 if quick else 5)]
    for kind in runs[0]["split"]:
        split = median_of([run["split"] for run in runs], kind)
        fit = median_of(runs, "fit")
        yield Row(
            name=f"held-out {kind}",
            what=f"{HELD_OUT.n_samples} sequences, {HELD_OUT.n_steps} x {HELD_OUT.n_features}",
            unit="ms",
            ours=1e3 * split,
            peers={},
            goals=(Goal("of a short fit", 100 * split / fit, 2, 1, "%", at_most=True),),
            measured={"runs": runs},
        )


def time_held_out(n_warm: int) -> dict[str, Any]:
    """Return the processor's seconds of each split, and those of the shortest default fit.

    That is one that early stopping ends as soon as it can, after six epochs.
    """
    import numpy as np

    from skrnn import RNNRegressor
    from skrnn._data.sequences import Sequences
    from skrnn._data.splitting import split_validation

    X, y = HELD_OUT.draw()
    n_rows = HELD_OUT.n_samples + HELD_OUT.n_steps - 1
    windows = np.lib.stride_tricks.sliding_window_view(
        drawn(n_rows, HELD_OUT.n_features), HELD_OUT.n_steps, axis=0
    )
    kinds = {
        "independent": X,
        "mostly zero": np.where(drawn(*X.shape[:2], 1, seed=2) > 1.6, X, 0),
        "windows": windows.swapaxes(1, 2).copy(),
    }

    def split(x: Any) -> Any:
        sequences = Sequences.from_dense(x)
        return split_validation(sequences, None, fraction=0.1, how="auto", seed=0)

    return {
        "split": {
            kind: [processor_seconds(partial(split, x)) for _ in range(n_warm)]
            for kind, x in kinds.items()
        },
        "fit": processor_seconds(lambda: RNNRegressor(epochs=6, random_state=0).fit(X, y)),
    }
