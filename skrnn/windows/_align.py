"""Rows of one or several series, laid out by their clocks so that equal steps are equal strides.

Whatever the index looked like, the outcome is one padded table and, for each row of X, its slot in
it: the step `lag` before a row is the slot `lag` before its own. A plain series keeps its order, so
that its windows are a view; rows that are missing, shuffled or of several series are gathered.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ._calendar import Clock
from ._clock import (
    clock_of_rows,
    commonest_clock,
    in_one_resolution,
    learn_clock,
    ranks_of,
    steps_of,
)
from ._last_rows import newest, nothing_seen
from ._stamps import Series, Stamps, has_clock, read_series


@dataclass(frozen=True)
class Track:
    """One series on its clock: the rows that are given, and earlier ones that are remembered.

    Parameters
    ----------
    rows : ndarray of shape (n_given,)
        Row numbers in X.
    steps : ndarray of shape (n_given,), int64
        Their steps.
    past_steps : ndarray of shape (n_past,), int64
        Steps of the remembered rows; none of them is among `steps`.
    past : ndarray of shape (n_past, n_features)
        The remembered rows.
    edge : ndarray of shape (n_features,)
        The last row known of the time before all these, or else the first of the series.
    is_apart : bool, default=False
        Whether more steps are missing between the remembered and the given rows than among the
        remembered ones.
    is_forgotten : bool, default=False
        Whether there are fewer given rows than anyone looks back, and rows of fit before them of
        which none is remembered.
    """

    rows: np.ndarray
    steps: np.ndarray
    past_steps: np.ndarray
    past: np.ndarray
    edge: np.ndarray
    is_apart: bool = False
    is_forgotten: bool = False

    def slots(self, reach: int) -> tuple[np.ndarray, np.ndarray, int]:
        """Slots of the given and of the remembered rows, and how many slots there are in all.

        Slot `reach` is the first given row. No window sees farther than `reach`, so a longer gap is
        cut down to that: a year without rows costs no more memory than a window.
        """
        first = int(self.steps.min())
        if not len(self.past) and _consecutive(self.steps):
            given = self.steps - first + reach
            return given, self.past_steps, reach + len(given)
        known = np.union1d(self.steps, self.past_steps[self.past_steps > first])
        slots = np.cumsum(np.append(reach, np.minimum(np.diff(known), reach + 1)))
        given = slots[np.searchsorted(known, self.steps)]
        before = self.past_steps - first + reach
        later = np.searchsorted(known, self.past_steps).clip(max=len(known) - 1)
        return given, np.where(self.past_steps < first, before, slots[later]), int(slots[-1]) + 1


def _consecutive(steps: np.ndarray) -> bool:
    return bool((np.diff(steps) == 1).all())


def lay_out(
    X: np.ndarray, tracks: list[Track], reach: int, fill: str | float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One padded table of all series, and the slot and the series of each row of X in it.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_features)
    tracks : list of Track
        Together they hold each row of X once.
    reach : int
        How many steps back anyone will look.
    fill : "mask", "edge" or float
        The values in absent steps: NaN, the last row before them, or a number.

    Returns
    -------
    padded : ndarray of shape (n_slots, n_features)
        ``n_slots = reach + n_rows`` for one series without holes. It has the dtype of X, and is
        read-only.
    slots : ndarray of shape (n_rows,)
        ``padded[slots] == X``, and ``padded[slots - lag]`` is what was `lag` steps before.
    series : ndarray of shape (n_rows,)
        The number of the series that each row is of.
    """
    slots = np.empty(len(X), np.intp)
    # The memory of one number serves for one series.
    series = np.empty(len(X), np.intp) if len(tracks) > 1 else np.broadcast_to(np.intp(0), len(X))
    laid_out, n_slots = [], 0
    for number, track in enumerate(tracks):
        given, past, size = track.slots(reach)
        slots[track.rows] = given + n_slots
        if len(tracks) > 1:
            series[track.rows] = number
        laid_out.append((track, n_slots, past + n_slots))
        n_slots += size
    padded = np.full((n_slots, X.shape[1]), np.nan if isinstance(fill, str) else fill, X.dtype)
    is_known = np.zeros(n_slots, bool)
    for track, start, past in laid_out:
        # The edge stands in the first slot, where another row of the series may take its place.
        padded[start] = track.edge if fill == "edge" else padded[start]
        padded[past] = track.past
        is_known[start] = is_known[past] = True
    in_a_row = as_slice(slots)
    padded[slots if in_a_row is None else in_a_row] = X
    if fill == "edge":
        is_known[slots] = True
        padded = padded[np.maximum.accumulate(np.where(is_known, np.arange(n_slots), 0))]
    padded.flags.writeable = False
    return padded, slots, series


