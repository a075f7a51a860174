"""How large each update of a training is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

# The factor that "cosine" falls to, and the part of the updates over which it rises first.
_FLOOR = 0.1
_WARM_UP = 0.05
# "plateau": what the rate is multiplied by, and the least of it that is left.
_FALL = 0.3
_LEAST = 0.01


@dataclass(frozen=True)
class Schedule:
    """The factor of the learning rate at each update.

    Parameters
    ----------
    floor : float
        The factor that it falls to, along half a cosine; 1 lets it be constant.
    n_updates : int
        The updates after which it has fallen.
    n_warm_up : int
        The first updates, over which it rises from zero.
    first : int
        The number of the update that the schedule begins with.
    """

    floor: float = 1.0
    n_updates: int = 1
    n_warm_up: int = 0
    first: int = 0

    @classmethod
    def cosine(cls, n_updates: int) -> Schedule:
        """Return the schedule that rises for the first updates and falls until the last."""
        return cls(_FLOOR, n_updates, round(_WARM_UP * n_updates))

    def scale(self, update: int) -> float:
        """Return what the learning rate of an update is multiplied by; the first is number 0."""
        done = update - self.first
        fall = 0.5 * (1 + np.cos(np.pi * min(done / self.n_updates, 1.0)))
        rise = min((done + 1) / self.n_warm_up, 1.0) if self.n_warm_up else 1.0
        return float(rise * (self.floor + (1 - self.floor) * fall))


CONSTANT = Schedule()


class Plateau:
    """Lower the learning rate where the watched loss has not improved for some epochs.

    Parameters
    ----------
    patience : int or None
        These epochs; None leaves the rate as it is.
    """

    def __init__(self, patience: int | None) -> None:
        self.patience, self.scale = patience, 1.0
        self._best: Any = np.inf
        self._waited = 0

    def see(self, loss: float) -> None:
        """Take the watched loss of an epoch."""
        self._waited += 1
        if loss < self._best:
            self._best, self._waited = loss, 0
        elif self.patience is not None and self._waited >= self.patience:
            self.scale, self._waited = max(self.scale * _FALL, _LEAST), 0
