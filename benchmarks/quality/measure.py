"""One answer to one task, measured in a worker process that has a core for itself."""

import os
import time
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from multiprocessing.queues import Queue
from typing import Any

# A thread a process, and no program from an earlier run. Workers inherit them.
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}

Job = tuple[str, str]  # the names of a task and of an answer


def measured(
    jobs: Sequence[Job], seeds: dict[str, int], n_workers: int
) -> Iterator[tuple[Job, dict]]:
    """Give each job and what came out of it, in the order in which they are done.

    `seeds` tells how many each answer has.
    """
    os.environ.update(ENVIRONMENT)
    os.environ.pop("SKRNN_COMPILE_CACHE", None)
    context = get_context("spawn")
    cores: Queue = context.Queue()
    for core in _cores(n_workers):
        cores.put(core)
    with ProcessPoolExecutor(n_workers, context, _take_a_core, (cores,)) as pool:
        futures = {pool.submit(measure, *job, seeds[job[1]]): job for job in jobs}
        for future in as_completed(futures):
            yield futures[future], future.result()


def measure(task_name: str, answer: str, n_seeds: int) -> dict[str, Any]:
    """Return the figures of an answer, the processor's seconds and the warnings of its fits.

    A data set that is not installed is an "error".
    """
    from .answers import ANSWERS, NETWORKS
    from .tasks import task as find

    task = find(task_name)
    try:
        data = task.load()
    except (ModuleNotFoundError, FileNotFoundError) as error:
        return {"error": str(error)}
    build = ANSWERS[answer]
    if build is None:
        return {"scores": [task.figure(data.naive, data)], "seconds": [0.0], "warned": [[]]}
    if answer in NETWORKS:
        import keras  # noqa: F401 - its import is no part of a fit

    found: dict[str, Any] = {"scores": [], "seconds": [], "warned": []}
    for seed in range(n_seeds):
        model = build(task, seed)
        start = time.process_time()
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            model.fit(data.X_train, data.y_train)
        found["seconds"].append(time.process_time() - start)
        found["warned"].append(sorted({w.category.__name__ for w in heard}))
        found["scores"].append(task.figure(model.predict(data.X_test), data))
    return found


def _cores(n_workers: int) -> list[int | None]:
    if not hasattr(os, "sched_getaffinity"):
        return [None] * n_workers
    allowed = sorted(os.sched_getaffinity(0))
    return [allowed[i % len(allowed)] for i in range(n_workers)]


def _take_a_core(cores: Any) -> None:
    """Bind this process to a core, before TensorFlow counts them."""
    core = cores.get()
    if core is not None:
        os.sched_setaffinity(0, {core})
