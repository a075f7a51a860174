"""The description of a training, from which every side builds the same one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ._data import drawn, drawn_texts

CELLS = ("simple", "gru", "lstm")
LEARNING_RATE = 1e-3


@dataclass(frozen=True)
class Task:
    """A network, and the data and epochs that it is trained on.

    All sides train with Adam (learning rate 0.001) on the mean squared error, without clipping
    and without validation, in batches of shuffled samples.

    Parameters
    ----------
    cell : {"simple", "gru", "lstm", "mingru"}
    units : sequence of int
        One for each recurrent layer.
    n_steps, n_features, n_samples, batch_size, epochs : int
    bidirectional : bool
    dropout, recurrent_dropout : float
    n_words : int
        0: the steps are numbers; else they are ids of so many words, and `n_steps` is the most.
    embedding_dim : int or None
    """

    cell: str = "gru"
    units: Sequence[int] = (32,)
    n_steps: int = 24
    n_features: int = 8
    n_samples: int = 4096
    batch_size: int = 32
    epochs: int = 1
    bidirectional: bool = False
    dropout: float = 0.0
    recurrent_dropout: float = 0.0
    n_words: int = 0
    embedding_dim: int | None = None

    @property
    def n_updates(self) -> int:
        """The training steps of one fit."""
        return -(-self.n_samples // self.batch_size) * self.epochs

    def draw(self) -> tuple[Any, np.ndarray]:
        """Return X, an array of shape (n_samples, n_steps, n_features) or a list, and y."""
        y = drawn(self.n_samples, seed=1)
        if self.n_words:
            return drawn_texts(self.n_samples, self.n_words, self.n_steps), y
        return drawn(self.n_samples, self.n_steps, self.n_features), y


def padded(texts: Sequence[np.ndarray], n_steps: int) -> np.ndarray:
    """Return ids as one array, (n_texts, n_steps), with zeros after the end of each text."""
    ids = np.zeros((len(texts), n_steps), dtype=np.int32)
    for row, text in zip(ids, texts, strict=True):
        row[: len(text)] = text
    return ids
