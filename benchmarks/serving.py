"""One request at a time: programs, memory and latency of predictions of single sequences and texts.

Run ``python -m benchmarks.serving``. A request is one sequence, or one text, of a length that no
request before it had. Then 500 requests of known lengths are timed, from one thread and from two,
beside the same network as a Keras model.
"""

import argparse
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np

N_LENGTHS = 500
N_TIMED = 500


def services() -> dict[str, tuple[Any, Callable[[int], Any]]]:
    """Return a prediction for each kind of request, and what makes a request of a length."""
    from skrnn import RNNClassifier, RNNLanguageModel

    rng = np.random.default_rng(0)
    words: dict[str, Any] = {"units": 32, "epochs": 1, "random_state": 0}
    X = [rng.normal(size=(rng.integers(3, 60), 4)) for _ in range(200)]
    classifier = RNNClassifier(**words).fit(X, [x[:, 0].mean() > 0 for x in X])
    model = RNNLanguageModel(level="char", embedding_dim=8, **words).fit(["abba ba", "baab a"] * 50)
    letters = np.array(list("ab "))
    return {
        "sequences": (classifier.predict_proba, lambda n: [rng.normal(size=(n, 4))]),
        "texts": (model.score_samples, lambda n: ["".join(rng.choice(letters, n))]),
    }


def mib() -> float:
    """Return the memory of this process."""
    import psutil

    return float(psutil.Process().memory_info().rss / 2**20)


def timed(predict: Callable[[Any], Any], requests: list[Any], n_threads: int) -> str:
    """Return requests a second, the median and the 99th percentile in words."""

    def seconds(request: Any) -> float:
        start = time.perf_counter()
        predict(request)
        return time.perf_counter() - start

    start = time.perf_counter()
    with ThreadPoolExecutor(n_threads) as pool:
        each = np.array(list(pool.map(seconds, requests))) * 1000
    rate = len(requests) / (time.perf_counter() - start)
    return (
        f"{rate:.0f}/s, median {np.median(each):.2f} ms, 99 in 100 {np.quantile(each, 0.99):.2f} ms"
    )


def main() -> None:
    """Measure all kinds of requests and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lengths", type=int, default=N_LENGTHS)
    parser.add_argument("--timed", type=int, default=N_TIMED)
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    import skrnn

    rng = np.random.default_rng(1)
    for name, (predict, request_of) in services().items():
        predict(request_of(1))
        before, misses = mib(), skrnn.cache_info().misses
        for n_steps in rng.permutation(np.arange(1, args.lengths + 1)):
            predict(request_of(n_steps))
        programs = skrnn.cache_info().misses - misses
        print(f"{name}: {args.lengths} lengths, {programs} programs, {mib() - before:.0f} MiB more")
        before = mib()
        requests = [request_of(n) for n in rng.integers(1, args.lengths, args.timed)]
        alone = [predict(request) for request in requests]
        with ThreadPoolExecutor(2) as pool:
            together = list(pool.map(predict, requests))
        same = all(np.array_equal(a, b) for a, b in zip(alone, together, strict=True))
        for n_threads in (1, 2):
            print(f"  {n_threads} threads: {timed(predict, requests, n_threads)}")
        print(f"  same bits in threads: {same}; {mib() - before:.0f} MiB more after them")
        if name == "sequences":
            model = partial(predict.__self__.to_keras().predict, verbose=0)
            print(
                f"  Keras, model.predict: {timed(model, [np.asarray(r) for r in requests[:50]], 1)}"
            )


if __name__ == "__main__":
    main()
