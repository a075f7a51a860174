"""The time of the grid search of ``benchmarks.search``, part by part, cold.

Run ``python -m benchmarks.profile``. The seconds are of the main thread; the program of a
prediction is compiled beside that of the training in a thread of its own, if there are two cores,
and counts only as far as something waits for it.
"""

import threading
import time
from collections import Counter
from typing import Any

from ._environment import describe_environment
from ._process import in_fresh_process
from ._table import describe


def measure() -> dict[str, Any]:
    """Return the seconds of each part, how often it was called, and the seconds of the whole."""
    import tensorflow as tf

    from skrnn._keras.compiled import xla

    from .search import run_skrnn

    spent: Counter[str] = Counter()
    called: Counter[str] = Counter()

    def timed(name: str, function: Any, *args: Any) -> Any:
        start = time.perf_counter()
        result = function(*args)
        if threading.current_thread() is threading.main_thread():
            spent[name] += time.perf_counter() - start
            called[name] += 1
        return result

    class Program(xla.XlaFunction):
        def __call__(self, *args: Any) -> Any:
            name = self.function.python_function.__name__
            is_first = self.traced is None
            if is_first:
                with self.lock:
                    traced = timed(f"{name}: describe", self.function.get_concrete_function, *args)
                    self.traced = self.traced or traced
            return timed(f"{name}: {'compile' if is_first else 'run'}", self._finished, *args)

        def _finished(self, *args: Any) -> Any:
            result = self.traced(*args)
            tf.nest.flatten(result)[0].numpy()
            return result

    xla.XlaFunction = Program  # type: ignore[misc]
    whole = run_skrnn(seed=0)["seconds"]
    return {"whole": whole, "spent": spent, "called": called}


def main() -> None:
    """Print the parts in the order of their seconds."""
    print(describe(describe_environment()))
    found = in_fresh_process(measure)
    rest = found["whole"] - sum(found["spent"].values())
    parts = sorted(found["spent"].items(), key=lambda part: -part[1])
    print(f"\n{'':22}{'seconds':>9}{'share':>8}{'calls':>8}")
    for name, seconds in [*parts, ("everything else", rest)]:
        calls = found["called"].get(name, "")
        print(f"{name:22}{seconds:9.2f}{seconds / found['whole']:8.0%}{calls:>8}")
    print(f"{'whole search':22}{found['whole']:9.2f}")


if __name__ == "__main__":
    main()
