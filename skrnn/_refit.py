"""Networks that are trained again on all samples, after a part of them has said how long."""

from __future__ import annotations

from typing import Any

from ._data.samples import TrainingData
from ._data.task import Task
from ._data.window_runs import are_independent
from ._estimator import Fit
from ._few_samples import Train


def refits(fit: Fit, data: TrainingData, X_val: Any) -> bool:
    """Tell whether networks are trained again on all samples of X.

    Parameters
    ----------
    fit : Fit
    data : TrainingData
        The samples of the first training, with those that are held out.
    X_val : array-like or None
        Other samples to stop early by.
    """
    wanted = fit.params.refit
    if not wanted:
        return False
    reasons = _reasons_against(fit, data, X_val)
    if wanted == "auto":
        are_windows = not data.sequences.holds_tokens and not are_independent(data.sequences)
        return fit.params.early_stopping == "auto" and are_windows and not reasons
    if reasons:
        raise ValueError(
            "Expected a training that holds out a part of X, at a constant learning rate, with "
            f"refit=True; got {' and '.join(reasons)}. Set refit=False."
        )
    return True


def train_again(fit: Fit, groups: list[Task[Any, Any]], data: TrainingData, train: Train) -> None:
    """Train the networks of each task again, on more samples, and learn the line of them."""
    fit.begin_again()
    for task in groups:
        if fit.standardize == "auto" and fit.params.pretrained is None:
            task = task.with_bends_of(data)  # pretrained layers keep the scale they have learnt
        train(fit, task if task.line is None else task.with_line_of(data), data)


def _reasons_against(fit: Fit, data: TrainingData, X_val: Any) -> list[str]:
    params = fit.params
    schedule = params.learning_rate_schedule
    reasons = {
        "X_val": X_val is not None,
        "no held-out part": data.validation is None,
        f"learning_rate_schedule={schedule!r}": schedule not in ("auto", "constant"),
        "callbacks": bool(params.callbacks),
        "a model of your own": params.model is not None,
        "a fit that goes on from an earlier one": fit.goes_on,
    }
    return [reason for reason, holds in reasons.items() if holds]
