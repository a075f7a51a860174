"""Networks that are trained beside others, to judge these by samples not trained on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
from sklearn.model_selection import KFold

from ._data.samples import TrainingData
from ._data.task import Task
from ._estimator import Fit
from ._few_samples import Train
from ._sequence_estimator import choose_engine
from ._training import at_once, device_to_train_on

_FOLDS = 3
# Fewer samples are trained on as they are.
FEWEST_TO_FOLD = 20

J = TypeVar("J")


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


def thirds(fit: Fit, data: TrainingData) -> list[TrainingData]:
    """Return two thirds of the samples, with the other third held out, three times."""
    folds = KFold(_FOLDS, shuffle=True, random_state=fit.seeds["split"])
    return [data.take(part, data.take(rest)) for part, rest in folds.split(data.sample_weight)]


def thirds_of_classes(fit: Fit, data: TrainingData, classes: np.ndarray) -> list[TrainingData]:
    """Return the same with a third of each class held out, as nearly as can be."""
    order = np.random.default_rng(fit.seeds["split"]).permutation(len(classes))
    order = order[np.argsort(classes[order], kind="stable")]
    third = np.empty(len(order), int)
    third[order] = np.arange(len(order)) % _FOLDS
    places = [(np.flatnonzero(third != n), np.flatnonzero(third == n)) for n in range(_FOLDS)]
    return [data.take(part, data.take(rest)) for part, rest in places]
