"""Keras' side: the same layers, and otherwise everything as Keras has it by default."""

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np

from skrnn._keras.layers.min_gru import MinGRU

from ._task import LEARNING_RATE, Task, padded

_LAYERS = {
    "simple": keras.layers.SimpleRNN,
    "gru": keras.layers.GRU,
    "lstm": keras.layers.LSTM,
    # Keras has none: ours, over Keras' own loop of steps.
    "mingru": MinGRU,
}


def build(task: Task) -> keras.Model:
    """Return the compiled model of a task."""
    model = keras.Sequential([*_input_layers(task), *_recurrent_layers(task)])
    model.add(keras.layers.Dense(1))
    model.compile(keras.optimizers.Adam(LEARNING_RATE), "mse")
    return model


def fits(task: Task, X: Any, y: np.ndarray) -> dict[str, Callable[[], Any]]:
    """Return a call that fits, under the name of how it is run."""
    X = padded(X, task.n_steps) if task.n_words else X
    fit = build(task).fit
    return {"fit": lambda: fit(X, y, batch_size=task.batch_size, epochs=task.epochs, verbose=0)}


def predictor(task: Task, X: np.ndarray, y: np.ndarray, **options: Any) -> Callable[..., Any]:
    """Return the prediction of a network, which its training would not change the time of."""
    return partial(build(task).predict, verbose=0, **options)


def _input_layers(task: Task) -> list[Any]:
    if not task.n_words:
        return [keras.Input((task.n_steps, task.n_features))]
    embedding = keras.layers.Embedding(task.n_words + 1, task.embedding_dim, mask_zero=True)
    return [keras.Input((task.n_steps,), dtype="int32"), embedding]


def _recurrent_layers(task: Task) -> list[Any]:
    layers = [
        _LAYERS[task.cell](
            units,
            dropout=task.dropout,
            recurrent_dropout=task.recurrent_dropout,
            return_sequences=number < len(task.units),
        )
        for number, units in enumerate(task.units, start=1)
    ]
    return [keras.layers.Bidirectional(layer) for layer in layers] if task.bidirectional else layers
