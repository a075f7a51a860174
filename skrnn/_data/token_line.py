"""A linear model of counted tokens: what a network need not learn of texts by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_array
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.linear_model import LogisticRegression, Ridge, RidgeCV

from .line import has_constant, line_of_known
from .sequences import Sequences
from .targets import Targets

# Terms are tokens and pairs of neighbours. Letters, of which there are few kinds, say little in
# pairs: up to four in a row are a term.
_FEW_TOKENS = 256
# Terms at most, the most frequent ones, and their coefficients for all outputs.
_MOST_TERMS, _MOST_COEFS = 300_000, 5_000_000
# Tokens at most that it is learnt from (more samples are thinned out), and samples that it reads at
# once.
_MOST_TOKENS, _SAMPLES_AT_ONCE = 10_000_000, 10_000
# The penalty of logits that suits tf-idf weights, and those to choose from for numbers, by so many
# samples at most.
_C = 10.0
_PENALTIES, _MOST_TO_CHOOSE_BY = np.logspace(-2, 5, 15), 1000


@dataclass(frozen=True)
class TokenLine:
    """A linear model on the tf-idf weights of terms.

    A term is a token, or some tokens in a row, of which the first and the last may be an end of the
    sequence. Absent steps are passed over.

    Parameters
    ----------
    n_tokens : int
        The number of ids. It is the number of an end too.
    n_in_a_row : int
        The most tokens of a term.
    terms : int64 ndarray of shape (n_terms,)
        Ascending. The ids of a term are the digits of its number, in base ``n_tokens + 1``.
    idf : ndarray of shape (n_terms,)
        The weights of terms: the fewer sequences have one, the more it weighs.
    coef : ndarray of shape (n_terms, n_outputs)
    intercept : ndarray of shape (n_outputs,)
    share : float
        How much it counts in the mean with the network, from 0 to 1.

    References
    ----------
    Manning, Raghavan and Schütze, "Introduction to information retrieval", 2008, section 6.4: the
    weight of a term is ``(1 + ln tf) * idf``, and those of a sequence have length 1. Wang and
    Manning, "Baselines and bigrams", 2012: pairs of words.
    """

    n_tokens: int
    n_in_a_row: int
    terms: np.ndarray
    idf: np.ndarray
    coef: np.ndarray
    intercept: np.ndarray
    share: float = 0.0

    @classmethod
    def learn(
        cls,
        sequences: Sequences,
        targets: Targets,
        values: np.ndarray,
        weights: np.ndarray,
        n_tokens: int,
    ) -> TokenLine:
        """Return the line for targets with values (n_samples, n_values) in the network's units."""
        every = -(-int(sequences.n_present().sum()) // _MOST_TOKENS)
        if every > 1:
            sequences = sequences.take(np.arange(len(sequences))[::every])
            values, weights = values[::every], weights[::every]
        n_in_a_row = 4 if n_tokens <= _FEW_TOKENS else 2
        codes, samples = _joined(_terms(sequences, n_in_a_row, n_tokens))
        terms, places = np.unique(codes, return_inverse=True)
        counts = _counted(samples, places, (len(sequences), len(terms)))
        often = _most_frequent(counts, min(_MOST_TERMS, _MOST_COEFS // targets.n_outputs))
        counts = counts[:, often]
        weigher = TfidfTransformer(sublinear_tf=True).fit(counts)
        coef, intercept = _fitted(weigher.transform(counts), targets, values, weights)
        return cls(n_tokens, n_in_a_row, terms[often], weigher.idf_, coef, intercept)

    def predict(self, sequences: Sequences) -> np.ndarray:
        """Return raw outputs for sequences of known ids: float64 (n_samples, n_outputs)."""
        starts = range(0, len(sequences), _SAMPLES_AT_ONCE)
        parts = [self._outputs(sequences.take(slice(s, s + _SAMPLES_AT_ONCE))) for s in starts]
        return np.concatenate(parts)

    def _outputs(self, sequences: Sequences) -> np.ndarray:
        codes, samples = _joined(_terms(sequences, self.n_in_a_row, self.n_tokens))
        places = np.searchsorted(self.terms, codes).clip(max=len(self.terms) - 1)
        known = self.terms[places] == codes
        counts = _counted(samples[known], places[known], (len(sequences), len(self.terms)))
        weigher = TfidfTransformer(sublinear_tf=True)
        weigher.idf_ = self.idf
        found: np.ndarray = weigher.transform(counts) @ self.coef + self.intercept
        return found

    def mixed(
        self, outputs: Sequence[np.ndarray], forecasts: np.ndarray, share: float | None = None
    ) -> list[np.ndarray]:
        """Return the means of the raw outputs of each network and what `predict` gave."""
        share = self.share if share is None else share
        return [(1 - share) * of_one + share * forecasts for of_one in outputs]

    def to_dict(self) -> dict[str, Any]:
        """Return it in plain values and arrays."""
        return dict(vars(self))


def can_have_token_line(sequences: Sequences, targets: Targets, values: Any) -> bool:
    """Tell whether sequences and targets are such as a line of tokens can be learnt for."""
    if not sequences.holds_tokens or isinstance(values, Sequences) or values.ndim != 2:
        return False
    return targets.are_all_in(values) and not has_constant(values)


def _terms(
    sequences: Sequences, n_in_a_row: int, n_tokens: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Give the numbers of terms and of their samples: tokens first, then the longer terms."""
    base, end = n_tokens + 1, n_tokens
    present = sequences.present_steps()
    ids = sequences.values[sequences.step_rows()[present]].astype(np.int64)
    samples = np.repeat(np.arange(len(sequences)), sequences.lengths)[present]
    yield ids, samples
    # One end stands between two sequences: after the one, and before the other.
    firsts = np.searchsorted(samples, np.arange(len(sequences) + 1))
    ids = np.insert(ids, firsts, end)
    samples = np.insert(samples, firsts, np.arange(len(sequences) + 1))
    codes, allowed = ids, np.ones(len(ids), dtype=bool)
    for more in range(1, n_in_a_row):
        codes, allowed = codes[:-1] * base + ids[more:], allowed[:-1]
        if more > 1:
            allowed = allowed & (ids[more - 1 : -1] != end)
        yield codes[allowed], samples[:-more][allowed]


def _joined(parts: Iterator[tuple[np.ndarray, ...]]) -> list[np.ndarray]:
    return [np.concatenate(part) for part in zip(*parts, strict=True)]


def _counted(samples: np.ndarray, places: np.ndarray, shape: tuple[int, int]) -> csr_array:
    """Return how often each sample has the term of each place."""
    return csr_array((np.ones(len(places)), (samples, places)), shape=shape)


def _most_frequent(counts: csr_array, number: int) -> np.ndarray:
    """Return the columns that most rows have, in ascending order."""
    n_rows = np.bincount(counts.indices, minlength=counts.shape[1])
    return np.sort(np.argsort(-n_rows, kind="stable")[:number])


def _fitted(
    table: csr_array, targets: Targets, values: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return coefficients (n_terms, n_outputs) and intercepts (n_outputs,)."""
    if not targets.are_classes:
        return line_of_known(_ridge, table, values, weights)
    parts = [_logits(table, column, weights) for column in values.T]
    coef, intercept = zip(*parts, strict=True)
    return np.concatenate(coef).T, np.concatenate(intercept)


def _logits(
    table: csr_array, numbers: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    model = LogisticRegression(C=_C, max_iter=1000).fit(table, numbers, weights)
    return model.coef_, model.intercept_


def _ridge(table: csr_array, values: np.ndarray, weights: np.ndarray) -> Any:
    """Return a fitted ridge regression, whose penalty is chosen by some of the samples."""
    every = -(-len(values) // _MOST_TO_CHOOSE_BY)
    chosen = RidgeCV(_PENALTIES).fit(table[::every], values[::every], weights[::every])
    return chosen if every == 1 else Ridge(chosen.alpha_).fit(table, values, weights)
