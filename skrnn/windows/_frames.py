"""Checks of a table before it is read: rows by columns, columns of numbers, each with one name.

Dates and texts among the columns are refused by name, and the message holds the line that mends it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ._column_names import check_names
from ._labels import are_dates, as_dates

# How the dates of a column become the clock of the rows, by the library of the table.
_TO_CLOCK = {
    "pandas": "make them the index, X.set_index({0!r})",
    "polars": "leave them out, X.drop({0!r}), or make them a clock, X.to_pandas().set_index({0!r})",
    "pyarrow": "leave them out, X.drop_columns({0!r}), or make them a clock, "
    "X.to_pandas().set_index({0!r})",
    "numpy": "make them a clock, pd.DataFrame(X).set_index({0!r}).astype(float)",
}


def library_of(table: Any) -> str:
    """Name of the library that a table with named columns, or a series, is of; else "numpy"."""
    if hasattr(table, "iloc"):
        return "pandas"
    library = type(table).__module__.split(".")[0]
    if library == "pyarrow" and hasattr(table, "column_names"):
        return library
    return library if library == "polars" else "numpy"


def check_table(table: Any) -> None:
    """Refuse what is no table of numbers.

    Parameters
    ----------
    table : array-like or DataFrame
        A table that passes may still hold infinity, or no rows.
    """
    _check_dimensions(table)
    check_columns(table)


def check_columns(table: Any) -> None:
    """Refuse dates and texts among the columns of a table, and name the first of them.

    A frame without columns is refused too, and one with two columns of one name.
    """
    check_names_of(table)
    library = library_of(table)
    if library != "numpy" and getattr(table, "shape", (1, 1))[1:] == (0,):
        raise ValueError(
            f"Expected a table of at least one column; got a frame of shape {table.shape}: look at "
            "what selected its columns."
        )
    for name, values, is_time in _columns(table, library):
        if is_time:
            raise ValueError(_of_dates(name, _TO_CLOCK[library].format(name)))
        if values is not None:
            _check_numbers(name, values, library)


def check_names_of(table: Any) -> None:
    """Refuse two columns of one name in a frame."""
    names = _names(table)
    if names is not None:
        check_names(names)


def check_no_infinity(values: np.ndarray, table: Any) -> None:
    """Refuse infinity in the values of a table, and name where the first stands."""
    if np.isfinite(values.sum(dtype=np.float64)):  # as often, and much faster
        return
    places = np.argwhere(np.isinf(values))
    if len(places):
        (row, column), names = places[0], _names(table)
        name = int(column) if names is None else names[column]
        raise ValueError(
            f"Input X contains infinity, in row {row} of column {name!r}: replace it by a number, "
            "or by NaN where nothing is known (X.replace([np.inf, -np.inf], np.nan))."
        )


def check_dates(table: Any) -> None:
    """Refuse dates among the columns of a frame whose index does not tell the time.

    Parameters
    ----------
    table : array-like, DataFrame or Series
    """
    library = library_of(table)
    if getattr(table, "ndim", 2) != 2 or tells_time(table):
        return
    for name, values, is_time in _columns(table, library):
        if is_time:
            raise ValueError(_of_dates(name, _TO_CLOCK[library].format(name)))
        if values is not None and are_dates(values[values.notna()].to_numpy()):
            raise ValueError(_of_dates(name, _texts_to_clock(name, values, library)))


def _check_dimensions(table: Any) -> None:
    remedies = {
        "a Series": "X.to_frame() makes one, and keeps the index",
        "one dimension": "Reshape your data: np.reshape(X, (-1, 1)) makes one column of it",
        "rows of several lengths": "Give each row as many values",
        "a dictionary": "pd.DataFrame(X) makes one",
        "a single value": "Give rows, each of a number for every feature",
    }
    got = _other_than_two_dimensions(table)
    if got in remedies:
        raise ValueError(
            f"Expected a table of shape (n_rows, n_features); got {got}. {remedies[got]}."
        )
    if getattr(table, "ndim", 2) > 2:
        raise ValueError(
            f"Expected a table of shape (n_rows, n_features); got an array with dim {table.ndim}: "
            "give the rows, not windows of them. A network takes windows as they are."
        )


def _other_than_two_dimensions(table: Any) -> str:
    if isinstance(table, dict) and not hasattr(table, "ndim"):  # as a sparse matrix may be
        return "a dictionary"
    if table is None or isinstance(table, str | bytes) or np.isscalar(table):
        return "a single value"
    if hasattr(table, "to_frame"):
        return "a Series"
    if isinstance(table, list | tuple):
        if not table or not hasattr(table[0], "__len__") or isinstance(table[0], str):
            return "one dimension"
        return "rows of several lengths" if len(set(map(len, table))) > 1 else ""
    return "one dimension" if getattr(table, "ndim", 2) == 1 else ""


def _names(table: Any) -> list[Any] | None:
    names = getattr(table, "column_names", getattr(table, "columns", None))
    return None if names is None or library_of(table) == "numpy" else list(names)


def _columns(table: Any, library: str) -> Iterator[tuple[Any, Any, bool]]:
    """Each column that is not of numbers: its name, its values as objects, and if it is of times.

    The values of times are None.
    """
    import pandas as pd

    if library == "pandas":
        for at, name in enumerate(table.columns):
            column = table.iloc[:, at]
            if column.dtype.kind in "mM" or hasattr(column.dtype, "freq") or hasattr(column, "dt"):
                yield name, None, True
            elif column.dtype.kind not in "biufc":
                yield name, column.astype(object), False
    elif library == "polars" and hasattr(table, "schema"):
        for name, dtype in table.schema.items():
            if dtype.is_temporal():
                yield name, None, True
            elif not dtype.is_numeric():
                yield name, pd.Series(table[name].to_list(), dtype=object), False
    elif library == "pyarrow":
        yield from _arrow_columns(table)
    else:
        yield from _array_columns(table)


def _array_columns(table: Any) -> Iterator[tuple[Any, Any, bool]]:
    import pandas as pd

    table = np.array(table, object) if isinstance(table, list | tuple) else table
    if not isinstance(table, np.ndarray) or table.ndim != 2:
        return
    for at, column in enumerate(table.T if table.dtype.kind in "OUSmM" else ()):
        if column.dtype.kind in "mM":
            yield at, None, True
        else:
            yield at, pd.Series(column.tolist(), dtype=object), False


def _arrow_columns(table: Any) -> Iterator[tuple[Any, Any, bool]]:
    import pandas as pd
    from pyarrow import types

    for field in table.schema:
        if types.is_temporal(field.type):
            yield field.name, None, True
        elif not (
            types.is_integer(field.type)
            or types.is_floating(field.type)
            or types.is_boolean(field.type)
        ):
            values = table.column(field.name).to_pylist()
            yield field.name, pd.Series(values, dtype=object), False


def tells_time(table: Any) -> bool:
    """Whether the index of a table, or the inner level of a panel's, is of times."""
    if not hasattr(table, "iloc"):
        return False
    dtype = table.index.get_level_values(-1).dtype
    return dtype.kind in "mM" or hasattr(dtype, "freq")


