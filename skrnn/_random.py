"""Seeds: one entropy for each call, from which all that is random derives."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
from sklearn.utils import check_random_state


def seeds_of_fit(random_state: Any) -> dict[str, int]:
    """Return the seed of each random choice of a fit, by name."""
    names = ("weights", "order", "dropout", "split", "embeddings")
    return dict(zip(names, _seeds(random_state, len(names)), strict=True))


def one_seed(random_state: Any) -> int:
    """Return a seed of 31 bits."""
    if random_state is None or isinstance(random_state, Integral):
        return _seeds(random_state, 1)[0]
    return _drawn(random_state)


def _seeds(random_state, number):
    state = np.random.SeedSequence(_entropy(random_state)).generate_state(number) >> 1
    return [int(seed) for seed in state]


def _entropy(random_state):
    """Return the number that all seeds derive from."""
    if random_state is None:
        return np.random.SeedSequence().entropy
    return int(random_state) if isinstance(random_state, Integral) else _drawn(random_state)


def _drawn(random_state):
    return int(check_random_state(random_state).randint(2**31 - 1))
