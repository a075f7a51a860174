"""The parameters of an estimator, for all that need them alone."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any


def parameters_of(estimator: Any) -> SimpleNamespace:
    """Return the parameters of an estimator."""
    # Values for classes that have no parameter for them.
    fixed = {
        "shuffle": estimator.shuffle,
        "learning_rate_schedule": "constant",
        "weight_averaging": None,
        "n_networks": 1,
        "refit": False,
    }
    given = {name: v for name, v in vars(estimator).items() if not name.endswith("_")}
    return SimpleNamespace(**{**fixed, **given})
