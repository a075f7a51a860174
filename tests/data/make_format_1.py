"""Make the files of format 1 that every later version has to load, with what they predict.

They are made once, and never again: ``python -m tests.data.make_format_1``.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skrnn

FOLDER = Path(__file__).parent
TEXTS = ["a good film", "a bad film", "so good", "so bad and so long", "long", "good and long"]


def table():
    """Forty days of two waves, without any generator of random numbers."""
    days = np.arange(40.0)
    rows = {"a": np.sin(days / 3), "b": 5 + np.cos(days / 5)}
    return pd.DataFrame(rows, index=pd.date_range("2024-01-01", periods=40))


def main():
    """Fit, save, and write what is predicted."""
    small = {"units": 4, "epochs": 3, "batch_size": 16, "random_state": 0}
    frame = table()
    windows = make_pipeline(
        StandardScaler().set_output(transform="pandas"),
        skrnn.LagWindows(6),
        skrnn.RNNRegressor(baseline="linear", **small),
    ).fit(frame[:30], frame["a"].shift(-1)[:30])
    texts = make_pipeline(
        skrnn.SequenceTokenizer(max_len=6),
        skrnn.RNNClassifier(embedding_dim=2, **small),
    ).fit(TEXTS * 3, ["up", "down", "up", "down", "down", "up"] * 3)
    skrnn.save(windows, FOLDER / "format_1_windows.skrnn")
    skrnn.save(texts, FOLDER / "format_1_texts.skrnn", training=False)
    predicted = {
        "windows": windows.predict(frame[30:]).tolist(),
        "texts": texts.predict_proba(TEXTS).tolist(),
    }
    (FOLDER / "format_1.json").write_text(json.dumps(predicted, indent=1) + "\n")


if __name__ == "__main__":
    main()
