"""Features that hardly vary: one value at nearly all steps, and some rare others."""

from __future__ import annotations

from typing import Any

import numpy as np

# The values of a column that differ from its usual one, at most, as a part of all.
_RARE = 0.005
# Rows that tell which columns may be meant; the usual value has at least this part of them.
_FEW_ROWS, _MAIN_PART = 255, 0.8
# Rows and values that are looked at, at most.
_MOST_ROWS, _MOST_VALUES = 100_000, 2**22
_NAMED = 3


def rare_values(rows: np.ndarray) -> list[tuple[int, float]]:
    """Return the columns of rows that hardly vary, each with its usual value.

    An indicator, which has one rare value alone, is not among them: it cannot be far out of
    proportion where it is seldom seen. NaN is not a value. Rows are drawn at random where there
    are many.
    """
    n_rows, n_columns = rows.shape
    rng, found = np.random.default_rng(0), []
    candidates = _main_values(rows[np.sort(rng.integers(n_rows, size=_FEW_ROWS))])
    most = min(max(_MOST_VALUES // n_columns, 1000), _MOST_ROWS)
    some: Any = slice(None) if n_rows <= most else np.sort(rng.integers(n_rows, size=most))
    for column, usual in candidates:
        values = rows[some, column]  # one at a time: a file may have thousands of columns
        others = values[(values != usual) & ~np.isnan(values)]
        n_known = len(values) - np.isnan(values).sum()
        if len(others) <= _RARE * n_known and len(np.unique(others)) > 1:
            found.append((column, usual))
    return found


def _main_values(rows: np.ndarray) -> list[tuple[int, float]]:
    """Return the columns in which most rows have one value, each with this value."""
    n_known = (~np.isnan(rows)).sum(axis=0)
    # NaN is sorted to the end, so this is the median of the others.
    middle = np.sort(rows, axis=0)[n_known // 2, np.arange(rows.shape[1])]
    have_it = (rows == middle).sum(axis=0)
    columns = np.flatnonzero((have_it >= _MAIN_PART * n_known) & (n_known > 0))
    return [(int(column), float(middle[column])) for column in columns]


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
        "others. A network learns little from rare values, and one of them can spoil a prediction. "
        "Leave these features out, or replace them by indicators of 0 and 1."
    )
