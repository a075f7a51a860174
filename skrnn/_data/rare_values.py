"""Features that hardly vary: one value at nearly all steps, and some rare others."""

from __future__ import annotations

from typing import Any

import numpy as np

# The steps with other values than the usual one, at most, as a part of all.
_RARE = 0.005
# At most this many rows and values are looked at, drawn at random.
_MOST_ROWS, _MOST_VALUES = 100_000, 2**22
_NAMED = 3


def rare_values(rows: np.ndarray) -> list[tuple[int, float]]:
    """Return the columns of rows that hardly vary, each with its usual value.

    An indicator, which has one rare value alone, is not among them: it cannot be far out of
    proportion where it is seldom seen.
    """
    most = min(_MOST_ROWS, max(_MOST_VALUES // rows.shape[1], 1))
    if len(rows) > most:
        rows = rows[np.sort(np.random.default_rng(0).integers(len(rows), size=most))]
    rows = rows[~np.isnan(rows).all(axis=1)]  # absent steps
    if not len(rows):
        return []
    usual = [_usual(column) for column in rows.T]
    differ = (rows != usual) & ~np.isnan(rows)
    candidates = np.flatnonzero((differ.sum(axis=0) > 1) & (differ.mean(axis=0) <= _RARE))
    return [
        (int(column), usual[column])
        for column in candidates
        if len(np.unique(rows[differ[:, column], column])) > 1
    ]


def _usual(column: np.ndarray) -> float:
    known = column[~np.isnan(column)]
    return float(np.median(known)) if len(known) else 0.0


def rare_values_message(found: list[tuple[Any, float]], what: str) -> str:
    """Return the warning of features that hardly vary.

    Parameters
    ----------
    found : list of tuple
        The label of each, and its usual value.
    what : str
        The word for one of them, with what its label is.
    """
    named = ", ".join(f"{label!r} (usually {usual:.6g})" for label, usual in found[:_NAMED])
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return (
        f"X hardly varies in {what} {named}{more}: at most {_RARE:.1%} of its values there are "
        "others. A network learns little of values that are so rare, and one of them can spoil a "
        "prediction. Leave these features out, or replace them by indicators of 0 and 1."
    )
