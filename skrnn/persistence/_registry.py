"""Which classes a file may name, and which types of scikit-learn's steps are trusted.

A file names a class by where it is public. Nothing else is ever imported on its behalf. A new
estimator of this package needs a line in `CHECKS`, and each frozen dataclass that it keeps one in
`PARTS`. All else that it keeps has to be plain values, arrays, dates and indexes of pandas.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from ._learnt_state import (
    check_context,
    check_forecaster,
    check_places_of_lags,
    check_trained_network,
    check_vocabulary,
)

# The estimators of this package, each with the function that refuses fitted attributes, as a dict,
# that do not go together.
CHECKS: dict[str, Callable[[dict[str, Any]], None]] = {
    "skrnn.LagFeatures": check_context,
    "skrnn.LagWindows": check_context,
    "skrnn.LagsToSequences": check_places_of_lags,
    "skrnn.RNNAutoencoder": check_trained_network,
    "skrnn.RNNClassifier": check_trained_network,
    "skrnn.RNNForecaster": check_forecaster,
    "skrnn.RNNLanguageModel": check_trained_network,
    "skrnn.RNNRegressor": check_trained_network,
    "skrnn.RNNSeq2Seq": check_trained_network,
    "skrnn.SequenceTokenizer": check_vocabulary,
}

# Frozen dataclasses that they keep, each with the module that it is defined in.
PARTS = {
    "skrnn.forecast.Columns": "skrnn.forecast._roles",
    "skrnn.forecast.Design": "skrnn.forecast._design",
    "skrnn.forecast.Errors": "skrnn.forecast._bands",
    "skrnn.forecast.Table": "skrnn.forecast._table",
    "skrnn.forecast.Timeline": "skrnn.forecast._timeline",
}

# scikit-learn's estimators that may hold others: they are stored part by part, as ours are.
COMPOSED = (
    "sklearn.compose.ColumnTransformer",
    "sklearn.compose.TransformedTargetRegressor",
    "sklearn.ensemble.StackingClassifier",
    "sklearn.ensemble.StackingRegressor",
    "sklearn.ensemble.VotingClassifier",
    "sklearn.ensemble.VotingRegressor",
    "sklearn.frozen.FrozenEstimator",
    "sklearn.multioutput.MultiOutputClassifier",
    "sklearn.multioutput.MultiOutputRegressor",
    "sklearn.pipeline.FeatureUnion",
    "sklearn.pipeline.Pipeline",
)

# Types in scikit-learn's own steps that skops does not trust by itself: its estimators, NumPy's
# numbers, arrays and elementwise functions. Each of these is data, or a function of scikit-learn
# that computes on arrays. Trees are not among them: their nodes are indices that scikit-learn
# follows unchecked, so that a forged file could crash the process.
TRUSTED_IN_STEPS = (
    "numpy.dtype",
    "sklearn.compose._column_transformer.make_column_selector",
    "sklearn.feature_selection._mutual_info.mutual_info_classif",
    "sklearn.feature_selection._mutual_info.mutual_info_regression",
    "sklearn.feature_selection._univariate_selection.chi2",
    "sklearn.feature_selection._univariate_selection.f_classif",
    "sklearn.feature_selection._univariate_selection.f_regression",
    "sklearn.model_selection._split.KFold",
    "sklearn.model_selection._split.StratifiedKFold",
    "sklearn.model_selection._split.TimeSeriesSplit",
    "sklearn.utils._metadata_requests.MetadataRequest",
    "sklearn.utils._metadata_requests.MethodMetadataRequest",
)


def trusted_types() -> list[str]:
    """Return the names of this package's estimators, as skops and MLflow ask for them.

    They hold nothing but numbers, texts, containers and arrays of them, so that whoever trusts this
    package can trust these types in a file. An `RNNForecaster` keeps indexes of pandas, which skops
    cannot store: use `save`.

    Returns
    -------
    names : list of str
        Such as "skrnn.regression.RNNRegressor", in the order of the alphabet.

    See Also
    --------
    load : Needs no list.

    Examples
    --------
    >>> import skops.io
    >>> from skrnn import LagWindows, trusted_types
    >>> stored = skops.io.dumps(LagWindows(7))
    >>> skops.io.loads(stored, trusted=trusted_types())
    LagWindows(window=7)
    """
    classes = [class_of(name) for name in CHECKS]
    return sorted(f"{cls.__module__}.{cls.__qualname__}" for cls in classes)


def class_of(name: str) -> type:
    """Return the class of a name, which has to be in `CHECKS`, `PARTS` or `COMPOSED`."""
    module, _, own_name = name.rpartition(".")
    found: type = getattr(import_module(PARTS.get(name, module)), own_name)
    return found


def name_of(cls: type) -> str | None:
    """Return the name of a class in a file; None for one that no file may name."""
    for name in (*CHECKS, *PARTS, *COMPOSED):
        if name.rpartition(".")[2] == cls.__name__ and class_of(name) is cls:
            return name
    return None
