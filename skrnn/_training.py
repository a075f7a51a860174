"""Training, as far as no engine need know: history, early stopping, progress."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ._callbacks import EpochTasks
from ._data.samples import TrainingData
from ._device import CPU
from ._plan import Plan
from ._schedule import Plateau
from ._spec import Training, Values


@dataclass(frozen=True)
class Progress:
    """The progress of the training of one network after an epoch.

    Parameters
    ----------
    weights : list of ndarray
        Those after the last epoch.
    optimizer_state : list of ndarray
        After the last step.
    best_weights : list of ndarray or None
        Those of the best epoch; None where that is the last one.
    history : dict of list of float
        The losses of each epoch.
    stopped : bool
        Whether the training was stopped before its last planned epoch.
    """

    weights: list[np.ndarray]
    optimizer_state: list[np.ndarray]
    best_weights: list[np.ndarray] | None
    history: dict[str, list[float]]
    stopped: bool


@dataclass(frozen=True)
class Trained:
    """The results of a training.

    Parameters
    ----------
    weights : list of ndarray
        Those of the best epoch.
    optimizer_state : list of ndarray
        After the last step.
    history : dict of list of float
        The losses of each epoch.
    best_epoch : int
        Counted from 1.
    """

    weights: list[np.ndarray]
    optimizer_state: list[np.ndarray]
    history: dict[str, list[float]]
    best_epoch: int

    @property
    def n_epochs(self) -> int:
        """How many epochs were run."""
        return len(self.history["loss"])

    @property
    def best_loss(self) -> float:
        """The loss of the best epoch, on the held-out samples if there are any."""
        losses = self.history.get("val_loss", self.history["loss"])
        return losses[self.best_epoch - 1]


@dataclass(frozen=True)
class Run:
    """How networks are trained: all that is decided before the first step.

    Parameters
    ----------
    network : spec of the network
    training : Training
    engine : {"compiled", "keras"}
    plan : Plan
    verbose : int
    extras : dict
        Arguments for the engine "keras" alone.
    """

    network: Any
    training: Training
    engine: str
    plan: Plan
    verbose: int
    extras: dict[str, Any]


@dataclass(frozen=True)
class Start:
    """The start of the training of a network.

    Parameters
    ----------
    values : Values
    weights : list of ndarray or None
        None for a user's own model.
    optimizer_state : list of ndarray or None
        None for a new optimizer.
    record : skrnn._checkpoint.Record or None, default=None
        The place for its progress, with the progress of a run that was killed.
    """

    values: Values
    weights: list[np.ndarray] | None
    optimizer_state: list[np.ndarray] | None
    record: Any = None


def device_to_train_on(params: Any) -> str:
    """Return the device to train on; refuse a GPU that is not there."""
    if params.device == CPU:
        return CPU  # TensorFlow need not be asked
    from . import _keras

    chosen: str = _keras.choose_device(params.device)
    return chosen


def train(
    run: Run,
    data: TrainingData,
    tasks: EpochTasks,
    starts: list[Start],
    halted: threading.Event,
) -> list[Trained]:
    """Train a network from each start, several at once where there are cores."""

    def train_from(start: Start) -> Trained:
        return _train_one(run, data, tasks, start, halted)

    return at_once(train_from, starts, run.engine, run.training.device, halted)


def at_once(
    job: Callable[[Any], Any], items: list[Any], engine: str, device: str, halted: threading.Event
) -> list[Any]:
    """Return the results of a job that trains, several at once where there are cores.

    If one fails, or the user interrupts, the others end with their epoch.
    """
    from . import _keras

    with _keras.mapping_fits(engine, device, len(items)) as map_fits:
        try:
            return list(map_fits(job, items))
        except BaseException:
            halted.set()
            raise


def _train_one(
    run: Run, data: TrainingData, tasks: EpochTasks, start: Start, halted: threading.Event
) -> Trained:
    """Train one network."""
    from . import _keras

    monitor = Monitor(
        patience=run.plan.patience,
        plateau=run.plan.plateau,
        verbose=run.verbose,
        epochs=run.plan.epochs,
        on_epoch=tasks.of_network(),
        halted=halted,
        record=start.record,
    )
    weights, state = start.weights, start.optimizer_state
    if monitor.progress is not None:
        weights, state = monitor.progress.weights, monitor.progress.optimizer_state
    if not monitor.is_over:
        state = _keras.fit(
            run.engine,
            run.network,
            run.training,
            start.values,
            data,
            monitor,
            weights=weights,
            optimizer_state=state,
            **run.extras,
        )
    assert state is not None
    return Trained(monitor.weights, state, monitor.history, monitor.best_epoch)


class Monitor:
    """Follow the epochs of one fit: keep the history and the best weights, say when to stop.

    Parameters
    ----------
    patience : int or None
        Epochs without a better validation loss after which to stop; None never stops.
    plateau : int or None
        Epochs without a better loss after which to lower the learning rate; None never does.
    verbose : int
        1 prints a line per epoch.
    epochs : int
        The number of epochs at most, for the printed line.
    on_epoch : skrnn._callbacks.Epochs
        Told before and after each epoch.
    halted : threading.Event
        Set where no more epochs are wanted, because another network failed.
    record : skrnn._checkpoint.Record or None
        The place for the progress, with the progress of a run that was killed.
    """

    def __init__(self, *, patience, plateau, verbose, epochs, on_epoch, halted, record=None):
        self.patience = patience
        self._plateau = Plateau(plateau)
        self.verbose = verbose
        self.epochs = epochs
        self.on_epoch = on_epoch
        self.halted = halted
        self.history: dict[str, list[float]] = {}
        self.best_epoch = 0
        self.weights: Any = None
        self._best = np.inf
        self._record = record
        self.progress = None if record is None else record.progress
        self._is_stopped = False
        if self.progress is not None:
            self._go_on_from(self.progress)

    @property
    def n_epochs(self):
        """The epochs seen so far, those of a run that was killed among them."""
        return len(self.history.get("loss", ()))

    @property
    def is_over(self):
        """Whether a run that was killed had come to the end of this training."""
        return self._is_stopped or self.n_epochs >= self.epochs

    @property
    def rate_scale(self):
        """The factor of the learning rate in the next epoch."""
        return self._plateau.scale

    def begin_epoch(self):
        """Tell the callbacks that an epoch begins."""
        self.on_epoch.begin()

    def end_epoch(self, logs, weights, state=None):
        """Record an epoch's losses and weights; return whether to stop.

        `weights` and `state`, of the optimizer, are functions of no argument, called only where
        these are wanted.
        """
        for name, value in logs.items():
            self.history.setdefault(name, []).append(float(value))
        self._refuse_divergence(logs)
        if self.verbose:
            losses = " - ".join(f"{name}: {value:.4f}" for name, value in logs.items())
            print(f"Epoch {self.n_epochs}/{self.epochs} - {losses}")
        if self._see(logs):
            self.weights = weights()
            self._refuse_infinite(self.weights)
        asked = self.on_epoch.end(weights)
        self._is_stopped = bool(asked) or self._has_waited()
        if self._record is not None:
            self._record.keep(self._progress(weights(), state()))
        return self._is_stopped or self.halted.is_set()

    def _see(self, logs):
        """Take the losses of the epoch that the history ends with; tell whether it is the best."""
        watched = logs.get("val_loss")
        self._plateau.see(logs["loss"] if watched is None else watched)
        is_best = self.patience is None or watched is None or watched < self._best
        if is_best:
            self._best = np.inf if watched is None else watched
            self.best_epoch = self.n_epochs
        return is_best

    def _has_waited(self):
        return self.patience is not None and self.n_epochs - self.best_epoch >= self.patience

    def _progress(self, weights, state):
        """Return all from which the next epoch can go on."""
        is_best = self.best_epoch == self.n_epochs
        history = {name: list(losses) for name, losses in self.history.items()}
        best = None if is_best else list(self.weights)
        return Progress(weights, state, best, history, self._is_stopped)

    def _go_on_from(self, progress):
        """Be as after the last epoch of a run that was killed."""
        for losses in zip(*progress.history.values(), strict=True):
            for name, value in zip(progress.history, losses, strict=True):
                self.history.setdefault(name, []).append(value)
            self._see(dict(zip(progress.history, losses, strict=True)))
        best = progress.best_weights
        self.weights = progress.weights if best is None else best
        self._is_stopped = progress.stopped

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
