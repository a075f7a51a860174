"""Rules that turn a stamp into a whole number: fixed lengths, local days, months, other calendars.

A rule maps stamps to *coordinates* and says which of them it covers. Steps of equal length in a
coordinate are steps of the clock: a month is one step in months, and 28 to 31 days in nanoseconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ._frequencies import Frequency, described, offset_of
from ._stamps import PER_SECOND, Stamps, wall_time

# Regular calendars that are neither months nor a length: the first or last business day of each
# month, and half months. Quarters and years are steps of 3 and 12.
_OTHER_CALENDARS = ("BMS", "BME", "SMS", "SME")
# Weekdays by their number, from Monday on.
_SUNDAY_TO_THURSDAY = {"name": "CustomBusinessDay", "n": 1, "normalize": False}
_SUNDAY_TO_THURSDAY |= {"weekmask": "1111001", "holidays": []}
_WEEKENDS: dict[tuple[int, int], Frequency] = {(5, 6): "B", (4, 5): _SUNDAY_TO_THURSDAY}
_MONTHS_IN = {"MS": 1, "ME": 1, "QS": 3, "QE": 3, "YS": 12, "YE": 12}
# How far from its step a stamp may lie, as a part of the step.
TOLERANCE = 0.05
_NS_IN = {
    "weeks": 7 * 86_400 * 10**9,
    "days": 86_400 * 10**9,
    "hours": 3_600 * 10**9,
    "minutes": 60 * 10**9,
    "seconds": 10**9,
    "milliseconds": 10**6,
    "microseconds": 10**3,
    "nanoseconds": 1,
}

Clock = dict[str, Any]


def coordinates(values: np.ndarray, clock: Clock) -> tuple[np.ndarray, np.ndarray | bool]:
    """Coordinates of stamps under a clock's rule, and which of the stamps the rule covers.

    Parameters
    ----------
    values : ndarray of shape (n_rows,), int64
        In the clock's resolution.
    clock : dict
        See `_clock.learn_clock`; origin and step are not used.

    Returns
    -------
    coordinates : ndarray of shape (n_rows,), int64
    covered : ndarray of shape (n_rows,), bool, or True
    """
    if clock["rule"] == "fixed":
        return values, True
    if clock["rule"] == "rounded":
        return _rounded(values - clock["start"], clock["length"])
    wall = wall_time(values, clock["unit"], clock["resolution"])
    if clock["rule"] == "wall":
        return wall, True
    if clock["rule"] == "month":
        months, shift = _months(wall, clock["anchor"], clock["resolution"])
        return months, shift == _shift_in(months, clock)
    return _on_calendar(wall, clock["freq"], clock["shift"], clock["resolution"])


def _rounded(distances: np.ndarray, length: float) -> tuple[np.ndarray, np.ndarray]:
    """Number of the step that each distance is nearest to, and whether it is near."""
    numbers = np.rint(distances / length)
    return numbers.astype(np.int64), np.abs(distances - numbers * length) <= TOLERANCE * length


def rounded_rules(values: np.ndarray, resolution: str) -> Iterator[Clock]:
    """A rule of stamps that lie near equal steps: 60 Hz in whole nanoseconds, a shaky sensor.

    Parameters
    ----------
    values : ndarray of shape (n_rows,), int64
        At least two, sorted and distinct.
    resolution : str
    """
    gaps, distances = np.diff(values), values - values[0]
    numbers = np.append(0.0, np.cumsum(np.rint(gaps / np.median(gaps))))
    if (np.diff(numbers) < 1).any():
        return
    slope, shift = np.polyfit(numbers, distances, 1)
    residuals = np.abs(distances - slope * numbers - shift)
    if slope <= 0 or residuals.max() > TOLERANCE * slope:
        return
    # A round length as near as the residuals let one tell, so that later stamps do not drift off.
    error = 2 * residuals.max() / numbers[-1]
    unit = PER_SECOND[resolution]
    units = [n * unit for n in (86_400, 3_600, 60, 1)] + [unit // n for n in (10, 1000, 10**6)]
    round_ones = [max(round(slope / u), 1) * u for u in units if u > 0]
    length = next((float(one) for one in round_ones if abs(one - slope) <= error), float(slope))
    start = int(values[0] + np.median(distances - length * numbers))
    yield {"rule": "rounded", "step": 1, "start": start, "length": length}


def stated_rules(stamps: Stamps) -> Iterator[Clock]:
    """The rule that an index of date-times states by its frequency, without an origin.

    Parameters
    ----------
    stamps : Stamps
        Date-times with a frequency, sorted.
    """
    from pandas.tseries import offsets

    freq = stamps.freq
    if type(freq) is offsets.DateOffset:
        yield from _rules_of_offset(freq, stamps)
        return
    n_steps = abs(freq.n)  # negative in an index that runs backwards
    months = _MONTHS_IN.get(_code(freq))
    if isinstance(freq, offsets.Day | offsets.Week):
        # A day of the calendar: 23 or 25 hours when summer time changes.
        days = 1 if isinstance(freq, offsets.Day) else 7
        yield {"rule": "wall", "step": n_steps * days * stamps.day}
    elif isinstance(freq, offsets.Tick):
        yield from _length_rules(["fixed"], abs(freq.nanos), stamps)
    elif months is not None:
        yield from _month_rules(_wall(stamps)[:1], n_steps * months, stamps.resolution)
    else:
        # Business hours counted backwards may end at 17:00 and begin at 10:00, where those counted
        # onwards end at 16:00 and begin at 9:00.
        if freq.n < 0 and isinstance(freq, offsets.BusinessHour):
            yield _calendar_rule(n_steps, described(-freq.base), stamps)
        yield _calendar_rule(n_steps, described(freq.base), stamps)


def _code(freq: Any) -> str:
    try:
        return str(freq.rule_code.split("-")[0])
    except NotImplementedError:  # Easter has none
        return ""


def _rules_of_offset(freq: Any, stamps: Stamps) -> Iterator[Clock]:
    """Rules of `DateOffset`, which adds months, days and hours of the clock on the wall."""
    parts = freq.kwds or {"days": 1}
    if set(parts) <= set(_NS_IN):
        length = abs(freq.n) * sum(_NS_IN[name] * number for name, number in parts.items())
        yield from _length_rules(["wall", "fixed"], length, stamps)
    elif set(parts) <= {"years", "months"}:
        months = abs(freq.n) * (12 * parts.get("years", 0) + parts.get("months", 0))
        *_, from_start = _month_rules(_wall(stamps)[:1], months, stamps.resolution)
        if from_start["shift"] < 28 * stamps.day:
            yield from_start
    # From the 31st on, or where the day is set, a stamp follows from the one before it.
    yield _calendar_rule(1, described(freq if freq.n > 0 else -freq), stamps)


def _length_rules(names: list[str], nanoseconds: int, stamps: Stamps) -> Iterator[Clock]:
    step, rest = divmod(nanoseconds * PER_SECOND[stamps.resolution], PER_SECOND["ns"])
    if step and not rest:
        yield from ({"rule": name, "step": step} for name in names)


def _calendar_rule(step: int, freq: Frequency, stamps: Stamps) -> Clock:
    return {"rule": "calendar", "step": step, "freq": freq, "shift": int(_wall(stamps)[0])}


def inferred_rules(stamps: Stamps) -> Iterator[Clock]:
    """Rules under which date-times may be regular, the likeliest first, without an origin.

    Months come before fixed lengths: 31 days from one first of the month to the next are a month.
    Local days come before lengths of 24 hours: they are the same until summer time changes.

    Parameters
    ----------
    stamps : Stamps
        At least two date-times, sorted and distinct.
    """
    resolution, has_zone = stamps.resolution, stamps.unit is not None
    wall = np.unique(_wall(stamps)) if has_zone else stamps.values
    step = common_step(stamps.values)
    wall_step = common_step(wall) if len(wall) > 1 else step
    if wall_step >= 28 * stamps.day:
        months = np.unique(_months(wall, "start", resolution)[0])
        if len(months) == len(wall):
            yield from _month_rules(wall, common_step(months), resolution)
    if wall_step == stamps.day:
        yield from _weekday_rules(wall, stamps)
    if has_zone and wall_step % stamps.day == 0:
        yield {"rule": "wall", "step": wall_step}
    yield {"rule": "fixed", "step": step}
    yield {"rule": "wall", "step": wall_step}  # 00:00 and 12:00 local, say
    for freq in _OTHER_CALENDARS:
        numbers, covered = _on_calendar(wall, freq, int(wall[0]), resolution)
        if covered.all():
            yield {**_calendar_rule(common_step(numbers), freq, stamps), "shift": int(wall[0])}
    yield from rounded_rules(stamps.values, resolution)


def _weekday_rules(wall: np.ndarray, stamps: Stamps) -> Iterator[Clock]:
    """Days without weekends, where no row of many lies on one."""
    seen = np.isin(np.arange(7), (wall // stamps.day + 3) % 7)  # 1970 began on a Thursday
    # One weekend without rows is enough between days in a row. Between scattered days it may be
    # chance.
    if 2 * (np.diff(wall) == stamps.day).sum() <= len(wall) - 1 and len(wall) < 20:
        return
    for weekend, freq in _WEEKENDS.items():
        days_off = (
            wall[0] // stamps.day + np.arange((wall[-1] - wall[0]) // stamps.day + 1) + 3
        ) % 7
        if not seen[list(weekend)].any() and np.isin(weekend, days_off).all():
            yield _calendar_rule(1, freq, stamps)


def common_step(numbers: np.ndarray, any_divisor: bool = False) -> int:
    """Commonest difference of sorted numbers, or their common divisor if they are scattered.

    In a random sample of rows most differences differ, and the commonest says little. Their
    greatest common divisor is the step then, if it is one of the differences. Between random
    moments in time it is not: there it is the resolution of the stamps, and a window of
    nanoseconds helps nobody. A finer step that occurs several times in a row, and of which all
    others are multiples, is the step of a record that became denser.

    Parameters
    ----------
    numbers : ndarray of shape (n_rows,), int64
        At least two, sorted and distinct.
    any_divisor : bool, default=False
        Whether a divisor will do that is no difference itself: where the numbers count rows.
    """
    in_order = np.diff(numbers)
    gaps, counts = np.unique(in_order, return_counts=True)
    commonest = int(gaps[counts.argmax()])
    if not (gaps % gaps[0]).any() and _occurs_in_a_row(in_order, gaps[0]):
        return int(gaps[0])
    if 2 * counts.max() > counts.sum() or not (gaps % commonest).any():
        return commonest
    divisor = int(np.gcd.reduce(gaps))
    return divisor if any_divisor or divisor == gaps[0] else commonest


def _occurs_in_a_row(gaps: np.ndarray, gap: int, times: int = 3) -> bool:
    """Whether a gap occurs several times in a row: one odd stamp between two steps makes two."""
    is_one = np.concatenate([[0], np.cumsum(gaps == gap)])
    return bool((is_one[times:] - is_one[:-times] == times).any())


def _wall(stamps: Stamps) -> np.ndarray:
    return wall_time(stamps.values, stamps.unit, stamps.resolution)


def _month_rules(wall: np.ndarray, step: int, resolution: str) -> Iterator[Clock]:
    """Months counted from their ends, if the first stamp lies on the last day, or their starts.

    A stamp on the 29th to the 31st stands on the last day of a shorter month.
    """
    to_end = int(_months(wall[:1], "end", resolution)[1][0])
    if to_end >= -86_400 * PER_SECOND[resolution]:
        yield {"rule": "month", "step": step, "anchor": "end", "shift": to_end}
    from_start = _months(wall, "start", resolution)[1]
    for shift in dict.fromkeys([int(from_start[0]), int(from_start.max())]):
        yield {"rule": "month", "step": step, "anchor": "start", "shift": shift}


def _shift_in(months: np.ndarray, clock: Clock) -> Any:
    """How far from its edge a clock's stamp lies in each month: in short ones, on the last day."""
    if clock["anchor"] == "end":
        return clock["shift"]
    day = 86_400 * PER_SECOND[clock["resolution"]]
    starts = months.astype("M8[M]")
    lengths = ((starts + 1).astype("M8[D]") - starts.astype("M8[D]")).astype(np.int64)
    return np.minimum(clock["shift"] // day, lengths - 1) * day + clock["shift"] % day


def month_stamps(months: np.ndarray, clock: Clock) -> np.ndarray:
    """Return the wall time of a clock's stamp in each month, int64.

    Parameters
    ----------
    months : ndarray of shape (n_rows,), int64
        Coordinates on a clock of the rule "month".
    clock : dict
    """
    edges = months + 1 if clock["anchor"] == "end" else months
    starts = edges.astype("M8[M]").astype(f"M8[{clock['resolution']}]").astype(np.int64)
    return np.asarray(starts + _shift_in(months, clock))


def _months(wall: np.ndarray, anchor: str, resolution: str) -> tuple[np.ndarray, np.ndarray]:
    """Month of each stamp, and its distance to where that month starts or ends."""
    stamps = wall.view(f"M8[{resolution}]")
    months = stamps.astype("M8[M]")
    edge = months + np.timedelta64(1, "M") if anchor == "end" else months
    return months.astype(np.int64), (stamps - edge.astype(stamps.dtype)).astype(np.int64)


def _on_calendar(
    wall: np.ndarray, freq: Frequency, start: int, resolution: str
) -> tuple[np.ndarray, np.ndarray]:
    """Number of each stamp on a calendar of pandas, counted from `start`."""
    from pandas.tseries import offsets

    offset, ends = offset_of(freq), (min(start, wall.min()), max(start, wall.max()))
    if type(offset) is offsets.DateOffset:  # it counts from where it starts, and may go back
        later = _days(start, ends[1], offset, resolution)
        days = np.union1d(_days(start, ends[0], -offset, resolution), later)
    elif offset.n < 0:
        days = _days(*ends[::-1], offset, resolution)[::-1]
    else:
        days = _days(*ends, offset, resolution)
    found = np.searchsorted(days, wall).clip(max=max(len(days) - 1, 0))
    covered = days[found] == wall if len(days) else np.zeros(len(wall), bool)
    return found - np.searchsorted(days, start), covered


def _days(first: int, last: int, offset: Any, resolution: str) -> np.ndarray:
    import pandas as pd

    ends = np.array([first, last], np.int64).view(f"M8[{resolution}]")
    days: np.ndarray = pd.date_range(*ends, freq=offset, unit=resolution).asi8
    return days
