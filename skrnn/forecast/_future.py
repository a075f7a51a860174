"""The steps after the last row: their stamps, what is known of them, and the frame of forecasts."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from ._design import Design
from ._fitting import middle_of
from ._holidays import holiday_column
from ._roles import frame_label
from ._table import Table, table_of


def steps_ahead(
    design: Design, table: Table, new: np.ndarray, n_steps: int
) -> tuple[np.ndarray, list[Any]]:
    """Return the last known rows, and the stamps of the steps after each of them.

    Parameters
    ----------
    design : Design
    table : Table
        The rows remembered and given. Rows without a target at the end of a series tell what is
        known ahead.
    new : ndarray of int
        The rows that were given. Their series are forecast, from the last known one of them;
        empty stands for all rows.

    Returns
    -------
    origins : ndarray of shape (n_series,)
    stamps : list of pandas.Index, of length n_series
        The steps after each origin.
    """
    last = table.last_known()
    series = table.timeline.series_of_rows()
    asked = np.unique(series[new]) if len(new) else np.arange(len(last))
    given = table.last_known(new)
    last = np.where(given >= 0, given, last)
    _refuse_unknown(table, last, asked)
    stamps = [_stamps_after(table, int(number), int(last[number]), n_steps) for number in asked]
    if design.columns.known:
        for one in stamps:
            _refuse_not_known(design, table, one)
    return last[asked], stamps


def with_steps_ahead(design: Design, table: Table, n_steps: int) -> Table:
    """Return the table with rows for the steps ahead, where their stamps are all that is known."""
    tells = bool(design.lags) or (design.lead_steps < n_steps and bool(design.calendar))
    if design.columns.known or not (tells or design.holidays is not None):
        return table
    series = table.timeline.series_of_rows()
    stamps = [
        _stamps_after(table, int(series[row]), int(row), n_steps)
        for row in _rows_before_absent_ones(table)
    ]
    return _with_rows(design, table, stamps) if stamps else table


def _rows_before_absent_ones(table: Table) -> np.ndarray:
    """Return the rows of which something is known, and of the step after them nothing."""
    after = table.timeline.rows_at([1])[:, 0]
    is_present = ~table.is_absent
    return np.flatnonzero(is_present & ~((after >= 0) & is_present[after]))


def future_frame(
    design: Design,
    stamps: list[Any],
    levels: np.ndarray,
    names: list[str],
    bands: np.ndarray | None,
    horizons: list[int],
) -> Any:
    """Return forecasts as a frame with a row for each step ahead.

    Its columns are the targets, each with its quantiles, "<target>_<name>", and its band,
    "<target>_lower" and "<target>_upper".
    """
    import pandas as pd

    at = [h - 1 for h in horizons]
    columns: list[np.ndarray] = []
    labels: list[Any] = []
    for number, target in enumerate(design.columns.targets):
        of_target = levels[:, at, number].reshape(-1, levels.shape[-1])
        columns += [middle_of(of_target), *(of_target[:, n] for n in range(len(names)))]
        labels += [target, *(f"{_word(target)}_{name}" for name in names)]
        if bands is not None:
            columns += [bands[:, at, number, side].ravel() for side in (0, 1)]
            labels += [f"{_word(target)}_{side}" for side in ("lower", "upper")]
    index = stamps[0][at]
    for one in stamps[1:]:
        index = index.append(one[at])
    frame = pd.DataFrame(np.column_stack(columns), index=index)
    frame.columns = pd.Index(labels, tupleize_cols=False)
    return frame


def _word(name: Any) -> str:
    """Return a name in a word; the parts of a nested one are joined."""
    return "_".join(map(str, name)) if isinstance(name, tuple) else str(name)


def _stamps_after(table: Table, number: int, row: int, n_steps: int) -> Any:
    """Return the stamps of the steps after a row of a series."""
    import pandas as pd

    from ..windows._forward import stamps_after

    key, clock = table.timeline.keys[number], table.timeline.clocks[number]
    if clock is None:
        _refuse_without_clock(table)
    times = table.index.get_level_values(-1)[table.timeline.rows[number]]
    upto = times[times <= table.index.get_level_values(-1)[row]]
    stamps = stamps_after(upto, n_steps, clock)
    if key is None:
        return stamps
    series = table.index.get_level_values(0)[row]
    return pd.MultiIndex.from_product([[series], stamps], names=table.index.names)


def _with_rows(design: Design, table: Table, stamps: list[Any]) -> Table:
    """Return the table with rows for the stamps that it lacks, of which the holidays are known."""
    index = stamps[0]
    for one in stamps[1:]:
        index = index.append(one)
    index = index[~index.isin(table.index)]
    if not len(index):
        return table
    values = np.full((len(index), table.values.shape[1]), np.nan)
    known = np.empty((len(index), 0))
    if design.holidays is not None:
        known = holiday_column(index, design.holidays)
    return table_of(
        table.index.append(index),
        np.concatenate([table.values, values]),
        np.concatenate([table.known, known]),
        table.n_targets,
        design.clocks,
    )


def _refuse_without_clock(table: Table) -> NoReturn:
    stamp = table.index.get_level_values(-1)[0]
    raise ValueError(
        "Expected an index of dates, periods, lengths of time or whole numbers, which tells the "
        f"stamps ahead; got {type(stamp).__name__} values such as {stamp}. Give the rows dates or "
        "whole numbers, and fit again; predict needs no stamps."
    )


def _refuse_unknown(table: Table, last: np.ndarray, asked: np.ndarray) -> None:
    for number in asked:
        if last[number] < 0:
            key = table.timeline.keys[number]
            of_series = "" if key is None else f" of series {key!r}"
            raise ValueError(
                f"Expected at least one row{of_series} with a known target, from which to "
                "forecast; got none. Leave the series out, or give a row with its target."
            )


def _refuse_not_known(design: Design, table: Table, stamps: Any) -> None:
    """Refuse a future of which a known column is not given."""
    there = stamps.isin(table.index)
    if there.all():
        return
    step = int(np.argmin(there))
    name = design.columns.known[0]
    raise ValueError(
        f"Expected column {name!r} to be known for the next {len(stamps)} steps; got no row for "
        f"{frame_label(stamps[step])}, step {step + 1}. Append rows to X for these steps, with NaN "
        "in the targets and with the columns that are known."
    )
