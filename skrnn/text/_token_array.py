"""Token ids that remember their vocabulary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np

# The key of the vocabulary among the `attrs` of a data frame of token ids.
_ATTRIBUTE = "vocabulary"


class TokenArray(np.ndarray):
    """An array of token ids that has their `vocabulary`, a mapping token -> id.

    By it an estimator behind a tokenizer knows which token an id stands for. Rows taken from the
    array, and rows joined, keep the vocabulary; whatever is computed of it is a plain array.

    Attributes
    ----------
    vocabulary : mapping or None
    reading : dict or None
        How texts became these tokens, by the names of a tokenizer's parameters.
    beside_others : bool
        Columns that are no token ids were joined to them.
    """

    vocabulary: Mapping[str, int] | None
    reading: dict[str, Any] | None
    beside_others: bool

    def __array_finalize__(self, source: Any) -> None:
        self.vocabulary = getattr(source, "vocabulary", None)
        self.reading = getattr(source, "reading", None)
        self.beside_others = getattr(source, "beside_others", False)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        """Compute with plain arrays: sums of ids are no ids."""
        kwargs = {k: _plain(v) for k, v in kwargs.items()}
        return getattr(ufunc, method)(*map(_plain, inputs), **kwargs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        """Keep the vocabulary of what is joined, as a `ColumnTransformer` joins columns."""
        result = super().__array_function__(func, types, args, kwargs)
        if func is not np.concatenate:
            return result
        first, *others = (getattr(array, "vocabulary", None) for array in args[0])
        if all(other is first or other == first for other in others):
            return tokens_of(np.asarray(result), first, reading_of(args[0][0]))
        axis = args[1] if len(args) > 1 else kwargs.get("axis", 0)
        if axis in (1, -1) and not all(isinstance(array, TokenArray) for array in args[0]):
            result = tokens_of(np.asarray(result), None)
            result.beside_others = True
        return result

    def __repr__(self) -> str:
        return repr(np.asarray(self))

    def __reduce__(self) -> tuple[Any, ...]:
        return tokens_of, (np.asarray(self), self.vocabulary, self.reading)


class SharedVocabulary(dict[str, int]):
    """A vocabulary that copies of a data frame share: pandas copies `attrs` with each new frame.

    Parameters
    ----------
    ids : mapping of str to int
    reading : dict or None
        See `TokenArray`.
    """

    def __init__(self, ids: Mapping[str, int], reading: dict[str, Any] | None) -> None:
        super().__init__(ids)
        self.reading = reading

    def __deepcopy__(self, memo: Any) -> Self:
        return self


def tokens_of(
    ids: np.ndarray,
    vocabulary: Mapping[str, int] | None,
    reading: dict[str, Any] | None = None,
) -> TokenArray:
    """Return the ids as an array that has their vocabulary; the memory is shared."""
    tokens = ids.view(TokenArray)
    tokens.vocabulary, tokens.reading = vocabulary, reading
    return tokens


def with_vocabulary(rows: Any, vocabulary: Mapping[str, int], reading: dict[str, Any]) -> Any:
    """Return rows of ids with the vocabulary, if they are in a frame that can have it."""
    if isinstance(getattr(rows, "attrs", None), dict):
        rows.attrs[_ATTRIBUTE] = SharedVocabulary(vocabulary, reading)
    return rows


def vocabulary_of(X: Any) -> Mapping[str, int] | None:
    """Return the vocabulary of token ids, None where X has none."""
    if isinstance(X, np.ndarray):
        return getattr(X, "vocabulary", None)
    attributes = getattr(X, "attrs", None)
    found = attributes.get(_ATTRIBUTE) if isinstance(attributes, dict) else None
    return found if isinstance(found, SharedVocabulary) else None


def reading_of(X: Any) -> dict[str, Any] | None:
    """Return how texts became token ids, None where that is not known."""
    return getattr(X if isinstance(X, np.ndarray) else vocabulary_of(X), "reading", None)


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(map(_plain, value))
    return value.view(np.ndarray) if isinstance(value, TokenArray) else value
