"""Whether a network predicts alone, or what is left beside a line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ._data.line import can_have_line
from ._data.samples import TrainingData
from ._data.task import Task
from ._estimator import Fit

Train = Callable[[Task[Any, Any]], None]


def train_with_baseline(fit: Fit, task: Task[Any, Any], data: TrainingData, train: Train) -> None:
    """Train a network for a task in the user's units, beside a line where that is better.

    Parameters
    ----------
    fit : Fit
    task : Task
        Without scales, or that of the fit that this one goes on from.
    data : TrainingData
        In the user's units.
    train : callable
        Trains for a task with its scales, and sets the fitted attributes.
    """
    standardize = fit.params.standardize
    alone = task.learnt_from(data, standardize=standardize)
    baseline = _baseline(fit, data)
    if baseline is None:
        train(alone)
        return
    if baseline == "judged":
        train(alone)
    beside = task.with_line(data, standardize=standardize)
    if baseline == "judged" and _loss_of_line(alone, beside, data.validation) >= fit.best_loss:
        return
    beside = beside.learnt_from(data, standardize=standardize)
    train(beside)
    if data.validation is not None:
        _silence_where_worse(fit, beside, data)


def _baseline(fit: Fit, data: TrainingData) -> str | None:
    """Return None, "linear", or "judged" where the held-out samples decide."""
    params, chosen = fit.params, fit.params.baseline
    if fit.goes_on or chosen is None:
        return None  # a task that goes on has its line
    reasons = _reasons_against(params, data)
    if chosen == "linear" and reasons:
        raise ValueError(
            "Expected baseline='linear' with sequences of numbers of one length, the loss 'auto' "
            f"and a network of ours, got {' and '.join(reasons)}. Set baseline=None."
        )
    if chosen == "linear" or reasons:
        return None if reasons else chosen
    if data.validation is not None:
        return "judged"
    # Too few to hold some out; else the user wants all of them trained on, and nothing judged.
    return "linear" if params.early_stopping == "auto" and not fit.one_epoch else None


def _reasons_against(params: Any, data: TrainingData) -> list[str]:
    reasons = {
        "a model": params.model is not None,
        f"decoder={params.decoder!r}": params.decoder != "dense",
        f"loss={params.loss!r}": params.loss != "auto",
        "pretrained layers": params.pretrained is not None,
        "other sequences or targets": not can_have_line(data.sequences, data.targets),
    }
    return [reason for reason, holds in reasons.items() if holds]


def _loss_of_line(
    alone: Task[Any, Any], beside: Task[Any, Any], held_out: TrainingData | None
) -> float:
    """Return the loss of the line by itself, in the units of the network that is alone."""
    assert held_out is not None
    left = beside.beside_line(held_out.targets, held_out.sequences)
    losses = np.square(left / np.asarray(alone.targets.scale)).mean(axis=1)
    return float((losses * held_out.sample_weight).mean())


def _silence_where_worse(fit: Fit, task: Task[Any, Any], data: TrainingData) -> None:
    """Let the line predict alone where a network made it worse on the held-out samples."""
    constant = task.targets.loss_of_constant(task.in_network_units(data))
    size = len(fit.trained[0].weights)
    for number, network in enumerate(fit.trained):
        if network.best_loss >= constant:
            last = slice((number + 1) * size - 2, (number + 1) * size)  # kernel and bias
            weights = fit.estimator.weights_
            weights[last] = [np.zeros_like(w) for w in weights[last]]
