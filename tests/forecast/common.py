"""Tables and forecasters that the tests of forecasts share."""

import numpy as np
import pandas as pd

from skrnn import RNNForecaster

WORDS = {
    "horizon": 3,
    "window": 6,
    "target": "y",
    "cell": "simple",
    "units": 4,
    "epochs": 2,
    "batch_size": 32,
    "baseline": "last",
    "random_state": 0,
}
N_TRAIN, N_ROWS = 160, 220


def small(**params):
    """A forecaster that fits in less than a second once its programs are compiled."""
    return RNNForecaster(**{**WORDS, **params})


def table(n_rows=N_ROWS, seed=0, **index):
    """A weekly wave with noise, and a column beside it, one row a day."""
    rng = np.random.default_rng(seed)
    days = pd.date_range("2024-01-01", periods=n_rows, **{"freq": "D", **index})
    wave = np.sin(np.arange(n_rows) * 2 * np.pi / 7)
    return pd.DataFrame(
        {"y": 10 + wave + rng.normal(0, 0.3, n_rows), "x": rng.normal(size=n_rows)}, index=days
    )


def panel():
    """Two series: the second is larger, in other units."""
    one, two = table(), table(seed=1) * 100 + 5
    return pd.concat({"one": one, "two": two}, names=["series", "day"])
