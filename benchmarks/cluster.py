"""The same search with one worker, and on a cluster of processes, of which one is killed.

::

    python -m benchmarks.cluster                    # dask, two processes on this machine
    python -m benchmarks.cluster --backend ray

Prints the seconds of each search and whether all scores are the same bits. With dask a worker is
killed (SIGKILL) while a third search runs; the scheduler gives its fits to the others.
"""

from __future__ import annotations

import argparse
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import joblib
import numpy as np
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline

from skrnn import LagWindows, RNNRegressor, series_to_supervised

from ._data import load_series


def search(epochs: int) -> GridSearchCV:
    """Return a search of 18 fits."""
    network = RNNRegressor(epochs=epochs, early_stopping=False, batch_size=32, random_state=0)
    grid = {"rnnregressor__units": [8, 16], "rnnregressor__learning_rate": [1e-3, 3e-3, 1e-2]}
    return GridSearchCV(
        make_pipeline(LagWindows(28), network), grid, cv=TimeSeriesSplit(3), refit=False
    )


@contextmanager
def dask_cluster(n_workers: int, data: list[Any]) -> Iterator[Any]:
    """Open a cluster of processes on this machine, each with the data, and let joblib use it."""
    from distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers, threads_per_worker=1, processes=True, dashboard_address=None) as c,
        Client(c) as client,
        joblib.parallel_config("dask", scatter=data),
    ):
        yield client


@contextmanager
def ray_cluster(n_workers: int, data: list[Any]) -> Iterator[None]:
    """Open a cluster of processes on this machine, and let joblib use it."""
    import ray
    from ray.util.joblib import register_ray

    ray.init(num_cpus=n_workers, include_dashboard=False, log_to_driver=False)
    register_ray()
    try:
        with joblib.parallel_config("ray", n_jobs=n_workers):
            yield None
    finally:
        ray.shutdown()


def kill_a_worker(client: Any, after: float) -> threading.Thread:
    """Kill a process of the cluster after some seconds, from another thread."""

    def kill() -> None:
        time.sleep(after)
        pids = [pid for pid in client.run(os.getpid).values() if pid != os.getpid()]
        os.kill(pids[0], signal.SIGKILL)
        print(f"killed process {pids[0]} after {after:.1f} s", flush=True)

    thread = threading.Thread(target=kill)
    thread.start()
    return thread


def timed(search: GridSearchCV, X: Any, y: Any) -> tuple[np.ndarray, float]:
    """Return the scores of each fit, and the seconds of the search."""
    start = time.perf_counter()
    found = search.fit(X, y).cv_results_
    scores = [found[f"split{number}_test_score"] for number in range(3)]
    return np.array(scores), time.perf_counter() - start


def main() -> None:
    """Compare the searches."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--backend", choices=["dask", "ray"], default="dask")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=30)
    given = parser.parse_args()
    X, y = series_to_supervised(load_series(), target="temp_max")

    expected, seconds = timed(search(given.epochs), X, y)
    print(f"one worker: {seconds:.1f} s", flush=True)
    cluster = dask_cluster if given.backend == "dask" else ray_cluster
    with cluster(given.workers, [X, y]) as client:
        warm = 0.0
        for run in ("first", "second", *(["killed"] if client is not None else [])):
            killer = kill_a_worker(client, warm / 3) if run == "killed" else None
            scores, seconds = timed(search(given.epochs), X, y)
            if killer is not None:
                killer.join()
            warm, same = seconds, np.array_equal(scores, expected)
            print(
                f"{given.backend}, {run} search: {seconds:.1f} s, same scores: {same}", flush=True
            )


if __name__ == "__main__":
    main()
