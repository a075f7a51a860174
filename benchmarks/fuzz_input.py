"""Inputs of all kinds, given to all estimators: each ends in a right answer or a clear refusal.

Run ``python -m benchmarks.fuzz_input --number 10000``. A case is refused clearly if skrnn or
scikit-learn raises a ValueError or TypeError on purpose: the innermost line is a ``raise`` of
theirs, and no error of NumPy, pandas or TensorFlow that came up on its way. An answer is right if
it has a row for each sample, is finite, and is the same for the same samples in another call. A
case that ends otherwise is a fault. It is printed with the line that repeats it.
"""

from __future__ import annotations

import argparse
import copy
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

import skrnn
from benchmarks._input_cases import (
    DTYPES,
    FORMS,
    INDEXES,
    SPOILS,
    TARGETS,
    Given,
    inf,
    nan,
    target_of,
)

# Values that a parameter may be given: those of other types, of the border and beyond it.
NASTY: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1,
    2,
    0.5,
    1.5,
    nan,
    inf,
    "",
    "auto",
    "x",
    (),
    (2,),
    (0, 1),
    ("c0",),
    [1, 2],
    {},
    b"x",
    1j,
)
_NETWORK = {"units": 2, "epochs": 1, "batch_size": 8, "random_state": 0, "early_stopping": False}
_SEQUENCES = {**_NETWORK, "cell": "simple", "bidirectional": False, "pooling": "last"}
# The words of each estimator, what it usually takes, and what it answers with.
KINDS: dict[str, tuple[dict[str, Any], tuple[str, ...], tuple[str, ...]]] = {
    "RNNRegressor": ({**_SEQUENCES, "baseline": None}, ("sequences", "list"), ("predict", "score")),
    "RNNClassifier": (_SEQUENCES, ("sequences", "list"), ("predict", "predict_proba", "score")),
    "RNNAutoencoder": (
        {**_NETWORK, "cell": "simple", "latent_dim": 2},
        ("sequences", "list"),
        ("transform", "predict", "score_samples", "reconstruct", "inverse_transform"),
    ),
    "RNNLanguageModel": (
        {**_NETWORK, "cell": "simple", "embedding_dim": 2, "n_steps": 8},
        ("texts",),
        ("score_samples", "perplexity", "sample", "next_token_proba"),
    ),
    "RNNSeq2Seq": (
        {**_NETWORK, "cell": "simple", "embedding_dim": 2, "max_len": 4, "bidirectional": False},
        ("texts", "sequences", "table"),
        ("predict", "score"),
    ),
    "RNNForecaster": (
        {**_SEQUENCES, "window": 3, "baseline": "last", "target": "c0"},
        ("frame", "panel"),
        ("predict", "forecast", "score", "update"),
    ),
    "LagWindows": ({"window": 2}, ("frame", "table", "panel"), ("transform", "update")),
    "LagFeatures": ({"lags": 2}, ("frame", "table", "panel"), ("transform", "update")),
    "LagsToSequences": ({}, ("table", "frame"), ("transform",)),
    "SequenceTokenizer": ({}, ("texts",), ("transform", "inverse_transform")),
}
# How long a fit takes is not asked here.
WORDS = {
    name: sorted(set(getattr(skrnn, name)().get_params()) - {"epochs", "n_networks"})
    for name in KINDS
}
_USUAL_Y = {"RNNClassifier": "classes", "RNNSeq2Seq": "texts"}
_ROWS = {"predict", "predict_proba", "transform", "score_samples", "reconstruct"}
_SLOW = 60  # seconds


@dataclass(frozen=True)
class Case:
    """One fit and one call after it.

    Parameters
    ----------
    estimator : str
    words : tuple of (name, value)
        Parameters beside those of `KINDS`.
    X : Given
    y : str
    method : str
        "" for none.
    later : Given or None
        The argument of the method; None for X.
    is_fitted : bool
    """

    estimator: str
    words: tuple[tuple[str, Any], ...] = ()
    X: Given = field(default_factory=Given)
    y: str = "numbers"
    method: str = ""
    later: Given | None = None
    is_fitted: bool = True


