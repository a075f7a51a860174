"""Which steps ahead a horizon means."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._messages import shown


def horizons_of(horizon: Any) -> list[int]:
    """Return the steps ahead that a horizon means: 1 ... h for a number, or those of a list."""
    if isinstance(horizon, int | np.integer) and not isinstance(horizon, bool) and horizon >= 1:
        return list(range(1, int(horizon) + 1))
    listed = [] if isinstance(horizon, str | int) else list(np.atleast_1d(horizon))
    if not listed or not all(isinstance(h, int | np.integer) and h >= 1 for h in listed):
        raise ValueError(
            f"Expected horizon as a number of steps, or a list of steps, each at least 1; got "
            f"{shown(horizon)}. horizon=7 means the next seven steps, horizon=[7] the seventh."
        )
    if len(set(listed)) < len(listed):
        raise ValueError(f"Expected each step of horizon once; got {shown(horizon)}.")
    return [int(h) for h in listed]
