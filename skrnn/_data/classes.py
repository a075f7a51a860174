"""Classes as targets: of a sequence, of its steps, or several labels at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.special import expit, log_expit, log_softmax, logsumexp, softmax, xlogy
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.validation import check_consistent_length, column_or_1d

from .._messages import shown
from .label_checks import (
    all_classes,
    check_labels,
    pair_of,
    plain_labels,
    refuse_lists_of_labels,
    refuse_one_hot,
    refuse_other_pair,
    warn_of_labels_of_steps,
)
from .samples import TrainingData
from .sequences import Sequences
from .target_checks import (
    as_steps,
    check_one_target_a_sample,
    check_steps,
    mean_weight,
    steps_of_each,
)
from .targets import Targets, judged_values


@dataclass(frozen=True)
class ClassTargets(Targets):
    """Labels: one of several classes, or a binary indicator of several labels.

    Parameters
    ----------
    per_step : bool
        Each step of a sequence has a label.
    is_multilabel : bool
        y is a binary indicator with a column for each label.
    labels : tuple
        The classes, sorted; the numbers of the columns of a binary indicator.
    dtype : str
        NumPy's name for their type.
    balanced : tuple of float or None, default=None
        The weight of each class where ``class_weight="balanced"``, as learnt from the first y.
    pair : tuple of int, default=(0, 1)
        The numbers for "no" and for "yes" in a binary indicator.
    shares : tuple of float or None, default=None
        The share of each class, or of the samples with each label, in the first y, by weight: all
        that can be said of a sequence without any step.
    """

    per_step: bool
    is_multilabel: bool
    labels: tuple
    dtype: str
    balanced: tuple[float, ...] | None = None
    pair: tuple[int, int] = (0, 1)
    shares: tuple[float, ...] | None = None

    are_classes = True
    of_an_outage = "They are predicted by the shares of the classes in the first fit."

    @classmethod
    def learn(
        cls, y: Any, sequences: Sequences, *, per_step: bool, classes: Any = None
    ) -> tuple[ClassTargets, Any]:
        """Return what y is, and y as `read` gives it."""
        found, is_multilabel = _labels(y, sequences, per_step)
        pair = (0, 1)
        if is_multilabel:
            known, pair = np.arange(found.shape[1]), pair_of(found)
            warn_of_labels_of_steps(found, sequences)
        else:
            known = _classes(found if classes is None else all_classes(classes))
        dtype = known.dtype if known.dtype.kind in "biufUmM" else np.dtype(object)
        plain = known.view(np.int64) if dtype.kind in "mM" else known.astype(dtype)
        targets = cls(per_step, is_multilabel, tuple(plain.tolist()), dtype.str, pair=pair)
        return targets, targets._numbered(found, sequences)

    @property
    def classes(self) -> np.ndarray:
        """The labels as an array."""
        if np.dtype(self.dtype).kind in "mM":  # as they are kept: the counts of their units
            return np.array(self.labels, dtype=np.int64).view(self.dtype)
        return np.array(self.labels, dtype=self.dtype)

    @property
    def is_binary(self) -> bool:
        """Whether each output is the logit of one yes or no."""
        return self.is_multilabel or len(self.labels) == 2

    @property
    def n_outputs(self) -> int:  # type: ignore[override]
        """Width of the network's output."""
        return 1 if self.is_binary and not self.is_multilabel else len(self.labels)

    @property
    def loss(self) -> str:  # type: ignore[override]
        """Name of the loss."""
        return "binary_crossentropy" if self.is_binary else "categorical_crossentropy"

    def read(self, y: Any, sequences: Sequences) -> Any:
        """Return the numbers of the classes in one column, or steps of them."""
        found, is_multilabel = _labels(y, sequences, self.per_step)
        if is_multilabel != self.is_multilabel or (
            is_multilabel and found.shape[1] != len(self.labels)
        ):
            kinds = ("one label a sample", "a binary indicator")
            raise ValueError(
                f"Expected y to be {kinds[self.is_multilabel]} with classes_ = "
                f"{self.classes.tolist()} as in the first fit, got {kinds[is_multilabel]} of "
                f"shape {found.shape}. Fit a new classifier for other targets."
            )
        return self._numbered(found, sequences)

    def _numbered(self, labels, sequences):
        if self.is_multilabel:
            refuse_other_pair(labels, self.pair)
            return (labels == self.pair[1]).astype(np.float64)
        if not self.per_step:
            return self.encode(labels)[:, None]
        present = sequences.present_steps()
        numbers = np.zeros((len(present), 1))
        numbers[present, 0] = self.encode(labels)
        return as_steps(numbers, sequences)

    def encode(self, labels: np.ndarray) -> np.ndarray:
        """Return labels as class numbers."""
        classes = self.classes
        known = np.isin(labels, classes)
        if not known.all():
            raise ValueError(
                f"Expected y with labels among classes_ = {classes.tolist()}, got "
                f"{shown(np.unique(labels[~known]))} as well. Fit on samples of all classes, "
                "or name them all in the first call of partial_fit(..., classes=...)."
            )
        return np.searchsorted(classes, labels).astype(np.float64)

    def strata(self, values: Any) -> np.ndarray | None:
        """Return the numbers of the classes of whole sequences."""
        return None if self.is_multilabel or self.per_step else values[:, 0]

    def with_shares(self, values: Any, sequences: Sequences, weights: np.ndarray) -> ClassTargets:
        """Return the same with the shares of the classes, or as it is if it has them."""
        if self.shares is not None:
            return self
        if self.per_step:
            weights = np.repeat(weights, sequences.lengths)[sequences.present_steps()]
        if self.is_multilabel:
            is_of = values
        else:
            is_of = self._counted(values, sequences)[:, None] == np.arange(len(self.labels))
        return replace(self, shares=tuple(np.average(is_of, axis=0, weights=weights).tolist()))

    # Weights of classes

    def weighted(self, values: Any, sequences: Sequences, class_weight: Any) -> ClassTargets:
        """Return the same with the weights of balanced classes, learnt once."""
        if class_weight != "balanced" or self.balanced is not None:
            return self
        weights = np.ones(len(self.labels))
        numbers = self._counted(values, sequences)
        present = np.unique(numbers)
        classes = np.arange(len(self.labels))
        weights[present] = compute_class_weight("balanced", classes=classes[present], y=numbers)
        return replace(self, balanced=tuple(weights.tolist()))

    def weights(self, values: Any, sequences: Sequences, class_weight: Any) -> np.ndarray:
        """Return the weight of each sample, or of all steps in a row, by its class."""
        if self.is_multilabel:
            raise ValueError(
                f"Expected class_weight=None for a multilabel y, got {shown(class_weight)}. "
                "Weigh the samples with sample_weight, for example by "
                "sklearn.utils.class_weight.compute_sample_weight."
            )
        by_class = np.asarray(
            self.balanced if class_weight == "balanced" else self._given(class_weight)
        )
        present = np.unique(self._counted(values, sequences))
        if not by_class[present].any():
            raise ValueError(
                f"Expected y with a class of positive weight, got {self.classes[present].tolist()} "
                f"alone with class_weight={shown(class_weight)}. Give samples of another class too."
            )
        # Only their ratios matter: a sample weighs one in the mean of the first fit.
        mean = by_class @ np.array(self.shares)
        by_class = by_class / (mean if mean > 0 else mean_weight(by_class))
        numbers = values.values if self.per_step else values
        weights: np.ndarray = by_class[numbers[:, 0].astype(int)]
        return weights

    def _counted(self, values, sequences):
        """Return the class numbers of the samples, or of the present steps."""
        if not self.per_step:
            return values[:, 0].astype(int)
        return values.values[values.step_rows()[sequences.present_steps()], 0].astype(int)

    def _given(self, class_weight):
        """Return the weight of each class that a dict gives, 1 where it gives none."""
        known = dict(zip(self.classes.tolist(), range(len(self.labels)), strict=True))
        unknown = [label for label in class_weight if label not in known]
        if unknown:
            left_out = [label for label in known if label not in class_weight]
            raise ValueError(
                f"Expected class_weight with keys among classes_ = {self.classes.tolist()}, got "
                f"{shown(unknown)} as well; the classes, {left_out}, are not in class_weight. Name "
                "the classes as they stand in y."
            )
        weights = np.ones(len(self.labels))
        for label, weight in class_weight.items():
            weights[known[label]] = weight
        if not np.isfinite(weights).all() or weights.min() < 0 or not weights.any():
            raise ValueError(
                "Expected class_weight without negative weights and not all zero, got "
                f"{shown(class_weight)}. Give each class a finite number from 0 up."
            )
        return weights

    # From raw outputs to predictions

    def probabilities(self, outputs: np.ndarray) -> np.ndarray:
        """Return the probability of each class, or of each label."""
        logits = outputs.astype(np.float64)
        if self.is_multilabel:
            p = expit(logits)
        elif self.is_binary:
            p = np.concatenate([expit(-logits), expit(logits)], axis=-1)
        else:
            p = softmax(logits, axis=-1)
        return self._with_shares(p, outputs)

    def loss_of_constant(self, data: TrainingData) -> float | None:
        """Return the cross-entropy of the shares of the classes in the training samples."""
        values, weights = judged_values(data)
        shares = np.average(self._indicators(values), axis=0, weights=weights)
        if data.validation is not None:
            values, weights = judged_values(data.validation)
        indicators = self._indicators(values)
        losses = -xlogy(indicators, shares).sum(axis=1)
        if self.is_multilabel:
            losses = (losses - xlogy(1 - indicators, 1 - shares).sum(axis=1)) / len(self.labels)
        return float((losses * weights).mean())

    def are_all_in(self, values: np.ndarray) -> bool:
        """Tell whether every class is among the values; of several labels each may be."""
        return self.is_multilabel or len(np.unique(values)) == len(self.labels)

    def losses(self, outputs: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Return the cross-entropy of each sample, of several labels their mean."""
        if self.is_multilabel:
            signs = 2 * values - 1
            return -log_expit(signs * outputs).mean(axis=1)
        return -self.log_probabilities(outputs)[self._indicators(values)]

    def _indicators(self, values):
        if self.is_multilabel:
            return values
        return values[:, :1] == np.arange(len(self.labels))

    def combined(
        self, outputs: list[np.ndarray], weights: tuple[float, ...] | None = None
    ) -> np.ndarray:
        """Return the logits of the mean probabilities of several networks, or of other outputs."""
        if len(outputs) == 1:
            return outputs[0]
        logits = np.asarray(outputs, dtype=np.float64)
        b = None if weights is None else np.reshape(weights, (-1, *[1] * (logits.ndim - 1)))
        if self.is_binary:
            yes, no = (logsumexp(log_expit(sign * logits), axis=0, b=b) for sign in (1, -1))
            return yes - no
        return logsumexp(log_softmax(logits, axis=-1), axis=0, b=b)

    def yes_or_no(self, values: np.ndarray) -> np.ndarray:
        """Return for each output 1 where a sample is of its class, else 0."""
        return values if self.is_binary else self._indicators(values).astype(np.float64)

    def outputs_of(self, shares: np.ndarray) -> np.ndarray:
        """Return the raw outputs that say the same of every sample: the share of each output."""
        return np.log(shares) - np.log1p(-shares) if self.is_binary else np.log(shares)

    def log_probabilities(self, outputs: np.ndarray) -> np.ndarray:
        """Return the logarithms of these, finite also where a probability rounds to zero."""
        logits = outputs.astype(np.float64)
        if self.is_multilabel:
            log_p = log_expit(logits)
        elif self.is_binary:
            log_p = np.concatenate([log_expit(-logits), log_expit(logits)], axis=-1)
        else:
            log_p = log_softmax(logits, axis=-1)
        return self._with_shares(log_p, outputs, of=np.log)

    def _with_shares(self, p, outputs, of=np.asarray):
        """Return the probabilities, those of the first y where there is no output (NaN)."""
        if self.shares is None or self.per_step:
            return p
        with np.errstate(divide="ignore"):  # of a class that is not in the first y
            shares = of(np.array(self.shares))
        return np.where(np.isnan(outputs[:, :1]), shares, p)

    def most_probable(self, outputs: np.ndarray) -> np.ndarray:
        """Return the most probable label, or which labels are more probable than not."""
        probabilities = self.probabilities(outputs)
        if self.is_multilabel:
            return np.where(probabilities > 0.5, *self.pair[::-1]).astype(int)
        return self.classes[probabilities.argmax(axis=-1)]

    def attributes(self) -> dict[str, Any]:
        """Return the classes."""
        return {"classes_": self.classes}

    def keras_layers(self) -> dict[str, Any]:
        """Return what turns raw outputs into probabilities in a Keras model."""
        return {"activation": "sigmoid" if self.is_binary else "softmax"}


def _labels(y, sequences, per_step):
    """Return the labels of samples or of present steps, and whether y is a binary indicator."""
    if per_step:
        labels = _labels_of_steps(y, sequences)
        check_labels(labels)
        return labels, False
    y = y.toarray() if hasattr(y, "toarray") else y
    refuse_lists_of_labels(y, sequences)
    check_one_target_a_sample(y)
    y = plain_labels(y)
    if y.ndim == 2 and y.shape[1] == 1:
        y = column_or_1d(y, warn=True)
    is_multilabel = check_labels(y) == "multilabel-indicator"
    check_consistent_length(sequences.starts, y)
    return y, is_multilabel


def _labels_of_steps(y, sequences):
    arrays = [_without_last_axis(part) for part in steps_of_each(y)]
    refuse_one_hot(arrays)
    check_steps(arrays, sequences)
    ends = np.cumsum(sequences.lengths)[:-1]
    present = np.split(sequences.present_steps(), ends)
    labels = np.concatenate([a[p] for a, p in zip(arrays, present, strict=True)])
    return plain_labels(column_or_1d(labels))


def _without_last_axis(labels):
    """Return labels (n_steps,) for labels (n_steps, 1)."""
    return labels[:, 0] if labels.ndim == 2 and labels.shape[1] == 1 else labels


def _classes(labels):
    try:
        classes = np.unique(labels)
    except TypeError as error:
        raise ValueError(
            f"Expected the labels in y to be all numbers or all strings, got a mixture "
            f"({error}). Turn them into strings."
        ) from error
    if len(classes) < 2:
        raise ValueError(
            f"Expected y with at least 2 classes, got 1 class: {shown(classes[0])}. Give samples "
            "of another class too."
        )
    return classes
