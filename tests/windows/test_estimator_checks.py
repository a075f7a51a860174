"""scikit-learn's common checks, with the exemptions that cannot be helped."""

import pytest
from sklearn.base import clone
from sklearn.utils.estimator_checks import estimator_checks_generator, parametrize_with_checks

from skrnn.windows import LagFeatures, LagsToSequences, LagWindows

BY_NATURE = {
    "check_methods_sample_order_invariance": "a row of an array is lagged by the rows before it",
    "check_methods_subset_invariance": "a row of an array is lagged by the rows before it",
}
TRANSFORMERS = [
    LagWindows(),
    LagWindows(3, dilation=2, fill="edge", missing="flag"),
    LagFeatures([0, 2]),
]


@parametrize_with_checks(TRANSFORMERS, expected_failed_checks=lambda estimator: BY_NATURE)
def test_common_checks(estimator, check):
    check(estimator)


@parametrize_with_checks([LagsToSequences(1)])
def test_common_checks_of_columns(estimator, check):
    check(estimator)


@pytest.mark.parametrize("transformer", TRANSFORMERS, ids=str)
def test_the_checks_were_collected(transformer):
    names = [
        getattr(check, "func", check).__name__
        for _, check in estimator_checks_generator(clone(transformer))
    ]
    assert len(names) > 40
    assert set(BY_NATURE) <= set(names)
