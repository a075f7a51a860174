"""Windows that remember the table of rows they were taken from, and copy it only on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import wraps
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from ._align import as_slice
from ._strides import lag_view


class WindowTable(NamedTuple):
    """Rows, and where each window begins in them.

    Step j of window i is ``rows[starts[i] + j * dilation]``.

    Parameters
    ----------
    rows : ndarray of shape (n_slots, n_features)
        All series, one after the other, far enough apart that no window reaches from one to the
        next. Equal distances are equal times.
    starts : ndarray of shape (n_windows,)
    series : ndarray of shape (n_windows,)
        The number of the series that each window is of.
    n_steps : int
    dilation : int
    index : pandas.Index of length n_windows, or None
        That of the rows that the windows end with.
    """

    rows: np.ndarray
    starts: np.ndarray
    series: np.ndarray
    n_steps: int
    dilation: int
    index: Any = None

    def view(self) -> np.ndarray:
        """The windows that begin at every row, as a view: window i of ours is its starts[i]."""
        return lag_view(self.rows, self.n_steps, self.dilation)

    def take(self, windows: Any) -> WindowTable:
        """The table of some of the windows; the rows are shared."""
        index = None if self.index is None else self.index[windows]
        return self._replace(starts=self.starts[windows], series=self.series[windows], index=index)

    def trimmed(self) -> WindowTable:
        """The table without the rows before the first window and behind the last one."""
        if not len(self.starts):
            return self
        first, last = int(self.starts.min()), int(self.starts.max())
        end = last + (self.n_steps - 1) * self.dilation + 1
        index = self.index
        if hasattr(index, "remove_unused_levels"):
            index = index.remove_unused_levels()
        return self._replace(rows=self.rows[first:end], starts=self.starts - first, index=index)


class WindowArray(np.ndarray):
    """An array of windows, a view on their rows, that has its `table`.

    An estimator that knows it need not guess from the values which windows overlap, and can read
    the rows instead of the windows. Whatever is made of the array, slices too, is a plain array.
    Pickled, it is as large as its rows, not its windows.
    """

    table: WindowTable | None

    def __array_finalize__(self, source: Any) -> None:
        self.table = None

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if name in ("shape", "strides", "dtype"):  # changed in place
            self.table = None

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        plain = np.asarray(array)
        return plain[()] if return_scalar else plain

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return _plain(super().__array_function__(function, types, args, kwargs))

    def __getitem__(self, key: Any) -> Any:
        return np.asarray(self)[key]

    # numpy.array(windows, subok=True) asks nobody, and makes one without a table.
    def __copy__(self) -> Any:
        return np.array(self) if self.table is None else windows_of(self.table)

    def __deepcopy__(self, memo: Any) -> Any:
        return np.array(self) if self.table is None else windows_of(deepcopy(self.table, memo))

    def __reduce__(self) -> Any:
        if self.table is None:
            return np.asarray, (np.array(self),)
        return windows_of, (self.table.trimmed(),)


def _plain(result: Any) -> Any:
    """A result of NumPy with plain arrays in the place of window arrays without a table."""
    if isinstance(result, WindowArray) and result.table is None:
        return np.asarray(result)
    if isinstance(result, tuple | list):
        return type(result)([_plain(one) for one in result])
    return result


def _on_plain(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method, assigned=("__name__",))
    def of_plain_array(self: Any, *args: Any, **kwargs: Any) -> Any:
        return method(np.asarray(self), *args, **kwargs)

    return of_plain_array


# NumPy hands the class on from an array to what is made of it: to its transpose, copy, reshape ...
for _name in dir(np.ndarray):
    _member = getattr(np.ndarray, _name)
    if not _name.startswith("_") and callable(_member):
        setattr(WindowArray, _name, _on_plain(_member))
    elif _name in ("T", "mT", "real", "imag"):
        setattr(WindowArray, _name, property(_on_plain(_member.__get__)))


class LazyWindows(NDArrayOperatorsMixin):
    """Windows in any order and of any number of series, in the memory of their rows.

    Stands for a read-only array of shape (n_windows, n_steps, n_features): it has its shape and
    type, gives windows by number, and becomes that array in `numpy.asarray`, in functions of
    NumPy, in arithmetic, and where a method of arrays is called. Chosen windows, by a slice, a mask
    or numbers, share the rows.

    Parameters
    ----------
    table : WindowTable
    """

    def __init__(self, table: WindowTable):
        rows = table.rows.view()
        rows.flags.writeable = False
        self.table = table._replace(rows=rows)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Numbers of windows, of steps and of features."""
        return len(self), self.table.n_steps, self.table.rows.shape[1]

    @property
    def dtype(self) -> np.dtype:
        """Type of the values."""
        return self.table.rows.dtype

    @property
    def ndim(self) -> int:
        """Three."""
        return 3

    @property
    def size(self) -> int:
        """Number of values in all windows."""
        return int(np.prod(self.shape))

    @property
    def nbytes(self) -> int:
        """Bytes that the array would take."""
        return self.size * self.dtype.itemsize

    @property
    def flags(self) -> Any:
        """Those of the rows, which are read-only."""
        return self.table.rows.flags

    def __len__(self) -> int:
        return len(self.table.starts)

    def __bool__(self) -> bool:
        raise ValueError("The truth value of windows is ambiguous. Use len(windows) > 0.")

    def __iter__(self) -> Iterator[np.ndarray]:
        return (self[number] for number in range(len(self)))

    def __getitem__(self, key: Any) -> Any:
        rows, *rest = key if isinstance(key, tuple) and key else (key,)
        kept = [one for one in rest if not _is_whole(one)]
        if _is_basic(rows) and not _is_rows(rows):
            return np.asarray(self)[key]
        if isinstance(rows, list):
            rows = np.asarray(rows) if rows else np.empty(0, np.intp)
        if isinstance(rows, np.ndarray) and rows.ndim != 1:
            return np.asarray(self)[key]
        if not kept and len(rest) <= 2 and not isinstance(rows, Integral):
            return windows_of(self.table.take(rows))
        if all(map(_is_basic, rest)):
            return self.table.view()[(self.table.starts[rows], *rest)]
        return np.asarray(self)[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        raise ValueError(_READ_ONLY)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        if copy is False:
            raise ValueError("Windows that are no view on their rows cannot do without a copy.")
        table = self.table
        if dtype is not None:
            table = table._replace(rows=table.rows.astype(dtype, copy=False))
        windows: np.ndarray = table.view()[table.starts]
        return windows

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if any(isinstance(one, LazyWindows) for one in kwargs.get("out", ())):
            raise ValueError(_READ_ONLY)
        arrays = [np.asarray(one) if isinstance(one, LazyWindows) else one for one in inputs]
        return getattr(ufunc, method)(*arrays, **kwargs)

    def __getattr__(self, name: str) -> Any:
        if name in _PROPERTIES:
            return getattr(np.asarray(self), name)
        # A method is looked up without a copy, which only its call makes: `hasattr` costs nothing.
        method = None if name.startswith("_") else getattr(np.ndarray, name, None)
        if not callable(method):
            raise AttributeError(f"'{type(self).__name__}' object has no attribute {name!r}")

        @wraps(method, assigned=("__name__",))
        def of_array(*args: Any, **kwargs: Any) -> Any:
            array = np.asarray(self)
            array.flags.writeable = False  # sort() and fill() would change a copy only
            return method(array, *args, **kwargs)

        return of_array

    def astype(self, dtype: Any, *args: Any, **kwargs: Any) -> LazyWindows:
        """The same windows of another type; only the rows are cast."""
        return LazyWindows(self.table._replace(rows=self.table.rows.astype(dtype, *args, **kwargs)))

    def __reduce__(self) -> Any:
        return windows_of, (self.table.trimmed(),)

    def __repr__(self) -> str:
        return f"LazyWindows(shape={self.shape}, dtype={self.dtype})"


Windows = WindowArray | LazyWindows
# Those of an array that are arrays or numbers themselves.
_PROPERTIES = ("T", "mT", "real", "imag", "itemsize", "strides")
_READ_ONLY = "Windows are read-only: change a copy, np.array(windows)."


def _is_whole(key: Any) -> bool:
    return key is Ellipsis or (isinstance(key, slice) and key == slice(None))


def _is_basic(key: Any) -> bool:
    return key is None or key is Ellipsis or isinstance(key, slice | Integral)


def _is_rows(key: Any) -> bool:
    return isinstance(key, slice | Integral) and not isinstance(key, bool)


def windows_of(table: WindowTable) -> Windows:
    """Return the windows of a table, read-only: a view where they begin row by row."""
    starts = as_slice(table.starts)
    if starts is None:
        return LazyWindows(table)
    windows = table.view()[starts].view(WindowArray)
    windows.table = table
    windows.flags.writeable = False
    return windows
