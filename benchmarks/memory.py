"""Memory: of a fit on windows far larger than the machine, and of many fits one after another.

Run ``python -m benchmarks.run --only memory``. On Linux ``python -m benchmarks.memory`` trains from
a file of sequences instead, whole and in parts (``--gib 2``: its size, ``--parts 20``). It takes
room for two of these files in the folder of temporary files: one ``fit`` writes another one.
"""

import argparse
import gc
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from ._data import drawn, standardized_windows
from ._process import in_fresh_process, peak_memory, resident_memory
from ._row import Goal, Row
from ._sides import side_of
from ._task import CELLS, Task

LARGE = Task("simple", (4,), 168, 7, n_samples=2_000_000, batch_size=4096)
SERIES_MIB = LARGE.n_samples * LARGE.n_features * 4 / 2**20

SETTLED, N_FITS, N_ARCHITECTURES = 10, 200, 30

# The sequences of a file: 1 KiB each as float32.
IN_A_FILE = Task("simple", (4,), 32, 8, batch_size=4096)
_BYTES_A_SEQUENCE = 4 * IN_A_FILE.n_steps * IN_A_FILE.n_features


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


def train_from_file(path: str, n_parts: int) -> dict[str, float]:
    """Return the memory of the process's own before and at its peak in training, in MiB.

    The file is an array of sequences, mapped and not read. `n_parts` of 0 is one `fit` on the
    mapped array; others are calls of `partial_fit` on so many equal parts of it.
    """
    ours = side_of("skrnn")
    import skrnn._keras  # noqa: F401  TensorFlow, and what the engine needs of it

    sequence = (IN_A_FILE.n_steps, IN_A_FILE.n_features)
    X = np.memmap(path, np.float32, mode="r").reshape(-1, *sequence)
    y = drawn(len(X), seed=1)
    network = ours.build(IN_A_FILE).set_params(baseline=None)

    def train() -> None:
        if n_parts == 0:
            network.fit(X, y)
            return
        for part in np.split(np.arange(len(X)), n_parts):
            some = slice(part[0], part[-1] + 1)
            network.partial_fit(X[some], y[some])

    before = own_memory()
    return {"before": before, "peak": peak_of_own_memory(train), "with_file": peak_memory()}


def own_memory() -> float:
    """Return what this process holds that is not a part of a file, in MiB; on Linux."""
    status = Path("/proc/self/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("RssAnon"))
    return int(line.split()[1]) / 2**10


def peak_of_own_memory(call: Callable[[], None], every: float = 0.005) -> float:
    """Return the most that `own_memory` was during a call, looked at every few milliseconds."""
    peak, ended = own_memory(), threading.Event()

    def watch() -> None:
        nonlocal peak
        while not ended.wait(every):
            peak = max(peak, own_memory())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        call()
    finally:
        ended.set()
        watcher.join()
    return max(peak, own_memory())


def _fill(path: str, n_sequences: int, at_once: int = 2**15) -> None:
    """Write numbers drawn at random, a part at a time."""
    rng, sequence = np.random.default_rng(0), (IN_A_FILE.n_steps, IN_A_FILE.n_features)
    with open(path, "wb") as file:
        for first in range(0, n_sequences, at_once):
            n = min(at_once, n_sequences - first)
            file.write(rng.standard_normal((n, *sequence), np.float32).data)


def main() -> None:
    """Print the peak of one fit on a mapped file, and of training on parts of it."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--gib", type=float, default=2.0)
    parser.add_argument("--parts", type=int, default=20)
    given = parser.parse_args()
    n_sequences = int(given.gib * 2**30 / _BYTES_A_SEQUENCE) // given.parts * given.parts
    n_bytes = n_sequences * _BYTES_A_SEQUENCE
    with tempfile.NamedTemporaryFile() as file:
        _fill(file.name, n_sequences)
        print(f"{n_sequences} sequences in a file of {n_bytes / 2**20:.0f} MiB")
        for n_parts in (given.parts, 0):
            found = in_fresh_process(train_from_file, path=file.name, n_parts=n_parts)
            way = f"partial_fit on {n_parts} parts" if n_parts else "one fit"
            print(
                f"{way}: {found['peak'] - found['before']:.0f} MiB more at the peak than before; "
                f"with the mapped pages of the file {found['with_file']:.0f} MiB in all"
            )


if __name__ == "__main__":
    main()
