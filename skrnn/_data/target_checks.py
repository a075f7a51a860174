"""Checks of y and of sample weights, with errors of the same form as for X."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import check_consistent_length

from .._compat import check_sample_weight
from .._messages import is_number, shown
from .sequences import Sequences


def refuse_missing_y(name: str, y: Any) -> None:
    """Refuse a fit without targets."""
    if y is None:
        raise ValueError(f"{name} requires y to be passed, but the target y is None.")


def check_weights(sample_weight, sequences):
    """Return the weights as float64 of shape (n_samples,); refuse weights that are all zero."""
    if np.isscalar(sample_weight):
        sample_weight = np.full(len(sequences), sample_weight)
    elif sample_weight is not None:
        sample_weight = np.asarray(sample_weight)
    if np.ndim(sample_weight) == 2 and sample_weight.shape[1] == 1:
        sample_weight = sample_weight[:, 0]  # a column, as a frame gives it
    if sample_weight is not None and not sample_weight.any():
        raise ValueError(
            "Expected a positive sample_weight for some samples, got zero for all of them. "
            "Leave sample_weight out to weigh all samples alike."
        )
    if np.ndim(sample_weight) > 1:
        raise ValueError(
            "Expected sample_weight of shape (n_samples,), got shape "
            f"{np.shape(sample_weight)}. Give one weight for each sample."
        )
    return check_sample_weight(
        sample_weight, np.empty((len(sequences), 1)), dtype=np.float64, ensure_non_negative=True
    )


def mean_weight(weights):
    """Return the mean of the weights that are positive, without overflow.

    Only the ratios of weights matter: divided by their mean they are of order one.
    """
    positive = weights[weights > 0]
    if not len(positive):
        return 1.0
    largest = positive.max()
    return float(largest * (positive / largest).mean())


def refuse_other_than_numbers(y):
    """Refuse texts and dates where numbers are predicted."""
    y = np.asarray(y)
    if y.dtype.kind in "mM":
        raise ValueError(
            f"Expected y to be numbers, got {y.dtype}. Predict a time as a number in a unit of "
            "your choice, for instance (y - y.min()) / np.timedelta64(1, 'D')."
        )
    if y.dtype.kind not in "OUST":
        return
    odd = next((v for v in y.ravel() if isinstance(v, (str, bytes)) and not is_number(v)), None)
    if odd is not None:
        raise ValueError(
            f"Expected y to be numbers, got {shown(odd)}. For classes use RNNClassifier; else "
            "turn them into numbers with astype(float)."
        )


def weights_of_steps(sample_weight, sequences):
    """Return each present step's weight, that of its sequence: shape (n_present,)."""
    weights = np.repeat(check_weights(sample_weight, sequences), sequences.lengths)
    return weights[sequences.present_steps()]


def levels_of(quantiles):
    """Return the levels of quantiles as float64; refuse others than ascending ones."""
    try:
        levels = np.asarray(quantiles, dtype=float)
    except (TypeError, ValueError):
        levels = np.empty(0)  # texts, or lists of several lengths
    if levels.ndim != 1 or not levels.size or not (np.diff(levels, prepend=0, append=1) > 0).all():
        raise ValueError(
            "Expected quantiles to be ascending levels between 0 and 1, such as (0.1, 0.5, 0.9), "
            f"got {shown(quantiles)}."
        )
    return levels


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
    found = np.array([len(a) if a.ndim else -1 for a in arrays])
    lengths = np.asarray(sequences.lengths)
    if sequences.holds_tokens:
        # Padded texts may have targets for their tokens alone: judge by what fits most of them.
        trimmed = sequences.trimmed().lengths
        if (found == trimmed).sum() > (found == lengths).sum():
            lengths = trimmed
    fits = found == lengths
    rests = [a.shape[1:] if a.ndim else () for a in arrays]
    rest = max(rests, key=rests.count) if len(set(rests)) > 1 else rests[0]
    wrong = [i for i in range(len(arrays)) if not fits[i] or rests[i] != rest]
    if wrong:
        _refuse_steps(wrong[0], arrays, (int(lengths[wrong[0]]), *rest), sequences)


def _refuse_steps(i, arrays, expected, sequences):
    of = "tokens" if sequences.holds_tokens else "steps"
    cut = ""
    if sequences.holds_tokens and arrays[i].ndim and len(arrays[i]) > sequences.n_steps - 1:
        cut = (
            " If max_len of a SequenceTokenizer has cut the text, cut its targets too, or raise "
            "max_len."
        )
    raise ValueError(
        "Expected y to have a target for every step, because return_sequences=True; got "
        f"y[{i}] of shape {arrays[i].shape} for a sequence of {expected[0]} {of}, where "
        f"{expected} belongs. Give y of shape (n_samples, n_steps), or set "
        f"return_sequences=False.{cut}"
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
    is_column = getattr(y, "ndim", None) == 1 and getattr(y.dtype, "kind", None) == "O"
    if not is_column and not isinstance(y, (list, tuple)):
        return
    shapes = {np.shape(part) for part in y}
    if len(shapes) > 1:
        raise ValueError(
            "Expected y of shape (n_samples,) or (n_samples, n_outputs), got parts of different "
            f"shapes such as {sorted(shapes)[:2]}. For targets at every step set "
            "return_sequences=True."
        )


def refuse_one_of_a_pair(X_val: Any, y_val: Any) -> None:
    """Refuse validation data without their targets, and the other way round."""
    if (X_val is None) != (y_val is None):
        given, missing = ("y_val", "X_val") if X_val is None else ("X_val", "y_val")
        raise ValueError(f"Expected X_val and y_val together, got {given} without {missing}.")


def refuse_function(loss: Any) -> None:
    """Refuse a loss of the user's own where targets are missing."""
    if callable(loss):
        raise ValueError(
            f"Expected y without missing values for a loss of your own, got NaN in y and {loss!r}. "
            "Leave these samples out, or take a loss by its name, in which a missing target does "
            "not count."
        )
