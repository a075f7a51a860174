"""Frequencies of pandas as plain data, and back: those that a word can spell, and the others.

`CustomBusinessDay` spells itself "C", whatever its holidays, and `DateOffset(days=1)` cannot be
read back at all. Arguments that a word would lose are written out as a dictionary.
"""

from __future__ import annotations

from datetime import time
from numbers import Integral
from typing import Any

import numpy as np

Frequency = str | dict[str, Any]


def described(offset: Any) -> Frequency:
    """A frequency as something that JSON can hold.

    Parameters
    ----------
    offset : pandas.tseries.offsets.BaseOffset

    Returns
    -------
    frequency : str or dict
        The word of pandas where it says all; else a dictionary with the keys ``"name"``, the class
        of the offset, ``"n"``, ``"normalize"`` and its arguments.

    Raises
    ------
    ValueError
        If an argument has no plain form.
    """
    if _spells_itself(offset):
        return str(offset.freqstr)
    arguments = dict(offset.kwds)
    calendar = arguments.pop("calendar", None)
    if calendar is not None:  # it holds what weekmask and holidays say, or was given instead
        arguments["weekmask"] = "".join("01"[int(is_open)] for is_open in calendar.weekmask)
        arguments["holidays"] = [str(day) for day in np.asarray(calendar.holidays)]
    if not arguments.get("offset", True):  # a distance of zero: the default
        del arguments["offset"]
    return {
        "name": type(offset).__name__,
        "n": int(offset.n),
        "normalize": bool(offset.normalize),
        **{name: _plain(value, offset) for name, value in arguments.items()},
    }


def offset_of(frequency: Frequency) -> Any:
    """The pandas offset of a `described` frequency."""
    from pandas.tseries import offsets
    from pandas.tseries.frequencies import to_offset

    if isinstance(frequency, str):
        return to_offset(frequency)
    arguments = {name: value for name, value in frequency.items() if name != "name"}
    return getattr(offsets, frequency["name"])(**arguments)


def spelled(frequency: Frequency) -> str:
    """A frequency in a word, for messages."""
    return frequency if isinstance(frequency, str) else str(frequency["name"])


def _spells_itself(offset: Any) -> bool:
    from pandas.tseries.frequencies import to_offset

    try:
        return bool(to_offset(offset.freqstr) == offset)
    except ValueError:
        return False


def _plain(value: Any, offset: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_plain(one, offset) for one in value]
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, str):
        return value
    raise ValueError(
        f"Expected an index whose frequency is made of numbers and words; got {offset!r}: leave "
        "the frequency out (X.index.freq = None), so that the stamps tell their step, or pass a "
        "bare array, X.to_numpy(), whose rows count as consecutive."
    )
