"""Advice for those who give texts or token ids to an estimator that reads numbers."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from .._messages import is_number
from ._token_array import vocabulary_of


def refuse_texts(name: str, X: Any, *, embeds: bool) -> None:
    """Refuse texts where numbers or token ids are read, without printing them.

    `name` is of the class that is given X, and `embeds` tells whether it can embed tokens.
    """
    if not _are_texts(X):
        return
    if embeds:
        way = (
            "Put a SequenceTokenizer before it: "
            f"make_pipeline(SequenceTokenizer(), {name}(embedding_dim=32))."
        )
    else:
        way = "Turn them into sequences of numbers, for instance vectors of their words."
    raise ValueError(f"Expected {name} to be given numbers, got texts. {way}")


def refuse_ids_as_numbers(name: str, X: Any, *, embeds: bool) -> None:
    """Refuse the rows of a tokenizer where measurements are read; see `refuse_texts`."""
    if vocabulary_of(X) is None:
        return
    if embeds:
        way = f"Set {name}(embedding_dim=32), the length of a vector for each token, or embeddings."
    else:
        way = "RNNClassifier and RNNRegressor read them with embedding_dim."
    raise ValueError(
        f"Expected {name} to be given numbers, got token ids of a SequenceTokenizer, which number "
        f"words and measure nothing. {way}"
    )


def refuse_numbers_as_ids(X: Any) -> None:
    """Refuse token ids with columns beside them that are none."""
    names = [str(name) for name in getattr(X, "columns", ())]
    are_steps = [re.fullmatch(r"(.*__)?step\d+", name) is not None for name in names]
    if getattr(X, "beside_others", False) or (any(are_steps) and not all(are_steps)):
        raise ValueError(
            "Expected X to hold token ids alone, because embedding_dim or embeddings is set; got "
            "the columns of a SequenceTokenizer with others beside them, whose numbers are no "
            "tokens. Give the network the columns of the tokenizer alone."
        )


def _are_texts(X: Any) -> bool:
    """Tell texts, or lists of tokens; not a table with a column of texts."""
    if isinstance(X, (str, bytes)):
        return True
    if hasattr(X, "shape"):
        if len(X.shape) != 1 and tuple(X.shape[1:]) != (1,):
            return False
        kind = getattr(getattr(X, "dtype", None), "kind", "O")
        X = np.asarray(X).ravel() if kind in "OUST" else ()
    elif not isinstance(X, (list, tuple)):
        return False
    first = next((item for item in X if item is not None), None)
    if isinstance(first, (list, tuple)):
        first = next(iter(first), None)
        return isinstance(first, (str, bytes)) and not is_number(first)
    return isinstance(first, (str, bytes))
