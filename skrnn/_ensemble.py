"""Several networks in one estimator: arrays of all of them stand in one list, one after another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


def members_of(arrays: Sequence[Any], n_networks: int) -> list[list[Any]]:
    """Return the arrays of each network."""
    size = len(arrays) // n_networks
    return [list(arrays[first : first + size]) for first in range(0, len(arrays), size)]


def seeds_of_member(seeds: dict[str, int], number: int) -> dict[str, int]:
    """Return the seeds of one network; the first has those of a network that is alone."""
    if number == 0:
        return seeds
    drawn = np.random.SeedSequence([seeds["weights"], number]).generate_state(len(seeds)) >> 1
    return dict(zip(seeds, map(int, drawn), strict=True))
