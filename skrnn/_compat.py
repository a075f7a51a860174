"""The private names of scikit-learn that we use, in one place: here to mend if one moves."""

from __future__ import annotations

from sklearn.base import _fit_context as fit_context
from sklearn.utils import _safe_indexing as safe_indexing
from sklearn.utils._optional_dependencies import check_matplotlib_support
from sklearn.utils._param_validation import (
    HasMethods,
    Interval,
    RealNotInt,
    StrOptions,
    validate_parameter_constraints,
)
from sklearn.utils._set_output import _get_output_config as output_config
from sklearn.utils.validation import _check_feature_names as check_feature_names
from sklearn.utils.validation import _check_feature_names_in as check_feature_names_in
from sklearn.utils.validation import _check_sample_weight as check_sample_weight

# Attributes that scikit-learn's decorator of `fit` keeps on an estimator; the second one gives a
# context.
CALLBACK_STATE = ("_callback_fit_ctx", "_skl_callbacks_to_teardown")
CALLBACK_CONTEXT = "_init_callback_context"

__all__ = [
    "CALLBACK_CONTEXT",
    "CALLBACK_STATE",
    "HasMethods",
    "Interval",
    "RealNotInt",
    "StrOptions",
    "check_feature_names",
    "check_feature_names_in",
    "check_matplotlib_support",
    "check_sample_weight",
    "fit_context",
    "output_config",
    "safe_indexing",
    "validate_parameter_constraints",
]
