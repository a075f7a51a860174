"""Labels that mean something else than they are: dates as text, as objects, as numbers.

Nothing here is converted. The message names the line that does it.
"""

from __future__ import annotations

import datetime
import re
from itertools import pairwise
from typing import Any

import numpy as np

_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_DATE = re.compile(
    rf"""\s*(?:
      \d{{4}}[-/.]\d{{1,2}}(?:[-/.]\d{{1,2}})?(?:[T\s].*)?               # 2024-01-31 12:00, 2024/01
    | \d{{1,2}}[-/.]\d{{1,2}}[-/.](?:\d{{4}}|\d{{2}})(?:[,T\s].*)?       # 31.01.2024, 1/31/24
    | (?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])            # 20240131
    | \d{{4}}-?Q[1-4]                                                 # 2024Q1
    | (?:\d{{1,2}}[-.\s]+)?(?:{_MONTHS})[a-z]*[-.,\s]+\d{{1,4}}(?:[,\s].*)?  # 31 Jan 2024, Jan-24
    )\s*""",
    re.VERBOSE | re.IGNORECASE,
)


def are_dates(values: Any, most: int = 20) -> bool:
    """Whether some of the values, and all of those that are looked at, are dates in another form.

    Parameters
    ----------
    values : sequence
        Objects, texts or categories.
    most : int, default=20
        How many are looked at.
    """
    seen = [one for one in list(values[:most]) if isinstance(one, str | datetime.date)]
    return bool(seen) and all(not isinstance(one, str) or _DATE.fullmatch(one) for one in seen)


def as_dates(values: Any, name: str) -> str:
    """The code that makes dates of values that `are_dates`, under the name that the user has."""
    texts = [one for one in list(values[:20]) if isinstance(one, str)]
    day_first = any(
        re.match(r"\s*(?:\d{1,2}\.|(?:1[3-9]|[23]\d)[-/])\d{1,2}[-/.]", t) for t in texts
    )
    return f"pd.to_datetime({name}{', dayfirst=True' if day_first else ''})"


def check_labels(index: Any, name: str, code: str) -> None:
    """Refuse an index, or a level of one, of dates that pandas does not know to be dates.

    Parameters
    ----------
    index : pandas.Index
        Whose dtype is none of numbers and dates.
    name : str
        The index, as the user has it.
    code : str
        The code that replaces the index by dates; ``{}`` stands for the dates.
    """
    if are_dates(index):
        remedy = code.format(as_dates(index, name))
        raise ValueError(
            f"Expected dates in the index as dates of pandas; got {type(index[0]).__name__} such "
            f"as {str(index[0])!r}, by which no row can be found: {remedy}."
        )


def check_in_order(index: Any) -> None:
    """Refuse the rows of an index that is no clock where they are not in its order.

    Numbers may come again, and texts be ordered with the numbers in them (r9, r10) or without.

    Parameters
    ----------
    index : pandas.Index
    """
    if index.dtype.kind == "f":
        falls = np.diff(index.to_numpy()) < 0
    elif all(isinstance(one, str) for one in index):
        falls = min(_falls(list(index)), _falls([_natural(one) for one in index]), key=np.any)
    else:
        return
    if falls.any():
        row = int(np.argmax(falls)) + 1
        raise ValueError(
            "Expected rows in the order of time, because their index is no clock that tells it; "
            f"got {_shown(index[row])} after {_shown(index[row - 1])} in row {row} of its series: "
            "sort them "
            "(X.sort_index()), give them dates, or, if they are in the order of time, leave the "
            "index out (X.reset_index(drop=True))."
        )


def _shown(label: Any) -> str:
    return repr(label.item() if isinstance(label, np.generic) else label)


def _falls(values: list[Any]) -> np.ndarray:
    return np.array([b < a for a, b in pairwise(values)], bool)


def _natural(text: str) -> list[Any]:
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", text)]


def dates_as_integers(values: np.ndarray) -> str | None:
    """Return advice on an integer index such as 20240101, 20240102, or 202401, 202402; else None.

    Parameters
    ----------
    values : ndarray of shape (n_rows,), int64
    """
    formats = {"%Y%m%d": (19_000_101, 21_001_231), "%Y%m": (190_001, 210_012)}
    for form, (least, most) in formats.items():
        if len(values) < 2 or values.min() < least or values.max() > most:
            continue
        months, days = (
            (values // 100, values % 100) if form == "%Y%m%d" else (values, 1 + 0 * values)
        )
        in_year = months % 100
        is_date = (in_year >= 1) & (in_year <= 12) & (days >= 1) & (days <= 31)
        # A run of numbers within a month or a year may count rows.
        if is_date.all() and len(np.unique(values // 100)) > 1:
            return (
                f"The integer index looks like dates ({values[0]}), and is read as numbers, with "
                f"absent steps between. X.index = pd.to_datetime(X.index, format={form!r}) makes "
                "them dates."
            )
    return None
