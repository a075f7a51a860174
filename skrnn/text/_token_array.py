"""Token ids that remember their vocabulary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np


class TokenArray(np.ndarray):
    """An array of token ids that has their `vocabulary`, a mapping token -> id.

    By it an estimator behind a tokenizer knows which token an id stands for. Rows taken from the
    array keep the vocabulary; whatever is computed of it is a plain array.
    """

    vocabulary: Mapping[str, int] | None

    def __array_finalize__(self, source: Any) -> None:
        self.vocabulary = getattr(source, "vocabulary", None)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        """Compute with plain arrays: sums of ids are no ids."""
        kwargs = {k: _plain(v) for k, v in kwargs.items()}
        return getattr(ufunc, method)(*map(_plain, inputs), **kwargs)

    def __repr__(self) -> str:
        return repr(np.asarray(self))

    def __reduce__(self) -> tuple[Any, ...]:
        return tokens_of, (np.asarray(self), self.vocabulary)


def tokens_of(ids: np.ndarray, vocabulary: Mapping[str, int] | None) -> TokenArray:
    """Return the ids as an array that has their vocabulary; the memory is shared."""
    tokens = ids.view(TokenArray)
    tokens.vocabulary = vocabulary
    return tokens


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(map(_plain, value))
    return value.view(np.ndarray) if isinstance(value, TokenArray) else value
