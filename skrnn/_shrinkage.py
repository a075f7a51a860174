"""How much of what networks say counts, where samples are too few to hold some out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from sklearn.base import is_regressor
from sklearn.model_selection import KFold

from ._data.known_targets import mean_of_known
from ._data.samples import TrainingData
from ._data.task import Task
from ._data.window_runs import are_independent
from ._device import engine_name
from ._ensemble import members_of
from ._estimator import Fit
from ._few_samples import Train
from ._network_outputs import outputs_alone

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


def share_of_networks(fit: Fit, task: Task, data: TrainingData, train: Train, line: bool) -> float:
    """Return what to multiply the outputs of networks by, judged on samples not trained on.

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
    folds = KFold(_FOLDS, shuffle=True, random_state=fit.seeds["split"])
    together, alone = 0.0, 0.0
    for part, rest in folds.split(data.sample_weight):
        fold = data.take(part, data.take(rest))
        if np.isnan(fold.targets).all(axis=0).any():
            continue  # nothing teaches one of the outputs
        found = task.learnt_from(fold, standardize=fit.standardize)
        if line:
            found = found.with_line(fold, standardize=fit.standardize)
        train(found, data.take(part))
        fit.trained = []
        rest = found.in_network_units(fold).validation
        assert rest is not None
        outputs = np.mean(outputs_alone(fit.estimator, rest.sequences), axis=0)
        outputs = np.where(np.isnan(rest.targets), np.nan, outputs)  # judged where a truth is known
        together += mean_of_known(outputs * rest.targets, rest.sample_weight)
        alone += mean_of_known(np.square(outputs), rest.sample_weight)
    return float(np.clip(together / alone, 0.0, 1.0)) if alone else 1.0


def weigh(fit: Fit, share: float) -> None:
    """Multiply the outputs of all networks by a share, and keep it."""
    fit.estimator.network_share_ = share
    if share != 1.0:
        multiply_outputs(fit.estimator, range(fit.estimator.n_networks_), share)


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
