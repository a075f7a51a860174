"""What X may be.

Everything is checked once, here, and every complaint has one form: what was expected, what
arrived, what to do.
"""

from __future__ import annotations

import numpy as np
from sklearn.utils.validation import check_array, validate_data

from ..text._refusals import refuse_ids_as_numbers, refuse_numbers_as_ids, refuse_texts
from .sequences import Sequences


def check_sequences(estimator, X, *, tokens, as_list, reset):
    """Check X and return it as `Sequences`; set or compare the estimator's `n_features_in_`.

    Parameters
    ----------
    estimator : estimator
    X : see the estimators' `fit`
    tokens : bool
        X holds token ids.
    as_list : bool
        A list is one of sequences, even if it looks like a table.
    reset : bool
        True in `fit`: learn the form and the number of features. False: compare with them.

    Returns
    -------
    Sequences
    """
    name, embeds = type(estimator).__name__, hasattr(estimator, "embedding_dim")
    known = None if reset else estimator.n_features_in_
    refuse_texts(name, X, embeds=embeds)
    if tokens:
        refuse_numbers_as_ids(X)
    else:
        refuse_ids_as_numbers(name, X, embeds=embeds)
    X = _listed(X)
    is_list = holds_sequences(X, known=as_list)
    if not (tokens or is_list or getattr(X, "ndim", None) == 3):
        sequences = _of_table(validate_data(estimator, X, reset=reset, **_NUMBERS))
        _refuse_empty(sequences)
        return sequences
    if tokens:
        sequences = _check_tokens(X, is_list, name)
        n_features = sequences.n_steps  # of no meaning later: texts may be of any length
    else:
        sequences = _check_ragged(X, known) if is_list else _check_3d(X, name)
        n_features = sequences.values.shape[1]
        _refuse_other_number(n_features, known, name)
    if reset:
        estimator.n_features_in_ = n_features
        vars(estimator).pop("feature_names_in_", None)
    _refuse_empty(sequences)
    return sequences


_NUMBERS = {"dtype": [np.float64, np.float32], "ensure_all_finite": "allow-nan"}


def _listed(X):
    """Return the sequences in an array of objects as a list; anything else as it is."""
    is_one = getattr(X, "ndim", None) == 1 and getattr(X.dtype, "kind", None) == "O"
    return list(X) if is_one else X


def holds_sequences(X, known=False):
    """Tell a list of sequences from a table written as nested lists.

    A list of arrays is one of sequences. So is a list of lists where they differ in length or
    hold lists, or where such a list is `known` to be expected.
    """
    X = _listed(X)
    if not isinstance(X, (list, tuple)) or len(X) == 0:
        return False
    if any(isinstance(x, np.ndarray) or hasattr(x, "to_numpy") for x in X):
        return all(np.ndim(x) > 0 for x in X)
    if not all(isinstance(x, (list, tuple)) for x in X):
        return False
    return known or len({len(x) for x in X}) > 1 or np.ndim(X[0]) > 1


def _of_table(X):
    return _checked(Sequences.from_dense(X[:, :, None]))


def _check_3d(X, name):
    from ..windows._strides import as_flat_series  # here: half of the time of our import

    # Of sequences of one step the strides say nothing.
    flat = as_flat_series(X) if X.shape[1] > 1 else None
    # Of windows that know their rows the rows are checked, never the windows: that would be a copy.
    if getattr(X, "table", None) is not None:
        sequences = Sequences.from_table(X.table._replace(rows=_as_floats(X.table.rows)))
    elif flat is not None and X.dtype.kind in "biuf":
        series, dilation = _as_floats(flat[0]), flat[1]
        sequences = Sequences.from_series(series, X.shape[0], X.shape[1], dilation=dilation)
    else:
        X = check_array(
            X,
            allow_nd=True,
            dtype=[np.float64, np.float32],
            ensure_all_finite=False,
            estimator=name,
            input_name="X",
        )
        sequences = Sequences.from_dense(X)
    return _checked(sequences) if X.shape[2] else sequences


def _as_floats(rows):
    return rows if rows.dtype in (np.float32, np.float64) else rows.astype(np.float64)


def _check_ragged(X, known):
    arrays = [_as_sequence(x, i) for i, x in enumerate(X)]
    widths = np.array([a.shape[1] for a in arrays])
    expected = int(widths[0]) if known is None else known
    if (widths != expected).any():
        wrong = int(np.argmax(widths != expected))
        raise ValueError(
            f"Expected every sequence in X to have {expected} features, got {widths[wrong]} in "
            f"sequence {wrong} (of shape {arrays[wrong].shape}). Give each as an array of shape "
            "(n_steps, n_features)."
        )
    sequences = Sequences.from_ragged(arrays)
    return _checked(sequences) if expected else sequences


