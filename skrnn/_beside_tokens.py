"""A linear model of counted tokens beside networks that read texts, and how much it counts."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._data.samples import TrainingData
from ._data.task import Task
from ._data.token_line import can_have_token_line
from ._estimator import Fit
from ._few_samples import FEWEST_TO_JUDGE_BY, Train, train_to_the_end, with_part_to_judge_by
from ._network_outputs import outputs_alone

# The shares that the line may have, from nothing to all.
_SHARES = np.linspace(0, 1, 11)


def train_beside_tokens(
    fit: Fit,
    task: Task[Any, Any],
    samples: TrainingData,
    data: TrainingData,
    train: Train,
    again: bool = False,
) -> None:
    """Train networks for a task in the user's units, with a line of tokens if that is wanted.

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
        Trains on samples for a task with its scales, and sets the fitted attributes.
    again : bool
        Whether the networks are trained again on all samples.
    """
    found = task.learnt_from(data, standardize=fit.standardize)
    judged = None if fit.goes_on else _judged(fit, task, data)
    if judged is not None:
        share = _share(fit, task, judged, train, stops_early=judged is data)
        # It learns from the samples too by which its share was judged.
        found = found.with_token_line(samples, share)
    if judged is not data:
        fit.trained = []  # networks that were trained on a part, to judge by the rest
        train(fit, found, data)
    if again:
        fit.begin_again()
        train(fit, found, samples)
    vars(fit.estimator).update(found.attributes())


def _judged(fit: Fit, task: Task[Any, Any], data: TrainingData) -> TrainingData | None:
    """Return samples with held-out ones to judge a line by; None if there is no line."""
    params, targets = fit.params, task.targets
    if params.baseline is None or params.loss != "auto" or fit.one_epoch:
        return None
    if not data.sequences.holds_tokens:
        return None
    if data.validation is None and params.early_stopping == "auto":
        data = with_part_to_judge_by(fit, task, data)
    held_out = data.validation
    if held_out is None or len(held_out.sequences) < FEWEST_TO_JUDGE_BY:
        return None
    return data if can_have_token_line(data.sequences, targets, data.targets) else None


def _share(
    fit: Fit, task: Task[Any, Any], data: TrainingData, train: Train, *, stops_early: bool
) -> float:
    """Train networks, and return how much the line of tokens is to count beside them.

    That is the largest share whose loss on the held-out samples is within one standard error of the
    smallest (Breiman, Friedman, Olshen and Stone, "Classification and regression trees", 1984,
    section 3.4): these samples are few where the line is most needed. With `stops_early` they end
    the training too.
    """
    task = task.learnt_from(data, standardize=fit.standardize).with_token_line(data)
    if stops_early:
        train(fit, task, data)
    else:
        train_to_the_end(fit, task, data, train)
    held_out, targets, line = task.in_network_units(data).validation, task.targets, task.token_line
    assert held_out is not None and line is not None
    outputs = outputs_alone(fit.estimator, held_out.sequences)
    forecasts = line.predict(held_out.sequences)
    mixed = [targets.combined(line.mixed(outputs, forecasts, share)) for share in _SHARES]
    losses = np.stack([targets.losses(outputs, held_out.targets) for outputs in mixed])
    losses = losses * held_out.sample_weight
    more = losses - losses[losses.mean(axis=1).argmin()]
    error = more.std(axis=1) / np.sqrt(more.shape[1])
    return float(_SHARES[more.mean(axis=1) <= error].max())
