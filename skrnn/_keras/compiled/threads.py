"""How many threads one fit may use, so that several workers do not fight for the cores."""

import contextlib
import multiprocessing
import os
import threading
from concurrent.futures import ThreadPoolExecutor

import joblib
import tensorflow as tf

_INTRA_OP_VARIABLE = "TF_NUM_INTRAOP_THREADS"


def n_threads():
    """Return how many threads one fit may use here.

    One in any thread but the main one: joblib's threads, and those of other pools, divide the
    cores among fits already. In the main thread the limit of TensorFlow, if anybody set one; one in
    a worker process without a limit; otherwise the cores that this process may use.
    """
    if threading.current_thread() is not threading.main_thread():
        return 1
    return _limit_of_tensorflow() or (1 if _is_worker() else joblib.cpu_count())


@contextlib.contextmanager
def mapping(n):
    """Give a function like `map` that calls in `n` threads at once."""
    if n == 1:
        yield map
    else:
        with ThreadPoolExecutor(n) as pool:
            yield pool.map


def limit_in_worker():
    """Give TensorFlow as many threads as joblib allots to this process, if it is a worker.

    joblib writes the number into OMP_NUM_THREADS of the workers that it starts, which the other
    numerical libraries read and TensorFlow does not. Who has limited TensorFlow already is obeyed.
    """
    allotted = _allotted_threads()
    if not (_is_worker() and allotted) or _limit_of_tensorflow():
        return
    try:
        tf.config.threading.set_intra_op_parallelism_threads(allotted)
        tf.config.threading.set_inter_op_parallelism_threads(allotted)
    except RuntimeError:
        pass  # TensorFlow is at work in this process already, with threads that cannot be changed


def _is_worker():
    return multiprocessing.parent_process() is not None


def _limit_of_tensorflow():
    """Return the number of threads that was asked of TensorFlow, or 0."""
    configured = tf.config.threading.get_intra_op_parallelism_threads()
    return configured or _number(os.environ.get(_INTRA_OP_VARIABLE))


def _allotted_threads():
    return _number(os.environ.get("OMP_NUM_THREADS"))


def _number(text):
    """Return the number, the first of several (OpenMP has one for each level), or 0."""
    first = (text or "").split(",")[0].strip()
    return int(first) if first.isdecimal() else 0
