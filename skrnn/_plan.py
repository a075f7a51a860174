"""How much a network is trained: what "auto" stands for, and what numbers say.

The work is counted in updates. A few samples need many epochs for the same number of updates, and a
part of them that is held out says little. So they are trained by a schedule, to its end; more
samples are trained until the held-out part says that it is enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Any

from ._compat import StrOptions
from ._schedule import CONSTANT, Schedule

# From so many samples on a part is held out. Windows of a series and texts are noisy: the schedule
# alone would learn their noise. A part of other sequences says little unless there are many.
_FEWEST_WINDOWS, _FEWEST_SEQUENCES = 500, 2000
# Without a held-out part: the least of updates and epochs, the samples of a batch, and the learning
# rate that classifiers of sequences begin with. Numbers, windows and texts are noisy: they keep the
# usual one.
_UPDATES, _EPOCHS = 1000, 20
_SMALL_BATCH = 16
_SCHEDULED_RATE = 5e-3
# Epochs after which "plateau" lowers the rate where nothing is held out.
_PLATEAU = 10


@dataclass(frozen=True)
class Plan:
    """How a network is trained.

    Parameters
    ----------
    learning_rate : float
    schedule : {"constant", "cosine", "plateau"}
    batch_size : int
    epochs : int
        At most.
    patience : int or None
        Epochs without a better validation loss after which to stop; None never stops.
    """

    learning_rate: float
    schedule: str
    batch_size: int
    epochs: int
    patience: int | None

    def rates(self, n_samples: int) -> Schedule:
        """Return the schedule of the learning rate for so many samples."""
        if self.schedule != "cosine":
            return CONSTANT
        return Schedule.cosine(self.epochs * ceil(n_samples / self.batch_size))

    def attributes(self, n_samples: int, n_epochs: int) -> dict[str, Any]:
        """Return what a fitted estimator shows of it, after so many epochs."""
        return {
            "batch_size_": self.batch_size,
            "epochs_": self.epochs,
            "learning_rate_": self.learning_rate,
            "n_updates_": n_epochs * ceil(n_samples / self.batch_size),
        }

    @property
    def plateau(self) -> int | None:
        """Epochs without a better loss after which the rate is lowered; None: it never is."""
        if self.schedule != "plateau":
            return None
        return ceil(self.patience / 2) if self.patience else _PLATEAU


def holds_out(params: Any, n_samples: int, *, are_independent: bool) -> bool:
    """Tell whether a part of the samples is held out to stop early by.

    `are_independent` tells sequences of numbers from windows of a series and from texts.
    """
    if params.early_stopping == "auto":
        return n_samples >= (_FEWEST_SEQUENCES if are_independent else _FEWEST_WINDOWS)
    return bool(params.early_stopping)


def plan_of_one_epoch(params: Any, usual: Usual) -> Plan:
    """Return the plan of an epoch that continues a training, or begins one."""
    rate, size = (getattr(params, k) for k in ("learning_rate", "batch_size"))
    return Plan(
        float(_chosen(rate, usual.learning_rate)),
        "constant",
        int(_chosen(size, usual.batch_size)),
        epochs=1,
        patience=None,
    )


def plan_of(params: Any, usual: Usual, n_samples: int, *, validates: bool, is_clear: bool) -> Plan:
    """Return the plan that the parameters ask for.

    Parameters
    ----------
    params : namespace
    usual : Usual
        The values of "auto" if a part is held out.
    n_samples : int
        Those to train on.
    validates : bool
        Whether there are samples to stop early by.
    is_clear : bool
        Whether there is little noise to learn: classes of sequences, and neither windows nor texts.
    """
    scheduled = not validates
    batch_size = int(_chosen(params.batch_size, _SMALL_BATCH if scheduled else usual.batch_size))
    updates_an_epoch = ceil(n_samples / batch_size)
    least = max(ceil(_UPDATES / updates_an_epoch), _EPOCHS)
    epochs = least if scheduled else usual.epochs
    rate = _SCHEDULED_RATE if scheduled and is_clear else usual.learning_rate
    return Plan(
        float(_chosen(params.learning_rate, rate)),
        _chosen(params.learning_rate_schedule, "cosine" if scheduled else "constant"),
        batch_size,
        int(_chosen(params.epochs, epochs)),
        int(_chosen(params.n_iter_no_change, usual.patience)) if validates else None,
    )


@dataclass(frozen=True)
class Usual:
    """The values of "auto" if a part of the samples is held out."""

    learning_rate: float
    batch_size: int
    epochs: int
    patience: int


def in_numbers(constraints: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Return the constraints of a network for which nothing is chosen, so without "auto"."""
    chosen = ("learning_rate", "epochs", "batch_size", "early_stopping", "n_iter_no_change")
    return {
        name: [rule for rule in rules if name not in chosen or not isinstance(rule, StrOptions)]
        for name, rules in constraints.items()
    }


def _chosen(value: Any, automatic: Any) -> Any:
    return automatic if value == "auto" else value
