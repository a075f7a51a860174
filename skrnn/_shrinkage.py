"""How much of what networks say counts, where samples are too few to hold some out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import is_regressor
from sklearn.model_selection import KFold

from ._data.known_targets import mean_of_known, means_of_known
from ._data.samples import TrainingData
from ._data.task import Task
from ._data.window_runs import are_independent
from ._device import engine_name
from ._ensemble import members_of
from ._estimator import Fit
from ._few_samples import Train
from ._network_outputs import outputs_alone
from ._sequence_estimator import choose_engine
from ._training import at_once, device_to_train_on

_FOLDS = 3
# Fewer samples are trained on as they are.
_FEWEST = 20


def is_shrunk(fit: Fit, data: TrainingData) -> bool:
    """Tell whether numbers for few independent sequences are learnt, and nothing else is asked."""
    params = fit.params
    as_usual = params.baseline == params.early_stopping == params.loss == "auto"
    return (
        as_usual
        and not fit.one_epoch
        and params.model is None
        and not params.callbacks  # the user's own follow one training
        and params.decoder == "dense"
        and data.validation is None
        and is_regressor(fit.estimator)
        and isinstance(data.targets, np.ndarray)
        and len(data.sequences) >= _FEWEST
        and are_independent(data.sequences)
    )


def line_helps(fit: Fit, task: Task[Any, Any], data: TrainingData) -> bool:
    """Tell whether a line says more than a constant, of samples that it was not learnt from."""
    gain = 0.0
    for fold in _folds(fit, data):
        rest, alone = fold.validation, task.learnt_from(fold, standardize=fit.standardize)
        assert rest is not None
        beside = alone.with_line(fold, standardize=fit.standardize)
        left = beside.beside_line(rest.targets, rest.sequences)
        around = rest.targets - means_of_known(fold.targets, fold.sample_weight)
        squares = (np.square(around) - np.square(left)) / np.square(alone.targets.scale)
        gain += mean_of_known(squares, rest.sample_weight)
    return gain > 0


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

    def found_of(samples: TrainingData) -> Task[Any, Any]:
        found = task.learnt_from(samples, standardize=fit.standardize)
        return found.with_line(samples, standardize=fit.standardize) if line else found

    def judged(fold: TrainingData) -> Judged:
        """Train on a fold; return what the networks say of its held-out samples."""
        apart, found = fit.aside(len(data.sequences)), found_of(fold)
        train(apart, found, replace(fold, validation=None))
        rest = found.in_network_units(fold).validation
        assert rest is not None
        outputs = np.mean(outputs_alone(apart.estimator, rest.sequences), axis=0)
        if fit.params.verbose:
            print(f"{len(outputs)} samples are judged by networks that have not seen them")
        return Judged(outputs, rest.targets, rest.sample_weight)

    def result(fold: TrainingData | None) -> Judged | None:
        if fold is not None:
            return judged(fold)
        train(fit, found_of(data), data)
        return None

    engine, device = choose_engine(fit.params), device_to_train_on(fit.params)
    jobs = [*_folds(fit, data), None]
    if fit.checkpoint is not None:  # it knows a training by its turn
        results = [result(job) for job in jobs]
    else:
        results = at_once(result, jobs, engine, device, fit.halted)
    share = _share([r for r in results if r is not None])
    fit.estimator.network_share_ = share
    if share != 1.0:
        multiply_outputs(fit.estimator, range(fit.estimator.n_networks_), share)


class Judged(NamedTuple):
    """The outputs of networks for samples that they were not trained on, and the truth."""

    outputs: np.ndarray
    targets: np.ndarray
    sample_weight: np.ndarray


def _folds(fit: Fit, data: TrainingData) -> list[TrainingData]:
    """Return two thirds of the samples, with the other third held out, three times."""
    folds = KFold(_FOLDS, shuffle=True, random_state=fit.seeds["split"])
    found = [data.take(part, data.take(rest)) for part, rest in folds.split(data.sample_weight)]
    # Nothing teaches one of the outputs where all its targets are missing.
    return [fold for fold in found if not np.isnan(fold.targets).all(axis=0).any()]


def _share(judged: list[Judged]) -> float:
    """Return the factor of outputs with the least squares, from 0 to 1."""
    together, alone = 0.0, 0.0
    for outputs, targets, sample_weight in judged:
        known = np.where(np.isnan(targets), np.nan, outputs)  # judged where a truth is known
        together += mean_of_known(known * targets, sample_weight)
        alone += mean_of_known(np.square(known), sample_weight)
    return float(np.clip(together / alone, 0.0, 1.0)) if alone else 1.0


def multiply_outputs(fitted: Any, numbers: Iterable[int], factor: float) -> None:
    """Multiply the last kernel and bias of some networks by a factor."""
    networks = members_of(fitted.weights_, fitted.n_networks_)
    for number in numbers:
        last = networks[number][-2:]
        networks[number][-2:] = [w * np.float32(factor) for w in last]
        if fitted.weight_averaging:
            _multiply_behind_average(fitted, number, sum(w.size for w in last), factor)
    fitted.weights_ = [w for of_one in networks for w in of_one]


def _multiply_behind_average(fitted: Any, number: int, size: int, factor: float) -> None:
    """Multiply the weights that a fit which goes on starts from, at the end of a state.

    `size` is the number of values in the last kernel and bias.
    """
    states = members_of(fitted.optimizer_state_, fitted.n_networks_)
    if engine_name(fitted.engine_) == "compiled":  # all weights are one array
        vector = states[number][-1].copy()
        vector[-size:] *= np.float32(factor)
        states[number][-1] = vector
    else:
        states[number][-2:] = [w * np.float32(factor) for w in states[number][-2:]]
    fitted.optimizer_state_ = [array for of_one in states for array in of_one]