def _as_sequence(x, number):
    try:
        array = np.asarray(x)
        if array.dtype.kind in "cmM":
            raise TypeError(f"it holds {array.dtype}")
        if array.dtype not in (np.float32, np.float64):
            array = array.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"Expected every sequence in X to be numeric, got {type(x).__name__} that is not in "
            f"sequence {number}: {error}. Encode it as numbers first."
        ) from error
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2:
        raise ValueError(
            "Expected every sequence in X to have shape (n_steps, n_features), got shape "
            f"{array.shape} in sequence {number}. Reshape it."
        )
    return array


def _check_tokens(X, is_list, name):
    if is_list:
        return Sequences.from_ragged([_as_ids(x).ravel() for x in X])
    X = check_array(X, dtype="numeric", estimator=name, input_name="X")
    return Sequences.from_dense(_as_ids(X))


def _as_ids(values):
    ids = np.asarray(values)
    if ids.ndim == 2 and ids.shape[1] == 1:
        ids = ids[:, 0]
    if ids.dtype.kind in "iuf":
        wrong = ids[(ids % 1 != 0) | (ids < 0) | (ids > np.iinfo(np.int32).max)]
    else:
        wrong = ids.ravel()[:1]
    if ids.ndim > 2 or wrong.size:
        seen = f"shape {ids.shape}" if ids.ndim > 2 else f"{ids.dtype} values such as {wrong[0]}"
        raise ValueError(
            "Expected X to hold token ids, integers from 0 up to 2**31 - 1, because embedding_dim "
            f"or embeddings is set; got {seen}. Encode the tokens as integers (0 is padding), or "
            "set both to None for numeric sequences."
        )
    return ids.astype(np.int32)


def _refuse_other_number(n_features, known, name):
    """Refuse steps without a feature, or with another number of them than in `fit`."""
    if n_features == 0:
        raise ValueError(
            "Found array with 0 feature(s), while X of shape (n_samples, n_steps, n_features) "
            "needs at least one feature. Give each step a value."
        )
    if known not in (None, n_features):
        raise ValueError(
            f"X has {n_features} features, but {name} is expecting {known} features as input."
        )


def refuse_other_width(sequences, n_features, where="the first fit"):
    """Refuse sequences of another number of features than a network was fitted on."""
    if sequences.values.shape[1] != n_features:
        raise ValueError(
            f"Expected X with {n_features} features at each step, as in {where}, got "
            f"{sequences.values.shape[1]}. A 2-D X has one feature at each step; give X of shape "
            "(n_samples, n_steps, n_features) for more."
        )


def _checked(sequences):
    """Refuse infinity, and steps that are absent in part only."""
    values = sequences.values
    total = values.sum(dtype=np.float64)
    if np.isfinite(total):  # as nearly always, and four times as fast as the whole check
        return sequences
    missing = np.isnan(values)
    used = sequences.row_counts() > 0
    infinite = used & np.isinf(values).any(axis=1)
    if infinite.any():
        raise ValueError(
            f"Input X contains infinity, in {_name_steps(sequences, infinite)}. Replace it by a "
            "number, or by NaN in all features of the step to leave the step out."
        )
    partly = used & missing.any(axis=1) & ~missing.all(axis=1)
    if partly.any():
        raise ValueError(
            "Expected every step of X to be either complete or NaN in all its features (an absent "
            f"step), got NaN in some features only, in {_name_steps(sequences, partly)}. Input X "
            "contains NaN: fill it, for example with sklearn.impute.SimpleImputer before the "
            'windows (and set_output(transform="pandas") on the pipeline, so that the index is '
            "kept), or set all features of the step to NaN to leave the step out."
        )
    return sequences


def _name_steps(sequences, rows, most=3):
    """Say where the marked rows of the table first occur."""
    numbers = sequences.row_numbers()[: 10**6]
    places = np.argwhere(np.isin(numbers, np.flatnonzero(rows)))
    named = ", ".join(f"step {step} of sample {sample}" for sample, step in places[:most])
    return named + (f" and {len(places) - most} more places" if len(places) > most else "")


def _refuse_empty(sequences):
    empty = (sequences.lengths == 0) | (sequences.n_present() == 0)
    if empty.any():
        numbers = ", ".join(map(str, np.flatnonzero(empty)[:5]))
        raise ValueError(
            f"Expected every sequence in X to have at least one present step, got {empty.sum()} "
            f"without any (the first: {numbers}). Input X contains NaN, padding or nothing there: "
            "drop these samples and their targets, or take longer windows."
        )
