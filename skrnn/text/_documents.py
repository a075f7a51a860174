"""Checks of a collection of texts.

A text is a str, bytes in UTF-8, or a list of tokens that somebody else has made. Everything else
is refused, with its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from typing import Any

import numpy as np
import pandas as pd

from .._messages import shown

Document = str | list[str]


def as_documents(X: Any) -> list[Document]:
    """Return texts as a list, each a str or a list of tokens.

    Parameters
    ----------
    X : iterable of n_texts texts
        A list, a 1-D array, a Series, or a table of one column. Each text is a str, bytes in
        UTF-8, or a list, tuple or 1-D array of str tokens.

    Returns
    -------
    documents : list of str or list of str

    Raises
    ------
    ValueError
        If X is a single text or no collection of texts, or holds anything but texts.
    """
    return [
        item if type(item) is str else _as_document(item, row)
        for row, item in enumerate(_items_of(X))
    ]


def texts_given(X: Any) -> list[Document]:
    """Return X as a list of texts, one at least."""
    texts = as_documents(X)
    if not texts:
        raise ValueError(
            "Expected at least one text, got 0 samples: an empty list. Put the texts in a list; "
            "an empty text is ''."
        )
    return texts


def holds_texts(X: Any) -> bool:
    """Tell whether X is a collection of texts or of lists of tokens, not of numbers."""
    if isinstance(X, (str, bytes)):
        return True  # a single one, which `as_documents` refuses
    if not isinstance(X, Iterable):
        return False
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
        np.ndim(item) == 0 and not isinstance(item, (str, bytes)) and pd.isna(item)
    )


def check_tokens(tokens: list[str], source: str) -> list[str]:
    """Return tokens, of which each has to be a str; `source` says in words where they are from."""
    if set(map(type, tokens)) <= {str}:  # as nearly always, and much faster than one by one
        return tokens
    for token in tokens:
        if not isinstance(token, str):
            raise ValueError(
                f"Expected {source} to be str, got {shown(token)} ({type(token).__name__}). "
                "Convert them with str; token ids need no tokenizer, give them to the network."
            )
    return list(map(str, tokens))  # NumPy's str is a subclass


def _items_of(X: Any) -> Iterable[Any]:
    if isinstance(X, (str, bytes)):
        # scikit-learn's own sentence, and the way out.
        raise ValueError(
            "Iterable over raw text documents expected, string object received. Put a single text "
            "in a list: [text]."
        )
    if isinstance(X, (Mapping, Set)) or not isinstance(X, Iterable):
        raise ValueError(
            "Expected X to be a list, array, Series or other ordered collection of texts, got "
            f"{type(X).__name__}. Put the texts in a list."
        )
    return _column_of(X).tolist() if hasattr(X, "shape") else X


def _column_of(X: Any) -> np.ndarray:
    values = X.to_numpy() if hasattr(X, "to_numpy") else np.asarray(X)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1:
        raise ValueError(
            "Expected texts in one dimension or in a table of one column, got "
            f"{type(X).__name__} of shape {tuple(X.shape)}. Choose the column of the texts, for "
            "instance with X['text'] or a ColumnTransformer; give lists of tokens as a list."
        )
    return values


def _as_document(item: Any, row: int) -> Document:
    if isinstance(item, str):
        return str(item)
    if isinstance(item, bytes):
        return _decoded(item, row)
    if isinstance(item, (list, tuple)) or np.ndim(item) == 1:
        return check_tokens(list(item), source=f"the tokens of text {row}")
    if np.ndim(item) == 0 and pd.isna(item):
        raise ValueError(
            f"Expected every text to be a str, bytes or a list of tokens, got {shown(item)} in row "
            f"{row}. A missing text is not an empty one: drop the row and its target, or put an "
            "empty text there (X.fillna(''))."
        )
    raise ValueError(
        f"Expected every text to be a str, bytes or a list of tokens, got {shown(item)} "
        f"({type(item).__name__}) in row {row}. Turn it into a text with str, or choose the "
        "column that holds texts."
    )


def _decoded(item: bytes, row: int) -> str:
    try:
        return item.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"Expected bytes to be text in UTF-8, got others in row {row}: {error}. Decode them "
            "before, for instance with text.decode('latin-1')."
        ) from error
