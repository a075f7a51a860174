"""The data of a task: samples to learn from, samples to answer, and plain answers to these."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Data:
    """The two parts of a data set.

    Attributes
    ----------
    X_train, y_train, X_test, y_test
        As an estimator takes them. The tables of a series follow one another.
    naive : ndarray
        An answer to `X_test` that needs no learning.
    judged : ndarray of bool
        The rows of the test part that count. The first ones of a series do not: between the last
        row that is learnt from and the first that counts lie the targets of the former.
    """

    X_train: Any
    y_train: np.ndarray
    X_test: Any
    y_test: np.ndarray
    naive: np.ndarray
    judged: np.ndarray


def forecasts(
    table: pd.DataFrame,
    target: str,
    *,
    ahead: Sequence[int],
    train: int,
    test: int,
    season: int = 1,
) -> Data:
    """Return the forecasts of a column so many rows ahead, of the last rows of a table.

    Naive is the value a season before, or two seasons where one is not known yet. A panel has the
    same rows of each of its series.
    """
    if table.index.nlevels == 2:
        series = [part for _, part in table.groupby(level=0, sort=False)]
        return together([forecasts_of_one(s, target, ahead, train, test, season) for s in series])
    return forecasts_of_one(table, target, ahead, train, test, season)


def forecasts_of_one(
    table: pd.DataFrame, target: str, ahead: Sequence[int], train: int, test: int, season: int
) -> Data:
    """Return the forecasts of one series."""
    furthest = max(ahead)
    table = table.iloc[-(train + test + furthest) :]
    values = table[target]
    y = np.column_stack([values.shift(-h) for h in ahead])[:-furthest]
    naive = np.column_stack([values.shift(season * -(-h // season) - h) for h in ahead])
    X = table.astype("float32").iloc[:-furthest]
    if len(ahead) == 1:
        y, naive = y[:, 0], naive[:, 0]
    judged = np.arange(test) >= furthest - 1
    return Data(X[:train], y[:train], X[train:], y[train:], naive[:-furthest][train:], judged)


def together(parts: Sequence[Data]) -> Data:
    """Return the data of several series as those of one panel."""
    return Data(
        pd.concat([part.X_train for part in parts]),
        np.concatenate([part.y_train for part in parts]),
        pd.concat([part.X_test for part in parts]),
        np.concatenate([part.y_test for part in parts]),
        np.concatenate([part.naive for part in parts]),
        np.concatenate([part.judged for part in parts]),
    )


def answers(X_train: Any, y_train: np.ndarray, X_test: Any, y_test: np.ndarray) -> Data:
    """Return data of independent samples; naive is the best constant: a class or the median."""
    if np.issubdtype(y_train.dtype, np.floating):
        constant = np.median(y_train)
    else:
        classes, counts = np.unique(y_train, return_counts=True)
        constant = classes[counts.argmax()]
    naive = np.full(len(y_test), constant)
    return Data(X_train, y_train, X_test, y_test, naive, np.ones(len(y_test), bool))
