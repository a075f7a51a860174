"""Texts as streams of tokens, cut into the pieces that a language model is trained on.

All texts are one run of tokens, an `END` before the first and after each. The run is divided into
streams of equal length, which are read side by side: a batch has the next piece of each stream, so
that the state after one batch is the state before the next.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .._data.samples import TrainingData
from .._data.sequences import Sequences
from .._tokens import END, PADDING

# Streams that a text held out is read in: enough for two cores.
_HELD_OUT_STREAMS = 64
# The fewest pieces of a stream that is not alone: each piece is a training step.
_MIN_PIECES = 8
# So many texts are taken for independent ones.
_MANY_TEXTS = 100


def texts_of(ids: list[np.ndarray]) -> Sequences:
    """Return texts as sequences over one run of tokens.

    Parameters
    ----------
    ids : list of n_texts int32 arrays
        The tokens of each text, then `END`.

    Returns
    -------
    Sequences
        Each begins with the `END` before it.
    """
    run = np.concatenate([np.array([END], dtype=np.int32), *ids])
    lengths = np.array([len(i) for i in ids])
    return Sequences(run, np.cumsum(lengths) - lengths, lengths + 1)


def run_of(texts: Sequences) -> np.ndarray:
    """Return the run of the tokens of some texts."""
    first = texts.values[texts.starts[0] : texts.starts[0] + 1]
    rest = zip(texts.starts + 1, texts.starts + texts.lengths, strict=True)
    return np.concatenate([first, *(texts.values[start:end] for start, end in rest)])


def part_of(run: np.ndarray, start: int, end: int) -> Sequences:
    """Return a part of a run as one text; the token at `start` is given."""
    return Sequences(run, np.array([start]), np.array([end - start]))


def streams(texts: Sequences, n_streams: int) -> Sequences:
    """Divide the run of some texts into streams of equal length.

    Each is given the token before it, so that all but the run's first are predicted in one of them.

    Returns
    -------
    Sequences
    """
    run = run_of(texts)
    n_streams = max(min(n_streams, len(run) - 1), 1)
    ends = np.linspace(0, len(run) - 1, n_streams + 1).astype(np.int64)
    return Sequences(run, ends[:-1], np.diff(ends) + 1)


def stream_count(texts: Sequences, most: int, n_steps: int) -> int:
    """Return the number of streams to train with: `most`, or fewer where the texts are short.

    A power of two where it is fewer, so that texts of like lengths share compiled programs.
    """
    n_predicted = int((texts.lengths - 1).sum())
    enough = n_predicted // (n_steps * _MIN_PIECES)
    return min(most, 1 << (enough.bit_length() - 1)) if enough else 1


def pieces(texts: Sequences, n_streams: int, n_steps: int) -> Sequences:
    """Return the pieces of streams, in the order of training: the first of each stream, and so on.

    A piece has ``n_steps + 1`` tokens, the last of which is the first of the stream's next piece;
    the last piece of a stream is filled up with absent ones.

    Returns
    -------
    Sequences
        All of one length. The table of rows is as long as the run, but for what fills it up.
    """
    found = streams(texts, n_streams)
    n_streams = len(found)
    n_pieces = -(-(int(found.lengths.max()) - 1) // n_steps)
    rows = np.full((n_streams, n_pieces * n_steps + 1), PADDING, dtype=np.int32)
    for row, start, length in zip(rows, found.starts, found.lengths, strict=True):
        row[:length] = found.values[start : start + length]
    starts = np.arange(n_streams) * rows.shape[1] + np.arange(n_pieces)[:, None] * n_steps
    lengths = np.broadcast_to(np.intp(n_steps + 1), starts.size)
    return Sequences(rows.ravel(), starts.ravel(), lengths)


def split_last(texts: Sequences, fraction: float) -> tuple[Sequences, Sequences | None]:
    """Hold out the last part of the run, wherever in a text it begins.

    Returns
    -------
    train : Sequences
    held_out : Sequences or None
        In streams; None if there is nothing to spare.
    """
    run = run_of(texts)
    n_predicted = len(run) - 1
    n_held_out = min(int(np.ceil(n_predicted * fraction)), n_predicted - 1)
    if n_held_out < 1:
        return texts, None
    cut = n_predicted - n_held_out
    last = part_of(run, cut, len(run))
    return part_of(run, 0, cut + 1), streams(last, _HELD_OUT_STREAMS)


def split_random(
    texts: Sequences, fraction: float, seed: int
) -> tuple[Sequences, Sequences | None]:
    """Hold out whole texts, drawn at random; their order among the others stays."""
    n_held_out = min(int(np.ceil(len(texts) * fraction)), len(texts) - 1)
    if n_held_out < 1:
        return texts, None
    order = np.random.default_rng(seed).permutation(len(texts))
    held_out, train = order[:n_held_out], order[n_held_out:]
    return texts.take(np.sort(train)), texts.take(np.sort(held_out))


def split(params: Any, texts: Sequences, seed: int) -> TrainingData:
    """Return the texts to train on, with those that early stopping looks at.

    Many texts are taken for independent ones, and ``validation="auto"`` holds out some at random.
    """
    how, fraction = params.validation, params.validation_fraction
    if how == "random" or (how == "auto" and len(texts) >= _MANY_TEXTS):
        return as_data(*split_random(texts, fraction, seed))
    return as_data(*split_last(texts, fraction))


def as_data(texts: Sequences, held_out: Sequences | None = None) -> TrainingData:
    """Return texts that are their own targets, with those that early stopping looks at."""
    weights = np.ones(len(texts), dtype=np.float32)
    return TrainingData(texts, None, weights, None if held_out is None else as_data(held_out))
