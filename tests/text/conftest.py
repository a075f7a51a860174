"""Texts for the tests of this folder."""

import numpy as np
import pytest

WORDS = "the The a I film Film was good bad not naïve élan 7 10 isn't n't".split()


@pytest.fixture
def reviews(rng):
    """200 texts of 0 to 30 words, with punctuation, capitals, accents and digits.

    Drawn: word k of the list is 1/k times as frequent as the first.
    """
    frequency = 1 / np.arange(1, len(WORDS) + 1)
    glue = np.array([" ", ", ", "... ", "\n\n", "-"])
    texts = []
    for length in rng.integers(0, 31, size=200):
        words = rng.choice(WORDS, length, p=frequency / frequency.sum())
        texts.append("".join(w + g for w, g in zip(words, rng.choice(glue, length), strict=True)))
    return texts
