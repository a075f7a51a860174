"""The samples to train a network on: sequences, targets and weights, one of each a sample."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .sequences import Sequences


@dataclass(frozen=True)
class TrainingData:
    """The samples to train a network on: first in the user's units, then in the network's.

    Parameters
    ----------
    sequences : Sequences
    targets : float32 ndarray of shape (n_samples[, n_target_steps], n_targets), Sequences or None
        Labels are class numbers, in one column. Numbers that are missing are NaN. If each step of a
        sequence has a target, these are `Sequences` of the same lengths, finite at absent steps
        too. None where they are steps of the sequences themselves.
    sample_weight : float32 ndarray of shape (n_samples,)
    validation : TrainingData or None
        The held-out samples of early stopping.
    target_lengths : int ndarray of shape (n_samples,) or None
        The steps of each sample's targets where they are other ones than those of the sequence.
    batch_size : int or None
        Samples of a batch, where their order decides it.
    step_weight : float32 ndarray of shape (n_target_rows,) or None
        The weight of each row of targets that are `Sequences`, where steps do not weigh what their
        sample does. It replaces `sample_weight` in the loss.
    """

    sequences: Sequences
    targets: Any
    sample_weight: np.ndarray
    validation: TrainingData | None = None
    target_lengths: np.ndarray | None = None
    batch_size: int | None = None
    step_weight: np.ndarray | None = None

    @property
    def lengths(self):
        """The work that each sample makes; samples with like lengths come in one batch."""
        if self.target_lengths is None:
            return self.sequences.lengths
        return self.sequences.lengths + self.target_lengths

    @property
    def misses_targets(self):
        """Whether some of the targets are missing, here or among the held-out samples."""
        if self.validation is not None and self.validation.misses_targets:
            return True
        return isinstance(self.targets, np.ndarray) and bool(np.isnan(self.targets).any())

    def weighted(self):
        """Return the samples that have a weight: the others would still count in a batch's mean."""
        has_weight = self.sample_weight > 0
        if isinstance(self.targets, Sequences) and self.step_weight is not None:
            steps = self.step_weight[self.targets.step_rows()]
            firsts = np.cumsum(self.targets.lengths) - self.targets.lengths
            has_weight = np.logical_or.reduceat(steps > 0, firsts)
        return self if has_weight.all() else self.take(np.flatnonzero(has_weight))

    def trimmed(self):
        """Return the same samples, whose sequences end with a present step."""
        validation = self.validation and self.validation.trimmed()
        return replace(self, sequences=self.sequences.trimmed(), validation=validation)

    def take(self, samples, validation=None):
        """Return some of the samples; rows of steps are shared, not copied."""
        targets, lengths = self.targets, self.target_lengths
        if isinstance(targets, Sequences):
            targets = targets.take(samples)
        elif targets is not None:
            targets = targets[samples]
        return TrainingData(
            self.sequences.take(samples),
            targets,
            self.sample_weight[samples],
            validation,
            None if lengths is None else lengths[samples],
            step_weight=self.step_weight,
        )
