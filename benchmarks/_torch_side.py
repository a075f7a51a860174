"""PyTorch's side: a module of its own layers, and the plain loop over shuffled batches."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch.nn.utils.rnn import pack_padded_sequence

from ._environment import n_cores
from ._task import LEARNING_RATE, Task, padded

_LAYERS = {"simple": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}
# epsilon as in Keras and skrnn; one kernel for the whole update is the fastest that PyTorch has.
ADAM: dict[str, Any] = {"lr": LEARNING_RATE, "eps": 1e-7, "fused": True}


class Network(torch.nn.Module):
    """Recurrent layers and one linear output; of words, an embedding before them.

    Parameters
    ----------
    cell : {"simple", "gru", "lstm"}
    units : int
    n_layers : int, default=1
    n_features : int, default=8
    bidirectional : bool, default=False
    dropout : float, default=0.0
        Between the layers; `torch.nn` has none within them.
    n_words : int, default=0
    embedding_dim : int or None, default=None
    """

    def __init__(
        self,
        cell: str,
        units: int,
        n_layers: int = 1,
        n_features: int = 8,
        bidirectional: bool = False,
        dropout: float = 0.0,
        n_words: int = 0,
        embedding_dim: int | None = None,
    ) -> None:
        super().__init__()
        self.embedding = None
        if embedding_dim is not None:
            self.embedding = torch.nn.Embedding(n_words + 1, embedding_dim, padding_idx=0)
            n_features = embedding_dim
        self.layers = _LAYERS[cell](
            n_features,
            units,
            num_layers=n_layers,
            batch_first=True,
            bidirectional=bidirectional,
            dropout=dropout,
        )
        self.output = torch.nn.Linear(units * (1 + bidirectional), 1)

    def forward(self, inputs: Any, lengths: Any = None) -> Any:
        """Return the outputs, (batch, 1), of (batch, n_steps, n_features) or ids."""
        if self.embedding is not None:
            inputs = self.embedding(inputs)
        if lengths is not None:
            inputs = pack_padded_sequence(inputs, lengths, batch_first=True, enforce_sorted=False)
        _, state = self.layers(inputs)
        last = state[0] if isinstance(state, tuple) else state
        directions = last[-2:] if self.layers.bidirectional else last[-1:]
        return self.output(torch.cat(list(directions), dim=1))


def build(task: Task) -> Network:
    """Return the module of a task."""
    return Network(
        task.cell,
        task.units[0],
        n_layers=len(task.units),
        n_features=task.n_features,
        bidirectional=task.bidirectional,
        dropout=task.dropout,
        n_words=task.n_words,
        embedding_dim=task.embedding_dim,
    )


def fits(task: Task, X: Any, y: np.ndarray) -> dict[str, Callable[[], Any]]:
    """Return calls that train, one for each number of threads."""
    train = _Training(task, X, y)

    def with_threads(number: int) -> Callable[[], Any]:
        def run() -> None:
            torch.set_num_threads(number)
            train()

        return run

    return {f"threads={number}": with_threads(number) for number in sorted({1, n_cores()})}


def predictor(task: Task, X: np.ndarray, y: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Return the prediction of a network, which its training would not change the time of."""
    network = build(task).eval()

    def predict(X: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return network(torch.from_numpy(X)).numpy()

    return predict


class _Training:
    """A network in training; a call runs the task's epochs."""

    def __init__(self, task: Task, X: Any, y: np.ndarray) -> None:
        self.task = task
        self.lengths = torch.tensor([len(text) for text in X]) if task.n_words else None
        self.X = torch.from_numpy(padded(X, task.n_steps) if task.n_words else X)
        self.y = torch.from_numpy(y)[:, None]
        self.network = build(task)
        self.optimizer = torch.optim.Adam(self.network.parameters(), **ADAM)
        self.loss = torch.nn.MSELoss()

    def __call__(self) -> float:
        """Train, and return the loss of the last epoch."""
        self.network.train()
        for _ in range(self.task.epochs):
            total = torch.zeros(())
            for inputs, targets in self._batches():
                self.optimizer.zero_grad()
                loss = self.loss(self.network(*inputs), targets)
                loss.backward()
                self.optimizer.step()
                total += loss.detach() * len(targets)
        return float(total) / self.task.n_samples

    def _batches(self) -> Iterator[tuple[tuple[Any, ...], Any]]:
        for samples in torch.randperm(self.task.n_samples).split(self.task.batch_size):
            if self.lengths is None:
                yield (self.X[samples],), self.y[samples]
            else:
                lengths = self.lengths[samples]
                yield (self.X[samples, : int(lengths.max())], lengths), self.y[samples]
