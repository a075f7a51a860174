"""Whether a training worked, and if not, which parameter to change."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from ._data.rare_values import rare_values, rare_values_message
from ._data.samples import TrainingData
from ._data.sequences import Sequences
from ._plan import Plan
from ._training import Trained
from .exceptions import RareValuesWarning, UninformativeFitWarning


class Verdict(NamedTuple):
    """A warning to give."""

    message: str
    category: type[Warning]


def verdict(targets: Any, data: TrainingData, plan: Plan, trained: list[Trained]) -> Verdict | None:
    """Tell of networks that learnt nothing, or were stopped while they still learnt.

    Parameters
    ----------
    targets : Targets or None
        None where a constant is not what to compare with.
    data : TrainingData
        In the network's units.
    plan : Plan
    trained : list of Trained
    """
    best = min(network.best_loss for network in trained)
    constant = None if targets is None else targets.loss_of_constant(data)
    if constant is not None and best >= constant:
        on = "the training samples" if data.validation is None else "the held-out samples"
        return Verdict(
            f"The network is no better than a constant: its loss on {on} is {best:.4g}, and "
            f"{constant:.4g} for a constant prediction. Raise epochs or learning_rate, check that "
            "X can tell y, or look at history_.",
            UninformativeFitWarning,
        )
    if plan.patience is not None and all(n.best_epoch == plan.epochs for n in trained):
        return Verdict(
            f"The loss on the held-out samples was still falling in the last of {plan.epochs} "
            "epochs, so the network could learn more. Raise epochs or learning_rate.",
            ConvergenceWarning,
        )
    return None


def verdict_of_unseen(constant: np.ndarray, found: np.ndarray) -> Verdict | None:
    """Tell of losses of samples not trained on that are no better than those of a constant."""
    if is_better(found, constant):
        return None
    error = _standard_error(constant - found)
    return Verdict(
        "The network is no better than a constant, as far as chance allows to say: its loss on "
        f"samples not trained on is {found.mean():.4g}, and {constant.mean():.4g} for a constant "
        f"prediction, with a standard error of {error:.2g} of the difference. Give more samples, "
        "check that X can tell y, or raise epochs or learning_rate.",
        UninformativeFitWarning,
    )


def is_better(found: np.ndarray, before: np.ndarray) -> bool:
    """Tell whether losses of samples are smaller by more than the standard error of the mean."""
    gain = before - found
    return bool(gain.mean() > _standard_error(gain))


def _standard_error(values: np.ndarray) -> float:
    return float(values.std() / np.sqrt(len(values)))


def hint(sequences: Sequences) -> Verdict | None:
    """Tell of features that a network can hardly learn from."""
    found = [] if sequences.holds_tokens else rare_values(sequences.used_rows())
    message = rare_values_message(found, "features, counted from 0:")
    return Verdict(message, RareValuesWarning) if found else None
