"""One grid search, with skrnn, SciKeras and skorch, each in a fresh process.

Seattle's daily weather; from the last 28 days of precipitation, both temperatures and wind to the
next day's maximum. Three cells x 16 or 32 units, ``TimeSeriesSplit(5)``, refit: 31 fits of 10
epochs in batches of 32, Adam, no early stopping. All sides train the same layers on windows of
standardized inputs and a standardized target, with one worker. The clock starts when data and
libraries are loaded; it covers everything after: compiling, 31 fits and 30 scores.

Run ``python -m benchmarks.search``; ``--help`` lists the options.
"""

import argparse
import json
import tempfile
from collections.abc import Iterator, Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from ._clock import in_turn, median_of, seconds
from ._data import INPUTS, load_series, standardized_windows
from ._environment import describe_environment, is_installed
from ._process import COMPILE_CACHE, in_fresh_process
from ._row import Goal, Row, ratio
from ._table import describe

WINDOW = 28
UNITS = [16, 32]
EPOCHS = 10
BATCH_SIZE = 32
N_SPLITS = 5


def run_skrnn(seed: int) -> dict[str, Any]:
    """Search over a pipeline that makes its windows and standardizes in every fit."""
    import tensorflow  # noqa: F401  loaded before the clock starts, as on the other sides
    from sklearn.pipeline import Pipeline

    from skrnn import LagWindows, RNNRegressor, series_to_supervised

    X, y = series_to_supervised(load_series(), target="temp_max")
    network = RNNRegressor(
        epochs=EPOCHS, batch_size=BATCH_SIZE, early_stopping=False, clipnorm=None, random_state=seed
    )
    estimator = Pipeline([("windows", LagWindows(WINDOW)), ("rnn", network)])
    grid = {"rnn__cell": ["simple", "gru", "lstm"], "rnn__units": UNITS}
    return timed_search(estimator, grid, X, y, unit=1.0)


def run_scikeras(seed: int) -> dict[str, Any]:
    """Search over SciKeras' ``KerasRegressor`` on standardized copies of the windows."""
    import keras
    from scikeras.wrappers import KerasRegressor

    X, y, unit = standardized_windows(WINDOW)

    def build(layer: str, units: int) -> Any:
        network = [keras.Input((WINDOW, len(INPUTS))), getattr(keras.layers, layer)(units)]
        model = keras.Sequential([*network, keras.layers.Dense(1)])
        model.compile(keras.optimizers.Adam(1e-3), "mse")
        return model

    estimator = KerasRegressor(
        build,
        layer="GRU",
        units=UNITS[0],
        epochs=EPOCHS,
        batch_size=BATCH_SIZE,
        random_state=seed,
        verbose=0,
    )
    grid = {"layer": ["SimpleRNN", "GRU", "LSTM"], "units": UNITS}
    return timed_search(estimator, grid, X, y, unit)


def run_skorch(seed: int) -> dict[str, Any]:
    """Search over skorch's ``NeuralNetRegressor`` on standardized copies of the windows."""
    import torch
    from skorch import NeuralNetRegressor

    from ._torch_side import ADAM, Network

    torch.manual_seed(seed)
    # The threads of so small products cost more than they bring.
    torch.set_num_threads(1)
    X, y, unit = standardized_windows(WINDOW)
    estimator = NeuralNetRegressor(
        Network,
        module__cell="gru",
        module__units=UNITS[0],
        module__n_features=len(INPUTS),
        optimizer=torch.optim.Adam,
        **{f"optimizer__{name}": value for name, value in ADAM.items()},
        max_epochs=EPOCHS,
        batch_size=BATCH_SIZE,
        iterator_train__shuffle=True,
        train_split=None,
        verbose=0,
    )
    grid = {"module__cell": ["simple", "gru", "lstm"], "module__units": UNITS}
    return timed_search(estimator, grid, X, y[:, None], unit)


