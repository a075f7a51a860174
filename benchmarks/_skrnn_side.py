"""Our side: the public estimator with the parameters of a task."""

from collections.abc import Callable
from typing import Any

import numpy as np

from skrnn import RNNRegressor

from ._task import LEARNING_RATE, Task


def build(task: Task, **parameters: Any) -> RNNRegressor:
    """Return the estimator of a task."""
    return RNNRegressor(
        **{
            "cell": task.cell,
            "units": tuple(task.units),
            "bidirectional": task.bidirectional,
            "dropout": task.dropout,
            "recurrent_dropout": task.recurrent_dropout,
            "embedding_dim": task.embedding_dim,
            "learning_rate": LEARNING_RATE,
            "clipnorm": None,
            "epochs": task.epochs,
            "batch_size": task.batch_size,
            "early_stopping": False,
            "random_state": 0,
            **parameters,
        }
    )


def fits(task: Task, X: Any, y: np.ndarray) -> dict[str, Callable[[], Any]]:
    """Return a call that fits, under the name of how it is run."""
    return {"fit": lambda: build(task).fit(X, y)}


def predictor(task: Task, X: np.ndarray, y: np.ndarray) -> Callable[[np.ndarray], Any]:
    """Return the prediction of a network that was trained a little."""
    return build(task).fit(X, y).predict
