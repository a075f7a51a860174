"""Samples that are too few to hold some out: a part of them judges what is trained on all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ._data.samples import TrainingData
from ._data.task import Task
from ._estimator import Fit

# Trains on samples for a task with its scales, and sets the fitted attributes.
Train = Callable[[Fit, Task[Any, Any], TrainingData], None]

# Fewer samples say nothing of a network or a line.
FEWEST_TO_JUDGE_BY = 20

_FIFTH = 0.2


def with_part_to_judge_by(fit: Fit, task: Task[Any, Any], data: TrainingData) -> TrainingData:
    """Return four fifths of the samples, with the rest held out."""
    return fit.split(task, data, _FIFTH)


def train_to_the_end(fit: Fit, task: Task[Any, Any], data: TrainingData, train: Train) -> None:
    """Train as where nothing is held out: the held-out samples judge, and stop nothing."""
    fit.stops_early = False
    train(fit, task, data)
    fit.stops_early = True
