"""Checks of X.

Everything is checked once, here, and every complaint has one form: what was expected, what
arrived, what to do.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from sklearn.utils.validation import check_array, validate_data

from .._compat import check_feature_names
from .._messages import is_number, shown
from ..text._refusals import refuse_ids_as_numbers, refuse_numbers_as_ids, refuse_texts
from .containers import holds_sequences, is_nested, listed
from .outages import refuse_nothing_but_outages
from .sequences import Sequences

# The meanings of an X of two axes: a table, whose columns are known by their number; sequences of
# one feature, of any length; or neither, where a step has features.
TABLE, SAMPLES, NEITHER = "table", "samples", "neither"


def check_numbers(estimator, X, *, reads_2d, reset):
    """Check sequences of numbers and return them as `Sequences`.

    Parameters
    ----------
    estimator : estimator
        Its `n_features_in_` is set or compared.
    X : see the estimators' `fit`
    reads_2d : {TABLE, SAMPLES, NEITHER}
        The meaning of an X of two axes.
    reset : bool
        True in `fit`: learn the number of features. False: compare with it.

    Returns
    -------
    Sequences
    """
    name, embeds = type(estimator).__name__, hasattr(estimator, "embedding_dim")
    known = None if reset else estimator.n_features_in_
    refuse_texts(name, X, embeds=embeds)
    refuse_ids_as_numbers(name, X, embeds=embeds)
    frame, X = X, listed(X)
    is_list = holds_sequences(X)
    _refuse_other_axes(X, is_list, reads_2d, known)
    if is_list and reads_2d == TABLE:
        X, is_list = _rows_of_table(X, known), False
    if is_list:
        sequences = _check_ragged(X, known)
    elif _n_axes(X) == 3:
        sequences = _check_3d(X, name)
    elif reads_2d == TABLE:
        return _of_table(estimator, X, reset)
    else:
        sequences = _of_samples(X, name)
    n_features = sequences.values.shape[1]
    _refuse_other_number(n_features, known, name)
    _keep_width(estimator, n_features, reset)
    if is_nested(frame):
        _check_names_of_nested(estimator, frame, reset)
    return _that_can_be_fitted(sequences) if reset else sequences


def _check_names_of_nested(estimator, frame, reset):
    import pandas as pd  # here: half of the time of our import

    from ..windows._frames import check_names_of

    check_names_of(frame)
    # As pandas has them: scikit-learn before 1.7 finds no names in newer frames of polars.
    names = pd.DataFrame(columns=list(frame.columns))
    check_feature_names(estimator, names, reset=reset)


def check_tokens(estimator, X, *, reset):
    """Check sequences of token ids and return them as `Sequences`; see `check_numbers`."""
    name = type(estimator).__name__
    refuse_texts(name, X, embeds=True)
    refuse_numbers_as_ids(X)
    X = listed(X)
    is_list = holds_sequences(X)
    _refuse_other_axes(X, is_list, SAMPLES, None, kind="token ids")
    if is_list:
        sequences = Sequences.from_ragged([_as_ids(x).ravel() for x in X])
    else:
        X = check_array(
            X, dtype="numeric", estimator=name, input_name="X", ensure_all_finite="allow-nan"
        )
        sequences = Sequences.from_dense(_as_ids(X))
    # The number of steps is of no meaning later: texts may be of any length.
    _keep_width(estimator, sequences.n_steps, reset)
    return _that_can_be_fitted(sequences) if reset else sequences


def _keep_width(estimator, n_features, reset):
    if reset:
        estimator.n_features_in_ = n_features
        vars(estimator).pop("feature_names_in_", None)


def _that_can_be_fitted(sequences):
    refuse_nothing_but_outages(sequences)
    return sequences


def _n_axes(X):
    """Count the axes of what is no list of sequences."""
    if isinstance(X, (list, tuple)):
        return 1
    return len(X.shape) if hasattr(X, "shape") else 2 if hasattr(X, "__array__") else 0


def _is_empty(X):
    n_samples = X.shape[0] if hasattr(X, "shape") else len(X) if hasattr(X, "__len__") else None
    return n_samples == 0


def _refuse_other_axes(X, is_list, reads_2d, n_features, kind="numbers"):
    """Refuse an X of no samples, and one that has an axis too few or too many."""
    n_axes = None if is_list else _n_axes(X)
    if n_axes and _is_empty(X):
        raise ValueError(
            f"Expected X with at least one sequence of {kind}, got 0 samples. Look at what "
            "selected them."
        )
    tokens = kind == "token ids"
    form = "(n_samples, n_steps)" if tokens else "(n_samples, n_steps, n_features)"
    if n_axes == 0:
        raise ValueError(
            f"Expected X of shape {form}, or a list of sequences, got {type(X).__name__}. Put the "
            "sequences in a list or an array."
        )
    if n_axes == 1:
        raise ValueError(
            f"Expected X of shape {form}, or a list of sequences, got one axis of {len(X)} "
            "values. Reshape your data: a single sequence is X[None], or [X] for a list."
        )
    if n_axes is not None and n_axes > (2 if tokens else 3):
        raise ValueError(
            f"Expected X of shape {form}, got an array with dim {n_axes}, of shape "
            f"{tuple(X.shape)}. Reshape it, so that the last axis holds "
            f"{'the ids of a text' if tokens else 'the features of a step'}."
        )
    if n_axes == 2 and reads_2d == NEITHER:
        _refuse_without_axis(tuple(X.shape), n_features)


def _refuse_without_axis(shape, n_features):
    """Refuse two axes where there were three in `fit`."""
    features = f"(n_samples, n_steps, {n_features}) as in the first fit"
    if shape[1] == n_features:
        way = "It looks like a single sequence: give X[None] (or X[i : i + 1] of several)."
    elif n_features == 1:
        way = "Give X[..., None], so that each step has its one feature."
    else:
        way = "Give each step its features."
    raise ValueError(f"Expected X of shape {features}, got shape {shape}. {way}")


def refuse_other_columns(X, n_columns):
    """Refuse a table of another width than that of the lists in `fit`."""
    shape = tuple(getattr(X, "shape", ()))
    if len(shape) == 2 and shape[1] != n_columns:
        raise ValueError(
            f"Expected X as a table with {n_columns} columns, as many as each list had numbers "
            f"in fit, got shape {shape}. A list of sequences may have other lengths."
        )


def _rows_of_table(X, n_columns):
    """Return lists of numbers as the rows of a table; refuse other sequences."""
    shapes = {np.shape(x) if np.ndim(x) == 1 else None for x in X}
    if len(shapes) == 1 and None not in shapes:
        return np.array([np.asarray(x) for x in X])
    width = "as many values" if n_columns is None else f"{n_columns} values"
    raise ValueError(
        f"Expected X as a table with {width} in each row, as in the first fit, got a list of "
        "sequences of other shapes. Give fit a list too: then sequences may have any length."
    )


_NUMBERS = {"dtype": [np.float64, np.float32], "ensure_all_finite": "allow-nan"}


def _of_table(estimator, X, reset):
    """Return the rows of a table as sequences of one feature."""
    from ..windows._frames import check_columns  # here: half of the time of our import

    check_columns(X)
    X = validate_data(estimator, X, reset=reset, **_NUMBERS)
    sequences = _checked(Sequences.from_dense(X[:, :, None]))
    return _that_can_be_fitted(sequences) if reset else sequences


def _of_samples(X, name):
    """Return rows of numbers as sequences of one feature, of which others have other lengths."""
    from ..windows._frames import check_columns

    check_columns(X)
    X = check_array(X, estimator=name, input_name="X", **_NUMBERS)
    return _checked(replace(Sequences.from_dense(X[:, :, None]), varies=True))


def _check_3d(X, name):
    from ..windows._strides import as_flat_series  # here: half of the time of our import

    # Sequences of one step have strides that say nothing.
    flat = as_flat_series(X) if X.shape[1] > 1 else None
    # If windows know their rows, the rows are checked: to check the windows would copy them.
    if getattr(X, "table", None) is not None:
        sequences = Sequences.from_table(X.table._replace(rows=_as_floats(X.table.rows)))
    elif flat is not None and X.dtype.kind in "biuf":
        series, dilation = _as_floats(flat[0]), flat[1]
        sequences = Sequences.from_series(series, X.shape[0], X.shape[1], dilation=dilation)
    else:
        _refuse_other_than_numbers(X)
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


def _refuse_other_than_numbers(X):
    """Refuse texts and dates among the features of steps."""
    if X.dtype.kind in "mM":
        raise ValueError(
            f"Expected X to hold numbers, got {X.dtype}. Leave the dates out, or turn them into "
            "numbers that mean something, such as the hour of the day."
        )
    if X.dtype.kind in "OUS":
        odd = _first_text(X)
        if odd is not None:
            raise ValueError(
                f"Expected X to hold numbers, got the text {shown(odd)}. Encode it, for example "
                "with sklearn.preprocessing.OneHotEncoder, before you make sequences."
            )


def _first_text(values):
    """Return the first text that is no number; None where there is none."""
    for value in np.ravel(np.asarray(values, object)):
        if isinstance(value, (str, bytes)) and not is_number(value):
            return value
    return None


def _as_floats(rows):
    return rows if rows.dtype in (np.float32, np.float64) else rows.astype(np.float64)


def _check_ragged(X, known):
    arrays = [_as_sequence(x, i) for i, x in enumerate(X)]
    widths = np.array([a.shape[1] if len(a) else -1 for a in arrays])
    have_steps = widths >= 0
    expected = known
    if known is None:
        expected = int(widths[np.argmax(have_steps)]) if have_steps.any() else 1
    if (widths[have_steps] != expected).any():
        wrong = int(np.argmax(have_steps & (widths != expected)))
        raise ValueError(
            f"Expected every sequence in X to have {expected} features, got {widths[wrong]} in "
            f"sequence {wrong} (of shape {arrays[wrong].shape}). Give each as an array of shape "
            "(n_steps, n_features)."
        )
    arrays = [a if len(a) else np.zeros((0, expected)) for a in arrays]
    sequences = Sequences.from_ragged(arrays)
    return _checked(sequences) if expected else sequences


def _as_sequence(x, number):
    try:
        array = np.asarray(_with_nan(x))
        if array.dtype.kind in "cmM":
            raise TypeError(f"it holds {array.dtype}")
        if array.dtype not in (np.float32, np.float64):
            array = array.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"Expected every sequence in X to be numeric, got {type(x).__name__} that is not in "
            f"sequence {number}: {_what_is_no_number(x, error)}. Encode it as numbers first."
        ) from error
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2:
        raise ValueError(
            "Expected every sequence in X to have shape (n_steps, n_features), got shape "
            f"{array.shape} in sequence {number}. Reshape it."
        )
    return array


def _what_is_no_number(x, error):
    """Say which value of a sequence is no number, or what is wrong otherwise."""
    if len({np.shape(step) for step in x}) > 1:
        return "its steps have different shapes"
    odd = _first_text(x)
    return str(error) if odd is None else f"it holds the text {shown(odd)}"


def _with_nan(values):
    """Return a column or a frame of nullable numbers with NaN for what is missing."""
    dtypes = getattr(values, "dtypes", None)
    if not hasattr(values, "iloc") or not any(
        hasattr(dtype, "na_value") for dtype in np.ravel(np.asarray(dtypes, dtype=object))
    ):
        return values
    return values.to_numpy(dtype=np.float64, na_value=np.nan)


def vectors(X):
    """Return a table with one vector a sample as an array."""
    from ..windows._frames import check_columns

    if _n_axes(X) == 1 and not holds_sequences(X):
        raise ValueError(
            "Expected X of shape (n_samples, n_features), a vector for each sample, got one axis "
            f"of {len(X)} values. Reshape your data: a single vector is X[None]."
        )
    if holds_sequences(X):
        X = _rows_of_table(X, None)
    elif _n_axes(X) != 2:
        raise ValueError(
            "Expected X of shape (n_samples, n_features), a vector for each sample as in the "
            f"first fit, got an array with dim {_n_axes(X)}, of shape {tuple(X.shape)}. Reshape "
            "it, or fit on sequences."
        )
    check_columns(X)
    return check_array(X, ensure_all_finite=False, dtype=None)


def _as_ids(values):
    ids = _with_padding(values)
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


def _with_padding(values):
    """Return ids as an array, 0 where they are missing: shorter texts are padded so too."""
    ids = np.asarray(_with_nan(values))
    missing = np.isnan(ids) if ids.dtype.kind == "f" else np.zeros(())
    return np.where(missing, 0, ids) if missing.any() else ids


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
    total = sequences.values.sum(dtype=np.float64)
    if np.isfinite(total):  # as nearly always, and four times as fast as the whole check
        return sequences
    if _holds(sequences, _are_infinite):
        raise ValueError(
            f"Input X contains infinity, in {_name_steps(sequences, _are_infinite)}. Replace it by "
            "a number, or by NaN in all features of the step to leave the step out."
        )
    if _holds(sequences, _are_missing_in_part):
        raise ValueError(
            "Expected every step of X to be either complete or NaN in all its features (an absent "
            "step), got NaN in some features only, in "
            f"{_name_steps(sequences, _are_missing_in_part)}. Input X "
            'contains NaN: cut the windows by LagWindows(missing="flag"), which takes the value '
            "last seen, or fill it, for example with sklearn.impute.SimpleImputer before the "
            'windows (and set_output(transform="pandas") on the pipeline, so that the index is '
            "kept), or set all features of the step to NaN to leave the step out."
        )
    return sequences


def _are_infinite(values):
    return np.isinf(values).any(axis=1)


def _are_missing_in_part(values):
    missing = np.isnan(values)
    return missing.any(axis=1) & ~missing.all(axis=1)


def _marked(part, is_wrong):
    """Tell which rows are wrong and belong to a sequence."""
    return is_wrong(part.values) & (part.row_counts() > 0)


def _holds(sequences, is_wrong):
    return any(_marked(part, is_wrong).any() for part in sequences.parts())


def _name_steps(sequences, is_wrong, most=3):
    """Say where the marked rows of the table first occur."""
    places: list[tuple[int, int]] = []
    first = 0
    for part in sequences.take(slice(10**6)).parts():
        found = np.argwhere(np.isin(part.row_numbers(), np.flatnonzero(_marked(part, is_wrong))))
        places.extend((step, first + sample) for sample, step in found.tolist())
        first += len(part)
    named = ", ".join(f"step {step} of sample {sample}" for step, sample in places[:most])
    return named + (f" and {len(places) - most} more places" if len(places) > most else "")