@st.composite
def givens(draw: Any, usual: tuple[str, ...]) -> Given:
    """Draw an X: one that is usual in most of its traits, so that a fault is not hidden by one."""
    base = Given(form=draw(st.sampled_from(usual)))
    odd: dict[str, Any] = {
        "form": st.sampled_from(FORMS),
        "n": st.sampled_from((0, 1, 2, 9)),
        "steps": st.sampled_from((0, 1, 3)),
        "width": st.sampled_from((0, 1, 2)),
        "dtype": st.sampled_from(DTYPES),
        "spoil": st.sampled_from(SPOILS),
        "index": st.sampled_from(INDEXES),
    }
    chosen = draw(st.just([]) | st.lists(st.sampled_from(sorted(odd)), max_size=3, unique=True))
    return Given(**{**base.__dict__, **{name: draw(odd[name]) for name in chosen}})


@st.composite
def cases(draw: Any, estimators: tuple[str, ...] = tuple(KINDS)) -> Case:
    """Draw a case."""
    name = draw(st.sampled_from(estimators))
    _, usual, methods = KINDS[name]
    words = WORDS[name]
    n_words = draw(st.sampled_from((0, 0, 0, 1, 1, 2)))
    return Case(
        name,
        tuple((draw(st.sampled_from(words)), draw(st.sampled_from(NASTY))) for _ in range(n_words)),
        draw(givens(usual)),
        draw(st.just(_USUAL_Y.get(name, "numbers")) | st.sampled_from(TARGETS)),
        draw(st.sampled_from(methods)),
        draw(st.none() | givens(usual)),
        draw(st.sampled_from((True,) * 9 + (False,))),
    )


def judged(case: Case) -> str:
    """Return "answered", "refused", or a fault in words."""
    start = time.process_time()  # a busy machine is no fault
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            verdict = _run(case)
        except Exception as error:
            verdict = _of_error(error)
    seconds = time.process_time() - start
    return f"fault: {seconds:.0f} s" if seconds > _SLOW else verdict


def _run(case: Case) -> str:
    words = {**KINDS[case.estimator][0], **dict(case.words)}
    X, y = case.X.built(), target_of(case.y, case.X)
    later = X if case.later is None else case.later.built()
    before = copy.deepcopy((X, y))
    estimator = getattr(skrnn, case.estimator)(**words)
    if case.is_fitted:
        estimator.fit(X, y) if case.estimator in _TAKE_Y else estimator.fit(X)
    if not _same((X, y), before):
        return "fault: fit writes into what it is given"
    return _called(case, estimator, later, y)


_TAKE_Y = {"RNNRegressor", "RNNClassifier", "RNNSeq2Seq"}


def _called(case: Case, estimator: Any, later: Any, y: Any) -> str:
    method = getattr(estimator, case.method)
    if case.method == "score":
        if case.estimator in _TAKE_Y:
            given = case.X if case.later is None else case.later
            score = method(later, target_of(case.y, given))
            # The R² of one sample is not defined, in scikit-learn too.
            return "answered" if given.n < 2 else _number(score)
        return _number(method(later))
    if case.method == "perplexity":
        return _number(method(later))
    if case.method in ("sample", "next_token_proba"):
        prompt = later[0] if isinstance(later, list) and later else later
        method(prompt, 3) if case.method == "sample" else method(prompt)
        return "answered"
    if case.method == "inverse_transform" and case.estimator == "RNNAutoencoder":
        later = estimator.transform(later)
    if case.method == "forecast":
        return "answered" if len(method(later)) else "fault: no forecast"
    if case.method == "update":
        method(later)
        return "answered"
    return _of_answer(case, method, later)


