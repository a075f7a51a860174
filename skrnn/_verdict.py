"""Say when a training did not work, and which parameter to change."""

from __future__ import annotations

from typing import Any

from sklearn.exceptions import ConvergenceWarning

from ._data.samples import TrainingData
from ._plan import Plan
from ._training import Trained
from ._warnings import warn
from .exceptions import UninformativeFitWarning


def warn_of_failure(targets: Any, data: TrainingData, plan: Plan, trained: list[Trained]) -> None:
    """Warn once where networks learnt nothing, or were stopped while they still learnt.

    Parameters
    ----------
    targets : Targets or None
        None where the loss is not the usual one of the targets.
    data : TrainingData
        In the network's units.
    plan : Plan
    trained : list of Trained
    """
    losses = [network.best_loss for network in trained]
    constant = None if targets is None else targets.loss_of_constant(data)
    if constant is not None and min(losses) >= constant:
        _warn_uninformative(min(losses), constant, is_held_out=data.validation is not None)
    elif plan.patience is not None and all(n.best_epoch == plan.epochs for n in trained):
        warn(
            f"The loss on the held-out samples was still falling in the last of {plan.epochs} "
            "epochs, so the network could learn more. Raise epochs or learning_rate.",
            ConvergenceWarning,
        )


def _warn_uninformative(loss: float, constant: float, *, is_held_out: bool) -> None:
    on = "the held-out samples" if is_held_out else "the training samples"
    warn(
        f"The network is no better than a constant: its loss on {on} is {loss:.4g}, and "
        f"{constant:.4g} for a constant prediction. Raise epochs or learning_rate, check that "
        "X can tell y, or look at history_.",
        UninformativeFitWarning,
    )
