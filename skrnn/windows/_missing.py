"""Rows that are missing in part: the value last seen, and a column that says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ._align import in_series, on_one_clock
from ._last_rows import last_seen
from ._stamps import Series


def learn_missing(X: np.ndarray) -> dict[str, np.ndarray]:
    """Return what training rows tell about missing values.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_features)

    Returns
    -------
    learnt : dict
        ``"columns"``, int of shape (n_flags,): the features that are missing in rows that are not
        missing altogether. ``"means"``, float of shape (n_features,): what stands for a feature
        before its first value, 0 for one that has none at all.
    """
    is_missing = np.isnan(X)
    in_part = is_missing & ~is_missing.all(axis=1, keepdims=True)
    counts = np.maximum((~is_missing).sum(axis=0), 1)
    sums = np.where(is_missing, 0.0, X).sum(axis=0, dtype=np.float64)
    return {"columns": np.flatnonzero(in_part.any(axis=0)), "means": sums / counts}


def with_last_seen(
    X: np.ndarray,
    series: Sequence[Series],
    history: Sequence[dict[str, Any]],
    learnt: dict[str, np.ndarray],
) -> tuple[np.ndarray, list[dict[str, Any]]]:
    """Rows and history with the values last seen, and a flag for each feature that may be missing.

    A value is looked for in earlier rows of the series, the remembered ones too, and never in later
    ones. Rows that are missing altogether stay so, and have no flags.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_features)
    series : sequence of Series
        Those of the table that X comes from.
    history : sequence of dict
        See `_align.remember`, with what was last seen before the remembered rows.
    learnt : dict
        See `learn_missing`.

    Returns
    -------
    X : ndarray of shape (n_rows, n_features + n_flags)
        It has the type of X.
    history : list of dict
        The same with rows as wide.
    """
    entries = {entry["series"]: entry for entry in history}
    filled = np.empty_like(X)
    for one in series:
        given, entry = X[one.rows], entries.get(one.key)
        if one.stamps is None or entry is None:
            order = np.arange(len(given)) if one.stamps is None else np.argsort(one.stamps.values)
            filled[one.rows[order]] = last_seen(given[order])
        else:
            of_given, of_past = in_series(one.key, _filled_with_past, given, one.stamps, entry)
            filled[one.rows] = of_given
            entries[one.key] = _with_flags_in_entry(entry, of_past, learnt)
    return _with_flags(filled, X, learnt), list(entries.values())


def _filled_with_past(
    given: np.ndarray, stamps: Any, entry: dict[str, Any]
) -> tuple[np.ndarray, np.ndarray]:
    """Given and remembered rows with the values last seen; given ones win over remembered ones."""
    stamps, past, _ = on_one_clock(stamps, entry)
    rows = entry["rows"].astype(given.dtype, copy=False)
    seen = entry["seen"]
    kept = np.flatnonzero(~np.isin(past.values, stamps.values))
    before = past.before(seen["until"], entry["clock"]["resolution"])
    times = np.concatenate([before, past.values[kept], stamps.values])
    values = np.concatenate([seen["values"][None][: len(before)], rows[kept], given])
    order = np.argsort(times, kind="stable")
    values[order] = last_seen(values[order])
    filled = rows.copy()
    filled[kept] = values[len(before) : len(before) + len(kept)]
    return values[len(before) + len(kept) :], filled


def _with_flags_in_entry(
    entry: dict[str, Any], filled: np.ndarray, learnt: dict[str, np.ndarray]
) -> dict[str, Any]:
    first = entry["first"][None]
    return {
        **entry,
        "rows": _with_flags(filled, entry["rows"], learnt),
        "first": _with_flags(first.copy(), first, learnt)[0],
    }


def _with_flags(filled: np.ndarray, rows: np.ndarray, learnt: dict[str, np.ndarray]) -> np.ndarray:
    """Filled rows beside the flags of what was missing; NaN where the whole row was."""
    is_missing = np.isnan(rows)
    means = learnt["means"].astype(filled.dtype)
    flags = is_missing[:, learnt["columns"]].astype(filled.dtype)
    wide = np.concatenate([np.where(np.isnan(filled), means, filled), flags], axis=1)
    wide[is_missing.all(axis=1)] = np.nan
    return wide
