"""Networks that are trained beside others, to judge these by samples not trained on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
from sklearn.model_selection import KFold

from ._data.samples import TrainingData
from ._data.task import Task
from ._data.window_runs import are_independent
from ._estimator import Fit
from ._few_samples import FEWEST_TO_JUDGE_BY, Train, with_part_to_judge_by
from ._sequence_estimator import choose_engine
from ._training import at_once, device_to_train_on

_FOLDS = 3

J = TypeVar("J")


def are_as_usual(fit: Fit, data: TrainingData) -> bool:
    """Tell whether sequences have targets of their own, and nothing unusual is asked of a fit."""
    params = fit.params
    return (
        params.baseline == params.loss == "auto"
        and params.model is None
        and not fit.one_epoch
        and isinstance(data.targets, np.ndarray)
    )


def are_few(fit: Fit, data: TrainingData) -> bool:
    """Tell whether independent samples of which none is held out are enough to be judged in turn.

    The user's own callbacks follow one training. A network that goes on has seen all samples. A
    last part of a few windows misleads: series change.
    """
    return (
        are_as_usual(fit, data)
        and fit.params.early_stopping == "auto"
        and data.validation is None
        and not fit.params.callbacks
        and not fit.goes_on
        and len(data.sequences) >= FEWEST_TO_JUDGE_BY
        and are_independent(data.sequences)
    )


def train_and_judge(
    fit: Fit,
    data: TrainingData,
    folds: list[TrainingData],
    task_of: Callable[[TrainingData], Task[Any, Any]],
    train: Train,
    judge: Callable[[Any, Task[Any, Any], TrainingData], J],
) -> list[J]:
    """Train networks on all samples, and others on each fold; return what is found of the folds.

    Parameters
    ----------
    fit : Fit
    data : TrainingData
        All samples, in the user's units.
    folds : list of TrainingData
        Parts of them, each with the others held out. They stop no training.
    task_of : callable
        Returns the task, with its scales, for samples.
    train : callable
        Trains on samples for a task with its scales, and sets the fitted attributes.
    judge : callable
        Takes an estimator that was fitted on a fold, its task and the fold.
    """

    def result(fold: TrainingData | None) -> J | None:
        if fold is None:
            train(fit, task_of(data), data)
            return None
        apart, task = fit.aside(len(data.sequences)), task_of(fold)
        train(apart, task, replace(fold, validation=None))
        assert fold.validation is not None
        if fit.params.verbose:
            n_judged = len(fold.validation.sequences)
            print(f"{n_judged} samples are judged by networks that have not seen them")
        return judge(apart.estimator, task, fold)

    engine, device = choose_engine(fit.params), device_to_train_on(fit.params)
    jobs = [*folds, None]
    if fit.checkpoint is not None:  # it knows a training by its turn
        results = [result(job) for job in jobs]
    else:
        results = at_once(result, jobs, engine, device, fit.halted)
    return [r for r in results if r is not None]


def parts_to_judge_by(fit: Fit, task: Task[Any, Any], data: TrainingData) -> list[TrainingData]:
    """Return parts of independent samples, each with the others held out.

    They are thirds, or where the user asks for the last samples to be held out the last fifth.
    """
    if fit.params.validation == "last":
        part = with_part_to_judge_by(fit, task, data)
        held_out = part.validation
        return [part] if held_out and len(held_out.sequences) >= FEWEST_TO_JUDGE_BY else []
    classes = task.targets.strata(data.targets)
    if classes is None:
        folds = KFold(_FOLDS, shuffle=True, random_state=fit.seeds["split"])
        places = list(folds.split(data.sample_weight))
    else:
        places = _stratified(np.random.default_rng(fit.seeds["split"]), classes)
    return [data.take(part, data.take(rest)) for part, rest in places]


def _stratified(rng: np.random.Generator, classes: np.ndarray) -> list[tuple[Any, Any]]:
    """Return places to train on and a third of each class to hold out, as nearly as can be."""
    order = rng.permutation(len(classes))
    order = order[np.argsort(classes[order], kind="stable")]
    third = np.empty(len(order), int)
    third[order] = np.arange(len(order)) % _FOLDS
    return [(np.flatnonzero(third != n), np.flatnonzero(third == n)) for n in range(_FOLDS)]
