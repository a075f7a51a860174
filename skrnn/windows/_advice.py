"""Warnings about rows whose past cannot be found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

from .._warnings import warn
from ._align import Track
from ._frames import tells_time
from ._labels import dates_as_integers
from ._left_out import has_lost_rows
from ._stamps import Series, has_clock, is_newest_first

# The warnings that each fitted transformer has given. Python's own memory of warnings is lost
# whenever anybody filters warnings, which scikit-learn does in the midst of a call.
_TOLD: WeakKeyDictionary[object, set[str]] = WeakKeyDictionary()
_KEEP_THE_INDEX = (
    "In a pipeline, steps that return arrays take the index away, and "
    'set_output(transform="pandas") on the pipeline keeps it.'
)


def forget_what_was_told(transformer: object) -> None:
    """Let a transformer that is fitted anew be told everything again."""
    _TOLD.pop(transformer, None)


def tell_once(transformer: object, text: str | None) -> None:
    """Warn, if there is a text, and the transformer has not been told it since its fit."""
    if text is None:
        return
    told = _TOLD.setdefault(transformer, set())
    if text not in told:
        told.add(text)
        warn(text)


def on_integer_dates(series: Sequence[Series]) -> str | None:
    """Return a warning about an integer index that looks like dates; None if it does not."""
    stamps = series[0].stamps
    return dates_as_integers(stamps.values) if stamps and stamps.kind == "integer" else None


def warn_of_rows_of_fit(
    transformer: object, X: Any, y: Any, series: Sequence[Series], reach: int
) -> None:
    """Warn in fit where index or rows of X were lost on the way, or its rows are newest first.

    Parameters
    ----------
    transformer : object
        The transformer, which is told each thing once.
    X, y : array-like
        The data that it is fitted on.
    series : sequence of Series
        Those of X.
    reach : int
        How many steps back the transformer looks.
    """
    name = type(transformer).__name__
    has_lost_it = not hasattr(X, "iloc") and hasattr(y, "iloc") and tells_time(y)
    if reach and has_lost_it:
        as_one = " of one series" if y.index.nlevels > 1 else ""
        tell_once(
            transformer,
            f"{name} was given X without an index, and y with times: the rows count as consecutive "
            f"ones{as_one}, and none are remembered for the windows of later rows. "
            + _KEEP_THE_INDEX,
        )
    if reach and has_lost_rows(X, y):
        tell_once(
            transformer,
            f"{name} was given origins without the rows between them, which a step before it took "
            "away when it made other values of X: a step of the windows reaches from one origin to "
            "the next. Change the values before series_to_supervised, or behind the windows.",
        )
    if is_newest_first(series):
        tell_once(
            transformer,
            f"{name} was given rows that are newest first. Their windows hold their past all the "
            "same, but X[-1:] is the oldest row and not the one from which to predict what comes "
            "next. X.sort_index() puts them in the order of time.",
        )


def warn_of_lost_past(
    transformer: object, series: Sequence[Series], n_rows: int, knows_clock: bool, reach: int
) -> None:
    """Warn where a clock is missing that was or would be needed to find earlier rows.

    Parameters
    ----------
    transformer : object
        The fitted transformer, which is told each thing once.
    series : sequence of Series
        Those of the rows.
    n_rows : int
        Rows of all of them.
    knows_clock : bool
        Whether there was a clock in fit.
    reach : int
        How many steps back the transformer looks.
    """
    if not reach:
        return
    name = type(transformer).__name__
    if knows_clock and not has_clock(series):
        tell_once(
            transformer,
            f"{name} was fitted on rows with a clock, and X has none: its rows count as "
            "consecutive, and the training rows before them are not found. Give X its index. "
            + _KEEP_THE_INDEX,
        )
    elif has_clock(series) and not knows_clock:
        tell_once(
            transformer,
            f"{name} was fitted on rows without a clock, so that none are remembered: what was "
            "before the first rows of X is absent. Fit it on a frame with its index. "
            + _KEEP_THE_INDEX,
        )
    elif not has_clock(series) and series[0].key is None and n_rows <= reach:
        tell_once(
            transformer,
            f"X has fewer rows than {name} looks back, {reach + 1} with their own, and no clock by "
            "which those before them would be found: all windows begin with absent steps. Give "
            "the rows before them too, or frames with their index in fit and here. "
            + _KEEP_THE_INDEX,
        )


def warn_of_rows_between(transformer: object, tracks: Sequence[Track]) -> None:
    """Warn where rows between the remembered and the given ones are missing.

    Parameters
    ----------
    transformer : object
        The fitted transformer, which is told each thing once.
    tracks : sequence of Track
    """
    if any(track.is_apart for track in tracks):
        tell_once(
            transformer,
            f"X begins later than the rows that {type(transformer).__name__} remembers end: the "
            "steps between are absent from the first windows. Give the rows between too, or let "
            "it remember them as they come, with update(X).",
        )
    if any(track.is_forgotten for track in tracks):
        tell_once(
            transformer,
            f"X lies among rows of fit that {type(transformer).__name__} no longer remembers, and "
            "has fewer rows than it looks back: the steps before them are absent from all windows. "
            "Give the rows before them too.",
        )


def warn_of_times_of_others(
    transformer: object, series: Sequence[Series], history: Sequence[dict[str, Any]], reach: int
) -> None:
    """Warn where some series go on at times that were known of others in fit.

    So it is in a fold that cuts a panel by the place of its rows. A few rows may also come from
    series that are reported late, and whole series may be left out on purpose: of these nothing is
    told.

    Parameters
    ----------
    transformer : object
        The fitted transformer, which is told each thing once.
    series : sequence of Series
        Those of the rows.
    history : sequence of dict
        The rows that the transformer remembers.
    reach : int
        How many steps back the transformer looks.
    """
    if not has_clock(series) or series[0].key is None or not reach:
        return
    lasts = {
        entry["series"]: entry["stamps"][-1]
        for entry in history
        if len(entry["stamps"]) and entry["clock"]["resolution"] == series[0].stamps.resolution
    }
    others = {key: last for key, last in lasts.items() if key not in {one.key for one in series}}
    for one in series:
        later = one.stamps.values[one.stamps.values > lasts.get(one.key, one.stamps.values.max())]
        if others and len(later) > max(reach, 8) and later.max() <= max(others.values()):
            other = max(others, key=others.__getitem__)
            tell_once(
                transformer,
                f"{len(later)} rows of series {one.key!r} follow those of fit, and fit had rows of "
                f"series {other!r} that are as late as these: if this is a fold, it was cut by the "
                "place of the rows, and the training rows know the times of the test. "
                "PanelTimeSeriesSplit cuts all series at the same times.",
            )
            return