def _number(score: Any) -> str:
    is_number = np.ndim(score) == 0 and not np.isnan(float(score))
    return "answered" if is_number else f"fault: score {score!r}"


def _of_answer(case: Case, method: Callable[[Any], Any], later: Any) -> str:
    answer, again = method(later), method(later)
    if not _same(answer, again):
        return "fault: another answer to the same question"
    n_rows = later.shape[0] if hasattr(later, "shape") else len(later)
    if case.method in _ROWS and len(answer) != n_rows:
        return f"fault: {len(answer)} answers to {n_rows} samples"
    may_be_nan = case.estimator.startswith("Lag") or case.estimator == "RNNForecaster"
    values = answer if isinstance(answer, np.ndarray) else np.empty(0)
    if not may_be_nan and values.dtype.kind == "f" and np.isnan(values).any():
        return "answered" if _has_absent(later) else "fault: NaN in the answer"
    if case.method == "predict_proba" and not np.allclose(answer.sum(axis=-1), 1, atol=1e-5):
        return "fault: probabilities that do not sum to one"
    return "answered"


def _has_absent(X: Any) -> bool:
    """Tell whether a sequence has absent steps, or none at all: then NaN is the answer to it."""
    if hasattr(X, "shape") and len(X.shape) in (2, 3):
        return X.shape[1] == 0 or bool(np.isnan(np.asarray(X, float)).all(axis=-1).any())
    if len({np.shape(x) for x in X}) > 1 or not np.size(X[0]):
        return True
    return any(bool(np.isnan(np.asarray(x, float)).all()) for x in X)


def _of_error(error: Exception) -> str:
    """Judge an exception: one that somebody raised on purpose names what was wrong."""
    name, text = type(error).__name__, str(error).strip()
    last = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(last.filename).name}:{last.lineno}"
    if not isinstance(error, ValueError | TypeError):
        return f"fault: {name} at {where}: {text[:200]}"
    is_ours = any(f"/{home}/" in last.filename for home in ("skrnn", "sklearn"))
    if is_ours and (last.line or "").startswith("raise") and len(text) > 20:
        return "refused"
    return f"fault: {name} at {where}: {text[:200]}"


def _same(one: Any, other: Any) -> bool:
    """Tell whether two objects hold the same values, NaN being itself."""
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(map(_same, one, other))
    if hasattr(one, "equals"):
        return bool(one.equals(other))
    if hasattr(one, "toarray"):
        return bool((one != other).nnz == 0)
    if hasattr(one, "shape") or isinstance(one, float):
        one, other = np.asarray(one), np.asarray(other)
        if one.shape != other.shape or one.dtype != other.dtype:
            return False
        if one.dtype.kind == "O":
            return all(map(_same, one.ravel().tolist(), other.ravel().tolist()))
        return bool(((one == other) | ((one != one) & (other != other))).all())
    return bool(one == other) if not isinstance(one, dict) else one.keys() == other.keys()


def main() -> None:
    """Judge as many cases as asked for, and print the verdicts and the faults."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--number", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", action="append", choices=list(KINDS))
    args = parser.parse_args()
    verdicts, start = Counter[str](), time.perf_counter()

    @seed(args.seed)
    @settings(
        max_examples=args.number,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(cases(tuple(args.only or KINDS)))
    def judge(case: Case) -> None:
        verdict = judged(case)
        verdicts[f"{case.estimator}: {verdict}"] += 1
        if verdict.startswith("fault") and verdicts[f"{case.estimator}: {verdict}"] == 1:
            line = f"from benchmarks.fuzz_input import *; print(judged({case}))"
            print(f"{case.estimator}: {verdict}\n  {line}", flush=True)

    try:
        judge()
    finally:  # also after Ctrl-C
        print(f"{sum(verdicts.values())} cases in {time.perf_counter() - start:.0f} s")
        for verdict, count in sorted(verdicts.items()):
            print(f"{count:8d}  {verdict}")


if __name__ == "__main__":
    main()
