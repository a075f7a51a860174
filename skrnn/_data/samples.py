"""What a network is trained on: sequences, targets and weights, sample by sample."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .sequences import Sequences


@dataclass(frozen=True)
class TrainingData:
    """What a network is trained on, in its own units.

    Parameters
    ----------
    sequences : Sequences
    targets : float32 ndarray of shape (n_samples[, n_steps], n_targets), or None
        Zero at steps that do not count. Labels are class numbers, in one column. None where
        they are steps of the sequences themselves.
    sample_weight : float32 ndarray of shape (n_samples,), or (n_samples, n_steps)
        Of each step where the targets are per step and do not all weigh alike.
    validation : TrainingData or None
        What early stopping looks at.
    target_lengths : int ndarray of shape (n_samples,) or None
        The steps of each sample's targets where they are other ones than those of the sequence.
    batch_size : int or None
        Samples of a batch, where their order decides it.
    """

    sequences: Sequences
    targets: np.ndarray | None
    sample_weight: np.ndarray
    validation: TrainingData | None = None
    target_lengths: np.ndarray | None = None
    batch_size: int | None = None

    @property
    def lengths(self):
        """What a sample's share of the work is by: like ones come in one batch."""
        if self.target_lengths is None:
            return self.sequences.lengths
        return self.sequences.lengths + self.target_lengths

    def weighted(self):
        """Return the samples that have a weight: the others would still count in a batch's mean."""
        has_weight = self.sample_weight.reshape(len(self.sample_weight), -1).any(axis=1)
        return self if has_weight.all() else self.take(np.flatnonzero(has_weight))

    def trimmed(self):
        """Return the same data with sequences that end with a present step."""
        validation = self.validation and self.validation.trimmed()
        return replace(self, sequences=self.sequences.trimmed(), validation=validation)

    def take(self, samples, validation=None):
        """Return some of the samples."""
        sequences = self.sequences.take(samples)
        targets = None if self.targets is None else self.targets[samples]
        if targets is not None and self.target_lengths is None and targets.ndim == 3:
            targets = targets[:, : sequences.n_steps]
        weights = self.sample_weight[samples]
        if weights.ndim == 2:
            weights = weights[:, : sequences.n_steps]
        lengths = None if self.target_lengths is None else self.target_lengths[samples]
        return TrainingData(sequences, targets, weights, validation, lengths)
