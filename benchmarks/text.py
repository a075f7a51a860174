"""Texts to token ids, beside scikit-learn's counting of the same words.

Run ``python -m benchmarks.run --only tokenizer``.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from ._clock import in_turn, median_of, repeated
from ._data import load_reviews
from ._process import in_fresh_process
from ._row import Goal, Row, ratio

N_IDS = 20_000  # as by default; two of them are no words


def tokenizer(quick: bool) -> Iterator[Row]:
    """Yield a row for learning the vocabulary and one for reading texts with it."""
    n_texts = 5_000 if quick else 25_000
    sides = {
        side: partial(in_fresh_process, time_texts, one_core=True, side=side, n_texts=n_texts)
        for side in ("skrnn", "CountVectorizer")
    }
    runs = in_turn(sides, 1 if quick else 3)
    for method in ("fit", "transform"):
        taken = {side: median_of(runs[side], method) for side in sides}
        a_minute = {side: 60 * n_texts / seconds for side, seconds in taken.items()}
        ours = a_minute["skrnn"]
        theirs = {"CountVectorizer": a_minute["CountVectorizer"]}
        speedup = ratio(taken["CountVectorizer"], taken["skrnn"])
        yield Row(
            name=f"tokenizer {method}",
            what=f"{n_texts} film reviews, {method}, one core",
            unit="texts/min",
            ours=ours,
            peers=dict(theirs),
            goals=(
                Goal("", ours, must=100_000, aim=None, unit="texts/min"),
                Goal("CountVectorizer", speedup, must=1, aim=1.5),
            ),
            measured={"runs": runs},
        )


def time_texts(side: str, n_texts: int) -> dict[str, Any]:
    """Return the seconds of each `fit` and each `transform` on so many reviews."""
    texts = load_reviews()[:n_texts]
    estimator = _SIDES[side]()
    fit = repeated(lambda: estimator.fit(texts), 3)
    transform = repeated(lambda: estimator.transform(texts), 3)
    return {"fit": fit, "transform": transform}


def _tokenizer() -> Any:
    from skrnn import SequenceTokenizer

    return SequenceTokenizer(max_tokens=N_IDS)


def _counter() -> Any:
    from sklearn.feature_extraction.text import CountVectorizer

    from skrnn import SequenceTokenizer

    pattern = SequenceTokenizer().token_pattern
    return CountVectorizer(max_features=N_IDS - 2, token_pattern=pattern)


_SIDES: dict[str, Callable[[], Any]] = {"skrnn": _tokenizer, "CountVectorizer": _counter}
