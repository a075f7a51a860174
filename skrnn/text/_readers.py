"""Texts to ids and back, for estimators that hold a vocabulary of their own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from pandas import isna

from ._analysis import UNKNOWN_TEXT, Analysis
from ._documents import as_documents
from ._vocabulary import UNKNOWN, Vocabulary, count_tokens, learn_vocabulary


def holds_texts(X: Any) -> bool:
    """Tell whether X is a collection of texts or of lists of tokens, not of numbers."""
    if isinstance(X, (str, bytes)):
        return True  # a single one, which `as_documents` refuses
    if hasattr(X, "shape"):
        X = np.asarray(X)
        if X.dtype.kind != "O":
            return X.dtype.kind in "UST"
        X = X.ravel()
    is_empty = False
    for item in X:
        if isinstance(item, (list, tuple, np.ndarray)):
            is_empty |= len(item) == 0
            item = next((part for part in item if not _is_missing(part)), None)
        if not _is_missing(item):
            return isinstance(item, (str, bytes))
    return is_empty  # nothing but empty lists: of tokens, for a sequence has steps


def _is_missing(item: Any) -> bool:
    """Tell what says nothing of its kind: an absent number or text."""
    return item is None or (
        np.ndim(item) == 0 and not isinstance(item, (str, bytes)) and isna(item)
    )


class TextReader:
    """Encode texts with the vocabulary that an estimator has learned, and decode.

    Cheap to make from what a fitted estimator keeps.

    Parameters
    ----------
    analysis : Analysis
    vocabulary : Vocabulary
    """

    def __init__(self, analysis: Analysis, vocabulary: Vocabulary):
        self.analysis = analysis
        self.vocabulary = vocabulary

    @classmethod
    def learn_and_encode(
        cls,
        analysis: Analysis,
        X: Any,
        *,
        max_tokens: int | None,
        min_df: int | float,
        reserved: Sequence[str] = (),
        suffix: Sequence[int] = (),
    ) -> tuple[TextReader, list[np.ndarray]]:
        """Learn the vocabulary of texts, and encode them: each is read once.

        Parameters
        ----------
        analysis : Analysis
        X : texts, as `as_documents` takes them
        max_tokens, min_df, reserved : see `learn_vocabulary`
        suffix : sequence of int, default=()
            Ids put after each text.

        Returns
        -------
        reader : TextReader
        ids : list of n_texts int32 arrays
            What ``reader.encode(X, suffix=suffix)`` returns.
        """
        analysis.check()
        counted = count_tokens(analysis.tokenize(as_documents(X)))
        vocabulary = learn_vocabulary(
            counted, max_tokens=max_tokens, min_df=min_df, reserved=reserved
        )
        return cls(analysis, vocabulary), _never_empty(counted.encode(vocabulary, suffix=suffix))

    @classmethod
    def learn(cls, analysis: Analysis, X: Any, **limits: Any) -> TextReader:
        """Learn the vocabulary of texts."""
        return cls.learn_and_encode(analysis, X, **limits)[0]

    def tokens(self, X: Any) -> list[Sequence[str]]:
        """Return the tokens of each text."""
        return list(self.analysis.tokenize(as_documents(X)))

    def encode(self, X: Any, *, suffix: Sequence[int] = ()) -> list[np.ndarray]:
        """Return the ids of each text and the suffix; nothing at all is one unknown token."""
        return _never_empty(self.vocabulary.encode(self.tokens(X), suffix=suffix))

    def decode(self, sequences: Iterable[Any], *, until: int | None = None) -> list[list[str]]:
        """Return the tokens of each sequence of ids, up to the first id `until`."""
        unknown = UNKNOWN_TEXT[self.analysis.level]
        return self.vocabulary.decode(sequences, unknown=unknown, until=until)


def _never_empty(sequences: list[np.ndarray]) -> list[np.ndarray]:
    nothing = np.array([UNKNOWN], dtype=np.int32)
    return [ids if len(ids) else nothing for ids in sequences]
