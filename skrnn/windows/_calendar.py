"""Rules that turn a stamp into a whole number: fixed lengths, local days, months, other calendars.

A rule maps stamps to *coordinates* and says which of them it covers. Steps of equal length in a
coordinate are steps of the clock: a month is one step in months, and 28 to 31 days in nanoseconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ._stamps import Stamps, wall_time

DAY = 86_400 * 10**9
_SHORTEST_MONTH = 28 * DAY
# Regular calendars that are neither months nor a length: the first or last business day of each
# month, and half months. Quarters and years are steps of 3 and 12.
_OTHER_CALENDARS = ("BMS", "BME", "SMS", "SME")
_MONTHS_IN = {"MS": 1, "ME": 1, "QS": 3, "QE": 3, "YS": 12, "YE": 12}

Clock = dict[str, Any]


def coordinates(values: np.ndarray, clock: Clock) -> tuple[np.ndarray, np.ndarray | bool]:
    """Coordinates of stamps under a clock's rule, and which of the stamps the rule covers.

    Parameters
    ----------
    values : ndarray of shape (n_rows,), int64
    clock : dict
        See `_clock.learn_clock`; origin and step are not used.

    Returns
    -------
    coordinates : ndarray of shape (n_rows,), int64
    covered : ndarray of shape (n_rows,), bool, or True
    """
    if clock["rule"] == "fixed":
        return values, True
    wall = wall_time(values, clock["unit"])
    if clock["rule"] == "wall":
        return wall, True
    if clock["rule"] == "month":
        months, shift = _months(wall, clock["anchor"])
        return months, shift == clock["shift"]
    return _on_calendar(wall, clock["freq"], clock["shift"])


def stated_rules(stamps: Stamps, first: int) -> Iterator[Clock]:
    """The rule that an index of date-times states by its frequency, without an origin.

    Parameters
    ----------
    stamps : Stamps
        Date-times with a frequency.
    first : int
        The earliest stamp.
    """
    from pandas.tseries import offsets
    from pandas.tseries.frequencies import to_offset

    freq: Any = to_offset(stamps.freq)
    n_steps = abs(freq.n)  # negative in an index that runs backwards
    if isinstance(freq, offsets.Day | offsets.Week):
        # A day of the calendar: 23 or 25 hours when summer time changes.
        days = 1 if isinstance(freq, offsets.Day) else 7
        yield {"rule": "wall", "step": n_steps * days * DAY}
    elif isinstance(freq, offsets.Tick):
        yield {"rule": "fixed", "step": abs(freq.nanos)}
    elif freq.rule_code.split("-")[0] in _MONTHS_IN:
        wall = wall_time(np.array([first]), stamps.unit)
        yield from _month_rules(wall, n_steps * _MONTHS_IN[freq.rule_code.split("-")[0]])
    else:
        shift = int(wall_time(np.array([first]), stamps.unit)[0])
        yield {"rule": "calendar", "step": n_steps, "freq": freq.base.freqstr, "shift": shift}


def inferred_rules(values: np.ndarray, zone: str | None) -> Iterator[Clock]:
    """Rules under which date-times may be regular, the likeliest first, without an origin.

    Months come before fixed lengths: 31 days from one first of the month to the next are a month.
    Local days come before lengths of 24 hours: they are the same until summer time changes.

    Parameters
    ----------
    values : ndarray of shape (n_rows,), int64
        At least two stamps, sorted and distinct, in ns and UTC.
    zone : str or None
        Their time zone.
    """
    wall = values if zone is None else np.unique(wall_time(values, zone))
    step = common_step(values)
    wall_step = common_step(wall) if len(wall) > 1 else step
    if wall_step >= _SHORTEST_MONTH:
        months = np.unique(_months(wall, "start")[0])
        if len(months) == len(wall):
            yield from _month_rules(wall[:1], common_step(months))
    if zone is not None and wall_step % DAY == 0:
        yield {"rule": "wall", "step": wall_step}
    yield {"rule": "fixed", "step": step}
    yield {"rule": "wall", "step": wall_step}  # 00:00 and 12:00 local, say
    for freq in _OTHER_CALENDARS:
        numbers, covered = _on_calendar(wall, freq, int(wall[0]))
        if covered.all():
            shift = int(wall[0])
            yield {"rule": "calendar", "step": common_step(numbers), "freq": freq, "shift": shift}


def common_step(numbers: np.ndarray, any_divisor: bool = False) -> int:
    """Commonest difference of sorted numbers, or their common divisor if they are scattered.

    In a random sample of rows most differences differ, and the commonest says little. Their
    greatest common divisor is the step then, if it is one of the differences. Between random
    moments in time it is not: there it is the resolution of the stamps, and a window of
    nanoseconds helps nobody.

    Parameters
    ----------
    numbers : ndarray of shape (n_rows,), int64
        At least two, sorted and distinct.
    any_divisor : bool, default=False
        Whether a divisor will do that is no difference itself: where the numbers count rows.
    """
    gaps, counts = np.unique(np.diff(numbers), return_counts=True)
    commonest = int(gaps[counts.argmax()])
    if 2 * counts.max() > counts.sum() or not (gaps % commonest).any():
        return commonest
    divisor = int(np.gcd.reduce(gaps))
    return divisor if any_divisor or divisor == gaps[0] else commonest


def _month_rules(wall: np.ndarray, step: int) -> Iterator[Clock]:
    """Months counted from their ends, if the first stamp lies on the last day, or their starts."""
    to_end = int(_months(wall[:1], "end")[1][0])
    if to_end >= -DAY:
        yield {"rule": "month", "step": step, "anchor": "end", "shift": to_end}
    from_start = int(_months(wall[:1], "start")[1][0])
    yield {"rule": "month", "step": step, "anchor": "start", "shift": from_start}


def _months(wall: np.ndarray, anchor: str) -> tuple[np.ndarray, np.ndarray]:
    """Month of each stamp, and its distance in ns to where that month starts or ends."""
    stamps = wall.view("M8[ns]")
    months = stamps.astype("M8[M]")
    edge = months + np.timedelta64(1, "M") if anchor == "end" else months
    return months.astype(np.int64), (stamps - edge.astype("M8[ns]")).astype(np.int64)


def _on_calendar(wall: np.ndarray, freq: str, start: int) -> tuple[np.ndarray, np.ndarray]:
    """Number of each stamp on a calendar of pandas, counted from `start`."""
    import pandas as pd

    ends = np.array([min(start, wall.min()), max(start, wall.max())]).view("M8[ns]")
    days = pd.date_range(*ends, freq=freq).as_unit("ns").asi8
    found = np.searchsorted(days, wall).clip(max=max(len(days) - 1, 0))
    covered = days[found] == wall if len(days) else np.zeros(len(wall), bool)
    return found - np.searchsorted(days, start), covered
