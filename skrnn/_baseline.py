"""Networks that predict alone, and networks that predict what is left beside a line."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ._beside_class_line import train_beside_class_line
from ._beside_tokens import train_beside_tokens
from ._data.known_targets import mean_of_known
from ._data.line import can_have_line
from ._data.samples import TrainingData
from ._data.task import Task
from ._data.window_runs import are_independent
from ._estimator import Fit
from ._few_samples import Train, train_to_the_end, with_part_to_judge_by
from ._refit import train_again
from ._rescaling import rescale_outputs
from ._sequence_estimator import may_see_within
from ._shrinkage import is_shrunk, line_helps, train_and_shrink

# Few windows say little of a network that is alone. It is left out where its loss on the last fifth
# of them is so many times that of a line.
_FAR_WORSE = 3.0


def train_with_baseline(
    fit: Fit,
    task: Task[Any, Any],
    samples: TrainingData,
    data: TrainingData,
    train: Train,
    again: bool = False,
) -> None:
    """Train networks for a task in the user's units, beside a line if that is wanted.

    Parameters
    ----------
    fit : Fit
    task : Task
        Without scales, or that of the fit that this one goes on from.
    samples : TrainingData
        All that the fit was given to learn from, in the user's units.
    data : TrainingData
        The part of them to train networks on, and the part that is held out.
    train : callable
        Trains on samples for a task with its scales, and sets the fitted attributes. Networks of
        an earlier call stay.
    again : bool
        Whether all is trained again on all samples.
    """
    if may_see_within(fit, task, data):
        task = task.with_inputs_within(data)
    if data.sequences.holds_tokens and fit.params.baseline != "linear":
        train_beside_tokens(fit, task, samples, data, train, again)
        return
    if task.targets.are_classes:
        train_beside_class_line(fit, task, samples, data, train, again)
        return
    standardize = fit.standardize
    if fit.goes_on:
        _go_on(fit, task.learnt_from(data, standardize=standardize), data, train)
        return
    baseline = _baseline(fit, data)
    if baseline == "mean" and data.validation is None and _is_far_worse(fit, task, data, train):
        baseline = "linear"
    if is_shrunk(fit, data):
        line = baseline == "linear" and line_helps(fit, task, data)
        train_and_shrink(fit, task, data, train, line=line)
        return
    alone = task.learnt_from(data, standardize=standardize)
    fit.estimator.network_share_ = 1.0
    if baseline != "linear":
        train(fit, alone, data)
    if baseline is None:
        if again:
            train_again(fit, [alone], samples, train)
        return
    beside = alone.with_line(data, standardize=standardize)
    groups = [beside]
    if baseline == "mean":
        if _loss_of_line(beside, data.validation) < fit.best_loss:
            fit.trained = []  # a network that cannot do what a line does
        else:
            beside = beside.with_networks_alone(fit.params.n_networks)
            groups = [alone, beside]
    train(fit, beside, data)
    worse = _worse_than_line(fit, beside, data)
    if again:
        train_again(fit, groups, samples, train)
    _silence(fit, worse)


def _go_on(fit: Fit, task: Task[Any, Any], data: TrainingData, train: Train) -> None:
    """Train the networks of an earlier fit further, those that are alone first."""
    if task.line is None or task.line.n_alone:
        train(fit, replace(task, line=None), data)
    if task.line is not None:
        train(fit, task, data)


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


def _is_far_worse(fit: Fit, task: Task[Any, Any], data: TrainingData, train: Train) -> bool:
    """Tell whether a network that is alone forecasts the last samples far worse than a line."""
    data, standardize = with_part_to_judge_by(fit, task, data), fit.standardize
    if data.validation is None or not can_have_line(data.sequences, data.targets):
        return False
    task = task.learnt_from(data, standardize=standardize)
    train_to_the_end(fit, task, data, train)
    loss, fit.trained = fit.best_loss, []
    beside = task.with_line(data, standardize=standardize)
    return loss > _FAR_WORSE * _loss_of_line(beside, data.validation)


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


def _worse_than_line(fit: Fit, task: Task[Any, Any], data: TrainingData) -> list[int]:
    """Return the numbers of the networks that made a line worse on the held-out samples."""
    if data.validation is None or task.line is None:
        return []
    constant = task.targets.loss_of_constant(task.with_targets_in_network_units(data))
    beside = range(task.line.n_alone, len(fit.trained))
    return [number for number in beside if fit.trained[number].best_loss >= constant]


def _silence(fit: Fit, numbers: list[int]) -> None:
    """Let the line predict alone in the place of some networks."""
    rescale_outputs(fit.estimator, numbers, 0.0)
