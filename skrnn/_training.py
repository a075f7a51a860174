"""The part of training that no engine need know: history, early stopping, progress."""

from __future__ import annotations

import numpy as np


class Monitor:
    """Follow the epochs of one fit: keep the history and the best weights, say when to stop.

    Parameters
    ----------
    patience : int or None
        Epochs without a better validation loss after which to stop; None never stops.
    verbose : int
        1 prints a line per epoch.
    epochs : int
        The number of epochs at most, for the printed line.
    on_epoch : skrnn._callbacks.EpochTasks
        Told before and after each epoch.
    """

    def __init__(self, *, patience, verbose, epochs, on_epoch):
        self.patience = patience
        self.verbose = verbose
        self.epochs = epochs
        self.on_epoch = on_epoch
        self.history: dict[str, list[float]] = {}
        self.best_epoch = 0
        self.weights = None
        self._best = np.inf

    @property
    def n_epochs(self):
        """The epochs seen so far."""
        return len(self.history.get("loss", ()))

    def begin_epoch(self):
        """Tell the callbacks that an epoch begins."""
        self.on_epoch.begin()

    def end_epoch(self, logs, weights):
        """Record an epoch's losses and weights; return whether to stop.

        `weights` is a function of no argument, called only where the weights are wanted.
        """
        for name, value in logs.items():
            self.history.setdefault(name, []).append(float(value))
        self._refuse_divergence(logs)
        if self.verbose:
            losses = " - ".join(f"{name}: {value:.4f}" for name, value in logs.items())
            print(f"Epoch {self.n_epochs}/{self.epochs} - {losses}")
        watched = logs.get("val_loss")
        if self.patience is None or watched is None or watched < self._best:
            self._best = np.inf if watched is None else watched
            self.best_epoch = self.n_epochs
            self.weights = weights()
            self._refuse_infinite(self.weights)
        stop = self.on_epoch.end(weights)
        return stop or (
            self.patience is not None and self.n_epochs - self.best_epoch >= self.patience
        )

    def _refuse_infinite(self, weights):
        if not all(np.isfinite(w).all() for w in weights):
            raise ValueError(
                f"Expected finite weights, got infinite ones after epoch {self.n_epochs}: the "
                "training diverged. Lower learning_rate or set clipnorm."
            )

    def _refuse_divergence(self, logs):
        for name, value in logs.items():
            if not np.isfinite(value):
                raise ValueError(
                    f"Expected a finite {name}, got {value} in epoch {self.n_epochs}: the training "
                    "diverged, or the targets are out of all proportion. Lower learning_rate, set "
                    "clipnorm, or keep standardize=True."
                )
