"""How texts are read into ids, and written back, by estimators that learn a vocabulary."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from .._data.inputs import Inputs
from .._data.sequences import Sequences
from .._data.targets import NoTargets, Targets
from .._plain import Plain
from .._tokens import END, UNKNOWN
from ._analysis import TOKEN_PATTERN, UNKNOWN_TEXT, Analysis
from ._documents import as_documents
from ._streams import texts_of
from ._vocabulary import CountedTexts, Vocabulary, count_tokens, learn_vocabulary


@dataclass(frozen=True)
class TextReading(Plain):
    """How a text is split into tokens, and the id of each token.

    A fitted estimator keeps it: a parameter that is changed later changes no reading.

    Parameters
    ----------
    level : {"word", "char"}
    lowercase : bool
    token_pattern : str or None
        For words alone.
    vocabulary : dict of str to int
    reserved : tuple of str
        The names of reserved ids.
    """

    level: str
    lowercase: bool
    token_pattern: str | None
    vocabulary: dict[str, int]
    reserved: tuple[str, ...] = ()

    @classmethod
    def learn(
        cls,
        X: Any,
        *,
        level: str,
        lowercase: bool,
        token_pattern: str,
        max_tokens: int | None,
        min_df: int | float,
        reserved: Sequence[str] = (),
        **others: Any,
    ) -> tuple[Self, CountedTexts]:
        """Return how texts are read, and these texts: each is split into tokens once.

        `others` are the fields that a subclass adds.
        """
        pattern = token_pattern if level == "word" else None
        reading = cls(level, lowercase, pattern, {}, tuple(reserved), **others)
        analysis = reading.analysis
        analysis.check()
        counted = count_tokens(analysis.tokenize(as_documents(X)))
        vocabulary = learn_vocabulary(
            counted, max_tokens=max_tokens, min_df=min_df, reserved=reserved
        )
        learnt = {**vars(reading), "vocabulary": dict(vocabulary.ids)}
        return cls(**learnt), counted

    @property
    def analysis(self) -> Analysis:
        """The function that splits a text into tokens."""
        pattern = TOKEN_PATTERN if self.token_pattern is None else self.token_pattern
        return Analysis(level=self.level, lowercase=self.lowercase, token_pattern=pattern)

    @property
    def ids(self) -> Vocabulary:
        """The vocabulary, to encode and decode with."""
        return Vocabulary(self.vocabulary, self.reserved)

    def tokens(self, X: Any) -> list[Sequence[str]]:
        """Return the tokens of each text."""
        return list(self.analysis.tokenize(as_documents(X)))

    def decode(self, sequences: Iterable[Any], *, until: int | None = None) -> list[list[str]]:
        """Return the tokens of each sequence of ids, up to the first id `until`."""
        unknown = UNKNOWN_TEXT[self.level]
        return self.ids.decode(sequences, unknown=unknown, until=until)


@dataclass(frozen=True)
class SourceTexts(TextReading, Inputs):
    """Texts as X: each is a sequence of ids."""

    holds_tokens = True
    n_features = 0

    @property
    def n_tokens(self) -> int:  # type: ignore[override]
        """The number of ids."""
        return len(self.ids)

    def read(self, estimator: Any, X: Any, *, reset: bool = False) -> Sequences:
        """Return the ids of each text; one without any token is one unknown token."""
        return sequences_of_texts(self.ids.encode(self.tokens(X)))

    def in_network_units(self, sequences: Sequences) -> Sequences:
        """Return the sequences as they are: all ids are known."""
        return sequences

    def attributes(self) -> dict[str, Any]:
        """Return the vocabulary."""
        return {"source_vocabulary_": self.vocabulary}


def sequences_of_texts(ids: list[np.ndarray]) -> Sequences:
    """Return the ids of texts as sequences; one without any token is one unknown token."""
    nothing = np.array([UNKNOWN], dtype=np.int32)
    return Sequences.from_ragged([i if len(i) else nothing for i in ids])


@dataclass(frozen=True)
class TargetTexts(TextReading, Targets):
    """Texts as y: each is a sequence of ids, the last of which is its end.

    Parameters
    ----------
    writes_text : bool, default=True
        y are texts and not lists of tokens.
    max_len : int, default=1
        The tokens of the longest y of `fit`.
    """

    writes_text: bool = True
    max_len: int = 1

    per_step = False
    loss = "categorical_crossentropy"

    @property
    def n_outputs(self) -> int:  # type: ignore[override]
        """The number of ids."""
        return len(self.ids)

    def read(self, y: Any, sequences: Sequences) -> np.ndarray:
        """Return the ids of each text and its end, see `padded`."""
        return padded(self.ids.encode(self.tokens(y), suffix=(END,)))

    def written(self, ids: np.ndarray) -> list[list[str]]:
        """Return the tokens of each row of ids, up to its end."""
        return self.decode(ids, until=END)

    def lengths(self, values: np.ndarray) -> np.ndarray:
        """Return how many ids each text has, its end included."""
        n_ids: np.ndarray = np.count_nonzero(values[:, :, 0], axis=1)
        return n_ids

    def attributes(self) -> dict[str, Any]:
        """Return the vocabulary, and how long the longest text is."""
        return {"target_vocabulary_": self.vocabulary, "max_len_": self.max_len}


def padded(sequences: Sequence[np.ndarray]) -> np.ndarray:
    """Return ids of any number as one array: (n_samples, n_target_steps, 1), float32."""
    rows = np.zeros((len(sequences), max(map(len, sequences)), 1), dtype=np.float32)
    for row, ids in zip(rows, sequences, strict=True):
        row[: len(ids), 0] = ids
    return rows


@dataclass(frozen=True)
class ModelledTexts(TextReading, Inputs):
    """Texts that a language model learns."""

    holds_tokens = True
    n_features = 0

    @property
    def n_tokens(self) -> int:  # type: ignore[override]
        """The number of ids."""
        return len(self.ids)

    def in_a_row(self, X: Any) -> Sequences:
        """Return texts as training reads them, each with its end."""
        return self.counted_in_a_row(count_tokens(self.analysis.tokenize(as_documents(X))))

    def counted_in_a_row(self, counted: CountedTexts) -> Sequences:
        """Return the same of texts that are split into tokens already."""
        return texts_of(counted.encode(self.ids, suffix=(END,)))

    def given(self, documents: Any, *, last: int) -> Sequences:
        """Return the ids of texts, each after an `END` and before the id `last`."""
        return Sequences.from_ragged(
            self.ids.encode(self.tokens(documents), prefix=(END,), suffix=(last,))
        )

    def attributes(self) -> dict[str, Any]:
        """Return the vocabulary and its size."""
        return {"vocabulary_": self.vocabulary, "n_tokens_": self.n_tokens}


@dataclass(frozen=True)
class NextTokens(NoTargets):
    """The tokens of texts are their own targets, one step later."""

    loss = "categorical_crossentropy"


def text_params(params: Any, level: str) -> dict[str, Any]:
    """Return the parameters by which an estimator learns to read texts."""
    return {
        "level": level,
        "lowercase": params.lowercase,
        "token_pattern": params.token_pattern,
        "max_tokens": params.max_tokens,
        "min_df": params.min_df,
    }