def as_slice(slots: np.ndarray) -> slice | None:
    """The slots as a slice where they are consecutive: indexing with it is a view."""
    if len(slots) and _consecutive(slots):
        return slice(int(slots[0]), int(slots[-1]) + 1)
    return None


def remember(
    X: np.ndarray,
    series: list[Series],
    reach: int,
    how: str = "auto",
    keeps_seen: bool = False,
) -> list[dict[str, Any]]:
    """Return the training rows that transform needs, one entry for each series with a clock.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_features)
    series : list of Series
        Those of the table that X comes from.
    reach : int
        How many of the last rows to keep.
    how : {"auto", "rows"}, default="auto"
        See `learn_clocks`.
    keeps_seen : bool, default=False
        Whether to keep an account of what was last seen before the rows that are kept.

    Returns
    -------
    history : list of dict
        With the keys series, clock, stamps (n_kept,), rows (n_kept, n_features), sorted by time,
        first (n_features,), the row at step 0, and seen, the account that
        `_last_rows.nothing_seen` describes. Plain containers and arrays.
    """
    if not has_clock(series):
        return []
    clocks = learn_clocks(series, how=how)
    return [
        _entry(X, one, clock, reach, keeps_seen) for one, clock in zip(series, clocks, strict=True)
    ]


def _entry(
    X: np.ndarray, series: Series, clock: Clock, reach: int, keeps_seen: bool
) -> dict[str, Any]:
    stamps = series.stamps.values
    return {
        "series": series.key,
        "clock": clock,
        **newest(
            stamps,
            X[series.rows],
            reach,
            nothing_seen(X.shape[1], X.dtype) if keeps_seen else None,
        ),
        "first": X[series.rows[np.argmin(stamps)]].copy(),
    }


def moved_on(
    X: np.ndarray,
    series: list[Series],
    history: list[dict[str, Any]],
    reach: int,
    how: str = "auto",
) -> list[dict[str, Any]]:
    """The history with rows that came since, as `remember` would have kept it of all of them.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_features)
    series : list of Series
        Those of the table that X comes from, with stamps.
    history : list of dict
        See `remember`.
    reach : int
        How many of the last rows to keep.
    how : {"auto", "rows"}, default="auto"
        The clock of series that are not in the history: see `learn_clocks`.
    """
    entries = {entry["series"]: entry for entry in history}
    _check_panel(series[0].key is not None, entries)
    new = [one for one in series if one.key not in entries]
    clocks = learn_clocks(new, [entry["clock"] for entry in history], how)
    keeps_seen = any("seen" in entry for entry in history)
    for one in series:
        if one.key in entries:
            entries[one.key] = in_series(one.key, _continued, X, one, entries[one.key], reach)
    for one, clock in zip(new, clocks, strict=True):
        entries[one.key] = _entry(X, one, clock, reach, keeps_seen)
    return list(entries.values())


def _continued(X: np.ndarray, series: Series, entry: dict[str, Any], reach: int) -> dict[str, Any]:
    stamps, past, clock = on_one_clock(series.stamps, entry)
    steps_of(stamps, clock)  # refuses what is no stamp of this clock
    kept = ~np.isin(past.values, stamps.values)
    values = np.concatenate([past.values[kept], stamps.values])
    rows = np.concatenate([entry["rows"][kept], X[series.rows]])
    seen = entry.get("seen")
    if seen is not None:
        until = past.before(seen["until"], entry["clock"]["resolution"])
        seen = {**seen, "until": int(until[0]) if len(until) else None}
    return {**entry, "clock": clock, **newest(values, rows, reach, seen)}


def learn_clocks(
    series: Sequence[Series], known: Sequence[Clock] = (), how: str = "auto"
) -> list[Clock]:
    """The clock of each series; those too short to tell take over the commonest of the others.

    Parameters
    ----------
    series : sequence of Series
        All with stamps.
    known : sequence of dict, default=()
        Clocks of other series of the panel.
    how : {"auto", "rows"}, default="auto"
        Whether the stamps tell the steps, or only the order of the rows.
    """
    if how == "rows":
        return [in_series(one.key, clock_of_rows, one.stamps) for one in series]
    clocks = [in_series(one.key, learn_clock, one.stamps) for one in series]
    if len(clocks) + len(known) == 1:
        return clocks
    common = commonest_clock(
        [*known, *(c for c, one in zip(clocks, series, strict=True) if len(one.stamps) > 2)]
    )
    return [
        clock if len(one.stamps) > 2 else learn_clock(one.stamps, like=common)
        for clock, one in zip(clocks, series, strict=True)
    ]


def in_series(key: Any, function: Any, *args: Any) -> Any:
    """The function's value; its complaint names the series."""
    try:
        return function(*args)
    except ValueError as error:
        if key is None:
            raise
        raise ValueError(f"Series {key!r}: {error}") from None


