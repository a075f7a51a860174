"""Vectors of tokens that the user gives, as the table that a network starts from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_array

from .._messages import shown
from .._tokens import PADDING
from ._token_array import vocabulary_of

# Bytes of a table whose size is asked about, and how many of its rows may be of ids never seen.
_LARGE_TABLE, _MOSTLY_UNSEEN = 2**30, 10


def given_table(embeddings: Any, X: Any, seed: int) -> np.ndarray:
    """Return the table of vectors: float32 of shape (n_tokens, embedding_dim).

    Parameters
    ----------
    embeddings : array-like of shape (n_tokens, embedding_dim), or mapping
        One row for each token id, or from tokens to vectors.
    X : array-like
        The X that `fit` was given. To look up a mapping, its `vocabulary` is needed.
    seed : int
        The seed of the vectors for tokens that a mapping lacks.
    """
    if _is_mapping(embeddings):
        return _from_mapping(embeddings, looked_up(X, "the mapping embeddings"), seed)
    numbers = embeddings if _is_numeric(embeddings) else _as_numbers(embeddings)
    table: np.ndarray = check_array(numbers, dtype=np.float32, copy=True, input_name="embeddings")
    if len(table) < 2:
        raise ValueError(
            f"Expected embeddings with a row for each token id, got shape {table.shape}. Row 0 "
            "is padding and row 1 the unknown token; the known tokens follow."
        )
    return table


def _is_mapping(embeddings: Any) -> bool:
    # A series of vectors is a mapping and an array too, a table of numbers is no mapping.
    if getattr(embeddings, "ndim", None) == 2 or isinstance(embeddings, (list, tuple)):
        return False
    return hasattr(embeddings, "keys") or not hasattr(embeddings, "__array__")


def _is_numeric(embeddings: Any) -> bool:
    return getattr(getattr(embeddings, "dtype", None), "kind", "O") not in "OSUT"


def _as_numbers(vectors: Any) -> np.ndarray:
    """Return vectors as float32; refuse texts, and rows of several lengths."""
    try:
        return np.asarray(vectors, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"Expected embeddings with vectors of numbers, got {shown(vectors)}: {error}. Give a "
            "matrix with one row for each token id, or a mapping from tokens to vectors of one "
            "length."
        ) from error


def looked_up(X: Any, where: str) -> Mapping[str, int]:
    """Return the vocabulary of X, by which its tokens are looked up in what the user gives."""
    vocabulary = vocabulary_of(X)
    if not vocabulary:
        raise ValueError(
            f"Expected X with a vocabulary, by which to look up its tokens in {where}; got "
            f"{type(X).__name__} without one. Put a SequenceTokenizer before the network in a "
            "Pipeline, with arrays or pandas frames as its output, or give embeddings as a matrix "
            "with one row for each token id."
        )
    return vocabulary


def _from_mapping(vectors: Any, vocabulary: Mapping[str, int], seed: int) -> np.ndarray:
    """Return a table with the known vectors, and random ones of their spread for the others.

    That is how Kim, "Convolutional neural networks for sentence classification", 2014, starts
    tokens without a vector.
    """
    known = {i: vectors[token] for token, i in vocabulary.items() if token in vectors}
    if not known:
        some = ", ".join(repr(token) for token in list(vocabulary)[:3])
        raise ValueError(
            "Expected embeddings with a vector for tokens of the vocabulary, got none for any of "
            f"its {len(vocabulary)} (such as {some}). Give vectors of the same language and "
            "letter case, made for whole words if the tokens are words."
        )
    rows = _stacked(known)
    # A uniform variable on [-a, a] has the variance a² / 3.
    limit = np.sqrt(3) * rows.std(axis=0)
    n_tokens = max(2, max(vocabulary.values()) + 1)
    noise = np.random.default_rng(seed).uniform(-1, 1, (n_tokens, rows.shape[1]))
    table: np.ndarray = (rows.mean(axis=0) + noise * limit).astype(np.float32)
    table[list(known)] = rows
    table[PADDING] = 0
    return table


def _stacked(known: Mapping[int, Any]) -> np.ndarray:
    lengths = {np.shape(vector) for vector in known.values()}
    if len(lengths) > 1 or len(next(iter(lengths))) != 1:
        raise ValueError(
            "Expected embeddings with a vector of the same length for each token, got shapes such "
            f"as {sorted(lengths, key=str)[:3]}. Give arrays of shape (embedding_dim,)."
        )
    rows = np.stack([_as_numbers(vector) for vector in known.values()])
    return np.asarray(check_array(rows, input_name="embeddings"))


def check_n_tokens(ids: np.ndarray, embedding_dim: int) -> int:
    """Return how many rows a table for these token ids has; refuse ids that do not count tokens.

    Parameters
    ----------
    ids : int ndarray
    embedding_dim : int

    Raises
    ------
    ValueError
        If the table would be large (1 GiB), and nearly all of it for ids that do not occur.
    """
    # Two at least: padding, and the unknown token that ids never seen are read as.
    n_tokens = max(2, int(ids.max()) + 1)
    n_bytes = 4 * n_tokens * embedding_dim
    if n_bytes < _LARGE_TABLE:
        return n_tokens
    n_distinct = len(np.unique(ids))
    if n_tokens > _MOSTLY_UNSEEN * n_distinct:
        raise ValueError(
            f"Expected X to hold token ids that count tokens, got {n_tokens - 1} as the largest of "
            f"{n_distinct} distinct ids: a vector of {embedding_dim} numbers for each up to there "
            f"takes {n_bytes / 2**30:.1f} GiB. Number the tokens without gaps, for instance with "
            "numpy.unique(X, return_inverse=True), and keep 0 for padding."
        )
    return n_tokens


def clone_sharing(estimator: BaseEstimator, *names: str) -> BaseEstimator:
    """Return what scikit-learn's `clone` makes, but with the same values of some parameters.

    A mapping of 100 000 vectors takes seconds and a hundred megabytes to copy, for each candidate
    and fold of a search, and the clone of a fitted network would not be fitted. No fit writes into
    them.
    """
    without = object.__new__(type(estimator))
    vars(without).update(vars(estimator), **dict.fromkeys(names))
    new = BaseEstimator.__sklearn_clone__(without)
    return new.set_params(**{name: getattr(estimator, name) for name in names})
