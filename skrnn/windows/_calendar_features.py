"""Features from the calendar: the time of the day, the week and the year, as cyclic pairs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from .._messages import shown

CALENDAR_WORDS = ("hour", "day_of_week", "day_of_year", "month")


def calendar_features(index: Any, words: str | Sequence[str]) -> tuple[np.ndarray, list[str]]:
    r"""Sine and cosine of how far each cycle of the calendar has run.

    A cycle of length :math:`L`, of which :math:`t` have run, gives
    :math:`\sin(2 \pi t / L)` and :math:`\cos(2 \pi t / L)`: its end is next to its beginning.

    Parameters
    ----------
    index : pandas.Index of shape (n_rows,)
        DatetimeIndex or PeriodIndex, or the MultiIndex (series, time) of a panel. Dates with a time
        zone are read as its clock on the wall, periods by their beginning.
    words : sequence of {"hour", "day_of_week", "day_of_year", "month"}
        The cycles: a day of 24 hours, to the second; a week of 7 days; a year of 365 days, or 366
        in leap years; a year of 12 months.

    Returns
    -------
    features : ndarray of shape (n_rows, 2 * n_words), float32
        A pair for each word, in the order of the words.
    names : list of str, of length 2 * n_words
        Such as "hour_sin" and "hour_cos".

    Raises
    ------
    ValueError
        If a word is not known or comes twice, or the index has no dates.

    Examples
    --------
    >>> import pandas as pd
    >>> from skrnn.windows._calendar_features import calendar_features
    >>> features, names = calendar_features(pd.to_datetime(["2024-01-01 06:00"]), ["hour"])
    >>> names, features.round(2).tolist()
    (['hour_sin', 'hour_cos'], [[1.0, 0.0]])
    """
    words = check_calendar(words)
    if not words:
        return np.empty((len(index), 0), np.float32), []
    dates = _dates(index)
    parts = np.column_stack([_part_of_cycle(dates, word) for word in words])
    pairs = np.stack([np.sin(2 * np.pi * parts), np.cos(2 * np.pi * parts)], axis=2)
    names = [f"{word}_{wave}" for word in words for wave in ("sin", "cos")]
    return pairs.reshape(len(index), -1).astype(np.float32), names


def check_calendar(words: Any) -> list[str]:
    """Words of the calendar as a list; others are refused, and one that comes twice."""
    listed = list(words) if isinstance(words, Iterable) and not isinstance(words, str) else [words]
    for at, word in enumerate(listed):
        if word not in CALENDAR_WORDS or word in listed[:at]:
            known = ", ".join(f'"{one}"' for one in CALENDAR_WORDS)
            again = " again" if word in listed[:at] else ""
            raise ValueError(
                f"Expected words of the calendar, each once, among {known}; got {shown(word)}"
                f"{again}: leave it out, or make another cycle a column of the table."
            )
    return listed


def _part_of_cycle(dates: Any, word: str) -> np.ndarray:
    """How much of the cycle has run at each date, from 0 to below 1."""
    if word == "hour":
        seconds = 3600 * np.asarray(dates.hour) + 60 * np.asarray(dates.minute)
        return np.asarray((seconds + np.asarray(dates.second)) / 86_400)
    if word == "day_of_week":
        return np.asarray(dates.day_of_week) / 7
    if word == "month":
        return (np.asarray(dates.month) - 1) / 12
    return (np.asarray(dates.day_of_year) - 1) / np.where(dates.is_leap_year, 366, 365)


def _dates(index: Any) -> Any:
    """Dates of an index, with the fields of a calendar."""
    import pandas as pd

    times = index.get_level_values(-1)
    if isinstance(times, pd.PeriodIndex):
        return times.asfreq("s", how="start")
    if isinstance(times, pd.DatetimeIndex):
        return times
    raise ValueError(
        f"Expected dates in the index, from which the calendar is read; got "
        f"{type(times).__name__} {shown(times[:3].tolist())}: give the rows their dates "
        "(X.set_index), or leave the calendar out."
    )
