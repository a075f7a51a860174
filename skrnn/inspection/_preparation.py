"""A function that makes X and y of raw data, with another future of the raw data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ._looking_ahead import LOOKS_AHEAD, Seen, cuts_of
from ._other_future import FUTURES, changed_rows
from ._report import Leak
from ._rows_in_time import RowsInTime
from ._scaled_before import FITTED_BEFORE

_WHERE = "prepare"
_REMEDY = (
    "Take the scaling, imputing or encoding out of prepare and make it a step of the pipeline: "
    "then each fold fits it on its training rows."
)


@dataclass(frozen=True)
class Prepared:
    """The result of a function on raw data, and the observations of it.

    Parameters
    ----------
    X, y : the samples; y is None where the function gives X alone
    rows : ndarray of shape (n_samples,) or None
        The raw row that each sample is; None where that is not known.
    leaks : list of Leak
    horizon : int or None
        How many rows ahead y is, where that was seen.
    problem : str
        Why nothing could be seen, or empty.
    """

    X: Any
    y: Any
    rows: np.ndarray | None
    leaks: tuple[Leak, ...] = ()
    horizon: int | None = None
    problem: str = ""


def prepared_by(
    prepare: Callable[[Any], Any], raw: Any, rows: RowsInTime | None, known: Sequence[Any]
) -> Prepared:
    """Return what a function makes of raw data, and whether earlier samples see later rows.

    Parameters
    ----------
    prepare : callable
        Raw rows to X, or to ``X, y``.
    raw : array-like or frame of n_rows
    rows : RowsInTime or None
        The order of the raw rows.
    known : sequence of column names or positions
        Columns that keep their future.
    """
    X, y = _called(prepare, raw)
    places = _raw_rows(raw, X)
    if rows is None or places is None:
        why = "its rows can't be found in the raw data: let both be frames with an index"
        return Prepared(X, y, places, problem=why)
    of_X, of_y, problem = Seen(), Seen(), ""
    for cut in cuts_of(raw, rows):
        times = rows.times[places]
        past = np.flatnonzero(times < cut)
        for change in FUTURES:
            try:
                X2, y2 = _called(prepare, change(raw, rows.times >= cut, known))
            except Exception as error:
                problem = f"it refuses rows with another future: {error}"
                continue
            for seen, one, two in ((of_X, X, X2), (of_y, y, y2)):
                changed = None if one is None else changed_rows(one, two, past)
                if changed is not None:
                    seen.n_cuts += 1
                    farthest = int(cut - times[changed].min(initial=cut))
                    seen.add(changed, past, farthest, in_gaps=False)
    if not of_X.n_cuts:
        return Prepared(X, y, places, problem=problem or "it gives other rows each time")
    leaks = [_leak_of(seen, name) for seen, name in ((of_X, "X"), (of_y, "y"))]
    # A target may be later than its row by a horizon, but not know everything.
    is_horizon = bool(of_y.n_changed) and of_y.n_changed < of_y.n_past
    found = tuple(leak for leak in leaks[: 1 if is_horizon else 2] if leak is not None)
    return Prepared(X, y, places, found, of_y.farthest if is_horizon else None)


def _called(prepare: Callable[[Any], Any], raw: Any) -> tuple[Any, Any]:
    """Return X and y of a copy: the function may write into what it is given."""
    made = prepare(raw.copy() if hasattr(raw, "copy") else raw)
    return (made[0], made[1]) if isinstance(made, tuple) and len(made) == 2 else (made, None)


def _raw_rows(raw: Any, X: Any) -> np.ndarray | None:
    if hasattr(X, "index") and hasattr(raw, "index") and raw.index.is_unique:
        places = raw.index.get_indexer(X.index)
        if (places >= 0).all():
            return np.asarray(places)
    n_rows, n_samples = (x.shape[0] if hasattr(x, "shape") else len(x) for x in (raw, X))
    return np.arange(n_rows) if n_rows == n_samples else None


def _leak_of(seen: Seen, name: str) -> Leak | None:
    if not seen.n_changed:
        return None
    where = f"{_WHERE}, {name}"
    if seen.n_changed < seen.n_past:
        leak = seen.leak(where)
        return Leak(LOOKS_AHEAD, where, leak.n_rows, leak.what, leak.remedy)
    what = f"all {seen.n_past} earlier rows change when later ones do: it learns from all rows."
    return Leak(FITTED_BEFORE, where, seen.n_changed, what, _REMEDY)
