"""Which columns a target means: names in any container, positions, masks, parts of nested names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from .._messages import shown

_MOST_SHOWN = 10


def positions_of(target: Any, names: list[Any]) -> tuple[list[int], bool]:
    """Positions of the target columns, and whether the target is one of them rather than several.

    Parameters
    ----------
    target : label, int or container of them, or None
        A name; the first part of nested names ("Close" of ("Close", "MSFT")); where no name is a
        number, a position; several of these; one truth value for each column; or None for all.
    names : list
        The names of the columns, each once.

    Returns
    -------
    positions : list of int
    is_one : bool
        Whether a single column is named by itself, and not in a container, or is the only one.

    Raises
    ------
    ValueError
        If a column does not exist, or none or one of them twice is named.
    """
    if target is None:
        return list(range(len(names))), True
    found = _one(target, names)
    if found is not None:
        return found, True
    if isinstance(target, str) or not isinstance(target, Iterable):
        raise ValueError(_no_such_column(target, names))
    parts = [part.item() if isinstance(part, np.generic) else part for part in target]
    if parts and all(isinstance(part, bool | np.bool_) for part in parts):
        found = _where(parts, names)
    else:
        found = [position for part in parts for position in _some(part, names)]
    _check_each_once(found, target, names)
    return found, False


def check_names(names: list[Any]) -> None:
    """Refuse two columns of one name, by which neither can be told from the other.

    Parameters
    ----------
    names : list
        The names of the columns of a frame.
    """
    counts = Counter(names)
    if len(counts) == len(names):
        return
    again = next(name for name in names if counts[name] > 1)
    at = [position for position, name in enumerate(names) if name == again]
    raise ValueError(
        f"Expected columns of different names; got {again!r} in the columns "
        f"{', '.join(map(str, at[:-1]))} and {at[-1]}: rename them "
        "(X.columns = [...]), or keep the first of each, X.loc[:, ~X.columns.duplicated()]."
    )


def _one(target: Any, names: list[Any]) -> list[int] | None:
    """Positions of what is no container, or a nested name; None if it is no column."""
    ways: list[Callable[[Any, list[Any]], list[int]]] = [_by_name, _by_first_part, _by_position]
    return next((found for way in ways if (found := way(target, names))), None)


def _some(part: Any, names: list[Any]) -> list[int]:
    found = _one(part, names)
    if found is None:
        raise ValueError(_no_such_column(part, names))
    return found


def _by_name(target: Any, names: list[Any]) -> list[int]:
    if not _is_label(target) or isinstance(target, bool | np.bool_):  # True equals the name 1
        return []
    return [names.index(target)] if target in names else []


def _by_first_part(target: Any, names: list[Any]) -> list[int]:
    """Return the columns whose nested name begins with the target."""
    parts = target if isinstance(target, tuple) else (target,)
    n_parts = len(parts)
    nested = [isinstance(name, tuple) and len(name) > n_parts for name in names]
    if not n_parts or not any(nested) or not _is_label(target):
        return []
    return [at for at, name in enumerate(names) if nested[at] and name[:n_parts] == parts]


def _by_position(target: Any, names: list[Any]) -> list[int]:
    if isinstance(target, bool) or not isinstance(target, int | np.integer):
        return []
    are_positions = names == list(range(len(names)))
    if any(isinstance(name, int | np.integer) for name in names) and not are_positions:
        return []
    return [int(target) % len(names)] if -len(names) <= target < len(names) else []


def _where(mask: list[Any], names: list[Any]) -> list[int]:
    if len(mask) != len(names):
        raise ValueError(
            f"Expected one truth value for each of {len(names)} columns in target; got {len(mask)}:"
            " name the columns."
        )
    return np.flatnonzero(mask).tolist()


def _is_label(target: Any) -> bool:
    try:
        hash(target)
    except TypeError:
        return False
    return np.ndim(target) == 0 or isinstance(target, tuple)


def _check_each_once(found: list[int], target: Any, names: list[Any]) -> None:
    if not found:
        raise ValueError(
            f"Expected target to name at least one column; got {shown(target)}: leave it out for "
            "all columns."
        )
    name, times = Counter(found).most_common(1)[0]
    if times > 1:
        raise ValueError(
            f"Expected each column once in target; got {names[name]!r} {times} times: name it once."
        )


def _no_such_column(target: Any, names: list[Any]) -> str:
    first = ", ".join(map(repr, names[:_MOST_SHOWN]))
    others = len(names) - _MOST_SHOWN
    among = f"{first} and {others} others" if others > 0 else first
    near = _nearest(target, names)
    remedy = "" if near is None else f"did you mean {near!r}? Or "
    return (
        f"Expected target among the columns {among}; got {shown(target)}: {remedy}name one or "
        "several of them in a list, or leave target out."
    )


def _nearest(target: Any, names: list[Any]) -> Any:
    """The name that a target was probably meant to be, or None."""
    from rapidfuzz import fuzz, process

    if not isinstance(target, str):
        return None
    texts = {
        (at, part): text
        for at, name in enumerate(names)
        for part, text in enumerate(name if isinstance(name, tuple) else [name])
        if isinstance(text, str)
    }
    found = process.extractOne(
        target, texts, scorer=fuzz.ratio, processor=lambda text: text.lower(), score_cutoff=60
    )
    if found is None:
        return None
    text, _, (at, part) = found
    return names[at] if part else text  # a first part names its columns
