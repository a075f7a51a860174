"""Columns that are lags of a series, known by their names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from ._warnings import warn

# lag_1 and level_lag_1 (skforecast), lag1 (mlforecast), temp_lag1 (LagFeatures).
_LAG = re.compile(r"(?:(?P<series>.+)_)?lag_?(?P<lag>\d+)")


def lag_of(name: Any) -> tuple[str, int] | None:
    """Return the series, "" where none is named, and the lag that a column holds, if it does.

    Parameters
    ----------
    name : label
        Such as "lag_3" or "temp_lag3".

    Returns
    -------
    tuple of str and int, or None
    """
    found = _LAG.fullmatch(name) if isinstance(name, str) else None
    return (found["series"] or "", int(found["lag"])) if found else None


def warn_of_newest_first(names: Iterable[Any]) -> None:
    """Warn where the columns of a table are lags that a network would read backwards.

    Parameters
    ----------
    names : iterable of label
        The columns. A network reads them as steps, from the oldest to the newest.
    """
    names = list(names)
    lags = [found for found in map(lag_of, names) if found is not None]
    if len(lags) < 2:
        return
    steps = [lag for _, lag in lags]
    if len(lags) == len(names) and steps == sorted(set(steps), reverse=True):
        return
    first, last = (name for name in (names[0], names[-1]))
    warn(
        "Expected columns that are the steps of one sequence, from the oldest to the newest; got "
        f"columns named as lags, {first!r} to {last!r}, in another order or with others beside "
        "them: put skrnn.LagsToSequences() before the network."
    )
