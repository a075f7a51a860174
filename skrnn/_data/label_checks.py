"""Checks of labels, and advice on labels that are meant otherwise."""

from __future__ import annotations

from collections.abc import Set
from typing import Any

import numpy as np
from sklearn.utils.multiclass import check_classification_targets, type_of_target

from .._messages import shown
from .._warnings import warn


def plain_labels(y: Any) -> np.ndarray:
    """Return labels as an array, of booleans or integers where a container hides these."""
    y = np.asarray(y)
    if y.dtype != object or not y.size:
        return y
    kinds = {type(label) for label in y.ravel()}
    if kinds <= {bool, np.bool_}:
        return y.astype(bool)
    if all(issubclass(kind, int | np.integer) and kind is not bool for kind in kinds):
        return y.astype(np.int64)
    return y


def check_labels(y: Any) -> str:
    """Return the `type_of_target` of labels; refuse what is not a kind of label."""
    y = np.asarray(y)
    if y.dtype.kind in "OmM":
        _refuse_missing(y)
    if y.ndim > 2:
        raise ValueError(
            f"Expected y of shape (n_samples,), or a binary indicator of shape (n_samples, "
            f"n_labels); got shape {y.shape}. If its last axis marks the class of each step, give "
            "y.argmax(axis=-1) and set return_sequences=True."
        )
    check_classification_targets(y)
    kind: str = type_of_target(y, input_name="y")
    if kind == "multiclass-multioutput":
        raise ValueError(
            f"Expected y of shape (n_samples,), or a binary indicator of shape (n_samples, "
            f"n_labels), which holds two values, no and yes; got {kind} targets with "
            f"{shown(np.unique(y)[:5])}. Fit one classifier for each column."
        )
    return kind


def _refuse_missing(labels):
    missing = np.array([_is_missing(label) for label in labels.ravel()], dtype=bool)
    if missing.any():
        at = int(missing.argmax()) // max(labels.size // len(labels), 1)
        raise ValueError(
            f"Expected y to hold a label for every sample, got None or NaN for {missing.sum()} of "
            f"{labels.size} (the first: y[{at}]). Input y contains NaN: drop these samples, or "
            "give them a label of their own."
        )


def _is_missing(label):
    try:
        return label is None or bool(label != label)
    except TypeError:
        return True  # pandas.NA, which is neither equal to itself nor different


def pair_of(indicator: np.ndarray) -> tuple[int, int]:
    """Return what stands for "no" and for "yes" in a binary indicator: 0 and 1, -1 and 1, ..."""
    values = sorted(int(value) for value in np.unique(indicator))
    if set(values) <= {0, 1}:
        return 0, 1
    if len(values) == 2:
        return values[0], values[1]
    (only,) = values
    return (only, 1) if only < 0 else (0, only)


def refuse_other_pair(indicator: np.ndarray, pair: tuple[int, int]) -> None:
    """Refuse a binary indicator that says "no" and "yes" by other values than the first one."""
    values = set(np.unique(indicator).tolist())
    if not values <= set(pair):
        raise ValueError(
            f"Expected y as a binary indicator of {pair[0]} and {pair[1]} as in the first fit, got "
            f"{shown(sorted(values))}. Write it with the same two values."
        )


def warn_of_labels_of_steps(indicator: np.ndarray, sequences: Any) -> None:
    """Tell that a y with a column for each step is not read as labels of steps."""
    n_steps = sequences.n_steps
    if n_steps > 1 and not sequences.is_ragged and indicator.shape[1] == n_steps:
        warn(
            f"y has as many columns as the sequences have steps, {n_steps}, and is read as "
            f"{n_steps} labels of each sequence. If it holds a label for each step, set "
            "return_sequences=True."
        )


def refuse_lists_of_labels(y: Any, sequences: Any) -> None:
    """Refuse lists of names, where one label or a binary indicator belongs."""
    y = y.to_list() if hasattr(y, "to_list") else y
    is_column = isinstance(y, np.ndarray) and y.ndim == 1 and y.dtype == object
    if not is_column and not isinstance(y, list | tuple):
        return
    if not any(isinstance(names, list | tuple | Set) for names in y):
        return
    lengths = [len(names) if hasattr(names, "__len__") else -1 for names in y]
    of_steps = lengths == list(sequences.lengths)
    if not of_steps and all(_are_numbers(names) for names in y):
        return
    if of_steps:
        way = "These have a label for each step: set return_sequences=True."
    else:
        way = (
            "For several labels a sample give a binary indicator: "
            "sklearn.preprocessing.MultiLabelBinarizer().fit_transform(y). For a label at each "
            "step set return_sequences=True."
        )
    if of_steps and all(_are_numbers(names) for names in y) and len(set(lengths)) == 1:
        return  # a table of numbers, written as lists
    raise ValueError(f"Expected y of one label a sample, got lists of labels. {way}")


def _are_numbers(names):
    return isinstance(names, list | tuple) and not any(isinstance(n, str) for n in names)


def refuse_one_hot(arrays: list[np.ndarray]) -> None:
    """Refuse labels of steps with an axis for the classes."""
    if arrays and arrays[0].ndim > 1:
        raise ValueError(
            "Expected y with one label for each step, because return_sequences=True; got y[0] of "
            f"shape {arrays[0].shape}. If its last axis marks the class (one-hot), give "
            "y.argmax(axis=-1), or [part.argmax(axis=-1) for part in y] for a list."
        )


def all_classes(classes: Any) -> Any:
    """Return the classes that are given for all calls of `partial_fit`, a set as a list."""
    return list(classes) if isinstance(classes, Set) else classes


def refuse_other_classes(classes: Any, known: np.ndarray) -> None:
    """Refuse other classes than those of the first call of `partial_fit`."""
    if classes is None:
        return
    given = np.unique(np.asarray(all_classes(classes)))
    if not np.array_equal(given, known):
        raise ValueError(
            f"Expected classes={shown(known)} as in the first call of partial_fit, got "
            f"{shown(given)}. Leave classes out in later calls, or fit anew."
        )
