"""Inputs and outputs of an encoder and decoder: texts, sequences or vectors, and texts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.utils.validation import check_consistent_length

from .._data.containers import holds_sequences
from .._data.inputs import Inputs, NumberInputs
from .._data.outages import refuse_outages
from .._data.samples import TrainingData
from .._data.sequences import Sequences
from .._data.target_checks import refuse_missing_y
from .._data.task import Task
from .._tokens import END, RESERVED
from ._documents import as_documents, holds_texts
from ._reading import SourceTexts, TargetTexts, padded, sequences_of_texts, text_params


def read_pairs(fit: Any) -> tuple[Task[Any, Any], TrainingData]:
    """Return how X and y are read, and the samples in the user's units."""
    X, y, sample_weight = fit.given.X, fit.given.y, fit.given.sample_weight
    refuse_missing_y(type(fit.estimator).__name__, y)
    if fit.goes_on:
        task = fit.task()
        sequences, values = _read_as_before(fit.estimator, task, X, y)
        task = task.weighed_by(sample_weight, values, sequences)
        return task, task.samples(sequences, values, sample_weight)
    inputs, sequences = _learn_source(fit, X)
    targets, values = _learn_target(fit.params, y)
    check_consistent_length(sequences.starts, values)
    task = Task(inputs, targets).weighed_by(sample_weight, values, sequences)
    return task, task.samples(sequences, values, sample_weight)


def _learn_source(fit: Any, X: Any) -> tuple[Inputs, Sequences]:
    """Return how X is read, and X as sequences of ids or numbers."""
    if holds_texts(X):
        level = fit.params.source_level or fit.params.level
        inputs, counted = SourceTexts.learn(X, **text_params(fit.params, level))
        return inputs, sequences_of_texts(counted.encode(inputs.ids))
    numbers = NumberInputs.of(X, are_vectors=_are_vectors(X))
    sequences = fit.read(numbers, X)
    refuse_outages(sequences)
    return numbers, sequences


def _learn_target(params: Any, y: Any) -> tuple[TargetTexts, np.ndarray]:
    """Return how y is read, and the ids of each y."""
    _refuse_other_than_texts(y)
    writes_text = isinstance(as_documents(y)[0], str)
    level = params.target_level or params.level
    read_by = text_params(params, level)
    targets, counted = TargetTexts.learn(
        y, reserved=RESERVED, writes_text=writes_text, max_len=1, **read_by
    )
    values = padded(counted.encode(targets.ids, suffix=(END,)))
    return replace(targets, max_len=max(values.shape[1] - 1, 1)), values


def read_source(estimator: Any, inputs: Inputs, X: Any) -> Sequences:
    """Return X as it was read in `fit`."""
    is_text = holds_texts(X)
    if is_text != inputs.holds_tokens:
        kinds = ("numbers", "texts")
        raise ValueError(
            f"Expected X to be {kinds[inputs.holds_tokens]} as in fit, got {kinds[is_text]}. Give "
            "X in the form that fit was given."
        )
    sequences = inputs.read(estimator, X)
    refuse_outages(sequences)
    return sequences


def samples_of_pairs(estimator: Any, task: Task[Any, Any], X: Any, y: Any) -> TrainingData:
    """Return samples in the user's units, read as in `fit`."""
    return task.samples(*_read_as_before(estimator, task, X, y), None)


def _read_as_before(
    estimator: Any, task: Task[Any, Any], X: Any, y: Any
) -> tuple[Sequences, np.ndarray]:
    """Return X and y, read as in `fit`."""
    sequences = read_source(estimator, task.inputs, X)
    _refuse_other_than_texts(y)
    values = task.targets.read(y, sequences)
    check_consistent_length(sequences.starts, values)
    return sequences, values


def _refuse_other_than_texts(y: Any) -> None:
    if not holds_texts(y):
        raise ValueError(
            f"Expected y to be texts or lists of tokens (str), got {type(y).__name__} "
            "of something else. Turn numbers into texts with str; to predict numbers use "
            "RNNRegressor."
        )


def _are_vectors(X: Any) -> bool:
    """Tell a table, one vector a sample, from sequences, which a list holds."""
    return len(getattr(X, "shape", ())) == 2 and not holds_sequences(X)


def step_names(task: Task[Any, Any], x: Any, y: Any) -> tuple[list[str] | None, list[str]]:
    """Return names for the steps of an input, None for numbers, and of an output."""
    source = list(task.inputs.tokens([x])[0]) if task.inputs.holds_tokens else None
    return source, [*task.targets.tokens([y])[0], "(end)"]
