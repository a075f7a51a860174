"""Arrays and tables of pandas, polars and Arrow behind one interface: rows, columns, future values.

Values keep their types: a target may be a class in words as well as a number.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ._column_names import check_names, positions_of
from ._frames import library_of


def table_of(data: Any) -> ArrayTable:
    """The table behind data of any supported kind.

    Parameters
    ----------
    data : array-like or DataFrame of shape (n_rows, n_columns), or Series of shape (n_rows,)
    """
    tables = {"pandas": PandasTable, "polars": PolarsTable, "pyarrow": ArrowTable}
    return tables.get(library_of(data), ArrayTable)(data)


class ArrayTable:
    """Columns with numbers.

    Parameters
    ----------
    data : array-like of shape (n_rows,) or (n_rows, n_columns)
    """

    def __init__(self, data: Any) -> None:
        self.data = self._two_dimensional(data)
        self.names = self._column_names()
        check_names(self.names)

    def __len__(self) -> int:
        return int(self.data.shape[0])

    def positions(self, target: Any) -> tuple[list[int], bool]:
        """Positions of the target columns, and whether one is meant: see `positions_of`."""
        return positions_of(target, self.names)

    def missing(self, columns: list[int]) -> np.ndarray:
        """Which values of some columns are missing, shape (n_rows, n_targets)."""
        from pandas import isna  # knows NaN, None, NaT and NA in arrays of any type

        return np.column_stack([isna(np.asarray(self._column(column))) for column in columns])

    def rows(self, rows: np.ndarray) -> Any:
        """Some rows with all columns."""
        return self.data[rows]

    def leads(
        self,
        columns: list[int],
        horizons: list[int],
        rows: np.ndarray,
        future: np.ndarray,
        flat: bool,
    ) -> Any:
        """Columns of future values, horizon by horizon.

        Parameters
        ----------
        columns : list of int, of length n_targets
        horizons : list of int, of length n_horizons
        rows : ndarray of shape (n_samples,)
            The rows whose future it is.
        future : ndarray of shape (n_samples, n_horizons)
            The rows in which it stands.
        flat : bool
            Whether the only column is to have one dimension.
        """
        named = [
            (f"{_spelled(self.names[column])}_lead{horizon}", self._column(column, future[:, at]))
            for at, horizon in enumerate(horizons)
            for column in columns
        ]
        return self._named(*named[0], rows) if flat else self._joined(named, rows)

    def _two_dimensional(self, data: Any) -> Any:
        try:
            data = np.asarray(data)
        except ValueError:
            raise ValueError(
                "Expected rows of equal lengths; got lists of several lengths: give a table, or "
                "one series after the other."
            ) from None
        if data.dtype.names or isinstance(data[()], dict):
            got = "a dictionary" if data.dtype.names is None else "records"
            raise ValueError(f"Expected an array or a frame; got {got}: give pd.DataFrame(data).")
        if data.ndim not in (1, 2):
            raise ValueError(
                f"Expected data of one or two dimensions; got {data.ndim}: give the series itself, "
                "not windows of it."
            )
        return data[:, None] if data.ndim == 1 else data

    def _column_names(self) -> list[Any]:
        return list(range(self.data.shape[1]))

    def _column(self, column: int, rows: Any = slice(None)) -> Any:
        return self.data[rows, column]

    def _named(self, name: Any, values: Any, rows: np.ndarray) -> Any:
        return values

    def _joined(self, named: list[tuple[Any, Any]], rows: np.ndarray) -> Any:
        return np.column_stack([values for _, values in named])


class PandasTable(ArrayTable):
    """Columns with names, rows with an index."""

    def _two_dimensional(self, data: Any) -> Any:
        if data.ndim == 2:
            return data
        return data.to_frame("value" if data.name is None else data.name)

    def _column_names(self) -> list[Any]:
        return list(self.data.columns)

    def rows(self, rows: np.ndarray) -> Any:
        return self.data.iloc[rows]

    def _column(self, column: int, rows: Any = slice(None)) -> Any:
        return self.data.iloc[rows, column]

    def _named(self, name: Any, values: Any, rows: np.ndarray) -> Any:
        return values.set_axis(self.data.index[rows]).rename(name)

    def _joined(self, named: list[tuple[Any, Any]], rows: np.ndarray) -> Any:
        import pandas as pd

        return pd.concat([self._named(name, values, rows) for name, values in named], axis=1)


class PolarsTable(ArrayTable):
    """Columns with names, rows in order."""

    def _two_dimensional(self, data: Any) -> Any:
        return data.to_frame() if hasattr(data, "to_frame") else data

    def _column_names(self) -> list[Any]:
        return list(self.data.columns)

    def _column(self, column: int, rows: Any = slice(None)) -> Any:
        return self.data.to_series(column)[rows]

    def _named(self, name: Any, values: Any, rows: np.ndarray) -> Any:
        return values.alias(name)

    def _joined(self, named: list[tuple[Any, Any]], rows: np.ndarray) -> Any:
        return type(self.data)([self._named(name, values, rows) for name, values in named])


class ArrowTable(PolarsTable):
    """Columns with names, rows in order."""

    def _two_dimensional(self, data: Any) -> Any:
        return data

    def __len__(self) -> int:
        return int(self.data.num_rows)

    def rows(self, rows: np.ndarray) -> Any:
        return self.data.take(rows)

    def _column_names(self) -> list[Any]:
        return list(self.data.column_names)

    def _column(self, column: int, rows: Any = slice(None)) -> Any:
        return self.data.column(column).to_numpy(zero_copy_only=False)[rows]

    def _named(self, name: Any, values: Any, rows: np.ndarray) -> Any:
        return values

    def _joined(self, named: list[tuple[Any, Any]], rows: np.ndarray) -> Any:
        return type(self.data).from_pydict(dict(named))


def _spelled(name: Any) -> str:
    """A name in a word; the parts of a nested one that are not empty are joined."""
    parts = name if isinstance(name, tuple) else (name,)
    return "_".join(str(part) for part in parts if part != "")
