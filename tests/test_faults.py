"""Interruptions, failing callbacks, threads and full disks: a fit is whole, or has not been."""

import os
import pickle
import resource
import signal
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from joblib.externals.loky import get_reusable_executor
from joblib.externals.loky.process_executor import TerminatedWorkerError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

import skrnn
from benchmarks.interrupts import state_of

from .common import sequences, small_regressor
from .forecast import common as forecasts

ROOT = os.path.dirname(skrnn.__file__)
TEXTS = ["a b", "b c a"]


# Interruptions


class Interruption:
    """Raises `KeyboardInterrupt` at one line of some functions, as Ctrl-C does at any.

    Parameters
    ----------
    at : int or None
        The number of the line, in the order in which they are first run; None only counts.
    functions : dict of str to set of str
        Names of functions, by the end of the name of their file.
    """

    def __init__(self, at, functions):
        self.at, self.functions, self.lines = at, functions, set()

    def __enter__(self):
        self.before = sys.gettrace()
        sys.settrace(self._calls)
        return self

    def __exit__(self, *_):
        sys.settrace(self.before)

    def _calls(self, frame, event, argument):
        code = frame.f_code
        names = self.functions.get(code.co_filename.removeprefix(f"{ROOT}/"), ())
        return self._lines if code.co_name in names else None

    def _lines(self, frame, event, argument):
        place = frame.f_code.co_filename, frame.f_lineno
        if event == "line" and place not in self.lines:
            self.lines.add(place)
            if len(self.lines) == self.at:
                sys.settrace(None)
                raise KeyboardInterrupt
        return self._lines


def saved(estimator, tmp_path):
    """All that it keeps, as bytes that can be compared."""
    skrnn.save(estimator, tmp_path / "estimator.skrnn")
    return (tmp_path / "estimator.skrnn").read_bytes()


def regressor():
    X, y = sequences()
    estimator = small_regressor(baseline="linear", epochs=1)
    return estimator, lambda: estimator.fit(X, y), lambda: estimator.partial_fit(X, y)


def tokenizer():
    estimator = skrnn.SequenceTokenizer()
    return estimator, lambda: estimator.fit(["a"]), lambda: estimator.fit(["a b", "c"])


def forecaster():
    data, end = forecasts.table(), forecasts.N_TRAIN
    estimator = forecasts.small()
    return estimator, lambda: estimator.fit(data[:end]), lambda: estimator.partial_fit(data[end:])


OF_FIT = {"__enter__", "__exit__", "train", "_keep"}
INTERRUPTED = {
    "regressor": (regressor, {"_estimator.py": OF_FIT, "regression.py": {"fit", "partial_fit"}}),
    "tokenizer": (tokenizer, {"text/_tokenizer.py": {"fit", "_learn"}}),
    "forecaster": (forecaster, {"forecast/_forecaster.py": {"_keep", "partial_fit"}}),
}


@pytest.mark.parametrize("is_fitted", [False, True], ids=["unfitted", "fitted"])
@pytest.mark.parametrize("name", INTERRUPTED)
def test_an_interruption_at_any_line(name, is_fitted, tmp_path):
    """The estimator is as it was; or whole, where the interruption comes at the very end."""
    make, functions = INTERRUPTED[name]
    estimator, fit, go_on = make()
    warnings.simplefilter("ignore")
    if is_fitted:
        fit()
        fit = go_on
    stored = pickle.dumps(estimator)
    with Interruption(None, functions) as counter:
        fit()
    after, unchanged = saved(estimator, tmp_path), 0
    for at in range(1, len(counter.lines) + 1):
        estimator.__dict__ = vars(pickle.loads(stored))
        before = saved(estimator, tmp_path)
        with pytest.raises(KeyboardInterrupt), Interruption(at, functions):
            fit()
        state = saved(estimator, tmp_path)
        assert state in (before, after), f"at line {at} of {len(counter.lines)}"
        unchanged += state == before
    assert unchanged > len(counter.lines) // 2


def interrupt_in(seconds):
    threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGINT)).start()


def keras_callback():
    """Interrupts in the second batch; while it builds, Keras catches all exceptions."""
    import keras

    class Interrupting(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 1:
                os.kill(os.getpid(), signal.SIGINT)

    return Interrupting()


@pytest.mark.skipif(
    "PYTEST_XDIST_WORKER" in os.environ,
    reason="a signal interrupts the main thread, where a worker may have other things to do",
)
@pytest.mark.parametrize("engine", ["compiled", "keras"])
@pytest.mark.parametrize("is_fitted", [False, True], ids=["unfitted", "fitted"])
def test_a_signal_while_it_trains(engine, is_fitted):
    X, y = sequences()
    network = small_regressor(epochs=1)
    if is_fitted:
        network.fit(X, y).set_params(warm_start=True)
    network.set_params(engine=engine, epochs=100_000, early_stopping=False)
    if engine == "keras":
        network.set_params(callbacks=[keras_callback])
    state = state_of(network)
    # Its programs are compiled before, so that the signal comes while it trains.
    small_regressor(epochs=2, early_stopping=False, engine=engine).fit(X, y)
    with pytest.raises(KeyboardInterrupt):
        if engine == "compiled":
            interrupt_in(1.0)
        network.fit(X, y)
    assert state_of(network) == state
    assert hasattr(network, "weights_") == is_fitted


# Memory, and processes that are killed


def kill_worker(X, parent):
    """A step of a pipeline that the system kills, as it does where memory is short."""
    if os.getpid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)
    return X


