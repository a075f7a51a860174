"""Ctrl-C at random moments of a fit: the estimator is as it was before.

Run ``python -m benchmarks.interrupts --number 50``. A real signal is sent to the process while it
compiles, trains or validates. Afterwards an estimator that was not fitted has no fitted attribute,
and one that was fitted has the very attributes that it had.
"""

import argparse
import io
import os
import pickle
import signal
import threading
import time
import warnings
from collections import Counter
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


def main() -> None:
    """Interrupt as many fits as asked for, and print what became of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--number", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    import skrnn

    rng, verdicts = np.random.default_rng(args.seed), Counter[str]()
    X = rng.normal(size=(N_SAMPLES, 6, 2))
    y = X[:, -1, 0]
    names, seconds = list(estimators()), dict[str, float]()
    number = 0
    while number < args.number:
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
    for verdict, count in sorted(verdicts.items()):
        print(f"{count:4d}  {verdict}")


if __name__ == "__main__":
    main()
