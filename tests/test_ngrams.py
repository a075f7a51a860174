"""The n-gram models that the examples put beside a language model, worked by hand."""

import sys
from math import log
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).resolve().parents[1] / "examples"))

from _ngrams import NGramModel


def test_witten_bell():
    """Four characters: a, b, one never seen and the end; the first three tokens counted once.

    p(a) = p(b) = p(end) = (1 + 3/4) / 6 = 7/24 and p(unseen) = 1/8; each of the histories is
    followed by one character, once.
    """
    model = NGramModel(2, "witten-bell").fit(["ab"])
    seen, other = (1 + 7 / 24) / 2, (7 / 24) / 2
    expected = [
        3 * log(seen),
        3 * log(other),
        log((1 / 8) / 2) + log(7 / 24),  # after the unseen one nothing is known
    ]
    np.testing.assert_allclose(model.score_samples(["ab", "ba", "c"]), expected, rtol=1e-12)
    assert model.score(["ab", "ba"]) == pytest.approx(sum(expected[:2]) / 6)


def test_kneser_ney():
    """Pairs: start a, a b, start b once and b end twice, so that d = 3 / (3 + 2).

    a and the end come after one character, b after two, so that d = 2 / (2 + 2) of these.
    """
    model = NGramModel(2, "kneser-ney").fit(["ab", "b"])
    alone = {"a": (0.5 + 1.5 / 4) / 4, "b": (1.5 + 1.5 / 4) / 4, "end": (0.5 + 1.5 / 4) / 4}
    alone["unseen"] = (1.5 / 4) / 4
    assert sum(alone.values()) == pytest.approx(1)
    after_start = (0.4 + 1.2 * alone["a"]) / 2
    after_a = 0.4 + 0.6 * alone["b"]
    after_b = (1.4 + 0.6 * alone["end"]) / 2
    expected = [
        log(after_start) + log(after_a) + log(after_b),
        log(1.2 * alone["unseen"] / 2) + log(alone["end"]),
    ]
    np.testing.assert_allclose(model.score_samples(["ab", "?"]), expected, rtol=1e-12)


@pytest.mark.parametrize("smoothing", ["witten-bell", "kneser-ney"])
def test_all_texts_have_probability_one(smoothing):
    """Texts of up to 12 characters; with an end so often, hardly any are longer."""
    model = NGramModel(3, smoothing).fit(["a", "", "aa", "", "a"])
    ends = []
    texts = [""]
    for _ in range(13):
        ends.append(np.exp(model.score_samples(texts)).sum())
        texts = [text + letter for text in texts for letter in "a?"]
    assert 0.99 < sum(ends) < 1 + 1e-9
