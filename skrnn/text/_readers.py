"""Texts to ids and back, for estimators that hold a vocabulary of their own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

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
            item = next(iter(item), None)
        if item is not None:
            return isinstance(item, (str, bytes))
    return is_empty  # nothing but empty lists: of tokens, for a sequence has steps


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
    def learn(
        cls,
        analysis: Analysis,
        X: Any,
        *,
        max_tokens: int | None,
        min_df: int | float,
        reserved: Sequence[str] = (),
    ) -> TextReader:
        """Learn the vocabulary of texts."""
        analysis.check()
        counted = count_tokens(analysis.tokenize(as_documents(X)))
        vocabulary = learn_vocabulary(
            counted, max_tokens=max_tokens, min_df=min_df, reserved=reserved
        )
        return cls(analysis, vocabulary)

    def tokens(self, X: Any) -> list[Sequence[str]]:
        """Return the tokens of each text."""
        return list(self.analysis.tokenize(as_documents(X)))

    def encode(self, X: Any) -> list[np.ndarray]:
        """Return the ids of each text; one without any token is one unknown token."""
        sequences = self.vocabulary.encode(self.tokens(X))
        nothing = np.array([UNKNOWN], dtype=np.int32)
        return [ids if len(ids) else nothing for ids in sequences]

    def decode(self, sequences: Iterable[Any], *, until: int | None = None) -> list[list[str]]:
        """Return the tokens of each sequence of ids, up to the first id `until`."""
        unknown = UNKNOWN_TEXT[self.analysis.level]
        return self.vocabulary.decode(sequences, unknown=unknown, until=until)
