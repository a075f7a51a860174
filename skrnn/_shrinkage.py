"""How much of what networks say counts, where samples are too few to hold some out."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ._data.known_targets import mean_of_known, means_of_known
from ._data.samples import TrainingData
from ._data.task import Task
from ._estimator import Fit
from ._few_samples import Train
from ._judges import are_few, parts_to_judge_by, train_and_judge
from ._network_outputs import outputs_of_unseen
from ._rescaling import rescale_outputs
from ._verdict import Verdict, verdict_of_unseen


def is_shrunk(fit: Fit, data: TrainingData) -> bool:
    """Tell whether numbers for few independent sequences are learnt, and nothing else is asked."""
    return are_few(fit, data) and fit.params.decoder == "dense"


def line_helps(fit: Fit, task: Task[Any, Any], data: TrainingData) -> bool:
    """Tell whether a line says more than a constant, of samples that it was not learnt from."""
    gain, folds = 0.0, _folds(fit, task, data)
    for fold in folds:
        rest, alone = fold.validation, task.learnt_from(fold, standardize=fit.standardize)
        assert rest is not None
        beside = alone.with_line(fold, standardize=fit.standardize)
        left = beside.beside_line(rest.targets, rest.sequences)
        around = rest.targets - means_of_known(fold.targets, fold.sample_weight)
        squares = (np.square(around) - np.square(left)) / np.square(alone.targets.scale)
        gain += mean_of_known(squares, rest.sample_weight)
    return gain > 0 or not folds  # nothing speaks against it


def train_and_shrink(
    fit: Fit, task: Task[Any, Any], data: TrainingData, train: Train, *, line: bool
) -> None:
    """Train networks, and multiply their outputs by a share that samples not trained on tell.

    Networks of a few noisy samples say too much. Each third of the samples is predicted by networks
    that are trained on the others, and the share is that with the least squares (Copas,
    "Regression, prediction and shrinkage", 1983; Breiman, "Stacked regressions", 1996).

    Parameters
    ----------
    fit : Fit
    task : Task
        Without scales.
    data : TrainingData
        In the user's units.
    train : callable
        See `train_with_baseline`.
    line : bool
        Whether networks are beside a line.
    """

    def task_of(samples: TrainingData) -> Task[Any, Any]:
        found = task.learnt_from(samples, standardize=fit.standardize)
        return found.with_line(samples, standardize=fit.standardize) if line else found

    judged = train_and_judge(fit, data, _folds(fit, task, data), task_of, train, _judged)
    share = _share(judged)
    fit.estimator.network_share_ = share
    if share != 1.0:
        rescale_outputs(fit.estimator, range(fit.estimator.n_networks_), share)
    if judged and not line and fit.standardize:
        fit.verdict = _verdict(task.targets, judged, share)


class Judged(NamedTuple):
    """The outputs of networks for samples that they were not trained on, and the truth."""

    outputs: np.ndarray
    targets: np.ndarray
    sample_weight: np.ndarray


def _judged(fitted: Any, task: Task[Any, Any], fold: TrainingData) -> Judged:
    """Return what networks that were fitted on a fold say of its held-out samples."""
    assert fold.validation is not None
    rest = task.with_targets_in_network_units(fold.validation)
    outputs = np.mean(outputs_of_unseen(fitted, task.inputs, rest.sequences), axis=0)
    return Judged(outputs, rest.targets, rest.sample_weight)


def _folds(fit: Fit, task: Task[Any, Any], data: TrainingData) -> list[TrainingData]:
    """Return the parts that teach each of the outputs: not all its targets are missing."""
    found = parts_to_judge_by(fit, task, data)
    return [fold for fold in found if not np.isnan(fold.targets).all(axis=0).any()]


def _share(judged: list[Judged]) -> float:
    """Return the factor of outputs with the least squares, from 0 to 1."""
    together, alone = 0.0, 0.0
    for outputs, targets, sample_weight in judged:
        known = np.where(np.isnan(targets), np.nan, outputs)  # judged where a truth is known
        together += mean_of_known(known * targets, sample_weight)
        alone += mean_of_known(np.square(known), sample_weight)
    return float(np.clip(together / alone, 0.0, 1.0)) if alone else 1.0


def _verdict(targets: Any, judged: list[Judged], share: float) -> Verdict | None:
    """Tell where outputs times a share are no better than the mean, which is zero."""
    constant, found = (
        np.concatenate(
            [
                targets.losses(factor * part.outputs, part.targets) * part.sample_weight
                for part in judged
            ]
        )
        for factor in (0.0, share)
    )
    return verdict_of_unseen(constant, found)
