"""The series and the stamps of a table's rows, as its index gives them.

This is the only file that looks at an index. It knows nothing of steps or windows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ._labels import check_in_order, check_labels

_TIME_KINDS = ("datetime", "period", "timedelta")
# Resolutions of date-times. Nanoseconds hold the years 1677 to 2262; others what lies beyond.
PER_SECOND = {"ns": 10**9, "us": 10**6, "s": 1}
_NAMES = {"us": "microseconds", "s": "seconds"}


@dataclass(frozen=True)
class Stamps:
    """The stamps of some rows as plain numbers.

    Parameters
    ----------
    kind : {"integer", "datetime", "timedelta", "period"}
        The meaning of the numbers.
    values : ndarray of shape (n_rows,), int64
        Integers as they are; time since 1970 in UTC; lengths of time; period ordinals.
    unit : str or None, default=None
        The time zone of date-times (None: naive), the frequency of periods.
    freq : pandas offset, int or None, default=None
        The step that the index itself states, where it does. Rows may be missing from it.
    resolution : {"ns", "us", "s"}, default="ns"
        The unit of date-times and lengths of time: the finest that holds all of them.
    """

    kind: str
    values: np.ndarray
    unit: str | None = None
    freq: Any = None
    resolution: str = "ns"

    def __len__(self) -> int:
        return len(self.values)

    @property
    def day(self) -> int:
        """A day of 24 hours in this resolution."""
        return 86_400 * PER_SECOND[self.resolution]

    def take(self, rows: np.ndarray) -> Stamps:
        """Stamps of some of the rows."""
        return replace(self, values=self.values[rows])

    def joined(self, values: np.ndarray) -> Stamps:
        """These stamps with others of the same kind and unit behind them."""
        return replace(self, values=np.concatenate([self.values, values]))

    def sorted(self) -> Stamps:
        """The same stamps in the order of time."""
        return replace(self, values=np.sort(self.values))

    def at(self, resolution: str) -> Stamps:
        """These stamps in another resolution, as fine or coarser."""
        factor = PER_SECOND[self.resolution] // PER_SECOND[resolution]
        wrong = self.values % factor != 0
        if wrong.any():
            row = int(np.argmax(wrong))
            raise ValueError(
                f"Expected stamps in whole {_NAMES[resolution]}, because others lie before 1677 or "
                f"after 2262; got {self.label(row)} in row {row}: round the index "
                f"(X.index.round({resolution!r}))."
            )
        return replace(self, values=self.values // factor, resolution=resolution)

    def before(self, stamp: int | None, resolution: str) -> np.ndarray:
        """A stamp of these rows' past, in a finer resolution, as an array; empty for None."""
        factor = PER_SECOND[resolution] // PER_SECOND[self.resolution]
        return np.array([] if stamp is None else [stamp // factor], np.int64)

    def label(self, row: int) -> str:
        """The stamp of a row, as a person would write it."""
        return label(self.kind, self.values[row], self.unit, self.resolution)


@dataclass(frozen=True)
class Series:
    """The rows of a table that belong to one series.

    Parameters
    ----------
    key : str, int, float, bool or None
        The name of the series in a panel; None in a table of one series.
    rows : ndarray of shape (n_rows_of_series,)
        Their numbers in the table, in the table's order.
    stamps : Stamps or None
        Their stamps; None where the table has no clock, so that rows are consecutive.
    """

    key: Any
    rows: np.ndarray
    stamps: Any


def has_clock(series: Sequence[Series]) -> bool:
    """Whether the rows of a table have stamps."""
    return series[0].stamps is not None


def is_in_order(series: Sequence[Series]) -> bool:
    """Whether the rows of each series with a clock are in the order of time."""
    return not has_clock(series) or all((np.diff(one.stamps.values) >= 0).all() for one in series)


def is_newest_first(series: Sequence[Series], least: int = 8) -> bool:
    """Whether the rows of all series are in the opposite order, and too many for a chance."""
    if not has_clock(series) or max(len(one.rows) for one in series) < least:
        return False
    return all((np.diff(one.stamps.values) < 0).all() for one in series)


def coarser(one: str, other: str) -> str:
    """The coarser of two resolutions."""
    return min(one, other, key=PER_SECOND.__getitem__)


def label(kind: str, value: int, unit: str | None, resolution: str = "ns") -> str:
    """One stamp, as a person would write it."""
    import pandas as pd

    if kind == "datetime":
        stamp = pd.Timestamp(np.int64(value).view(f"M8[{resolution}]"))
        return str(stamp if unit is None else stamp.tz_localize("UTC").tz_convert(unit))
    if kind == "timedelta":
        return length(value, resolution)
    if kind == "period":
        return str(pd.Period(ordinal=int(value), freq=unit))
    return str(int(value))


def length(value: int, resolution: str) -> str:
    """A length of time, as a person would write it."""
    import pandas as pd

    return str(pd.Timedelta(np.int64(value).view(f"m8[{resolution}]")))


def wall_time(values: np.ndarray, zone: str | None, resolution: str = "ns") -> np.ndarray:
    """Return the wall time in a time zone, for stamps in UTC.

    Parameters
    ----------
    values : ndarray of shape (n_rows,), int64
        Time since 1970 in UTC.
    zone : str or None
        Name of the time zone; None for naive stamps, which are wall time already.
    resolution : str, default="ns"
        The unit of the values.

    Returns
    -------
    wall : ndarray of shape (n_rows,), int64
    """
    if zone is None:
        return values
    import pandas as pd

    index = pd.DatetimeIndex(values.view(f"M8[{resolution}]")).tz_localize("UTC").tz_convert(zone)
    return np.asarray(index.tz_localize(None).asi8)


def utc_time(wall: np.ndarray, zone: str | None, resolution: str = "ns") -> np.ndarray:
    """When the clock on the wall shows these times in a time zone, the reverse of `wall_time`.

    Parameters
    ----------
    wall : ndarray of shape (n_rows,), int64
        Wall time, counted from 1970.
    zone : str or None
        Name of the time zone; None for naive stamps.
    resolution : str, default="ns"
        The unit of the values.

    Returns
    -------
    values : ndarray of shape (n_rows,), int64
        Time since 1970 in UTC: the first of two where the clock is set back, and where it is set
        forward the first moment after what it leaps over.
    """
    if zone is None:
        return wall
    import pandas as pd

    index = pd.DatetimeIndex(wall.view(f"M8[{resolution}]"))
    is_summer = np.ones(len(wall), bool)
    return np.asarray(index.tz_localize(zone, is_summer, "shift_forward").asi8)


def read_series(table: Any, n_rows: int) -> list[Series]:
    """The series of a table, in the order in which they first appear.

    Parameters
    ----------
    table : array-like of shape (n_rows, ...) or pandas object
        Only pandas objects have an index. A MultiIndex of two levels, (series, time), makes
        a panel; anything else is one series.
    n_rows : int
        Its number of rows, which not every array-like can tell.

    Returns
    -------
    series : list of Series

    Raises
    ------
    ValueError
        If a MultiIndex is not (series, time), or a stamp is missing.
    """
    if not hasattr(table, "iloc"):
        return [Series(None, np.arange(n_rows), None)]
    index = table.index
    if index.nlevels == 1:
        stamps = stamps_of(index)
        if stamps is None:
            check_labels(index, "X.index", "X.index = {}")
            check_in_order(index)
        return [Series(None, np.arange(len(index)), stamps)]
    return _panel(index)


def _panel(index: Any) -> list[Series]:
    if index.nlevels != 2:
        raise ValueError(
            "Expected an index of two levels, (series, time), for a panel; got "
            f"{index.nlevels} levels, {list(index.names)}: join the levels that name a series "
            "into one."
        )
    stamps = stamps_of(index.get_level_values(1), freq_of=index.levels[1])
    _check_order_of_levels(index, stamps)
    codes, keys = index.get_level_values(0).factorize()
    if (codes < 0).any():
        raise ValueError(
            "Expected a series for every row of a panel; got a missing one in row "
            f"{int(np.argmax(codes < 0))}: name it or drop the row."
        )
    if stamps is None:
        times = index.get_level_values(1)
        check_labels(times, "X.index.levels[1]", "X.index = X.index.set_levels({}, level=1)")
        for code in range(len(keys)):
            check_in_order(times[codes == code])
    ends = np.cumsum(np.bincount(codes, minlength=len(keys)))[:-1]
    parts = np.split(np.argsort(codes, kind="stable"), ends)
    return [
        Series(_plain(key), rows, None if stamps is None else stamps.take(rows))
        for key, rows in zip(keys, parts, strict=True)
    ]


def _check_order_of_levels(index: Any, stamps: Stamps | None) -> None:
    # (time, series) reads as a panel of as many series as there are stamps: each window would
    # hold one row, and nothing would fail.
    if stamps is not None and stamps.kind in _TIME_KINDS:
        return
    first = stamps_of(index.levels[0])
    if first is not None and first.kind in ("datetime", "period"):
        raise ValueError(
            "Expected a panel's index in the order (series, time); got "
            f"{list(index.names)} with the times first: use X.swaplevel()."
        )


def _plain(key: Any) -> Any:
    """A series' name as something that JSON can hold."""
    if isinstance(key, np.generic):
        key = key.item()
    return key if isinstance(key, str | int | float | bool) else str(key)


def stamps_of(index: Any, freq_of: Any = None) -> Stamps | None:
    """Stamps of an index, or None if it is no clock (strings, floats, booleans)."""
    import pandas as pd
    from pandas.api.types import is_datetime64_any_dtype, is_integer_dtype

    freq_of = index if freq_of is None else freq_of
    if isinstance(index, pd.PeriodIndex):
        stamps = Stamps("period", index.asi8, index.freqstr, index.freq.n)
    elif is_datetime64_any_dtype(index.dtype):
        stamps = _datetimes(pd.DatetimeIndex(index), freq_of)
    elif isinstance(index, pd.TimedeltaIndex):
        values, resolution = _finest(index)
        stamps = Stamps("timedelta", values, resolution=resolution)
    elif is_integer_dtype(index.dtype):
        freq = abs(index.step) if isinstance(index, pd.RangeIndex) else None
        return Stamps("integer", index.to_numpy().astype(np.int64), None, freq)
    else:
        return None
    _check_no_missing(stamps.values)
    return stamps


def _datetimes(index: Any, freq_of: Any) -> Stamps:
    values, resolution = _finest(index)
    zone = None if index.tz is None else _zone_name(index.tz)
    return Stamps("datetime", values, zone, getattr(freq_of, "freq", None), resolution)


def _finest(index: Any) -> tuple[np.ndarray, str]:
    """Numbers of date-times or lengths of time, in the finest resolution that holds them all."""
    from pandas.errors import OutOfBoundsDatetime, OutOfBoundsTimedelta

    for resolution in PER_SECOND:
        try:
            return index.as_unit(resolution).asi8, resolution
        except (OutOfBoundsDatetime, OutOfBoundsTimedelta):
            continue
    raise AssertionError("pandas holds no moment that seconds cannot")


def _zone_name(zone: Any) -> str:
    """A name from which pandas finds the time zone again, UTC where there is none."""
    import pandas as pd

    file = re.fullmatch(r"tzfile\('(.*)'\)", str(zone))  # as dateutil calls it
    name = f"dateutil/{file[1]}" if file else str(zone)
    try:
        pd.Timestamp(0, tz=name)
    except Exception:  # each of pytz, dateutil and zoneinfo has its own
        return "UTC"
    return name


def _check_no_missing(values: np.ndarray) -> None:
    missing = values == np.iinfo(np.int64).min  # how pandas stores NaT
    if missing.any():
        raise ValueError(
            "Expected a stamp for every row; got NaT in row "
            f"{int(np.argmax(missing))} of its series: drop the row or give it a stamp."
        )
