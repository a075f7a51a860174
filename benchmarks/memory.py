"""Memory: of a fit on windows far larger than the machine, and of many fits one after another.

Run ``python -m benchmarks.run --only memory-large --only memory-fits``.
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


def memory_large(quick: bool) -> Iterator[Row]:
    """Yield the row of a fit on windows that would be 9.4 GB as a copy."""
    run = in_fresh_process(fit_large)
    yield Row(
        name="memory-large",
        what="peak of fit, 2 000 000 rows x 7, windows of 168",
        unit="MiB",
        ours=run["peak"] - run["imports"],
        peers={"a copy of the windows": SERIES_MIB * LARGE.n_steps},
        goals=(
            Goal(
                "",
                run["peak"] - run["imports"],
                must=round(4 * SERIES_MIB + 300),
                aim=round(2 * SERIES_MIB + 200),
                unit="MiB",
                at_most=True,
            ),
        ),
        measured={"run": run},
    )


def memory_fits(quick: bool) -> Iterator[Row]:
    """Yield a row for fits of one architecture, and one for fits of different ones."""
    one = [Task("gru", (8,), 28, 4)] * (SETTLED + N_FITS)
    different = [
        Task(CELLS[i % len(CELLS)], (4 + i,), 28, 4) for i in range(SETTLED + N_ARCHITECTURES)
    ]
    rows = {
        "memory-fits one": (f"resident, {N_FITS} fits of one architecture", one),
        "memory-fits different": (f"resident, fits of {N_ARCHITECTURES} architectures", different),
    }
    # At once: memory is measured here, and no time.
    with ThreadPoolExecutor(len(rows)) as pool:
        runs = pool.map(_resident_memory, (tasks for _, tasks in rows.values()))
        for (name, (what, _)), resident in zip(rows.items(), runs, strict=True):
            yield _growth(name, what, resident)


def _resident_memory(tasks: list[Task]) -> list[float]:
    return in_fresh_process(fit_in_turn, tasks=[asdict(task) for task in tasks])


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