def timed_search(
    estimator: Any, grid: Mapping[str, Any], X: Any, y: np.ndarray, unit: float
) -> dict[str, Any]:
    """Run the search and report seconds, fits and the best mean absolute error in degrees."""
    from sklearn.model_selection import GridSearchCV, TimeSeriesSplit

    search = GridSearchCV(
        estimator, grid, cv=TimeSeriesSplit(N_SPLITS), scoring="neg_mean_absolute_error"
    )
    taken = seconds(lambda: search.fit(X, y))
    scores = -search.cv_results_["mean_test_score"] * unit
    return {
        "seconds": taken,
        "fits": len(scores) * N_SPLITS + 1,
        "best_mae": float(scores.min()),
        "best_params": {str(k): v for k, v in search.best_params_.items()},
        "mae": {
            str(p): float(s) for p, s in zip(search.cv_results_["params"], scores, strict=True)
        },
    }


SIDES = {"skrnn": run_skrnn, "SciKeras": run_scikeras, "skorch": run_skorch}


def search_rows(quick: bool) -> Iterator[Row]:
    """Yield the row of a search from a cold start."""
    runs = _measured(1 if quick else 3, 0, installed_sides())
    yield _row("search", "31 fits, nothing compiled yet", runs, must=(5, 1.5), aim=(10, 3))


def search_disk_rows(quick: bool) -> Iterator[Row]:
    """Yield the row of a search whose programs an earlier process has compiled."""
    repeats = 1 if quick else 3
    with tempfile.TemporaryDirectory() as folder:
        from_disk = partial(
            in_fresh_process, run_skrnn, seed=0, environment={COMPILE_CACHE: folder}
        )
        filling = from_disk()
        n_files = sum(path.is_file() for path in Path(folder).rglob("*"))
        runs = {
            **_measured(repeats, 0, installed_sides()),
            "skrnn": [from_disk() for _ in range(repeats)],
        }
    runs["filling the cache"] = [{**filling, "files": n_files}]
    what = "31 fits, programs on disk" if n_files else "31 fits, NOTHING was kept on disk"
    yield _row("search-disk", what, runs, must=(8, 2), aim=(15, 4))


@lru_cache
def _measured(repeats: int, seed: int, sides: tuple[str, ...]) -> dict[str, list[dict[str, Any]]]:
    """Return the runs of the sides; a peer is measured once for both rows."""
    runs = {side: partial(in_fresh_process, SIDES[side], seed=seed) for side in sides}
    return in_turn(runs, repeats)


def installed_sides() -> tuple[str, ...]:
    """Return the sides whose packages are installed."""
    needed = {"skorch": ("skorch", "torch")}
    return tuple(s for s in SIDES if all(map(is_installed, needed.get(s, (s.lower(),)))))


def _row(
    name: str,
    what: str,
    runs: dict[str, list[dict[str, Any]]],
    must: tuple[float, float],
    aim: tuple[float, float],
) -> Row:
    taken = {s: median_of(runs[s], "seconds") if s in runs else None for s in SIDES}
    ours = taken.pop("skrnn")
    assert ours is not None
    goals = tuple(
        Goal(peer, ratio(taken[peer], ours), m, a)
        for peer, m, a in zip(taken, must, aim, strict=True)
    )
    return Row(name, what, "s", ours, taken, goals, {"runs": runs})


def main() -> None:
    """Run what the command line asks for and print it."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.search", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--only", choices=SIDES, help="measure this side alone")
    parser.add_argument("--repeat", type=int, default=1, help="fresh processes per side (median)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there")
    arguments = parser.parse_args()

    environment = describe_environment()
    print(describe(environment))
    print(f"\n{'':12}{'seconds':>9}{'fits':>6}{'best CV MAE':>14}   best")
    sides = (arguments.only,) if arguments.only else installed_sides()
    results = {}
    for side, runs in _measured(arguments.repeat, arguments.seed, sides).items():
        result = results[side] = {**runs[0], "seconds": median_of(runs, "seconds")}
        result["all_seconds"] = [run["seconds"] for run in runs]
        best = ", ".join(f"{k}={v}" for k, v in result["best_params"].items())
        taken, fits, mae = result["seconds"], result["fits"], result["best_mae"]
        print(f"{side:12}{taken:9.1f}{fits:6}{mae:11.3f} °C   {best}")
    for peer in [side for side in results if side != "skrnn" and "skrnn" in results]:
        times = results[peer]["seconds"] / results["skrnn"]["seconds"]
        print(f"skrnn takes 1/{times:.1f} of the time that {peer} takes.")
    if arguments.json:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(
            json.dumps({"environment": environment, "results": results}, indent=2) + "\n"
        )


if __name__ == "__main__":
    main()