def tracks_of(
    X: np.ndarray,
    series: list[Series],
    history: list[dict[str, Any]],
    reach: int,
    how: str = "auto",
) -> list[Track]:
    """Each series of a table on its clock, with the remembered rows that lie before given ones.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_features)
    series : list of Series
        Those of the table that X comes from.
    history : list of dict
        See `remember`.
    reach : int
        How many steps back anyone will look.
    how : {"auto", "rows"}, default="auto"
        The clock of series that are not in the history: see `learn_clocks`.
    """
    if not has_clock(series):
        return [_without_history(X, one.rows, np.arange(len(one.rows))) for one in series]
    entries = {entry["series"]: entry for entry in history}
    _check_panel(series[0].key is not None, entries)
    new = [one for one in series if one.key not in entries]
    clocks = dict(
        zip(
            [one.key for one in new],
            learn_clocks(new, [entry["clock"] for entry in history], how),
            strict=True,
        )
    )
    return [
        _with_history(X, one, entries[one.key], reach)
        if one.key in entries
        else _without_history(X, one.rows, steps_of(one.stamps, clocks[one.key]))
        for one in series
    ]


def steps_by_series(
    table: Any, n_rows: int, how: str = "auto"
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Row numbers of each series of a table, and their steps."""
    series = read_series(table, n_rows)
    if not has_clock(series):
        yield from ((one.rows, np.arange(len(one.rows))) for one in series)
        return
    for one, clock in zip(series, learn_clocks(series, how=how), strict=True):
        yield one.rows, steps_of(one.stamps, clock)


def _check_panel(is_panel: bool, entries: dict[Any, Any]) -> None:
    if not entries or is_panel != (None in entries):
        return
    shapes = {True: "a panel, indexed by (series, time)", False: "one series, indexed by time"}
    known = repr(next(iter(entries)))
    remedies = {
        True: "give a single series, X.xs(name), or fit on a panel",
        False: f"say which of the series it is, pd.concat({{{known}: X}}) if it is {known}",
    }
    raise ValueError(
        f"Expected {shapes[not is_panel]}, as in fit; got {shapes[is_panel]}: "
        f"{remedies[is_panel]}, or pass a bare array, X.to_numpy(), to start without history."
    )


def _without_history(X: np.ndarray, rows: np.ndarray, steps: np.ndarray) -> Track:
    return Track(rows, steps, steps[:0], X[:0], X[rows[steps.argmin()]])


def _with_history(X: np.ndarray, series: Series, entry: dict[str, Any], reach: int) -> Track:
    steps, past_steps = in_series(series.key, _shared_steps, series.stamps, entry)
    track = _without_history(X, series.rows, steps)
    # Rows that are given win; later ones than these would be the future.
    useful = (past_steps >= steps.min() - reach) & (past_steps < steps.max())
    useful &= ~np.isin(past_steps, steps)
    earlier = np.flatnonzero(past_steps < steps.min() - reach)
    edge = track.edge
    if steps.min() > 0:  # step 0 is the first row of fit
        edge = entry["rows"][earlier[-1]] if len(earlier) else entry["first"]
    past = entry["rows"][useful].astype(X.dtype, copy=False)
    return replace(
        track,
        past_steps=past_steps[useful],
        past=past,
        edge=edge,
        is_apart=_is_apart(steps, past_steps),
        is_forgotten=_is_forgotten(steps, past_steps, reach),
    )


def _is_apart(steps: np.ndarray, past_steps: np.ndarray) -> bool:
    if not len(past_steps):
        return False
    usual = max(np.diff(past_steps), default=1)
    return bool(steps.min() - past_steps.max() > usual)


def _is_forgotten(steps: np.ndarray, past_steps: np.ndarray, reach: int) -> bool:
    if not len(past_steps) or len(steps) > reach:
        return False
    first = steps.min()
    among = 0 < first <= past_steps.min()  # step 0 is the first row of fit
    return bool(among and past_steps.min() > max(first - reach, 0))


def _shared_steps(stamps: Stamps, entry: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Steps of given and of remembered rows on the clock of fit."""
    stamps, past, clock = on_one_clock(stamps, entry)
    steps = steps_of(stamps, clock)
    if clock["rule"] == "rows":
        return ranks_of(stamps, past)
    return steps, steps_of(past, clock)


def on_one_clock(stamps: Stamps, entry: dict[str, Any]) -> tuple[Stamps, Stamps, Clock]:
    """Given and remembered stamps, and the clock of fit, in one resolution."""
    past = replace(stamps, values=entry["stamps"], resolution=entry["clock"]["resolution"])
    stamps, clock = in_one_resolution(stamps, entry["clock"])
    past = past.at(stamps.resolution)
    if clock["rule"] is None:  # fit saw a single stamp: it takes the given ones to tell the step
        clock = learn_clock(stamps.joined(np.setdiff1d(past.values, stamps.values)))
    return stamps, past, clock
