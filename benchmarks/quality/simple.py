"""Answers that need no network: linear models, nearest neighbours, boosted trees."""

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, RidgeClassifierCV, RidgeCV
from sklearn.multioutput import MultiOutputRegressor
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skrnn import LagWindows

from .tasks import Task

ALPHAS = np.logspace(-2, 5, 15)


def linear(task: Task, seed: int) -> Any:
    """Return a ridge regression on all values, or of texts a linear model on tf-idf weights."""
    if task.kind == "text":
        model = LogisticRegression(C=10, max_iter=1000) if task.classes else RidgeCV(ALPHAS)
        return make_pipeline(tf_idf(task), model)
    model = RidgeClassifierCV(ALPHAS) if task.classes else RidgeCV(ALPHAS)
    return make_pipeline(*columns(task), StandardScaler(), model)


def third(task: Task, seed: int) -> Any:
    """Return nearest neighbours of texts and of sequences with classes; otherwise boosted trees."""
    if task.kind == "text":
        neighbours = KNeighborsClassifier if task.classes else KNeighborsRegressor
        return make_pipeline(tf_idf(task), neighbours(15, metric="cosine"))
    if task.window is None and task.classes:
        return make_pipeline(ChannelScaler(), *columns(task), KNeighborsClassifier(1))
    if task.classes:
        return make_pipeline(*columns(task), HistGradientBoostingClassifier(random_state=seed))
    return make_pipeline(*columns(task), BoostedTrees(HistGradientBoostingRegressor(), n_jobs=1))


class BoostedTrees(MultiOutputRegressor):
    """Boosted trees for each target; a single one need not be a column."""

    def fit(self, X, y):
        """Learn each column of y."""
        return super().fit(X, y.reshape(len(y), -1))

    def predict(self, X):
        """Return the columns, or the only one."""
        predicted = super().predict(X)
        return predicted[:, 0] if predicted.shape[1] == 1 else predicted


class ChannelScaler(TransformerMixin, BaseEstimator):
    """Divides each channel by its deviation; a single channel stays as it is for neighbours."""

    def fit(self, X, y=None):
        """Learn the deviation of each channel."""
        self.scale_ = np.maximum(np.concatenate(list(X)).std(axis=0), 1e-7)
        return self

    def transform(self, X):
        """Return the channels in like units."""
        return [x / self.scale_ for x in X] if isinstance(X, list) else X / self.scale_


def columns(task: Task) -> list[Any]:
    """Return the steps that make one row of numbers of each sequence."""
    if task.window is not None:
        return [LagWindows(task.window, fill="edge"), FunctionTransformer(flat)]
    return [FunctionTransformer(flat)]


def flat(X: Any) -> np.ndarray:
    """Return all values of each sequence side by side; ragged ones are stretched to 50 steps."""
    if isinstance(X, list):
        X = stretched(X, 50)
    return np.asarray(X).reshape(len(X), -1)


def stretched(X: list[np.ndarray], n_steps: int) -> np.ndarray:
    """Return the values at so many equidistant places, (n_samples, n_steps, n_features)."""
    places = np.linspace(0, 1, n_steps)
    return np.array(
        [np.column_stack([np.interp(places, np.linspace(0, 1, len(x)), c) for c in x.T]) for x in X]
    )


def tf_idf(task: Task) -> TfidfVectorizer:
    """Return weights of words and pairs of words, or of up to four characters in a row."""
    if task.level == "char":
        return TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), sublinear_tf=True)
    return TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
