"""The part of training that no engine need know: history, early stopping, progress."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ._sequences import Sequences


@dataclass(frozen=True)
class TrainingData:
    """What a network is trained on, in its own units.

    Parameters
    ----------
    sequences : Sequences
    targets : float32 ndarray of shape (n_samples[, n_steps], n_targets), or None
        Zero at steps that do not count. Labels are class numbers, in one column. None where
        they are steps of the sequences themselves.
    sample_weight : float32 ndarray of shape (n_samples,), or (n_samples, n_steps)
        Of each step where the targets are per step and do not all weigh alike.
    validation : TrainingData or None
        What early stopping looks at.
    target_lengths : int ndarray of shape (n_samples,) or None
        The steps of each sample's targets where they are other ones than those of the sequence.
    batch_size : int or None
        Samples of a batch, where their order decides it.
    """

    sequences: Sequences
    targets: np.ndarray | None
    sample_weight: np.ndarray
    validation: TrainingData | None = None
    target_lengths: np.ndarray | None = None
    batch_size: int | None = None

    @property
    def lengths(self):
        """What a sample's share of the work is by: like ones come in one batch."""
        if self.target_lengths is None:
            return self.sequences.lengths
        return self.sequences.lengths + self.target_lengths

    def weighted(self):
        """Return the samples that have a weight: the others would still count in a batch's mean."""
        has_weight = self.sample_weight.reshape(len(self.sample_weight), -1).any(axis=1)
        return self if has_weight.all() else self.take(np.flatnonzero(has_weight))

    def trimmed(self):
        """Return the same data with sequences that end with a present step."""
        validation = self.validation and self.validation.trimmed()
        return replace(self, sequences=self.sequences.trimmed(), validation=validation)

    def take(self, samples, validation=None):
        """Return some of the samples."""
        sequences = self.sequences.take(samples)
        targets = None if self.targets is None else self.targets[samples]
        if targets is not None and self.target_lengths is None and targets.ndim == 3:
            targets = targets[:, : sequences.n_steps]
        weights = self.sample_weight[samples]
        if weights.ndim == 2:
            weights = weights[:, : sequences.n_steps]
        lengths = None if self.target_lengths is None else self.target_lengths[samples]
        return TrainingData(sequences, targets, weights, validation, lengths)


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
