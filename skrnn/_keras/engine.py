"""The protocol of an engine, and of the monitor of a fit."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from .._data.samples import TrainingData
from .._data.sequences import Sequences
from .._spec import Spec, Training, Values


class Monitor(Protocol):
    """Follows the epochs of a fit, keeps the best weights and says when to stop."""

    patience: int | None
    weights: Any

    @property
    def n_epochs(self) -> int:
        """The epochs seen so far; before the first, those of a run that this one goes on from."""

    @property
    def rate_scale(self) -> float:
        """The factor of the learning rate in the next epoch."""

    def begin_epoch(self) -> None:
        """Hear that an epoch begins."""

    def end_epoch(
        self,
        logs: Mapping[str, float],
        weights: Callable[[], list[np.ndarray]],
        state: Callable[[], list[np.ndarray]] | None = None,
    ) -> bool:
        """Take an epoch's losses; tell whether to stop.

        Its weights, and the optimizer's state, are taken where they are wanted.
        """


class Bends(Protocol):
    """How some features are seen; see `skrnn._data.bends`."""

    def __bool__(self) -> bool: ...

    def fields(self) -> tuple[tuple[float, ...], ...]: ...


# The scale and the offset of features, their bends, and those that are there a second time.
Scaling = tuple[np.ndarray, np.ndarray, Bends, tuple[int, ...]]


class Line(Protocol):
    """A linear forecast from the last steps of a sequence."""

    n_steps: int
    coef: np.ndarray
    intercept: np.ndarray


class ClassLine(Line, Protocol):
    """A linear model of classes, whose probabilities count in a mean."""

    share: float


class Engine(Protocol):
    """Trains networks, and predicts by them."""

    def fit(
        self,
        network: Spec,
        training: Training,
        values: Values,
        data: TrainingData,
        monitor: Monitor,
        *,
        weights: Sequence[np.ndarray] | None,
        optimizer_state: Sequence[np.ndarray] | None = None,
    ) -> list[np.ndarray]:
        """Train; leave the history and the best weights in the monitor.

        Parameters
        ----------
        network : Spec
        training : Training
        values : Values
        data : TrainingData
        monitor : Monitor
        weights : sequence of ndarray or None
            The weights to start from; None leaves them to a user's own model.
        optimizer_state : sequence of ndarray or None
            The state that an earlier call returned.

        Returns
        -------
        list of ndarray
            The optimizer's state after the last step.
        """

    def predict(
        self, network: Spec, weights: Sequence[np.ndarray], sequences: Sequences
    ) -> np.ndarray:
        """Return the raw outputs: float32 of shape (n_samples, n_outputs).

        A network with outputs per step returns those of all steps in a row, (n_all_steps,
        n_outputs), one sequence after the other; a decoder returns (n_samples, n_target_steps,
        n_outputs).
        """
