"""Columns from the calendar: they are known from the index alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from numbers import Number
from typing import Any

import numpy as np


def calendar_columns(index: Any, words: Sequence[str]) -> np.ndarray:
    """Return cyclic pairs of an index, (n_rows, 2 * n_words)."""
    if not words:
        return np.empty((len(index), 0))
    from ..windows._calendar_features import calendar_features

    return np.asarray(calendar_features(index, words)[0], dtype=np.float64)


def holiday_column(index: Any, holidays: Sequence[Any]) -> np.ndarray:
    """Return 1 for the rows on one of some days, (n_rows, 1)."""
    import pandas as pd

    times = index.get_level_values(-1)
    if isinstance(times, pd.PeriodIndex):
        times = times.to_timestamp()
    if not isinstance(times, pd.DatetimeIndex):
        raise ValueError(
            f"Expected rows with dates, because holidays is given; got an index of {times.dtype}: "
            "give the table a DatetimeIndex, or leave holidays out."
        )
    days = pd.DatetimeIndex([_day(day) for day in holidays])
    return times.tz_localize(None).normalize().isin(days).astype(np.float64)[:, None]


def _day(day: Any) -> Any:
    """Return a date without its time of day."""
    import pandas as pd

    # pandas reads a number as nanoseconds, and "12-25" or "now" by the day on which it reads them.
    has_year = not isinstance(day, Number) and (not isinstance(day, str) or _names_year(day))
    try:
        found = pd.Timestamp(day) if has_year else pd.NaT
    except (TypeError, ValueError):
        found = pd.NaT
    if found is pd.NaT:
        raise ValueError(
            f"Expected holidays to be dates; got {day!r}. Give each as a text with its year, like "
            "'2024-12-25', a datetime.date or a pandas.Timestamp."
        )
    return found.tz_localize(None).normalize()


def _names_year(text: str) -> bool:
    return re.search(r"\d{4}", text) is not None
