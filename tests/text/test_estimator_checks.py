"""scikit-learn's common checks.

They give X as a table of numbers, and so leave out nearly all of themselves for an estimator of
texts. Here a subclass writes each row of the table as a text.
"""

import pytest
from sklearn.base import clone
from sklearn.exceptions import SkipTestWarning
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import (
    check_estimator,
    estimator_checks_generator,
    parametrize_with_checks,
)
from sklearn.utils.validation import check_is_fitted, validate_data

from skrnn import SequenceTokenizer


class TokenizerOfRows(SequenceTokenizer):
    """A tokenizer whose texts are the rows of a table, a word for each number."""

    def _texts(self, X, reset):
        if not reset:
            check_is_fitted(self)
        rows = validate_data(self, X, reset=reset, dtype="float64").round(1)
        return [" ".join(f"n{number}" for number in row) for row in rows]

    def fit(self, X, y=None):
        return super().fit(self._texts(X, reset=True), y)

    def fit_transform(self, X, y=None):
        return super().fit_transform(self._texts(X, reset=True), y)

    def transform(self, X):
        return super().transform(self._texts(X, reset=False))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = False
        tags.input_tags.two_d_array = True
        return tags


ROWS = [
    TokenizerOfRows(),
    TokenizerOfRows("char", max_tokens=9, max_len=0.5, truncating="post"),
]


@parametrize_with_checks(ROWS)
def test_common_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize("estimator", ROWS, ids=str)
def test_the_checks_were_collected(estimator):
    assert len(list(estimator_checks_generator(clone(estimator)))) > 40


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
def test_checks_of_an_estimator_of_texts():
    check_estimator(SequenceTokenizer())


def test_tags():
    tags = get_tags(SequenceTokenizer())
    assert tags.input_tags.string
    assert not tags.input_tags.two_d_array
    assert tags.requires_fit
    assert not tags.input_tags.allow_nan
    assert SkipTestWarning  # what the checks say of an estimator without two_d_array
