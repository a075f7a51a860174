"""Whether networks are trained again on all samples, after a part of them has said how long."""

from __future__ import annotations

from typing import Any

from ._data.samples import TrainingData
from ._data.window_runs import are_independent
from ._estimator import Fit


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
