"""Training on sequences of different lengths, per present step, beside sequences of one length.

Run ``python -m benchmarks.run --only ragged``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

import numpy as np

from ._clock import first_and_warm, in_turn, median_of
from ._data import drawn, drawn_texts
from ._process import in_fresh_process
from ._row import Goal, Row
from ._sides import side_of
from ._task import CELLS, Task

TASKS = {
    "numbers": Task(units=(64,), n_steps=200, n_features=16, n_samples=3200),
    "tokens": Task(units=(64,), n_steps=200, n_words=5000, embedding_dim=64, n_samples=3200),
}


def ragged(quick: bool) -> Iterator[Row]:
    """Yield a row for numbers and for tokens, and for each cell."""
    for name, task in TASKS.items():
        for cell in CELLS if not quick else ["gru"]:
            yield _row(name, Task(**{**asdict(task), "cell": cell}), quick)


def _row(name: str, task: Task, quick: bool) -> Row:
    run = partial(in_fresh_process, time_fit, task=asdict(task), n_warm=1 if quick else 3)
    sides = {side: partial(run, is_ragged=side == "ragged") for side in ("ragged", "equal")}
    runs = in_turn(sides, 1 if quick else 3)
    a_step = {
        side: 1e6 * median_of(runs[side], "warm") / runs[side][0]["n_present"] for side in runs
    }
    return Row(
        name=f"ragged {name} {task.cell}",
        what=f"a present step of sequences of 1 to {task.n_steps}, {task.units[0]} units, beside "
        f"those of {runs['equal'][0]['longest']} steps all",
        unit="µs",
        ours=a_step["ragged"],
        peers={"equal lengths": a_step["equal"]},
        goals=(Goal("equal lengths", a_step["ragged"] / a_step["equal"], 1.3, 1.1, at_most=True),),
        measured={"runs": runs},
    )


def time_fit(task: dict[str, Any], is_ragged: bool, n_warm: int) -> dict[str, Any]:
    """Return the seconds of a first fit and of warm ones, and the present steps of an epoch."""
    described = Task(**task)
    lengths = drawn_lengths(described)
    if not is_ragged:
        lengths = equal_lengths(lengths)
    X = sequences_of(described, lengths)
    (fit,) = side_of("skrnn").fits(described, X, drawn(len(X), seed=1)).values()
    timed = first_and_warm(fit, n_warm)
    return {**timed, "n_present": int(lengths.sum()), "longest": int(lengths.max())}


def drawn_lengths(task: Task) -> np.ndarray:
    """Return the lengths of the samples, log-normal like those of texts."""
    return np.array([len(text) for text in drawn_texts(task.n_samples, 1, task.n_steps)])


def equal_lengths(lengths: np.ndarray) -> np.ndarray:
    """Return as many lengths, all alike, with the same sum as far as that can be."""
    return np.full(len(lengths), round(lengths.mean()))


def sequences_of(task: Task, lengths: Sequence[int] | np.ndarray) -> list[np.ndarray]:
    """Return sequences of these lengths: numbers, or words."""
    total, ends = int(np.sum(lengths)), np.cumsum(lengths)[:-1]
    if task.n_words:
        words = drawn_texts(total // 20 + 200, task.n_words, 10**6)
        rows = np.concatenate(words)[:total]
    else:
        rows = drawn(total, task.n_features)
    return np.split(rows, ends)
