"""Signals at random moments of a fit.

Run ``python -m benchmarks.interrupts --number 50`` for Ctrl-C. A real signal is sent to the process
while it compiles, trains or validates. Afterwards an estimator that was not fitted has no fitted
attribute, and one that was fitted has the very attributes that it had.

Run ``python -m benchmarks.interrupts --kills 50`` for SIGKILL. A process that fits with a
checkpoint is killed. The same call in another process goes on from there, and ends with the bits of
a fit that was left alone.
"""

import argparse
import importlib
import io
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

N_SAMPLES = 400


def estimators() -> dict[str, Any]:
    """Return estimators that train long enough to be interrupted, by what they show."""
    from skrnn import RNNRegressor

    words: dict[str, Any] = {"units": 4, "epochs": 60, "batch_size": 16, "random_state": 0}
    return {
        "compiled": RNNRegressor(baseline=None, **words),
        "two networks": RNNRegressor(n_networks=2, **words),
        "keras": RNNRegressor(baseline=None, engine="keras", **{**words, "epochs": 4}),
    }


def state_of(estimator: Any) -> bytes:
    """Return all that an estimator keeps, as bytes that can be compared."""
    buffer = io.BytesIO()
    pickler = pickle.Pickler(buffer)
    pickler.fast = True  # equal values give equal bytes, whether they are one object or two
    pickler.dump(sorted(vars(estimator).items()))
    return buffer.getvalue()


def interrupted(estimator: Any, X: np.ndarray, y: np.ndarray, pause: float) -> str:
    """Send a signal so many seconds after a fit begins; return what became of it, in words."""
    before = state_of(estimator)
    timer = threading.Timer(pause, os.kill, (os.getpid(), signal.SIGINT))
    timer.daemon = True
    try:
        timer.start()
        estimator.fit(X, y)
        timer.cancel()
        timer.join()
        time.sleep(0.01)  # a signal on its way
    except KeyboardInterrupt:
        return "as it was" if state_of(estimator) == before else "fault: changed"
    return "finished before"


def checkpointed(name: str) -> tuple[Any, tuple[Any, ...]]:
    """Return an estimator and what it is fitted on, for one of `CHECKPOINTED`."""
    from numpy.lib.stride_tricks import sliding_window_view

    from skrnn import RNNClassifier, RNNForecaster, RNNRegressor

    rng = np.random.default_rng(0)
    words: dict[str, Any] = {"units": 8, "epochs": 200, "batch_size": 16, "random_state": 0}
    if name == "forecaster":  # four networks: three baselines, and the best one on all rows
        return RNNForecaster(3, 6, season=7, **words), (rng.normal(size=(N_SAMPLES, 1)),)
    X = rng.normal(size=(N_SAMPLES, 6, 2))
    if name == "networks and weights":
        return RNNRegressor(n_networks=2, **words), (X, X[:, -1, 0], rng.uniform(size=N_SAMPLES))
    if name == "windows":
        words = {**words, "early_stopping": True, "n_iter_no_change": 200, "weight_averaging": 0.9}
        series = rng.normal(size=(N_SAMPLES + 6, 2))
        windows = sliding_window_view(series, 6, axis=0).swapaxes(1, 2)[:N_SAMPLES]
        words["learning_rate_schedule"] = "plateau"
        return RNNRegressor(**words), (windows, series[6:, 0])
    ragged = [rng.normal(size=(rng.integers(3, 20), 2)) for _ in range(N_SAMPLES)]
    return RNNClassifier(dropout=0.2, **words), (ragged, [x[-1, 0] > 0 for x in ragged])


CHECKPOINTED = ("networks and weights", "windows", "ragged", "forecaster")


