"""From stamps to steps: learn a clock, read it.

A clock is a plain dictionary, so that it can be stored anywhere:

kind, unit, resolution
    The numbers that it measures, as in `Stamps`.
rule
    "fixed" (a length, or a difference of integers), "wall" (days of the local calendar), "month",
    "calendar" (a frequency of pandas), "rounded" (near equal steps), "rows" (the next row is the
    next step), or None: a single stamp, from which no step can be told.
step, origin
    A stamp with coordinate ``origin + k * step`` is step ``k``.
anchor, shift, freq
    Further values for the rules "month" and "calendar".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from ._calendar import (
    TOLERANCE,
    Clock,
    common_step,
    coordinates,
    inferred_rules,
    rounded_rules,
    stated_rules,
)
from ._frequencies import spelled
from ._stamps import PER_SECOND, Stamps, coarser, label, length

TIMES = ("datetime", "timedelta")
_REMEDY = (
    "fill or resample the index (asfreq, resample), or pass a bare array, X.to_numpy(), whose "
    "rows count as consecutive."
)


def learn_clock(stamps: Stamps, like: Clock | None = None) -> Clock:
    """The clock of one series; its origin, step 0, is the earliest stamp.

    The step is the frequency that the index states, or else the commonest difference of
    neighbouring stamps: see `_calendar.common_step`.

    Parameters
    ----------
    stamps : Stamps
        In any order, at least one.
    like : dict or None, default=None
        A clock to take over for a series too short (fewer than three rows) to tell its own.

    Returns
    -------
    clock : dict

    Raises
    ------
    ValueError
        If the stamps lie on no regular step, or one occurs twice.
    """
    _check_distinct(stamps.values, stamps)
    if like is not None and not _other_kind(stamps, like):
        stamps, like = in_one_resolution(stamps, like)
    in_order = stamps.sorted()
    measured = {"kind": stamps.kind, "unit": stamps.unit, "resolution": stamps.resolution}
    for rule in _rules(in_order, like):
        clock = _anchored({**rule, **measured}, in_order.values)
        if clock["rule"] is None or not _off_clock(in_order.values, clock).any():
            return clock
    raise ValueError(_irregular(stamps, common_step(in_order.values, stamps.kind == "integer")))


def clock_of_rows(stamps: Stamps) -> Clock:
    """The clock by which rows in the order of time are steps, however far apart they are."""
    _check_distinct(stamps.values, stamps)
    return {
        "rule": "rows",
        "step": 1,
        "kind": stamps.kind,
        "unit": stamps.unit,
        "resolution": stamps.resolution,
        "origin": int(stamps.values.min()),
    }


def ranks_of(stamps: Stamps, past: Stamps) -> tuple[np.ndarray, np.ndarray]:
    """Steps of given and of remembered rows on a clock of rows: their ranks among all of them.

    Step 0 is the first remembered row; a remembered one of the same stamp as a given one is one
    step with it.
    """
    order = np.union1d(past.values, stamps.values)
    start = np.searchsorted(order, past.values.min()) if len(past) else 0
    return np.searchsorted(order, stamps.values) - start, np.searchsorted(
        order, past.values
    ) - start


def steps_of(stamps: Stamps, clock: Clock) -> np.ndarray:
    """Step of each stamp on a clock.

    Parameters
    ----------
    stamps : Stamps
    clock : dict
        Learned from these stamps or from others.

    Returns
    -------
    steps : ndarray of shape (n_rows,), int64
        0 at the origin, negative before it.

    Raises
    ------
    ValueError
        If the stamps are of another kind than the clock's, lie between its steps, or two of them
        fall on one step.
    """
    stamps, clock = in_one_resolution(stamps, clock)
    if clock["rule"] is None or not len(stamps):
        return np.zeros(len(stamps), np.int64)
    if clock["rule"] == "rows":
        _check_distinct(stamps.values, stamps)
        return np.unique(stamps.values, return_inverse=True)[1].ravel()
    off = _off_clock(stamps.values, clock)
    if off.any() and clock["rule"] == "fixed" and stamps.kind in TIMES:
        clock = _tolerant(clock)
        off = _off_clock(stamps.values, clock)
    if off.any():
        raise ValueError(_between_steps(stamps, clock, int(np.argmax(off))))
    steps = (coordinates(stamps.values, clock)[0] - clock["origin"]) // clock["step"]
    _check_distinct(steps, stamps)
    return np.asarray(steps)


def in_one_resolution(stamps: Stamps, clock: Clock) -> tuple[Stamps, Clock]:
    """Stamps and a clock, both in the coarser of their resolutions."""
    _check_kind(stamps, clock)
    resolution = coarser(stamps.resolution, clock["resolution"])
    return stamps.at(resolution), _clock_at(clock, resolution)


def _clock_at(clock: Clock, resolution: str) -> Clock:
    factor = PER_SECOND[clock["resolution"]] // PER_SECOND[resolution]
    if clock["rule"] == "rounded":
        scaled = {"start": clock["start"] // factor, "length": clock["length"] / factor}
        return {**clock, **scaled, "resolution": resolution}
    names = {
        "fixed": ["origin", "step"],
        "wall": ["origin", "step"],
        "rows": ["origin"],
        None: ["origin"],
    }
    lengths = {name: clock[name] for name in names.get(clock["rule"], ["shift"])}
    if any(value % factor for value in lengths.values()):
        raise ValueError(
            f"Expected stamps between 1677 and 2262, because the clock learned in fit, every "
            f"{_step_name(clock)}, needs nanoseconds; got others: leave them out."
        )
    lengths = {name: value // factor for name, value in lengths.items()}
    return {**clock, **lengths, "resolution": resolution}


def commonest_clock(clocks: list[Clock]) -> Clock | None:
    """One of the clocks whose rule and step most series of a panel share, or None."""
    known = [clock for clock in clocks if clock["rule"] not in (None, "rows")]
    if not known:
        return None
    common = Counter((clock["rule"], clock["step"]) for clock in known).most_common(1)[0][0]
    return next(clock for clock in known if (clock["rule"], clock["step"]) == common)


def _rules(stamps: Stamps, like: Clock | None) -> Iterator[Clock]:
    if stamps.freq is not None:
        yield from _stated(stamps)
    if like is not None and len(stamps) < 3 and not _other_kind(stamps, like):
        yield like
    if len(stamps) == 1:
        yield {"rule": None, "step": None}
    elif stamps.kind == "datetime":
        yield from inferred_rules(stamps)
    else:
        yield {"rule": "fixed", "step": common_step(stamps.values, stamps.kind == "integer")}
        if stamps.kind == "timedelta":
            yield from rounded_rules(stamps.values, stamps.resolution)


def _tolerant(clock: Clock) -> Clock:
    """A clock of a fixed length that takes stamps near its steps."""
    rounded = {"start": clock["origin"], "length": float(clock["step"])}
    return {**clock, **rounded, "rule": "rounded", "origin": 0, "step": 1}


def _stated(stamps: Stamps) -> Iterator[Clock]:
    if stamps.kind == "datetime":
        yield from stated_rules(stamps)
    else:
        yield {"rule": "fixed", "step": stamps.freq}


def _anchored(clock: Clock, values: np.ndarray) -> Clock:
    """The clock with its origin at the first of sorted stamps."""
    if clock["rule"] is None:
        return {**clock, "origin": int(values[0])}
    return {
        **clock,
        "step": int(clock["step"]),
        "origin": int(coordinates(values[:1], clock)[0][0]),
    }


def _off_clock(values: np.ndarray, clock: Clock) -> np.ndarray:
    where, covered = coordinates(values, clock)
    off: np.ndarray = np.logical_not(covered) | ((where - clock["origin"]) % clock["step"] != 0)
    return off


def _check_distinct(numbers: np.ndarray, stamps: Stamps) -> None:
    """Refuse two rows of a series in one place, and name the first that comes again."""
    if (np.diff(numbers) > 0).all():
        return
    order = np.argsort(numbers, kind="stable")
    again = order[1:][np.diff(numbers[order]) == 0]
    if len(again):
        row = int(again.min())
        raise ValueError(
            f"Expected each stamp once in a series; got {stamps.label(row)} again in row {row}: "
            "drop the duplicates (X[~X.index.duplicated()]), number the rows anew (reset_index), "
            "or name the series in a (series, time) index."
        )


def _check_kind(stamps: Stamps, clock: Clock) -> None:
    other = _other_kind(stamps, clock)
    if other:
        raise ValueError(
            f"Expected {_described(clock['kind'], clock['unit'])} as in fit; got "
            f"{_described(stamps.kind, stamps.unit)}: give X the index of the training rows "
            "continued, or pass a bare array, X.to_numpy(), to start without history."
        )


def _other_kind(stamps: Stamps, clock: Clock) -> bool:
    if stamps.kind != clock["kind"]:
        return True
    if stamps.kind == "datetime":  # two time zones show the same instants
        return bool((stamps.unit is None) != (clock["unit"] is None))
    return bool(stamps.unit != clock["unit"])


def _described(kind: str, unit: str | None) -> str:
    names = {
        "integer": "an integer index",
        "datetime": "a naive DatetimeIndex" if unit is None else "a DatetimeIndex with a time zone",
        "timedelta": "a TimedeltaIndex",
        "period": f"a PeriodIndex of frequency {unit}",
    }
    return names[kind]


def _irregular(stamps: Stamps, step: int) -> str:
    """Message for stamps on no regular step; the phase is the one that most of them share."""
    _, of_row, counts = np.unique(stamps.values % step, return_inverse=True, return_counts=True)
    row = int(np.argmax(of_row.ravel() != counts.argmax()))
    commonest = _length(stamps.kind, step, stamps.resolution)
    return (
        f"Expected stamps on a regular step (the commonest is {commonest}); got "
        f"{stamps.label(row)} in row {row}, which lies between two steps{_beyond(stamps)}: "
        f"{_REMEDY}"
    )


def _between_steps(stamps: Stamps, clock: Clock, row: int) -> str:
    start = ""
    beyond = ""
    if clock["rule"] in ("fixed", "rounded"):
        start, beyond = f" from {_origin(clock)}", _beyond(stamps)
    return (
        f"Expected stamps on the clock learned in fit, every {_step_name(clock)}{start}; got "
        f"{stamps.label(row)} in row {row}, which lies between two steps{beyond}: {_REMEDY}"
    )


def _beyond(stamps: Stamps) -> str:
    tolerance = f", more than {TOLERANCE:.0%} of a step away from either"
    return tolerance if stamps.kind in TIMES else ""


def _step_name(clock: Clock) -> str:
    if clock["rule"] == "rounded":
        return length(round(clock["length"]), clock["resolution"])
    if clock["rule"] == "month":
        return "month" if clock["step"] == 1 else f"{clock['step']} months"
    if clock["rule"] == "calendar":
        return f"{clock['step']} {spelled(clock['freq'])}"
    return _length(clock["kind"], clock["step"], clock["resolution"])


def _length(kind: str, step: int, resolution: str) -> str:
    return length(step, resolution) if kind in ("datetime", "timedelta") else str(step)


def _origin(clock: Clock) -> str:
    start = clock["start" if clock["rule"] == "rounded" else "origin"]
    return label(clock["kind"], start, clock["unit"], clock["resolution"])
