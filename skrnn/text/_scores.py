"""How near token sequences are to those that they should be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


def edit_distance(a: Sequence[Any], b: Sequence[Any]) -> int:
    """Return the least number of insertions, deletions and substitutions from `a` to `b`.

    References
    ----------
    Levenshtein, "Binary codes capable of correcting deletions, insertions and reversals", 1966;
    the table row by row as by Wagner and Fischer, "The string-to-string correction problem", 1974.
    """
    row = list(range(len(b) + 1))
    for i, item in enumerate(a, start=1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(b, start=1):
            substituted = diagonal + (item != other)
            diagonal = row[j]
            row[j] = min(substituted, diagonal + 1, row[j - 1] + 1)
    return row[-1]


def token_accuracy(true, predicted, weights, join):
    """Return one minus the edit distances over the number of true tokens."""
    distances = [edit_distance(t, p) for t, p in zip(true, predicted, strict=True)]
    n_tokens = weights @ [len(t) for t in true]
    if not n_tokens:
        raise ValueError(
            "Expected y with some token, got empty outputs alone: their token accuracy is not "
            "defined. Use metric='exact_match'."
        )
    return float(1 - weights @ distances / n_tokens)


def exact_match(true, predicted, weights, join):
    """Return the share of outputs that are right in every token."""
    right = [list(t) == list(p) for t, p in zip(true, predicted, strict=True)]
    return float(np.average(right, weights=weights))


def bleu(true, predicted, weights, join):
    """Return the BLEU score of the whole corpus, from 0 to 1, by sacrebleu."""
    return _by_sacrebleu("corpus_bleu", true, predicted, weights, join)


def chrf(true, predicted, weights, join):
    """Return the chrF score of the whole corpus, from 0 to 1, by sacrebleu."""
    return _by_sacrebleu("corpus_chrf", true, predicted, weights, join)


# Each takes lists of token lists, the weight of each sample, and what joins tokens to a text.
METRICS = {
    "token_accuracy": token_accuracy,
    "exact_match": exact_match,
    "bleu": bleu,
    "chrf": chrf,
}


def _by_sacrebleu(name, true, predicted, weights, join):
    try:
        import sacrebleu
    except ImportError as error:
        raise ImportError(
            f"Expected the package sacrebleu for metric={name.removeprefix('corpus_')!r}, but it "
            "is not installed. Run: python -m pip install sacrebleu"
        ) from error
    if (weights != weights[0]).any():
        raise ValueError(
            "Expected samples of equal weight for a score of the whole corpus, got others. Leave "
            "sample_weight out."
        )
    score = getattr(sacrebleu, name)([join(p) for p in predicted], [[join(t) for t in true]])
    return score.score / 100
