"""The columns of a table: what is forecast, what is known ahead, and what is only known so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..windows._column_names import check_names, positions_of
from ..windows._frames import library_of


@dataclass(frozen=True)
class Columns:
    """How a frame becomes numbers.

    Parameters
    ----------
    names : tuple
        All columns of the table, in its order.
    targets, past, known : tuple
        Names of the columns that are forecast, that are only known so far, and that are known
        ahead.
    is_one : bool
        One target was named by itself, so that forecasts need no axis for it.
    categories : dict
        The values of each column of texts or categories, by its name.
    """

    names: tuple[Any, ...]
    targets: tuple[Any, ...]
    past: tuple[Any, ...]
    known: tuple[Any, ...]
    is_one: bool
    categories: dict[Any, tuple[Any, ...]]

    @classmethod
    def learn(cls, frame: Any, target: Any, known: Any) -> Columns:
        """Return the columns of a training table."""
        names = list(frame.columns)
        check_names(names)
        known_at = [] if _is_empty(known) else positions_of(known, names)[0]
        if target is None:
            targets = [at for at in range(len(names)) if at not in known_at]
            is_one = len(targets) == 1
        else:
            targets, is_one = positions_of(target, names)
        _refuse_no_target(targets, known_at, names)
        past = [at for at in range(len(names)) if at not in targets and at not in known_at]
        for at in targets:
            _refuse_dates(frame[names[at]])
        categories = {names[at]: _categories(frame[names[at]]) for at in past + known_at}
        return cls(
            tuple(names),
            targets=tuple(names[at] for at in targets),
            past=tuple(names[at] for at in past),
            known=tuple(names[at] for at in known_at),
            is_one=is_one and len(targets) == 1,
            categories={name: values for name, values in categories.items() if values},
        )

    def of_numbers(self) -> list[Any]:
        """Return the column of the table of which each column of numbers is made."""
        widths = {name: len(values) for name, values in self.categories.items()}
        names = [*self.targets, *self.past, *self.known]
        return [name for name in names for _ in range(widths.get(name, 1))]

    def numbers(self, frame: Any, names: Sequence[Any]) -> np.ndarray:
        """Return some columns as float64, a column of 0 and 1 for each category."""
        parts = [self._numbers_of(frame[name], name) for name in names]
        return np.column_stack(parts) if parts else np.empty((len(frame), 0))

    def check(self, frame: Any) -> Any:
        """Return a frame with the columns of `fit`, in their order."""
        missing = [name for name in self.names if name not in frame.columns]
        if missing:
            raise ValueError(
                f"Expected the columns of fit, {list(self.names)}; got {list(frame.columns)}: "
                f"{missing[0]!r} is missing. Add it, with NaN where nothing is known."
            )
        return frame[list(self.names)]

    def _numbers_of(self, column: Any, name: Any) -> np.ndarray:
        import pandas as pd

        categories = self.categories.get(name)
        if categories is not None:
            is_missing = column.isna().to_numpy()
            codes = pd.Index(categories).get_indexer(column.astype(object))
            encoded = np.equal.outer(codes, np.arange(len(categories))).astype(np.float64)
            encoded[is_missing] = np.nan
            return encoded
        try:
            values = column.to_numpy(np.float64, na_value=np.nan)
        except (TypeError, ValueError):
            raise ValueError(_no_numbers(column, name, name in self.targets)) from None
        if np.isinf(values).any():
            row = int(np.argmax(np.isinf(values)))
            raise ValueError(
                f"Expected finite numbers; got infinity in row {row} "
                f"({frame_label(column.index[row])}) of column {name!r}: replace it by a number, "
                "or by NaN where nothing is known."
            )
        return np.asarray(values)


def frame_of(X: Any) -> tuple[Any, bool]:
    """Return a table as a frame, and whether its index is its own.

    Parameters
    ----------
    X : Series, DataFrame or array-like
        A table of pandas with its index; arrays and tables of other libraries have none.
    """
    frame, has_index = _as_frame(X)
    if not len(frame):
        raise ValueError("Expected a table with rows; got none: look at what selected them.")
    return frame, has_index


def _as_frame(X: Any) -> tuple[Any, bool]:
    import pandas as pd

    library = library_of(X)
    if library == "pandas":
        return (X.to_frame("value" if X.name is None else X.name) if X.ndim == 1 else X), True
    if library == "polars":
        X = X.to_frame() if hasattr(X, "to_frame") else X
        return pd.DataFrame({name: X[name].to_numpy() for name in X.columns}), False
    if library == "pyarrow":
        return pd.DataFrame({name: X[name].to_numpy() for name in X.column_names}), False
    try:
        values = np.asarray(X)
        got = f"{values.ndim} dimensions"
    except ValueError:
        values, got = np.empty(0), "rows of several lengths"
    if values.ndim not in (1, 2) or got == "rows of several lengths":
        raise ValueError(
            f"Expected a table: a Series, a frame, or an array of one or two dimensions; got "
            f"{got}. Give the rows, one for each step; the forecaster makes the "
            "windows."
        )
    return pd.DataFrame(values if values.ndim == 2 else values[:, None]), False


def frame_label(stamp: Any) -> str:
    """Return the stamp of a row as a person would write it."""
    if isinstance(stamp, tuple):
        return f"{stamp[1]} of series {stamp[0]!r}"
    return str(stamp)


def _is_empty(names: Any) -> bool:
    return names is None or (not isinstance(names, str) and np.size(names) == 0)


def _refuse_no_target(targets: list[int], known: list[int], names: list[Any]) -> None:
    if not targets:
        raise ValueError(
            f"Expected a column to forecast; all {len(names)} columns are in known. Leave the "
            "target out of it."
        )
    both = [names[at] for at in targets if at in known]
    if both:
        raise ValueError(
            f"Expected a target that is not known ahead; got {both[0]!r} in target and in known. "
            "Take it out of one of them."
        )


def _refuse_dates(column: Any) -> None:
    if column.dtype.kind in "mMc" or hasattr(column.dtype, "freq"):
        got = "complex numbers" if column.dtype.kind == "c" else "dates"
        raise ValueError(
            f"Expected numbers or categories; got {got} in column {column.name!r}: leave it out, "
            f"or make dates the index, X.set_index({column.name!r})."
        )


def _categories(column: Any) -> tuple[Any, ...]:
    """Return the values of a column of texts or categories, or none."""
    import pandas as pd
    from pandas.api.types import is_numeric_dtype

    is_category = isinstance(column.dtype, pd.CategoricalDtype)
    if is_numeric_dtype(column.dtype) and not is_category:  # truth values are numbers too
        return ()
    _refuse_dates(column)
    values = column.dropna().unique()
    numbers = (int, float, np.number, np.bool_)
    if not is_category and all(isinstance(value, numbers) for value in values):
        return ()
    return tuple(sorted(values, key=lambda value: (str(type(value)), value)))


def _no_numbers(column: Any, name: Any, is_target: bool) -> str:
    import pandas as pd

    wrong = column[pd.to_numeric(column, errors="coerce").isna() & column.notna()]
    row = int(np.flatnonzero(column.index == wrong.index[0])[0])
    what = "Expected numbers in a target" if is_target else "Expected numbers as in fit"
    return (
        f"{what}; got {wrong.iloc[0]!r} in row {row} ({frame_label(column.index[row])}) of column "
        f"{name!r}: name the columns to forecast with target=, or make it numbers."
    )
