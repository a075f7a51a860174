"""Workers and the threads that TensorFlow has in them."""

import os
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor

import joblib
import pytest

from skrnn._keras.compiled.threads import n_threads

from .test_architecture import ROOT

THREADS_IN_A_WORKER = """
    import joblib, skrnn
    from tests.common import sequences, small_regressor

    def threads_after_a_fit():
        import tensorflow as tf
        from skrnn._keras.compiled.threads import n_threads
        small_regressor(units=2, epochs=1, early_stopping=False).fit(*sequences())
        threading = tf.config.threading
        return (
            threading.get_intra_op_parallelism_threads(),
            threading.get_inter_op_parallelism_threads(),
            n_threads(),
        )

    with joblib.parallel_config("loky", n_jobs=max(2, joblib.cpu_count()), **{options}):
        print(*joblib.Parallel()([joblib.delayed(threads_after_a_fit)()])[0])
    """


def threads_in_a_worker(*, environment=None, **options):
    """Return what a loky worker reports: intra-op and inter-op threads of TensorFlow, and ours."""
    code = textwrap.dedent(THREADS_IN_A_WORKER).format(options=options)
    names = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
    inherited = {k: v for k, v in os.environ.items() if k not in names}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**inherited, **(environment or {})},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return [int(number) for number in done.stdout.split()]


def test_as_many_workers_as_cores_have_one_thread_each():
    assert threads_in_a_worker() == [1, 1, 1]


@pytest.mark.slow
def test_joblib_decides_the_threads_of_a_worker():
    assert threads_in_a_worker(inner_max_num_threads=3) == [3, 3, 3]


@pytest.mark.slow
def test_who_limits_tensorflow_is_obeyed():
    assert threads_in_a_worker(environment={"TF_NUM_INTRAOP_THREADS": "2"}) == [0, 0, 2]


def test_a_fit_may_use_every_core_of_a_process_that_is_no_worker(monkeypatch):
    monkeypatch.delenv("TF_NUM_INTRAOP_THREADS", raising=False)
    assert n_threads() == joblib.cpu_count()
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "3")
    assert n_threads() == 3


def test_fits_in_threads_have_one_thread_each():
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(n_threads).result() == 1
    barrier = threading.Barrier(2, timeout=60)  # both threads of joblib are needed to pass it

    def meet():
        barrier.wait()
        return n_threads()

    with joblib.parallel_config("threading", n_jobs=2):
        assert joblib.Parallel()(joblib.delayed(meet)() for _ in range(2)) == [1, 1]