@contextmanager
def fitting(name: str, path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Give a process whose fit has just begun."""
    command = [sys.executable, "-m", "benchmarks.interrupts", "--fit", name, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        process.stdout.readline()  # the fit begins
        yield process


def seconds_of(name: str, path: Path) -> tuple[float, float]:
    """Return how long the fit of a process takes until its first checkpoint, and from there on."""
    with fitting(name, path) as process:
        start = time.perf_counter()
        wait_for(path, process)
        kept = time.perf_counter()
        assert process.wait() == 0
        return kept - start, time.perf_counter() - kept


def wait_for(path: Path, process: subprocess.Popen[bytes]) -> None:
    """Wait until a process has written a file, or has ended."""
    while process.poll() is None and not path.exists():
        time.sleep(0.002)


def killed(name: str, path: Path, pause: float, trains: bool) -> bool:
    """Kill a process so many seconds after its fit, or its training, begins; tell if it was."""
    with fitting(name, path) as process:
        if trains:
            wait_for(path, process)
        time.sleep(pause)
        process.kill()
    return process.returncode == -signal.SIGKILL


def kill_fits(number: int, seed: int) -> Counter[str]:
    """Kill as many fits with a checkpoint as asked for, and go on with each."""
    rng, verdicts = np.random.default_rng(seed), Counter[str]()
    whole = {}
    for name in CHECKPOINTED:
        estimator, data = checkpointed(name)
        whole[name] = state_of(estimator.fit(*data))
    with tempfile.TemporaryDirectory() as folder:
        path, done = Path(folder) / "fit.checkpoint", 0
        seconds = {name: seconds_of(name, path) for name in CHECKPOINTED}
        while done < number:
            name = CHECKPOINTED[done % len(CHECKPOINTED)]
            trains = bool(rng.random() < 0.8)  # else it imports and compiles
            if not killed(name, path, rng.uniform(0, seconds[name][trains]), trains):
                path.unlink(missing_ok=True)
                verdicts["finished before"] += 1
                continue
            begun = "gone on with" if path.exists() else "begun anew"
            estimator, data = checkpointed(name)
            is_same = state_of(estimator.fit(*data, checkpoint=path)) == whole[name]
            is_tidy = not list(Path(folder).iterdir())
            verdict = "the same bits" if is_same else "fault: others"
            verdicts[f"{name}, {begun}: {verdict}{'' if is_tidy else ', fault: files left'}"] += 1
            done += 1
    return verdicts


def main() -> None:
    """Interrupt or kill as many fits as asked for, and print what became of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--number", type=int, default=50)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--fit", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    importlib.import_module("skrnn._keras")  # TensorFlow starts before the fits
    if args.fit:
        estimator, data = checkpointed(args.fit[0])
        print("begins", flush=True)
        estimator.fit(*data, checkpoint=args.fit[1])
        return
    found = kill_fits(args.kills, args.seed) if args.kills else interrupt(args.number, args.seed)
    for verdict, count in sorted(found.items()):
        print(f"{count:4d}  {verdict}")


def interrupt(wanted: int, seed: int) -> Counter[str]:
    """Interrupt as many fits as asked for."""
    import skrnn

    rng, verdicts = np.random.default_rng(seed), Counter[str]()
    X = rng.normal(size=(N_SAMPLES, 6, 2))
    y = X[:, -1, 0]
    names, seconds = list(estimators()), dict[str, float]()
    number = 0
    while number < wanted:
        name = names[number % len(names)]
        estimator, is_warm = estimators()[name], number % 2 == 1
        if is_warm:
            estimator.set_params(warm_start=True).fit(X, y)
        if name not in seconds:
            skrnn.clear_cache()
            start = time.perf_counter()
            estimators()[name].fit(X, y)
            seconds[name] = time.perf_counter() - start
        if rng.random() < 0.7:
            skrnn.clear_cache()  # so that it compiles
        verdict = interrupted(estimator, X, y, rng.uniform(0, seconds[name]))
        verdicts[f"{name}, {'warm' if is_warm else 'unfitted'}: {verdict}"] += 1
        number += verdict != "finished before"
    return verdicts


if __name__ == "__main__":
    main()