def search_in_processes(step):
    network = make_pipeline(FunctionTransformer(*step), small_regressor())
    return GridSearchCV(network, {"rnnregressor__epochs": [1]}, cv=2, n_jobs=2, refit=False)


def out_of_memory():
    """What fits that need far more memory than there is raise, and what becomes of the networks."""
    X, y = sequences()
    fitted = small_regressor().fit(X, y)
    before, size = state_of(fitted), int(Path("/proc/self/statm").read_text().split()[0])
    limit = size * resource.getpagesize() + 300 * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    too_many = np.broadcast_to(np.float32(1), (10**6, 50, 10))  # 2 GB where each has its own
    too_large = np.random.default_rng(0).normal(size=(12_000, 200, 1))  # by what a batch leaves
    found = []
    for data in ((too_many, np.zeros(len(too_many))), (too_large, too_large[:, 0, 0])):
        for network in (small_regressor(), fitted):
            network.set_params(cell="simple", units=64, batch_size=12_000)
            with pytest.raises(MemoryError) as caught:
                network.fit(*data)
            found.append((str(caught.value), hasattr(network, "weights_")))
    fitted.set_params(**small_regressor().get_params())
    same = state_of(fitted) == before
    return found, same, np.array_equal(small_regressor().fit(X, y).predict(X), fitted.predict(X))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="limits and sizes of Linux")
def test_workers_that_are_killed_and_without_memory():
    X, y = sequences()
    search = search_in_processes((kill_worker,))
    search.estimator[0].set_params(kw_args={"parent": os.getpid()})
    with pytest.raises(TerminatedWorkerError):
        search.fit(X, y)
    assert not hasattr(search, "cv_results_") and not hasattr(search.estimator[1], "weights_")
    # The same process begins new ones.
    after, alone = search_in_processes(()), search_in_processes(()).set_params(n_jobs=1)
    for name in ("split0_test_score", "split1_test_score"):
        here = (one.fit(X, y).cv_results_[name] for one in (after, alone))
        assert np.array_equal(*here)
    workers = get_reusable_executor(max_workers=2)
    found, same, fits_again = workers.submit(out_of_memory).result(timeout=300)
    workers.shutdown(kill_workers=True)
    assert [is_fitted for _, is_fitted in found] == [False, True] * 2
    assert all("Unable to allocate" in message for message, _ in found[:2])
    assert all(message.startswith("Expected memory enough to fit, got") for message, _ in found[2:])
    assert same and fits_again


def test_a_full_disk_under_a_checkpoint(tmp_path):
    """The fit ends, the network is as it was, and no part of a file is left."""
    X, y = sequences()
    network = small_regressor()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**10, limits[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            network.fit(X, y, checkpoint=tmp_path / "fit.checkpoint")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not hasattr(network, "weights_") and not list(tmp_path.iterdir())


# Threads


def test_fits_of_one_estimator_in_two_threads(tmp_path):
    """It is what one of them leaves, whole; never the weights of one and the scale of the other."""
    X, y = sequences()
    targets = (y, 100 + 10 * y)
    network = small_regressor()
    alone = [saved(network.fit(X, of_one), tmp_path) for of_one in targets]
    with ThreadPoolExecutor(2) as pool:
        for _ in range(5):
            list(pool.map(lambda of_one: network.fit(X, of_one), targets))
            assert saved(network, tmp_path) in alone


def test_a_fit_that_goes_on_waits_for_the_one_before(tmp_path):
    X, y = sequences()
    network = small_regressor()
    for _ in range(4):
        network.partial_fit(X, y)
    expected, network = saved(network, tmp_path), small_regressor()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: network.partial_fit(X, y), range(4)))
    assert saved(network, tmp_path) == expected


def test_a_fit_that_failed_lets_the_next_one_begin():
    X, y = sequences()
    network = small_regressor()
    for wrong in (lambda: network.set_params(units=0).fit(X, y), lambda: network.fit(X, y[:3])):
        with pytest.raises(ValueError):
            wrong()
        network.set_params(units=4)
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(network.fit, X, y).result(timeout=60) is network


def test_predictions_in_two_threads():
    X, y = sequences()
    network = small_regressor().fit(X, y)
    expected = network.predict(X)
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda i: network.predict(X[i : i + 1])[0], range(len(X))))
    assert found == expected.tolist()
