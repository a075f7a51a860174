"""Memory: of a fit on windows far larger than the machine, and of many fits one after another.

Run ``python -m benchmarks.run --only memory``.
"""

import gc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any

from ._data import drawn, standardized_windows
from ._process import in_fresh_process, peak_memory, resident_memory
from ._row import Goal, Row
from ._sides import side_of
from ._task import CELLS, Task

LARGE = Task("simple", (4,), 168, 7, n_samples=2_000_000, batch_size=4096)
SERIES_MIB = LARGE.n_samples * LARGE.n_features * 4 / 2**20

SETTLED, N_FITS, N_ARCHITECTURES = 10, 200, 30


def memory(quick: bool) -> Iterator[Row]:
    """Yield a row for one large fit, for fits of one architecture, and for fits of different ones.

    In two processes at once: memory is measured here, and no time.
    """
    one = [Task("gru", (8,), 28, 4)] * (SETTLED + N_FITS)
    different = [
        Task(CELLS[i % len(CELLS)], (4 + i,), 28, 4) for i in range(SETTLED + N_ARCHITECTURES)
    ]
    with ThreadPoolExecutor(2) as pool:
        of_different, of_one = pool.submit(_resident, different), pool.submit(_resident, one)
        large = pool.submit(in_fresh_process, fit_large)
        yield _peak(large.result())
        what = f"resident, {N_FITS} fits of one architecture"
        yield _growth("memory-fits one", what, of_one.result())
        what = f"resident, fits of {N_ARCHITECTURES} architectures"
        yield _growth("memory-fits different", what, of_different.result())


def _resident(tasks: list[Task]) -> list[float]:
    return in_fresh_process(fit_in_turn, tasks=[asdict(task) for task in tasks])


def _peak(run: dict[str, float]) -> Row:
    peak = run["peak"] - run["imports"]
    must, aim = round(4 * SERIES_MIB + 300), round(2 * SERIES_MIB + 200)
    return Row(
        name="memory-large",
        what="peak of fit, 2 000 000 rows x 7, windows of 168",
        unit="MiB",
        ours=peak,
        peers={"a copy of the windows": SERIES_MIB * LARGE.n_steps},
        goals=(Goal("", peak, must=must, aim=aim, unit="MiB", at_most=True),),
        measured={"run": run},
    )


def _growth(name: str, what: str, resident: list[float]) -> Row:
    grown = resident[-1] - resident[SETTLED - 1]
    return Row(
        name=name,
        what=f"{what} after the first {SETTLED}",
        unit="MiB",
        ours=grown,
        peers={},
        goals=(Goal("", grown, must=20, aim=1, unit="MiB", at_most=True),),
        measured={"resident": resident},
    )


def fit_in_turn(tasks: list[dict[str, Any]]) -> list[float]:
    """Return the memory held after each fit, in MiB."""
    ours = side_of("skrnn")
    resident = []
    for task in tasks:
        described = Task(**task)
        X, y, _ = standardized_windows(described.n_steps)
        ours.build(described).fit(X, y)
        gc.collect()
        resident.append(resident_memory())
    return resident


def fit_large() -> dict[str, float]:
    """Return the memory held after the imports, and the peak after a fit, in MiB."""
    from skrnn import LagWindows

    ours = side_of("skrnn")
    import skrnn._keras  # noqa: F401  TensorFlow, and what the engine needs of it

    imports = resident_memory()
    series = drawn(LARGE.n_samples, LARGE.n_features)
    y = drawn(LARGE.n_samples, seed=1)
    X = LagWindows(LARGE.n_steps).fit_transform(series)
    ours.build(LARGE).fit(X, y)
    return {"imports": imports, "peak": peak_memory()}
