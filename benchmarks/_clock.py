"""Seconds of a call, of the first and of later ones."""

import time
from collections.abc import Callable, Iterable, Mapping
from statistics import median
from typing import Any


def seconds(call: Callable[[], Any]) -> float:
    """Return how long a call takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def processor_seconds(call: Callable[[], Any]) -> float:
    """Return how long processors work for a call, all of them together."""
    start = time.process_time()
    call()
    return time.process_time() - start


def repeated(call: Callable[[], Any], least: int, least_seconds: float = 1.0) -> list[float]:
    """Return the seconds of each of at least so many calls, and of more if they are short."""
    taken: list[float] = []
    while len(taken) < least or sum(taken) < least_seconds:
        taken.append(seconds(call))
    return taken


def first_and_warm(call: Callable[[], Any], n_warm: int) -> dict[str, Any]:
    """Return the seconds of the first call, in which things are compiled, and of later ones."""
    return {"first": seconds(call), "warm": repeated(call, n_warm)}


def median_of(runs: Iterable[dict[str, Any]], key: str) -> float:
    """Return the median of a figure over runs; a list of figures counts with all its items."""
    values = [run[key] for run in runs]
    return median(v for value in values for v in (value if isinstance(value, list) else [value]))


def in_turn(
    sides: Mapping[str, Callable[[], dict[str, Any]]], repeats: int
) -> dict[str, list[dict[str, Any]]]:
    """Run every side once, then every side again: what slows the machine slows all of them."""
    runs: dict[str, list[dict[str, Any]]] = {side: [] for side in sides}
    for _ in range(repeats):
        for side, run in sides.items():
            runs[side].append(run())
    return runs
