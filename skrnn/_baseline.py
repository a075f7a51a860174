"""Networks that predict alone, and networks that predict what is left beside a line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ._data.known_targets import mean_of_known
from ._data.line import can_have_line
from ._data.samples import TrainingData
from ._data.task import Task
from ._data.window_runs import are_independent
from ._estimator import Fit

Train = Callable[[Task[Any, Any]], None]


def train_with_baseline(
    fit: Fit, task: Task[Any, Any], data: TrainingData, train: Train, given: TrainingData
) -> None:
    """Train networks for a task in the user's units, beside a line if that is wanted.

    Parameters
    ----------
    fit : Fit
    task : Task
        Without scales, or that of the fit that this one goes on from.
    data : TrainingData
        In the user's units.
    train : callable
        Trains for a task with its scales, and sets the fitted attributes. Networks of an earlier
        call stay.
    given : TrainingData
        The samples of X, those that are held out among them, which the line learns from last.
    """
    standardize = fit.params.standardize
    alone = task.learnt_from(data, standardize=standardize)
    if fit.goes_on:
        _go_on(alone, train)
        return
    baseline = _baseline(fit, data)
    if baseline != "linear":
        train(alone)
    if baseline is None:
        return
    beside = alone.with_line(data, standardize=standardize)
    if baseline == "mean":
        if _loss_of_line(beside, data.validation) < fit.best_loss:
            fit.trained = []  # a network that cannot do what a line does
        else:
            beside = beside.with_networks_alone(fit.params.n_networks)
    train(beside)
    if data.validation is not None:
        _silence_where_worse(fit, beside, data)
        fit.estimator.line_ = beside.with_line_of(given).attributes()["line_"]


def _go_on(task: Task[Any, Any], train: Train) -> None:
    """Train the networks of an earlier fit further, those that are alone first."""
    if task.line is None or task.line.n_alone:
        train(replace(task, line=None))
    if task.line is not None:
        train(task)


def _baseline(fit: Fit, data: TrainingData) -> str | None:
    """Return None, "linear", or "mean" of networks alone and beside the line."""
    params, chosen = fit.params, fit.params.baseline
    reasons = [] if chosen is None else _reasons_against(params, data)
    if chosen == "linear" and reasons:
        raise ValueError(
            "Expected baseline='linear' with sequences of numbers of one length, the loss 'auto' "
            f"and a network of ours, got {' and '.join(reasons)}. Set baseline=None."
        )
    if chosen is None or reasons:
        return None
    if chosen == "linear":
        return "linear"
    if data.validation is not None:
        return "mean"
    if params.early_stopping != "auto" or fit.one_epoch:
        return None  # nothing is to be judged
    # Too few to hold some out. Few sequences do not teach a network what a line finds in them.
    return "linear" if are_independent(data.sequences) else "mean"


def _reasons_against(params: Any, data: TrainingData) -> list[str]:
    reasons = {
        "a model": params.model is not None,
        f"decoder={params.decoder!r}": params.decoder != "dense",
        f"loss={params.loss!r}": params.loss != "auto",
        "pretrained layers": params.pretrained is not None,
        "other sequences, or a target that is constant": not can_have_line(
            data.sequences, data.targets
        ),
    }
    return [reason for reason, holds in reasons.items() if holds]


def _loss_of_line(task: Task[Any, Any], held_out: TrainingData | None) -> float:
    """Return the loss of the line by itself, in the units of a network that is alone.

    Infinite where nothing is held out to tell.
    """
    if held_out is None:
        return np.inf
    left = task.beside_line(held_out.targets, held_out.sequences)
    losses = np.square(left / np.asarray(task.targets.scale))
    return mean_of_known(losses, held_out.sample_weight)


def _silence_where_worse(fit: Fit, task: Task[Any, Any], data: TrainingData) -> None:
    """Let the line predict alone where a network made it worse on the held-out samples."""
    constant = task.targets.loss_of_constant(task.in_network_units(data))
    size, weights = len(fit.trained[0].weights), fit.estimator.weights_
    n_alone = 0 if task.line is None else task.line.n_alone
    for number, network in enumerate(fit.trained):
        if number >= n_alone and network.best_loss >= constant:
            last = slice((number + 1) * size - 2, (number + 1) * size)  # kernel and bias
            weights[last] = [np.zeros_like(w) for w in weights[last]]
