"""The newest rows of a series, and what was last seen before them."""

from __future__ import annotations

from typing import Any

import numpy as np


def newest(
    stamps: np.ndarray, rows: np.ndarray, count: int, seen: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The newest rows of a series in the order of time.

    Parameters
    ----------
    stamps : ndarray of shape (n_rows,), int64
        Distinct, in any order.
    rows : ndarray of shape (n_rows, n_features)
    count : int
        How many to keep.
    seen : dict or None, default=None
        The values last seen before all these rows: see `nothing_seen`. None keeps no account of it.

    Returns
    -------
    memory : dict
        ``"stamps"``, ``"rows"``, and ``"seen"`` where an account is kept.
    """
    order = np.argsort(stamps, kind="stable")
    end = max(len(order) - count, 0)
    kept = order[end:]
    memory: dict[str, Any] = {"stamps": stamps[kept], "rows": rows[kept]}
    if seen is not None:
        memory["seen"] = _seen_after(seen, stamps[order[:end]], rows[order[:end]])
    return memory


def nothing_seen(n_features: int, dtype: Any) -> dict[str, Any]:
    """The account of a series before its first row.

    ``"values"`` has the last value of each feature, NaN where there is none, and ``"until"`` the
    stamp of the newest row that is in the account, or None.
    """
    return {"values": np.full(n_features, np.nan, dtype), "until": None}


def last_seen(rows: np.ndarray) -> np.ndarray:
    """Rows in which each NaN is the value last seen above it, as far as there is one."""
    at = np.where(np.isnan(rows), 0, np.arange(len(rows))[:, None])
    return np.take_along_axis(rows, np.maximum.accumulate(at, axis=0), axis=0)


def _seen_after(seen: dict[str, Any], stamps: np.ndarray, rows: np.ndarray) -> dict[str, Any]:
    """The account with rows that came, in the order of time; older ones change nothing."""
    until = seen["until"]
    later = np.arange(len(stamps)) if until is None else np.flatnonzero(stamps > until)
    if not len(later):
        return seen
    rows = np.concatenate([seen["values"][None], rows[later]])
    return {"values": last_seen(rows)[-1], "until": int(stamps[later[-1]])}
