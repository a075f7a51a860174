"""The containers that sequences come in: lists, columns of them, and nested frames.

A nested frame has a row for each sequence and a column for each feature, and each of its cells
holds the steps of one feature: an array, a list or a Series.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def listed(X: Any) -> Any:
    """Return sequences in a column or a nested frame as a list; anything else as it is."""
    if _is_polars(X):
        X = _of_polars(X)
    if is_nested(X):
        return _sequences_of_cells(X)
    is_one = getattr(X, "ndim", None) == 1 and getattr(X.dtype, "kind", None) == "O"
    return list(X) if is_one else X


def holds_sequences(X: Any) -> bool:
    """Tell a list of sequences, or what `listed` makes one of.

    Lists of numbers are sequences too, whether their lengths agree or not: a table is an array or a
    frame.
    """
    if is_nested(X):
        return True
    X = listed(X)
    if not isinstance(X, (list, tuple)) or len(X) == 0:
        return False
    return all(_is_sequence(x) for x in X)


def is_nested(X: Any) -> bool:
    """Tell a frame, or a 2-D array of objects, whose cells hold sequences."""
    if _is_polars(X):
        return len(getattr(X, "shape", ())) == 2 and any(t.is_nested() for t in X.dtypes)
    if getattr(X, "ndim", None) != 2:
        return False
    if hasattr(X, "iloc"):
        objects = [at for at, dtype in enumerate(X.dtypes) if dtype.kind == "O"]
        return any(_first_is_sequence(X.iloc[:, at]) for at in objects)
    is_array = isinstance(X, np.ndarray) and X.dtype.kind == "O"
    return is_array and _first_is_sequence(X.ravel())


def _is_polars(X: Any) -> bool:
    return type(X).__module__.partition(".")[0] == "polars"


def _of_polars(X: Any) -> Any:
    """Return a column of lists as a list, a nested frame as an array of objects."""
    if len(X.shape) == 1:
        return X.to_list() if X.dtype.is_nested() else X
    if not is_nested(X):
        return X
    cells = np.empty(X.shape, dtype=object)
    for at, column in enumerate(X.iter_columns()):
        for row, cell in enumerate(column.to_list()):
            cells[row, at] = cell
    return cells


def _is_sequence(x: Any) -> bool:
    if isinstance(x, (list, tuple)):
        return True
    return (isinstance(x, np.ndarray) or hasattr(x, "to_numpy")) and np.ndim(x) > 0


def _first_is_sequence(cells: Any) -> bool:
    """Tell whether the first cell that is not missing holds a sequence."""
    return next((_is_sequence(cell) for cell in cells if not _is_missing(cell)), False)


def _is_missing(cell: Any) -> bool:
    return cell is None or (np.ndim(cell) == 0 and not isinstance(cell, str) and cell != cell)


def _sequences_of_cells(X: Any) -> list[np.ndarray]:
    """Return the rows of a nested frame as arrays (n_steps_i, n_columns)."""
    names = list(getattr(X, "columns", range(X.shape[1])))
    columns = [_column(X, at) for at in range(X.shape[1])]
    return [_steps(cells, row, names) for row, cells in enumerate(zip(*columns, strict=True))]


def _column(X: Any, at: int) -> list[Any]:
    return list(X.iloc[:, at] if hasattr(X, "iloc") else X[:, at])


def _steps(cells: tuple[Any, ...], row: int, names: list[Any]) -> np.ndarray:
    """Return the cells of a row side by side; one without any value has no steps."""
    if all(map(_is_missing, cells)):
        return np.zeros((0, len(cells)))
    for cell, name in zip(cells, names, strict=True):
        if not _is_sequence(cell):
            raise ValueError(
                f"Expected the cells of a nested X to hold sequences, got "
                f"{type(cell).__name__} in row {row} of column {name!r}. Give each cell the steps "
                "of one feature, as an array or a list."
            )
    lengths = [len(cell) for cell in cells]
    other = next((at for at, n in enumerate(lengths) if n != lengths[0]), None)
    if other is not None:
        raise ValueError(
            "Expected the cells of a row of a nested X to have as many steps, got "
            f"{lengths[0]} in column {names[0]!r} and {lengths[other]} in column {names[other]!r} "
            f"of row {row}. A step has a value of every feature: fill or cut the shorter ones."
        )
    return np.column_stack([np.asarray(cell) for cell in cells])


def refuse_long_frame(X: Any, y: Any) -> None:
    """Refuse a frame with a row for each step of several series, where y has one value a series.

    The message holds the line that makes a list of sequences of it.
    """
    if not hasattr(X, "columns") or not (hasattr(y, "shape") or hasattr(y, "__len__")):
        return
    n_series = y.shape[0] if hasattr(y, "shape") else len(y)
    grouping = _grouping(X, n_series) if len(X) > n_series else None
    if grouping is not None:
        raise ValueError(
            f"Expected X with as many samples as y, got a frame of {len(X)} rows for {n_series} "
            "targets: it seems to hold the steps of that many series. Group it, in the order of "
            f"y, and leave a column of the time out: X = {grouping}."
        )


def _grouping(X: Any, n_series: int) -> str | None:
    """Return the code that makes a list of the series of a long frame."""
    if hasattr(X, "iloc") and X.index.nlevels > 1 and X.index.levshape[0] == n_series:
        return "[series.to_numpy() for _, series in X.groupby(level=0, sort=False)]"
    for name in X.columns:
        column = X[name]
        n_unique = column.n_unique if _is_polars(X) else getattr(column, "nunique", None)
        if n_unique is None or n_unique() != n_series or _is_float(column):
            continue
        others = [c for c in X.columns if c != name and not _is_number(X[c].dtype)]
        dropped = [name, *others]
        if _is_polars(X):
            return (
                f"[series.drop({dropped!r}).to_numpy() for _, series in "
                f"X.group_by({name!r}, maintain_order=True)]"
            )
        return (
            f"[series.drop(columns={dropped!r}).to_numpy() for _, series in "
            f"X.groupby({name!r}, sort=False)]"
        )
    return None


def _is_number(dtype: Any) -> bool:
    return dtype.is_numeric() if hasattr(dtype, "is_numeric") else dtype.kind in "biuf"


def _is_float(column: Any) -> bool:
    return "float" in str(column.dtype).lower()