def _of_dates(name: Any, remedy: str) -> str:
    return f"Expected columns of numbers; got dates in column {name!r}: {remedy}."


def _texts_to_clock(name: Any, values: Any, library: str) -> str:
    frame = {"pandas": "X", "numpy": "pd.DataFrame(X)"}.get(library, "X.to_pandas()")
    dates = as_dates(values[values.notna()].to_numpy(), f"{frame}[{name!r}]")
    return f"make them the index, {frame}.set_index({dates}).drop(columns={name!r})"


def _check_numbers(name: Any, values: Any, library: str) -> None:
    """Refuse a column of objects among which are others than numbers and texts of numbers."""
    import pandas as pd

    is_other = pd.to_numeric(values, errors="coerce").isna() & values.notna()
    if not is_other.any():
        return
    odd = values[is_other]
    if are_dates(odd.to_numpy()):
        raise ValueError(_of_dates(name, _texts_to_clock(name, odd, library)))
    first = odd.iloc[0]
    if library == "numpy" and not isinstance(first, str):
        return  # scikit-learn has its own words for it, and its checks ask for them
    if not isinstance(first, str):
        raise ValueError(
            f"Expected columns of numbers; got {type(first).__name__} such as {first!r} in column "
            f"{name!r}: spread what it holds over columns, or leave it out."
        )
    code = f"X.set_index({name!r}, append=True).swaplevel()"
    level = f"; or, if it names the series of each row, make it a level of the index, {code}"
    raise ValueError(
        f"Expected columns of numbers; got {first!r} in column {name!r}: encode it, for example "
        f"with sklearn.preprocessing.OneHotEncoder{level if library == 'pandas' else ''}."
    )
