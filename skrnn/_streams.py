"""Texts as streams of tokens, cut into the pieces that a language model is trained on.

All texts are one run of tokens, an `END` before the first and after each. The run is divided into
parts of equal length, the streams, which are read side by side: a batch has the next piece of each,
and so the state after one batch is the state before the next.
"""

from __future__ import annotations

import numpy as np

from ._sequences import Sequences
from ._spec import END

_ABSENT = 0


def run_of_texts(texts):
    """Return texts, a list of int arrays, as one run of tokens; each ends with `END` already."""
    return np.concatenate([np.array([END], dtype=np.int32), *texts])


def divided(tokens, n_parts):
    """Divide a run of tokens into parts that are read each by itself.

    Each part is given the token before it, the last of the part before, so that all but the first
    token are told in one part or another.

    Returns
    -------
    starts, lengths : int ndarrays of shape (n_parts,)
        The given token is counted in.
    """
    ends = np.linspace(0, len(tokens) - 1, n_parts + 1).astype(np.int64)
    return ends[:-1], np.diff(ends) + 1


def pieces(tokens, n_streams, n_steps):
    """Return the pieces of streams in the order of training: the first of each stream, and so on.

    A piece has ``n_steps + 1`` tokens, the last of which is the first of the stream's next piece.
    The last piece of a stream is filled up with absent tokens.

    Returns
    -------
    Sequences
        All of one length. The table of rows is as long as the run, but for what fills it up.
    """
    starts, lengths = divided(tokens, n_streams)
    n_pieces = -(-(int(lengths.max()) - 1) // n_steps)
    rows = np.full((n_streams, n_pieces * n_steps + 1), _ABSENT, dtype=np.int32)
    for row, start, length in zip(rows, starts, lengths, strict=True):
        row[:length] = tokens[start : start + length]
    begin = np.arange(n_streams) * rows.shape[1] + np.arange(n_pieces)[:, None] * n_steps
    n_samples = n_streams * n_pieces
    return Sequences(rows.ravel(), begin.ravel(), np.broadcast_to(np.intp(n_steps + 1), n_samples))
