"""A linear model of counted tokens in a graph: terms, their weights, and what they say."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._data.token_line import TokenLine
from ._operators import Graph


def token_outputs(graph: Graph, line: TokenLine, ids: Any, present: Any) -> Any:
    """Return the raw outputs of a line of tokens, float64 (n_samples, n_outputs).

    Parameters
    ----------
    graph : Graph
    line : TokenLine
    ids : name of int64 (n_samples, n_steps)
        Ids that `fit` has seen.
    present : name of bool (n_samples, n_steps)
    """
    counts = graph.cast(_counts(graph, line, _between_ends(graph, line, ids, present)), "float64")
    weights = graph.op("Log", graph.op("Max", counts, np.float64(1)))
    weights = graph.op("Mul", graph.op("Add", weights, np.float64(1)), line.idf)
    weights = graph.op("Where", graph.op("Greater", counts, np.float64(0)), weights, np.float64(0))
    length = graph.op("ReduceL2", weights, axes=[1], keepdims=1)
    # Without a term that the line knows, all weights are zero, and stay so.
    length = graph.op("Where", graph.op("Greater", length, np.float64(0)), length, np.float64(1))
    return graph.affine(graph.op("Div", weights, length), line.coef, line.intercept)


def _between_ends(graph: Graph, line: TokenLine, ids: Any, present: Any) -> Any:
    """Return the present tokens of each sample side by side, an end before and after them, then 0.

    Its shape is (n_samples, n_steps + 2).
    """
    one = graph.cast(present, "int64")
    # The places of present tokens begin at 1. Absent ones share the place 0, that of the first end.
    places = graph.op("Mul", graph.op("CumSum", one, np.array(1)), one)
    kept = graph.op("Mul", ids, one)
    zeros = graph.op("Pad", graph.op("Sub", ids, ids), np.array([0, 0, 0, 2]))
    row = graph.op("ScatterElements", zeros, places, kept, axis=1)
    after = graph.op("Add", graph.op("ReduceSum", one, np.array([1]), keepdims=1), np.array([[1]]))
    places = graph.op("Concat", graph.op("Sub", after, after), after, axis=1)
    ends = graph.op("Expand", np.array(line.n_tokens), graph.op("Shape", places))
    return graph.op("ScatterElements", row, places, ends, axis=1)


def _counts(graph: Graph, line: TokenLine, row: Any) -> Any:
    """Return how often each sample has each term, float32 (n_samples, n_terms)."""
    base, lengths = line.n_tokens + 1, range(line.n_in_a_row)
    # Ids begin at 1, so a term of n tokens has n digits, and the terms are in the order of length.
    firsts = np.searchsorted(
        line.terms, [0, *(base**n for n in lengths if n), base ** len(lengths)]
    )
    pool = []
    for n, first, last in zip(lengths, firsts[:-1], firsts[1:], strict=True):
        digits = line.terms[first:last, None] // base ** np.arange(n, -1, -1) % base
        pool += digits.ravel().tolist()
    starts = np.cumsum([0, *np.diff(firsts)[:-1] * np.arange(1, len(lengths))])
    return graph.op(
        "TfIdfVectorizer",
        row,
        mode="TF",
        min_gram_length=1,
        max_gram_length=len(lengths),
        max_skip_count=0,
        ngram_counts=starts.tolist(),
        ngram_indexes=list(range(len(line.terms))),
        pool_int64s=pool,
    )
