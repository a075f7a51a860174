"""From stamps to steps: learn a clock, read it.

A clock is a plain dictionary, so that it can be stored anywhere:

kind, unit
    What it measures, as in `Stamps`.
rule
    "fixed" (a length, or a difference of integers), "wall" (days of the local calendar), "month",
    "calendar" (a frequency of pandas), or None: a single stamp, from which no step can be told.
step, origin
    A stamp with coordinate ``origin + k * step`` is step ``k``.
anchor, shift, freq
    What the rules "month" and "calendar" need besides.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from ._calendar import Clock, common_step, coordinates, inferred_rules, stated_rules
from ._stamps import Stamps, label

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
    values = np.sort(stamps.values)
    for rule in _rules(stamps, values, like):
        clock = _anchored({**rule, "kind": stamps.kind, "unit": stamps.unit}, values)
        if clock["rule"] is None or not _off_clock(values, clock).any():
            return clock
    raise ValueError(_irregular(stamps, common_step(values, stamps.kind == "integer")))


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
    _check_kind(stamps, clock)
    if clock["rule"] is None:
        return np.zeros(len(stamps), np.int64)
    off = _off_clock(stamps.values, clock)
    if off.any():
        raise ValueError(_between_steps(stamps, clock, int(np.argmax(off))))
    steps = (coordinates(stamps.values, clock)[0] - clock["origin"]) // clock["step"]
    _check_distinct(steps, stamps)
    return steps


def commonest_clock(clocks: list[Clock]) -> Clock | None:
    """One of the clocks whose rule and step most series of a panel share, or None."""
    known = [clock for clock in clocks if clock["rule"] is not None]
    if not known:
        return None
    common = Counter((clock["rule"], clock["step"]) for clock in known).most_common(1)[0][0]
    return next(clock for clock in known if (clock["rule"], clock["step"]) == common)


def _rules(stamps, values, like):
    if stamps.freq is not None:
        yield from _stated(stamps, int(values[0]))
    if like is not None and len(values) < 3 and not _other_kind(stamps, like):
        yield like
    if len(values) == 1:
        yield {"rule": None, "step": None}
    elif stamps.kind == "datetime":
        yield from inferred_rules(values, stamps.unit)
    else:
        yield {"rule": "fixed", "step": common_step(values, stamps.kind == "integer")}


def _stated(stamps, first):
    if stamps.kind == "datetime":
        yield from stated_rules(stamps, first)
    else:
        yield {"rule": "fixed", "step": stamps.freq}


def _anchored(clock, values):
    """The clock with its origin at the first of sorted stamps."""
    if clock["rule"] is None:
        return {**clock, "origin": int(values[0])}
    return {
        **clock,
        "step": int(clock["step"]),
        "origin": int(coordinates(values[:1], clock)[0][0]),
    }


def _off_clock(values, clock):
    where, covered = coordinates(values, clock)
    return np.logical_not(covered) | ((where - clock["origin"]) % clock["step"] != 0)


def _check_distinct(numbers, stamps):
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


def _check_kind(stamps, clock):
    other = _other_kind(stamps, clock)
    if other:
        raise ValueError(
            f"Expected {_described(clock['kind'], clock['unit'])} as in fit; got "
            f"{_described(stamps.kind, stamps.unit)}: give X the index of the training rows "
            "continued, or pass a bare array, X.to_numpy(), to start without history."
        )


def _other_kind(stamps, clock):
    if stamps.kind != clock["kind"]:
        return True
    if stamps.kind == "datetime":  # two time zones show the same instants
        return (stamps.unit is None) != (clock["unit"] is None)
    return stamps.unit != clock["unit"]


def _described(kind, unit):
    names = {
        "integer": "an integer index",
        "datetime": "a naive DatetimeIndex" if unit is None else "a DatetimeIndex with a time zone",
        "timedelta": "a TimedeltaIndex",
        "period": f"a PeriodIndex of frequency {unit}",
    }
    return names[kind]


def _irregular(stamps, step):
    """Message for stamps on no regular step; the phase is the one that most of them share."""
    _, of_row, counts = np.unique(stamps.values % step, return_inverse=True, return_counts=True)
    row = int(np.argmax(of_row.ravel() != counts.argmax()))
    return (
        f"Expected stamps on a regular step (the commonest is {_length(stamps.kind, step)}); got "
        f"{stamps.label(row)} in row {row}, which lies between two steps: {_REMEDY}"
    )


def _between_steps(stamps, clock, row):
    start = ""
    if clock["rule"] == "fixed":
        start = f" from {label(clock['kind'], clock['origin'], clock['unit'])}"
    return (
        f"Expected stamps on the clock learned in fit, every {_step_name(clock)}{start}; got "
        f"{stamps.label(row)} in row {row}, which lies between two steps: {_REMEDY}"
    )


def _step_name(clock):
    if clock["rule"] == "month":
        return "month" if clock["step"] == 1 else f"{clock['step']} months"
    if clock["rule"] == "calendar":
        return f"{clock['step']} {clock['freq']}"
    return _length(clock["kind"], clock["step"])


def _length(kind, step):
    import pandas as pd

    return str(pd.Timedelta(step, unit="ns")) if kind in ("datetime", "timedelta") else str(step)
