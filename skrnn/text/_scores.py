"""How near token sequences are to those that they should be."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from rapidfuzz.distance import Levenshtein

Outputs = Sequence[Sequence[str]]
Join = Callable[[Sequence[str]], str]


def token_accuracy(true: Outputs, predicted: Outputs, weights: np.ndarray, join: Join) -> float:
    """Return one minus the edit distances (Levenshtein's) over the number of true tokens."""
    distances = [Levenshtein.distance(t, p) for t, p in zip(true, predicted, strict=True)]
    n_tokens = weights @ [len(t) for t in true]
    if not n_tokens:
        raise ValueError(
            "Expected y with some token, got empty outputs alone: their token accuracy is not "
            "defined. Use metric='exact_match'."
        )
    return float(1 - weights @ distances / n_tokens)


def exact_match(true: Outputs, predicted: Outputs, weights: np.ndarray, join: Join) -> float:
    """Return the share of outputs that are right in every token."""
    right = [list(t) == list(p) for t, p in zip(true, predicted, strict=True)]
    return float(np.average(right, weights=weights))


def bleu(true: Outputs, predicted: Outputs, weights: np.ndarray, join: Join) -> float:
    """Return the BLEU score of the whole corpus, from 0 to 1, by sacrebleu."""
    return _by_sacrebleu("corpus_bleu", true, predicted, weights, join)


def chrf(true: Outputs, predicted: Outputs, weights: np.ndarray, join: Join) -> float:
    """Return the chrF score of the whole corpus, from 0 to 1, by sacrebleu."""
    return _by_sacrebleu("corpus_chrf", true, predicted, weights, join)


# Each takes lists of token lists, the weight of each sample, and what joins tokens to a text.
METRICS = {
    "token_accuracy": token_accuracy,
    "exact_match": exact_match,
    "bleu": bleu,
    "chrf": chrf,
}


def _by_sacrebleu(
    name: str, true: Outputs, predicted: Outputs, weights: np.ndarray, join: Join
) -> float:
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
    return float(score.score / 100)
