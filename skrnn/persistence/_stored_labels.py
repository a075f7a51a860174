"""Dates and the indexes of pandas as plain values and arrays, and back.

A kind takes a label, or an index of labels, apart into the arguments of the function that makes it
again. Whether that gives the same is found out before anything is saved.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

_OFFSET = re.compile(r"UTC([+-]\d\d:\d\d)?")


class Kind(NamedTuple):
    """How labels of one type are kept."""

    cls: type
    taken_apart: Callable[[Any], dict[str, Any]]
    made: Callable[..., Any]


def kind_of(value: Any) -> str | None:
    """Return the name of the kind of a label or an index, which can be made again; or None."""
    for name, kind in KINDS.items():
        if type(value) is kind.cls:
            return name if _comes_back(value, kind) else None
    return None


def _comes_back(value: Any, kind: Kind) -> bool:
    try:
        again = kind.made(**kind.taken_apart(value))
    except Exception:  # of a time zone without a name, of objects among the labels, ...
        return False
    if isinstance(value, pd.Index):
        is_same = value.equals(again) and value.dtype == again.dtype
        return bool(is_same and list(value.names) == list(again.names))
    return type(again) is type(value) and bool(again == value)


def _of_datetimes(index: pd.DatetimeIndex) -> dict[str, Any]:
    zone = None if index.tz is None else str(index.tz)
    return {"values": index.asi8, "unit": index.unit, "zone": zone, "name": index.name}


def _datetimes(values: np.ndarray, unit: str, zone: str | None, name: Any) -> pd.DatetimeIndex:
    index = pd.DatetimeIndex(values.view(f"M8[{unit}]"), name=name)
    if zone is None:
        return index
    if _OFFSET.fullmatch(zone) is None:
        ZoneInfo(zone)  # pandas would also open files
    return index.tz_localize("UTC").tz_convert(zone)


def _of_timedeltas(index: pd.TimedeltaIndex) -> dict[str, Any]:
    return {"values": index.asi8, "unit": index.unit, "name": index.name}


def _timedeltas(values: np.ndarray, unit: str, name: Any) -> pd.TimedeltaIndex:
    return pd.TimedeltaIndex(values.view(f"m8[{unit}]"), name=name)


def _of_periods(index: pd.PeriodIndex) -> dict[str, Any]:
    return {"values": index.asi8, "freq": index.freqstr, "name": index.name}


def _periods(values: np.ndarray, freq: str, name: Any) -> pd.PeriodIndex:
    return pd.PeriodIndex.from_ordinals(values, freq=freq, name=name)


def _of_range(index: pd.RangeIndex) -> dict[str, Any]:
    return {"start": index.start, "stop": index.stop, "step": index.step, "name": index.name}


def _of_values(index: pd.Index) -> dict[str, Any]:
    if index.dtype.kind in "biuf":
        return {"values": index.to_numpy(), "name": index.name}
    return {"values": index.tolist(), "name": index.name, "dtype": str(index.dtype)}


def _values(values: Any, name: Any, dtype: str | None = None) -> pd.Index:
    if dtype not in (None, "object", "str", "string"):
        raise ValueError(f"labels of dtype {dtype}")
    return pd.Index(values, name=name, dtype=dtype)


def _of_levels(index: pd.MultiIndex) -> dict[str, Any]:
    codes = [np.asarray(codes) for codes in index.codes]
    return {"levels": list(index.levels), "codes": codes, "names": list(index.names)}


def _of_stamp(stamp: pd.Timestamp) -> dict[str, Any]:
    return _of_datetimes(pd.DatetimeIndex([stamp]))


def _stamp(**kept: Any) -> Any:
    return _datetimes(**kept)[0]


def _of_date(date: datetime.date) -> dict[str, Any]:
    return {"text": date.isoformat()}


def _date(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


def _datetime(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text)


KINDS = {
    "datetime.date": Kind(
        datetime.date,
        lambda d: {"text": d.isoformat()},
        lambda text: datetime.date.fromisoformat(text),
    ),
    "datetime.datetime": Kind(
        datetime.datetime,
        lambda d: {"text": d.isoformat()},
        lambda text: datetime.datetime.fromisoformat(text),
    ),
    "pandas.DatetimeIndex": Kind(pd.DatetimeIndex, _of_datetimes, _datetimes),
    "pandas.Index": Kind(pd.Index, _of_values, _values),
    "pandas.MultiIndex": Kind(pd.MultiIndex, _of_levels, pd.MultiIndex),
    "pandas.PeriodIndex": Kind(pd.PeriodIndex, _of_periods, _periods),
    "pandas.RangeIndex": Kind(pd.RangeIndex, _of_range, pd.RangeIndex),
    "pandas.TimedeltaIndex": Kind(pd.TimedeltaIndex, _of_timedeltas, _timedeltas),
    "pandas.Timestamp": Kind(pd.Timestamp, _of_stamp, _stamp),
}
