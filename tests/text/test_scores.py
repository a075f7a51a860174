"""How near outputs are to those that they should be, by counts known beforehand."""

import time

import numpy as np

from skrnn.text._scores import token_accuracy


def test_errors_that_were_put_in_are_counted():
    """Tokens that occur once each: every change is then one error, however words are aligned."""
    true = [f"word {i}" for i in range(100)]
    predicted = [*true[:10], "other", *true[10:50], "another", *true[51:90]]
    accuracy = token_accuracy([true], [predicted], np.ones(1), " ".join)
    assert accuracy == 1 - (1 + 1 + 10) / 100  # put in, exchanged, left out


def test_tokens_are_compared_whole():
    assert token_accuracy([["ab", "c"]], [["a", "bc"]], np.ones(1), "".join) == 0
    assert token_accuracy([["ab"]], [list("ab")], np.ones(1), "".join) == -1


def test_long_outputs_are_scored_in_no_time(rng):
    """300 pairs of 500 characters: the table of Wagner and Fischer in Python takes 40 s."""
    true = [rng.permutation(500).astype(str).tolist() for _ in range(300)]
    predicted = [[*t[:100], "?", *t[101:499]] for t in true]
    started = time.process_time()
    accuracy = token_accuracy(true, predicted, np.ones(300), " ".join)
    assert time.process_time() - started < 4
    assert accuracy == 1 - 2 / 500
