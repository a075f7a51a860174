"""How values are shown in messages: short, and without the types of NumPy around them."""

from __future__ import annotations

from typing import Any

import numpy as np

_MOST = 80  # characters


def shown(value: Any) -> str:
    """Return a value as Python writes it: ``4`` for ``np.int64(4)``, also inside of containers."""
    text = repr(_plain(value))
    return text if len(text) <= _MOST else f"{text[: _MOST - 4]} ..."


def _plain(value: Any) -> Any:
    """Return the same without NumPy's types."""
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, np.generic):
        # Dates stay what they are: as a number of nanoseconds they say nothing.
        return str(value) if value.dtype.kind in "mM" else value.item()
    if type(value) in (list, tuple, set, frozenset):
        return type(value)(map(_plain, value))
    if type(value) is dict:
        return {_plain(key): _plain(item) for key, item in value.items()}
    return value


def is_number(text: str | bytes) -> bool:
    """Tell whether a text can be read as a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True
