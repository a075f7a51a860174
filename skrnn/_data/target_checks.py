"""What y and sample weights may be, in the same form of complaint as for X."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_consistent_length

from .._compat import check_sample_weight
from .sequences import Sequences


def refuse_missing_y(name: str, y: Any) -> None:
    """Refuse a fit without targets."""
    if y is None:
        raise ValueError(f"{name} requires y to be passed, but the target y is None.")


def check_weights(sample_weight, sequences):
    """Return the weights as float32 of shape (n_samples,); refuse weights that are all zero."""
    if sample_weight is not None and not np.asarray(sample_weight).any():
        raise ValueError(
            "Expected a positive sample_weight for some samples, got zero for all of them. "
            "Leave sample_weight out to weigh all samples alike."
        )
    return check_sample_weight(
        sample_weight, np.empty((len(sequences), 1)), dtype=np.float32, ensure_non_negative=True
    )


def weights_of_steps(sample_weight, sequences):
    """Return each present step's weight, that of its sequence: shape (n_present,)."""
    weights = np.repeat(check_weights(sample_weight, sequences), sequences.lengths)
    return weights[sequences.present_steps()]


def steps_of_each(y):
    """Return the targets of each sequence as an array, from a table, an array or a list."""
    return [np.asarray(part) for part in (y.to_numpy() if hasattr(y, "to_numpy") else y)]


def is_padding_left_out(y, sequences):
    """Tell whether targets per step are for the tokens of padded texts, and not for the padding.

    So they are where a tokenizer in a pipeline pads the texts whose words they are for.
    """
    if not sequences.holds_tokens or sequences.is_ragged or getattr(y, "ndim", 1) != 1:
        return False
    lengths = [np.size(part) for part in y]
    return lengths == list(sequences.trimmed().lengths) != list(sequences.lengths)


def check_steps(arrays, sequences):
    """Refuse targets of each sequence, as arrays, that are not one for each of its steps."""
    check_consistent_length(sequences.starts, arrays)
    expected = [(int(length), *arrays[0].shape[1:]) for length in sequences.lengths]
    wrong = [i for i, a in enumerate(arrays) if a.shape != expected[i]]
    if wrong:
        i = wrong[0]
        raise ValueError(
            "Expected y to have a target for every step, because return_sequences=True; got "
            f"y[{i}] of shape {arrays[i].shape} for a sequence of {sequences.lengths[i]} "
            f"steps, where {expected[i]} belongs. Give y of shape (n_samples, n_steps), or "
            "set return_sequences=False."
        )


def steps_in_a_row(y, sequences):
    """Return the targets of all steps in a row: (n_steps of all sequences[, n_outputs]).

    Parameters
    ----------
    y : array of shape (n_samples, n_steps[, n_outputs]), or a list of arrays
        (n_steps_i[, n_outputs])
    sequences : Sequences
        The y of each sequence has as many steps.
    """
    arrays = steps_of_each(y)
    check_steps(arrays, sequences)
    return np.concatenate(arrays)


def as_steps(values, sequences):
    """Return values of all steps in a row as the steps of each sequence."""
    starts = np.cumsum(sequences.lengths) - sequences.lengths
    return Sequences(values, starts, sequences.lengths)


def check_one_target_a_sample(y):
    """Refuse a y with targets for every step, whose sequences differ in length."""
    if isinstance(y, (list, tuple)) and len({np.shape(part) for part in y}) > 1:
        raise ValueError(
            "Expected y of shape (n_samples,) or (n_samples, n_outputs), got a list of parts of "
            f"different shapes such as {np.shape(y[0])}. For targets at every step set "
            "return_sequences=True."
        )


def check_labels(y):
    """Return the `type_of_target` of labels; refuse what is not a kind of label."""
    y = np.asarray(y)
    if y.dtype == object and any(map(_is_missing, y.ravel())):
        raise ValueError(
            "Expected y to hold a label for every sample, got None or NaN among them. Input y "
            "contains NaN: drop these samples, or give them a label of their own."
        )
    check_classification_targets(y)
    kind = type_of_target(y, input_name="y")
    if kind == "multiclass-multioutput":
        raise ValueError(
            f"Expected y of shape (n_samples,), or a binary indicator of shape (n_samples, "
            f"n_labels); got {kind} targets. Fit one classifier for each column."
        )
    return kind


def _is_missing(label):
    try:
        return label is None or bool(label != label)
    except TypeError:
        return True  # pandas.NA, which is neither equal to itself nor different
