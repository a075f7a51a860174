"""Tokens and their ids, and how a vocabulary is learned.

`skrnn._tokens` tells which ids mean the same in every vocabulary.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, repeat
from numbers import Integral
from typing import Any

import numpy as np

from .._compat import Interval, RealNotInt
from .._tokens import N_FIXED, PADDING, UNKNOWN

# The values that `min_df` takes, as in scikit-learn: a number of texts, or a share of them.
MIN_DF = [Interval(Integral, 1, None, closed="left"), Interval(RealNotInt, 0, 1, closed="both")]


class Vocabulary:
    """Tokens and their ids, to encode and decode with.

    Cheap to make from the dict that a fitted estimator keeps, so that nothing else has to be
    kept.

    Parameters
    ----------
    ids : dict of str to int
        The id of each token: from ``2 + len(reserved)`` on, without a gap.
    reserved : sequence of str, default=()
        Names of the reserved ids, from 2 on.

    Attributes
    ----------
    ids : dict of str to int
    reserved : dict of str to int
        The id of each reserved name. They are apart from `ids`: a text that happens to hold
        "[END]" as a token does not end there.
    """

    def __init__(self, ids: Mapping[str, int], reserved: Sequence[str] = ()):
        self.ids = ids
        self.reserved = {name: N_FIXED + i for i, name in enumerate(reserved)}

    def __len__(self) -> int:
        """Return the number of ids, padding, unknown and reserved ones included."""
        return self._first_id + len(self.ids)

    @property
    def _first_id(self) -> int:
        return N_FIXED + len(self.reserved)

    @cached_property
    def tokens(self) -> list[str]:
        """The tokens in the order of their ids, from the first that is none of the reserved."""
        return sorted(self.ids, key=self.ids.__getitem__)  # a file may have kept another order

    def encode(
        self,
        token_lists: Iterable[Sequence[str]],
        *,
        prefix: Sequence[int] = (),
        suffix: Sequence[int] = (),
    ) -> list[np.ndarray]:
        """Return the ids of the tokens of each text, not padded.

        Parameters
        ----------
        token_lists : iterable of n_texts sequences of str
        prefix, suffix : sequence of int, default=()
            Ids put before and after each text, such as ``[vocabulary.reserved["end"]]``.

        Returns
        -------
        sequences : list of n_texts int32 arrays of shape (n_steps_i,)
        """
        get, extra = self.ids.get, len(prefix) + len(suffix)
        return [
            np.fromiter(
                chain(prefix, map(get, tokens, repeat(UNKNOWN)), suffix),
                dtype=np.int32,
                count=len(tokens) + extra,
            )
            for tokens in token_lists
        ]

    def decode(
        self,
        sequences: Iterable[np.ndarray | Sequence[int]],
        *,
        unknown: str = "[UNK]",
        until: int | None = None,
    ) -> list[list[str]]:
        """Return the tokens of each sequence of ids, without padding and reserved ids.

        Parameters
        ----------
        sequences : iterable of int arrays of shape (n_steps_i,)
            Rows of a padded 2-D array, or arrays of different lengths.
        unknown : str, default="[UNK]"
            The text in the place of an unknown token.
        until : int or None, default=None
            Each sequence ends before the first of this id, such as that of a reserved end.

        Returns
        -------
        token_lists : list of n_texts lists of str

        Raises
        ------
        ValueError
            If a value is no id of this vocabulary.
        """
        words = [None, unknown, *repeat(None, len(self.reserved)), *self.tokens]
        decoded = []
        for row, sequence in enumerate(sequences):
            ids = self._checked(np.asarray(sequence), row).tolist()
            if until is not None and until in ids:
                ids = ids[: ids.index(until)]
            decoded.append([word for word in (words[i] for i in ids) if word is not None])
        return decoded

    def _checked(self, ids: np.ndarray, row: int) -> np.ndarray:
        if ids.size == 0 and ids.ndim == 1:
            return ids
        fits = ids.dtype.kind in "iu" and ids.ndim == 1
        if not fits or ids.min() < 0 or ids.max() >= len(self):
            seen = f"{ids.min()} to {ids.max()}" if fits else f"{ids.dtype} of shape {ids.shape}"
            raise ValueError(
                f"Expected every sequence to hold token ids, integers from 0 to {len(self) - 1}, "
                f"got {seen} in row {row}. Decode with the vocabulary that encoded, and round or "
                "take the argmax of what a network predicted."
            )
        return ids


@dataclass(frozen=True)
class CountedTexts:
    """Texts read once, with each distinct token stored once.

    Parameters
    ----------
    tokens : list of str
        The distinct tokens, in the order in which they were first seen.
    places : list of n_texts int32 arrays of shape (n_steps_i,)
        Each text as places in `tokens`.
    """

    tokens: list[str]
    places: list[np.ndarray]

    def term_counts(self) -> np.ndarray:
        """Return how often each token occurs in all texts, of shape (n_distinct,)."""
        places = np.concatenate([*self.places, np.zeros(0, dtype=np.int32)])
        return np.bincount(places, minlength=len(self.tokens))

    def document_counts(self) -> np.ndarray:
        """Return in how many texts each token occurs, of shape (n_distinct,)."""
        counts = np.zeros(len(self.tokens), dtype=np.int64)
        for places in self.places:
            counts[places] += 1  # once for each distinct place
        return counts

    def encode(self, vocabulary: Vocabulary, *, suffix: Sequence[int] = ()) -> list[np.ndarray]:
        """Return what ``vocabulary.encode`` gives for these texts, without looking words up."""
        (ids,) = vocabulary.encode([self.tokens])
        if not suffix:
            return [ids[places] for places in self.places]
        end = np.array(suffix, dtype=np.int32)
        return [np.concatenate([ids[places], end]) for places in self.places]


def tokens_by_id(
    ids: Any, vocabulary: Mapping[str, int] | None, unknown: str = "[UNK]"
) -> list[str] | None:
    """Return the tokens of a row of ids up to its padding, or None where they are not known."""
    if not vocabulary:
        return None
    tokens = {PADDING: "", UNKNOWN: unknown, **{i: token for token, i in vocabulary.items()}}
    return [tokens.get(int(i), unknown) for i in np.trim_zeros(np.asarray(ids), "b")]


def count_tokens(token_lists: Iterable[Sequence[str]]) -> CountedTexts:
    """Read the tokens of texts once and return them counted."""
    seen: defaultdict[str, int] = defaultdict()
    seen.default_factory = seen.__len__
    place = seen.__getitem__
    places = [
        np.fromiter(map(place, tokens), dtype=np.int32, count=len(tokens)) for tokens in token_lists
    ]
    return CountedTexts(list(seen), places)


def learn_vocabulary(
    texts: CountedTexts,
    *,
    max_tokens: int | None = None,
    min_df: int | float = 1,
    reserved: Sequence[str] = (),
) -> Vocabulary:
    """Return the vocabulary of texts: the most frequent tokens first, equal ones by the alphabet.

    Parameters
    ----------
    texts : CountedTexts
    max_tokens : int or None, default=None
        The number of ids at most: those of padding, the unknown token and the reserved ones count.
    min_df : int or float, default=1
        In how many texts (int) or in which share of them (float) a token has to occur.
    reserved : sequence of str, default=()
        Names for ids between the unknown token and the first token.

    Returns
    -------
    vocabulary : Vocabulary

    Raises
    ------
    ValueError
        If no token is left.
    """
    kept = _frequent_enough(texts, min_df)
    counts = texts.term_counts().tolist()
    kept.sort(key=lambda place: (-counts[place], texts.tokens[place]))
    first = N_FIXED + len(reserved)
    if max_tokens is not None:
        kept = kept[: max(max_tokens - first, 0)]
    if not kept:
        raise ValueError(_why_empty(texts, max_tokens, min_df, first))
    return Vocabulary({texts.tokens[p]: first + i for i, p in enumerate(kept)}, reserved)


def _frequent_enough(texts: CountedTexts, min_df: Any) -> list[int]:
    least = min_df if isinstance(min_df, Integral) else min_df * len(texts.places)
    if least <= 1:
        return list(range(len(texts.tokens)))
    return np.flatnonzero(texts.document_counts() >= least).tolist()


def _why_empty(texts: CountedTexts, max_tokens: int | None, min_df: int | float, first: int) -> str:
    if not texts.tokens:
        return (
            f"Expected texts with at least one token, got {len(texts.places)} without any: empty "
            "vocabulary; perhaps the documents only contain stop words. Check the column, "
            "token_pattern and stop_words."
        )
    if max_tokens is not None and max_tokens <= first:
        return (
            f"Expected max_tokens of at least {first + 1}, got {max_tokens}: the first {first} ids "
            "are those of padding, the unknown token and reserved ones. Raise it."
        )
    return (
        f"Expected some token to occur in at least {min_df} of the {len(texts.places)} texts "
        "(min_df), got none: no terms remain. Try a lower min_df."
    )
