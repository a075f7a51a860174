"""Two workers against one on a grid search of 60 fits, everything warm.

Run ``python -m benchmarks.run --only workers``.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

from ._clock import in_turn, median_of, repeated, seconds
from ._data import load_series
from ._process import in_fresh_process
from ._row import Goal, Row
from ._sides import side_of
from ._task import CELLS, Task

WINDOW = 28
# Such that a fit takes about a third of a second, and half of that in quick runs.
EPOCHS = 20
LEARNING_RATES = [3e-4, 1e-3, 3e-3, 1e-2]
N_SPLITS = 5
BACKENDS = {"threads": "threading", "loky": "loky"}


def workers(quick: bool) -> Iterator[Row]:
    """Yield a row for threads and one for processes, beside one worker."""
    n_warm, epochs = (1, EPOCHS // 2) if quick else (3, EPOCHS)
    search = partial(in_fresh_process, time_search, epochs=epochs, n_warm=n_warm)
    sides = {
        name: partial(search, backend=backend)
        for name, backend in {"one worker": "sequential", **BACKENDS}.items()
    }
    runs = in_turn(sides, 1 if quick else 3)
    taken = {side: median_of(runs[side], "warm") for side in runs}
    alone = taken["one worker"]
    for name in BACKENDS:
        yield Row(
            name=f"workers {name}",
            what=f"60 fits of {alone / 60:.2f} s, two workers against one, warm",
            unit="s",
            ours=taken[name],
            peers={"skrnn with one worker": alone},
            goals=(Goal("one worker", alone / taken[name], must=1.6, aim=1.9),),
            measured={"runs": {side: runs[side] for side in ("one worker", name)}},
        )


def time_search(backend: str, epochs: int, n_warm: int) -> dict[str, Any]:
    """Return the seconds of a first search, which starts and compiles, and of later ones.

    The first has one learning rate, so a quarter of the fits: still five for each program, of
    which no worker can do all while the other one compiles.
    """
    import joblib
    from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
    from sklearn.pipeline import Pipeline

    from skrnn import LagWindows, series_to_supervised

    X, y = series_to_supervised(load_series(), target="temp_max")
    network = side_of("skrnn").build(Task(epochs=epochs))

    def search(learning_rates: list[float]) -> None:
        GridSearchCV(
            Pipeline([("windows", LagWindows(WINDOW)), ("rnn", network)]),
            {"rnn__cell": list(CELLS), "rnn__learning_rate": learning_rates},
            cv=TimeSeriesSplit(N_SPLITS),
            scoring="neg_mean_absolute_error",
            refit=False,
        ).fit(X, y)

    n_jobs = 1 if backend == "sequential" else 2
    with joblib.parallel_config(backend, n_jobs=n_jobs):
        first = seconds(lambda: search(LEARNING_RATES[:1]))
        return {"first": first, "warm": repeated(lambda: search(LEARNING_RATES), n_warm)}
