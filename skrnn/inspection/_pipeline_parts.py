"""The steps of a pipeline by name, and its last estimator."""

from __future__ import annotations

from typing import Any

from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags

from ..windows._base import LagTransformer
from ..windows._lags_to_sequences import LagsToSequences

# Parameters by which an estimator holds the one that it fits: a search, a target transformer.
_HOLDERS = ("estimator", "regressor", "classifier")


def unwrapped(estimator: Any) -> Any:
    """Return the pipeline inside of a search or of another estimator that fits it."""
    while not hasattr(estimator, "transform") and not isinstance(estimator, Pipeline):
        inner = next((getattr(estimator, n, None) for n in _HOLDERS if hasattr(estimator, n)), None)
        if not isinstance(inner, BaseEstimator):
            break
        estimator = inner
    return estimator


def parts_of(estimator: Any) -> tuple[list[tuple[str, Any]], Any]:
    """Return the transformers of a pipeline by name, and the estimator behind them.

    Steps of pipelines inside of it are named like parameters, "outer__inner". The estimator is
    None where the last step is a transformer.
    """
    estimator = unwrapped(estimator)
    steps = _flat(estimator) if isinstance(estimator, Pipeline) else [("", estimator)]
    if not steps:
        return [], None
    name, last = steps[-1]
    if hasattr(last, "predict") or not hasattr(last, "transform"):
        return steps[:-1], last
    return [*steps[:-1], (name or type(last).__name__, last)], None


def _flat(pipeline: Pipeline) -> list[tuple[str, Any]]:
    found = []
    for name, step in pipeline.steps:
        if isinstance(step, Pipeline):
            found += [(f"{name}__{inner}", one) for inner, one in _flat(step)]
        elif step is not None and step != "passthrough":
            found.append((name, step))
    return found


def branches_of(step: Any) -> list[tuple[str, Any, Any]]:
    """Return name, transformer and columns (None: all) of what runs side by side in a step."""
    if hasattr(step, "transformer_list"):
        return [(name, one, None) for name, one in step.transformer_list if hasattr(one, "fit")]
    return [
        (name, one, columns)
        for name, one, columns in getattr(step, "transformers", ())
        if hasattr(one, "fit")
    ]


def reads_sequences(steps: list[tuple[str, Any]], last: Any) -> bool:
    """Tell whether a network reads each row of a table as a sequence, not as a row in time."""
    makes_windows = any(isinstance(step, LagTransformer | LagsToSequences) for _, step in steps)
    takes_sequences = isinstance(last, BaseEstimator) and get_tags(last).input_tags.three_d_array
    return bool(takes_sequences) and not makes_windows


def reach_of(steps: list[tuple[str, Any]], last: Any, X: Any) -> int:
    """Return how many rows a prediction looks back beside its own, as far as that is known."""
    reach = sum(step._reach() for _, step in steps if isinstance(step, LagTransformer))
    window = getattr(last, "window", None)
    if not reach and isinstance(window, int):
        return window - 1
    shape: tuple[int, ...] = getattr(X, "shape", ())
    return reach + (int(shape[1]) - 1 if len(shape) == 3 else 0)
