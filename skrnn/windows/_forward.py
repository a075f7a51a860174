"""The clock forwards: the stamps that follow the last one of a series, and their steps.

`_clock` reads steps from stamps; here stamps are made of steps, by the same rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from ._calendar import Clock, month_stamps
from ._clock import in_one_resolution, learn_clock, steps_of
from ._frequencies import offset_of
from ._stamps import PER_SECOND, Stamps, stamps_of, utc_time, wall_time

_NO_CLOCK = "Expected rows with a clock, dates or integers in the index, to tell what comes after"
_NAME_THEM = "give the stamps of the future yourself, as rows behind the last one"


def stamps_after(index: Any, n: int, clock: Clock | None = None) -> Any:
    """The stamps of the n steps after the last one of a series.

    Parameters
    ----------
    index : pandas.Index of shape (n_rows,)
        DatetimeIndex, PeriodIndex, TimedeltaIndex or integers, of one series and in any order.
    n : int
        How many stamps, at least 0.
    clock : dict or None, default=None
        The clock that was learnt from the series: see `_clock.learn_clock`. None learns it from the
        index.

    Returns
    -------
    future : pandas.Index of shape (n,)
        In the order of time, with the class, the name, the time zone and the resolution of the
        index: the stamps that ``pandas.date_range`` continues with. It has a frequency where pandas
        has one for it.

    Raises
    ------
    ValueError
        If the index is no clock, the clock counts rows, or a single stamp tells no step; or if the
        last stamp is not on the clock.

    Notes
    -----
    A time of day that does not exist in a time zone, because summer time begins, becomes the first
    moment after it. pandas refuses such an index. If a time comes twice, the first one is meant.

    Examples
    --------
    >>> import pandas as pd
    >>> from skrnn.windows._forward import stamps_after
    >>> index = pd.to_datetime(["2024-01-31", "2024-02-29", "2024-04-30"])
    >>> stamps_after(index, 2).strftime("%Y-%m-%d").tolist()
    ['2024-05-31', '2024-06-30']
    """
    stamps, clock = _on_one_clock(index, clock)
    last = stamps.take(np.array([stamps.values.argmax()]))
    steps = steps_of(last, clock) + np.arange(1, n + 1)  # refuses what is not a stamp of this clock
    is_calendar = clock["rule"] == "calendar"
    values = _calendar_stamps(last, n, clock) if is_calendar else _stamps_at(steps, clock)
    return _as_index(replace(stamps, values=values), index, clock)


def index_of(entry: dict[str, Any], name: Any = None, unit: str | None = None) -> Any:
    """The pandas index of the rows that a lag transformer remembers of a series.

    Parameters
    ----------
    entry : dict
        One entry of `LagWindows.context_`.
    name : hashable, default=None
        Name of the index.
    unit : {"s", "ms", "us", "ns"} or None, default=None
        Resolution of dates and lengths of time; None for the one in which the entry has them.

    Returns
    -------
    index : pandas.Index of shape (n_kept,)
    """
    import pandas as pd

    clock, values = entry["clock"], entry["stamps"]
    if clock["kind"] == "period":
        return pd.PeriodIndex.from_ordinals(values, freq=clock["unit"], name=name)
    if clock["kind"] == "integer":
        return pd.Index(values, name=name)
    if clock["kind"] == "timedelta":
        lengths = pd.TimedeltaIndex(values.view(f"m8[{clock['resolution']}]"), name=name)
        return lengths if unit is None else lengths.as_unit(unit)
    dates = pd.DatetimeIndex(values.view(f"M8[{clock['resolution']}]"), name=name)
    dates = dates if unit is None else dates.as_unit(unit)
    return dates if clock["unit"] is None else dates.tz_localize("UTC").tz_convert(clock["unit"])


def _stamps(index: Any) -> Stamps:
    stamps = stamps_of(index) if getattr(index, "nlevels", 1) == 1 else None
    if stamps is None or not len(stamps):
        got = "no rows" if stamps is not None else f"{type(index).__name__} {index[:3].tolist()}"
        raise ValueError(f"{_NO_CLOCK}; got {got}: {_NAME_THEM}, or give the rows their dates.")
    return stamps


def _on_one_clock(index: Any, clock: Clock | None) -> tuple[Stamps, Clock]:
    """The stamps of an index, and a clock that tells their steps, in one resolution."""
    stamps = _stamps(index)
    if clock is None or clock["rule"] is None:
        clock = learn_clock(stamps)
    if clock["rule"] == "rows":
        raise ValueError(
            f'{_NO_CLOCK}; got clock="rows", which says how rows follow each other, and not when '
            f'the next one comes: {_NAME_THEM}, or use clock="auto" on rows with a regular step.'
        )
    if clock["rule"] is None:
        raise ValueError(
            f"Expected two stamps or more, or an index with a frequency, to tell what comes after; "
            f"got the single stamp {stamps.label(0)}: give more rows, or the frequency "
            '(X.index.freq = "D").'
        )
    stamps, clock = in_one_resolution(stamps, clock)
    return _far_ahead(stamps, clock) if getattr(index, "unit", "ns") != "ns" else (stamps, clock)


def _far_ahead(stamps: Stamps, clock: Clock) -> tuple[Stamps, Clock]:
    """Stamps and clock in microseconds where they can be: what comes may lie beyond 2262."""
    if stamps.resolution != "ns" or clock["rule"] == "rounded":
        return stamps, clock
    try:
        return in_one_resolution(stamps.at("us"), clock)
    except ValueError:  # the clock counts in nanoseconds
        return stamps, clock


def _stamps_at(steps: np.ndarray, clock: Clock) -> np.ndarray:
    """The stamps of steps on a clock of any rule but "calendar", int64."""
    where = clock["origin"] + steps * clock["step"]
    if clock["rule"] == "fixed":
        return np.asarray(where)
    if clock["rule"] == "rounded":
        return np.asarray(clock["start"] + np.rint(where * clock["length"]).astype(np.int64))
    wall = month_stamps(where, clock) if clock["rule"] == "month" else where
    return utc_time(wall, clock["unit"], clock["resolution"])


def _calendar_stamps(last: Stamps, n: int, clock: Clock) -> np.ndarray:
    """The next n stamps on a calendar of pandas, int64."""
    import pandas as pd

    offset, n_days = offset_of(clock["freq"]), n * clock["step"]
    wall = wall_time(last.values, clock["unit"], clock["resolution"])
    start = wall.view(f"M8[{clock['resolution']}]")[0]
    unit = clock["resolution"]
    if offset.n < 0:  # counted from the end, where it lands on the last stamp
        end = pd.date_range(start, periods=n_days + 3, freq=-offset, unit=unit)[-1]
        days = pd.date_range(end, start, freq=offset, unit=unit)[::-1]
    else:
        days = pd.date_range(start, periods=n_days + 2, freq=offset, unit=unit)
    later = days.asi8[days.asi8 > wall[0]]
    return utc_time(later[clock["step"] - 1 : n_days : clock["step"]], clock["unit"], unit)


def _as_index(stamps: Stamps, like: Any, clock: Clock) -> Any:
    """Stamps as an index of the class, name, time zone and resolution of another."""
    entry = {"stamps": stamps.values, "clock": {**clock, "unit": stamps.unit}}
    if stamps.kind == "integer":
        return _as_integers(stamps.values, like, clock["step"])
    unit = None if stamps.kind == "period" else like.unit
    index = index_of(entry, like.name, unit)
    if stamps.kind == "period":
        return index
    if stamps.kind == "datetime" and stamps.unit is not None:
        index = index.tz_convert(like.tz)
    for freq in _frequencies(like, clock):
        try:
            index.freq = freq
        except Exception:  # a frequency that pandas has not; with pandas 2 also errors of pytz
            continue
        return index
    return index


def _as_integers(values: np.ndarray, like: Any, step: int) -> Any:
    import pandas as pd

    if isinstance(like, pd.RangeIndex) and len(values):
        return pd.RangeIndex(int(values[0]), int(values[-1]) + step, step, name=like.name)
    return pd.Index(values, dtype=like.dtype, name=like.name)


def _frequencies(like: Any, clock: Clock) -> Iterator[Any]:
    """Frequencies that an index ahead may have, the likeliest first."""
    import pandas as pd
    from pandas.tseries import offsets
    from pandas.tseries.frequencies import to_offset

    if getattr(like, "freq", None) is not None:
        yield like.freq if like.freq.n > 0 else -like.freq
    if clock["rule"] == "calendar":
        yield clock["step"] * offset_of(clock["freq"])
    elif clock["rule"] == "month":
        ends = {"start": offsets.MonthBegin, "end": offsets.MonthEnd}
        yield ends[clock["anchor"]](clock["step"])
    elif clock["rule"] in ("wall", "fixed"):
        day = 86_400 * PER_SECOND[clock["resolution"]]
        if clock["step"] % day == 0:
            yield offsets.Day(clock["step"] // day)
        yield to_offset(pd.Timedelta(np.int64(clock["step"]).view(f"m8[{clock['resolution']}]")))
