"""One grid search, with skrnn and with SciKeras, each in a fresh process.

Seattle's daily weather; from the last 28 days of precipitation, both temperatures and wind to the
next day's maximum. Three cells x 16 or 32 units, ``TimeSeriesSplit(5)``, refit: 31 fits of 10
epochs in batches of 32, Adam, no early stopping. Both sides train the same layers on windows of
standardized inputs and a standardized target, with one worker. The clock starts when data and
libraries are loaded; it covers everything after: compiling, 31 fits and 30 scores.

Run ``python -m benchmarks.search``; ``--help`` lists the options.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pandas as pd

WINDOW = 28
UNITS = (16, 32)
EPOCHS = 10
BATCH_SIZE = 32
N_SPLITS = 5
INPUTS = ["precipitation", "temp_max", "temp_min", "wind"]
PACKAGES = ["skrnn", "tensorflow", "keras", "scikeras", "scikit-learn", "numpy", "pandas"]


def load_series() -> pd.DataFrame:
    """Return the four inputs of 1461 days, (n_rows, 4), float32."""
    package = find_spec("vega_datasets")
    if package is None or package.origin is None:
        raise SystemExit("The weather is in the package vega_datasets: pip install vega_datasets")
    path = Path(package.origin).with_name("_data") / "seattle-weather.csv"
    weather = pd.read_csv(path, parse_dates=["date"], index_col="date").asfreq("D")
    return weather[INPUTS].astype("float32")


def make_windows(series: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return every full window with a known next day, (1433, 28, 4), and that day's maximum."""
    values = series.to_numpy()
    windows = np.lib.stride_tricks.sliding_window_view(values, WINDOW, axis=0).swapaxes(1, 2)
    return windows[:-1], values[WINDOW:, INPUTS.index("temp_max")]


def run_skrnn(seed: int) -> dict[str, Any]:
    """Search over a pipeline that makes its windows and standardizes in every fit."""
    import tensorflow  # noqa: F401  loaded before the clock starts, as on the other side
    from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
    from sklearn.pipeline import Pipeline

    from skrnn import LagWindows, RNNRegressor, series_to_supervised

    X, y = series_to_supervised(load_series(), target="temp_max")
    network = RNNRegressor(
        epochs=EPOCHS, batch_size=BATCH_SIZE, early_stopping=False, clipnorm=None, random_state=seed
    )
    estimator = Pipeline([("windows", LagWindows(WINDOW)), ("rnn", network)])
    grid = {"rnn__cell": ["simple", "gru", "lstm"], "rnn__units": list(UNITS)}
    search = GridSearchCV(
        estimator, grid, cv=TimeSeriesSplit(N_SPLITS), scoring="neg_mean_absolute_error"
    )
    return timed_fit(search, X, y, unit=1.0)


def run_scikeras(seed: int) -> dict[str, Any]:
    """Search over SciKeras' ``KerasRegressor`` on standardized copies of the windows."""
    import keras
    from scikeras.wrappers import KerasRegressor
    from sklearn.model_selection import GridSearchCV, TimeSeriesSplit

    X, y = make_windows(load_series())
    X = np.ascontiguousarray((X - X.mean(axis=(0, 1))) / X.std(axis=(0, 1)))
    unit = float(y.std())
    y = (y - y.mean()) / unit

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
    grid = {"layer": ["SimpleRNN", "GRU", "LSTM"], "units": list(UNITS)}
    search = GridSearchCV(
        estimator, grid, cv=TimeSeriesSplit(N_SPLITS), scoring="neg_mean_absolute_error"
    )
    return timed_fit(search, X, y, unit)


def timed_fit(search: Any, X: np.ndarray, y: np.ndarray, unit: float) -> dict[str, Any]:
    """Fit the search and report seconds, fits and the best mean absolute error in degrees."""
    start = time.perf_counter()
    search.fit(X, y)
    seconds = time.perf_counter() - start
    scores = -search.cv_results_["mean_test_score"] * unit
    return {
        "seconds": seconds,
        "fits": len(scores) * N_SPLITS + 1,
        "best_mae": float(scores.min()),
        "best_params": {str(k): v for k, v in search.best_params_.items()},
        "mae": {
            str(p): float(s) for p, s in zip(search.cv_results_["params"], scores, strict=True)
        },
    }


SIDES = {"skrnn": run_skrnn, "scikeras": run_scikeras}


def run_in_fresh_process(side: str, seed: int) -> dict[str, Any]:
    """Run one side in an interpreter of its own and return what it measured."""
    command = [sys.executable, "-m", "benchmarks.search", "--side", side, "--seed", str(seed)]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        env={"TF_CPP_MIN_LOG_LEVEL": "3", **os.environ},
        cwd=Path(__file__).resolve().parents[1],
    )
    if done.returncode:
        raise SystemExit(f"{side} failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def describe_environment() -> dict[str, Any]:
    """Return machine and versions, without any name that identifies the machine."""

    def installed(package: str) -> str:
        try:
            return version(package)
        except PackageNotFoundError:
            return "not installed"

    return {
        "cpu": cpu_name(),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "system": platform.system(),
        "python": platform.python_version(),
        **{package: installed(package) for package in PACKAGES},
    }


def cpu_name() -> str:
    """Return the processor's own name where Linux tells it."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def main() -> None:
    """Run what the command line asks for and print it."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.search", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--only", choices=SIDES, help="measure this side alone")
    parser.add_argument("--repeat", type=int, default=1, help="fresh processes per side (median)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there")
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    arguments = parser.parse_args()

    if arguments.side:  # the fresh process
        print(json.dumps(SIDES[arguments.side](arguments.seed)))
        return

    environment = describe_environment()
    print(", ".join(f"{key} {value}" for key, value in environment.items()))
    print(f"\n{'':12}{'seconds':>9}{'fits':>6}{'best CV MAE':>14}   best")
    sides = [arguments.only] if arguments.only else list(SIDES)
    results = {}
    for side in sides:
        runs = [run_in_fresh_process(side, arguments.seed) for _ in range(arguments.repeat)]
        result = results[side] = {**runs[0], "seconds": median(run["seconds"] for run in runs)}
        result["all_seconds"] = [run["seconds"] for run in runs]
        best = ", ".join(f"{k}={v}" for k, v in result["best_params"].items())
        seconds, fits, mae = result["seconds"], result["fits"], result["best_mae"]
        print(f"{side:12}{seconds:9.1f}{fits:6}{mae:11.3f} °C   {best}", flush=True)
    if len(results) == len(SIDES):
        ratio = results["scikeras"]["seconds"] / results["skrnn"]["seconds"]
        print(f"\nskrnn takes 1/{ratio:.1f} of the time that SciKeras takes.")
    if arguments.json:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(
            json.dumps({"environment": environment, "results": results}, indent=2) + "\n"
        )


if __name__ == "__main__":
    main()
