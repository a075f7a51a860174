"""The losses of each epoch: of several networks, and of fits that go on from earlier ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def mean_history(histories: Sequence[dict[str, list[float]]]) -> dict[str, list[float]]:
    """Return the mean loss of the networks that were still trained in each epoch."""
    n_epochs = max(len(history["loss"]) for history in histories)
    found = {}
    for name in histories[0]:
        losses = np.full((len(histories), n_epochs), np.nan)
        for row, history in zip(losses, histories, strict=True):
            row[: len(history[name])] = history[name]
        found[name] = np.nanmean(losses, axis=0).tolist()
    return found


def joined(
    old: dict[str, list[float]], n_old: int, new: dict[str, list[float]], n_new: int
) -> dict[str, list[float]]:
    """Return two histories one after the other, NaN where one lacks a loss that the other has."""
    missing = float("nan")
    return {
        name: old.get(name, [missing] * n_old) + new.get(name, [missing] * n_new)
        for name in {**old, **new}
    }
