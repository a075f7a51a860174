"""A warning names the line of the user's own code, whatever scikit-learn puts in between."""

import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

from skrnn import LagWindows, SequenceTokenizer

from .common import small_regressor

TEXTS = ["a good film", "a bad film"] * 4
# What is not looked for in characters, of which the tokenizer warns in `fit`.
CHARACTERS = SequenceTokenizer("char", stop_words=["a"])


class Nothing:
    """An estimator that takes anything: the end of a pipeline."""

    def fit(self, X, y=None):
        return self

    def score(self, X, y=None):
        return 0.0

    def get_params(self, deep=True):
        return {}


WAYS = {
    "fit": lambda: clone(CHARACTERS).fit(TEXTS),
    "fit_transform": lambda: clone(CHARACTERS).fit_transform(TEXTS),
    "pipeline": lambda: make_pipeline(clone(CHARACTERS), Nothing()).fit(TEXTS),
    "folds": lambda: cross_val_score(make_pipeline(clone(CHARACTERS), Nothing()), TEXTS, cv=2),
}


@pytest.mark.parametrize("way", WAYS)
def test_the_line_is_the_users(way):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        WAYS[way]()
    ours = [w for w in caught if "stop_words will not be used" in str(w.message)]
    assert ours
    for warning in ours:
        assert warning.filename == __file__
        assert warning.lineno == WAYS[way].__code__.co_firstlineno


def test_the_line_of_a_network_in_a_pipeline():
    X = np.random.default_rng(0).normal(size=(9, 2))
    model = make_pipeline(LagWindows(6), small_regressor())
    with pytest.warns(UserWarning, match="Early stopping needs more windows") as caught:
        model.fit(X, X[:, 0])
    assert {w.filename for w in caught} == {__file__}


def test_one_line_warns_once_as_everywhere_in_python():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for _ in range(3):
            clone(CHARACTERS).fit(TEXTS)
    assert len(caught) == 1
