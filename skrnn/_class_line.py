"""A line beside networks that predict classes, and how much of what each of them says counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from ._data.line import can_be_read_by_line
from ._data.samples import TrainingData
from ._data.task import Task
from ._data.window_runs import are_independent
from ._estimator import Fit
from ._few_samples import Train
from ._judges import FEWEST_TO_FOLD, thirds, thirds_of_classes, train_and_judge
from ._network_outputs import outputs_alone
from ._refit import train_again
from ._rescaling import rescale_outputs
from ._verdict import is_better, verdict_of_unseen

# The factors that the logits of networks and of a line may have, and the shares of the line. The
# first of those that are equally good is taken: networks as they are, and no line.
_OF_NETWORKS = np.linspace(1, 0, 21).round(2)
_OF_LINE = [0.0, *np.geomspace(0.1, 10, 21)]
_SHARES = np.linspace(0, 1, 11).round(1)


class Mix(NamedTuple):
    """The factors of the logits of networks and of a line, and the share of the line."""

    networks: float = 1.0
    line: float = 0.0
    share: float = 0.0


# The shares of the classes.
_CONSTANT = Mix(networks=0.0)


class Said(NamedTuple):
    """Outputs of networks and a line for samples that they were not trained on, and the truth.

    Outputs and forecasts are differences from their middle. `constant` are the raw outputs that say
    the shares of the classes in the training samples.
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
    ones, or where none are held out those of a cross-validation (Guo, Pleiss, Sun and Weinberger,
    "On calibration of modern neural networks", 2017). They tell the same of a ridge regression on
    the same steps, and the share of its probabilities in a mean with those of the networks (Stone,
    "The opinion pool", 1961; Breiman, "Stacked regressions", 1996).
    """
    if fit.goes_on:
        train(fit, fit.task(), data)
        return
    found = task.learnt_from(data, standardize=fit.standardize)
    judge = partial(_said, with_line=fit.params.pretrained is None)
    said: list[Said] = []
    if _is_judged(fit, data) and data.validation is None:
        task_of = partial(task.learnt_from, standardize=fit.standardize)
        folds = _folds(fit, task, data)
        said = train_and_judge(fit, data, folds, task_of, train, judge)
    else:
        train(fit, found, data)
        if _is_judged(fit, data):
            said = [judge(fit.estimator, found, data)]
    if again:
        train_again(fit, [found], samples, train)
    fit.estimator.network_share_ = 1.0
    if said:
        losses = partial(_losses, task.targets, said)
        mix = _best_mix(losses, has_line=said[0].forecasts is not None)
        if data.validation is None:
            fit.verdict = verdict_of_unseen(losses(_CONSTANT), losses(mix)) or fit.verdict
        elif not is_better(losses(mix), losses(Mix())):
            mix = Mix()  # these samples have ended the training: they have had their say
        _count(fit.estimator, found, samples, mix)


def _is_judged(fit: Fit, data: TrainingData) -> bool:
    """Tell whether samples that are not trained on are to tell what counts."""
    params = fit.params
    if params.baseline is None or params.loss != "auto" or params.model is not None:
        return False
    if fit.one_epoch or not isinstance(data.targets, np.ndarray):
        return False
    if data.validation is not None:
        return len(data.validation.sequences) >= FEWEST_TO_FOLD
    # The user's own callbacks follow one training. A last part of a few windows misleads: series
    # change.
    return (
        params.early_stopping == "auto"
        and not params.callbacks
        and len(data.sequences) >= FEWEST_TO_FOLD
        and are_independent(data.sequences)
    )


def _folds(fit: Fit, task: Task[Any, Any], data: TrainingData) -> list[TrainingData]:
    """Return two thirds of the samples, with the others held out, three times."""
    classes = task.targets.strata(data.targets)
    return thirds(fit, data) if classes is None else thirds_of_classes(fit, data, classes)


def _said(fitted: Any, task: Task[Any, Any], data: TrainingData, *, with_line: bool) -> Said:
    """Return what networks that were fitted on samples, and a line, say of the held-out ones."""
    held_out, targets = data.validation, task.targets
    assert held_out is not None
    shares = _shares(task, data)
    constant, forecasts = targets.outputs_of(shares), None
    if with_line and can_be_read_by_line(data.sequences):
        line = task.with_line_of_classes(data)
        forecasts = line.forecasts_of_line(held_out.sequences) - (2 * shares - 1)
    given = task.inputs.in_network_units(held_out.sequences)
    outputs = [of_one - constant for of_one in outputs_alone(fitted, given)]
    return Said(constant, outputs, forecasts, held_out.targets, held_out.sample_weight)


def _shares(task: Task[Any, Any], data: TrainingData) -> np.ndarray:
    """Return by weight the share of the samples that is of the class of each output."""
    is_of = task.targets.yes_or_no(data.targets)
    least = 0.5 / len(is_of)  # a class may be missing in a part of the samples
    shares: np.ndarray = np.average(is_of, axis=0, weights=data.sample_weight)
    return shares.clip(least, 1 - least)


def _count(estimator: Any, task: Task[Any, Any], data: TrainingData, mix: Mix) -> None:
    """Let the networks of an estimator, and a line for all samples, count as much as is said."""
    constant = task.targets.outputs_of(_shares(task, data))
    if mix.networks != 1.0:
        offset = (1 - mix.networks) * constant
        rescale_outputs(estimator, range(estimator.n_networks_), mix.networks, offset)
    estimator.network_share_ = mix.networks
    if mix.share:
        task = task.with_line_of_classes(data)
        offset = constant - mix.line * (2 * _shares(task, data) - 1)
        assert task.line is not None
        line = task.line.as_logits(mix.line, offset, mix.share)
        vars(estimator).update(replace(task, line=line).attributes())


def _best_mix(losses: Callable[[Mix], np.ndarray], *, has_line: bool) -> Mix:
    """Return what has the smallest loss: each by itself first, and then the mean of both."""

    def best(mixes: Iterable[Mix]) -> Mix:
        return min(mixes, key=lambda mix: losses(mix).mean())

    mix = best(Mix(float(factor)) for factor in _OF_NETWORKS)
    if not has_line:
        return mix
    line = best(mix._replace(line=float(factor), share=1.0) for factor in _OF_LINE)
    return best(line._replace(share=float(share)) for share in _SHARES)


def _losses(targets: Any, said: list[Said], mix: Mix) -> np.ndarray:
    """Return the loss of each sample, by weight, if so much counts."""
    return np.concatenate(
        [
            targets.losses(_mixed(targets, of_part, mix), of_part.targets) * of_part.sample_weight
            for of_part in said
        ]
    )


def _mixed(targets: Any, said: Said, mix: Mix) -> np.ndarray:
    """Return the raw outputs for samples if so much counts."""
    networks = [said.constant + mix.networks * outputs for outputs in said.outputs]
    found: np.ndarray = targets.combined(networks)
    if not mix.share or said.forecasts is None:
        return found
    line = said.constant + mix.line * said.forecasts
    shares = 1 - mix.share, mix.share
    return targets.combined([found, line], shares)  # type: ignore[no-any-return]
