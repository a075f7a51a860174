"""Make the files of format 1 that every later version has to load, with what they predict.

They are made once, and never again: ``python -m tests.data.make_format_1`` makes those that are not
there yet.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skrnn

FOLDER = Path(__file__).parent
SMALL = {"units": 4, "epochs": 3, "batch_size": 16, "random_state": 0}
TEXTS = ["a good film", "a bad film", "so good", "so bad and so long", "long", "good and long"]


def table():
    """Forty days of two waves, without any generator of random numbers."""
    days = np.arange(40.0)
    rows = {"a": np.sin(days / 3), "b": 5 + np.cos(days / 5)}
    return pd.DataFrame(rows, index=pd.date_range("2024-01-01", periods=40))


def windows():
    """Return a fitted pipeline of a table, and what it predicts."""
    frame = table()
    fitted = make_pipeline(
        StandardScaler().set_output(transform="pandas"),
        skrnn.LagWindows(6),
        skrnn.RNNRegressor(baseline="linear", **SMALL),
    ).fit(frame[:30], frame["a"].shift(-1)[:30])
    return fitted, fitted.predict(frame[30:])


def texts():
    """Return a fitted pipeline of texts, and what it predicts."""
    fitted = make_pipeline(
        skrnn.SequenceTokenizer(max_len=6),
        skrnn.RNNClassifier(embedding_dim=2, **SMALL),
    ).fit(TEXTS * 3, ["up", "down", "up", "down", "down", "up"] * 3)
    return fitted, fitted.predict_proba(TEXTS)


def forecaster():
    """Return a fitted forecaster, and its forecast of three days."""
    fitted = skrnn.RNNForecaster(
        horizon=3, window=6, target="a", calendar=["day_of_week"], **SMALL
    ).fit(table())
    return fitted, fitted.forecast(coverage=0.8).to_numpy()


MADE = {"windows": windows, "texts": texts, "forecaster": forecaster}


def main():
    """Fit, save, and write what is predicted."""
    figures = FOLDER / "format_1.json"
    predicted = json.loads(figures.read_text())
    for name, make in MADE.items():
        path = FOLDER / f"format_1_{name}.skrnn"
        if not path.exists():
            fitted, values = make()
            skrnn.save(fitted, path, training=name != "texts")
            predicted[name] = values.tolist()
    figures.write_text(json.dumps(predicted, indent=1) + "\n")


if __name__ == "__main__":
    main()
