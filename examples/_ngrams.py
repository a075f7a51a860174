"""Character n-gram models with interpolated smoothing: the plain answer to a language model.

The probability of a character after its history, the n - 1 characters before it, is interpolated
with that after the shorter history, and so on down to all characters alike.

Witten-Bell: ``p(w | h) = (c(h w) + t(h) p(w | h')) / (c(h) + t(h))``, where ``c`` counts and
``t(h)`` is how many different characters follow the history ``h``; ``h'`` is ``h`` without its
first character (Bell, Cleary and Witten, "Text compression", 1990, method C).

Kneser-Ney: ``p(w | h) = (max(c(h w) - d, 0) + d t(h) p(w | h')) / c(h)``, where for the shorter
histories ``c(h w)`` is the number of different characters before ``h w``, and ``d`` is
``n1 / (n1 + 2 n2)`` of the numbers of n-grams counted once and twice, a half if there are none
(Kneser and Ney, "Improved backing-off for m-gram language modeling", 1995; interpolated as by Chen
and Goodman, "An empirical study of smoothing techniques for language modeling", 1999).
"""

from typing import NamedTuple

import numpy as np


class _Counts(NamedTuple):
    """Counts of n-grams of one length, and of the histories that they begin with."""

    codes: np.ndarray
    counts: np.ndarray
    histories: np.ndarray
    totals: np.ndarray
    n_different: np.ndarray
    discount: float


class NGramModel:
    """A character n-gram model; each text has an end, and no text knows of another.

    Parameters
    ----------
    order : int
        The n of n-gram.
    smoothing : {"witten-bell", "kneser-ney"}
    """

    def __init__(self, order, smoothing):
        self.order = order
        self.smoothing = smoothing

    def fit(self, texts):
        """Count the n-grams of texts."""
        # 0 stands before a text, 1 for a character never seen, 2 for the end.
        self.ids = {c: 3 + i for i, c in enumerate(sorted(set().union(*texts)))}
        self.base = 3 + len(self.ids)
        self.n_characters = self.base - 1  # nothing stands before a text but in histories
        grams = self._codes(texts)
        self.levels = []
        for n in range(1, self.order + 1):
            codes, counts = np.unique(grams % self.base**n, return_counts=True)
            if self.smoothing == "kneser-ney" and n < self.order:
                longer = np.unique(grams % self.base ** (n + 1))
                counts = np.unique(longer % self.base**n, return_counts=True)[1]
            self.levels.append(self._counted(codes, counts))
        return self

    def score_samples(self, texts):
        """Return the natural logarithm of the probability of each text and its end."""
        grams = self._codes(texts)
        probability = np.full(len(grams), 1 / self.n_characters)
        for n, level in enumerate(self.levels, start=1):
            codes = grams % self.base**n
            count = _looked_up(level.codes, level.counts, codes)
            total = _looked_up(level.histories, level.totals, codes // self.base)
            different = _looked_up(level.histories, level.n_different, codes // self.base)
            known = total > 0
            if self.smoothing == "witten-bell":
                finer = (count + different * probability) / np.maximum(total + different, 1)
            else:
                finer = np.maximum(count - level.discount, 0)
                finer = (finer + level.discount * different * probability) / np.maximum(total, 1)
            probability = np.where(known, finer, probability)
        ends = np.cumsum([len(text) + 1 for text in texts])[:-1]
        return np.array([part.sum() for part in np.split(np.log(probability), ends)])

    def score(self, texts):
        """Return the mean logarithm of the probability of a character, the ends counted in."""
        return self.score_samples(texts).sum() / sum(len(text) + 1 for text in texts)

    def _codes(self, texts):
        """Return each character with its history as one number, in digits of base `base`."""
        return np.concatenate([self._codes_of(text) for text in texts])

    def _codes_of(self, text):
        ids = np.zeros(self.order + len(text), dtype=np.int64)
        ids[self.order - 1 : -1] = [self.ids.get(c, 1) for c in text]
        ids[-1] = 2
        code = np.zeros(len(text) + 1, dtype=np.int64)
        for back in range(self.order):
            digit = ids[self.order - 1 - back : len(ids) - back]
            code += digit * self.base**back
        return code

    def _counted(self, codes, counts):
        histories, first, n_different = np.unique(
            codes // self.base, return_index=True, return_counts=True
        )
        once, twice = (counts == 1).sum(), (counts == 2).sum()
        discount = once / (once + 2 * twice) if once else 0.5
        totals = np.add.reduceat(counts, first)
        return _Counts(codes, counts, histories, totals, n_different, discount)


def _looked_up(keys, values, wanted):
    """Return the value of each wanted key, 0 where it is not among the keys, which are sorted."""
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[place] == wanted, values[place], 0)
