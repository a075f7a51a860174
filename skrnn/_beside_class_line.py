"""A line beside networks that predict classes, and how much of what each of them says counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from ._data.class_line import pooled
from ._data.samples import TrainingData
from ._data.task import Task, task_of
from ._estimator import Fit
from ._few_samples import FEWEST_TO_JUDGE_BY, Train
from ._judges import are_as_usual, are_few, parts_to_judge_by, train_and_judge
from ._network_outputs import outputs_of_unseen
from ._refit import train_again
from ._rescaling import rescale_outputs
from ._verdict import is_better, verdict_of_unseen
from .exceptions import UninformativeFitWarning

# The factors that networks and a line may have, and the shares of the line. The first of those that
# are equally good is taken: networks as they are, and no line.
_OF_NETWORKS = np.linspace(1, 0, 21).round(2)
_OF_LINE = [0.0, *np.geomspace(0.1, 10, 21)]
_SHARES = np.linspace(0, 1, 11).round(1)


class Mix(NamedTuple):
    """The factors of networks and of a line, and the share of the line in the mean of both."""

    networks: float = 1.0
    line: float = 0.0
    share: float = 0.0


# The shares of the classes.
_CONSTANT = Mix(networks=0.0)


class Unseen(NamedTuple):
    """Raw outputs for samples that were not trained on, and the truth.

    `constant` says the shares of the classes in the training samples. `outputs`, of each network,
    are differences from it, and so are the forecasts of a line: NaN where it says nothing.
    """

    constant: np.ndarray
    outputs: list[np.ndarray]
    forecasts: np.ndarray | None
    targets: np.ndarray
    sample_weight: np.ndarray


def train_beside_class_line(
    fit: Fit,
    task: Task[Any, Any],
    samples: TrainingData,
    data: TrainingData,
    train: Train,
    again: bool = False,
) -> None:
    """Train networks that predict classes of numbers; see `train_with_baseline`.

    Samples that are not trained on tell how much of what the networks say counts: the held-out
    ones, or where none are held out those of a cross-validation. The differences of their logits
    from those of the shares of the classes are multiplied by a factor (Guo, Pleiss, Sun and
    Weinberger, "On calibration of modern neural networks", 2017). A ridge regression on the same
    steps has a factor too, and a share in the mean of the probabilities (Stone, "The opinion pool",
    1961; Breiman, "Stacked regressions", 1996). A training that goes on leaves the line out.
    """
    task = replace(task, class_line=None)
    judge = partial(_unseen, with_line=fit.params.pretrained is None)
    task_for = partial(task.learnt_from, standardize=fit.standardize)
    unseen: list[Unseen] = []
    if are_few(fit, data):
        parts = parts_to_judge_by(fit, task, data)
        unseen = train_and_judge(fit, data, parts, task_for, train, judge)
    else:
        found = task_for(data)
        train(fit, found, data)
        if _is_judged_by_held_out(fit, data):
            unseen = [judge(fit.estimator, found, data)]
        if again:
            train_again(fit, [found], samples, train)
    fit.estimator.network_share_ = 1.0
    if unseen:
        mix = _best_mix(partial(_losses, task.targets, unseen), _have_line(unseen))
        _count(fit, samples, _checked(fit, task.targets, unseen, mix, data))


def _is_judged_by_held_out(fit: Fit, data: TrainingData) -> bool:
    held_out = data.validation
    if held_out is None or not fit.params.early_stopping or not are_as_usual(fit, data):
        return False
    if fit.goes_on:
        return False  # the earlier training may have seen them
    return len(held_out.sequences) >= FEWEST_TO_JUDGE_BY


def _unseen(fitted: Any, task: Task[Any, Any], data: TrainingData, *, with_line: bool) -> Unseen:
    """Return what networks that were fitted on samples, and a line, say of the held-out ones."""
    held_out = data.validation
    assert held_out is not None
    sequences, constant = held_out.sequences, _constant(task, data)
    outputs = outputs_of_unseen(fitted, task.inputs, sequences)
    outputs = [of_one - constant for of_one in outputs]
    line = task.class_line_of(data) if with_line else None
    forecasts = None if line is None else task.forecasts(line, sequences)
    return Unseen(constant, outputs, forecasts, held_out.targets, held_out.sample_weight)


def _constant(task: Task[Any, Any], data: TrainingData) -> np.ndarray:
    """Return the raw outputs that say, by weight, the shares of the classes in the samples."""
    is_of = task.targets.yes_or_no(data.targets)
    least = 0.5 / len(is_of)  # a class may be missing in a part of the samples
    shares = np.average(is_of, axis=0, weights=data.sample_weight).clip(least, 1 - least)
    found: np.ndarray = task.targets.outputs_of(shares)
    return found


def _have_line(unseen: list[Unseen]) -> bool:
    return all(part.forecasts is not None for part in unseen)


def _best_mix(losses: Callable[[Mix], np.ndarray], has_line: bool) -> Mix:
    """Return what has the smallest loss: each by itself first, and then the mean of both."""

    def best(mixes: Iterable[Mix]) -> Mix:
        return min(mixes, key=lambda mix: losses(mix).mean())

    mix = best(Mix(float(factor)) for factor in _OF_NETWORKS)
    if not has_line:
        return mix
    line = best(mix._replace(line=float(factor), share=1.0) for factor in _OF_LINE)
    if not line.line:
        return mix  # a line that says the shares of the classes
    return best(line._replace(share=float(share)) for share in _SHARES)


def _losses(targets: Any, unseen: list[Unseen], mix: Mix) -> np.ndarray:
    """Return the loss of each sample, by weight, if so much counts."""
    return np.concatenate(
        [
            targets.losses(_mixed(targets, part, mix), part.targets) * part.sample_weight
            for part in unseen
        ]
    )


def _mixed(targets: Any, unseen: Unseen, mix: Mix) -> np.ndarray:
    """Return the raw outputs for samples if so much counts."""
    networks = [unseen.constant + mix.networks * outputs for outputs in unseen.outputs]
    found: np.ndarray = targets.combined(networks)
    if not mix.share or unseen.forecasts is None:
        return found
    forecasts = unseen.constant + mix.line * unseen.forecasts
    return pooled(targets, found, forecasts, mix.share)


def _checked(fit: Fit, targets: Any, unseen: list[Unseen], mix: Mix, data: TrainingData) -> Mix:
    """Return what is to count, and let the fit warn where it is no better than a constant."""
    losses = _losses(targets, unseen, mix)
    ended = data.validation is not None  # these samples have ended the training
    if ended and not is_better(losses, _losses(targets, unseen, Mix())):
        return Mix()
    if fit.verdict and fit.verdict.category is UninformativeFitWarning:
        fit.verdict = None  # it is of the networks as trained
    fit.verdict = verdict_of_unseen(_losses(targets, unseen, _CONSTANT), losses) or fit.verdict
    return mix


def _count(fit: Fit, data: TrainingData, mix: Mix) -> None:
    """Let the networks of a fitted estimator, and a line for all samples, count so much."""
    estimator = fit.estimator
    task = task_of(estimator)
    constant = _constant(task, data)
    if mix.networks != 1.0:
        networks = range(estimator.n_networks_)
        rescale_outputs(estimator, networks, mix.networks, (1 - mix.networks) * constant)
    estimator.network_share_ = mix.networks
    line = task.class_line_of(data) if mix.share else None
    if line is not None:
        estimator.line_ = line.as_logits(mix.line, constant, mix.share).to_dict()
